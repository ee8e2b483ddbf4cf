#include "agent/safepath.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/filecopy.h"
#include "sys/fd.h"

#define OPENAT2_TRIES 64 /* EAGAIN: somebody renamed folders meanwhile */

struct laz_inode laz_inode_of(const struct stat *st)
{
    return (struct laz_inode){st->st_dev, st->st_ino};
}

bool laz_inode_equal(struct laz_inode a, struct laz_inode b)
{
    return a.device == b.device && a.number == b.number;
}

static int open_without_links(const char *path)
{
    struct open_how how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
                           .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};

    for (int i = 0; i < OPENAT2_TRIES; i++) {
        long fd = syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);

        if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
            return (int)fd;
    }
    return -1;
}

static bool is_plain_name(const char *name)
{
    return name[0] != '\0' && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
           strlen(name) <= NAME_MAX;
}

enum laz_status laz_parent_open(const char *path, int *out, const char **name,
                                struct laz_error *err)
{
    const char *slash = strrchr(path, '/');
    char parent[PATH_MAX];
    size_t len;
    int fd;

    if (path[0] != '/' || !is_plain_name(slash + 1))
        return laz_fail(err, LAZ_INVALID, "path", path, "does not name a file",
                        "give a file's whole path");
    len = slash == path ? 1 : (size_t)(slash - path);
    if (len >= sizeof parent)
        return laz_fail(err, LAZ_INVALID, "path", path, "is too long", "");
    memcpy(parent, path, len);
    parent[len] = '\0';
    fd = open_without_links(parent);
    if (fd < 0 && errno == ELOOP)
        return laz_fail(err, LAZ_DENIED, "folder", parent, "is or lies behind a symbolic link",
                        "give the path without links");
    if (fd < 0)
        return laz_fail_errno(err, "folder", parent, "make it first, or name another place");
    *out = fd;
    *name = slash + 1;
    return LAZ_OK;
}

enum laz_status laz_path_resolve(const char *typed, char *out, struct laz_error *err)
{
    const char *slash = strrchr(typed, '/');
    const char *name = slash == NULL ? typed : slash + 1;
    char folder[PATH_MAX], whole[PATH_MAX];
    size_t len = slash == NULL ? 0 : slash == typed ? 1 : (size_t)(slash - typed);

    if (!is_plain_name(name) || len >= sizeof folder)
        return laz_fail(err, LAZ_INVALID, "path", typed, "does not name a file", "");
    memcpy(folder, typed, len);
    folder[len] = '\0';
    if (realpath(len == 0 ? "." : folder, whole) == NULL)
        return laz_fail_errno(err, "folder", folder, "make it first, or name another place");
    if (snprintf(out, PATH_MAX, "%s/%s", strcmp(whole, "/") == 0 ? "" : whole, name) >= PATH_MAX)
        return laz_fail(err, LAZ_INVALID, "path", typed, "is too long", "");
    return LAZ_OK;
}

static bool names_inode(int parent, const char *name, struct laz_inode inode)
{
    struct stat st;

    return fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
           laz_inode_equal(laz_inode_of(&st), inode);
}

#define ASIDE_NAME "file"

static void aside_folder_name(const char *tag, char out[64])
{
    snprintf(out, 64, ".lazaret-%.40s", tag);
}

/* A folder that only we can enter, opened; checked, because its name can be taken by others. */
static enum laz_status open_aside(int parent, const char *folder, int *out, struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop)
    int fd = openat(parent, folder, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0)
        return laz_fail_errno(err, "folder", folder, "");
    if (st.st_uid != geteuid() || (st.st_mode & 077) != 0)
        return laz_fail(err, LAZ_DENIED, "folder", folder, "is not ours", "");
    *out = laz_move_fd(&fd);
    return LAZ_OK;
}

/* Moves back what is not ours to remove. When its name was taken again meanwhile, it gets a name
 * beside it: nothing is lost. */
static enum laz_status give_back(int aside, int parent, const char *name, const char *tag,
                                 struct laz_error *err)
{
    char other[NAME_MAX + 1];

    if (renameat2(aside, ASIDE_NAME, parent, name, RENAME_NOREPLACE) == 0)
        return LAZ_OK;
    snprintf(other, sizeof other, "%.200s.lazaret-%.40s", name, tag);
    if (errno == EEXIST && renameat2(aside, ASIDE_NAME, parent, other, RENAME_NOREPLACE) == 0)
        return LAZ_OK;
    return laz_fail_errno(err, "file", name, "look for it in the hidden folder .lazaret-… beside");
}

static enum laz_status remove_in_aside(int aside, int parent, const char *name, const char *tag,
                                       struct laz_inode inode, struct laz_error *err)
{
    enum laz_status s;

    if (names_inode(aside, ASIDE_NAME, inode)) {
        if (unlinkat(aside, ASIDE_NAME, 0) == 0)
            return LAZ_OK;
        laz_ignore(laz_fail_errno(err, "file", name, "check that its folder can be changed"));
        s = give_back(aside, parent, name, tag, NULL);
        return s == LAZ_OK ? LAZ_DENIED : s;
    }
    s = give_back(aside, parent, name, tag, err);
    if (s != LAZ_OK)
        return s;
    return laz_fail(err, LAZ_BUSY, "file", name, "was replaced by another", "look at it again");
}

static enum laz_status fail_move(struct laz_error *err, const char *name)
{
    if (errno == EXDEV || errno == EBUSY)
        return laz_fail(err, LAZ_DENIED, "file", name, "something is mounted on it", "unmount it");
    if (errno == ENOENT)
        return laz_fail(err, LAZ_BUSY, "file", name, "was moved meanwhile", "look at it again");
    if (errno == EPERM || errno == EACCES || errno == EROFS)
        return laz_fail(err, LAZ_DENIED, "file", name, strerror(errno),
                        "check that its folder can be changed");
    return laz_fail_disk(err, "file", name);
}

enum laz_status laz_remove_exactly(int parent, const char *name, const char *tag,
                                   struct laz_inode inode, struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int aside = -1;
    char folder[64];
    enum laz_status s;

    if (!names_inode(parent, name, inode))
        return laz_fail(err, LAZ_BUSY, "file", name, "is not the one that was looked at",
                        "look at it again");
    aside_folder_name(tag, folder);
    if (mkdirat(parent, folder, 0700) != 0)
        return fail_move(err, name);
    s = open_aside(parent, folder, &aside, err);
    if (s == LAZ_OK && renameat2(parent, name, aside, ASIDE_NAME, RENAME_NOREPLACE) != 0)
        s = fail_move(err, name);
    else if (s == LAZ_OK)
        s = remove_in_aside(aside, parent, name, tag, inode, err);
    laz_ignore(unlinkat(parent, folder, AT_REMOVEDIR)); /* only an empty one goes */
    return s;
}

enum laz_status laz_remove_recover(int parent, const char *name, const char *tag,
                                   struct laz_inode inode, bool *removed, struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int aside = -1;
    char folder[64];
    enum laz_status s = LAZ_OK;

    aside_folder_name(tag, folder);
    if (open_aside(parent, folder, &aside, NULL) == LAZ_OK) {
        struct stat st;

        if (fstatat(aside, ASIDE_NAME, &st, AT_SYMLINK_NOFOLLOW) == 0)
            s = remove_in_aside(aside, parent, name, tag, inode, err);
        laz_ignore(unlinkat(parent, folder, AT_REMOVEDIR)); /* only an empty one goes */
    }
    if (s != LAZ_OK && s != LAZ_BUSY)
        return s;
    *removed = !names_inode(parent, name, inode);
    return LAZ_OK;
}

static void temporary_name(const char *tag, char out[64])
{
    snprintf(out, 64, ".lazaret-%.40s.new", tag);
}

enum laz_status laz_unnamed_open(int parent, const char *tag, char temporary[64], int *out,
                                 struct laz_error *err)
{
    int fd = openat(parent, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    temporary[0] = '\0';
    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT)) {
        temporary_name(tag, temporary);
        laz_ignore(unlinkat(parent, temporary, 0)); /* left by a try that was interrupted */
        fd = openat(parent, temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    }
    if (fd < 0)
        return laz_fail_disk(err, "file", "");
    *out = fd;
    return LAZ_OK;
}

void laz_unnamed_abandon(int parent, char temporary[64])
{
    if (temporary[0] != '\0')
        laz_ignore(unlinkat(parent, temporary, 0)); /* at worst a hidden file stays */
    temporary[0] = '\0';
}

enum laz_status laz_folder_sync(int parent, struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int fd = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0 || fsync(fd) != 0)
        return laz_fail_errno(err, "folder", "", "check the disk");
    return LAZ_OK;
}

/* Names the file without a race: the link is made from the descriptor itself. */
static int link_fd(int fd, int parent, const char *name)
{
    char self[32];

    if (linkat(fd, "", parent, name, AT_EMPTY_PATH) == 0)
        return 0;
    if (errno != ENOENT && errno != EPERM)
        return -1;
    snprintf(self, sizeof self, "/proc/self/fd/%d", fd); /* without CAP_DAC_READ_SEARCH */
    return linkat(AT_FDCWD, self, parent, name, AT_SYMLINK_FOLLOW);
}

static int give_name(int fd, int parent, char temporary[64], const char *name)
{
    if (temporary[0] == '\0')
        return link_fd(fd, parent, name);
    if (renameat2(parent, temporary, parent, name, RENAME_NOREPLACE) != 0)
        return -1;
    temporary[0] = '\0';
    return 0;
}

static enum laz_status check_name(int fd, int parent, const char *name, bool flush,
                                  struct laz_error *err)
{
    struct stat st;

    if (fstat(fd, &st) != 0 || !names_inode(parent, name, laz_inode_of(&st)))
        return laz_fail(err, LAZ_BUSY, "file", name, "was replaced by another meanwhile",
                        "see who changes this folder");
    return flush ? laz_folder_sync(parent, err) : LAZ_OK;
}

enum laz_status laz_unnamed_link(int fd, int parent, char temporary[64], const char *name,
                                 struct laz_error *err)
{
    if (fsync(fd) != 0 || give_name(fd, parent, temporary, name) != 0)
        return laz_fail_disk(err, "file", name);
    return check_name(fd, parent, name, true, err);
}

enum laz_status laz_unnamed_swap(int fd, int parent, char temporary[64], const char *name,
                                 const char *aside, bool flush, bool *swapped,
                                 struct laz_error *err)
{
    enum laz_status s;

    *swapped = false;
    if ((flush && fsync(fd) != 0) || give_name(fd, parent, temporary, aside) != 0)
        return laz_fail_disk(err, "file", name);
    if (renameat2(parent, aside, parent, name, RENAME_EXCHANGE) == 0)
        *swapped = true;
    else if (errno != ENOENT || renameat2(parent, aside, parent, name, RENAME_NOREPLACE) != 0) {
        s = laz_fail_disk(err, "file", name);
        laz_ignore(unlinkat(parent, aside, 0)); /* ours, and not needed */
        return s;
    }
    return check_name(fd, parent, name, flush, err);
}
