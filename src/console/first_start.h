/* first_start.h - what a new data folder needs: an organisation and an administrator. And the way
 * back in for who has lost the password. */
#ifndef LAZ_CONSOLE_FIRST_START_H
#define LAZ_CONSOLE_FIRST_START_H

#include "console/account.h"
#include "sign/token.h"

/* Makes them when there is no account yet. *made says whether; password is then what must be told
 * once and is stored nowhere, only its hash is. Takes 0.2 s then. */
LAZ_CHECKED enum laz_status laz_first_start(struct laz_db *db, bool *made,
                                            char password[LAZ_FIRST_PASSWORD_SIZE],
                                            struct laz_error *err);

/* A new random password for the administrator; his sessions end. Audited under who. */
LAZ_CHECKED enum laz_status laz_reset_administrator(struct laz_db *db, const char *who,
                                                    char password[LAZ_FIRST_PASSWORD_SIZE],
                                                    struct laz_error *err);

#endif
