/* password_lane.h - Argon2id beside the event loop: each try takes 0.2 s and 64 MiB, so two threads
 * do no more than two at once, few may wait, and the loop goes on meanwhile. A job is handed over
 * whole and comes back whole; nothing is shared while a thread works on it. */
#ifndef LAZ_CONSOLE_PASSWORD_LANE_H
#define LAZ_CONSOLE_PASSWORD_LANE_H

#include "base/status.h"
#include "base/view.h"
#include "sign/password.h"

struct event_base;
struct laz_password_lane;

#define LAZ_PASSWORD_WAITING_MAX 16

struct laz_password_answer {
    bool tried;                            /* false: memory ran out, nothing is known */
    bool right;                            /* the password belongs to the hash */
    char new_hash[LAZ_PASSWORD_HASH_SIZE]; /* of the new password; "" when none was asked for or the
                                              old one was wrong */
};
typedef void laz_password_done(void *context, const struct laz_password_answer *answer);

/* Threads start here: after the sandbox is entered. */
LAZ_CHECKED enum laz_status laz_password_lane_new(struct event_base *base,
                                                  struct laz_password_lane **out,
                                                  struct laz_error *err);
/* Waits for what is being tried (0.2 s); done is not called any more. */
void laz_password_lane_drop(struct laz_password_lane **at);

/* Tries password against hash, and when it is right makes a hash of new_password (empty: none).
 * done runs in the loop. LAZ_BUSY when too many wait. */
LAZ_CHECKED enum laz_status laz_password_lane_try(struct laz_password_lane *lane,
                                                  struct laz_view password, const char *hash,
                                                  struct laz_view new_password,
                                                  laz_password_done *done, void *context);

#endif
