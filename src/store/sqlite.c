#include "store/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/sqlite_priv.h"
#include "sys/fd.h"

#define BUSY_TIMEOUT_MS 5000

static const struct {
    int code;
    enum laz_status status;
    const char *remedy;
} meanings[] = {
    {SQLITE_BUSY, LAZ_BUSY, "end the other program that uses it"},
    {SQLITE_LOCKED, LAZ_BUSY, "end the other program that uses it"},
    {SQLITE_FULL, LAZ_LIMIT, "free space on this disk"},
    {SQLITE_NOMEM, LAZ_NOMEM, "free memory"},
    {SQLITE_CORRUPT, LAZ_DAMAGED, "restore it from a backup"},
    {SQLITE_NOTADB, LAZ_DAMAGED, "restore it from a backup"},
    {SQLITE_READONLY, LAZ_DENIED, "check the permissions of the file and its folder"},
    {SQLITE_PERM, LAZ_DENIED, "check the permissions of the file and its folder"},
    {SQLITE_AUTH, LAZ_DENIED, ""},
    {SQLITE_CANTOPEN, LAZ_IO, "check the permissions of the file and its folder"},
    {SQLITE_CONSTRAINT, LAZ_INVALID, ""},
    {SQLITE_TOOBIG, LAZ_LIMIT, ""},
    {SQLITE_MISMATCH, LAZ_INVALID, ""},
    {SQLITE_IOERR, LAZ_IO, "check the disk"},
};

static bool is_full_disk(const struct laz_db *db, int code)
{
    return (code & 0xff) == SQLITE_IOERR && sqlite3_system_errno(db->handle) == ENOSPC;
}

enum laz_status laz_fail_sqlite(struct laz_error *err, const struct laz_db *db, int code)
{
    if (is_full_disk(db, code))
        code = SQLITE_FULL;
    if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY ||
        code == SQLITE_CONSTRAINT_ROWID)
        return laz_fail(err, LAZ_EXISTS, "database", db->path, sqlite3_errmsg(db->handle), "");
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (meanings[i].code == (code & 0xff))
            return laz_fail(err, meanings[i].status, "database", db->path, sqlite3_errstr(code),
                            meanings[i].remedy);
    return laz_fail(err, LAZ_IO, "database", db->path,
                    db->handle == NULL ? sqlite3_errstr(code) : sqlite3_errmsg(db->handle), "");
}

enum laz_status laz_db_run(struct laz_db *db, const char *sql, struct laz_error *err)
{
    int code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);

    return code == SQLITE_OK ? LAZ_OK
                             : laz_fail_sqlite(err, db, sqlite3_extended_errcode(db->handle));
}

enum laz_status laz_db_number(struct laz_db *db, const char *sql, int64_t *out,
                              struct laz_error *err)
{
    sqlite3_stmt *handle = NULL;
    int code = sqlite3_prepare_v2(db->handle, sql, -1, &handle, NULL);

    if (code == SQLITE_OK)
        code = sqlite3_step(handle);
    if (code == SQLITE_ROW)
        *out = sqlite3_column_int64(handle, 0);
    else
        code = sqlite3_extended_errcode(db->handle);
    sqlite3_finalize(handle);
    return code == SQLITE_ROW ? LAZ_OK : laz_fail_sqlite(err, db, code);
}

/* The file is made here, because SQLite would make it readable for others. */
static enum laz_status make_private(const char *path, struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop)
    int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0)
        return laz_fail_errno(err, "database", path,
                              "check the permissions of the file and its folder");
    return LAZ_OK;
}

static int set_options(sqlite3 *handle)
{
    int defensive = 0, schema = 1;

    sqlite3_extended_result_codes(handle, 1);
    sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
    if (sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, &defensive) != SQLITE_OK ||
        sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, &schema) != SQLITE_OK)
        return SQLITE_ERROR;
    return defensive == 1 && schema == 0 ? SQLITE_OK : SQLITE_ERROR;
}

static enum laz_status open_file(struct laz_db *db, const struct laz_db_config *config,
                                 struct laz_error *err)
{
    int flags = config->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    int timeout_ms = config->busy_timeout_ms > 0 ? config->busy_timeout_ms : BUSY_TIMEOUT_MS;
    int code;

    if (!config->read_only) {
        enum laz_status s = make_private(config->path, err);

        if (s != LAZ_OK)
            return s;
    }
    code = sqlite3_open_v2(config->path, &db->handle, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_OK)
        code = set_options(db->handle);
    if (code == SQLITE_OK)
        code = sqlite3_busy_timeout(db->handle, timeout_ms);
    return code == SQLITE_OK ? LAZ_OK : laz_fail_sqlite(err, db, code);
}

static enum laz_status set_pragmas(struct laz_db *db, bool read_only, struct laz_error *err)
{
    enum laz_status s = LAZ_OK;

    if (!read_only)
        s = laz_db_run(db, "PRAGMA journal_mode = WAL", err);
    if (s != LAZ_OK)
        return s;
    return laz_db_run(db,
                      "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                      "PRAGMA recursive_triggers = ON; PRAGMA temp_store = MEMORY;"
                      "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0;",
                      err);
}

enum laz_status laz_db_open(const struct laz_db_config *config, struct laz_db **out,
                            struct laz_error *err)
{
    LAZ_OWNED(laz_db_drop) struct laz_db *db = calloc(1, sizeof *db);
    enum laz_status s;

    if (db == NULL || (db->path = strdup(config->path)) == NULL)
        return laz_fail(err, LAZ_NOMEM, "database", config->path, "no memory", "");
    s = open_file(db, config, err);
    if (s == LAZ_OK)
        s = set_pragmas(db, config->read_only, err);
    if (s == LAZ_OK)
        s = laz_db_migrate(db, config, err);
    if (s != LAZ_OK)
        return s;
    *out = laz_move(db);
    return LAZ_OK;
}

void laz_db_drop(struct laz_db **db)
{
    if (*db == NULL)
        return;
    for (size_t i = 0; i < (*db)->statement_count; i++) {
        sqlite3_finalize((*db)->statements[i]->handle);
        free((*db)->statements[i]->sql);
        free((*db)->statements[i]);
    }
    sqlite3_close_v2((*db)->handle);
    free((*db)->path);
    free(*db);
    *db = NULL;
}

enum laz_status laz_db_begin(struct laz_db *db, struct laz_error *err)
{
    LAZ_ASSERT(sqlite3_get_autocommit(db->handle) != 0);
    return laz_db_run(db, "BEGIN IMMEDIATE", err);
}

enum laz_status laz_db_commit(struct laz_db *db, struct laz_error *err)
{
    enum laz_status s = laz_db_run(db, "COMMIT", err);

    if (s != LAZ_OK)
        laz_db_rollback(db);
    return s;
}

void laz_db_rollback(struct laz_db *db)
{
    /* SQLite may have rolled back by itself, for example on a full disk; it can only fail then. */
    if (sqlite3_get_autocommit(db->handle) == 0)
        laz_ignore(laz_db_run(db, "ROLLBACK", NULL));
}

enum laz_status laz_db_transaction(struct laz_db *db, laz_db_body *body, void *context,
                                   struct laz_error *err)
{
    enum laz_status s = laz_db_begin(db, err);

    if (s != LAZ_OK)
        return s;
    s = body(db, context, err);
    if (s == LAZ_OK)
        return laz_db_commit(db, err);
    laz_db_rollback(db);
    return s;
}

int64_t laz_db_last_id(struct laz_db *db)
{
    return sqlite3_last_insert_rowid(db->handle);
}

int64_t laz_db_changes(struct laz_db *db)
{
    return sqlite3_changes64(db->handle);
}
