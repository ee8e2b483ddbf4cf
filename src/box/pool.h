/* pool.h - several workers with one queue. Each job is answered exactly once, whatever happens to
 * the workers: one that dies costs the job it was at, and another takes its place. */
#ifndef LAZ_BOX_POOL_H
#define LAZ_BOX_POOL_H

#include "box/worker.h"

struct laz_pool;

struct laz_pool_config {
    struct laz_worker_config worker;
    uint32_t wall_max_ms;  /* of one job, after which its worker is killed; 0: three times the job's
                              own limit and 5 s more */
    const char *crash_dir; /* where inputs that killed a worker are kept; NULL: nowhere */
};

#define LAZ_POOL_WORKERS_MAX 64u
#define LAZ_POOL_QUEUE_MAX   4u /* jobs that wait in one worker */

/* Starts count workers and waits until the first is sealed, so that a database that nobody can read
 * is known now. config is copied; its texts are borrowed for the pool's life. */
LAZ_CHECKED enum laz_status laz_pool_new(const struct laz_pool_config *config, uint32_t count,
                                         struct laz_pool **out, struct laz_error *err);
void laz_pool_free(struct laz_pool *pool); /* kills the workers; jobs not answered are forgotten */
void laz_pool_drop(struct laz_pool **pool);

/* What the first worker said of its box and database. */
const struct laz_worker_hello *laz_pool_hello(const struct laz_pool *pool);

/* Takes a duplicate of fd. LAZ_BUSY when all queues are full: call laz_pool_next first. */
LAZ_CHECKED enum laz_status laz_pool_submit(struct laz_pool *pool, uint64_t job, int fd,
                                            const struct laz_scan_limits *limits);

/* The next answer, in no order: a scan's, never another kind. LAZ_NOT_FOUND when no job is open,
 * LAZ_TIMEOUT after timeout_ms (negative: never). Any other status: no worker can be started, err
 * says why, and the open jobs stay open. */
LAZ_CHECKED enum laz_status laz_pool_next(struct laz_pool *pool, int timeout_ms,
                                          struct laz_worker_answer *out, struct laz_error *err);

struct laz_pool_counters {
    uint64_t answered, workers_died, workers_timed_out, workers_renewed;
};
void laz_pool_counters_get(const struct laz_pool *pool, struct laz_pool_counters *out);
/* The process number of worker i (below the pool's count), or 0: for tests and status. */
int laz_pool_worker_pid(const struct laz_pool *pool, uint32_t i);

#endif
