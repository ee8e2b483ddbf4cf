/* login.h - from a name and a password to a session. Guessing is slowed down for each account and
 * for each source, and a name that does not exist takes as long and says as little as a wrong
 * password. */
#ifndef LAZ_CONSOLE_LOGIN_H
#define LAZ_CONSOLE_LOGIN_H

#include "console/budget.h"
#include "console/password_lane.h"
#include "console/session.h"

#define LAZ_LOGIN_ACCOUNT_BURST     10    /* tries of one account at once, and one more */
#define LAZ_LOGIN_ACCOUNT_REFILL_MS 10000 /* each so often: 70 in ten minutes */
#define LAZ_LOGIN_SOURCE_BURST      20
#define LAZ_LOGIN_SOURCE_REFILL_MS  5000
#define LAZ_ENROL_BURST             60 /* enrolments of one source */
#define LAZ_ENROL_REFILL_MS         500

struct laz_login {
    uint8_t secret[16];
    struct laz_budget accounts, sources, enrolments;
    struct laz_password_lane *lane;
};

LAZ_CHECKED enum laz_status laz_login_new(struct event_base *base, struct laz_login **out,
                                          struct laz_error *err);
void laz_login_drop(struct laz_login **login);

/* Which buckets a try uses. A source that has opened the account before has a bucket of its own for
 * it, so that nobody can lock its owner out by guessing from elsewhere. */
struct laz_login_keys {
    uint64_t account, source;
};
void laz_login_keys_make(const struct laz_login *login, struct laz_view name, const char *source,
                         bool known, struct laz_login_keys *out);

/* Seconds to wait, at least 1, or 0 when it may be tried now: then it is counted. */
int64_t laz_login_admit(struct laz_login *login, const struct laz_login_keys *keys, int64_t now_ms);
/* It was right: it does not count. */
void laz_login_forgive(struct laz_login *login, const struct laz_login_keys *keys, int64_t now_ms);

/* As laz_login_admit, for enrolment: 0 or seconds. */
int64_t laz_login_admit_enrolment(struct laz_login *login, const char *source, int64_t now_ms);

#endif
