#include "console/scope.h"

#include <string.h>

bool laz_scope_is_kept(const char *sql)
{
    if (strstr(sql, "organisation_id = ?1") != NULL)
        return true;
    return strstr(sql, "INSERT INTO") != NULL && strstr(sql, "(organisation_id,") != NULL &&
           (strstr(sql, "VALUES (?1,") != NULL || strstr(sql, "SELECT ?1,") != NULL);
}

enum laz_status laz_scope_get(struct laz_scope scope, struct laz_db *db, const char *sql,
                              struct laz_statement **out, struct laz_error *err)
{
    enum laz_status s;

    LAZ_ASSERT(scope.organisation_id > 0);
    LAZ_ASSERT(laz_scope_is_kept(sql));
    s = laz_db_get(db, sql, out, err);
    if (s == LAZ_OK)
        laz_bind_i64(*out, 1, scope.organisation_id);
    return s;
}

enum laz_status laz_scope_number(struct laz_scope scope, struct laz_db *db, const char *sql,
                                 int64_t *out, struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_scope_get(scope, db, sql, &st, err);
    bool row;

    if (s == LAZ_OK)
        s = laz_statement_step(st, &row, err);
    if (s != LAZ_OK)
        return s;
    *out = row ? laz_column_i64(st, 0) : 0;
    laz_statement_reset(st);
    return LAZ_OK;
}

enum laz_status laz_organisation_list(struct laz_db *db, int64_t ids[LAZ_ORGANISATIONS_MAX],
                                      size_t *count, struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s =
        laz_db_get(db, "SELECT id FROM organisation ORDER BY id LIMIT ?1", &st, err);
    bool row = false;

    *count = 0;
    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 1, LAZ_ORGANISATIONS_MAX);
    while ((s = laz_statement_step(st, &row, err)) == LAZ_OK && row)
        ids[(*count)++] = laz_column_i64(st, 0);
    return s;
}
