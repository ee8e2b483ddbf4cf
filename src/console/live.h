/* live.h - open pages that wait for changes. They are told what has changed, not how: they read it
 * again. One that reads too slowly is dropped; the browser comes back and reads everything. */
#ifndef LAZ_CONSOLE_LIVE_H
#define LAZ_CONSOLE_LIVE_H

#include "console/changes.h"
#include "console/json_out.h"
#include "console/session.h"
#include "link/server.h"

#define LAZ_LIVE_MAX         128
#define LAZ_LIVE_SESSION_MAX 8 /* of one session; the oldest goes when one more is opened */

struct laz_live;

struct laz_live *laz_live_new(void); /* NULL when memory ran out */
void laz_live_drop(struct laz_live **live);

/* Answers the request with a stream of the session's organisation, or with an error. */
void laz_live_join(struct laz_live *live, struct laz_request *request,
                   const struct laz_session *session);
void laz_live_tell(struct laz_live *live, const struct laz_changes *changes);
/* Ends the streams whose session does not stand any more. */
void laz_live_sweep(struct laz_live *live, struct laz_db *db);
size_t laz_live_count(const struct laz_live *live);

/* The data of one change, for tests: {"kind":"incident","id":"7"}. */
void laz_live_put_change(struct laz_json_out *o, enum laz_change_kind kind, int64_t id);

#endif
