#include "cli/db_pack.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "format/cvd.h"
#include "rules/clamav_kind.h"
#include "sys/fd.h"

#define PATH_SIZE 4096

static bool is_trusted(const struct stat *st)
{
    const struct passwd *clamav = getpwnam("clamav");
    bool owner = st->st_uid == 0 || (clamav != NULL && st->st_uid == clamav->pw_uid);
    bool group = (st->st_mode & S_IWGRP) == 0 || st->st_gid == 0 ||
                 (clamav != NULL && st->st_gid == clamav->pw_gid);

    return owner && group && (st->st_mode & S_IWOTH) == 0;
}

static enum laz_clamav_kind kind_of(const char *path)
{
    return laz_clamav_kind_of(laz_view_of(path)).kind;
}

/* The folder of path. False when it does not fit. */
static bool folder_of(const char *path, char out[PATH_SIZE])
{
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 1 : slash == path ? 1 : (size_t)(slash - path);

    if (len >= PATH_SIZE)
        return false;
    memcpy(out, slash == NULL ? "." : path, len);
    out[len] = '\0';
    return true;
}

enum laz_status laz_db_pack_check_owner(const char *path, int fd, struct laz_error *err)
{
    char folder[PATH_SIZE];
    struct stat st;
    LAZ_OWNED(laz_fd_drop) int dir = -1;

    if (kind_of(path) != LAZ_CLAMAV_LOCAL_PACK)
        return LAZ_OK;
    if (folder_of(path, folder))
        dir = laz_open_dir(folder);
    if (dir >= 0 && fstat(dir, &st) == 0 && is_trusted(&st) && fstat(fd, &st) == 0 &&
        is_trusted(&st))
        return LAZ_OK;
    return laz_fail(err, LAZ_DENIED, "source", path,
                    "carries no signature, and others than root and clamav can write it",
                    "take the .cvd, or a folder that is root's or clamav's alone");
}

bool laz_db_pack_sign_path(const char *path, struct laz_view pack, char *out, size_t size)
{
    struct laz_cvd cvd;
    int n;

    if (kind_of(path) != LAZ_CLAMAV_PACK || laz_cvd_open(pack, path, &cvd, NULL) != LAZ_OK)
        return false;
    n = snprintf(out, size, "%.*s-%" PRIu64 ".cvd.sign", (int)(strlen(path) - strlen(".cvd")), path,
                 cvd.version);
    return n > 0 && (size_t)n < size;
}
