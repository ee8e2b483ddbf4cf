#include "cli/db_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/view.h"
#include "sys/clock.h"
#include "sys/fd.h"

#define ENDING "new"
/* Between a file's making and its lock. */
#define UNLOCKED_MAX_S 60

static enum laz_status cannot_write(const char *path, struct laz_error *err)
{
    return laz_fail_errno(err, "database", path, "check the folder, its rights and its space");
}

static int open_folder(const char *output)
{
    char folder[sizeof((struct laz_db_file *)0)->path];
    char *slash;

    snprintf(folder, sizeof folder, "%s", output);
    slash = strrchr(folder, '/');
    if (slash == NULL)
        snprintf(folder, sizeof folder, ".");
    else
        slash[slash == folder ? 1 : 0] = '\0';
    return laz_open_dir(folder);
}

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

static bool take_digits(struct laz_view *v)
{
    size_t n = 0;

    while (n < v->len && v->data[n] >= '0' && v->data[n] <= '9')
        n++;
    return n > 0 && laz_skip(v, n);
}

static bool take_text(struct laz_view *v, const char *text)
{
    struct laz_view expected = laz_view_of(text);

    return laz_view_starts(*v, expected) && laz_skip(v, expected.len);
}

/* "OUTPUT.PID-TIME.new", and nothing else that people may have put there. */
static bool is_ours(const char *name, const char *output)
{
    struct laz_view v = laz_view_of(name);

    return take_text(&v, output) && take_text(&v, ".") && take_digits(&v) && take_text(&v, "-") &&
           take_digits(&v) && take_text(&v, "." ENDING) && v.len == 0;
}

static bool is_left_over(int fd)
{
    struct stat st;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || flock(fd, LOCK_EX | LOCK_NB) != 0)
        return false;
    return st.st_size > 0 || st.st_mtime + UNLOCKED_MAX_S < time(NULL);
}

/* Nothing depends on it, so a failure is none. */
static void remove_left_over(const char *output)
{
    int dir_fd = open_folder(output);
    DIR *dir = dir_fd < 0 ? NULL : fdopendir(dir_fd);

    if (dir == NULL) {
        laz_fd_drop(&dir_fd);
        return;
    }
    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        LAZ_OWNED(laz_fd_drop) int fd = -1;

        if (!is_ours(e->d_name, name_of(output)))
            continue;
        fd = openat(dir_fd, e->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd >= 0 && is_left_over(fd))
            laz_ignore(unlinkat(dir_fd, e->d_name, 0)); /* nothing depends on it */
    }
    closedir(dir);
}

enum laz_status laz_db_file_make(const char *output, struct laz_db_file *out, struct laz_error *err)
{
    int len;

    remove_left_over(output);
    len = snprintf(out->path, sizeof out->path, "%s.%d-%lld." ENDING, output, (int)getpid(),
                   (long long)laz_monotonic_ns());
    if (len < 0 || (size_t)len >= sizeof out->path)
        return laz_fail(err, LAZ_INVALID, "database", output, "has too long a path", "");
    out->fd = open(out->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (out->fd < 0)
        return cannot_write(output, err);
    /* Where there are no locks, nothing is ever taken for left over. */
    laz_ignore(flock(out->fd, LOCK_EX | LOCK_NB) != 0);
    return LAZ_OK;
}

enum laz_status laz_db_file_install(const struct laz_db_file *file, const char *output,
                                    struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int dir = open_folder(output);

    if (dir < 0 || fchmod(file->fd, 0644) != 0 || fsync(file->fd) != 0 ||
        rename(file->path, output) != 0)
        return cannot_write(output, err);
    return laz_sync_dir(dir, err);
}

int laz_db_file_scratch(const char *output)
{
    LAZ_OWNED(laz_fd_drop) int dir = open_folder(output);
    int fd = dir < 0 ? -1 : openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    return fd >= 0 ? fd : memfd_create("sources", MFD_CLOEXEC);
}

void laz_db_file_drop(struct laz_db_file *file, bool installed)
{
    if (!installed && file->fd >= 0)
        laz_ignore(unlink(file->path)); /* it is of no use; what failed was told */
    laz_fd_drop(&file->fd);
}
