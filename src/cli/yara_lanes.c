#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "box/worker.h"
#include "cli/yara.h"
#include "rules/external.h"
#include "sys/channel.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "wire/yara_message.h"

#define LANES_MAX    32u /* as many as yara has threads */
#define JOBS_MAX     (4 * LANES_MAX)
#define JOB_OUT_MAX  ((size_t)(GIB))
#define WORKER_BYTES (GIB)

/* A file that was taken and not yet printed. */
struct job {
    char *path;
    struct laz_buf out;
    uint64_t rule_count;
    enum laz_status status;
    bool is_done;
};

struct lane {
    struct laz_worker_end end;
    bool is_open, is_busy;
    uint64_t job; /* its number */
    int64_t deadline_ms;
};

struct laz_yara_lanes {
    const struct laz_yara_options *options;
    const struct laz_yara_rules *rules;
    struct lane lanes[LANES_MAX];
    uint32_t count;
    struct job jobs[JOBS_MAX]; /* by number, round and round */
    uint64_t first, next;      /* numbers of those that are open */
    uint64_t rules_shown;
    bool failed; /* of some file */
    struct laz_buf in, out;
};

static enum laz_status send(struct laz_yara_lanes *l, struct lane *lane,
                            const struct laz_yara_message *m, int fd)
{
    enum laz_status s;

    laz_buf_reset(&l->out);
    s = laz_yara_message_write(m, &l->out);
    return s == LAZ_OK
               ? laz_channel_send(lane->end.channel, laz_buf_view(&l->out), &fd, fd < 0 ? 0 : 1)
               : s;
}

static enum laz_status send_texts(struct laz_yara_lanes *l, struct lane *lane,
                                  enum laz_yara_message_kind kind,
                                  const struct laz_yara_texts *texts)
{
    enum laz_status s = LAZ_OK;

    for (size_t i = 0; s == LAZ_OK && i < texts->count; i++) {
        struct laz_yara_message m = {.kind = kind, .text = laz_view_of(texts->items[i])};

        s = send(l, lane, &m, -1);
    }
    return s;
}

static enum laz_status send_define(struct laz_yara_lanes *l, struct lane *lane, const char *text)
{
    struct laz_yara_message m = {.kind = LAZ_YARA_EXTERNAL};
    struct laz_external e;

    if (!laz_external_parse(laz_view_of(text), &e))
        return LAZ_OK; /* the compiler said so */
    m.text = e.name;
    if (e.kind == LAZ_EXTERNAL_TEXT) {
        m.status = LAZ_VALUE_TEXT;
        m.second = e.text;
    } else if (e.kind == LAZ_EXTERNAL_REAL) {
        m.status = LAZ_VALUE_REAL;
        memcpy(&m.number, &e.real, sizeof m.number);
    } else {
        m.status = LAZ_VALUE_NUMBER;
        m.number = (uint64_t)e.number;
    }
    return send(l, lane, &m, -1);
}

static enum laz_status send_report(struct laz_yara_lanes *l, struct lane *lane)
{
    struct laz_yara_message m = {.kind = LAZ_YARA_REPORT};
    LAZ_OWNED(laz_fd_drop) int fd = -1;

    if (l->options->report == NULL)
        return LAZ_OK;
    fd = laz_open_read(l->options->report);
    return fd < 0 ? LAZ_NOT_FOUND : send(l, lane, &m, fd);
}

static enum laz_status set_up(struct laz_yara_lanes *l, struct lane *lane)
{
    const struct laz_yara_options *o = l->options;
    struct laz_yara_message show = {.kind = LAZ_YARA_SHOW,
                                    .number = o->show,
                                    .text =
                                        laz_view_from(l->rules->imports, l->rules->import_count)};
    enum laz_status s = send(l, lane, &show, -1);

    if (s == LAZ_OK)
        s = send_texts(l, lane, LAZ_YARA_TAG, &o->tags);
    if (s == LAZ_OK)
        s = send_texts(l, lane, LAZ_YARA_IDENTIFIER, &o->identifiers);
    for (size_t i = 0; s == LAZ_OK && i < o->defines.count; i++)
        s = send_define(l, lane, o->defines.items[i]);
    return s == LAZ_OK ? send_report(l, lane) : s;
}

static enum laz_status open_lane(struct laz_yara_lanes *l, struct lane *lane, struct laz_error *err)
{
    struct laz_worker_config config = {.db_fd = l->rules->db_fd,
                                       .is_yara = true,
                                       .drop_identity = true,
                                       .memory_max = WORKER_BYTES};
    enum laz_status s = laz_worker_spawn(&config, &lane->end, err);

    if (s != LAZ_OK)
        return s;
    lane->is_open = true;
    s = set_up(l, lane);
    if (s == LAZ_NOT_FOUND)
        return laz_fail_errno(err, "module data", l->options->report, "");
    return s == LAZ_OK ? LAZ_OK
                       : laz_fail(err, s, "worker", "", "could not be told what to do", "");
}

static void close_lane(struct lane *lane)
{
    if (lane->is_open)
        laz_worker_end_drop(&lane->end);
    lane->is_open = lane->is_busy = false;
}

enum laz_status laz_yara_lanes_new(const struct laz_yara_options *options,
                                   const struct laz_yara_rules *rules, uint32_t count,
                                   struct laz_yara_lanes **out, struct laz_error *err)
{
    LAZ_OWNED(laz_yara_lanes_drop) struct laz_yara_lanes *l = calloc(1, sizeof *l);
    enum laz_status s;

    if (l == NULL)
        return laz_fail(err, LAZ_NOMEM, "yara", "", "no memory", "");
    l->options = options;
    l->rules = rules;
    l->count = count < LANES_MAX ? count : LANES_MAX;
    laz_buf_init(&l->in, LAZ_YARA_MESSAGE_MAX);
    laz_buf_init(&l->out, LAZ_YARA_MESSAGE_MAX);
    s = open_lane(l, &l->lanes[0], err); /* the others when they are needed */
    if (s != LAZ_OK)
        return s;
    *out = laz_move(l);
    return LAZ_OK;
}

void laz_yara_lanes_free(struct laz_yara_lanes *l)
{
    if (l == NULL)
        return;
    for (uint32_t i = 0; i < l->count; i++)
        close_lane(&l->lanes[i]);
    for (size_t i = 0; i < JOBS_MAX; i++) {
        free(l->jobs[i].path);
        laz_buf_clear(&l->jobs[i].out);
    }
    laz_buf_clear(&l->in);
    laz_buf_clear(&l->out);
    free(l);
}

void laz_yara_lanes_drop(struct laz_yara_lanes **l)
{
    laz_yara_lanes_free(*l);
    *l = NULL;
}

static struct job *job_at(struct laz_yara_lanes *l, uint64_t number)
{
    return &l->jobs[number % JOBS_MAX];
}

static const char *reason(enum laz_status s)
{
    switch (s) {
    case LAZ_TIMEOUT:
    case LAZ_LIMIT:
        return "scanning timed out";
    case LAZ_NOMEM:
        return "not enough memory";
    case LAZ_NOT_FOUND:
        return "could not open file";
    case LAZ_IO:
    case LAZ_INVALID:
        return "could not map file";
    case LAZ_UNSUPPORTED:
        return "the file is too large";
    case LAZ_CLOSED:
        return "the process that matched it died";
    default:
        return laz_status_name(s);
    }
}

static void print_job(struct laz_yara_lanes *l, struct job *job)
{
    bool counts = (l->options->show & LAZ_YARA_SHOW_COUNT) != 0;

    if (job->out.len > 0 && fwrite(job->out.data, 1, job->out.len, stdout) != job->out.len)
        l->failed = true;
    if (job->status != LAZ_OK) {
        fflush(stdout);
        fprintf(stderr, "error scanning %s: %s\n", job->path, reason(job->status));
        l->failed = true;
    }
    if (counts && l->options->is_many) {
        printf("%s: %llu\n", job->path, (unsigned long long)job->rule_count);
    } else if (counts && job->status == LAZ_OK) {
        printf("%llu\n", (unsigned long long)job->rule_count);
    }
    l->rules_shown += job->rule_count;
}

/* What is done and stands before all that is not. */
static void print_done(struct laz_yara_lanes *l)
{
    while (l->first < l->next && job_at(l, l->first)->is_done) {
        struct job *job = job_at(l, l->first++);

        print_job(l, job);
        free(job->path);
        laz_buf_clear(&job->out);
        *job = (struct job){.path = NULL};
    }
}

static void end_job(struct laz_yara_lanes *l, struct lane *lane, enum laz_status s)
{
    struct job *job = job_at(l, lane->job);

    if (lane->is_busy) {
        job->status = s;
        job->is_done = true;
    }
    lane->is_busy = false;
}

/* A worker that says anything else is ended. */
static bool take_message(struct laz_yara_lanes *l, struct lane *lane,
                         const struct laz_yara_message *m)
{
    struct job *job = job_at(l, lane->job);

    if (m->kind == LAZ_YARA_READY)
        return true;
    if (m->kind == LAZ_YARA_FAILED) {
        fprintf(stderr, "error: %.*s\n", (int)m->text.len, (const char *)m->text.data);
        return false;
    }
    if (!lane->is_busy || m->number != lane->job)
        return false;
    if (m->kind == LAZ_YARA_OUT)
        return laz_buf_add(&job->out, m->text) == LAZ_OK;
    if (m->kind == LAZ_YARA_WARNED) {
        if (!l->options->no_warnings)
            fprintf(stderr, "warning: %.*s\n", (int)m->text.len, (const char *)m->text.data);
        return true;
    }
    if (m->kind != LAZ_YARA_DONE)
        return false;
    job->rule_count = m->count;
    end_job(l, lane, (enum laz_status)m->status);
    return true;
}

static void read_lane(struct laz_yara_lanes *l, struct lane *lane)
{
    struct laz_yara_message m;
    size_t fd_count = 0;
    enum laz_status s = laz_channel_receive(lane->end.channel, &l->in, NULL, &fd_count);

    if (s == LAZ_OK)
        s = laz_yara_message_read(laz_buf_view(&l->in), &m);
    if (s == LAZ_OK && take_message(l, lane, &m))
        return;
    end_job(l, lane, LAZ_CLOSED);
    close_lane(lane);
}

static int time_left_ms(const struct laz_yara_lanes *l)
{
    int64_t now = laz_monotonic_ms(), least = INT64_MAX;

    if (l->options->timeout_s == 0)
        return -1;
    for (uint32_t i = 0; i < l->count; i++)
        if (l->lanes[i].is_busy && l->lanes[i].deadline_ms - now < least)
            least = l->lanes[i].deadline_ms - now;
    return least < 0 ? 0 : least > INT32_MAX ? INT32_MAX : (int)least;
}

static void end_late(struct laz_yara_lanes *l)
{
    int64_t now = laz_monotonic_ms();

    for (uint32_t i = 0; l->options->timeout_s > 0 && i < l->count; i++) {
        if (!l->lanes[i].is_busy || l->lanes[i].deadline_ms > now)
            continue;
        end_job(l, &l->lanes[i], LAZ_TIMEOUT);
        close_lane(&l->lanes[i]);
    }
}

/* Waits until some worker says something, or is late. */
static void attend(struct laz_yara_lanes *l)
{
    struct pollfd fds[LANES_MAX];
    uint32_t who[LANES_MAX], n = 0;

    for (uint32_t i = 0; i < l->count; i++) {
        if (!l->lanes[i].is_busy)
            continue;
        fds[n] = (struct pollfd){.fd = l->lanes[i].end.channel, .events = POLLIN};
        who[n++] = i;
    }
    if (n > 0 && poll(fds, n, time_left_ms(l)) > 0)
        for (uint32_t i = 0; i < n; i++)
            if (fds[i].revents != 0)
                read_lane(l, &l->lanes[who[i]]);
    end_late(l);
    print_done(l);
}

/* One that is idle; NULL when all are busy. */
static struct lane *find_idle(struct laz_yara_lanes *l)
{
    struct lane *closed = NULL;
    struct laz_error err;

    for (uint32_t i = 0; i < l->count; i++) {
        if (l->lanes[i].is_open && !l->lanes[i].is_busy)
            return &l->lanes[i];
        if (!l->lanes[i].is_open)
            closed = &l->lanes[i];
    }
    if (closed != NULL && open_lane(l, closed, &err) == LAZ_OK)
        return closed;
    if (closed != NULL)
        close_lane(closed);
    return NULL;
}

static bool is_full(const struct laz_yara_lanes *l)
{
    return l->options->rules_max > 0 && l->rules_shown >= l->options->rules_max;
}

static bool some_busy(const struct laz_yara_lanes *l)
{
    for (uint32_t i = 0; i < l->count; i++)
        if (l->lanes[i].is_busy)
            return true;
    return false;
}

/* The next job, when there is room for it. */
static struct job *add_job(struct laz_yara_lanes *l, const char *path)
{
    struct job *job;

    while (l->next - l->first == JOBS_MAX)
        attend(l);
    job = job_at(l, l->next);
    laz_buf_init(&job->out, JOB_OUT_MAX);
    job->path = strdup(path);
    if (job->path != NULL)
        l->next++;
    return job->path == NULL ? NULL : job;
}

void laz_yara_lanes_miss(struct laz_yara_lanes *l, const char *path)
{
    struct job *job = add_job(l, path);

    l->failed = true;
    if (job == NULL)
        return;
    job->status = LAZ_NOT_FOUND;
    job->is_done = true;
    print_done(l);
}

enum laz_status laz_yara_lanes_submit(struct laz_yara_lanes *l, int fd, const char *path)
{
    struct laz_yara_message m = {.kind = LAZ_YARA_JOB, .text = laz_view_of(path)};
    struct lane *lane = find_idle(l);

    while (lane == NULL && some_busy(l)) {
        attend(l);
        lane = find_idle(l);
    }
    if (lane == NULL || is_full(l))
        return is_full(l) ? LAZ_LIMIT : LAZ_CLOSED;
    if (add_job(l, path) == NULL)
        return LAZ_NOMEM;
    m.number = lane->job = l->next - 1;
    m.count = l->options->rules_max > 0 ? l->options->rules_max - l->rules_shown : 0;
    lane->is_busy = true;
    lane->deadline_ms = laz_monotonic_ms() + (int64_t)l->options->timeout_s * 1000;
    if (send(l, lane, &m, fd) != LAZ_OK) {
        end_job(l, lane, LAZ_CLOSED);
        close_lane(lane);
    }
    if (l->options->rules_max > 0) /* one after another, so that no rule too many is shown */
        while (some_busy(l))
            attend(l);
    return is_full(l) ? LAZ_LIMIT : LAZ_OK;
}

bool laz_yara_lanes_finish(struct laz_yara_lanes *l)
{
    while (some_busy(l))
        attend(l);
    print_done(l);
    return !l->failed;
}
