#include "console/incident_store.h"

#include <string.h>

#include "console/event_store.h"
#include "sys/clock.h"

/* A long time line shows how it began and how it ended. */
#define TIMELINE_HEAD 200
#define TIMELINE_TAIL 800

#define COLUMNS                                                                                    \
    "i.id, i.kind, i.severity, i.state, e.uuid, e.name, i.first, i.last, i.events, i.files, "      \
    "i.process, i.user, i.detections, i.actions, i.rolled_back, i.restored, i.close_reason, "      \
    "i.comment FROM incident i JOIN endpoint e ON e.id = i.endpoint_id"

static void put_nullable(struct laz_json_out *o, const char *name, struct laz_statement *st,
                         int column)
{
    laz_out_name(o, name);
    if (laz_column_is_null(st, column))
        laz_out_null(o);
    else
        laz_out_view(o, laz_column_text(st, column));
}

/* The members of an incident, without the braces: the single one has more behind them. */
static void put_members(struct laz_json_out *o, struct laz_statement *st)
{
    int64_t reported = laz_column_i64(st, 15);

    laz_out_name(o, "id");
    laz_out_id(o, laz_column_i64(st, 0));
    laz_out_text_of(o, "code", laz_incident_code((enum laz_incident_kind)laz_column_i64(st, 1)));
    laz_out_i64_of(o, "severity", laz_column_i64(st, 2));
    laz_out_view_of(o, "state", laz_column_text(st, 3));
    laz_out_name(o, "endpoint");
    laz_out_object(o);
    laz_out_view_of(o, "id", laz_column_text(st, 4));
    laz_out_view_of(o, "name", laz_column_text(st, 5));
    laz_out_object_end(o);
    laz_out_i64_of(o, "first", laz_column_i64(st, 6));
    laz_out_i64_of(o, "last", laz_column_i64(st, 7));
    laz_out_i64_of(o, "events", laz_column_i64(st, 8));
    laz_out_i64_of(o, "files", laz_column_i64(st, 9));
    laz_out_raw_of(o, "process", laz_column_text(st, 10));
    put_nullable(o, "user", st, 11);
    laz_out_raw_of(o, "detections", laz_column_text(st, 12));
    laz_out_raw_of(o, "actions", laz_column_text(st, 13));
    laz_out_i64_of(o, "files_restored", reported > 0 ? reported : laz_column_i64(st, 14));
    put_nullable(o, "close_reason", st, 16);
    put_nullable(o, "comment", st, 17);
}

static const char *sql_of(enum laz_incident_filter filter)
{
    switch (filter) {
    case LAZ_INCIDENTS_OPEN:
        return "SELECT " COLUMNS
               " WHERE i.organisation_id = ?1 AND i.state = 'open' AND i.id < ?2 ORDER "
               "BY i.id DESC LIMIT ?3";
    case LAZ_INCIDENTS_CLOSED:
        return "SELECT " COLUMNS
               " WHERE i.organisation_id = ?1 AND i.state = 'closed' AND i.id < ?2 "
               "ORDER BY i.id DESC LIMIT ?3";
    case LAZ_INCIDENTS_ALL:
        return "SELECT " COLUMNS
               " WHERE i.organisation_id = ?1 AND i.id < ?2 ORDER BY i.id DESC LIMIT ?3";
    }
    return "";
}

enum laz_status laz_incident_list(struct laz_db *db, struct laz_scope scope,
                                  enum laz_incident_filter filter, int64_t after, int64_t limit,
                                  struct laz_json_out *out, struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_scope_get(scope, db, sql_of(filter), &st, err);
    int64_t count = 0, last = 0;
    bool row = false;

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, after > 0 ? after : INT64_MAX);
    laz_bind_i64(st, 3, limit);
    laz_out_list(out);
    while ((s = laz_statement_step(st, &row, err)) == LAZ_OK && row) {
        last = laz_column_i64(st, 0);
        laz_out_object(out);
        put_members(out, st);
        laz_out_object_end(out);
        count++;
    }
    laz_out_list_end(out, count == limit, last);
    return s;
}

/* How many events lie between the beginning and the end of the time line, and behind how many of
 * its entries; null when it is whole. */
static enum laz_status put_hole(struct laz_db *db, struct laz_scope scope, int64_t id,
                                struct laz_json_out *out, struct laz_error *err)
{
    int64_t count = 0;
    enum laz_status s = laz_event_count_incident(db, scope, id, &count, err);

    if (s != LAZ_OK)
        return s;
    laz_out_name(out, "timeline_hole");
    if (count <= TIMELINE_HEAD + TIMELINE_TAIL) {
        laz_out_null(out);
        return LAZ_OK;
    }
    laz_out_object(out);
    laz_out_i64_of(out, "after", TIMELINE_HEAD);
    laz_out_i64_of(out, "events", count - TIMELINE_HEAD - TIMELINE_TAIL);
    laz_out_object_end(out);
    return LAZ_OK;
}

enum laz_status laz_incident_get(struct laz_db *db, struct laz_scope scope, int64_t id,
                                 struct laz_json_out *out, struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_scope_get(
        scope, db, "SELECT " COLUMNS " WHERE i.organisation_id = ?1 AND i.id = ?2", &st, err);
    bool row;

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, id);
    s = laz_statement_step(st, &row, err);
    if (s != LAZ_OK)
        return s;
    if (!row)
        return laz_fail(err, LAZ_NOT_FOUND, "incident", "id", "there is none of this number", "");
    laz_out_object(out);
    put_members(out, st);
    laz_statement_reset(st);
    laz_out_name(out, "timeline");
    s = laz_event_list_incident(db, scope, id, TIMELINE_HEAD, TIMELINE_TAIL, out, err);
    if (s == LAZ_OK)
        s = put_hole(db, scope, id, out, err);
    laz_out_object_end(out);
    return s;
}

static enum laz_status find_state(struct laz_db *db, struct laz_scope scope, int64_t id, bool *open,
                                  struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_scope_get(
        scope, db, "SELECT state = 'open' FROM incident WHERE organisation_id = ?1 AND id = ?2",
        &st, err);
    bool row;

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, id);
    s = laz_statement_step(st, &row, err);
    if (s != LAZ_OK)
        return s;
    if (!row)
        return laz_fail(err, LAZ_NOT_FOUND, "incident", "id", "there is none of this number", "");
    *open = laz_column_i64(st, 0) != 0;
    laz_statement_reset(st);
    return LAZ_OK;
}

/* state is what it becomes; reason, comment and closed may be null. */
static enum laz_status set_state(struct laz_db *db, struct laz_scope scope, int64_t id,
                                 const char *state, const char *reason, const char *comment,
                                 struct laz_error *err)
{
    bool open = false, opens = strcmp(state, "open") == 0;
    struct laz_statement *st;
    enum laz_status s = find_state(db, scope, id, &open, err);

    if (s == LAZ_OK && open == opens)
        return laz_fail(err, LAZ_EXISTS, "incident", "state", "it is so already", "");
    if (s == LAZ_OK)
        s = laz_scope_get(
            scope, db,
            "UPDATE incident SET state = ?3, close_reason = ?4, comment = ?5, closed = ?6 "
            "WHERE organisation_id = ?1 AND id = ?2",
            &st, err);
    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, id);
    laz_bind_string(st, 3, state);
    laz_bind_string(st, 4, reason);
    laz_bind_string(st, 5, comment);
    if (opens)
        laz_bind_null(st, 6);
    else
        laz_bind_i64(st, 6, laz_now_ms());
    return laz_statement_run(st, err);
}

enum laz_status laz_incident_close(struct laz_db *db, struct laz_scope scope, int64_t id,
                                   const char *reason, const char *comment, struct laz_error *err)
{
    return set_state(db, scope, id, "closed", reason, comment, err);
}

enum laz_status laz_incident_reopen(struct laz_db *db, struct laz_scope scope, int64_t id,
                                    struct laz_error *err)
{
    return set_state(db, scope, id, "open", NULL, NULL, err);
}
