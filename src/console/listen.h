/* listen.h - the sockets that the console answers on, bound while it still may take low ports. */
#ifndef LAZ_CONSOLE_LISTEN_H
#define LAZ_CONSOLE_LISTEN_H

#include "base/status.h"

/* address: "127.0.0.1:8443", "[::1]:8443"; port 0 for any free one. option: the command line's name
 * for it, for errors. LAZ_BUSY when somebody else has the port. */
LAZ_CHECKED enum laz_status laz_listen_bind(const char *address, const char *option, int *out,
                                            struct laz_error *err);

/* What a bound socket listens on, as text with the port. */
void laz_listen_address(int fd, char *out, size_t size);

#endif
