#include "sys/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/fd.h"

#define FIRST_PASSED_FD 3
#define PARKING_FD      1000 /* above every number that a child is promised */

static int open_pidfd(pid_t pid)
{
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

static void send_errno_and_exit(int report)
{
    int number = errno;

    laz_ignore(write(report, &number, sizeof number) < 0); /* the parent then sees an early end */
    _exit(127);
}

/* Moves the descriptors to 3, 4, …: first all away, so that none is overwritten before its turn. */
static bool place_fds(const struct laz_spawn *spawn, int *report)
{
    int parked[32];

    if (spawn->fd_count > sizeof parked / sizeof *parked)
        return false;
    *report = fcntl(*report, F_DUPFD_CLOEXEC, PARKING_FD);
    if (*report < 0)
        return false;
    for (size_t i = 0; i < spawn->fd_count; i++) {
        parked[i] = fcntl(spawn->fds[i], F_DUPFD_CLOEXEC, PARKING_FD);
        if (parked[i] < 0)
            return false;
    }
    for (size_t i = 0; i < spawn->fd_count; i++)
        if (dup2(parked[i], FIRST_PASSED_FD + (int)i) < 0)
            return false;
    return true;
}

static void become_child(const struct laz_spawn *spawn, int report, pid_t parent)
{
    static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
    static char lang[] = "LANG=C.UTF-8";
    static char tz[] = "TZ=UTC";
    char *const environment[] = {path, lang, tz, NULL};
    unsigned first_surplus = FIRST_PASSED_FD + (unsigned)spawn->fd_count;
    sigset_t none;
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    sigemptyset(&none);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0)
        send_errno_and_exit(report);
    if (spawn->output > 0 && dup2(spawn->output, STDOUT_FILENO) < 0)
        send_errno_and_exit(report);
    if (spawn->error > 0 && dup2(spawn->error, STDERR_FILENO) < 0)
        send_errno_and_exit(report);
    if (!place_fds(spawn, &report))
        send_errno_and_exit(report);
    if (spawn->dies_with_parent && prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        send_errno_and_exit(report);
    if (spawn->dies_with_parent && getppid() != parent)
        _exit(127);
    if (spawn->new_group && setpgid(0, 0) != 0)
        send_errno_and_exit(report);
    if (sigprocmask(SIG_SETMASK, &none, NULL) != 0 || signal(SIGPIPE, SIG_DFL) == SIG_ERR)
        send_errno_and_exit(report);
    if (syscall(SYS_close_range, first_surplus, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */) != 0)
        send_errno_and_exit(report);
    execve(spawn->path, (char *const *)(uintptr_t)spawn->argv, environment);
    send_errno_and_exit(report);
}

enum laz_status laz_child_spawn(const struct laz_spawn *spawn, struct laz_child *out,
                                struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int read_end = -1;
    LAZ_OWNED(laz_fd_drop) int write_end = -1;
    pid_t parent = getpid();
    int ends[2], number = 0;
    ssize_t n;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return laz_fail_errno(err, "process", spawn->path, "raise the limit of open files");
    read_end = ends[0];
    write_end = ends[1];
    pid = fork();
    if (pid < 0)
        return laz_fail_errno(err, "process", spawn->path, "raise the limit of processes");
    if (pid == 0)
        become_child(spawn, write_end, parent);
    laz_fd_drop(&write_end);
    do
        n = read(read_end, &number, sizeof number);
    while (n < 0 && errno == EINTR);
    if (n == (ssize_t)sizeof number) {
        laz_ignore(waitpid(pid, NULL, 0) < 0); /* ours, and already gone */
        errno = number;
        return laz_fail_errno(err, "process", spawn->path, "reinstall, or build the whole project");
    }
    out->pid = pid;
    out->pidfd = open_pidfd(pid);
    if (out->pidfd < 0)
        return laz_fail_errno(err, "process", spawn->path, "needs Linux 5.3 or later");
    return LAZ_OK;
}

enum laz_status laz_child_wait(struct laz_child *child, int timeout_ms, int *wait_status)
{
    struct pollfd ready = {.fd = child->pidfd, .events = POLLIN};
    int64_t end = laz_monotonic_ms() + timeout_ms;
    int n;

    LAZ_ASSERT(child->pidfd >= 0);
    do {
        int64_t left = end - laz_monotonic_ms();

        n = poll(&ready, 1, timeout_ms < 0 ? -1 : left < 0 ? 0 : (int)left);
    } while (n < 0 && errno == EINTR);
    if (n == 0)
        return LAZ_TIMEOUT;
    if (n < 0 || waitpid(child->pid, wait_status, 0) < 0)
        return LAZ_IO;
    laz_fd_drop(&child->pidfd);
    return LAZ_OK;
}

enum laz_status laz_child_signal(const struct laz_child *child, int signal_number)
{
    if (child->pidfd < 0)
        return LAZ_CLOSED;
    return syscall(SYS_pidfd_send_signal, child->pidfd, signal_number, NULL, 0) == 0 ? LAZ_OK
                                                                                     : LAZ_CLOSED;
}

void laz_child_stop(struct laz_child *child, int grace_ms)
{
    int wait_status;

    if (child->pidfd < 0)
        return;
    laz_ignore(laz_child_signal(child, SIGTERM)); /* when it is gone, the wait below sees it */
    if (laz_child_wait(child, grace_ms, &wait_status) != LAZ_TIMEOUT)
        return;
    laz_ignore(laz_child_signal(child, SIGKILL));
    laz_ignore(laz_child_wait(child, -1, &wait_status));
}
