#include "box/worker_serve.h"

#include <stdlib.h>
#include <string.h>

#include "box/input.h"
#include "format/identify.h"
#include "scan/change.h"
#include "sys/channel.h"
#include "sys/clock.h"
#include "sys/fd.h"

#define JOB_MESSAGE_MAX 256
#define JOB_FDS_MAX     2

/* What the worker keeps from job to job; all of it is made before the first. */
struct desk {
    struct laz_server *server;
    struct laz_scan_message job;
    struct laz_input inputs[JOB_FDS_MAX];
    struct laz_verdict verdict;
    struct laz_change change;
    struct laz_buf message, answer;
    uint8_t *rooms[JOB_FDS_MAX];
};

static enum laz_status say(struct desk *d, const struct laz_scan_message *m)
{
    enum laz_status s;

    laz_buf_reset(&d->answer);
    s = laz_scan_message_write(m, &d->answer);
    LAZ_ASSERT(s != LAZ_LIMIT); /* all lengths are bounded */
    return s == LAZ_OK ? laz_channel_send(d->server->channel, laz_buf_view(&d->answer), NULL, 0)
                       : s;
}

void laz_server_say_failed(const struct laz_server *server, const struct laz_error *why)
{
    struct laz_scan_message m = {.kind = LAZ_SCAN_FAILED};
    LAZ_OWNED(laz_buf_drop) struct laz_buf b = {0};

    m.failed = (struct laz_scan_failed_message){(uint8_t)why->status, laz_view_of(why->what),
                                                laz_view_of(why->why), laz_view_of(why->remedy)};
    laz_buf_init(&b, LAZ_SCAN_MESSAGE_MAX);
    /* A client that is gone needs no reason. */
    if (laz_scan_message_write(&m, &b) == LAZ_OK)
        laz_ignore(laz_channel_send(server->channel, laz_buf_view(&b), NULL, 0));
}

static void fill_verdict(const struct laz_verdict *v, struct laz_scan_verdict_message *m)
{
    m->kind = (uint8_t)v->kind;
    m->reason = laz_view_of(v->reason);
    m->type = laz_view_of(v->type);
    m->size = v->size;
    m->read = v->read;
    m->skipped = v->skipped;
    m->objects = v->objects;
    m->notes_dropped = v->notes_dropped;
    m->has_sha256 = v->has_sha256;
    memcpy(m->sha256, v->sha256, sizeof m->sha256);
    m->detection_count = v->detection_count;
    for (uint32_t i = 0; i < v->detection_count; i++) {
        const struct laz_detection *d = &v->detections[i];

        m->detections[i] = (struct laz_scan_detection_message){
            laz_view_of(d->name),   laz_view_of(d->kind),  laz_view_of(d->member),
            laz_view_of(d->source), laz_view_of(d->about), laz_view_of(d->attack)};
    }
    m->note_count = v->note_count;
    for (uint32_t i = 0; i < v->note_count; i++)
        m->notes[i] = (struct laz_scan_note_message){laz_view_of(v->notes[i].member),
                                                     laz_view_of(v->notes[i].reason),
                                                     laz_view_of(v->notes[i].type)};
}

static void scan_input(void *context)
{
    struct desk *d = context;
    const struct laz_scan_job_message *job = &d->job.job;
    struct laz_scan_limits limits = {job->bytes_max,   job->objects_max, job->depth_max,
                                     job->time_max_ms, job->want_sha256, ""};

    laz_scan_limits_name(&limits, job->path);
    laz_scanner_tell_time(d->server->scanner, laz_now_ms() / 1000);
    laz_scan(d->server->scanner, d->inputs[0].bytes, d->inputs[0].size, &limits, &d->verdict);
}

/* *fault is set when the file was cut below our reading: the scanner is then of no more use. */
static enum laz_status serve_scan(struct desk *d, const int *fds, bool *fault)
{
    struct laz_scan_message m = {.kind = LAZ_SCAN_VERDICT};
    enum laz_status s = laz_input_open(fds[0], d->rooms[0], &d->inputs[0]);

    if (s != LAZ_OK) {
        laz_verdict_init_incomplete(&d->verdict, LAZ_REASON_UNREADABLE);
        d->verdict.size = d->verdict.skipped = d->inputs[0].size;
    } else if (d->server->scanner == NULL) {
        laz_verdict_init_incomplete(&d->verdict, LAZ_REASON_NO_DATABASE);
        d->verdict.size = d->verdict.skipped = d->inputs[0].size;
    } else if (!laz_input_guard(scan_input, d)) {
        *fault = true;
        laz_verdict_add_note(&d->verdict, LAZ_REASON_UNREADABLE, laz_view_of(""), "");
    }
    m.verdict.job = d->job.job.job;
    fill_verdict(&d->verdict, &m.verdict);
    return say(d, &m);
}

static bool name_type(struct laz_view content, char type[LAZ_CHANGE_TYPE_SIZE])
{
    const struct laz_type *found = laz_identify(content);

    memcpy(type, found->name, strlen(found->name) + 1);
    return found->known;
}

static void compare_inputs(void *context)
{
    struct desk *d = context;

    laz_change_measure(d->inputs[0].bytes, d->inputs[1].bytes, name_type, &d->change);
}

static enum laz_status serve_compare(struct desk *d, const int *fds, bool *fault)
{
    struct laz_scan_message m = {.kind = LAZ_SCAN_CHANGE};
    const struct laz_change *c = &d->change;

    d->change = (struct laz_change){.old_size = 0};
    /* One that cannot be read counts as empty: the change is then as large as can be. */
    for (size_t i = 0; i < JOB_FDS_MAX; i++)
        if (laz_input_open(fds[i], d->rooms[i], &d->inputs[i]) != LAZ_OK)
            d->inputs[i] = (struct laz_input){.size = 0};
    *fault = !laz_input_guard(compare_inputs, d);
    m.change = (struct laz_scan_change_message){
        .job = d->job.compare,
        .old_size = d->inputs[0].size,
        .new_size = d->inputs[1].size,
        .old_entropy = c->old_entropy,
        .new_entropy = c->new_entropy,
        .new_entropy_max = c->new_entropy_max,
        .new_chi2 = c->new_chi2,
        .encrypted_share = c->encrypted_share,
        .similarity = c->similarity,
        .old_type = laz_view_of(c->old_type),
        .new_type = laz_view_of(c->new_type),
        .old_known_type = c->old_known_type,
        .new_known_type = c->new_known_type,
        .header_only = c->header_only,
    };
    return say(d, &m);
}

static enum laz_status serve(struct desk *d, const int *fds, size_t fd_count)
{
    bool fault = false;
    enum laz_status s = LAZ_DAMAGED;

    if (laz_scan_message_read(laz_buf_view(&d->message), &d->job) != LAZ_OK)
        return LAZ_DAMAGED;
    if (d->job.kind == LAZ_SCAN_JOB && fd_count == 1)
        s = serve_scan(d, fds, &fault);
    else if (d->job.kind == LAZ_SCAN_COMPARE && fd_count == 2)
        s = serve_compare(d, fds, &fault);
    for (size_t i = 0; i < JOB_FDS_MAX; i++)
        laz_input_close(&d->inputs[i]);
    return fault && s == LAZ_OK ? LAZ_CLOSED : s;
}

static enum laz_status serve_next(struct desk *d)
{
    int fds[JOB_FDS_MAX];
    size_t fd_count = JOB_FDS_MAX;
    enum laz_status s;

    s = laz_channel_receive(d->server->channel, &d->message, fds, &fd_count);
    if (s != LAZ_OK)
        return s;
    s = serve(d, fds, fd_count);
    for (size_t i = 0; i < fd_count; i++)
        laz_fd_drop(&fds[i]);
    return s;
}

static bool make_rooms(struct desk *d)
{
    for (size_t i = 0; i < JOB_FDS_MAX; i++) {
        d->rooms[i] = malloc(LAZ_INPUT_SMALL_MAX);
        if (d->rooms[i] == NULL)
            return false;
    }
    return true;
}

static void clear_desk(struct desk *d)
{
    for (size_t i = 0; i < JOB_FDS_MAX; i++)
        free(d->rooms[i]);
    laz_buf_clear(&d->message);
    laz_buf_clear(&d->answer);
    free(d);
}

enum laz_status laz_server_run(struct laz_server *server)
{
    struct laz_scan_message hello = {.kind = LAZ_SCAN_HELLO, .hello = server->hello};
    struct desk *d = calloc(1, sizeof *d);
    enum laz_status s;

    if (d == NULL)
        return LAZ_NOMEM;
    d->server = server;
    laz_buf_init(&d->message, JOB_MESSAGE_MAX);
    laz_buf_init(&d->answer, LAZ_SCAN_MESSAGE_MAX);
    s = make_rooms(d) ? say(d, &hello) : LAZ_NOMEM;
    while (s == LAZ_OK)
        s = serve_next(d);
    clear_desk(d);
    return s;
}
