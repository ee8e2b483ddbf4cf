#include "console/endpoint.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "sys/clock.h"

static enum laz_status unknown(struct laz_error *err)
{
    return laz_fail(err, LAZ_NOT_FOUND, "endpoint", "id", "there is none of this id", "");
}

enum laz_status laz_endpoint_find(struct laz_db *db, struct laz_scope scope, struct laz_view uuid,
                                  struct laz_endpoint *out, struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s;
    bool row;

    if (!laz_uuid_is_valid(uuid))
        return unknown(err);
    s = laz_scope_get(scope, db, "SELECT id FROM endpoint WHERE organisation_id = ?1 AND uuid = ?2",
                      &st, err);
    if (s != LAZ_OK)
        return s;
    laz_bind_text(st, 2, uuid);
    s = laz_statement_step(st, &row, err);
    if (s != LAZ_OK)
        return s;
    if (!row)
        return unknown(err);
    out->id = laz_column_i64(st, 0);
    out->scope = scope;
    memcpy(out->uuid, uuid.data, uuid.len);
    out->uuid[uuid.len] = '\0';
    laz_statement_reset(st);
    return LAZ_OK;
}

void laz_endpoint_uri(struct laz_scope scope, const char *uuid, char *out, size_t size)
{
    int len = snprintf(out, size, "urn:lazaret:%" PRId64 ":agent:%s", scope.organisation_id, uuid);

    LAZ_ASSERT(len > 0 && (size_t)len < size);
}

enum laz_status laz_endpoint_of_uri(struct laz_db *db, const char *uri, struct laz_endpoint *out,
                                    struct laz_error *err)
{
    struct laz_view rest = laz_view_of(uri), scheme, number, kind;
    uint64_t organisation;
    struct laz_scope scope;
    enum laz_status s;

    if (!laz_take(&rest, strlen("urn:lazaret:"), &scheme) ||
        !laz_view_equal_text(scheme, "urn:lazaret:") || !laz_take_until(&rest, ':', &number) ||
        !laz_parse_u64(number, INT64_MAX, &organisation) || organisation == 0 ||
        !laz_take_until(&rest, ':', &kind) || !laz_view_equal_text(kind, "agent"))
        return laz_fail(err, LAZ_DENIED, "endpoint", "certificate", "names no agent", "");
    scope.organisation_id = (int64_t)organisation;
    s = laz_endpoint_find(db, scope, rest, out, err);
    if (s == LAZ_NOT_FOUND)
        return laz_fail(err, LAZ_DENIED, "endpoint", "certificate",
                        "names an endpoint that is not here", "enrol it again");
    return s;
}

static void bind_report(struct laz_statement *st, const struct laz_report *r)
{
    laz_bind_string(st, 3, r->name);
    laz_bind_string(st, 4, r->os);
    laz_bind_string(st, 5, r->kernel);
    laz_bind_string(st, 6, r->version);
    laz_bind_string(st, 7, r->mode);
    laz_bind_text(st, 8, laz_buf_view(&r->details));
    laz_bind_text(st, 9, laz_buf_view(&r->counters));
    laz_bind_i64(st, 10, r->content_built_ms);
}

enum laz_status laz_endpoint_add(struct laz_db *db, struct laz_scope scope, const char *uuid,
                                 const struct laz_report *report, struct laz_endpoint *out,
                                 struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_scope_get(scope, db,
                                      "INSERT INTO endpoint (organisation_id, uuid, name, os, "
                                      "kernel, version, mode, report, counters, "
                                      "content_built, enrolled, last_seen, state) VALUES (?1, ?2, "
                                      "?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, "
                                      "?11, 'offline')",
                                      &st, err);

    if (s != LAZ_OK)
        return s;
    laz_bind_string(st, 2, uuid);
    bind_report(st, report);
    laz_bind_i64(st, 11, laz_now_ms());
    s = laz_statement_run(st, err);
    if (s != LAZ_OK)
        return s;
    out->id = laz_db_last_id(db);
    out->scope = scope;
    snprintf(out->uuid, sizeof out->uuid, "%s", uuid);
    return LAZ_OK;
}

enum laz_status laz_endpoint_save(struct laz_db *db, const struct laz_endpoint *e,
                                  const struct laz_report *report, const char *state,
                                  int64_t seen_ms, struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_scope_get(
        e->scope, db,
        "UPDATE endpoint SET name = coalesce(nullif(?3, ''), name), os = coalesce(nullif(?4, ''), "
        "os), "
        "kernel = coalesce(nullif(?5, ''), kernel), version = coalesce(nullif(?6, ''), version), "
        "mode = "
        "?7, report = ?8, counters = ?9, content_built = ?10, state = ?11, last_seen = ?12 WHERE "
        "organisation_id = ?1 AND id = ?2",
        &st, err);

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, e->id);
    bind_report(st, report);
    laz_bind_string(st, 11, state);
    laz_bind_i64(st, 12, seen_ms);
    return laz_statement_run(st, err);
}

enum laz_status laz_endpoint_set_seen(struct laz_db *db, const struct laz_endpoint *e,
                                      int64_t seen_ms, struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_scope_get(
        e->scope, db, "UPDATE endpoint SET last_seen = ?3 WHERE organisation_id = ?1 AND id = ?2",
        &st, err);

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, e->id);
    laz_bind_i64(st, 3, seen_ms);
    return laz_statement_run(st, err);
}

enum laz_status laz_endpoint_set_offline(struct laz_db *db, const struct laz_endpoint *e,
                                         struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_scope_get(
        e->scope, db,
        "UPDATE endpoint SET state = 'offline' WHERE organisation_id = ?1 AND id = ?2", &st, err);

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, e->id);
    return laz_statement_run(st, err);
}

enum laz_status laz_endpoint_count(struct laz_db *db, struct laz_scope scope,
                                   struct laz_endpoint_counts *out, struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_scope_get(
        scope, db, "SELECT state, count(*) FROM endpoint WHERE organisation_id = ?1 GROUP BY state",
        &st, err);
    bool row = false;

    *out = (struct laz_endpoint_counts){0};
    if (s != LAZ_OK)
        return s;
    while ((s = laz_statement_step(st, &row, err)) == LAZ_OK && row) {
        int64_t n = laz_column_i64(st, 1);

        out->total += n;
        if (laz_view_equal_text(laz_column_text(st, 0), "protected"))
            out->protected_count += n;
        else if (laz_view_equal_text(laz_column_text(st, 0), "degraded"))
            out->degraded += n;
        else
            out->offline += n;
    }
    return s;
}

enum laz_status laz_endpoint_sum_counters(struct laz_db *db, struct laz_scope scope,
                                          struct laz_json_out *out, struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s =
        laz_scope_get(scope, db,
                      "SELECT c.key, sum(c.value) FROM endpoint e, json_each(e.counters) c WHERE "
                      "e.organisation_id = ?1 GROUP BY c.key ORDER BY c.key",
                      &st, err);
    bool row = false;

    if (s != LAZ_OK)
        return s;
    laz_out_object(out);
    while ((s = laz_statement_step(st, &row, err)) == LAZ_OK && row) {
        char name[64];
        struct laz_view key = laz_column_text(st, 0);

        snprintf(name, sizeof name, "%.*s", (int)(key.len < 63 ? key.len : 63),
                 (const char *)key.data);
        laz_out_i64_of(out, name, (int64_t)laz_column_double(st, 1));
    }
    laz_out_object_end(out);
    return s;
}
