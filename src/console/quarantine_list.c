#include "console/quarantine_list.h"

#include <string.h>

#define DETECTIONS_TEXT_MAX ((size_t)512 * 1024)

static enum laz_status insert(struct laz_db *db, const struct laz_endpoint *at,
                              const struct laz_event *e, struct laz_error *err)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf detections = {0};
    struct laz_json_out out = {&detections, false};
    struct laz_statement *st;
    enum laz_status s;

    laz_buf_init(&detections, DETECTIONS_TEXT_MAX);
    laz_event_put_detections(&out, e);
    if (laz_buf_failed(&detections) != LAZ_OK)
        return laz_fail(err, LAZ_NOMEM, "quarantine", "detections", "no memory", "");
    s = laz_scope_get(
        at->scope, db,
        "INSERT INTO quarantine (organisation_id, endpoint_id, quarantine_id, path, size, "
        "sha256, detections, time, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'held') ON "
        "CONFLICT DO NOTHING",
        &st, err);
    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, at->id);
    laz_bind_string(st, 3, e->quarantine_id);
    laz_bind_string(st, 4, e->path);
    laz_bind_i64(st, 5, (int64_t)e->file_size);
    laz_bind_string(st, 6, e->sha256);
    laz_bind_text(st, 7, laz_buf_view(&detections));
    laz_bind_i64(st, 8, e->time_ms);
    return laz_statement_run(st, err);
}

static enum laz_status set_state(struct laz_db *db, const struct laz_endpoint *at,
                                 struct laz_view quarantine_id, const char *state,
                                 const char *error, struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s =
        laz_scope_get(at->scope, db,
                      "UPDATE quarantine SET state = ?4, error = ?5 WHERE organisation_id = ?1 AND "
                      "endpoint_id = ?2 AND quarantine_id = ?3",
                      &st, err);

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, at->id);
    laz_bind_text(st, 3, quarantine_id);
    laz_bind_string(st, 4, state);
    laz_bind_string(st, 5, error);
    return laz_statement_run(st, err);
}

enum laz_status laz_quarantine_record(struct laz_db *db, const struct laz_endpoint *at,
                                      const struct laz_event *e, struct laz_changes *changes,
                                      struct laz_error *err)
{
    enum laz_status s;

    if (e->quarantine_id[0] == '\0')
        return LAZ_OK;
    if (strcmp(e->code, "file.quarantined") == 0)
        s = insert(db, at, e, err);
    else if (strcmp(e->code, "file.restored") == 0)
        s = set_state(db, at, laz_view_of(e->quarantine_id), "restored", NULL, err);
    else if (strcmp(e->code, "file.deleted") == 0)
        s = set_state(db, at, laz_view_of(e->quarantine_id), "deleted", NULL, err);
    else
        return LAZ_OK;
    if (s == LAZ_OK)
        laz_changes_add(changes, at->scope.organisation_id, LAZ_CHANGED_QUARANTINE, 0);
    return s;
}

enum laz_status laz_quarantine_order(struct laz_db *db, const struct laz_endpoint *at,
                                     struct laz_view quarantine_id, const char *state,
                                     struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_scope_get(
        at->scope, db,
        "SELECT state IN ('held', 'failed') FROM quarantine WHERE organisation_id = ?1 AND "
        "endpoint_id = ?2 AND quarantine_id = ?3",
        &st, err);
    bool row, may;

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, at->id);
    laz_bind_text(st, 3, quarantine_id);
    s = laz_statement_step(st, &row, err);
    if (s != LAZ_OK)
        return s;
    if (!row)
        return laz_fail(err, LAZ_NOT_FOUND, "quarantine", "id", "there is none of this id", "");
    may = laz_column_i64(st, 0) != 0;
    laz_statement_reset(st);
    if (!may)
        return laz_fail(err, LAZ_EXISTS, "quarantine", "state", "it is not held any more", "");
    return set_state(db, at, quarantine_id, state, NULL, err);
}

enum laz_status laz_quarantine_settle(struct laz_db *db, const struct laz_endpoint *at,
                                      struct laz_view quarantine_id, const char *state,
                                      const char *code, struct laz_changes *changes,
                                      struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_scope_get(
        at->scope, db,
        "UPDATE quarantine SET state = ?4, error = ?5 WHERE organisation_id = ?1 AND "
        "endpoint_id = ?2 AND quarantine_id = ?3 AND state IN ('restoring', 'deleting')",
        &st, err);

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, at->id);
    laz_bind_text(st, 3, quarantine_id);
    laz_bind_string(st, 4, state);
    laz_bind_string(st, 5, code);
    s = laz_statement_run(st, err);
    if (s == LAZ_OK)
        laz_changes_add(changes, at->scope.organisation_id, LAZ_CHANGED_QUARANTINE, 0);
    return s;
}

enum laz_status laz_quarantine_path(struct laz_db *db, const struct laz_endpoint *at,
                                    struct laz_view quarantine_id, struct laz_buf *out,
                                    struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_scope_get(
        at->scope, db,
        "SELECT path FROM quarantine WHERE organisation_id = ?1 AND endpoint_id = ?2 AND "
        "quarantine_id = ?3",
        &st, err);
    bool row;

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, at->id);
    laz_bind_text(st, 3, quarantine_id);
    s = laz_statement_step(st, &row, err);
    if (s != LAZ_OK || !row)
        return s;
    s = laz_buf_add(out, laz_column_text(st, 0));
    laz_statement_reset(st);
    return s;
}

static void put_item(struct laz_json_out *o, struct laz_statement *st)
{
    laz_out_object(o);
    laz_out_name(o, "endpoint");
    laz_out_object(o);
    laz_out_view_of(o, "id", laz_column_text(st, 1));
    laz_out_view_of(o, "name", laz_column_text(st, 2));
    laz_out_object_end(o);
    laz_out_view_of(o, "quarantine_id", laz_column_text(st, 3));
    laz_out_view_of(o, "path", laz_column_text(st, 4));
    laz_out_i64_of(o, "size", laz_column_i64(st, 5));
    laz_out_view_of(o, "sha256", laz_column_text(st, 6));
    laz_out_raw_of(o, "detections", laz_column_text(st, 7));
    laz_out_i64_of(o, "time", laz_column_i64(st, 8));
    laz_out_view_of(o, "state", laz_column_text(st, 9));
    laz_out_name(o, "error");
    if (laz_column_is_null(st, 10))
        laz_out_null(o);
    else
        laz_out_view(o, laz_column_text(st, 10));
    laz_out_object_end(o);
}

enum laz_status laz_quarantine_list(struct laz_db *db, struct laz_scope scope, int64_t after,
                                    int64_t limit, struct laz_json_out *out, struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_scope_get(
        scope, db,
        "SELECT q.id, e.uuid, e.name, q.quarantine_id, q.path, q.size, q.sha256, "
        "q.detections, q.time, q.state, q.error FROM quarantine q JOIN endpoint e ON e.id = "
        "q.endpoint_id WHERE q.organisation_id = ?1 AND q.id < ?2 ORDER BY q.id DESC LIMIT ?3",
        &st, err);
    int64_t count = 0, last = 0;
    bool row = false;

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, after > 0 ? after : INT64_MAX);
    laz_bind_i64(st, 3, limit);
    laz_out_list(out);
    while ((s = laz_statement_step(st, &row, err)) == LAZ_OK && row) {
        last = laz_column_i64(st, 0);
        put_item(out, st);
        count++;
    }
    laz_out_list_end(out, count == limit, last);
    return s;
}
