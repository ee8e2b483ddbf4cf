/* quarantine_list.h - what the endpoints hold in quarantine, as far as their events have told. */
#ifndef LAZ_CONSOLE_QUARANTINE_LIST_H
#define LAZ_CONSOLE_QUARANTINE_LIST_H

#include "console/changes.h"
#include "console/endpoint.h"
#include "console/event.h"

/* Inside the transaction that stores the event: file.quarantined, file.restored and file.deleted
 * change the list, other events do not. */
LAZ_CHECKED enum laz_status laz_quarantine_record(struct laz_db *db, const struct laz_endpoint *at,
                                                  const struct laz_event *e,
                                                  struct laz_changes *changes,
                                                  struct laz_error *err);

/* An order is given: state is "restoring" or "deleting". LAZ_NOT_FOUND when there is no such item,
 * LAZ_EXISTS when it is not held any more or an order is under way. */
LAZ_CHECKED enum laz_status laz_quarantine_order(struct laz_db *db, const struct laz_endpoint *at,
                                                 struct laz_view quarantine_id, const char *state,
                                                 struct laz_error *err);
/* An order is over: state is "restored", "deleted" or "failed", code says why it failed (or NULL).
 * What an event has told in the meantime stands. */
LAZ_CHECKED enum laz_status laz_quarantine_settle(struct laz_db *db, const struct laz_endpoint *at,
                                                  struct laz_view quarantine_id, const char *state,
                                                  const char *code, struct laz_changes *changes,
                                                  struct laz_error *err);
/* The path that stands in the list, for the audit log; "" when there is none. */
LAZ_CHECKED enum laz_status laz_quarantine_path(struct laz_db *db, const struct laz_endpoint *at,
                                                struct laz_view quarantine_id, struct laz_buf *out,
                                                struct laz_error *err);

LAZ_CHECKED enum laz_status laz_quarantine_list(struct laz_db *db, struct laz_scope scope,
                                                int64_t after, int64_t limit,
                                                struct laz_json_out *out, struct laz_error *err);

#endif
