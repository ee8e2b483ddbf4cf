/* yara_serve.h - a worker that matches rules and prints what `yara` prints, for `lazaret yara`. */
#ifndef LAZ_BOX_YARA_SERVE_H
#define LAZ_BOX_YARA_SERVE_H

#include "match/database.h"
#include "scan/modules.h"

struct laz_yara_server {
    int channel;
    const struct laz_database *db;
    struct laz_matcher *matcher;
    struct laz_modules *modules;
};

/* Before the sandbox closes: everything that needs the system. db is borrowed. */
LAZ_CHECKED enum laz_status laz_yara_server_prepare(struct laz_yara_server *server,
                                                    const struct laz_database *db,
                                                    struct laz_error *err);
/* Says that it is ready and serves until the channel closes: LAZ_CLOSED. Anything else is a
 * failure. */
LAZ_CHECKED enum laz_status laz_yara_server_run(struct laz_yara_server *server);
/* Tells the client why there will be no work. */
void laz_yara_server_say_failed(int channel, const struct laz_error *why);

#endif
