/* password.h - passwords as Argon2id hashes (64 MiB, three passes, by libsodium). One call takes
 * about 0.2 s and 64 MiB: the caller lets no more than two run at once, and not in an event loop
 * that somebody waits for. */
#ifndef LAZ_SIGN_PASSWORD_H
#define LAZ_SIGN_PASSWORD_H

#include "base/status.h"
#include "base/view.h"

#define LAZ_PASSWORD_HASH_SIZE 128 /* with the NUL */
#define LAZ_PASSWORD_MAX       1024

/* LAZ_INVALID when the password is empty or longer than LAZ_PASSWORD_MAX bytes. How short a person
 * may choose it is the caller's rule. */
LAZ_CHECKED enum laz_status laz_password_hash(struct laz_view password,
                                              char out[LAZ_PASSWORD_HASH_SIZE],
                                              struct laz_error *err);

/* LAZ_OK when the password belongs to the hash, LAZ_DENIED when not (also for a damaged hash),
 * LAZ_NOMEM when it could not be tried. To give nothing away about names that do not exist, check
 * them against laz_password_nobody. */
LAZ_CHECKED enum laz_status laz_password_check(struct laz_view password, const char *hash);

/* A hash that no password opens and that takes as long as any. */
const char *laz_password_nobody(void);

/* True when the hash was made with other costs than today's: make a new one at the next log-in. */
bool laz_password_is_outdated(const char *hash);

#endif
