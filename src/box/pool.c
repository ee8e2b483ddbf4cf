#include "box/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "box/crash.h"
#include "sys/channel.h"
#include "sys/clock.h"
#include "sys/fd.h"

#define JOBS_BEFORE_RENEWAL 4096u /* what one file may have broken does not last for ever */
#define START_MAX_MS        30000 /* a worker that has not said hello by then never will */
#define STARTS_IN_A_ROW_MAX 5u    /* of workers that died before their hello */

struct job {
    uint64_t id;
    int fd;
    struct laz_scan_limits limits;
};

struct slot {
    struct laz_worker_end end;
    bool ready;          /* it said hello */
    uint32_t served;     /* answers of this worker */
    int64_t deadline_ms; /* of the first job, or of the hello */
    struct job jobs[LAZ_POOL_QUEUE_MAX];
    uint32_t job_count;
};

struct laz_pool {
    struct laz_pool_config config;
    struct laz_worker_hello hello;
    struct laz_pool_counters counters;
    uint32_t failed_starts;
    uint32_t slot_count;
    struct slot slots[];
};

static void drop_job(struct job *job)
{
    laz_fd_drop(&job->fd);
}

static int64_t wall_max(const struct laz_pool *pool, const struct job *job)
{
    if (pool->config.wall_max_ms > 0)
        return pool->config.wall_max_ms;
    return 3 * (int64_t)job->limits.time_max_ms + 5000;
}

static void start_clock(const struct laz_pool *pool, struct slot *slot)
{
    if (slot->job_count > 0)
        slot->deadline_ms = laz_monotonic_ms() + wall_max(pool, &slot->jobs[0]);
}

static enum laz_status start_worker(struct laz_pool *pool, struct slot *slot, struct laz_error *err)
{
    enum laz_status s;

    LAZ_ASSERT(slot->end.channel < 0);
    s = laz_worker_spawn(&pool->config.worker, &slot->end, err);
    if (s != LAZ_OK)
        return s;
    slot->ready = false;
    slot->served = 0;
    slot->deadline_ms = laz_monotonic_ms() + START_MAX_MS;
    if (laz_set_nonblocking(slot->end.channel, true) != LAZ_OK) {
        laz_worker_end_drop(&slot->end);
        return laz_fail_errno(err, "worker", "", "");
    }
    return LAZ_OK;
}

/* What a worker has not answered is sent again to its successor, so only the first is lost. */
static void send_all(struct laz_pool *pool, struct slot *slot)
{
    for (uint32_t i = 0; i < slot->job_count; i++)
        /* A failure is seen again as a closed channel, by laz_pool_next. */
        laz_ignore(laz_worker_send_scan(slot->end.channel, slot->jobs[i].id, slot->jobs[i].fd,
                                        &slot->jobs[i].limits));
    start_clock(pool, slot);
}

static void take_first(struct laz_pool *pool, struct slot *slot, struct job *out)
{
    *out = slot->jobs[0];
    slot->job_count--;
    memmove(slot->jobs, slot->jobs + 1, slot->job_count * sizeof *slot->jobs);
    start_clock(pool, slot);
}

static enum laz_status fail_database(const struct laz_pool *pool, const struct laz_error *said,
                                     struct laz_error *err)
{
    const char *path = pool->config.worker.db_path;

    return laz_fail(err, said->status, said->what, path == NULL ? "" : path, said->why,
                    said->remedy);
}

/* The worker is gone, or must go. Its first job is answered, when it was at one. */
static enum laz_status replace(struct laz_pool *pool, struct slot *slot, enum laz_reason reason,
                               bool *answered, struct laz_worker_answer *out, struct laz_error *err)
{
    bool was_ready = slot->ready;
    enum laz_status s;

    *answered = false;
    laz_worker_end_drop(&slot->end);
    pool->counters.workers_died++;
    pool->counters.workers_timed_out += reason == LAZ_REASON_TIMED_OUT;
    pool->failed_starts = was_ready ? 0 : pool->failed_starts + 1;
    if (was_ready && slot->job_count > 0) {
        struct job job;

        take_first(pool, slot, &job);
        laz_crash_keep(pool->config.crash_dir, job.fd);
        out->kind = LAZ_ANSWER_SCAN;
        out->job = job.id;
        laz_verdict_init_incomplete(&out->verdict, reason);
        drop_job(&job);
        *answered = true;
    }
    if (pool->failed_starts >= STARTS_IN_A_ROW_MAX)
        return laz_fail(err, LAZ_CLOSED, "worker", "", "ends before it is ready",
                        "see the kernel's log, and try more memory");
    s = start_worker(pool, slot, err);
    return *answered ? LAZ_OK : s; /* a worker that is missing is started again by the next call */
}

static enum laz_status renew(struct laz_pool *pool, struct slot *slot, struct laz_error *err)
{
    laz_worker_end_drop(&slot->end);
    pool->counters.workers_renewed++;
    return start_worker(pool, slot, err);
}

/* An answer is believed only for the job that is first: workers answer in order. */
static enum laz_status take_verdict(struct laz_pool *pool, struct slot *slot, bool *answered,
                                    const struct laz_worker_answer *out, struct laz_error *err)
{
    struct job job;

    if (!slot->ready || slot->job_count == 0 || slot->jobs[0].id != out->job)
        return LAZ_DAMAGED;
    take_first(pool, slot, &job);
    drop_job(&job);
    slot->served++;
    *answered = true;
    if (slot->served >= JOBS_BEFORE_RENEWAL && slot->job_count == 0)
        laz_ignore(renew(pool, slot, err)); /* one that is missing is started by the next call */
    return LAZ_OK;
}

static enum laz_status take_hello(struct laz_pool *pool, struct slot *slot,
                                  const struct laz_worker_hello *hello)
{
    if (slot->ready)
        return LAZ_DAMAGED;
    slot->ready = true;
    pool->failed_starts = 0;
    pool->hello = *hello;
    send_all(pool, slot);
    return LAZ_OK;
}

/* Reads one message of one worker. */
static enum laz_status read_slot(struct laz_pool *pool, struct slot *slot, bool *answered,
                                 struct laz_worker_answer *out, struct laz_error *err)
{
    enum laz_status s = laz_worker_receive(slot->end.channel, out);

    *answered = false;
    if (s == LAZ_BUSY)
        return LAZ_OK;
    if (s == LAZ_OK) {
        switch (out->kind) {
        case LAZ_ANSWER_HELLO:
            s = take_hello(pool, slot, &out->hello);
            break;
        case LAZ_ANSWER_FAILED:
            return fail_database(pool, &out->error, err);
        case LAZ_ANSWER_SCAN:
            s = take_verdict(pool, slot, answered, out, err);
            break;
        case LAZ_ANSWER_COMPARE:
            s = LAZ_DAMAGED;
            break;
        }
    }
    return s == LAZ_OK ? LAZ_OK : replace(pool, slot, LAZ_REASON_WORKER_DIED, answered, out, err);
}

static bool has_open_jobs(const struct laz_pool *pool)
{
    for (uint32_t i = 0; i < pool->slot_count; i++)
        if (pool->slots[i].job_count > 0)
            return true;
    return false;
}

static bool slot_is_late(const struct slot *slot, int64_t now)
{
    return slot->end.channel >= 0 && (slot->job_count > 0 || !slot->ready) &&
           now >= slot->deadline_ms;
}

/* How long poll may sleep: until end_ms, or the first deadline of a worker. */
static int sleep_ms(const struct laz_pool *pool, int64_t end_ms)
{
    int64_t now = laz_monotonic_ms(), until = end_ms;

    for (uint32_t i = 0; i < pool->slot_count; i++) {
        const struct slot *slot = &pool->slots[i];

        if (slot->end.channel >= 0 && (slot->job_count > 0 || !slot->ready) &&
            slot->deadline_ms < until)
            until = slot->deadline_ms;
    }
    if (until <= now)
        return 0;
    return until - now > 60000 ? 60000 : (int)(until - now);
}

/* Those that are missing are started, those that are late are replaced. */
static enum laz_status mend(struct laz_pool *pool, bool *answered, struct laz_worker_answer *out,
                            struct laz_error *err)
{
    enum laz_status s = LAZ_OK;

    *answered = false;
    for (uint32_t i = 0; i < pool->slot_count && s == LAZ_OK && !*answered; i++) {
        struct slot *slot = &pool->slots[i];

        if (slot->end.channel < 0)
            s = start_worker(pool, slot, err);
        else if (slot_is_late(slot, laz_monotonic_ms()))
            s = replace(pool, slot, LAZ_REASON_TIMED_OUT, answered, out, err);
    }
    return s;
}

/* Waits once and reads what came, until there is an answer. */
static enum laz_status poll_once(struct laz_pool *pool, int64_t end_ms, bool *answered,
                                 struct laz_worker_answer *out, struct laz_error *err)
{
    struct pollfd polled[LAZ_POOL_WORKERS_MAX];
    enum laz_status s = LAZ_OK;

    *answered = false;
    for (uint32_t i = 0; i < pool->slot_count; i++)
        polled[i] = (struct pollfd){.fd = pool->slots[i].end.channel, .events = POLLIN};
    if (poll(polled, pool->slot_count, sleep_ms(pool, end_ms)) < 0)
        return errno == EINTR ? LAZ_OK : laz_fail_errno(err, "worker", "", "");
    for (uint32_t i = 0; i < pool->slot_count && s == LAZ_OK && !*answered; i++)
        if (polled[i].revents != 0)
            s = read_slot(pool, &pool->slots[i], answered, out, err);
    return s;
}

enum laz_status laz_pool_next(struct laz_pool *pool, int timeout_ms, struct laz_worker_answer *out,
                              struct laz_error *err)
{
    int64_t end_ms = timeout_ms < 0 ? INT64_MAX : laz_monotonic_ms() + timeout_ms;

    if (!has_open_jobs(pool))
        return LAZ_NOT_FOUND;
    for (;;) {
        bool answered;
        enum laz_status s = mend(pool, &answered, out, err);

        if (s == LAZ_OK && !answered)
            s = poll_once(pool, end_ms, &answered, out, err);
        if (s != LAZ_OK)
            return s;
        if (answered) {
            pool->counters.answered++;
            return LAZ_OK;
        }
        if (laz_monotonic_ms() >= end_ms)
            return LAZ_TIMEOUT;
    }
}

static struct slot *emptiest(struct laz_pool *pool)
{
    struct slot *best = &pool->slots[0];

    for (uint32_t i = 1; i < pool->slot_count; i++)
        if (pool->slots[i].job_count < best->job_count)
            best = &pool->slots[i];
    return best;
}

enum laz_status laz_pool_submit(struct laz_pool *pool, uint64_t job, int fd,
                                const struct laz_scan_limits *limits)
{
    struct slot *slot = emptiest(pool);
    int copy;

    if (slot->job_count == LAZ_POOL_QUEUE_MAX)
        return LAZ_BUSY;
    copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (copy < 0)
        return LAZ_IO;
    slot->jobs[slot->job_count++] = (struct job){job, copy, *limits};
    if (!slot->ready)
        return LAZ_OK; /* it is sent when the worker says hello */
    if (slot->job_count == 1)
        start_clock(pool, slot);
    /* A failure is seen again as a closed channel, by laz_pool_next. */
    laz_ignore(laz_worker_send_scan(slot->end.channel, job, copy, limits));
    return LAZ_OK;
}

static enum laz_status wait_for_first_hello(struct laz_pool *pool, struct laz_error *err)
{
    struct laz_worker_answer *answer = malloc(sizeof *answer);
    int64_t end_ms = laz_monotonic_ms() + START_MAX_MS;
    enum laz_status s = LAZ_OK;
    bool answered;

    if (answer == NULL)
        return laz_fail(err, LAZ_NOMEM, "worker", "", "no memory", "");
    while (s == LAZ_OK && !pool->slots[0].ready)
        s = laz_monotonic_ms() < end_ms
                ? poll_once(pool, end_ms, &answered, answer, err)
                : laz_fail(err, LAZ_TIMEOUT, "worker", "", "does not become ready", "");
    free(answer);
    return s;
}

enum laz_status laz_pool_new(const struct laz_pool_config *config, uint32_t count,
                             struct laz_pool **out, struct laz_error *err)
{
    LAZ_OWNED(laz_pool_drop) struct laz_pool *pool = NULL;
    enum laz_status s;

    LAZ_ASSERT(count > 0 && count <= LAZ_POOL_WORKERS_MAX);
    pool = calloc(1, sizeof *pool + count * sizeof *pool->slots);
    if (pool == NULL)
        return laz_fail(err, LAZ_NOMEM, "worker", "", "no memory", "");
    pool->config = *config;
    pool->slot_count = count;
    for (uint32_t i = 0; i < count; i++)
        pool->slots[i].end = (struct laz_worker_end){-1, {0, -1}};
    for (uint32_t i = 0; i < count; i++) {
        s = start_worker(pool, &pool->slots[i], err);
        if (s != LAZ_OK)
            return s;
    }
    s = wait_for_first_hello(pool, err);
    if (s != LAZ_OK)
        return s;
    *out = laz_move(pool);
    return LAZ_OK;
}

void laz_pool_free(struct laz_pool *pool)
{
    if (pool == NULL)
        return;
    for (uint32_t i = 0; i < pool->slot_count; i++) {
        laz_worker_end_drop(&pool->slots[i].end);
        for (uint32_t j = 0; j < pool->slots[i].job_count; j++)
            drop_job(&pool->slots[i].jobs[j]);
    }
    free(pool);
}

void laz_pool_drop(struct laz_pool **pool)
{
    laz_pool_free(*pool);
    *pool = NULL;
}

const struct laz_worker_hello *laz_pool_hello(const struct laz_pool *pool)
{
    return &pool->hello;
}

void laz_pool_counters_get(const struct laz_pool *pool, struct laz_pool_counters *out)
{
    *out = pool->counters;
}

int laz_pool_worker_pid(const struct laz_pool *pool, uint32_t i)
{
    LAZ_ASSERT(i < pool->slot_count);
    return pool->slots[i].end.channel < 0 ? 0 : pool->slots[i].end.child.pid;
}
