#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "sys/sandbox_priv.h"

#define ALLOW SCMP_ACT_ALLOW
#define DENY  SCMP_ACT_ERRNO(EACCES)

struct call {
    int number;
    uint32_t action;
    unsigned arg_count;
    struct scmp_arg_cmp args[2];
};

#define CALL(name)                                                                                 \
    {                                                                                              \
        SCMP_SYS(name), ALLOW, 0,                                                                  \
        {                                                                                          \
            {0},                                                                                   \
            {                                                                                      \
                0                                                                                  \
            }                                                                                      \
        }                                                                                          \
    }
#define CALL_IF(name, a)                                                                           \
    {                                                                                              \
        SCMP_SYS(name), ALLOW, 1,                                                                  \
        {                                                                                          \
            a,                                                                                     \
            {                                                                                      \
                0                                                                                  \
            }                                                                                      \
        }                                                                                          \
    }
#define CALL_IF2(name, a, b)                                                                       \
    {                                                                                              \
        SCMP_SYS(name), ALLOW, 2,                                                                  \
        {                                                                                          \
            a, b                                                                                   \
        }                                                                                          \
    }
#define CALL_FAILS(name, why)                                                                      \
    {                                                                                              \
        SCMP_SYS(name), SCMP_ACT_ERRNO(why), 0,                                                    \
        {                                                                                          \
            {0},                                                                                   \
            {                                                                                      \
                0                                                                                  \
            }                                                                                      \
        }                                                                                          \
    }
#define ARG(n, value)                                                                              \
    {                                                                                              \
        n, SCMP_CMP_EQ, value, 0                                                                   \
    }
#define ARG_BITS(n, mask, v)                                                                       \
    {                                                                                              \
        n, SCMP_CMP_MASKED_EQ, mask, v                                                             \
    }

/* Every process of ours. Memory is private and never executable. */
static const struct call calls_of_all[] = {
    CALL(brk),
    CALL(clock_gettime),
    CALL(clock_nanosleep),
    CALL(close),
    CALL(exit),
    CALL(exit_group),
    CALL(fstat),
    CALL(futex),
    CALL(getrandom),
    CALL(gettimeofday),
    CALL(lseek),
    CALL(madvise),
    CALL(mremap),
    CALL(munmap),
    CALL(pread64),
    CALL(read),
    CALL(restart_syscall),
    CALL(rt_sigprocmask),
    CALL(rt_sigreturn),
    CALL(sched_yield),
    CALL_IF(mprotect, ARG_BITS(2, PROT_EXEC, 0)),
};

static const struct call calls_of_workers[] = {
    CALL_IF2(mmap, ARG_BITS(2, PROT_EXEC, 0), ARG_BITS(3, MAP_TYPE, MAP_PRIVATE)),
    CALL(sysinfo), /* qsort of the C library asks how much memory there is */
    CALL_IF(recvmsg, ARG(0, LAZ_SANDBOX_CHANNEL)),
    CALL_IF(sendmsg, ARG(0, LAZ_SANDBOX_CHANNEL)),
    /* Libraries look for files (character sets, processor features) and go on without them. */
    CALL_FAILS(openat, EACCES),
    CALL_FAILS(open, EACCES),
    CALL_FAILS(access, EACCES),
    CALL_FAILS(readlink, EACCES),
};

/* fstat of the C library asks in this way, which would also tell of files by their path. */
static const struct call calls_of_worker_only[] = {
    CALL_FAILS(newfstatat, EACCES),
};

static const struct call calls_of_compile[] = {
    CALL_IF(newfstatat, ARG(3, AT_EMPTY_PATH)),
    CALL_IF2(mmap, ARG(2, PROT_READ), ARG_BITS(3, MAP_TYPE, MAP_SHARED)), /* sources */
    CALL(write),
    CALL(pwrite64),
    CALL(ftruncate),
    CALL(fcntl),
    CALL(fsync),
    CALL(fdatasync),
};

static const struct call calls_of_daemons[] = {
    CALL_IF(mmap, ARG_BITS(2, PROT_EXEC, 0)),
    /* threads, signals, identity */
    CALL_IF(clone, ARG_BITS(0, CLONE_THREAD, CLONE_THREAD)),
    CALL_FAILS(clone3, ENOSYS), /* its flags lie in memory: the C library then takes clone */
    CALL(rseq),
    CALL(set_robust_list),
    CALL(get_robust_list),
    CALL(set_tid_address),
    CALL(membarrier),
    CALL(gettid),
    CALL(getpid),
    CALL(getppid),
    CALL(getuid),
    CALL(geteuid),
    CALL(getgid),
    CALL(getegid),
    CALL(getresuid),
    CALL(getresgid),
    CALL(getgroups),
    CALL(getrusage),
    CALL(getrlimit),
    CALL_IF(prlimit64, ARG(2, 0)), /* asks, does not set */
    CALL(sysinfo),
    CALL(uname),
    CALL(sched_getaffinity),
    CALL(rt_sigaction),
    CALL(rt_sigpending),
    CALL(rt_sigtimedwait),
    CALL(sigaltstack),
    CALL(kill),
    CALL(tgkill),
    CALL(pidfd_open),
    CALL(pidfd_send_signal),
    CALL(wait4),
    CALL(waitid),
    CALL(nanosleep),
    CALL(clock_getres),
    CALL(times),
    CALL(alarm),
    CALL(setitimer),
    CALL(getcpu),
    CALL(getpriority),
    CALL(setpriority),
    CALL(ioprio_set),
    /* descriptors and events */
    CALL(readv),
    CALL(write),
    CALL(writev),
    CALL(pwrite64),
    CALL(preadv),
    CALL(pwritev),
    CALL(poll),
    CALL(ppoll),
    CALL(select),
    CALL(pselect6),
    CALL(epoll_create1),
    CALL(epoll_ctl),
    CALL(epoll_wait),
    CALL(epoll_pwait),
    CALL(eventfd2),
    CALL(timerfd_create),
    CALL(timerfd_settime),
    CALL(timerfd_gettime),
    CALL(signalfd4),
    CALL(inotify_init1),
    CALL(inotify_add_watch),
    CALL(inotify_rm_watch),
    CALL(pipe2),
    CALL(dup),
    CALL(dup2),
    CALL(dup3),
    CALL(fcntl),
    CALL(flock),
    CALL(close_range),
    CALL(memfd_create),
    CALL(sendfile),
    CALL(splice),
    CALL_IF(ioctl, ARG(1, FIONREAD)),
    CALL_IF(ioctl, ARG(1, FIONBIO)),
    CALL_IF(ioctl, ARG(1, FICLONE)),
    CALL_IF(ioctl, ARG(1, 0x5401 /* TCGETS: is it a terminal? */)),
    /* files: which ones, Landlock says */
    CALL(open),
    CALL(openat),
    CALL(openat2),
    CALL(stat),
    CALL(lstat),
    CALL(newfstatat),
    CALL(statx),
    CALL(statfs),
    CALL(fstatfs),
    CALL(access),
    CALL(faccessat),
    CALL(faccessat2),
    CALL(getcwd),
    CALL(chdir),
    CALL(fchdir),
    CALL(getdents64),
    CALL(readlink),
    CALL(readlinkat),
    CALL(mkdir),
    CALL(mkdirat),
    CALL(rmdir),
    CALL(unlink),
    CALL(unlinkat),
    CALL(rename),
    CALL(renameat),
    CALL(renameat2),
    CALL(link),
    CALL(linkat),
    CALL(symlinkat),
    CALL(truncate),
    CALL(ftruncate),
    CALL(fallocate),
    CALL(fadvise64),
    CALL(copy_file_range),
    CALL(fsync),
    CALL(fdatasync),
    CALL(sync_file_range),
    CALL(syncfs),
    CALL(msync),
    CALL(mincore),
    CALL(mlock),
    CALL(munlock),
    CALL(umask),
    CALL(chmod),
    CALL(fchmod),
    CALL(fchmodat),
    CALL(utimensat),
    CALL(fgetxattr),
    CALL(getxattr),
    CALL(lgetxattr),
    CALL(flistxattr),
    /* sockets that it has, and Unix ones */
    CALL_IF(socket, ARG(0, AF_UNIX)),
    CALL_IF(socketpair, ARG(0, AF_UNIX)),
    CALL(accept4),
    CALL(accept),
    CALL(bind),
    CALL(listen),
    CALL(connect),
    CALL(shutdown),
    CALL(sendto),
    CALL(recvfrom),
    CALL(sendmsg),
    CALL(recvmsg),
    CALL(sendmmsg),
    CALL(recvmmsg),
    CALL(getsockname),
    CALL(getpeername),
    CALL(getsockopt),
    CALL(setsockopt),
};

/* Name resolution asks the kernel for addresses over netlink. */
static const struct call calls_of_uplink[] = {
    CALL_IF(socket, ARG(0, AF_INET)),
    CALL_IF(socket, ARG(0, AF_INET6)),
    CALL_IF(socket, ARG(0, AF_NETLINK)),
};

static const struct call calls_of_vault[] = {
    CALL_IF(ioctl, ARG(1, FS_IOC_GETFLAGS)),
    CALL_IF(ioctl, ARG(1, FS_IOC_SETFLAGS)),
    CALL(chown),
    CALL(lchown),
    CALL(fchown),
    CALL(fchownat),
    CALL(fsetxattr),
    CALL(setxattr),
    CALL(lsetxattr),
    CALL(fremovexattr),
    CALL(removexattr),
    CALL(listxattr),
    CALL(llistxattr),
    CALL(open_by_handle_at),
    CALL(name_to_handle_at),
};

#if LAZ_SANITIZED
/* What the sanitizers' runtime does in a program that is built for tests only. */
static const struct call calls_of_sanitizers[] = {
    CALL_IF(write, ARG(0, 2)), CALL(sigaltstack), CALL(rt_sigaction), CALL(gettid), CALL(getpid),
    CALL(sched_getaffinity),   CALL(getrlimit),   CALL(prlimit64),
};
#endif

static bool add_calls(scmp_filter_ctx filter, const struct call *calls, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (seccomp_rule_add_array(filter, calls[i].action, calls[i].number, calls[i].arg_count,
                                   calls[i].args) != 0)
            return false;
    return true;
}

#define ADD(filter, table) add_calls(filter, table, sizeof(table) / sizeof *(table))

static bool add_profile(scmp_filter_ctx filter, enum laz_sandbox_profile profile)
{
    switch (profile) {
    case LAZ_SANDBOX_WORKER:
        return ADD(filter, calls_of_workers) && ADD(filter, calls_of_worker_only);
    case LAZ_SANDBOX_COMPILE:
        return ADD(filter, calls_of_workers) && ADD(filter, calls_of_compile);
    case LAZ_SANDBOX_BROKER:
    case LAZ_SANDBOX_CONSOLE:
        return ADD(filter, calls_of_daemons);
    case LAZ_SANDBOX_UPLINK:
        return ADD(filter, calls_of_daemons) && ADD(filter, calls_of_uplink);
    case LAZ_SANDBOX_VAULT:
        return ADD(filter, calls_of_daemons) && ADD(filter, calls_of_vault);
    }
    return false;
}

/* A worker that asks for anything else is taken over or broken: it ends. A daemon goes on, refused.
 */
static uint32_t action_for_others(enum laz_sandbox_profile profile)
{
    bool strict = profile == LAZ_SANDBOX_WORKER || profile == LAZ_SANDBOX_COMPILE;

    return strict && !LAZ_SANITIZED ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ERRNO(EPERM);
}

static bool fill_filter(scmp_filter_ctx filter, enum laz_sandbox_profile profile)
{
    if (!ADD(filter, calls_of_all) || !add_profile(filter, profile))
        return false;
#if LAZ_SANITIZED
    if (profile <= LAZ_SANDBOX_COMPILE && !ADD(filter, calls_of_sanitizers))
        return false;
#endif
    return true;
}

enum laz_status laz_seccomp_enter(enum laz_sandbox_profile profile, struct laz_error *err)
{
    scmp_filter_ctx filter = seccomp_init(action_for_others(profile));
    bool ok;

    if (filter == NULL)
        return laz_fail(err, LAZ_NOMEM, "sandbox", "seccomp", "no memory", "");
    ok = fill_filter(filter, profile) && seccomp_load(filter) == 0;
    seccomp_release(filter);
    if (!ok)
        return laz_fail(err, LAZ_UNSUPPORTED, "sandbox", "seccomp", "the kernel refused the filter",
                        "use a kernel with CONFIG_SECCOMP_FILTER");
    return LAZ_OK;
}
