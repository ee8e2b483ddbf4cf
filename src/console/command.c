#include "console/command.h"

#include <string.h>

#include "console/quarantine_list.h"
#include "sys/clock.h"

#define TAKE_MAX 32

enum laz_status laz_command_add(struct laz_db *db, const struct laz_endpoint *at, const char *kind,
                                struct laz_view quarantine_id, const char *who,
                                char uuid[LAZ_UUID_TEXT_SIZE], struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_scope_get(
        at->scope, db,
        "INSERT INTO command (organisation_id, endpoint_id, uuid, kind, quarantine_id, "
        "state, created, created_by) VALUES (?1, ?2, ?3, ?4, ?5, 'waiting', ?6, ?7)",
        &st, err);

    if (s != LAZ_OK)
        return s;
    laz_uuid_make(uuid);
    laz_bind_i64(st, 2, at->id);
    laz_bind_string(st, 3, uuid);
    laz_bind_string(st, 4, kind);
    laz_bind_text(st, 5, quarantine_id);
    laz_bind_i64(st, 6, laz_now_ms());
    laz_bind_string(st, 7, who);
    return laz_statement_run(st, err);
}

static enum laz_status mark_sent(struct laz_db *db, const struct laz_endpoint *at, int64_t now_ms,
                                 struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_scope_get(
        at->scope, db,
        "UPDATE command SET state = 'sent', sent = ?3 WHERE organisation_id = ?1 AND id IN "
        "(SELECT id FROM command WHERE endpoint_id = ?2 AND done IS NULL AND (sent IS NULL "
        "OR sent <= ?4 OR sent > ?3) ORDER BY id LIMIT ?5)",
        &st, err);

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, at->id);
    laz_bind_i64(st, 3, now_ms);
    laz_bind_i64(st, 4, now_ms - LAZ_COMMAND_RESEND_MS);
    laz_bind_i64(st, 5, TAKE_MAX);
    return laz_statement_run(st, err);
}

enum laz_status laz_command_take(struct laz_db *db, const struct laz_endpoint *at, int64_t now_ms,
                                 struct laz_json_out *out, int64_t *count, struct laz_error *err)
{
    struct laz_statement *st;
    /* One that was sent later than now was sent before the clock was set back. */
    enum laz_status s = laz_scope_get(
        at->scope, db,
        "SELECT uuid, kind, quarantine_id FROM command WHERE organisation_id = ?1 AND "
        "endpoint_id = ?2 AND done IS NULL AND (sent IS NULL OR sent <= ?3 OR sent > ?4) "
        "ORDER BY id LIMIT ?5",
        &st, err);
    bool row = false;

    *count = 0;
    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, at->id);
    laz_bind_i64(st, 3, now_ms - LAZ_COMMAND_RESEND_MS);
    laz_bind_i64(st, 4, now_ms);
    laz_bind_i64(st, 5, TAKE_MAX);
    laz_out_array(out);
    while ((s = laz_statement_step(st, &row, err)) == LAZ_OK && row) {
        laz_out_object(out);
        laz_out_view_of(out, "id", laz_column_text(st, 0));
        laz_out_view_of(out, "kind", laz_column_text(st, 1));
        if (!laz_column_is_null(st, 2))
            laz_out_view_of(out, "quarantine_id", laz_column_text(st, 2));
        laz_out_object_end(out);
        ++*count;
    }
    laz_out_array_end(out);
    return s == LAZ_OK && *count > 0 ? mark_sent(db, at, now_ms, err) : s;
}

/* An order that is under way: its kind and the quarantined file that it is about. */
struct order {
    bool restores, deletes;
    struct laz_buf quarantine_id;
};

static enum laz_status find_open(struct laz_db *db, const struct laz_endpoint *at, const char *uuid,
                                 struct order *out, bool *found, struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_scope_get(
        at->scope, db,
        "SELECT kind, quarantine_id FROM command WHERE organisation_id = ?1 AND endpoint_id "
        "= ?2 AND uuid = ?3 AND done IS NULL",
        &st, err);

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, at->id);
    laz_bind_string(st, 3, uuid);
    s = laz_statement_step(st, found, err);
    if (s != LAZ_OK || !*found)
        return s;
    out->restores = laz_view_equal_text(laz_column_text(st, 0), "quarantine.restore");
    out->deletes = laz_view_equal_text(laz_column_text(st, 0), "quarantine.delete");
    s = laz_buf_add(&out->quarantine_id, laz_column_text(st, 1));
    laz_statement_reset(st);
    return s;
}

static enum laz_status settle_file(struct laz_db *db, const struct laz_endpoint *at,
                                   const struct laz_event *e, const struct order *order,
                                   struct laz_changes *changes, struct laz_error *err)
{
    struct laz_view id = laz_buf_view(&order->quarantine_id);

    if (id.len == 0)
        return LAZ_OK;
    if (!e->command_ok)
        return laz_quarantine_settle(db, at, id, "failed", e->command_code, changes, err);
    if (order->restores)
        return laz_quarantine_settle(db, at, id, "restored", NULL, changes, err);
    if (order->deletes)
        return laz_quarantine_settle(db, at, id, "deleted", NULL, changes, err);
    return LAZ_OK;
}

static enum laz_status end_order(struct laz_db *db, const struct laz_endpoint *at,
                                 const struct laz_event *e, struct order *order,
                                 struct laz_changes *changes, struct laz_error *err)
{
    struct laz_statement *st;
    bool found = false;
    enum laz_status s = find_open(db, at, e->command_id, order, &found, err);

    if (s != LAZ_OK || !found)
        return s;
    s = laz_scope_get(
        at->scope, db,
        "UPDATE command SET state = ?4, done = ?5, code = ?6 WHERE organisation_id = ?1 AND "
        "endpoint_id = ?2 AND uuid = ?3",
        &st, err);
    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, at->id);
    laz_bind_string(st, 3, e->command_id);
    laz_bind_string(st, 4, e->command_ok ? "done" : "failed");
    laz_bind_i64(st, 5, laz_now_ms());
    laz_bind_string(st, 6, e->command_code);
    s = laz_statement_run(st, err);
    return s == LAZ_OK ? settle_file(db, at, e, order, changes, err) : s;
}

enum laz_status laz_command_record(struct laz_db *db, const struct laz_endpoint *at,
                                   const struct laz_event *e, struct laz_changes *changes,
                                   struct laz_error *err)
{
    struct order order = {0};
    enum laz_status s;

    if (strcmp(e->code, "command.done") != 0 || e->command_id[0] == '\0')
        return LAZ_OK;
    laz_buf_init(&order.quarantine_id, 256);
    s = end_order(db, at, e, &order, changes, err);
    laz_buf_clear(&order.quarantine_id);
    return s;
}

enum laz_status laz_command_expire(struct laz_db *db, int64_t now_ms, struct laz_changes *changes,
                                   struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_db_get(
        db,
        "UPDATE quarantine SET state = 'failed', error = 'command.expired' WHERE state IN "
        "('restoring', "
        "'deleting') AND EXISTS (SELECT 1 FROM command c WHERE c.endpoint_id = "
        "quarantine.endpoint_id AND "
        "c.quarantine_id = quarantine.quarantine_id AND c.done IS NULL AND c.created < ?1)",
        &st, err);

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 1, now_ms - LAZ_COMMAND_EXPIRES_MS);
    s = laz_statement_run(st, err);
    if (s != LAZ_OK)
        return s;
    if (laz_db_changes(db) > 0)
        laz_changes_add(changes, LAZ_ALL_ORGANISATIONS, LAZ_CHANGED_QUARANTINE, 0);
    s = laz_db_get(
        db,
        "UPDATE command SET state = 'expired', done = ?1, code = 'command.expired' WHERE done IS "
        "NULL AND created < ?2",
        &st, err);
    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 1, now_ms);
    laz_bind_i64(st, 2, now_ms - LAZ_COMMAND_EXPIRES_MS);
    return laz_statement_run(st, err);
}
