#include "step.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/ptrace.h>

bool step_can_disturb(void)
{
#ifdef __x86_64__
    return true;
#else
    return false;
#endif
}

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    perror(what);
    exit(1);
}

static void run_child(int (*fn)(void *context), void *context)
{
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
        _exit(99);
    raise(SIGSTOP);
    _exit(fn(context));
}

/* Calls that change the disk: an error of theirs is what a full or failing disk gives. */
static bool is_disturbable(uint64_t number)
{
    static const long calls[] = {SYS_write,     SYS_pwrite64,  SYS_ftruncate, SYS_fsync,
                                 SYS_fdatasync, SYS_syncfs,    SYS_openat,    SYS_mkdirat,
                                 SYS_renameat,  SYS_renameat2, SYS_linkat,    SYS_fchown,
                                 SYS_fchmod,    SYS_fsetxattr, SYS_utimensat, SYS_copy_file_range};

    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (number == (uint64_t)calls[i])
            return true;
    return false;
}

static void next_stop(pid_t pid, int *status)
{
    must(ptrace(PTRACE_SYSCALL, pid, NULL, NULL) == 0, "ptrace");
    must(waitpid(pid, status, __WALL) == pid, "waitpid");
}

#ifdef __x86_64__
static void set_call(pid_t pid, bool entry, long value)
{
    struct user_regs_struct regs;

    must(ptrace(PTRACE_GETREGS, pid, NULL, &regs) == 0, "registers");
    if (entry)
        regs.orig_rax = (unsigned long long)value;
    else
        regs.rax = (unsigned long long)value;
    must(ptrace(PTRACE_SETREGS, pid, NULL, &regs) == 0, "registers");
}
#else
static void set_call(pid_t pid, bool entry, long value)
{
    (void)pid;
    (void)entry;
    (void)value;
    must(false, "not on this machine");
}
#endif

/* The number of the call that the child is about to make, or false when it just made one. */
static bool at_entry(pid_t pid, uint64_t *number)
{
    struct __ptrace_syscall_info info;

    must(ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) > 0, "call");
    *number = info.op == PTRACE_SYSCALL_INFO_ENTRY ? info.entry.nr : 0;
    return info.op == PTRACE_SYSCALL_INFO_ENTRY;
}

static void disturb(pid_t pid, int error, int *status)
{
    set_call(pid, true, -1);
    next_stop(pid, status);
    set_call(pid, false, -error);
}

static int result_of(int status)
{
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

enum step_end step_run(int (*fn)(void *context), void *context, const struct step_plan *plan,
                       int *result)
{
    pid_t pid;
    int status;
    unsigned count = 0;
    bool happened = false;

    fflush(NULL);
    pid = fork();
    must(pid >= 0, "fork");
    if (pid == 0)
        run_child(fn, context);
    must(waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status), "waitpid");
    must(ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) == 0,
         "options");
    for (next_stop(pid, &status); WIFSTOPPED(status); next_stop(pid, &status)) {
        uint64_t number;

        if (happened || WSTOPSIG(status) != (SIGTRAP | 0x80) || !at_entry(pid, &number) ||
            (plan->fault == STEP_ERROR && !is_disturbable(number)) || count++ != plan->at)
            continue;
        happened = true;
        if (plan->fault == STEP_ERROR) {
            disturb(pid, plan->error, &status);
            continue;
        }
        must(kill(pid, SIGKILL) == 0 && waitpid(pid, &status, __WALL) == pid, "kill");
        break;
    }
    *result = result_of(status);
    return happened ? STEP_FAULT : STEP_DONE;
}
