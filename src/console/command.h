/* command.h - orders to agents. An order waits until its endpoint asks, is sent again when no
 * result comes (an agent answers each id once), and is over with the event that tells its result.
 */
#ifndef LAZ_CONSOLE_COMMAND_H
#define LAZ_CONSOLE_COMMAND_H

#include "console/changes.h"
#include "console/endpoint.h"
#include "console/event.h"

#define LAZ_COMMAND_RESEND_MS  60000
#define LAZ_COMMAND_EXPIRES_MS ((int64_t)24 * 3600 * 1000)

/* kind: "quarantine.restore" or "quarantine.delete". uuid gets its id. */
LAZ_CHECKED enum laz_status laz_command_add(struct laz_db *db, const struct laz_endpoint *at,
                                            const char *kind, struct laz_view quarantine_id,
                                            const char *who, char uuid[LAZ_UUID_TEXT_SIZE],
                                            struct laz_error *err);

/* The orders that are due now, as an array of {"id","kind","quarantine_id"}; *count says how many.
 * They count as sent. */
LAZ_CHECKED enum laz_status laz_command_take(struct laz_db *db, const struct laz_endpoint *at,
                                             int64_t now_ms, struct laz_json_out *out,
                                             int64_t *count, struct laz_error *err);

/* Inside the transaction that stores the event: command.done ends its order. */
LAZ_CHECKED enum laz_status laz_command_record(struct laz_db *db, const struct laz_endpoint *at,
                                               const struct laz_event *e,
                                               struct laz_changes *changes, struct laz_error *err);

/* Orders that nobody took in time fail, of all organisations. */
LAZ_CHECKED enum laz_status laz_command_expire(struct laz_db *db, int64_t now_ms,
                                               struct laz_changes *changes, struct laz_error *err);

#endif
