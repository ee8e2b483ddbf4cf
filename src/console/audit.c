#include "console/audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "sign/digest.h"
#include "sys/clock.h"

#define DOMAIN     "lazaret-audit-1" /* the form of what is hashed; another form gets another name */
#define HASHED_MAX ((size_t)8 * 1024)

struct row {
    int64_t organisation_id, seq, time;
    struct laz_view who, verb, object, detail;
};

static void add_text(struct laz_buf *b, struct laz_view text)
{
    laz_ignore(laz_buf_add_u32le(b, (uint32_t)text.len));
    laz_ignore(laz_buf_add(b, text)); /* a refusal stays marked in b and is looked at below */
}

/* Every text is preceded by its length, so that no two different entries look the same. */
static enum laz_status hash_row(const struct row *r, const uint8_t *before,
                                uint8_t out[LAZ_AUDIT_HASH_SIZE], struct laz_error *err)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf b = {0};

    laz_buf_init(&b, HASHED_MAX);
    add_text(&b, laz_view_of(DOMAIN));
    laz_ignore(laz_buf_add_u64le(&b, (uint64_t)r->organisation_id));
    laz_ignore(laz_buf_add_u64le(&b, (uint64_t)r->seq));
    laz_ignore(laz_buf_add_u64le(&b, (uint64_t)r->time));
    add_text(&b, r->who);
    add_text(&b, r->verb);
    add_text(&b, r->object);
    add_text(&b, r->detail);
    laz_ignore(laz_buf_add(&b, laz_view_from(before, LAZ_AUDIT_HASH_SIZE)));
    if (laz_buf_failed(&b) != LAZ_OK || laz_digest(LAZ_SHA256, laz_buf_view(&b), out) != LAZ_OK)
        return laz_fail(err, LAZ_NOMEM, "audit", "entry", "no memory", "");
    return LAZ_OK;
}

/* Cut at a whole UTF-8 character. */
static struct laz_view bounded(const char *text)
{
    struct laz_view v = laz_view_of(text);

    if (v.len <= LAZ_AUDIT_TEXT_MAX)
        return v;
    v.len = LAZ_AUDIT_TEXT_MAX;
    while (v.len > 0 && (v.data[v.len] & 0xc0) == 0x80)
        v.len--;
    return v;
}

static enum laz_status find_head(struct laz_db *db, struct laz_scope scope, int64_t *seq,
                                 uint8_t hash[LAZ_AUDIT_HASH_SIZE], struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_scope_get(scope, db,
                                      "SELECT seq, hash FROM audit WHERE organisation_id = ?1 "
                                      "ORDER BY seq DESC LIMIT 1",
                                      &st, err);
    struct laz_view found;
    bool row;

    if (s == LAZ_OK)
        s = laz_statement_step(st, &row, err);
    if (s != LAZ_OK)
        return s;
    memset(hash, 0, LAZ_AUDIT_HASH_SIZE);
    *seq = 0;
    if (!row)
        return LAZ_OK;
    *seq = laz_column_i64(st, 0);
    found = laz_column_blob(st, 1);
    if (!laz_take_bytes(&found, hash, LAZ_AUDIT_HASH_SIZE))
        s = laz_fail(err, LAZ_DAMAGED, "audit", "head", "has no hash",
                     "see 'lazaret console verify-audit'");
    laz_statement_reset(st);
    return s;
}

enum laz_status laz_audit_add(struct laz_db *db, struct laz_scope scope,
                              const struct laz_audit_entry *entry, struct laz_error *err)
{
    struct row r = {
        .organisation_id = scope.organisation_id,
        .time = laz_now_ms(),
        .who = bounded(entry->who),
        .verb = bounded(entry->verb),
        .object = bounded(entry->object),
        .detail = bounded(entry->detail),
    };
    uint8_t before[LAZ_AUDIT_HASH_SIZE], hash[LAZ_AUDIT_HASH_SIZE];
    struct laz_statement *st;
    enum laz_status s = find_head(db, scope, &r.seq, before, err);

    r.seq++;
    if (s == LAZ_OK)
        s = hash_row(&r, before, hash, err);
    if (s == LAZ_OK)
        s = laz_scope_get(
            scope, db,
            "INSERT INTO audit (organisation_id, seq, time, who, verb, object, detail, "
            "hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            &st, err);
    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, r.seq);
    laz_bind_i64(st, 3, r.time);
    laz_bind_text(st, 4, r.who);
    laz_bind_text(st, 5, r.verb);
    laz_bind_text(st, 6, r.object);
    laz_bind_text(st, 7, r.detail);
    laz_bind_blob(st, 8, laz_view_from(hash, sizeof hash));
    return laz_statement_run(st, err);
}

static void take_row(struct laz_statement *st, struct row *r)
{
    r->seq = laz_column_i64(st, 0);
    r->time = laz_column_i64(st, 1);
    r->who = laz_column_text(st, 2);
    r->verb = laz_column_text(st, 3);
    r->object = laz_column_text(st, 4);
    r->detail = laz_column_text(st, 5);
}

/* An entry fits when it has the next number and its hash covers it and the one before. */
static enum laz_status check_row(const struct row *r, struct laz_view stored,
                                 struct laz_audit_check *at, struct laz_error *err)
{
    uint8_t hash[LAZ_AUDIT_HASH_SIZE];
    enum laz_status s = hash_row(r, at->head, hash, err);
    char where[64], hex[2 * LAZ_AUDIT_HASH_SIZE + 1];

    if (s != LAZ_OK)
        return s;
    snprintf(where, sizeof where, "entry %" PRId64, r->seq);
    if (r->seq != at->entries + 1)
        return laz_fail(err, LAZ_DAMAGED, "audit", where, "an entry before it is missing",
                        "compare with a backup");
    if (!laz_view_equal(stored, laz_view_from(hash, sizeof hash)))
        return laz_fail(err, LAZ_DAMAGED, "audit", where, "it or an entry before it was changed",
                        "compare with a backup");
    at->entries = r->seq;
    memcpy(at->head, hash, sizeof hash);
    laz_hex_encode(laz_view_from(hash, sizeof hash), hex);
    at->wanted_found |= at->wanted != NULL && strcasecmp(hex, at->wanted) == 0;
    return LAZ_OK;
}

enum laz_status laz_audit_verify(struct laz_db *db, struct laz_scope scope,
                                 struct laz_audit_check *out, struct laz_error *err)
{
    struct laz_audit_check at = {.wanted = out->wanted};
    struct row r = {.organisation_id = scope.organisation_id};
    struct laz_statement *st;
    enum laz_status s =
        laz_scope_get(scope, db,
                      "SELECT seq, time, who, verb, object, detail, hash FROM audit "
                      "WHERE organisation_id = ?1 ORDER BY seq",
                      &st, err);
    bool row = true;

    while (s == LAZ_OK) {
        s = laz_statement_step(st, &row, err);
        if (s != LAZ_OK || !row)
            break;
        take_row(st, &r);
        s = check_row(&r, laz_column_blob(st, 6), &at, err);
        if (s != LAZ_OK)
            laz_statement_reset(st);
    }
    if (s == LAZ_OK)
        *out = at;
    return s;
}

static void put_row(struct laz_json_out *o, const struct row *r, struct laz_view hash)
{
    char hex[2 * LAZ_AUDIT_HASH_SIZE + 1] = "";

    if (hash.len == LAZ_AUDIT_HASH_SIZE)
        laz_hex_encode(hash, hex);
    laz_out_object(o);
    laz_out_i64_of(o, "seq", r->seq);
    laz_out_i64_of(o, "time", r->time);
    laz_out_view_of(o, "who", r->who);
    laz_out_view_of(o, "verb", r->verb);
    laz_out_view_of(o, "object", r->object);
    laz_out_view_of(o, "detail", r->detail);
    laz_out_text_of(o, "hash", hex);
    laz_out_object_end(o);
}

enum laz_status laz_audit_list(struct laz_db *db, struct laz_scope scope, int64_t after,
                               int64_t limit, struct laz_json_out *out, struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s =
        laz_scope_get(scope, db,
                      "SELECT seq, time, who, verb, object, detail, hash FROM audit "
                      "WHERE organisation_id = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3",
                      &st, err);
    struct row r = {0};
    int64_t count = 0;
    bool row = false;

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, after > 0 ? after : INT64_MAX);
    laz_bind_i64(st, 3, limit);
    laz_out_list(out);
    while ((s = laz_statement_step(st, &row, err)) == LAZ_OK && row) {
        take_row(st, &r);
        put_row(out, &r, laz_column_blob(st, 6));
        count++;
    }
    laz_out_list_end(out, count == limit && r.seq > 1, r.seq);
    return s;
}
