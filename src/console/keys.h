/* keys.h - the files of the installation's certificate authority and of the console's own
 * certificate, in the data folder: ca/root.crt, ca/root.key, tls/console.crt, tls/console.key. */
#ifndef LAZ_CONSOLE_KEYS_H
#define LAZ_CONSOLE_KEYS_H

#include "sign/authority.h"

struct laz_keys {
    struct laz_authority *authority;
    struct laz_buf chain_pem, key_pem; /* of the console */
    char pin[2 * LAZ_FINGERPRINT_SIZE + 1];
    bool made_authority; /* this was the first start */
};

/* Loads them; makes what is missing; makes a new console certificate when two thirds of its life
 * are over or it lacks one of the names. On failure clear it too. */
LAZ_CHECKED enum laz_status laz_keys_load(struct laz_keys *keys, const char *const *names,
                                          size_t name_count, struct laz_error *err);
/* Makes a new console certificate when it is time; *renewed says whether. */
LAZ_CHECKED enum laz_status laz_keys_renew(struct laz_keys *keys, const char *const *names,
                                           size_t name_count, bool *renewed, struct laz_error *err);
void laz_keys_clear(struct laz_keys *keys);

/* Only the pin, for tools beside the console. */
LAZ_CHECKED enum laz_status laz_keys_read_pin(char pin[2 * LAZ_FINGERPRINT_SIZE + 1],
                                              struct laz_error *err);

#endif
