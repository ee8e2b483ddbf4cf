/* incident_store.h - the rows of incidents. */
#ifndef LAZ_CONSOLE_INCIDENT_STORE_H
#define LAZ_CONSOLE_INCIDENT_STORE_H

#include "console/changes.h"
#include "console/incident.h"
#include "console/scope.h"

/* Inside the transaction that stores the event: the event's incident is opened, grows, or opens
 * again. *incident_id is 0 when the event belongs to none. */
LAZ_CHECKED enum laz_status laz_incident_record(struct laz_db *db, struct laz_scope scope,
                                                int64_t endpoint_id, const struct laz_event *e,
                                                int64_t *incident_id, struct laz_changes *changes,
                                                struct laz_error *err);

enum laz_incident_filter { LAZ_INCIDENTS_OPEN, LAZ_INCIDENTS_CLOSED, LAZ_INCIDENTS_ALL };

/* Newest first, those before `after` (0: from the newest). */
LAZ_CHECKED enum laz_status laz_incident_list(struct laz_db *db, struct laz_scope scope,
                                              enum laz_incident_filter filter, int64_t after,
                                              int64_t limit, struct laz_json_out *out,
                                              struct laz_error *err);

/* The incident with its time line, as one object. LAZ_NOT_FOUND. */
LAZ_CHECKED enum laz_status laz_incident_get(struct laz_db *db, struct laz_scope scope, int64_t id,
                                             struct laz_json_out *out, struct laz_error *err);

/* LAZ_NOT_FOUND, or LAZ_EXISTS when it is closed (or open) already. The caller audits in the same
 * transaction. */
LAZ_CHECKED enum laz_status laz_incident_close(struct laz_db *db, struct laz_scope scope,
                                               int64_t id, const char *reason, const char *comment,
                                               struct laz_error *err);
LAZ_CHECKED enum laz_status laz_incident_reopen(struct laz_db *db, struct laz_scope scope,
                                                int64_t id, struct laz_error *err);

#endif
