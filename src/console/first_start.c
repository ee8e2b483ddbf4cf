#include "console/first_start.h"

#include "console/audit.h"
#include "console/session.h"
#include "sys/clock.h"

struct administrator {
    const char *who;
    char hash[LAZ_PASSWORD_HASH_SIZE];
};

static enum laz_status hash_new(char password[LAZ_FIRST_PASSWORD_SIZE],
                                char hash[LAZ_PASSWORD_HASH_SIZE], struct laz_error *err)
{
    laz_first_password_make(password);
    return laz_password_hash(laz_view_of(password), hash, err);
}

static enum laz_status add_organisation(struct laz_db *db, struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_db_get(
        db,
        "INSERT INTO organisation (id, name, created) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        &st, err);

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 1, LAZ_FIRST_ORGANISATION);
    laz_bind_string(st, 2, "");
    laz_bind_i64(st, 3, laz_now_ms());
    return laz_statement_run(st, err);
}

static enum laz_status store_first(struct laz_db *db, void *context, struct laz_error *err)
{
    const struct laz_scope scope = {LAZ_FIRST_ORGANISATION};
    const struct laz_audit_entry entry = {"console", "console.first_start", LAZ_ADMINISTRATOR, ""};
    const struct administrator *a = context;
    enum laz_status s = add_organisation(db, err);

    if (s == LAZ_OK)
        s = laz_account_add(db, scope, LAZ_ADMINISTRATOR, LAZ_ADMINISTRATOR, a->hash, err);
    return s == LAZ_OK ? laz_audit_add(db, scope, &entry, err) : s;
}

static enum laz_status has_account(struct laz_db *db, bool *out, struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_db_get(db, "SELECT 1 FROM account LIMIT 1", &st, err);

    if (s != LAZ_OK)
        return s;
    s = laz_statement_step(st, out, err);
    laz_statement_reset(st);
    return s;
}

enum laz_status laz_first_start(struct laz_db *db, bool *made,
                                char password[LAZ_FIRST_PASSWORD_SIZE], struct laz_error *err)
{
    struct administrator a;
    bool there = false;
    enum laz_status s = has_account(db, &there, err);

    *made = false;
    if (s != LAZ_OK || there)
        return s;
    s = hash_new(password, a.hash, err);
    if (s == LAZ_OK)
        s = laz_db_transaction(db, store_first, &a, err);
    *made = s == LAZ_OK;
    return s;
}

static enum laz_status store_reset(struct laz_db *db, void *context, struct laz_error *err)
{
    const struct administrator *a = context;
    const struct laz_audit_entry entry = {a->who, "admin.reset", LAZ_ADMINISTRATOR, ""};
    struct laz_account account;
    enum laz_status s = laz_account_find(db, laz_view_of(LAZ_ADMINISTRATOR), &account, err);

    if (s == LAZ_OK)
        s = laz_account_set_password(db, &account, a->hash, true, err);
    if (s == LAZ_OK)
        s = laz_session_close_others(db, &account, NULL, err);
    return s == LAZ_OK ? laz_audit_add(db, account.scope, &entry, err) : s;
}

enum laz_status laz_reset_administrator(struct laz_db *db, const char *who,
                                        char password[LAZ_FIRST_PASSWORD_SIZE],
                                        struct laz_error *err)
{
    struct administrator a = {.who = who};
    enum laz_status s = hash_new(password, a.hash, err);

    return s == LAZ_OK ? laz_db_transaction(db, store_reset, &a, err) : s;
}
