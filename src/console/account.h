/* account.h - who may open the page. */
#ifndef LAZ_CONSOLE_ACCOUNT_H
#define LAZ_CONSOLE_ACCOUNT_H

#include "console/scope.h"
#include "sign/password.h"

#define LAZ_ACCOUNT_NAME_MAX 64
#define LAZ_ADMINISTRATOR    "admin" /* the first account, and its role */
#define LAZ_PASSWORD_MIN     12      /* characters that a person must choose at least */

struct laz_account {
    int64_t id;
    struct laz_scope scope;
    char name[LAZ_ACCOUNT_NAME_MAX + 1];
    char role[16];
    char password_hash[LAZ_PASSWORD_HASH_SIZE];
    bool first_password; /* it is still the one that was printed */
};

/* LAZ_NOT_FOUND. Names are of the installation, not of an organisation: they are typed before
 * anybody knows which organisation it is. */
LAZ_CHECKED enum laz_status laz_account_find(struct laz_db *db, struct laz_view name,
                                             struct laz_account *out, struct laz_error *err);
LAZ_CHECKED enum laz_status laz_account_get(struct laz_db *db, struct laz_scope scope, int64_t id,
                                            struct laz_account *out, struct laz_error *err);

LAZ_CHECKED enum laz_status laz_account_add(struct laz_db *db, struct laz_scope scope,
                                            const char *name, const char *role,
                                            const char *password_hash, struct laz_error *err);
LAZ_CHECKED enum laz_status laz_account_set_password(struct laz_db *db,
                                                     const struct laz_account *account,
                                                     const char *password_hash, bool first_password,
                                                     struct laz_error *err);

/* False when a person may not choose it: too short, without variety, or the account's name. */
bool laz_password_is_good(struct laz_view password, const char *name);

/* The sources that have opened the account in the last 90 days keep a budget of their own, so that
 * guessing from elsewhere does not lock its owner out. */
LAZ_CHECKED enum laz_status laz_account_knows(struct laz_db *db, const struct laz_account *account,
                                              const char *source, bool *out, struct laz_error *err);
LAZ_CHECKED enum laz_status laz_account_learn(struct laz_db *db, const struct laz_account *account,
                                              const char *source, struct laz_error *err);

#endif
