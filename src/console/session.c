#include "console/session.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "sign/digest.h"
#include "sign/token.h"
#include "sys/clock.h"

#define RANDOM_BYTES  32
#define NOTE_EACH_MS  60000
#define CSRF_DOMAIN   "lazaret-csrf-1:"
#define SESSION_LIMIT 50 /* of one account; the oldest goes when one more is opened */

bool laz_session_text_is_valid(struct laz_view text)
{
    if (text.len != LAZ_SESSION_TEXT_SIZE - 1)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (laz_hex_value(text.data[i]) < 0 || (text.data[i] >= 'A' && text.data[i] <= 'F'))
            return false;
    return true;
}

/* The word that a page must say with each change: it follows from the cookie, which a page of
 * another origin cannot read, and says nothing about it. */
static enum laz_status make_csrf(struct laz_view text, char out[LAZ_CSRF_TEXT_SIZE])
{
    LAZ_OWNED(laz_digest_drop) struct laz_digest_job job = {0};
    uint8_t digest[32];
    enum laz_status s = laz_digest_start(&job, LAZ_SHA256);

    if (s == LAZ_OK)
        s = laz_digest_add(&job, laz_view_of(CSRF_DOMAIN));
    if (s == LAZ_OK)
        s = laz_digest_add(&job, text);
    if (s == LAZ_OK)
        s = laz_digest_finish(&job, digest);
    if (s == LAZ_OK)
        laz_hex_encode(laz_view_from(digest, sizeof digest), out);
    return s;
}

static enum laz_status prepare(struct laz_view text, struct laz_session *out, struct laz_error *err)
{
    if (laz_digest(LAZ_SHA256, text, out->digest) != LAZ_OK || make_csrf(text, out->csrf) != LAZ_OK)
        return laz_fail(err, LAZ_NOMEM, "session", "digest", "no memory", "");
    return LAZ_OK;
}

static void set_expiry(struct laz_session *s, const struct laz_session_times *times)
{
    int64_t idle = s->seen_ms + times->idle_ms, absolute = s->created_ms + times->absolute_ms;

    s->expires_ms = idle < absolute ? idle : absolute;
}

static enum laz_status drop_surplus(struct laz_db *db, const struct laz_account *account,
                                    struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s =
        laz_scope_get(account->scope, db,
                      "DELETE FROM session WHERE organisation_id = ?1 AND account_id = ?2 "
                      "AND digest NOT IN (SELECT digest FROM session WHERE account_id = ?2 "
                      "ORDER BY created DESC LIMIT ?3)",
                      &st, err);

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, account->id);
    laz_bind_i64(st, 3, SESSION_LIMIT - 1);
    return laz_statement_run(st, err);
}

enum laz_status laz_session_open(struct laz_db *db, const struct laz_account *account,
                                 const char *source, const struct laz_session_times *times,
                                 char text[LAZ_SESSION_TEXT_SIZE], struct laz_session *out,
                                 struct laz_error *err)
{
    struct laz_session session = {.account = *account};
    uint8_t random[RANDOM_BYTES];
    struct laz_statement *st;
    enum laz_status s;

    laz_random_bytes(random, sizeof random);
    laz_hex_encode(laz_view_from(random, sizeof random), text);
    laz_secret_wipe(random, sizeof random);
    s = prepare(laz_view_of(text), &session, err);
    if (s == LAZ_OK)
        s = drop_surplus(db, account, err);
    if (s == LAZ_OK)
        s = laz_scope_get(
            account->scope, db,
            "INSERT INTO session (organisation_id, digest, account_id, created, seen, "
            "source) VALUES (?1, ?2, ?3, ?4, ?4, ?5)",
            &st, err);
    if (s != LAZ_OK)
        return s;
    session.created_ms = session.seen_ms = laz_now_ms();
    set_expiry(&session, times);
    laz_bind_blob(st, 2, laz_view_from(session.digest, sizeof session.digest));
    laz_bind_i64(st, 3, account->id);
    laz_bind_i64(st, 4, session.created_ms);
    laz_bind_string(st, 5, source);
    s = laz_statement_run(st, err);
    if (s == LAZ_OK)
        *out = session;
    return s;
}

static enum laz_status note_use(struct laz_db *db, struct laz_session *session, int64_t now,
                                struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_scope_get(
        session->account.scope, db,
        "UPDATE session SET seen = ?3 WHERE organisation_id = ?1 AND digest = ?2", &st, err);

    if (s != LAZ_OK)
        return s;
    laz_bind_blob(st, 2, laz_view_from(session->digest, sizeof session->digest));
    laz_bind_i64(st, 3, now);
    session->seen_ms = now;
    return laz_statement_run(st, err);
}

/* A session is found by the digest of its secret, before anybody knows whose it is: this is where
 * the organisation of a request comes from. */
static enum laz_status load(struct laz_db *db, struct laz_session *session, int64_t *account_id,
                            struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_db_get(
        db, "SELECT organisation_id, account_id, created, seen FROM session WHERE digest = ?1", &st,
        err);
    bool row;

    if (s != LAZ_OK)
        return s;
    laz_bind_blob(st, 1, laz_view_from(session->digest, sizeof session->digest));
    s = laz_statement_step(st, &row, err);
    if (s != LAZ_OK)
        return s;
    if (!row)
        return laz_fail(err, LAZ_DENIED, "session", "cookie", "is not known", "");
    session->account.scope.organisation_id = laz_column_i64(st, 0);
    *account_id = laz_column_i64(st, 1);
    session->created_ms = laz_column_i64(st, 2);
    session->seen_ms = laz_column_i64(st, 3);
    laz_statement_reset(st);
    return LAZ_OK;
}

enum laz_status laz_session_find(struct laz_db *db, struct laz_view text,
                                 const struct laz_session_times *times, struct laz_session *out,
                                 struct laz_error *err)
{
    struct laz_session session = {0};
    int64_t account_id = 0, now = laz_now_ms();
    enum laz_status s;

    if (!laz_session_text_is_valid(text))
        return laz_fail(err, LAZ_DENIED, "session", "cookie", "is not ours", "");
    s = prepare(text, &session, err);
    if (s == LAZ_OK)
        s = load(db, &session, &account_id, err);
    if (s != LAZ_OK)
        return s;
    set_expiry(&session, times);
    if (now >= session.expires_ms)
        return laz_fail(err, LAZ_DENIED, "session", "cookie", "its time is over", "");
    s = laz_account_get(db, session.account.scope, account_id, &session.account, err);
    if (s == LAZ_OK && (now - session.seen_ms >= NOTE_EACH_MS || now < session.seen_ms))
        s = note_use(db, &session, now, err);
    if (s != LAZ_OK)
        return s;
    set_expiry(&session, times);
    *out = session;
    return LAZ_OK;
}

enum laz_status laz_session_close(struct laz_db *db, const struct laz_session *session,
                                  struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s =
        laz_scope_get(session->account.scope, db,
                      "DELETE FROM session WHERE organisation_id = ?1 AND digest = ?2", &st, err);

    if (s != LAZ_OK)
        return s;
    laz_bind_blob(st, 2, laz_view_from(session->digest, sizeof session->digest));
    return laz_statement_run(st, err);
}

enum laz_status laz_session_close_others(struct laz_db *db, const struct laz_account *account,
                                         const struct laz_session *keep, struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_scope_get(
        account->scope, db,
        "DELETE FROM session WHERE organisation_id = ?1 AND account_id = ?2 AND digest IS NOT ?3",
        &st, err);

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, account->id);
    if (keep == NULL)
        laz_bind_null(st, 3);
    else
        laz_bind_blob(st, 3, laz_view_from(keep->digest, sizeof keep->digest));
    return laz_statement_run(st, err);
}

enum laz_status laz_session_sweep(struct laz_db *db, const struct laz_session_times *times,
                                  struct laz_error *err)
{
    int64_t now = laz_now_ms();
    struct laz_statement *st;
    enum laz_status s =
        laz_db_get(db, "DELETE FROM session WHERE seen < ?1 OR created < ?2", &st, err);

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 1, now - times->idle_ms);
    laz_bind_i64(st, 2, now - times->absolute_ms);
    return laz_statement_run(st, err);
}

enum laz_status laz_session_stands(struct laz_db *db, struct laz_scope scope,
                                   struct laz_view digest, bool *out, struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_scope_get(
        scope, db, "SELECT 1 FROM session WHERE organisation_id = ?1 AND digest = ?2", &st, err);

    if (s != LAZ_OK)
        return s;
    laz_bind_blob(st, 2, digest);
    s = laz_statement_step(st, out, err);
    laz_statement_reset(st);
    return s;
}
