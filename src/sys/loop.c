#include "sys/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/fd.h"

#define BATCH       32
#define WAIT_MAX_MS 60000

struct source {
    int fd; /* -1: free */
    uint32_t generation;
    laz_loop_fn *fn;
    void *context;
};

struct laz_loop {
    int epoll, signals;
    bool stopping;
    struct source sources[LAZ_LOOP_SOURCES_MAX];
    TAILQ_HEAD(, laz_timer) timers; /* the next one first */
    laz_loop_signal_fn *on_signal;
    void *signal_context;
};

enum laz_status laz_loop_new(struct laz_loop **out, struct laz_error *err)
{
    struct laz_loop *loop = calloc(1, sizeof *loop);

    if (loop == NULL)
        return laz_fail(err, LAZ_NOMEM, "loop", "", "no memory", "");
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->signals = -1;
    if (loop->epoll < 0) {
        free(loop);
        return laz_fail_errno(err, "loop", "", "raise the limit of open files");
    }
    for (size_t i = 0; i < LAZ_LOOP_SOURCES_MAX; i++)
        loop->sources[i].fd = -1;
    TAILQ_INIT(&loop->timers);
    *out = loop;
    return LAZ_OK;
}

void laz_loop_free(struct laz_loop *loop)
{
    if (loop == NULL)
        return;
    laz_fd_drop(&loop->signals);
    laz_fd_drop(&loop->epoll);
    free(loop);
}

void laz_loop_drop(struct laz_loop **loop)
{
    laz_loop_free(*loop);
    *loop = NULL;
}

static size_t find_source(const struct laz_loop *loop, int fd)
{
    size_t i = 0;

    while (i < LAZ_LOOP_SOURCES_MAX && loop->sources[i].fd != fd)
        i++;
    return i;
}

/* The generation tells a source from a later one in the same place. */
static struct epoll_event event_of(const struct laz_loop *loop, size_t i, unsigned events)
{
    struct epoll_event e = {.data.u64 = (uint64_t)loop->sources[i].generation << 32 | i};

    e.events = ((events & LAZ_LOOP_READ) != 0 ? (uint32_t)EPOLLIN : 0) |
               ((events & LAZ_LOOP_WRITE) != 0 ? (uint32_t)EPOLLOUT : 0);
    return e;
}

enum laz_status laz_loop_add(struct laz_loop *loop, int fd, unsigned events, laz_loop_fn *fn,
                             void *context, struct laz_error *err)
{
    size_t i = find_source(loop, -1);
    struct epoll_event e;

    LAZ_ASSERT(fd >= 0 && find_source(loop, fd) == LAZ_LOOP_SOURCES_MAX);
    if (i == LAZ_LOOP_SOURCES_MAX)
        return laz_fail(err, LAZ_LIMIT, "loop", "", "too many descriptors", "");
    loop->sources[i] = (struct source){fd, loop->sources[i].generation + 1, fn, context};
    e = event_of(loop, i, events);
    if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &e) == 0)
        return LAZ_OK;
    loop->sources[i].fd = -1;
    return laz_fail_errno(err, "loop", "", "");
}

void laz_loop_want(struct laz_loop *loop, int fd, unsigned events)
{
    size_t i = find_source(loop, fd);
    struct epoll_event e;

    LAZ_ASSERT(i < LAZ_LOOP_SOURCES_MAX);
    e = event_of(loop, i, events);
    LAZ_ASSERT(epoll_ctl(loop->epoll, EPOLL_CTL_MOD, fd, &e) == 0);
}

void laz_loop_remove(struct laz_loop *loop, int fd)
{
    size_t i = find_source(loop, fd);

    if (fd < 0 || i == LAZ_LOOP_SOURCES_MAX)
        return;
    laz_ignore(epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, NULL) != 0); /* gone either way */
    loop->sources[i].fd = -1;
}

void laz_loop_after(struct laz_loop *loop, struct laz_timer *timer, int64_t delay_ms)
{
    struct laz_timer *other;

    laz_loop_cancel(loop, timer);
    timer->due_ms = laz_monotonic_ms() + delay_ms;
    timer->set = true;
    TAILQ_FOREACH(other, &loop->timers, entry)
    if (other->due_ms > timer->due_ms)
        break;
    if (other != NULL)
        TAILQ_INSERT_BEFORE(other, timer, entry);
    else
        TAILQ_INSERT_TAIL(&loop->timers, timer, entry);
}

void laz_loop_cancel(struct laz_loop *loop, struct laz_timer *timer)
{
    if (timer->set)
        TAILQ_REMOVE(&loop->timers, timer, entry);
    timer->set = false;
}

static void read_signals(void *context, unsigned events)
{
    struct laz_loop *loop = context;
    struct signalfd_siginfo info;

    while (read(loop->signals, &info, sizeof info) == (ssize_t)sizeof info)
        loop->on_signal(loop->signal_context, (int)info.ssi_signo);
}

enum laz_status laz_loop_signals(struct laz_loop *loop, const int *signals, laz_loop_signal_fn *fn,
                                 void *context, struct laz_error *err)
{
    sigset_t set;

    LAZ_ASSERT(loop->signals < 0);
    sigemptyset(&set);
    for (size_t i = 0; signals[i] != 0; i++)
        sigaddset(&set, signals[i]);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return laz_fail_errno(err, "loop", "signals", "");
    loop->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (loop->signals < 0)
        return laz_fail_errno(err, "loop", "signals", "");
    loop->on_signal = fn;
    loop->signal_context = context;
    return laz_loop_add(loop, loop->signals, LAZ_LOOP_READ, read_signals, loop, err);
}

static void run_timers(struct laz_loop *loop)
{
    int64_t now = laz_monotonic_ms();
    struct laz_timer *timer;

    while (!loop->stopping && (timer = TAILQ_FIRST(&loop->timers)) != NULL &&
           timer->due_ms <= now) {
        laz_loop_cancel(loop, timer);
        timer->fn(timer->context);
    }
}

static int wait_ms(const struct laz_loop *loop)
{
    const struct laz_timer *timer = TAILQ_FIRST(&loop->timers);
    int64_t left;

    if (timer == NULL)
        return WAIT_MAX_MS;
    left = timer->due_ms - laz_monotonic_ms();
    return left < 0 ? 0 : left > WAIT_MAX_MS ? WAIT_MAX_MS : (int)left;
}

static void dispatch(struct laz_loop *loop, const struct epoll_event *e)
{
    struct source *s = &loop->sources[e->data.u64 & 0xffffffffu];
    unsigned events = ((e->events & EPOLLIN) != 0 ? (unsigned)LAZ_LOOP_READ : 0) |
                      ((e->events & EPOLLOUT) != 0 ? (unsigned)LAZ_LOOP_WRITE : 0) |
                      ((e->events & (EPOLLHUP | EPOLLERR)) != 0 ? (unsigned)LAZ_LOOP_HANGUP : 0);

    if (s->fd >= 0 && s->generation == (uint32_t)(e->data.u64 >> 32))
        s->fn(s->context, events);
}

void laz_loop_run(struct laz_loop *loop)
{
    struct epoll_event ready[BATCH];

    while (!loop->stopping) {
        int n = epoll_wait(loop->epoll, ready, BATCH, wait_ms(loop));

        LAZ_ASSERT(n >= 0 || errno == EINTR);
        for (int i = 0; i < n && !loop->stopping; i++)
            dispatch(loop, &ready[i]);
        run_timers(loop);
    }
}

void laz_loop_stop(struct laz_loop *loop)
{
    loop->stopping = true;
}
