/* loop.h - one thread waits for many descriptors, timers and signals, and calls a function for each
 * that is ready. */
#ifndef LAZ_SYS_LOOP_H
#define LAZ_SYS_LOOP_H

#include <sys/queue.h>

#include "base/status.h"

#define LAZ_LOOP_SOURCES_MAX 64

/* What a source waits for and what it got; LAZ_LOOP_HANGUP comes unasked. */
enum laz_loop_events { LAZ_LOOP_READ = 1, LAZ_LOOP_WRITE = 2, LAZ_LOOP_HANGUP = 4 };

typedef void laz_loop_fn(void *context, unsigned events);
typedef void laz_loop_timer_fn(void *context);
typedef void laz_loop_signal_fn(void *context, int signal_number);

struct laz_loop;

/* The caller's memory; it must not move while it is set. */
struct laz_timer {
    laz_loop_timer_fn *fn;
    void *context;
    int64_t due_ms; /* monotonic */
    bool set;
    TAILQ_ENTRY(laz_timer) entry;
};

LAZ_CHECKED enum laz_status laz_loop_new(struct laz_loop **out, struct laz_error *err);
void laz_loop_free(struct laz_loop *loop);
void laz_loop_drop(struct laz_loop **loop);

/* The descriptor stays the caller's, who removes it before closing it. LAZ_LIMIT when there are
 * LAZ_LOOP_SOURCES_MAX already. */
LAZ_CHECKED enum laz_status laz_loop_add(struct laz_loop *loop, int fd, unsigned events,
                                         laz_loop_fn *fn, void *context, struct laz_error *err);
/* Changes what an added descriptor waits for. */
void laz_loop_want(struct laz_loop *loop, int fd, unsigned events);
/* Accepts one that was not added. Its function is not called any more, also for what was ready. */
void laz_loop_remove(struct laz_loop *loop, int fd);

/* Sets (again) a timer whose fn and context are filled in; it fires once. */
void laz_loop_after(struct laz_loop *loop, struct laz_timer *timer, int64_t delay_ms);
void laz_loop_cancel(struct laz_loop *loop, struct laz_timer *timer);

/* Blocks the signals (ends with 0) in this process and calls fn for each. Once per loop. */
LAZ_CHECKED enum laz_status laz_loop_signals(struct laz_loop *loop, const int *signals,
                                             laz_loop_signal_fn *fn, void *context,
                                             struct laz_error *err);

/* Until laz_loop_stop. */
void laz_loop_run(struct laz_loop *loop);
void laz_loop_stop(struct laz_loop *loop);

#endif
