/* presence.h - which endpoints are there, in memory: agents report all the time, and what they
 * report is written in groups, never once for each request. */
#ifndef LAZ_CONSOLE_PRESENCE_H
#define LAZ_CONSOLE_PRESENCE_H

#include "console/changes.h"
#include "console/endpoint.h"

struct laz_presence;

/* Takes over what the database knows: those that were there when it was last written. NULL-safe
 * drop. */
LAZ_CHECKED enum laz_status laz_presence_new(struct laz_db *db, struct laz_presence **out,
                                             struct laz_error *err);
void laz_presence_drop(struct laz_presence **at);

/* The endpoint was heard. */
LAZ_CHECKED enum laz_status laz_presence_hear(struct laz_presence *p, const struct laz_endpoint *e,
                                              int64_t now_ms);
/* And has reported: takes the report, and is to be written when it says something new. */
LAZ_CHECKED enum laz_status laz_presence_report(struct laz_presence *p,
                                                const struct laz_endpoint *e,
                                                struct laz_report *report, int64_t now_ms);

/* True when reports wait to be written. */
bool laz_presence_is_dirty(const struct laz_presence *p);
/* Writes the reports that wait, in one transaction. What could not be written waits on. */
LAZ_CHECKED enum laz_status laz_presence_flush(struct laz_presence *p, struct laz_db *db,
                                               int64_t now_ms, struct laz_changes *changes,
                                               struct laz_error *err);
/* Writes when each was last heard, and turns those offline that are silent for too long. */
LAZ_CHECKED enum laz_status laz_presence_sweep(struct laz_presence *p, struct laz_db *db,
                                               int64_t now_ms, struct laz_changes *changes,
                                               struct laz_error *err);

#endif
