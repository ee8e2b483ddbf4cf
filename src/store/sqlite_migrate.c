/* Versions, copies and checks of a database file. PRAGMA user_version counts the migrations done.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "store/sqlite_priv.h"
#include "sys/fd.h"

#define BACKUP_PAGES_PER_STEP 256

static enum laz_status check_owner(struct laz_db *db, const struct laz_db_config *config,
                                   int64_t *version, struct laz_error *err)
{
    int64_t application = 0, tables = 0;
    enum laz_status s = laz_db_number(db, "PRAGMA application_id", &application, err);

    if (s == LAZ_OK)
        s = laz_db_number(db, "PRAGMA user_version", version, err);
    if (s == LAZ_OK)
        s = laz_db_number(db, "SELECT count(*) FROM sqlite_schema", &tables, err);
    if (s != LAZ_OK)
        return s;
    if (application == 0 && *version == 0 && tables == 0)
        return LAZ_OK; /* new */
    if ((uint32_t)application != config->application_id)
        return laz_fail(err, LAZ_VERSION, "database", db->path, "belongs to another program",
                        "name another file");
    if (*version < 0 || *version > (int64_t)config->migration_count)
        return laz_fail(err, LAZ_VERSION, "database", db->path,
                        "was written by a newer version of this program",
                        "install that version, or restore the copy it made before");
    return LAZ_OK;
}

static enum laz_status run_step(struct laz_db *db, const struct laz_db_config *config, size_t index,
                                struct laz_error *err)
{
    char pragma[128];
    enum laz_status s = laz_db_begin(db, err);

    if (s != LAZ_OK)
        return s;
    snprintf(pragma, sizeof pragma,
             "PRAGMA application_id = %" PRId32 "; PRAGMA user_version = %zu",
             (int32_t)config->application_id, index + 1);
    s = laz_db_run(db, config->migrations[index].sql, err);
    if (s == LAZ_OK)
        s = laz_db_run(db, pragma, err);
    if (s == LAZ_OK)
        return laz_db_commit(db, err);
    laz_db_rollback(db);
    return s;
}

static enum laz_status keep_copy(struct laz_db *db, int64_t version, struct laz_error *err)
{
    char path[PATH_MAX];
    int len = snprintf(path, sizeof path, "%s.before-%" PRId64, db->path, version);

    if (len < 0 || (size_t)len >= sizeof path)
        return laz_fail(err, LAZ_INVALID, "database", db->path, "its name is too long", "");
    if (unlink(path) != 0 && errno != ENOENT) /* of an attempt that was broken off */
        return laz_fail_errno(err, "database", path, "remove it");
    return laz_db_backup(db, path, err);
}

enum laz_status laz_db_migrate(struct laz_db *db, const struct laz_db_config *config,
                               struct laz_error *err)
{
    int64_t version = 0;
    enum laz_status s = check_owner(db, config, &version, err);

    if (s != LAZ_OK || (size_t)version == config->migration_count)
        return s;
    if (config->read_only)
        return laz_fail(err, LAZ_VERSION, "database", db->path,
                        "was written by an older version of this program",
                        "start the console once");
    if (version > 0) {
        s = keep_copy(db, version, err);
        if (s != LAZ_OK)
            return s;
    }
    for (size_t i = (size_t)version; i < config->migration_count; i++) {
        s = run_step(db, config, i, err);
        if (s != LAZ_OK)
            return s;
    }
    return LAZ_OK;
}

static int copy_pages(sqlite3 *to, sqlite3 *from)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    int code;

    if (backup == NULL)
        return sqlite3_extended_errcode(to);
    do
        code = sqlite3_backup_step(backup, BACKUP_PAGES_PER_STEP);
    while (code == SQLITE_OK);
    sqlite3_backup_finish(backup);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* A file of its own, not in WAL mode, so that it is one file. */
static enum laz_status finish_copy(const char *path, struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int fd = open(path, O_RDWR | O_CLOEXEC);

    if (fd < 0 || fsync(fd) != 0)
        return laz_fail_errno(err, "database", path, "check the disk");
    return LAZ_OK;
}

static enum laz_status make_new(const char *path, struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop)
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0)
        return laz_fail_errno(err, "database copy", path,
                              "name a new file in a folder that exists");
    return LAZ_OK;
}

enum laz_status laz_db_backup(struct laz_db *db, const char *path, struct laz_error *err)
{
    struct laz_db copy = {.path = (char *)(uintptr_t)path};
    enum laz_status s = make_new(path, err);
    int code;

    if (s != LAZ_OK)
        return s;
    code = sqlite3_open_v2(path, &copy.handle, SQLITE_OPEN_READWRITE, NULL);
    if (code == SQLITE_OK)
        code = copy_pages(copy.handle, db->handle);
    if (code == SQLITE_OK)
        code = sqlite3_exec(copy.handle, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
    s = code == SQLITE_OK ? LAZ_OK : laz_fail_sqlite(err, &copy, code);
    sqlite3_close(copy.handle);
    if (s == LAZ_OK)
        s = finish_copy(path, err);
    if (s != LAZ_OK)
        laz_ignore(unlink(path)); /* half a copy is none */
    return s;
}

enum laz_status laz_db_check(struct laz_db *db, struct laz_error *err)
{
    struct laz_statement *check;
    bool row = false;
    enum laz_status s = laz_db_get(db, "PRAGMA integrity_check(1)", &check, err);

    if (s == LAZ_OK)
        s = laz_statement_step(check, &row, err);
    if (s != LAZ_OK)
        return s;
    if (!row || !laz_view_equal_text(laz_column_text(check, 0), "ok"))
        s = laz_fail(err, LAZ_DAMAGED, "database", db->path,
                     row ? (const char *)laz_column_text(check, 0).data : "cannot be checked",
                     "restore it from a backup");
    laz_statement_reset(check);
    return s;
}
