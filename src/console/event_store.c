#include "console/event_store.h"

#include <string.h>

#define MS_PER_HOUR 3600000
#define HOURS       24

#define COLUMNS                                                                                    \
    "v.id, v.time, v.incident_id, e.uuid, e.name, v.raw, 1 FROM event v JOIN endpoint e ON e.id "  \
    "= v.endpoint_id WHERE v.organisation_id = ?1"

/* ?2: entries, ?3: events looked at, ?4: entries that what weighs keeps */
#define RECENT                                                                                     \
    "WITH weighty AS (SELECT max(id) AS id, count(*) AS n FROM (SELECT id, code, endpoint_id, "    \
    "incident_id FROM event WHERE organisation_id = ?1 AND severity >= 3 ORDER BY id DESC LIMIT "  \
    "?3) GROUP BY code, endpoint_id, incident_id ORDER BY 1 DESC LIMIT ?2), "                      \
    "light AS (SELECT max(id) AS id, count(*) AS n FROM (SELECT id, code, endpoint_id, "           \
    "incident_id, severity FROM event WHERE organisation_id = ?1 ORDER BY id DESC LIMIT ?3) "      \
    "WHERE severity < 3 GROUP BY code, endpoint_id, incident_id ORDER BY 1 DESC LIMIT ?2), "       \
    "line AS (SELECT id, n, row_number() OVER (ORDER BY id DESC) <= ?4 AS kept FROM weighty "      \
    "UNION ALL SELECT id, n, 0 FROM light ORDER BY kept DESC, id DESC LIMIT ?2) "                  \
    "SELECT v.id, v.time, v.incident_id, e.uuid, e.name, v.raw, line.n FROM line JOIN event v ON " \
    "v.id = line.id JOIN endpoint e ON e.id = v.endpoint_id WHERE v.organisation_id = ?1 ORDER "   \
    "BY "                                                                                          \
    "v.id DESC"

enum laz_status laz_event_insert(struct laz_db *db, struct laz_scope scope,
                                 const struct laz_event_row *row, int64_t *id,
                                 struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_scope_get(
        scope, db,
        "INSERT INTO event (organisation_id, endpoint_id, stream_id, seq, time, received, "
        "code, severity, incident_id, raw) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        &st, err);

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, row->endpoint_id);
    laz_bind_i64(st, 3, row->stream_id);
    laz_bind_i64(st, 4, row->seq);
    laz_bind_i64(st, 5, row->time_ms);
    laz_bind_i64(st, 6, row->received_ms);
    laz_bind_string(st, 7, row->code);
    laz_bind_i64(st, 8, row->severity);
    if (row->incident_id == 0)
        laz_bind_null(st, 9);
    else
        laz_bind_i64(st, 9, row->incident_id);
    laz_bind_text(st, 10, row->raw);
    s = laz_statement_run(st, err);
    if (s == LAZ_OK)
        *id = laz_db_last_id(db);
    return s;
}

enum laz_status laz_activity_add(struct laz_db *db, struct laz_scope scope, int64_t time_ms,
                                 int64_t events, int64_t detections, struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_scope_get(
        scope, db,
        "INSERT INTO activity (organisation_id, hour, events, detections) VALUES (?1, ?2, "
        "?3, ?4) ON CONFLICT DO UPDATE SET events = events + excluded.events, detections = "
        "detections + excluded.detections",
        &st, err);

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, time_ms / MS_PER_HOUR);
    laz_bind_i64(st, 3, events);
    laz_bind_i64(st, 4, detections);
    return laz_statement_run(st, err);
}

enum laz_status laz_activity_list(struct laz_db *db, struct laz_scope scope, int64_t now_ms,
                                  struct laz_json_out *out, struct laz_error *err)
{
    int64_t first = now_ms / MS_PER_HOUR - HOURS + 1, events[HOURS] = {0}, detections[HOURS] = {0};
    struct laz_statement *st;
    enum laz_status s = laz_scope_get(scope, db,
                                      "SELECT hour, events, detections FROM activity WHERE "
                                      "organisation_id = ?1 AND hour >= ?2 AND hour < ?3",
                                      &st, err);
    bool row = false;

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, first);
    laz_bind_i64(st, 3, first + HOURS);
    while ((s = laz_statement_step(st, &row, err)) == LAZ_OK && row) {
        size_t at = (size_t)(laz_column_i64(st, 0) - first);

        events[at] = laz_column_i64(st, 1);
        detections[at] = laz_column_i64(st, 2);
    }
    laz_out_array(out);
    for (size_t i = 0; i < HOURS; i++) {
        laz_out_object(out);
        laz_out_i64_of(out, "time", (first + (int64_t)i) * MS_PER_HOUR);
        laz_out_i64_of(out, "events", events[i]);
        laz_out_i64_of(out, "detections", detections[i]);
        laz_out_object_end(out);
    }
    laz_out_array_end(out);
    return s;
}

/* Rows were checked when they came in; one that does not parse now is damaged and is left out. */
static void put_row(struct laz_json_out *out, struct laz_statement *st)
{
    struct laz_event_place place = {
        .id = laz_column_i64(st, 0),
        .time_ms = laz_column_i64(st, 1),
        .incident_id = laz_column_i64(st, 2),
        .endpoint_id = laz_column_text(st, 3),
        .endpoint_name = laz_column_text(st, 4),
        .count = laz_column_i64(st, 6),
    };
    struct laz_event e;

    if (laz_event_parse(laz_column_text(st, 5), &e) != LAZ_OK)
        return;
    laz_event_put_summary(out, &e, &place);
    laz_event_clear(&e);
}

/* Into an array that is open. */
static enum laz_status put_rows(struct laz_statement *st, struct laz_json_out *out,
                                struct laz_error *err)
{
    enum laz_status s;
    bool row = false;

    while ((s = laz_statement_step(st, &row, err)) == LAZ_OK && row)
        put_row(out, st);
    return s;
}

enum laz_status laz_event_list_recent(struct laz_db *db, struct laz_scope scope, int64_t limit,
                                      struct laz_json_out *out, struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_scope_get(scope, db, RECENT, &st, err);

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, limit);
    laz_bind_i64(st, 3, LAZ_EVENT_LOOK_BACK);
    laz_bind_i64(st, 4, limit * 7 / 10);
    laz_out_array(out);
    s = put_rows(st, out, err);
    laz_out_array_end(out);
    return s;
}

enum laz_status laz_event_list_endpoint(struct laz_db *db, struct laz_scope scope,
                                        int64_t endpoint_id, int64_t limit,
                                        struct laz_json_out *out, struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_scope_get(
        scope, db, "SELECT " COLUMNS " AND v.endpoint_id = ?2 ORDER BY v.id DESC LIMIT ?3", &st,
        err);

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, endpoint_id);
    laz_bind_i64(st, 3, limit);
    laz_out_array(out);
    s = put_rows(st, out, err);
    laz_out_array_end(out);
    return s;
}

enum laz_status laz_event_list_incident(struct laz_db *db, struct laz_scope scope,
                                        int64_t incident_id, int64_t head, int64_t tail,
                                        struct laz_json_out *out, struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_scope_get(
        scope, db,
        "SELECT " COLUMNS
        " AND v.incident_id = ?2 AND v.id IN (SELECT id FROM (SELECT id FROM event WHERE "
        "incident_id = ?2 ORDER BY id LIMIT ?3) UNION SELECT id FROM (SELECT id FROM event WHERE "
        "incident_id = ?2 ORDER BY id DESC LIMIT ?4)) ORDER BY v.id",
        &st, err);

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, incident_id);
    laz_bind_i64(st, 3, head);
    laz_bind_i64(st, 4, tail);
    laz_out_array(out);
    s = put_rows(st, out, err);
    laz_out_array_end(out);
    return s;
}

enum laz_status laz_event_count_incident(struct laz_db *db, struct laz_scope scope,
                                         int64_t incident_id, int64_t *out, struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_scope_get(
        scope, db, "SELECT count(*) FROM event WHERE organisation_id = ?1 AND incident_id = ?2",
        &st, err);
    bool row = false;

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, incident_id);
    s = laz_statement_step(st, &row, err);
    if (s != LAZ_OK)
        return s;
    *out = laz_column_i64(st, 0);
    laz_statement_reset(st);
    return LAZ_OK;
}

/* Ids grow with the time of arrival, so the oldest are at the front, and a clock that jumps removes
 * at most `limit` rows a call. */
enum laz_status laz_event_expire(struct laz_db *db, const struct laz_retention *r, int64_t now_ms,
                                 int64_t limit, int64_t *removed, struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_db_get(db,
                                   "DELETE FROM event WHERE id IN (SELECT id FROM event ORDER BY "
                                   "id LIMIT ?1) AND (received < ?2 OR "
                                   "id <= (SELECT max(id) FROM event) - ?3)",
                                   &st, err);

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 1, limit);
    laz_bind_i64(st, 2, now_ms - r->age_ms);
    laz_bind_i64(st, 3, r->events_max);
    s = laz_statement_run(st, err);
    if (s == LAZ_OK)
        *removed = laz_db_changes(db);
    return s;
}
