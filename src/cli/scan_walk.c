#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/scan.h"
#include "sys/fd.h"

#define DEPTH_MAX 256 /* of folders, each of which keeps a descriptor open */
#define PATH_SIZE (4 * PATH_MAX)

struct level {
    DIR *dir;
    size_t path_len;
};

struct trip {
    struct laz_walk *walk;
    struct level levels[DEPTH_MAX];
    size_t depth;
    size_t path_len;
    char path[PATH_SIZE];
};

static void tell_errno(struct trip *t, const char *remedy)
{
    struct laz_error err;

    laz_ignore(laz_fail_errno(&err, "scan", t->path, remedy)); /* only to be told */
    t->walk->error(t->walk->context, t->path, &err);
}

static void tell(struct trip *t, const char *why)
{
    struct laz_error err;

    laz_ignore(laz_fail(&err, LAZ_INVALID, "scan", t->path, why, "")); /* only to be told */
    t->walk->error(t->walk->context, t->path, &err);
}

/* Takes fd, which is a folder. */
static void enter(struct trip *t, int fd)
{
    LAZ_OWNED(laz_fd_drop) int owned = fd;
    DIR *dir;

    if (t->depth == DEPTH_MAX) {
        tell(t, "lies in too many folders");
        return;
    }
    dir = fdopendir(owned);
    if (dir == NULL) {
        tell_errno(t, "");
        return;
    }
    laz_ignore(laz_move_fd(&owned) < 0); /* the stream owns it now */
    t->levels[t->depth++] = (struct level){dir, t->path_len};
}

static void leave(struct trip *t)
{
    closedir(t->levels[--t->depth].dir);
}

/* What is at t->path, opened as fd or failed with errno. False ends the walk. */
static bool visit(struct trip *t, int fd)
{
    LAZ_OWNED(laz_fd_drop) int owned = fd;
    struct stat st;

    if (owned < 0 || fstat(owned, &st) != 0) {
        tell_errno(t, "check that it is there and readable");
        return true;
    }
    if (S_ISDIR(st.st_mode)) {
        enter(t, laz_move_fd(&owned));
        return true;
    }
    if (!S_ISREG(st.st_mode)) {
        t->walk->special_count++;
        return true;
    }
    return t->walk->file(t->walk->context, t->path, owned);
}

static bool is_special(int dir_fd, const struct dirent *e, unsigned char *type)
{
    struct stat st;

    *type = e->d_type;
    if (*type == DT_UNKNOWN && fstatat(dir_fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
        *type = IFTODT(st.st_mode);
    return *type != DT_REG && *type != DT_DIR && *type != DT_UNKNOWN;
}

static bool visit_entry(struct trip *t, const struct level *level, const struct dirent *e)
{
    int dir_fd = dirfd(level->dir);
    unsigned char type;

    if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
        return true;
    t->path_len = level->path_len;
    t->path_len += (size_t)snprintf(t->path + t->path_len, PATH_SIZE - t->path_len, "%s%s",
                                    t->path[t->path_len - 1] == '/' ? "" : "/", e->d_name);
    if (t->path_len >= PATH_SIZE) {
        t->path_len = PATH_SIZE - 1;
        tell(t, "has too long a path");
        return true;
    }
    if (is_special(dir_fd, e, &type)) {
        t->walk->link_count += type == DT_LNK;
        t->walk->special_count += type != DT_LNK;
        return true;
    }
    return visit(
        t, openat(dir_fd, e->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

static bool step(struct trip *t)
{
    struct level *level = &t->levels[t->depth - 1];
    struct dirent *e;

    errno = 0;
    e = readdir(level->dir);
    t->path[level->path_len] = 0;
    if (e != NULL)
        return visit_entry(t, level, e);
    if (errno != 0)
        tell_errno(t, "");
    leave(t);
    return true;
}

bool laz_walk_path(struct laz_walk *walk, const char *path)
{
    static struct trip t; /* too large for a stack, and there is one walk */
    uint64_t special = walk->special_count;
    bool go_on;

    t.walk = walk;
    t.depth = 0;
    t.path_len = (size_t)snprintf(t.path, PATH_SIZE, "%s", path);
    if (t.path_len == 0 || t.path_len >= PATH_SIZE) {
        tell(&t, "is no path");
        return true;
    }
    go_on = visit(&t, laz_open_read(path));
    if (walk->special_count > special)
        tell(&t, "is neither a file nor a folder");
    while (go_on && t.depth > 0)
        go_on = step(&t);
    while (t.depth > 0)
        leave(&t);
    return go_on;
}
