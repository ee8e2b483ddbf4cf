#include "console/endpoint.h"
#include "console/event_store.h"

#define COLUMNS                                                                                    \
    "id, uuid, name, os, kernel, version, state, mode, last_seen, enrolled, report, counters "     \
    "FROM "                                                                                        \
    "endpoint WHERE organisation_id = ?1"

/* The report is an object of ours: its members go beside the others. */
static void put_report(struct laz_json_out *o, struct laz_view report)
{
    if (report.len > 2) {
        report.data++;
        report.len -= 2;
        if (o->comma)
            laz_ignore(
                laz_buf_add_text(o->buf, ",")); /* a refusal is seen when the answer is sent */
        laz_ignore(laz_buf_add(o->buf, report));
        o->comma = true;
    }
}

static void put_members(struct laz_json_out *o, struct laz_statement *st)
{
    laz_out_view_of(o, "id", laz_column_text(st, 1));
    laz_out_view_of(o, "name", laz_column_text(st, 2));
    laz_out_view_of(o, "os", laz_column_text(st, 3));
    laz_out_view_of(o, "kernel", laz_column_text(st, 4));
    laz_out_view_of(o, "version", laz_column_text(st, 5));
    laz_out_view_of(o, "state", laz_column_text(st, 6));
    laz_out_view_of(o, "mode", laz_column_text(st, 7));
    laz_out_i64_of(o, "last_seen", laz_column_i64(st, 8));
    laz_out_i64_of(o, "enrolled", laz_column_i64(st, 9));
    put_report(o, laz_column_text(st, 10));
    laz_out_raw_of(o, "counters", laz_column_text(st, 11));
}

enum laz_status laz_endpoint_list(struct laz_db *db, struct laz_scope scope, int64_t after,
                                  int64_t limit, struct laz_json_out *out, struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s =
        laz_scope_get(scope, db, "SELECT " COLUMNS " AND id > ?2 ORDER BY id LIMIT ?3", &st, err);
    int64_t count = 0, last = 0;
    bool row = false;

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, after);
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

enum laz_status laz_endpoint_put(struct laz_db *db, const struct laz_endpoint *e,
                                 int64_t event_limit, struct laz_json_out *out,
                                 struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_scope_get(e->scope, db, "SELECT " COLUMNS " AND id = ?2", &st, err);
    bool row;

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, e->id);
    s = laz_statement_step(st, &row, err);
    if (s != LAZ_OK)
        return s;
    if (!row)
        return laz_fail(err, LAZ_NOT_FOUND, "endpoint", e->uuid, "is gone", "");
    laz_out_object(out);
    put_members(out, st);
    laz_statement_reset(st);
    laz_out_name(out, "events");
    s = laz_event_list_endpoint(db, e->scope, e->id, event_limit, out, err);
    laz_out_object_end(out);
    return s;
}
