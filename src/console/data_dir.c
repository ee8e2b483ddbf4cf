#include "console/data_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/fd.h"
#include "sys/identity.h"

#define LOCK_NAME "lock"

static enum laz_status give_away(const char *name, int flags, struct laz_error *err)
{
    struct laz_identity who;

    if (geteuid() != 0)
        return LAZ_OK;
    laz_identity_find(LAZ_IDENTITY_CONSOLE, &who);
    if (fchownat(AT_FDCWD, name, who.uid, who.gid, flags) != 0)
        return laz_fail_errno(err, "console", name, "the data folder must be on a local disk");
    return LAZ_OK;
}

static enum laz_status enter(const char *path, struct laz_error *err)
{
    if (chdir(path) != 0)
        return laz_fail_errno(err, "console", path, "check the permissions of the data folder");
    if (access(".", W_OK | X_OK) != 0)
        return laz_fail_errno(err, "console", path,
                              "make it writable for this user, or choose another with --data");
    return LAZ_OK;
}

static enum laz_status take_lock(const char *path, int *out, struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop)
    int fd = open(LOCK_NAME, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0)
        return laz_fail_errno(err, "console", path,
                              "make it writable for this user, or choose another with --data");
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        return laz_fail(err, LAZ_BUSY, "console", path, "another console runs on this data folder",
                        "stop it, or choose another with --data");
    *out = laz_move_fd(&fd);
    return LAZ_OK;
}

enum laz_status laz_data_dir_enter(const char *path, int *lock, struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int fd = -1;
    enum laz_status s = laz_make_dir(path, 0700, err);

    if (s == LAZ_OK)
        s = enter(path, err);
    if (s == LAZ_OK)
        s = take_lock(path, &fd, err);
    if (s == LAZ_OK)
        s = give_away(".", 0, err);
    if (s == LAZ_OK)
        s = give_away(LOCK_NAME, AT_SYMLINK_NOFOLLOW, err);
    if (s == LAZ_OK && chmod(".", 0700) != 0)
        s = laz_fail_errno(err, "console", path, "it must belong to this user");
    if (s == LAZ_OK)
        *lock = laz_move_fd(&fd);
    return s;
}

enum laz_status laz_data_dir_visit(const char *path, struct laz_error *err)
{
    struct stat st;

    if (chdir(path) != 0)
        return laz_fail_errno(err, "console", path, "name the console's folder with --data");
    if (stat(".", &st) != 0)
        return laz_fail_errno(err, "console", path, "");
    if (geteuid() == 0 && st.st_uid != 0 &&
        (setgroups(0, NULL) != 0 || setresgid(st.st_gid, st.st_gid, st.st_gid) != 0 ||
         setresuid(st.st_uid, st.st_uid, st.st_uid) != 0))
        return laz_fail_errno(err, "console", path, "");
    if (geteuid() != st.st_uid)
        return laz_fail(err, LAZ_DENIED, "console", path, "belongs to another user",
                        "run this as root or as its owner");
    return LAZ_OK;
}

static int keep_name(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
    int len = snprintf(out, (size_t)size, "%s", name);

    return len < 0 || len >= size ? SQLITE_CANTOPEN : SQLITE_OK;
}

enum laz_status laz_database_names_stay_relative(struct laz_error *err)
{
    static sqlite3_vfs relative; /* SQLite keeps it for the life of the process */
    sqlite3_vfs *usual;

    if (sqlite3_initialize() != SQLITE_OK || (usual = sqlite3_vfs_find(NULL)) == NULL)
        return laz_fail(err, LAZ_NOMEM, "console", "database", "SQLite does not start", "");
    if (usual == &relative)
        return LAZ_OK;
    relative = *usual;
    relative.zName = "lazaret-relative";
    relative.pNext = NULL;
    relative.xFullPathname = keep_name;
    if (sqlite3_vfs_register(&relative, 1) != SQLITE_OK)
        return laz_fail(err, LAZ_NOMEM, "console", "database", "SQLite does not start", "");
    return LAZ_OK;
}
