#include "console/backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console/data_dir.h"
#include "console/schema.h"
#include "sys/fd.h"
#include "sys/identity.h"

#define COPY_NAME "backup.part" /* the database's copy, in the data folder while it is made */

static const char *const names[] = {
    LAZ_CONSOLE_DB_NAME, "ca/root.crt",     "ca/root.key",
    "tls/console.crt",   "tls/console.key", "tls/names",
};
#define NAME_COUNT (sizeof names / sizeof *names)

/* The files of the other side, opened while we may still reach it. */
struct files {
    int fds[NAME_COUNT];
};

static void files_drop(struct files *f)
{
    for (size_t i = 0; i < NAME_COUNT; i++)
        laz_fd_drop(&f->fds[i]);
}

static enum laz_status make_folder(const char *path, struct laz_error *err)
{
    return mkdir(path, 0700) == 0
               ? LAZ_OK
               : laz_fail_errno(err, "backup", path, "name a folder that is not there yet");
}

static enum laz_status open_files(const char *folder, int flags, struct files *out,
                                  struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int dir = laz_open_dir(folder);

    if (dir < 0)
        return laz_fail_errno(err, "backup", folder, "check that it is there and readable");
    for (size_t i = 0; i < NAME_COUNT; i++) {
        out->fds[i] = openat(dir, names[i], flags | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (out->fds[i] < 0)
            return laz_fail_errno(err, "backup", names[i], "name a whole backup");
    }
    return LAZ_OK;
}

static enum laz_status make_target(const char *to, struct files *out, struct laz_error *err)
{
    char path[4096];
    enum laz_status s = make_folder(to, err);

    for (size_t i = 0; s == LAZ_OK && i < 2; i++) {
        int len = snprintf(path, sizeof path, "%s/%s", to, i == 0 ? "ca" : "tls");

        if (len < 0 || (size_t)len >= sizeof path)
            return laz_fail(err, LAZ_INVALID, "backup", to, "is too long a path", "");
        s = make_folder(path, err);
    }
    return s == LAZ_OK ? open_files(to, O_WRONLY | O_CREAT | O_EXCL, out, err) : s;
}

static enum laz_status copy(int from, int to, const char *name, struct laz_error *err)
{
    uint8_t piece[64 * 1024];
    ssize_t n;

    while ((n = read(from, piece, sizeof piece)) != 0) {
        enum laz_status s;

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return laz_fail_errno(err, "backup", name, "");
        s = laz_write_all(to, laz_view_from(piece, (size_t)n), err);
        if (s != LAZ_OK)
            return s;
    }
    return fsync(to) == 0 ? LAZ_OK : laz_fail_errno(err, "backup", name, "free space on this disk");
}

static enum laz_status copy_in(const char *name, int from, struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int to = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    return to < 0 ? laz_fail_errno(err, "backup", name, "") : copy(from, to, name, err);
}

static enum laz_status copy_out(const char *name, int to, struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int from = laz_open_read(name);

    return from < 0 ? laz_fail_errno(err, "backup", name, "") : copy(from, to, name, err);
}

/* A copy that is whole, however much the console writes meanwhile. */
static enum laz_status copy_database(int to, struct laz_error *err)
{
    struct laz_db *db = NULL;
    enum laz_status s;

    if (unlink(COPY_NAME) != 0 && errno != ENOENT)
        return laz_fail_errno(err, "backup", COPY_NAME, "remove it");
    s = laz_console_db_open(LAZ_CONSOLE_DB_NAME, &db, err);
    if (s == LAZ_OK)
        s = laz_db_backup(db, COPY_NAME, err);
    laz_db_drop(&db);
    if (s == LAZ_OK)
        s = copy_out(COPY_NAME, to, err);
    laz_ignore(unlink(COPY_NAME) != 0); /* the next backup removes it */
    return s;
}

static enum laz_status fill(const struct files *target, const char *data, struct laz_error *err)
{
    enum laz_status s = laz_data_dir_visit(data, err);

    if (s == LAZ_OK)
        s = laz_database_names_stay_relative(err);
    if (s == LAZ_OK)
        s = copy_database(target->fds[0], err);
    for (size_t i = 1; s == LAZ_OK && i < NAME_COUNT; i++)
        s = copy_out(names[i], target->fds[i], err);
    return s;
}

enum laz_status laz_backup_make(const char *data, const char *to, struct laz_error *err)
{
    struct files target;
    enum laz_status s;

    memset(&target, 0xff, sizeof target); /* -1 each */
    s = make_target(to, &target, err);
    if (s == LAZ_OK)
        s = fill(&target, data, err);
    files_drop(&target);
    return s;
}

/* The lock is the only thing that a folder may hold: it is made on entering. */
static enum laz_status require_empty(const char *path, struct laz_error *err)
{
    DIR *dir = opendir(".");
    struct dirent *entry;
    bool empty = true;

    if (dir == NULL)
        return laz_fail_errno(err, "backup", path, "");
    while ((entry = readdir(dir)) != NULL)
        empty = empty && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
                          strcmp(entry->d_name, "lock") == 0);
    closedir(dir);
    return empty ? LAZ_OK
                 : laz_fail(err, LAZ_EXISTS, "backup", path, "is not empty",
                            "move the old data away, or choose another folder");
}

static enum laz_status check_database(struct laz_error *err)
{
    struct laz_db *db = NULL;
    enum laz_status s = laz_console_db_open(LAZ_CONSOLE_DB_NAME, &db, err);

    if (s == LAZ_OK)
        s = laz_db_check(db, err);
    laz_db_drop(&db);
    return s;
}

static enum laz_status take_over(const struct files *source, const char *data,
                                 struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int lock = -1;
    enum laz_status s = laz_data_dir_enter(data, &lock, err);

    if (s == LAZ_OK)
        s = require_empty(data, err);
    if (s == LAZ_OK)
        s = laz_identity_drop(LAZ_IDENTITY_CONSOLE, NULL, err);
    if (s == LAZ_OK)
        s = laz_database_names_stay_relative(err);
    if (s == LAZ_OK)
        s = laz_make_dir("ca", 0700, err);
    if (s == LAZ_OK)
        s = laz_make_dir("tls", 0700, err);
    for (size_t i = 0; s == LAZ_OK && i < NAME_COUNT; i++)
        s = copy_in(names[i], source->fds[i], err);
    return s == LAZ_OK ? check_database(err) : s;
}

enum laz_status laz_backup_restore(const char *from, const char *data, struct laz_error *err)
{
    struct files source;
    enum laz_status s;

    memset(&source, 0xff, sizeof source); /* -1 each */
    s = open_files(from, O_RDONLY, &source, err);
    if (s == LAZ_OK)
        s = take_over(&source, data, err);
    files_drop(&source);
    return s;
}
