/* sandbox.h - a process gives up what it will not need: no_new_privs, Landlock for paths and ports,
 * seccomp for system calls, limits of memory and time. It is entered once, after everything that
 * the process needs is open and before its first thread and its first hostile byte. */
#ifndef LAZ_SYS_SANDBOX_H
#define LAZ_SYS_SANDBOX_H

#include "base/status.h"

enum laz_sandbox_profile {
    /* Reads and maps descriptors that it is given, answers on descriptor LAZ_SANDBOX_CHANNEL, and
     * nothing else: any other call ends the process. Standard output and error become /dev/null. */
    LAZ_SANDBOX_WORKER,
    /* As worker, and writes to descriptors that it has; standard error stays for its errors. */
    LAZ_SANDBOX_COMPILE,
    /* Files below its paths, Unix sockets, events, timers, threads. Refused calls fail with EPERM,
     * here and below. No profile can start a program or another process. */
    LAZ_SANDBOX_BROKER,
    /* As broker, and the network as a client. */
    LAZ_SANDBOX_UPLINK,
    /* As broker, and the network as a server on sockets that it has. */
    LAZ_SANDBOX_CONSOLE,
    /* As broker, and owner, mode, attributes, clones and holes of files below its paths. */
    LAZ_SANDBOX_VAULT,
};

#define LAZ_SANDBOX_CHANNEL 3

struct laz_sandbox_path {
    const char *path; /* a file, or a directory with all below; one that is missing is skipped */
    bool write;       /* also make, change, rename and remove */
};

struct laz_sandbox {
    enum laz_sandbox_profile profile;
    const struct laz_sandbox_path *paths; /* worker and compile have none */
    size_t path_count;
    uint64_t memory_max;  /* bytes of private memory; 0: no limit. Mapped files do not count */
    uint32_t cpu_seconds; /* after which the kernel ends the process; 0: no limit */
    uint32_t fd_max;      /* 0: as it is */
    bool off;             /* for tests: only the limits are set */
};

/* What this kernel could give. What is missing is said to people; it is not a failure. */
struct laz_sandbox_state {
    bool no_new_privs, seccomp;
    uint32_t landlock_abi; /* 0: none; 2 on Linux 6.1; 3 guards truncation, 4 TCP, 6 signals */
};

/* On failure the process must end: it is partly sealed. state may be NULL. */
LAZ_CHECKED enum laz_status laz_sandbox_enter(const struct laz_sandbox *sandbox,
                                              struct laz_sandbox_state *state,
                                              struct laz_error *err);

#endif
