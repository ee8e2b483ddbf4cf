#include "box/crash.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/number.h"
#include "base/status.h"
#include "base/view.h"
#include "sys/clock.h"
#include "sys/fd.h"

#define INPUT_MAX (64 * MIB)

static unsigned count_files(int dir_fd)
{
    int copy = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    unsigned count = 0;

    if (dir == NULL) {
        laz_fd_drop(&copy);
        return LAZ_CRASHES_MAX;
    }
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count < 2 ? 0 : count - 2; /* without . and .. */
}

static void copy_bytes(int from, int to)
{
    static const uint64_t end = INPUT_MAX;
    uint8_t bytes[16384];

    for (uint64_t at = 0; at < end;) {
        ssize_t n = pread(from, bytes, sizeof bytes, (off_t)at);

        if (n <= 0 || laz_write_all(to, laz_view_from(bytes, (size_t)n), NULL) != LAZ_OK)
            return;
        at += (uint64_t)n;
    }
}

void laz_crash_keep(const char *dir, int fd)
{
    LAZ_OWNED(laz_fd_drop) int dir_fd = dir == NULL ? -1 : laz_open_dir(dir);
    LAZ_OWNED(laz_fd_drop) int to = -1;
    char name[64];

    if (dir_fd < 0 || count_files(dir_fd) >= LAZ_CRASHES_MAX)
        return;
    snprintf(name, sizeof name, "input-%lld", (long long)laz_monotonic_ns());
    to = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (to >= 0)
        copy_bytes(fd, to);
}
