#include "agent/filecopy.h"

#include <errno.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define CHUNK_SIZE ((size_t)64 * 1024)
/* Up to this size a copy by hand is as fast as sharing blocks, and never waits for the disk:
 * sharing writes the source's new blocks out first. */
#define BY_HAND_MAX CHUNK_SIZE

enum laz_status laz_fail_disk(struct laz_error *err, const char *what, const char *where)
{
    if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)
        return laz_fail(err, LAZ_LIMIT, what, where, "the disk is full", "make room on it");
    return laz_fail_errno(err, what, where, "check the disk");
}

enum laz_status laz_file_next_run(int fd, uint64_t offset, uint64_t size, struct laz_file_run *out,
                                  bool *found)
{
    off_t start, end;

    *found = false;
    if (offset >= size)
        return LAZ_OK;
    start = lseek(fd, (off_t)offset, SEEK_DATA);
    if (start < 0 && errno == ENXIO)
        return LAZ_OK;
    if (start < 0 && errno == EINVAL) { /* knows no holes */
        *out = (struct laz_file_run){offset, size - offset};
        *found = true;
        return LAZ_OK;
    }
    if (start < 0)
        return LAZ_IO;
    if ((uint64_t)start >= size)
        return LAZ_OK;
    end = lseek(fd, start, SEEK_HOLE);
    if (end < 0 && errno != ENXIO)
        return LAZ_IO;
    if (end < 0 || (uint64_t)end > size)
        end = (off_t)size;
    *out = (struct laz_file_run){(uint64_t)start, (uint64_t)(end - start)};
    *found = out->len > 0;
    return LAZ_OK;
}

/* -1 with errno, 0 at the end of the source, else the bytes copied. */
static ssize_t copy_by_hand(int from, int to, struct laz_file_run run)
{
    uint8_t block[CHUNK_SIZE];
    size_t want = run.len < sizeof block ? (size_t)run.len : sizeof block;
    ssize_t n = pread(from, block, want, (off_t)run.offset);
    ssize_t done = 0;

    while (n > 0 && done < n) {
        ssize_t w = pwrite(to, block + done, (size_t)(n - done), (off_t)run.offset + done);

        if (w < 0 && errno != EINTR)
            return -1;
        done += w < 0 ? 0 : w;
    }
    return n < 0 ? -1 : done;
}

static bool cannot_copy_in_kernel(int error)
{
    return error == EXDEV || error == EINVAL || error == ENOSYS || error == EOPNOTSUPP ||
           error == EPERM || error == EBADF;
}

static enum laz_status copy_run(int from, int to, struct laz_file_run run, bool *in_kernel)
{
    while (run.len > 0) {
        loff_t in = (loff_t)run.offset, out = (loff_t)run.offset;
        ssize_t n = -1;

        errno = EXDEV;
        if (*in_kernel)
            n = copy_file_range(from, &in, to, &out, run.len, 0);
        if (n < 0 && cannot_copy_in_kernel(errno)) {
            *in_kernel = false;
            n = copy_by_hand(from, to, run);
        }
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return LAZ_IO;
        if (n == 0)
            return LAZ_OK;
        run.offset += (uint64_t)n;
        run.len -= (uint64_t)n;
    }
    return LAZ_OK;
}

static enum laz_status copy_runs(int from, int to, uint64_t size)
{
    struct laz_file_run run = {0, 0};
    bool found, in_kernel = size > BY_HAND_MAX;

    for (;;) {
        if (laz_file_next_run(from, run.offset + run.len, size, &run, &found) != LAZ_OK)
            return LAZ_IO;
        if (!found)
            return LAZ_OK;
        if (copy_run(from, to, run, &in_kernel) != LAZ_OK)
            return LAZ_IO;
    }
}

enum laz_status laz_file_copy(int from, int to, uint64_t size, bool *cloned, struct laz_error *err)
{
    off_t place = lseek(from, 0, SEEK_CUR);
    enum laz_status s = LAZ_OK;

    *cloned = size > BY_HAND_MAX && ioctl(to, FICLONE, from) == 0;
    if (!*cloned) {
        if (ftruncate(to, 0) != 0) /* what stood there must not shine through holes */
            return laz_fail_disk(err, "copy", "");
        s = copy_runs(from, to, size);
        if (s != LAZ_OK)
            s = laz_fail_disk(err, "copy", "");
    }
    if (s == LAZ_OK && ftruncate(to, (off_t)size) != 0)
        s = laz_fail_disk(err, "copy", "");
    laz_ignore(lseek(from, place, SEEK_SET) < 0); /* a regular file takes its own place back */
    return s;
}
