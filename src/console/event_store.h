/* event_store.h - the rows of events: some columns to find them by, and the event itself as it
 * came. */
#ifndef LAZ_CONSOLE_EVENT_STORE_H
#define LAZ_CONSOLE_EVENT_STORE_H

#include "console/event.h"
#include "console/scope.h"

#define LAZ_REPLY_MAX ((size_t)32 * 1024 * 1024) /* bytes of the longest answer */

struct laz_event_row {
    int64_t endpoint_id, stream_id, seq, incident_id;
    int64_t time_ms, received_ms;
    const char *code;
    int severity;
    struct laz_view raw;
};

/* Inside the caller's transaction. */
LAZ_CHECKED enum laz_status laz_event_insert(struct laz_db *db, struct laz_scope scope,
                                             const struct laz_event_row *row, int64_t *id,
                                             struct laz_error *err);

/* Adds to the hour's counts for the chart of activity. */
LAZ_CHECKED enum laz_status laz_activity_add(struct laz_db *db, struct laz_scope scope,
                                             int64_t time_ms, int64_t events, int64_t detections,
                                             struct laz_error *err);
/* [{"time":…,"events":…,"detections":…} × 24], the current hour last. */
LAZ_CHECKED enum laz_status laz_activity_list(struct laz_db *db, struct laz_scope scope,
                                              int64_t now_ms, struct laz_json_out *out,
                                              struct laz_error *err);

/* Arrays of summaries. The newest ones of all, `limit` at most, newest first: events of one code,
 * one endpoint and one incident are one entry, the newest of them, with their count. What weighs
 * (severity 3 and more) keeps seven tenths of the list against what is newer and weighs less.
 * Counted are the newest LAZ_EVENT_LOOK_BACK events of either weight. */
#define LAZ_EVENT_LOOK_BACK 500
LAZ_CHECKED enum laz_status laz_event_list_recent(struct laz_db *db, struct laz_scope scope,
                                                  int64_t limit, struct laz_json_out *out,
                                                  struct laz_error *err);
/* Of one endpoint, newest first. */
LAZ_CHECKED enum laz_status laz_event_list_endpoint(struct laz_db *db, struct laz_scope scope,
                                                    int64_t endpoint_id, int64_t limit,
                                                    struct laz_json_out *out,
                                                    struct laz_error *err);
/* Of one incident, oldest first: the first `head` and the last `tail`. */
LAZ_CHECKED enum laz_status laz_event_list_incident(struct laz_db *db, struct laz_scope scope,
                                                    int64_t incident_id, int64_t head, int64_t tail,
                                                    struct laz_json_out *out,
                                                    struct laz_error *err);
/* How many of its events are there. */
LAZ_CHECKED enum laz_status laz_event_count_incident(struct laz_db *db, struct laz_scope scope,
                                                     int64_t incident_id, int64_t *out,
                                                     struct laz_error *err);

struct laz_retention {
    int64_t age_ms;     /* older events are removed */
    int64_t events_max; /* and the oldest beyond this number, over all organisations */
};

/* Removes at most `limit` events whose time has passed, of all organisations. */
LAZ_CHECKED enum laz_status laz_event_expire(struct laz_db *db, const struct laz_retention *r,
                                             int64_t now_ms, int64_t limit, int64_t *removed,
                                             struct laz_error *err);

#endif
