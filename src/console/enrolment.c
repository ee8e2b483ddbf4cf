#include "console/enrolment.h"

#include <stdio.h>

#include "console/audit.h"
#include "sys/clock.h"

#define KEPT_MS ((int64_t)30 * 86400 * 1000) /* so long a used token is still called used */

struct making {
    struct laz_scope scope;
    const char *who;
    struct laz_view digest;
    int64_t expires_ms;
};

static enum laz_status store_token(struct laz_db *db, void *context, struct laz_error *err)
{
    const struct making *m = context;
    const struct laz_audit_entry entry = {m->who, "token.made", "enrolment", ""};
    struct laz_statement *st;
    enum laz_status s =
        laz_scope_get(m->scope, db,
                      "INSERT INTO enrolment_token (organisation_id, digest, created, "
                      "expires) VALUES (?1, ?2, ?3, ?4)",
                      &st, err);

    if (s != LAZ_OK)
        return s;
    laz_bind_blob(st, 2, m->digest);
    laz_bind_i64(st, 3, laz_now_ms());
    laz_bind_i64(st, 4, m->expires_ms);
    s = laz_statement_run(st, err);
    return s == LAZ_OK ? laz_audit_add(db, m->scope, &entry, err) : s;
}

enum laz_status laz_enrolment_token_make(struct laz_db *db, struct laz_scope scope, const char *who,
                                         char token[LAZ_TOKEN_TEXT_SIZE], int64_t *expires_ms,
                                         struct laz_error *err)
{
    uint8_t digest[LAZ_TOKEN_DIGEST_SIZE] = {0};
    struct making m = {.scope = scope,
                       .who = who,
                       .digest = laz_view_from(digest, sizeof digest),
                       .expires_ms = laz_now_ms() + LAZ_ENROLMENT_TOKEN_MS};
    enum laz_status s;

    laz_token_make(token);
    if (laz_token_digest(laz_view_of(token), digest) != LAZ_OK)
        return laz_fail(err, LAZ_NOMEM, "enrolment", "token", "no memory", "");
    s = laz_db_transaction(db, store_token, &m, err);
    if (s == LAZ_OK)
        *expires_ms = m.expires_ms;
    return s;
}

const char *laz_enrolment_code(enum laz_enrolment_refusal r)
{
    switch (r) {
    case LAZ_ENROL_OK:
        return "";
    case LAZ_ENROL_TOKEN_WRONG:
        return "enrol.token_wrong";
    case LAZ_ENROL_TOKEN_USED:
        return "enrol.token_used";
    case LAZ_ENROL_TOKEN_EXPIRED:
        return "enrol.token_expired";
    }
    return "";
}

/* Columns: organisation, expiry, when it was used, by which key, for which endpoint. */
static void judge(struct laz_statement *st, struct laz_view key, int64_t now,
                  struct laz_enrolment_grant *out)
{
    bool used = !laz_column_is_null(st, 2);
    struct laz_view uuid = laz_column_text(st, 4);

    out->scope.organisation_id = laz_column_i64(st, 0);
    out->again = used && !laz_column_is_null(st, 3) &&
                 laz_view_equal(laz_column_blob(st, 3), key) && laz_uuid_is_valid(uuid);
    if (used && !out->again)
        out->refusal = LAZ_ENROL_TOKEN_USED;
    else
        out->refusal = now >= laz_column_i64(st, 1) ? LAZ_ENROL_TOKEN_EXPIRED : LAZ_ENROL_OK;
    if (out->again)
        snprintf(out->uuid, sizeof out->uuid, "%.*s", (int)uuid.len, (const char *)uuid.data);
    else
        laz_uuid_make(out->uuid);
}

/* The token is a secret that says whose it is: this is where the organisation of an enrolment comes
 * from. */
static enum laz_status find_token(struct laz_db *db, struct laz_view digest, struct laz_view key,
                                  struct laz_enrolment_grant *out, struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_db_get(db,
                                   "SELECT organisation_id, expires, used, key_digest, "
                                   "endpoint_uuid FROM enrolment_token WHERE digest = ?1",
                                   &st, err);
    bool row;

    if (s != LAZ_OK)
        return s;
    laz_bind_blob(st, 1, digest);
    s = laz_statement_step(st, &row, err);
    if (s != LAZ_OK || !row)
        return s;
    judge(st, key, laz_now_ms(), out);
    laz_statement_reset(st);
    return LAZ_OK;
}

static enum laz_status use_up(struct laz_db *db, struct laz_view digest, struct laz_view key,
                              const struct laz_enrolment_grant *grant, struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s =
        laz_scope_get(grant->scope, db,
                      "UPDATE enrolment_token SET used = ?3, key_digest = ?4, endpoint_uuid = ?5 "
                      "WHERE organisation_id = ?1 AND digest = ?2",
                      &st, err);

    if (s != LAZ_OK)
        return s;
    laz_bind_blob(st, 2, digest);
    laz_bind_i64(st, 3, laz_now_ms());
    laz_bind_blob(st, 4, key);
    laz_bind_string(st, 5, grant->uuid);
    return laz_statement_run(st, err);
}

enum laz_status laz_enrolment_token_use(struct laz_db *db, struct laz_view token,
                                        const uint8_t key_digest[LAZ_FINGERPRINT_SIZE],
                                        struct laz_enrolment_grant *out, struct laz_error *err)
{
    const struct laz_view key = laz_view_from(key_digest, LAZ_FINGERPRINT_SIZE);
    uint8_t bytes[LAZ_TOKEN_DIGEST_SIZE];
    struct laz_view digest = {bytes, sizeof bytes};
    enum laz_status s;

    *out = (struct laz_enrolment_grant){.refusal = LAZ_ENROL_TOKEN_WRONG};
    if (laz_token_digest(token, bytes) != LAZ_OK)
        return LAZ_OK;
    s = find_token(db, digest, key, out, err);
    if (s != LAZ_OK || out->refusal != LAZ_ENROL_OK || out->again)
        return s;
    return use_up(db, digest, key, out, err);
}

enum laz_status laz_enrolment_sweep(struct laz_db *db, struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_db_get(db, "DELETE FROM enrolment_token WHERE expires < ?1", &st, err);

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 1, laz_now_ms() - KEPT_MS);
    return laz_statement_run(st, err);
}
