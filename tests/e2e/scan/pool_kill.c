/* Workers are killed under load: each job is answered exactly once, and a stopped worker costs one
 * job its time. Prints TAP. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "box/pool.h"
#include "sys/clock.h"
#include "sys/fd.h"

#define WORKERS 2
#define JOBS    20000
#define KILLS   200

static uint8_t answers[JOBS];
static struct laz_worker_answer answer; /* too large for a stack */
static char worker_path[1024], db_path[1024];
static unsigned number, failures;

static void check(bool ok, const char *what)
{
    failures += !ok;
    printf("%s %u - %s\n", ok ? "ok" : "not ok", ++number, what);
}

static struct laz_pool *open_pool(uint32_t count, uint32_t wall_max_ms, const char *crash_dir)
{
    struct laz_pool_config config = {
        .worker = {.program = worker_path, .db_path = db_path, .db_fd = -1, .drop_identity = true},
        .wall_max_ms = wall_max_ms,
        .crash_dir = crash_dir,
    };
    struct laz_pool *pool = NULL;
    struct laz_error err;

    if (laz_pool_new(&config, count, &pool, &err) != LAZ_OK) {
        char text[1200];

        laz_error_text(&err, text, sizeof text);
        printf("Bail out! %s\n", text);
        exit(1);
    }
    return pool;
}

static int make_input(size_t size)
{
    int fd = memfd_create("input", MFD_CLOEXEC);
    uint8_t *bytes = malloc(size);

    if (fd < 0 || bytes == NULL)
        exit(1);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(i * 2654435761u >> 24);
    if (write(fd, bytes, size) != (ssize_t)size)
        exit(1);
    free(bytes);
    return fd;
}

struct tally {
    uint64_t answered, died, kills, doubled;
    int64_t slowest_ms;
};

static void kill_one(struct laz_pool *pool, struct tally *t)
{
    int pid = laz_pool_worker_pid(pool, (uint32_t)(t->kills % WORKERS));

    if (pid > 0 && kill(pid, SIGKILL) == 0)
        t->kills++;
}

static bool take(struct laz_pool *pool, struct tally *t)
{
    int64_t start = laz_monotonic_ms();
    struct laz_error err;

    if (laz_pool_next(pool, 30000, &answer, &err) != LAZ_OK || answer.job >= JOBS)
        return false;
    if (laz_monotonic_ms() - start > t->slowest_ms)
        t->slowest_ms = laz_monotonic_ms() - start;
    t->answered++;
    t->died += strcmp(answer.verdict.reason, "worker-died") == 0;
    t->doubled += answers[answer.job]++ > 0;
    if (t->kills < KILLS && t->answered % (JOBS / KILLS) == 0)
        kill_one(pool, t);
    return true;
}

static void no_job_is_lost_or_answered_twice(void)
{
    struct laz_pool *pool = open_pool(WORKERS, 0, NULL);
    struct laz_scan_limits limits;
    struct tally t = {0};
    int fds[2] = {make_input(2000), make_input(300000)};
    uint64_t next = 0;
    bool ok = true;

    laz_scan_limits_init(&limits);
    while (ok && t.answered < JOBS) {
        enum laz_status s = LAZ_BUSY;

        if (next < JOBS)
            s = laz_pool_submit(pool, next, fds[next % 2], &limits);
        next += s == LAZ_OK;
        if (s != LAZ_OK)
            ok = take(pool, &t);
    }
    printf("# %llu jobs, %llu kills, %llu answered worker-died, slowest answer %lld ms\n",
           (unsigned long long)t.answered, (unsigned long long)t.kills, (unsigned long long)t.died,
           (long long)t.slowest_ms);
    check(ok && t.answered == JOBS, "every job is answered while workers are killed");
    check(t.doubled == 0, "no job is answered twice");
    check(t.kills >= KILLS - 1, "a worker was killed 200 times");
    check(t.died <= t.kills, "a killed worker costs at most the job it was at");
    check(laz_pool_next(pool, 0, &answer, NULL) == LAZ_NOT_FOUND, "nothing is left to answer");
    laz_pool_free(pool);
    laz_fd_drop(&fds[0]);
    laz_fd_drop(&fds[1]);
}

static unsigned count_and_remove(const char *path)
{
    DIR *dir = opendir(path);
    unsigned count = 0;

    if (dir == NULL)
        return 0;
    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir))
        count += unlinkat(dirfd(dir), e->d_name, 0) == 0;
    closedir(dir);
    rmdir(path);
    return count;
}

static void a_stopped_worker_is_replaced(void)
{
    char crash_dir[] = "/tmp/laz-crash-XXXXXX";
    struct laz_pool *pool;
    struct laz_scan_limits limits;
    int fd = make_input(5000);
    int64_t start;
    enum laz_status s;

    if (mkdtemp(crash_dir) == NULL)
        exit(1);
    pool = open_pool(1, 300, crash_dir);
    laz_scan_limits_init(&limits);
    kill(laz_pool_worker_pid(pool, 0), SIGSTOP);
    start = laz_monotonic_ms();
    s = laz_pool_submit(pool, 1, fd, &limits);
    s = s == LAZ_OK ? laz_pool_submit(pool, 2, fd, &limits) : s;
    check(s == LAZ_OK && laz_pool_next(pool, 5000, &answer, NULL) == LAZ_OK && answer.job == 1 &&
              strcmp(answer.verdict.reason, "timed-out") == 0,
          "a worker that stands still is ended, and its job says timed-out");
    check(laz_monotonic_ms() - start < 2000, "soon after the time it was given");
    check(laz_pool_next(pool, 5000, &answer, NULL) == LAZ_OK && answer.job == 2 &&
              answer.verdict.kind == LAZ_CLEAN,
          "the job behind it is judged by its successor");
    laz_pool_free(pool);
    laz_fd_drop(&fd);
    check(count_and_remove(crash_dir) == 1, "the input that it was at is kept");
}

int main(void)
{
    const char *build = getenv("LAZ_BUILD");

    if (build == NULL)
        return 1;
    snprintf(worker_path, sizeof worker_path, "%s/lazaret-worker", build);
    snprintf(db_path, sizeof db_path, "%s/content.lzdb", build);
    no_job_is_lost_or_answered_twice();
    a_stopped_worker_is_replaced();
    printf("1..%u\n", number);
    return failures == 0 ? 0 : 1;
}
