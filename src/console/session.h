/* session.h - who is signed in. The cookie holds 256 random bits; the database holds only their
 * digest. A session ends after 12 hours without a request (a screen on a wall asks all the time)
 * and after 24 hours in any case. */
#ifndef LAZ_CONSOLE_SESSION_H
#define LAZ_CONSOLE_SESSION_H

#include "console/account.h"

#define LAZ_SESSION_TEXT_SIZE   65 /* 256 bits as digits, and a NUL */
#define LAZ_SESSION_DIGEST_SIZE 32
#define LAZ_CSRF_TEXT_SIZE      65
#define LAZ_SESSION_COOKIE      "__Host-lazaret"

struct laz_session_times {
    int64_t idle_ms, absolute_ms;
};
#define LAZ_SESSION_IDLE_MS     ((int64_t)12 * 3600 * 1000)
#define LAZ_SESSION_ABSOLUTE_MS ((int64_t)24 * 3600 * 1000)

struct laz_session {
    uint8_t digest[LAZ_SESSION_DIGEST_SIZE];
    int64_t created_ms, seen_ms, expires_ms;
    char csrf[LAZ_CSRF_TEXT_SIZE];
    struct laz_account account;
};

/* Exactly 64 lower-case hexadecimal digits. */
bool laz_session_text_is_valid(struct laz_view text);

/* A new session of the account; text goes into the cookie and nowhere else. */
LAZ_CHECKED enum laz_status laz_session_open(struct laz_db *db, const struct laz_account *account,
                                             const char *source,
                                             const struct laz_session_times *times,
                                             char text[LAZ_SESSION_TEXT_SIZE],
                                             struct laz_session *out, struct laz_error *err);

/* The session of a cookie. LAZ_DENIED when it is none of ours or its time is over. Notes that it
 * was used (at most once a minute). */
LAZ_CHECKED enum laz_status laz_session_find(struct laz_db *db, struct laz_view text,
                                             const struct laz_session_times *times,
                                             struct laz_session *out, struct laz_error *err);

LAZ_CHECKED enum laz_status laz_session_close(struct laz_db *db, const struct laz_session *session,
                                              struct laz_error *err);
/* All of an account but one; NULL keeps none. */
LAZ_CHECKED enum laz_status laz_session_close_others(struct laz_db *db,
                                                     const struct laz_account *account,
                                                     const struct laz_session *keep,
                                                     struct laz_error *err);
/* Those whose time is over. */
LAZ_CHECKED enum laz_status laz_session_sweep(struct laz_db *db,
                                              const struct laz_session_times *times,
                                              struct laz_error *err);
/* True while the session of this digest stands. */
LAZ_CHECKED enum laz_status laz_session_stands(struct laz_db *db, struct laz_scope scope,
                                               struct laz_view digest, bool *out,
                                               struct laz_error *err);

#endif
