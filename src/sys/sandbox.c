#include "sys/sandbox.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sys/fd.h"
#include "sys/sandbox_priv.h"

static bool set_limit(int which, uint64_t value)
{
    struct rlimit limit = {value, value};

    return setrlimit((__rlimit_resource_t)which, &limit) == 0;
}

/* The hard limit of CPU time stands one second later, so that SIGXCPU names the cause. */
static bool set_cpu_limit(uint32_t seconds)
{
    struct rlimit limit = {seconds, (uint64_t)seconds + 1};

    return setrlimit(RLIMIT_CPU, &limit) == 0;
}

static enum laz_status set_limits(const struct laz_sandbox *sandbox, struct laz_error *err)
{
    bool worker = sandbox->profile == LAZ_SANDBOX_WORKER;
    bool alone = worker || sandbox->profile == LAZ_SANDBOX_COMPILE;
    bool ok = set_limit(RLIMIT_CORE, 0);

    if (sandbox->memory_max > 0 && !LAZ_SANITIZED)
        ok = ok && set_limit(RLIMIT_DATA, sandbox->memory_max);
    if (sandbox->cpu_seconds > 0)
        ok = ok && set_cpu_limit(sandbox->cpu_seconds);
    if (sandbox->fd_max > 0)
        ok = ok && set_limit(RLIMIT_NOFILE, sandbox->fd_max);
    if (alone)
        ok = ok && set_limit(RLIMIT_NPROC, 0);
    if (worker)
        ok = ok && set_limit(RLIMIT_FSIZE, 0);
    return ok ? LAZ_OK : laz_fail_errno(err, "sandbox", "limits", "");
}

/* What a worker would print is written by whoever rules it, so nobody sees it. */
static enum laz_status silence_output(struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    if (null < 0 || dup2(null, STDOUT_FILENO) < 0)
        return laz_fail_errno(err, "sandbox", "/dev/null", "");
    if (!LAZ_SANITIZED && dup2(null, STDERR_FILENO) < 0)
        return laz_fail_errno(err, "sandbox", "/dev/null", "");
    return LAZ_OK;
}

#if LAZ_SANITIZED
/* The search for leaks starts a thread that stops the others, which no profile allows. */
static void end_without_leak_check(int exit_status, void *context)
{
    fflush(NULL);
    _exit(exit_status);
}
#endif

enum laz_status laz_sandbox_enter(const struct laz_sandbox *sandbox,
                                  struct laz_sandbox_state *state, struct laz_error *err)
{
    struct laz_sandbox_state holds = {0};
    enum laz_status s;

#if LAZ_SANITIZED
    if (!sandbox->off && on_exit(end_without_leak_check, NULL) != 0)
        return laz_fail(err, LAZ_NOMEM, "sandbox", "", "no memory", "");
#endif
    s = set_limits(sandbox, err);
    if (s == LAZ_OK && !sandbox->off) {
        if (sandbox->profile == LAZ_SANDBOX_WORKER) {
            s = silence_output(err);
            if (s != LAZ_OK)
                return s;
        }
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
            return laz_fail_errno(err, "sandbox", "no_new_privs", "");
        holds.no_new_privs = true;
        /* No other process of the same user may look into this one. */
        if (!LAZ_SANITIZED && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
            return laz_fail_errno(err, "sandbox", "dumpable", "");
        s = laz_landlock_enter(sandbox, &holds.landlock_abi, err);
        if (s != LAZ_OK)
            return s;
        s = laz_seccomp_enter(sandbox->profile, err);
        holds.seccomp = s == LAZ_OK;
    }
    if (s == LAZ_OK && state != NULL)
        *state = holds;
    return s;
}
