#include "console/overview.h"

#include "console/endpoint.h"
#include "console/event_store.h"

#define MS_PER_DAY     ((int64_t)86400000)
#define RECENT         10
#define NEXT_OF_A_KIND 3

struct standing {
    struct laz_endpoint_counts endpoints;
    int64_t open, last_24h, only_open, held, failed;
};

static enum laz_status measure(struct laz_db *db, struct laz_scope scope, int64_t now_ms,
                               struct standing *out, struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_endpoint_count(db, scope, &out->endpoints, err);
    bool row = false;

    if (s == LAZ_OK)
        s = laz_scope_number(
            scope, db,
            "SELECT count(*) FROM incident WHERE organisation_id = ?1 AND state = 'open'",
            &out->open, err);
    if (s == LAZ_OK)
        s = laz_scope_number(
            scope, db, "SELECT max(id) FROM incident WHERE organisation_id = ?1 AND state = 'open'",
            &out->only_open, err);
    if (s == LAZ_OK)
        s = laz_scope_number(scope, db,
                             "SELECT count(*) FROM quarantine WHERE organisation_id = ?1 AND state "
                             "IN ('held', 'restoring', "
                             "'deleting', 'failed')",
                             &out->held, err);
    if (s == LAZ_OK)
        s = laz_scope_number(
            scope, db,
            "SELECT count(*) FROM quarantine WHERE organisation_id = ?1 AND state = 'failed'",
            &out->failed, err);
    if (s == LAZ_OK)
        s = laz_scope_get(
            scope, db, "SELECT count(*) FROM incident WHERE organisation_id = ?1 AND opened > ?2",
            &st, err);
    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, now_ms - MS_PER_DAY);
    s = laz_statement_step(st, &row, err);
    if (s != LAZ_OK)
        return s;
    out->last_24h = laz_column_i64(st, 0);
    laz_statement_reset(st);
    return LAZ_OK;
}

static void put_counts(struct laz_json_out *o, const struct standing *s)
{
    laz_out_name(o, "endpoints");
    laz_out_object(o);
    laz_out_i64_of(o, "total", s->endpoints.total);
    laz_out_i64_of(o, "protected", s->endpoints.protected_count);
    laz_out_i64_of(o, "degraded", s->endpoints.degraded);
    laz_out_i64_of(o, "offline", s->endpoints.offline);
    laz_out_object_end(o);
    laz_out_name(o, "incidents");
    laz_out_object(o);
    laz_out_i64_of(o, "open", s->open);
    laz_out_i64_of(o, "last_24h", s->last_24h);
    laz_out_object_end(o);
    laz_out_name(o, "quarantine");
    laz_out_object(o);
    laz_out_i64_of(o, "held", s->held);
    laz_out_object_end(o);
}

static void open_next(struct laz_json_out *o, const char *code)
{
    laz_out_object(o);
    laz_out_text_of(o, "code", code);
    laz_out_name(o, "params");
    laz_out_object(o);
}

static void close_next(struct laz_json_out *o)
{
    laz_out_object_end(o);
    laz_out_object_end(o);
}

/* One line each for the first endpoints that the statement gives. */
static enum laz_status put_endpoints(struct laz_db *db, struct laz_scope scope, const char *code,
                                     const char *sql, int64_t before_ms, struct laz_json_out *o,
                                     struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_scope_get(scope, db, sql, &st, err);
    bool row = false;

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, NEXT_OF_A_KIND);
    if (before_ms > 0)
        laz_bind_i64(st, 3, before_ms);
    while ((s = laz_statement_step(st, &row, err)) == LAZ_OK && row) {
        open_next(o, code);
        laz_out_view_of(o, "id", laz_column_text(st, 0));
        laz_out_view_of(o, "name", laz_column_text(st, 1));
        close_next(o);
    }
    return s;
}

static void put_fixed(const struct standing *s, struct laz_json_out *o)
{
    if (s->open > 0) {
        open_next(o, "incident.open");
        laz_out_i64_of(o, "count", s->open);
        if (s->open == 1) {
            laz_out_name(o, "id");
            laz_out_id(o, s->only_open);
        }
        close_next(o);
    }
    if (s->failed > 0) {
        open_next(o, "quarantine.failed");
        laz_out_i64_of(o, "count", s->failed);
        close_next(o);
    }
    if (s->endpoints.total == 0) {
        open_next(o, "endpoint.add");
        close_next(o);
    }
}

static enum laz_status put_next(struct laz_db *db, const struct laz_account *who,
                                const struct standing *standing, int64_t now_ms,
                                struct laz_json_out *o, struct laz_error *err)
{
    enum laz_status s;

    laz_out_array(o);
    put_fixed(standing, o);
    s = put_endpoints(
        db, who->scope, "endpoint.offline",
        "SELECT uuid, name FROM endpoint WHERE organisation_id = ?1 AND state = 'offline' "
        "ORDER BY id LIMIT ?2",
        0, o, err);
    if (s == LAZ_OK)
        s = put_endpoints(db, who->scope, "endpoint.degraded",
                          "SELECT uuid, name FROM endpoint WHERE organisation_id = ?1 AND state = "
                          "'degraded' ORDER BY id LIMIT ?2",
                          0, o, err);
    if (s == LAZ_OK)
        s = put_endpoints(
            db, who->scope, "content.old",
            "SELECT uuid, name FROM endpoint WHERE organisation_id = ?1 AND content_built > "
            "0 AND content_built < ?3 ORDER BY id LIMIT min(?2, 1)",
            now_ms - LAZ_CONTENT_OLD_MS, o, err);
    if (s == LAZ_OK)
        s = put_endpoints(db, who->scope, "content.failing",
                          "SELECT uuid, name FROM endpoint e WHERE organisation_id = ?1 AND EXISTS "
                          "(SELECT 1 FROM "
                          "json_each(e.report, '$.content.list') WHERE json_extract(value, "
                          "'$.failing') BETWEEN 1 "
                          "AND ?3) ORDER BY id LIMIT min(?2, 1)",
                          now_ms - LAZ_SOURCE_FAILED_MS, o, err);
    if (who->first_password) {
        open_next(o, "password.change");
        close_next(o);
    }
    laz_out_array_end(o);
    return s;
}

enum laz_status laz_overview_put(struct laz_db *db, const struct laz_account *who, int64_t now_ms,
                                 struct laz_json_out *out, struct laz_error *err)
{
    struct standing standing = {0};
    enum laz_status s = measure(db, who->scope, now_ms, &standing, err);

    if (s != LAZ_OK)
        return s;
    laz_out_object(out);
    laz_out_i64_of(out, "time", now_ms);
    laz_out_text_of(out, "version", LAZ_PROGRAM_VERSION);
    put_counts(out, &standing);
    laz_out_name(out, "counters");
    s = laz_endpoint_sum_counters(db, who->scope, out, err);
    laz_out_name(out, "activity");
    if (s == LAZ_OK)
        s = laz_activity_list(db, who->scope, now_ms, out, err);
    laz_out_name(out, "next");
    if (s == LAZ_OK)
        s = put_next(db, who, &standing, now_ms, out, err);
    laz_out_name(out, "recent");
    if (s == LAZ_OK)
        s = laz_event_list_recent(db, who->scope, RECENT, out, err);
    laz_out_object_end(out);
    return s;
}
