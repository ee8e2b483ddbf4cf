#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/number.h"

void laz_fd_drop(int *fd)
{
    int kept = errno;

    if (*fd >= 0)
        laz_ignore(
            close(*fd)); /* nothing can be done about it, and durability is asked for by fsync */
    *fd = -1;
    errno = kept;
}

int laz_open_read(const char *path)
{
    return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

int laz_open_dir(const char *path)
{
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static enum laz_status make_one_dir(const char *path, mode_t mode, struct laz_error *err)
{
    struct stat st;

    if (mkdir(path, mode) == 0)
        return LAZ_OK;
    if (errno == EEXIST && stat(path, &st) == 0) {
        if (S_ISDIR(st.st_mode))
            return LAZ_OK;
        errno = ENOTDIR;
    }
    return laz_fail_errno(err, "directory", path, "name a folder that can be made");
}

enum laz_status laz_make_dir(const char *path, mode_t mode, struct laz_error *err)
{
    char part[PATH_MAX];
    size_t len = strnlen(path, sizeof part);

    if (len == 0 || len >= sizeof part)
        return laz_fail(err, LAZ_INVALID, "directory", path, "has no usable name", "");
    memcpy(part, path, len + 1);
    for (char *slash = strchr(part + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        enum laz_status s;

        *slash = '\0';
        s = make_one_dir(part, 0755, err);
        if (s != LAZ_OK)
            return s;
        *slash = '/';
    }
    return make_one_dir(path, mode, err);
}

enum laz_status laz_write_all(int fd, struct laz_view v, struct laz_error *err)
{
    while (v.len > 0) {
        ssize_t n = write(fd, v.data, v.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return laz_fail_errno(err, "write", "", "check free space and permissions");
        v = laz_view_from_offset(v, (uint64_t)n);
    }
    return LAZ_OK;
}

enum laz_status laz_read_all(int fd, struct laz_buf *out, struct laz_error *err)
{
    uint8_t chunk[16 * 1024];

    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        enum laz_status s;

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return laz_fail_errno(err, "read", "", "");
        if (n == 0)
            return LAZ_OK;
        s = laz_buf_add(out, laz_view_from(chunk, (size_t)n));
        if (s != LAZ_OK)
            return laz_fail(err, s, "read", "", "larger than allowed", "");
    }
}

enum laz_status laz_read_file(const char *path, struct laz_buf *out, struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int fd = laz_open_read(path);
    enum laz_status s;

    if (fd < 0)
        return laz_fail_errno(err, "file", path, "check that it is there and readable");
    s = laz_read_all(fd, out, err);
    if (s != LAZ_OK && err != NULL)
        laz_ignore(laz_fail(err, s, "file", path, err->why, err->remedy)); /* now with its name */
    return s;
}

enum laz_status laz_sync_dir(int dir_fd, struct laz_error *err)
{
    if (fsync(dir_fd) != 0)
        return laz_fail_errno(err, "directory", "", "check the disk");
    return LAZ_OK;
}

/* The directory that path stands in, opened relative to dir_fd. */
static int open_parent(int dir_fd, const char *path)
{
    const char *slash = strrchr(path, '/');
    char parent[PATH_MAX];
    size_t len;

    if (slash == NULL)
        return openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    len = slash == path ? 1 : (size_t)(slash - path);
    if (len >= sizeof parent) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(parent, path, len);
    parent[len] = '\0';
    return openat(dir_fd, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static enum laz_status write_new(int parent, const char *name, struct laz_view content, mode_t mode,
                                 struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop)
    int fd = openat(parent, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);
    enum laz_status s;

    if (fd < 0)
        return laz_fail_errno(err, "file", name, "check free space and permissions");
    s = laz_write_all(fd, content, err);
    if (s != LAZ_OK)
        return s;
    if (fsync(fd) != 0)
        return laz_fail_errno(err, "file", name, "check the disk");
    return LAZ_OK;
}

enum laz_status laz_replace_file(int dir_fd, const char *path, struct laz_view content, mode_t mode,
                                 struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int parent = open_parent(dir_fd, path);
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    char temporary[NAME_MAX + 1];
    enum laz_status s;
    int len;

    if (parent < 0)
        return laz_fail_errno(err, "file", path, "check that its folder is there");
    len = snprintf(temporary, sizeof temporary, ".%s.%ld.new", name, (long)getpid());
    if (len < 0 || (size_t)len >= sizeof temporary)
        return laz_fail(err, LAZ_INVALID, "file", path, "its name is too long", "");
    s = write_new(parent, temporary, content, mode, err);
    if (s == LAZ_OK && renameat(parent, temporary, parent, name) != 0)
        s = laz_fail_errno(err, "file", path, "check permissions");
    if (s != LAZ_OK) {
        laz_ignore(unlinkat(parent, temporary, 0)); /* the first error is the one to tell */
        return s;
    }
    return laz_sync_dir(parent, err);
}

enum laz_status laz_map_fd(int fd, struct laz_mapping *out, struct laz_error *err)
{
    struct stat st;
    void *data;

    if (fstat(fd, &st) != 0)
        return laz_fail_errno(err, "map", "", "");
    if (!S_ISREG(st.st_mode))
        return laz_fail(err, LAZ_INVALID, "map", "", "is not a regular file", "");
    *out = (struct laz_mapping){{NULL, 0}};
    if (st.st_size == 0)
        return LAZ_OK;
    data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (data == MAP_FAILED)
        return laz_fail_errno(err, "map", "", "");
    out->bytes = laz_view_from(data, (size_t)st.st_size);
    return LAZ_OK;
}

void laz_mapping_clear(struct laz_mapping *m)
{
    if (m->bytes.len > 0)
        laz_ignore(
            munmap((void *)(uintptr_t)m->bytes.data, m->bytes.len)); /* cannot fail on ours */
    m->bytes = (struct laz_view){NULL, 0};
}

enum laz_status laz_program_dir(char *out, size_t size, struct laz_error *err)
{
    char path[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
    char *slash;

    if (len < 0)
        return laz_fail_errno(err, "program", "/proc/self/exe", "mount /proc");
    path[len] = '\0';
    slash = strrchr(path, '/');
    LAZ_ASSERT(slash != NULL);
    *slash = '\0';
    if ((size_t)(slash - path) >= size)
        return laz_fail(err, LAZ_LIMIT, "program", path, "its path is too long", "");
    memcpy(out, path, (size_t)(slash - path) + 1);
    return LAZ_OK;
}
