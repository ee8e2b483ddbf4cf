#include "agent/stop.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/actor.h"
#include "base/number.h"
#include "sys/clock.h"
#include "sys/fd.h"

#define KERNEL_THREADS 2 /* the parent of all kernel threads */

struct doomed {
    pid_t pid[LAZ_STOP_PROCESSES_MAX];
    int pidfd[LAZ_STOP_PROCESSES_MAX];
    uint32_t count;
};

static int open_pidfd(pid_t pid)
{
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

static bool send_signal(int pidfd, int number)
{
    return syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0) == 0;
}

static bool is_doomed(const struct doomed *d, pid_t pid)
{
    for (uint32_t i = 0; i < d->count; i++)
        if (d->pid[i] == pid)
            return true;
    return false;
}

/* Stopped at once, so that it starts no more children. */
static void add(struct doomed *d, pid_t pid, int pidfd)
{
    if (d->count == LAZ_STOP_PROCESSES_MAX || !send_signal(pidfd, SIGSTOP)) {
        laz_fd_drop(&pidfd);
        return;
    }
    d->pid[d->count] = pid;
    d->pidfd[d->count++] = pidfd;
}

/* One look over all processes; true when it found a child that was not known. */
static bool add_children(struct doomed *d, pid_t own)
{
    DIR *proc = opendir("/proc");
    bool found = false;

    if (proc == NULL)
        return false;
    for (struct dirent *e = readdir(proc); e != NULL; e = readdir(proc)) {
        uint64_t n, ticks, again;
        pid_t parent;
        int pidfd;

        if (!laz_parse_u64(laz_view_of(e->d_name), INT32_MAX, &n) || (pid_t)n == own ||
            is_doomed(d, (pid_t)n) || !laz_process_read((pid_t)n, &parent, &ticks) ||
            !is_doomed(d, parent))
            continue;
        pidfd = open_pidfd((pid_t)n);
        if (pidfd < 0)
            continue;
        if (!laz_process_read((pid_t)n, &parent, &again) || again != ticks) {
            laz_fd_drop(&pidfd);
            continue;
        }
        found = d->count < LAZ_STOP_PROCESSES_MAX;
        add(d, (pid_t)n, pidfd);
    }
    closedir(proc);
    return found;
}

static bool is_gone(int pidfd, int64_t end_ms)
{
    struct pollfd ready = {.fd = pidfd, .events = POLLIN};
    int64_t left = end_ms - laz_monotonic_ms();

    return poll(&ready, 1, left < 0 ? 0 : (int)left) > 0;
}

/* A child started before its parent stopped is found by the next look. */
static enum laz_status end_all(struct doomed *d, pid_t own, int wait_ms)
{
    int64_t end_ms = laz_monotonic_ms() + wait_ms;
    enum laz_status s = LAZ_OK;

    for (unsigned looks = 0; looks < 8 && add_children(d, own); looks++) {
    }
    for (uint32_t i = 0; i < d->count; i++)
        laz_ignore(!send_signal(d->pidfd[i], SIGKILL)); /* gone already */
    for (uint32_t i = 0; i < d->count; i++) {
        if (!is_gone(d->pidfd[i], end_ms))
            s = LAZ_TIMEOUT;
        laz_fd_drop(&d->pidfd[i]);
    }
    return s;
}

enum laz_status laz_stop_process(pid_t pid, uint64_t ticks, pid_t own, int wait_ms, uint32_t *count)
{
    struct doomed *d;
    uint64_t now_ticks;
    enum laz_status s;
    pid_t parent;
    int pidfd;

    *count = 0;
    if (pid <= 1 || pid == own || pid == getpid() || pid == KERNEL_THREADS)
        return LAZ_DENIED;
    pidfd = open_pidfd(pid);
    if (pidfd < 0)
        return LAZ_NOT_FOUND;
    if (!laz_process_read(pid, &parent, &now_ticks) || now_ticks != ticks) {
        laz_fd_drop(&pidfd);
        return LAZ_NOT_FOUND;
    }
    d = calloc(1, sizeof *d);
    if (parent == own || parent == KERNEL_THREADS || d == NULL) {
        laz_fd_drop(&pidfd);
        free(d);
        return LAZ_DENIED;
    }
    add(d, pid, pidfd);
    s = d->count == 0 ? LAZ_NOT_FOUND : end_all(d, own, wait_ms);
    *count = d->count;
    free(d);
    return s;
}
