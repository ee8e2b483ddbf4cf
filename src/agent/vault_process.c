#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "agent/vault.h"
#include "sys/channel.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/log.h"
#include "wire/vault_message.h"

#define TIDY_MS   30000
#define PATHS_MAX 64
#define LATER_MAX 64

/* The process: it answers one request after the other. */
struct run {
    struct laz_vault *vault;
    int channel;
    struct laz_buf in, out;
    struct laz_buf later[LATER_MAX]; /* requests that wait for the end of a rollback */
    size_t later_count;
    bool closed;        /* the other side is gone, or cannot be understood */
    int flush, flushed; /* eventfds to and from the thread that flushes; -1: none */
    bool flushing;
    int64_t sync_at_ms, tidy_at_ms; /* monotonic; sync_at_ms 0: nothing to flush */
};

/* Waits until the channel takes it: answers are never dropped. */
static void send_message(struct run *r, const struct laz_vault_message *m, const int *fd)
{
    enum laz_status s;

    laz_buf_reset(&r->out);
    s = laz_vault_message_write(m, &r->out);
    LAZ_ASSERT(s == LAZ_OK);
    do {
        struct pollfd ready = {.fd = r->channel, .events = POLLOUT};

        s = laz_channel_send(r->channel, laz_buf_view(&r->out), fd, fd == NULL ? 0 : 1);
        if (s == LAZ_BUSY)
            laz_ignore(poll(&ready, 1, 1000) < 0); /* asked again in any case */
    } while (s == LAZ_BUSY);
    if (s != LAZ_OK)
        r->closed = true;
}

static void answer_keep(struct run *r, const struct laz_vault_file_message *m, int fd)
{
    struct laz_vault_kept kept = {0};
    struct laz_error err = {0};
    enum laz_status s =
        fd < 0 ? LAZ_INVALID : laz_vault_keep(r->vault, m->actor, fd, m->path, &kept, &err);
    struct laz_vault_message answer = {.kind = LAZ_VAULT_KEPT,
                                       .kept = {m->job, s, kept.shared, kept.bytes}};

    send_message(r, &answer, NULL); /* before anything else: an open is held */
    if (s != LAZ_OK && fd >= 0)
        laz_log(LAZ_WARN, "vault.refused", "status=%s why=%s", laz_status_name(s), err.why);
}

static void answer_open(struct run *r, const struct laz_vault_file_message *m, int fd)
{
    LAZ_OWNED(laz_fd_drop) int old = -1;
    enum laz_status s = laz_vault_open_old(r->vault, m->actor, m->path, fd, &old);
    struct laz_vault_message answer = {.kind = LAZ_VAULT_OPENED, .job = {m->job, s}};

    send_message(r, &answer, s == LAZ_OK ? &old : NULL);
}

struct rolling {
    struct run *run;
    uint64_t job;
};

static void send_report(void *context, const struct laz_vault_report *report)
{
    struct rolling *rolling = context;
    bool failed = report->outcome == LAZ_VAULT_FAILED;
    struct laz_vault_message m = {.kind = report->outcome == LAZ_VAULT_MADE ? LAZ_VAULT_LEFT
                                                                            : LAZ_VAULT_RESTORED,
                                  .restored = {.job = rolling->job,
                                               .status = failed ? report->err->status : LAZ_OK,
                                               .unchanged = report->outcome == LAZ_VAULT_UNCHANGED,
                                               .bytes = report->bytes,
                                               .path = report->path,
                                               .why = laz_view_of(failed ? report->err->why : "")}};

    send_message(rolling->run, &m, NULL);
}

static void serve_urgent(void *context);

static enum laz_status roll_back(struct run *r, struct laz_view actor, uint64_t job)
{
    struct rolling rolling = {r, job};
    struct laz_vault_listener listener = {send_report, serve_urgent, &rolling};
    struct laz_vault_rollback done = {0};
    struct laz_error err = {0};
    enum laz_status s = laz_vault_roll_back(r->vault, actor, &listener, &done, &err);
    struct laz_vault_message m = {
        .kind = LAZ_VAULT_ROLLED_BACK,
        .rolled_back = {job, s, done.restored, done.failed, done.left, done.bytes}};

    send_message(r, &m, NULL);
    laz_log(LAZ_INFO, "vault.rolled_back", "status=%s restored=%u failed=%u", laz_status_name(s),
            done.restored, done.failed);
    return s;
}

/* A person may be waiting for files that a crash kept from coming back. One that fails again is not
 * tried for ever: it is asked for. */
static void finish_interrupted(struct run *r)
{
    char key[LAZ_VAULT_ACTOR_MAX];
    struct laz_view actor;

    while (!r->closed && laz_vault_next_interrupted(r->vault, &actor)) {
        struct laz_vault_message m = {.kind = LAZ_VAULT_SUSPECT, .actor = {.on = true}};

        LAZ_ASSERT(actor.len <= sizeof key);
        memcpy(key, actor.data, actor.len);
        m.actor.actor = laz_view_from(key, actor.len);
        send_message(r, &m, NULL);
        if (roll_back(r, m.actor.actor, 0) != LAZ_OK)
            return;
    }
}

struct listing {
    struct run *run;
    uint64_t job;
};

static bool send_entry(void *context, const struct laz_vault_entry *e)
{
    struct listing *listing = context;
    struct laz_vault_message m = {.kind = LAZ_VAULT_ENTRY,
                                  .entry = {.job = listing->job,
                                            .id = e->id,
                                            .size = e->size,
                                            .kept_ms = e->kept_ms,
                                            .suspect = e->suspect,
                                            .actor = e->actor,
                                            .path = e->path}};

    send_message(listing->run, &m, NULL);
    return !listing->run->closed;
}

static void answer_list(struct run *r, uint64_t job)
{
    struct listing listing = {r, job};
    struct laz_vault_message m = {.kind = LAZ_VAULT_LISTED, .job = {job, LAZ_OK}};

    laz_vault_list(r->vault, send_entry, &listing);
    send_message(r, &m, NULL);
}

static void answer_state(struct run *r, uint64_t job)
{
    struct laz_vault_message m = {.kind = LAZ_VAULT_STATED, .stated = {.job = job}};
    struct laz_vault_state state;

    laz_vault_state(r->vault, &state);
    m.stated = (struct laz_vault_stated_message){.job = job,
                                                 .actors = state.actors,
                                                 .entries = state.entries,
                                                 .bytes = state.bytes,
                                                 .bytes_max = state.bytes_max,
                                                 .kept = state.kept,
                                                 .shared = state.shared,
                                                 .refused = state.refused,
                                                 .evicted = state.evicted,
                                                 .damaged = state.damaged};
    send_message(r, &m, NULL);
}

static void log_note(enum laz_status s, const char *what)
{
    if (s != LAZ_OK)
        laz_log(LAZ_WARN, "vault.note", "what=%s status=%s", what, laz_status_name(s));
}

/* An answer instead of a request ends the process like any message that breaks the form. */
static void answer(struct run *r, const struct laz_vault_message *m, int fd)
{
    const struct laz_vault_renamed_message *renamed = &m->renamed;

    switch (m->kind) {
    case LAZ_VAULT_KEEP:
        answer_keep(r, &m->file, fd);
        break;
    case LAZ_VAULT_OPEN:
        answer_open(r, &m->file, fd);
        break;
    case LAZ_VAULT_RENAMED:
        log_note(laz_vault_renamed(r->vault, renamed->actor, renamed->old_path, renamed->new_path,
                                   renamed->device, renamed->inode),
                 "renamed");
        break;
    case LAZ_VAULT_CREATED:
        log_note(laz_vault_created(r->vault, m->actor.actor, m->actor.path), "created");
        break;
    case LAZ_VAULT_SUSPECT:
        log_note(laz_vault_suspect(r->vault, m->actor.actor, m->actor.on), "suspect");
        break;
    case LAZ_VAULT_FORGET:
        log_note(laz_vault_forget(r->vault, m->actor.actor), "forget");
        break;
    case LAZ_VAULT_ROLLBACK:
        laz_ignore(roll_back(r, m->actor.actor, m->actor.job)); /* its answer says it */
        break;
    case LAZ_VAULT_LIST:
        answer_list(r, m->job.job);
        break;
    case LAZ_VAULT_STATE:
        answer_state(r, m->job.job);
        break;
    case LAZ_VAULT_KEPT:
    case LAZ_VAULT_RESTORED:
    case LAZ_VAULT_LEFT:
    case LAZ_VAULT_ROLLED_BACK:
    case LAZ_VAULT_OPENED:
    case LAZ_VAULT_ENTRY:
    case LAZ_VAULT_LISTED:
    case LAZ_VAULT_STATED:
        r->closed = true;
        break;
    }
}

/* Takes one request. False when there is none: then the channel is empty or closed. */
static bool receive(struct run *r, struct laz_vault_message *m, int *fd)
{
    int fds[1];
    size_t count = 1;
    enum laz_status s = laz_channel_receive(r->channel, &r->in, fds, &count);

    if (s == LAZ_BUSY)
        return false;
    if (s == LAZ_OK && count == 1)
        *fd = fds[0];
    if (s == LAZ_OK)
        s = laz_vault_message_read(laz_buf_view(&r->in), m);
    if (s == LAZ_OK)
        return true;
    if (s != LAZ_CLOSED)
        laz_log(LAZ_ERROR, "vault.channel", "status=%s", laz_status_name(s));
    r->closed = true;
    return false;
}

static void serve_one(struct run *r)
{
    LAZ_OWNED(laz_fd_drop) int fd = -1;
    struct laz_vault_message m;

    if (receive(r, &m, &fd))
        answer(r, &m, fd);
}

/* What may not happen during a rollback: it would take away what the rollback works on. */
static bool must_wait(enum laz_vault_message_kind kind)
{
    return kind == LAZ_VAULT_FORGET || kind == LAZ_VAULT_ROLLBACK || kind == LAZ_VAULT_LIST;
}

static void put_off(struct run *r)
{
    struct laz_buf *b = &r->later[r->later_count];

    laz_buf_init(b, LAZ_VAULT_MESSAGE_MAX);
    if (laz_buf_add(b, laz_buf_view(&r->in)) == LAZ_OK)
        r->later_count++;
    else
        laz_log(LAZ_ERROR, "vault.memory", "a request is lost");
}

/* Between two files of a rollback: the first writes of others are held until they are answered. */
static void serve_urgent(void *context)
{
    struct run *r = ((struct rolling *)context)->run;
    struct pollfd ready = {.fd = r->channel, .events = POLLIN};

    while (!r->closed && r->later_count < LATER_MAX && poll(&ready, 1, 0) == 1) {
        LAZ_OWNED(laz_fd_drop) int fd = -1;
        struct laz_vault_message m;

        if (!receive(r, &m, &fd))
            return;
        if (must_wait(m.kind))
            put_off(r);
        else
            answer(r, &m, fd);
    }
}

/* In the order in which they came; one of them may put off others, which come behind. */
static void serve_later(struct run *r)
{
    while (r->later_count > 0 && !r->closed) {
        LAZ_OWNED(laz_buf_drop) struct laz_buf first = r->later[0];
        struct laz_vault_message m;

        r->later_count--;
        memmove(r->later, r->later + 1, r->later_count * sizeof *r->later);
        if (laz_vault_message_read(laz_buf_view(&first), &m) == LAZ_OK)
            answer(r, &m, -1);
    }
}

static void clear_later(struct run *r)
{
    while (r->later_count > 0)
        laz_buf_clear(&r->later[--r->later_count]);
}

/* What the flushing thread shares with the process: three descriptors that never change. A flush of
 * the file system takes as long as the disk needs; no first write may wait for it. */
struct flusher {
    int dir, flush, flushed;
};

static void *flush_for_ever(void *context)
{
    struct flusher f = *(struct flusher *)context;
    uint64_t n;

    free(context);
    for (;;) {
        ssize_t got = read(f.flush, &n, sizeof n);

        if (got < 0 && errno == EINTR)
            continue;
        if (got != (ssize_t)sizeof n)
            return NULL;
        n = syncfs(f.dir) == 0 ? 1 : 2; /* 2: the disk failed */
        if (write(f.flushed, &n, sizeof n) != (ssize_t)sizeof n)
            return NULL;
    }
}

/* The thread's own things, or NULL. */
static struct flusher *make_flusher(const struct run *r, const char *dir)
{
    struct flusher *f = malloc(sizeof *f);

    if (f == NULL)
        return NULL;
    *f = (struct flusher){laz_open_dir(dir), r->flush, r->flushed};
    if (f->dir >= 0 && f->flush >= 0 && f->flushed >= 0)
        return f;
    laz_fd_drop(&f->dir);
    free(f);
    return NULL;
}

/* Where it cannot be started, the process flushes by itself. */
static void start_flusher(struct run *r, const char *dir)
{
    struct flusher *f;
    pthread_t thread;

    r->flush = eventfd(0, EFD_CLOEXEC);
    r->flushed = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    f = make_flusher(r, dir);
    if (f != NULL && pthread_create(&thread, NULL, flush_for_ever, f) == 0) {
        laz_ignore(pthread_detach(thread)); /* it ends with the process */
        return;
    }
    if (f != NULL)
        laz_fd_drop(&f->dir);
    free(f);
    laz_fd_drop(&r->flush);
    laz_fd_drop(&r->flushed);
}

static void see_flushed(struct run *r)
{
    uint64_t n;

    if (read(r->flushed, &n, sizeof n) != (ssize_t)sizeof n)
        return;
    r->flushing = false;
    if (n != 1)
        laz_log(LAZ_ERROR, "vault.flush", "the disk did not take what was kept");
}

static void flush(struct run *r)
{
    uint64_t one = 1;
    struct laz_error err;

    r->sync_at_ms = 0;
    if (r->flush < 0) {
        if (laz_vault_sync(r->vault, &err) != LAZ_OK)
            laz_log_error(LAZ_ERROR, "vault.flush", &err);
        return;
    }
    laz_vault_set_clean(r->vault);
    r->flushing = write(r->flush, &one, sizeof one) == (ssize_t)sizeof one;
}

static void do_what_is_due(struct run *r)
{
    int64_t now = laz_monotonic_ms();
    struct laz_error err;

    if (r->sync_at_ms == 0 && laz_vault_is_dirty(r->vault))
        r->sync_at_ms = now + LAZ_VAULT_SYNC_MS / 2; /* and the flush itself takes time */
    if (r->sync_at_ms != 0 && now >= r->sync_at_ms && !r->flushing)
        flush(r);
    if (now < r->tidy_at_ms)
        return;
    r->tidy_at_ms = now + TIDY_MS;
    if (laz_vault_tidy(r->vault, laz_now_ms(), &err) != LAZ_OK)
        laz_log_error(LAZ_WARN, "vault.tidy", &err);
}

static int next_due_ms(const struct run *r)
{
    int64_t now = laz_monotonic_ms(), due = r->tidy_at_ms;

    if (r->sync_at_ms != 0 && !r->flushing && r->sync_at_ms < due)
        due = r->sync_at_ms;
    return due <= now ? 0 : (int)(due - now);
}

static void loop(struct run *r)
{
    while (!r->closed) {
        struct pollfd ready[2] = {{.fd = r->channel, .events = POLLIN},
                                  {.fd = r->flushed, .events = POLLIN}};

        do_what_is_due(r);
        if (poll(ready, 2, next_due_ms(r)) < 0)
            continue; /* a signal */
        if (ready[1].revents != 0)
            see_flushed(r);
        if (ready[0].revents != 0)
            serve_one(r);
        serve_later(r);
    }
}

static enum laz_status seal(const char *dir, const struct laz_vault_limits *limits,
                            struct laz_error *err)
{
    struct laz_sandbox_path paths[PATHS_MAX + 1];
    struct laz_sandbox sandbox = {.profile = LAZ_SANDBOX_VAULT, .paths = paths};

    if (limits == NULL || limits->paths == NULL)
        return LAZ_OK;
    if (limits->path_count > PATHS_MAX)
        return laz_fail(err, LAZ_LIMIT, "vault", dir, "there are too many guarded folders",
                        "guard a folder above them");
    memcpy(paths, limits->paths, limits->path_count * sizeof *paths);
    paths[limits->path_count] = (struct laz_sandbox_path){dir, true};
    sandbox.path_count = limits->path_count + 1;
    return laz_sandbox_enter(&sandbox, NULL, err);
}

int laz_vault_run(int channel, const char *dir, const struct laz_vault_limits *limits)
{
    struct run r = {.channel = channel, .flush = -1, .flushed = -1};
    struct laz_error err;
    enum laz_status s = laz_vault_open(dir, LAZ_VAULT_WRITE, limits, &r.vault, &err);

    if (s == LAZ_OK)
        s = seal(dir, limits, &err);
    if (s != LAZ_OK) {
        laz_log_error(LAZ_ERROR, "vault.start", &err);
        laz_vault_drop(&r.vault);
        return 1;
    }
    laz_buf_init(&r.in, LAZ_VAULT_MESSAGE_MAX);
    laz_buf_init(&r.out, LAZ_VAULT_MESSAGE_MAX);
    laz_ignore(setpriority(PRIO_PROCESS, 0, -5) !=
               0); /* opens wait for it; without root, as it is */
    start_flusher(&r, dir);
    r.tidy_at_ms = laz_monotonic_ms() + TIDY_MS;
    finish_interrupted(&r);
    serve_later(&r);
    loop(&r);
    clear_later(&r);
    if (laz_vault_is_dirty(r.vault) && laz_vault_sync(r.vault, &err) != LAZ_OK)
        laz_log_error(LAZ_ERROR, "vault.flush", &err);
    laz_buf_clear(&r.in);
    laz_buf_clear(&r.out);
    laz_vault_drop(&r.vault);
    return 0;
}
