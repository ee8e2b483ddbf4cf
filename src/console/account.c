#include "console/account.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "sys/clock.h"

#define KNOWN_FOR_MS ((int64_t)90 * 86400 * 1000)
#define COLUMNS      "id, organisation_id, name, role, password_hash, first_password FROM account"

static bool copy(struct laz_view text, char *out, size_t size)
{
    if (text.len >= size)
        return false;
    if (text.len > 0)
        memcpy(out, text.data, text.len);
    out[text.len] = '\0';
    return true;
}

static enum laz_status take(struct laz_statement *st, struct laz_account *out,
                            struct laz_error *err)
{
    struct laz_account a = {.id = laz_column_i64(st, 0),
                            .scope = {laz_column_i64(st, 1)},
                            .first_password = laz_column_i64(st, 5) != 0};
    bool ok = copy(laz_column_text(st, 2), a.name, sizeof a.name) &&
              copy(laz_column_text(st, 3), a.role, sizeof a.role) &&
              copy(laz_column_text(st, 4), a.password_hash, sizeof a.password_hash);

    laz_statement_reset(st);
    if (!ok)
        return laz_fail(err, LAZ_DAMAGED, "account", "row", "does not fit", "");
    *out = a;
    return LAZ_OK;
}

static enum laz_status take_one(struct laz_statement *st, struct laz_account *out,
                                struct laz_error *err)
{
    bool row;
    enum laz_status s = laz_statement_step(st, &row, err);

    if (s != LAZ_OK)
        return s;
    if (!row)
        return laz_fail(err, LAZ_NOT_FOUND, "account", "name", "there is none of this name", "");
    return take(st, out, err);
}

enum laz_status laz_account_find(struct laz_db *db, struct laz_view name, struct laz_account *out,
                                 struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_db_get(db, "SELECT " COLUMNS " WHERE name = ?1", &st, err);

    if (s != LAZ_OK)
        return s;
    laz_bind_text(st, 1, name);
    return take_one(st, out, err);
}

enum laz_status laz_account_get(struct laz_db *db, struct laz_scope scope, int64_t id,
                                struct laz_account *out, struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_scope_get(
        scope, db, "SELECT " COLUMNS " WHERE organisation_id = ?1 AND id = ?2", &st, err);

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, id);
    return take_one(st, out, err);
}

enum laz_status laz_account_add(struct laz_db *db, struct laz_scope scope, const char *name,
                                const char *role, const char *password_hash, struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_scope_get(
        scope, db,
        "INSERT INTO account (organisation_id, name, role, password_hash, first_password, "
        "created, changed) VALUES (?1, ?2, ?3, ?4, 1, ?5, ?5)",
        &st, err);

    if (s != LAZ_OK)
        return s;
    laz_bind_string(st, 2, name);
    laz_bind_string(st, 3, role);
    laz_bind_string(st, 4, password_hash);
    laz_bind_i64(st, 5, laz_now_ms());
    return laz_statement_run(st, err);
}

enum laz_status laz_account_set_password(struct laz_db *db, const struct laz_account *account,
                                         const char *password_hash, bool first_password,
                                         struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_scope_get(account->scope, db,
                                      "UPDATE account SET password_hash = ?3, first_password = ?4, "
                                      "changed = ?5 WHERE organisation_id = ?1 AND id = ?2",
                                      &st, err);

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, account->id);
    laz_bind_string(st, 3, password_hash);
    laz_bind_i64(st, 4, first_password);
    laz_bind_i64(st, 5, laz_now_ms());
    return laz_statement_run(st, err);
}

/* Characters of UTF-8, and how many bytes are different from all before them. */
bool laz_password_is_good(struct laz_view password, const char *name)
{
    size_t characters = 0, different = 0;
    bool seen[256] = {false};

    if (password.len > LAZ_PASSWORD_MAX)
        return false;
    for (size_t i = 0; i < password.len; i++) {
        characters += (password.data[i] & 0xc0) != 0x80;
        different += !seen[password.data[i]];
        seen[password.data[i]] = true;
    }
    if (password.len == strlen(name) &&
        strncasecmp((const char *)password.data, name, password.len) == 0)
        return false;
    return characters >= LAZ_PASSWORD_MIN && different >= 5;
}

enum laz_status laz_account_knows(struct laz_db *db, const struct laz_account *account,
                                  const char *source, bool *out, struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_scope_get(account->scope, db,
                                      "SELECT 1 FROM account_source WHERE organisation_id = ?1 AND "
                                      "account_id = ?2 AND source = ?3 AND seen > ?4",
                                      &st, err);

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, account->id);
    laz_bind_string(st, 3, source);
    laz_bind_i64(st, 4, laz_now_ms() - KNOWN_FOR_MS);
    s = laz_statement_step(st, out, err);
    laz_statement_reset(st);
    return s;
}

enum laz_status laz_account_learn(struct laz_db *db, const struct laz_account *account,
                                  const char *source, struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s =
        laz_scope_get(account->scope, db,
                      "INSERT INTO account_source (organisation_id, account_id, source, "
                      "seen) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET seen = "
                      "excluded.seen",
                      &st, err);

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, account->id);
    laz_bind_string(st, 3, source);
    laz_bind_i64(st, 4, laz_now_ms());
    return laz_statement_run(st, err);
}
