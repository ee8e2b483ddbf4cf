/* A process in the worker's box tries what somebody would who took it over. Each attempt runs in a
 * process of its own: it must end by the sandbox or fail, and never succeed. Prints TAP. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/channel.h"
#include "sys/fd.h"
#include "sys/sandbox.h"

/* Sanitizers need an address space without bounds. */
#if defined(__SANITIZE_ADDRESS__)
#define MEMORY_BOUND 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MEMORY_BOUND 0
#endif
#endif
#ifndef MEMORY_BOUND
#define MEMORY_BOUND 1
#endif

#define SUCCEEDED        42
#define REFUSED          43
#define FAILED_OTHERWISE 44

static int victim_fd;    /* a file open for writing, that is not the channel */
static pid_t victim_pid; /* a process that could be hurt */

static bool worked(long result)
{
    return result >= 0;
}

static bool try_open(void)
{
    return worked(open("/etc/passwd", O_RDONLY));
}
static bool try_open_create(void)
{
    return worked(syscall(SYS_openat, AT_FDCWD, "/tmp/box-escape", O_CREAT | O_WRONLY, 0600));
}
static bool try_openat2(void)
{
    uint64_t how[3] = {O_RDONLY, 0, 0};

    return worked(syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", how, sizeof how));
}
static bool try_stat(void)
{
    struct stat st;

    return worked(syscall(SYS_newfstatat, AT_FDCWD, "/etc/passwd", &st, 0));
}
static bool try_stat_empty_path(void)
{
    struct stat st;

    return worked(syscall(SYS_newfstatat, AT_FDCWD, "/etc/passwd", &st, AT_EMPTY_PATH));
}
static bool try_statx(void)
{
    char out[256];

    return worked(syscall(SYS_statx, AT_FDCWD, "/etc/passwd", 0, 0xFFF, out));
}
static bool try_readlink(void)
{
    char out[256];

    return worked(readlink("/proc/self/exe", out, sizeof out));
}
static bool try_getdents(void)
{
    char out[1024];

    return worked(syscall(SYS_getdents64, victim_fd, out, sizeof out));
}
static bool try_mkdir(void)
{
    return worked(mkdir("/tmp/box-escape-dir", 0700));
}
static bool try_unlink(void)
{
    return worked(unlink("/tmp/box-escape-victim"));
}
static bool try_rename(void)
{
    return worked(rename("/tmp/box-escape-victim", "/tmp/box-escape-other"));
}
static bool try_link(void)
{
    return worked(link("/tmp/box-escape-victim", "/tmp/box-escape-other"));
}
static bool try_symlink(void)
{
    return worked(symlink("/etc/passwd", "/tmp/box-escape-other"));
}
static bool try_mknod(void)
{
    return worked(mknod("/tmp/box-escape-node", S_IFCHR | 0600, 0x103));
}
static bool try_truncate(void)
{
    return worked(truncate("/tmp/box-escape-victim", 0));
}
static bool try_ftruncate(void)
{
    return worked(ftruncate(victim_fd, 0));
}
static bool try_chmod(void)
{
    return worked(chmod("/tmp/box-escape-victim", 0777));
}
static bool try_fchmod(void)
{
    return worked(fchmod(victim_fd, 0777));
}
static bool try_fchown(void)
{
    return worked(fchown(victim_fd, 0, 0));
}
static bool try_setxattr(void)
{
    return worked(syscall(SYS_fsetxattr, victim_fd, "user.x", "x", 1, 0));
}
static bool try_write_elsewhere(void)
{
    return worked(write(victim_fd, "x", 1));
}
static bool try_pwrite_elsewhere(void)
{
    return worked(pwrite(victim_fd, "x", 1, 0));
}
static bool try_writev_elsewhere(void)
{
    char byte = 'x';
    struct iovec v = {&byte, 1};

    return worked(writev(victim_fd, &v, 1));
}
static bool try_sendfile(void)
{
    return worked(syscall(SYS_sendfile, victim_fd, victim_fd, NULL, 1));
}
static bool try_send_elsewhere(void)
{
    char byte = 'x';
    struct iovec v = {&byte, 1};
    struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};

    return worked(sendmsg(5, &m, 0));
}
static bool try_map_shared(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, victim_fd, 0) != MAP_FAILED;
}
static bool try_map_executable(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
           MAP_FAILED;
}
static bool try_protect_executable(void)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return p != MAP_FAILED && worked(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}
static bool try_pkey_protect(void)
{
    return worked(syscall(SYS_pkey_mprotect, (unsigned long)&victim_fd & ~4095UL, 4096,
                          PROT_READ | PROT_EXEC, -1));
}
static bool try_socket(void)
{
    return worked(socket(AF_INET, SOCK_STREAM, 0));
}
static bool try_socket_unix(void)
{
    return worked(socket(AF_UNIX, SOCK_STREAM, 0));
}
static bool try_socket_packet(void)
{
    return worked(socket(AF_PACKET, SOCK_RAW, 0));
}
static bool try_socketpair(void)
{
    int out[2];

    return worked(socketpair(AF_UNIX, SOCK_STREAM, 0, out));
}
static bool try_connect(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(80)};

    return worked(connect(LAZ_SANDBOX_CHANNEL, (struct sockaddr *)&a, sizeof a));
}
static bool try_bind(void)
{
    struct sockaddr a = {.sa_family = AF_UNIX};

    return worked(bind(LAZ_SANDBOX_CHANNEL, &a, sizeof a));
}
static bool try_fork(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    return worked(pid);
}
static bool try_vfork(void)
{
    return worked(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
}
static bool try_thread(void)
{
    return worked(syscall(SYS_clone3, NULL, 0));
}
static bool try_exec(void)
{
    char *argv[] = {NULL};

    return worked(execve("/bin/true", argv, argv));
}
static bool try_memfd(void)
{
    return worked(syscall(SYS_memfd_create, "x", 0));
}
static bool try_execveat(void)
{
    return worked(syscall(SYS_execveat, victim_fd, "", NULL, NULL, AT_EMPTY_PATH));
}
static bool try_ptrace(void)
{
    return worked(ptrace(PTRACE_ATTACH, victim_pid, NULL, NULL));
}
static bool try_ptrace_me(void)
{
    return worked(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}
static bool try_read_process(void)
{
    char byte;
    struct iovec here = {&byte, 1}, there = {&victim_fd, 1};

    return worked(process_vm_readv(victim_pid, &here, 1, &there, 1, 0));
}
static bool try_kill(void)
{
    return worked(kill(victim_pid, SIGKILL));
}
static bool try_tgkill(void)
{
    return worked(syscall(SYS_tgkill, victim_pid, victim_pid, SIGKILL));
}
static bool try_pidfd(void)
{
    return worked(syscall(SYS_pidfd_open, victim_pid, 0));
}
static bool try_pidfd_getfd(void)
{
    return worked(syscall(SYS_pidfd_getfd, 0, 0, 0));
}
static bool try_mount(void)
{
    return worked(mount("none", "/mnt", "tmpfs", 0, NULL));
}
static bool try_umount(void)
{
    return worked(umount2("/mnt/none", MNT_DETACH));
}
static bool try_pivot(void)
{
    return worked(syscall(SYS_chroot, "/tmp"));
}
static bool try_unshare(void)
{
    return worked(unshare(CLONE_NEWUSER));
}
static bool try_setns(void)
{
    return worked(setns(victim_fd, 0));
}
static bool try_setuid(void)
{
    return worked(syscall(SYS_setresuid, -1, -1, -1));
}
static bool try_capset(void)
{
    return worked(syscall(SYS_capset, NULL, NULL));
}
static bool try_keyctl(void)
{
    return worked(syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, -1, 0, 0, 0));
}
static bool try_add_key(void)
{
    return worked(syscall(SYS_add_key, "user", "x", "x", 1, -1));
}
static bool try_bpf(void)
{
    union bpf_attr a;

    memset(&a, 0, sizeof a);
    a.map_type = BPF_MAP_TYPE_ARRAY;
    a.key_size = a.value_size = a.max_entries = 4;
    return worked(syscall(SYS_bpf, BPF_MAP_CREATE, &a, sizeof a));
}
static bool try_io_uring(void)
{
    struct io_uring_params p;

    memset(&p, 0, sizeof p);
    return worked(syscall(SYS_io_uring_setup, 4, &p));
}
static bool try_perf(void)
{
    struct perf_event_attr a = {.type = PERF_TYPE_SOFTWARE, .size = sizeof a};

    return worked(syscall(SYS_perf_event_open, &a, 0, -1, -1, 0));
}
static bool try_userfaultfd(void)
{
    return worked(syscall(SYS_userfaultfd, 0));
}
static bool try_prctl(void)
{
    return worked(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}
static bool try_seccomp(void)
{
    return worked(syscall(SYS_seccomp, 0, 0, NULL));
}
static bool try_ioctl(void)
{
    int n;

    return worked(ioctl(victim_fd, FIONREAD, &n));
}
static bool try_raise_limit(void)
{
    uint64_t limit[2] = {1 << 20, 1 << 20};

    return worked(syscall(SYS_prlimit64, 0, 1, limit, NULL));
}
static bool try_settime(void)
{
    return worked(syscall(SYS_clock_settime, 0, NULL));
}
static bool try_module(void)
{
    return worked(syscall(SYS_finit_module, victim_fd, "", 0));
}
static bool try_reboot(void)
{
    return worked(syscall(SYS_reboot, 0, 0, 0, NULL));
}
static bool try_fanotify(void)
{
    return worked(syscall(SYS_fanotify_init, 0, 0));
}
static bool try_inotify(void)
{
    return worked(syscall(SYS_inotify_init1, 0));
}
static bool try_shm(void)
{
    return worked(syscall(SYS_shmget, 0, 4096, 01600));
}
static bool try_dup(void)
{
    return worked(dup2(victim_fd, LAZ_SANDBOX_CHANNEL));
}
static bool try_splice(void)
{
    return worked(syscall(SYS_splice, victim_fd, NULL, 0, NULL, 1, 0));
}
static bool try_old_abi(void)
{
#ifdef __x86_64__
    return worked(syscall(0x40000000 + SYS_getpid)); /* the x32 numbers */
#else
    return false;
#endif
}

#define ATTEMPT(name)                                                                              \
    {                                                                                              \
#name, try_##name                                                                          \
    }
static const struct {
    const char *name;
    bool (*run)(void);
} attempts[] = {
    ATTEMPT(open),
    ATTEMPT(open_create),
    ATTEMPT(openat2),
    ATTEMPT(stat),
    ATTEMPT(stat_empty_path),
    ATTEMPT(statx),
    ATTEMPT(readlink),
    ATTEMPT(getdents),
    ATTEMPT(mkdir),
    ATTEMPT(unlink),
    ATTEMPT(rename),
    ATTEMPT(link),
    ATTEMPT(symlink),
    ATTEMPT(mknod),
    ATTEMPT(truncate),
    ATTEMPT(ftruncate),
    ATTEMPT(chmod),
    ATTEMPT(fchmod),
    ATTEMPT(fchown),
    ATTEMPT(setxattr),
    ATTEMPT(write_elsewhere),
    ATTEMPT(pwrite_elsewhere),
    ATTEMPT(writev_elsewhere),
    ATTEMPT(sendfile),
    ATTEMPT(send_elsewhere),
    ATTEMPT(map_shared),
    ATTEMPT(map_executable),
    ATTEMPT(protect_executable),
    ATTEMPT(pkey_protect),
    ATTEMPT(socket),
    ATTEMPT(socket_unix),
    ATTEMPT(socket_packet),
    ATTEMPT(socketpair),
    ATTEMPT(connect),
    ATTEMPT(bind),
    ATTEMPT(fork),
    ATTEMPT(vfork),
    ATTEMPT(thread),
    ATTEMPT(exec),
    ATTEMPT(memfd),
    ATTEMPT(execveat),
    ATTEMPT(ptrace),
    ATTEMPT(ptrace_me),
    ATTEMPT(read_process),
    ATTEMPT(kill),
    ATTEMPT(tgkill),
    ATTEMPT(pidfd),
    ATTEMPT(pidfd_getfd),
    ATTEMPT(mount),
    ATTEMPT(umount),
    ATTEMPT(pivot),
    ATTEMPT(unshare),
    ATTEMPT(setns),
    ATTEMPT(setuid),
    ATTEMPT(capset),
    ATTEMPT(keyctl),
    ATTEMPT(add_key),
    ATTEMPT(bpf),
    ATTEMPT(io_uring),
    ATTEMPT(perf),
    ATTEMPT(userfaultfd),
    ATTEMPT(prctl),
    ATTEMPT(seccomp),
    ATTEMPT(ioctl),
    ATTEMPT(raise_limit),
    ATTEMPT(settime),
    ATTEMPT(module),
    ATTEMPT(reboot),
    ATTEMPT(fanotify),
    ATTEMPT(inotify),
    ATTEMPT(shm),
    ATTEMPT(dup),
    ATTEMPT(splice),
    ATTEMPT(old_abi),
};
#define ATTEMPT_COUNT (sizeof attempts / sizeof *attempts)

/* Never returns. Refused means: by the box. An attempt that fails for another reason shows nothing.
 */
static void attempt(size_t i)
{
    struct laz_sandbox sandbox = {.profile = LAZ_SANDBOX_WORKER, .memory_max = 64 << 20};
    struct laz_error err;

    if (laz_sandbox_enter(&sandbox, NULL, &err) != LAZ_OK)
        _exit(1);
    if (attempts[i].run())
        _exit(SUCCEEDED);
    _exit(errno == EACCES || errno == EPERM ? REFUSED : FAILED_OTHERWISE);
}

static int run(size_t i)
{
    int wait_status;
    pid_t pid = fork();

    if (pid == 0)
        attempt(i);
    if (pid < 0 || waitpid(pid, &wait_status, 0) < 0)
        return -1;
    return wait_status;
}

/* What a worker must be able to do is not taken away. */
static bool box_lets_work(void)
{
    int wait_status, ends[2];
    pid_t pid;

    if (laz_channel_pair(ends, NULL) != LAZ_OK)
        return false;
    pid = fork();
    if (pid == 0) {
        struct laz_sandbox sandbox = {.profile = LAZ_SANDBOX_WORKER, .memory_max = 64 << 20};
        char byte;

        if (dup2(ends[1], LAZ_SANDBOX_CHANNEL) < 0 ||
            laz_sandbox_enter(&sandbox, NULL, NULL) != LAZ_OK)
            _exit(1);
        if (pread(victim_fd, &byte, 1, 0) != 1 ||
            mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, victim_fd, 0) == MAP_FAILED ||
            laz_channel_send(LAZ_SANDBOX_CHANNEL, laz_view_of("x"), NULL, 0) != LAZ_OK)
            _exit(1);
        _exit(0);
    }
    return pid > 0 && waitpid(pid, &wait_status, 0) == pid && WIFEXITED(wait_status) &&
           WEXITSTATUS(wait_status) == 0;
}

/* More memory than it was given is refused, not found elsewhere. */
static bool memory_is_bounded(void)
{
    int wait_status;
    pid_t pid = fork();

    if (pid == 0) {
        struct laz_sandbox sandbox = {.profile = LAZ_SANDBOX_WORKER, .memory_max = 64 << 20};

        if (laz_sandbox_enter(&sandbox, NULL, NULL) != LAZ_OK)
            _exit(1);
        _exit(mmap(NULL, 256 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
                      MAP_FAILED
                  ? 0
                  : 1);
    }
    return pid > 0 && waitpid(pid, &wait_status, 0) == pid && WIFEXITED(wait_status) &&
           WEXITSTATUS(wait_status) == 0;
}

int main(void)
{
    size_t number = 0, failed = 0;

    victim_fd = open("/tmp/box-escape-victim", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    victim_fd = fcntl(victim_fd, F_DUPFD_CLOEXEC, 20); /* not where the channel stands */
    victim_pid = fork();
    if (victim_pid == 0) {
        pause();
        _exit(0);
    }
    if (victim_fd < 0 || victim_pid < 0 || write(victim_fd, "victim", 6) != 6)
        return 1;
    printf("1..%zu\n", ATTEMPT_COUNT + 1 + MEMORY_BOUND);
    for (size_t i = 0; i < ATTEMPT_COUNT; i++) {
        int status = run(i);
        bool refused = (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) ||
                       (WIFEXITED(status) && WEXITSTATUS(status) == REFUSED);

        failed += !refused;
        printf("%s %zu - a boxed process cannot %s\n", refused ? "ok" : "not ok", ++number,
               attempts[i].name);
    }
    failed += !box_lets_work();
    printf("%s %zu - a boxed process reads, maps and answers\n", box_lets_work() ? "ok" : "not ok",
           ++number);
    if (MEMORY_BOUND) {
        failed += !memory_is_bounded();
        printf("%s %zu - a boxed process gets no more memory than allowed\n",
               memory_is_bounded() ? "ok" : "not ok", ++number);
    }
    kill(victim_pid, SIGKILL);
    waitpid(victim_pid, NULL, 0);
    unlink("/tmp/box-escape-victim");
    return failed == 0 ? 0 : 1;
}
