#include "store/sqlite.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "store/sqlite_priv.h"

static struct laz_statement *find(struct laz_db *db, const char *sql)
{
    for (size_t i = 0; i < db->statement_count; i++)
        if (strcmp(db->statements[i]->sql, sql) == 0)
            return db->statements[i];
    return NULL;
}

static enum laz_status prepare(struct laz_db *db, const char *sql, struct laz_statement **out,
                               struct laz_error *err)
{
    struct laz_statement *s = calloc(1, sizeof *s);
    const char *rest = NULL;
    int code;

    LAZ_ASSERT(db->statement_count < LAZ_DB_STATEMENTS_MAX); /* texts come from our own code */
    if (s == NULL || (s->sql = strdup(sql)) == NULL) {
        free(s);
        return laz_fail(err, LAZ_NOMEM, "database", db->path, "no memory", "");
    }
    code = sqlite3_prepare_v3(db->handle, s->sql, -1, SQLITE_PREPARE_PERSISTENT, &s->handle, &rest);
    if (code != SQLITE_OK) {
        enum laz_status status = laz_fail_sqlite(err, db, code);

        free(s->sql);
        free(s);
        return status;
    }
    LAZ_ASSERT(s->handle != NULL && rest[strspn(rest, " \n\t;")] == '\0'); /* one statement */
    s->db = db;
    db->statements[db->statement_count++] = s;
    *out = s;
    return LAZ_OK;
}

enum laz_status laz_db_get(struct laz_db *db, const char *sql, struct laz_statement **out,
                           struct laz_error *err)
{
    struct laz_statement *s = find(db, sql);

    if (s == NULL)
        return prepare(db, sql, out, err);
    laz_statement_reset(s);
    *out = s;
    return LAZ_OK;
}

static void note(struct laz_statement *s, int code)
{
    if (s->bind_failed == SQLITE_OK)
        s->bind_failed = code;
}

void laz_bind_i64(struct laz_statement *s, int position, int64_t n)
{
    note(s, sqlite3_bind_int64(s->handle, position, n));
}

void laz_bind_double(struct laz_statement *s, int position, double n)
{
    note(s, sqlite3_bind_double(s->handle, position, n));
}

void laz_bind_text(struct laz_statement *s, int position, struct laz_view text)
{
    const char *data = text.len == 0 ? "" : (const char *)text.data;

    note(s,
         sqlite3_bind_text64(s->handle, position, data, text.len, SQLITE_TRANSIENT, SQLITE_UTF8));
}

void laz_bind_string(struct laz_statement *s, int position, const char *text)
{
    if (text == NULL)
        laz_bind_null(s, position);
    else
        laz_bind_text(s, position, laz_view_of(text));
}

void laz_bind_blob(struct laz_statement *s, int position, struct laz_view bytes)
{
    const void *data = bytes.len == 0 ? (const void *)"" : bytes.data;

    note(s, sqlite3_bind_blob64(s->handle, position, data, bytes.len, SQLITE_TRANSIENT));
}

void laz_bind_null(struct laz_statement *s, int position)
{
    note(s, sqlite3_bind_null(s->handle, position));
}

enum laz_status laz_statement_step(struct laz_statement *s, bool *row, struct laz_error *err)
{
    int code = s->bind_failed != SQLITE_OK ? s->bind_failed : sqlite3_step(s->handle);
    enum laz_status status = LAZ_OK;

    if (code == SQLITE_ROW) {
        *row = true;
        return LAZ_OK;
    }
    if (code != SQLITE_DONE)
        status = laz_fail_sqlite(err, s->db, code);
    else
        *row = false;
    laz_statement_reset(s);
    return status;
}

enum laz_status laz_statement_run(struct laz_statement *s, struct laz_error *err)
{
    bool row = true;

    while (row) {
        enum laz_status status = laz_statement_step(s, &row, err);

        if (status != LAZ_OK)
            return status;
    }
    return LAZ_OK;
}

void laz_statement_reset(struct laz_statement *s)
{
    /* Its code repeats the last step's failure, which has been told already. */
    laz_ignore(sqlite3_reset(s->handle) != SQLITE_OK);
    laz_ignore(sqlite3_clear_bindings(s->handle) != SQLITE_OK);
    s->bind_failed = SQLITE_OK;
}

int64_t laz_column_i64(struct laz_statement *s, int column)
{
    return sqlite3_column_int64(s->handle, column);
}

double laz_column_double(struct laz_statement *s, int column)
{
    return sqlite3_column_double(s->handle, column);
}

struct laz_view laz_column_text(struct laz_statement *s, int column)
{
    const uint8_t *data = sqlite3_column_text(s->handle, column); /* before the size is asked for */
    int len = sqlite3_column_bytes(s->handle, column);

    return data == NULL ? laz_view_of("") : laz_view_from(data, (size_t)len);
}

struct laz_view laz_column_blob(struct laz_statement *s, int column)
{
    const void *data = sqlite3_column_blob(s->handle, column);
    int len = sqlite3_column_bytes(s->handle, column);

    return data == NULL ? (struct laz_view){NULL, 0} : laz_view_from(data, (size_t)len);
}

bool laz_column_is_null(struct laz_statement *s, int column)
{
    return sqlite3_column_type(s->handle, column) == SQLITE_NULL;
}
