#include <stdlib.h>
#include <string.h>

#include "agent/broker_priv.h"
#include "base/text.h"
#include "sys/channel.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/log.h"

#define SCAN_MAX_MS 10000
#define WALL_MAX_MS 15000 /* of one job, after which its worker is ended */

static void free_job(struct broker *b, struct broker_job *job)
{
    laz_fd_drop(&job->fd);
    laz_fd_drop(&job->old_fd);
    free(job->actor);
    free(job->path);
    free(job->tree);
    free(job);
    b->job_count--;
}

static void add_detection(struct laz_buf *out, const struct laz_detection *d, bool first)
{
    const struct {
        const char *name, *value;
    } members[] = {{"name", d->name},     {"kind", d->kind},    {"member", d->member},
                   {"source", d->source}, {"reason", d->about}, {"attack", d->attack}};

    laz_ignore(laz_buf_add_text(out, first ? "{" : ",{"));
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        laz_ignore(laz_buf_addf(out, "%s\"%s\":", i == 0 ? "" : ",", members[i].name));
        laz_ignore(laz_buf_add_json(out, laz_view_of(members[i].value)));
    }
    laz_ignore(laz_buf_add_text(out, "}"));
}

/* As many as fit. */
static void add_detections(struct laz_buf *out, const struct laz_verdict *v)
{
    laz_ignore(laz_buf_add_text(out, "["));
    for (uint32_t i = 0; i < v->detection_count && out->len < LAZ_AGENT_TEXT_MAX / 2; i++)
        add_detection(out, &v->detections[i], i == 0);
    laz_ignore(laz_buf_add_text(out, "]"));
}

static void answer_scan(struct broker *b, const struct broker_job *job, const struct laz_verdict *v)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf detections = {0};
    struct laz_agent_message m = {.kind = LAZ_AGENT_VERDICT, .job = job->job};

    laz_buf_init(&detections, LAZ_AGENT_TEXT_MAX);
    m.number = v->kind;
    m.value = v->size;
    m.name = laz_view_of(v->reason);
    if (v->has_sha256)
        memcpy(m.digest, v->sha256, sizeof m.digest);
    if (v->detection_count > 0)
        add_detections(&detections, v);
    if (laz_buf_failed(&detections) == LAZ_OK)
        m.text = laz_buf_view(&detections);
    /* The gate always reads: a full channel means that it is gone, and a new one asks anew. */
    laz_ignore(laz_peer_send(&b->gate, &m, NULL, 0));
}

static void observe_change(struct broker *b, const struct broker_job *job,
                           const struct laz_change *change)
{
    struct laz_guard_observation deed = {.deed = job->made ? LAZ_GUARD_CREATED : LAZ_GUARD_CHANGED,
                                         .time_ms = laz_monotonic_ms(),
                                         .tree = laz_view_of(job->tree),
                                         .path = laz_view_of(job->path),
                                         .change = change};

    broker_observe(b, laz_view_of(job->actor), &deed);
}

/* Exactly one answer for each job, whatever became of its worker. */
static void answer_without_worker(struct broker *b, struct broker_job *job, enum laz_reason reason)
{
    struct laz_verdict v;

    laz_verdict_init_incomplete(&v, reason);
    if (job->old_fd < 0)
        answer_scan(b, job, &v);
    else
        observe_change(b, job, NULL);
    free_job(b, job);
}

static struct broker_job *next_job(struct broker *b)
{
    struct broker_jobs *queues[] = {&b->urgent, &b->compare, &b->later};

    for (size_t i = 0; i < sizeof queues / sizeof *queues; i++) {
        struct broker_job *job = TAILQ_FIRST(queues[i]);

        if (job == NULL)
            continue;
        TAILQ_REMOVE(queues[i], job, entry);
        return job;
    }
    return NULL;
}

static enum laz_status send_job(const struct broker_worker *w, const struct broker_job *job)
{
    struct laz_scan_limits limits;

    if (job->old_fd >= 0)
        return laz_worker_send_compare(w->fd, 0, job->old_fd, job->fd);
    laz_scan_limits_init(&limits);
    limits.time_max_ms = SCAN_MAX_MS;
    limits.want_sha256 = true;
    laz_scan_limits_name(&limits, laz_view_of(job->path));
    return laz_worker_send_scan(w->fd, job->job, job->fd, &limits);
}

static void worker_left(struct broker_worker *w)
{
    struct broker *b = w->broker;
    struct broker_job *job = w->job;

    laz_loop_remove(b->loop, w->fd);
    laz_fd_drop(&w->fd);
    w->ready = false;
    w->job = NULL;
    laz_count(b->config->counters, LAZ_COUNT_WORKERS_DIED);
    broker_simple_event(b, LAZ_REPORT_WORKER_DIED,
                        w->stuck ? "\"cause\":\"timed-out\"" : "\"cause\":\"died\"");
    if (job != NULL)
        answer_without_worker(b, job, w->stuck ? LAZ_REASON_TIMED_OUT : LAZ_REASON_WORKER_DIED);
    w->stuck = false;
    broker_content_turn(w);
}

void broker_give_work(struct broker *b)
{
    for (uint32_t i = 0; i < LAZ_AGENT_WORKERS_MAX; i++) {
        struct broker_worker *w = &b->workers[i];

        if (w->fd < 0 || !w->ready || w->job != NULL)
            continue;
        w->job = next_job(b);
        if (w->job == NULL)
            return;
        w->since_ms = laz_monotonic_ms();
        if (send_job(w, w->job) != LAZ_OK)
            worker_left(w);
    }
}

static void on_answer(struct broker_worker *w, const struct laz_worker_answer *a)
{
    struct broker *b = w->broker;
    struct broker_job *job = w->job;
    bool compare = job != NULL && job->old_fd >= 0;

    if (a->kind == LAZ_ANSWER_HELLO) {
        w->ready = true;
        b->rules = a->hello.rule_count;
        b->hashes = a->hello.hash_count;
        b->bare = a->hello.rule_count == 0 && a->hello.hash_count == 0;
        return;
    }
    if (a->kind == LAZ_ANSWER_FAILED || job == NULL || (a->kind == LAZ_ANSWER_COMPARE) != compare ||
        a->job != (compare ? 0 : job->job)) {
        if (a->kind == LAZ_ANSWER_FAILED)
            laz_log_error(LAZ_ERROR, "worker.failed", &a->error);
        worker_left(w);
        return;
    }
    w->job = NULL;
    if (compare)
        observe_change(b, job, &a->change);
    else
        answer_scan(b, job, &a->verdict);
    free_job(b, job);
    broker_content_turn(w);
}

void broker_on_worker_ready(void *context, unsigned events)
{
    struct broker_worker *w = context;
    struct broker *b = w->broker;
    struct laz_worker_answer *a = malloc(sizeof *a);
    enum laz_status s;

    if (a == NULL)
        return;
    s = laz_worker_receive(w->fd, a);
    if (s == LAZ_OK)
        on_answer(w, a);
    else if (s != LAZ_BUSY)
        worker_left(w);
    free(a);
    broker_give_work(b);
}

void broker_on_worker(struct broker *b, const struct laz_agent_message *m, int *fd)
{
    struct broker_worker *w = &b->workers[m->value % LAZ_AGENT_WORKERS_MAX];
    struct laz_error err;

    if (w->fd >= 0)
        worker_left(w);
    if (laz_set_nonblocking(*fd, true) != LAZ_OK ||
        laz_loop_add(b->loop, *fd, LAZ_LOOP_READ, broker_on_worker_ready, w, &err) != LAZ_OK)
        return;
    w->fd = laz_move_fd(fd);
}

void broker_jobs_init(struct broker *b)
{
    TAILQ_INIT(&b->urgent);
    TAILQ_INIT(&b->compare);
    TAILQ_INIT(&b->later);
    for (uint32_t i = 0; i < LAZ_AGENT_WORKERS_MAX; i++)
        b->workers[i] = (struct broker_worker){.broker = b, .number = i, .fd = -1, .next_fd = -1};
}

void broker_jobs_clear(struct broker *b)
{
    struct broker_job *job;

    while ((job = next_job(b)) != NULL)
        free_job(b, job);
    for (uint32_t i = 0; i < LAZ_AGENT_WORKERS_MAX; i++)
        if (b->workers[i].job != NULL)
            free_job(b, b->workers[i].job);
}

static struct broker_job *new_job(struct broker *b, int *fd)
{
    struct broker_job *job = calloc(1, sizeof *job);

    if (job == NULL)
        return NULL;
    b->job_count++;
    job->fd = laz_move_fd(fd);
    job->old_fd = -1;
    return job;
}

static char *copy_view(struct laz_view v)
{
    return v.len == 0 ? strdup("") : strndup((const char *)v.data, v.len);
}

void broker_on_scan(struct broker *b, const struct laz_agent_message *m, int *fds)
{
    struct broker_job *job = new_job(b, &fds[0]);

    if (job == NULL)
        return; /* its hold ends by the deadline */
    job->job = m->job;
    job->held = m->number != 0;
    job->path = copy_view(m->path);
    if (job->path == NULL) {
        free_job(b, job);
        return;
    }
    if (b->job_count > BROKER_JOBS) {
        answer_without_worker(b, job, LAZ_REASON_LIMIT_TIME);
        return;
    }
    if (job->held)
        TAILQ_INSERT_TAIL(&b->urgent, job, entry);
    else
        TAILQ_INSERT_TAIL(&b->later, job, entry);
    broker_give_work(b);
}

void broker_on_changed(struct broker *b, const struct laz_agent_message *m, int *fds)
{
    struct broker_job *job = new_job(b, &fds[1]);

    if (job == NULL)
        return;
    job->old_fd = laz_move_fd(&fds[0]);
    job->made = m->number != 0;
    job->actor = copy_view(m->actor);
    job->path = copy_view(m->path);
    job->tree = copy_view(m->other);
    if (job->actor == NULL || job->path == NULL || job->tree == NULL) {
        free_job(b, job);
        return;
    }
    if (b->job_count > BROKER_JOBS) {
        answer_without_worker(b, job, LAZ_REASON_LIMIT_TIME);
        return;
    }
    TAILQ_INSERT_TAIL(&b->compare, job, entry);
    broker_give_work(b);
}

void broker_check_walls(struct broker *b)
{
    int64_t now = laz_monotonic_ms();

    for (uint32_t i = 0; i < LAZ_AGENT_WORKERS_MAX; i++) {
        struct broker_worker *w = &b->workers[i];
        struct laz_agent_message m = {.kind = LAZ_AGENT_STUCK, .value = i};

        if (w->fd < 0 || w->job == NULL || w->stuck || now - w->since_ms < WALL_MAX_MS)
            continue;
        w->stuck = true;
        laz_ignore(laz_peer_send(&b->monitor, &m, NULL, 0)); /* it always reads */
    }
}
