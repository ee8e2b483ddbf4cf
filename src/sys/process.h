/* process.h - starting and ending programs of ours. */
#ifndef LAZ_SYS_PROCESS_H
#define LAZ_SYS_PROCESS_H

#include <sys/types.h>

#include "base/status.h"

struct laz_child {
    pid_t pid;
    int pidfd; /* -1 when there is no child */
};

struct laz_spawn {
    const char *path;        /* the program's file */
    const char *const *argv; /* ends with NULL */
    /* Descriptors that the child gets as 3, 4, …; standard input is /dev/null, output and error are
     * ours; everything else is closed. */
    const int *fds;
    size_t fd_count;
    int output;            /* what becomes its standard output; 0 for ours */
    int error;             /* what becomes its standard error; 0 for ours */
    bool dies_with_parent; /* PR_SET_PDEATHSIG with SIGKILL */
    bool new_group; /* a process group of its own: a Ctrl-C at the terminal does not reach it */
};

/* Starts the program. The environment is empty but for PATH, LANG and TZ. LAZ_NOT_FOUND and so on
 * when it cannot be executed: that is known before this returns. */
LAZ_CHECKED enum laz_status laz_child_spawn(const struct laz_spawn *spawn, struct laz_child *out,
                                            struct laz_error *err);

/* Waits until the child is gone or timeout_ms have passed (negative: for ever). *wait_status is as
 * from waitpid. LAZ_TIMEOUT when it still runs. Afterwards pidfd is closed and -1. */
LAZ_CHECKED enum laz_status laz_child_wait(struct laz_child *child, int timeout_ms,
                                           int *wait_status);
/* By pidfd: cannot hit a later process of the same number. */
LAZ_CHECKED enum laz_status laz_child_signal(const struct laz_child *child, int signal_number);
/* SIGTERM, up to grace_ms, then SIGKILL, and waits. Accepts one that is not running. */
void laz_child_stop(struct laz_child *child, int grace_ms);

#endif
