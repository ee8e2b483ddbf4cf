/* The public library's calls: a pool of one worker behind a small interface. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <lazaret/scan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "box/pool.h"
#include "sys/fd.h"

static_assert((int)LAZARET_CLEAN == (int)LAZ_CLEAN, "verdicts");
static_assert((int)LAZARET_SUSPICIOUS == (int)LAZ_SUSPICIOUS, "verdicts");
static_assert((int)LAZARET_MALICIOUS == (int)LAZ_MALICIOUS, "verdicts");
static_assert((int)LAZARET_INCOMPLETE == (int)LAZ_INCOMPLETE, "verdicts");

#ifndef LAZ_WORKER_PATH
#define LAZ_WORKER_PATH "/usr/bin/lazaret-worker"
#endif

#define STREAM_MAX (2 * 1024 * 1024 * 1024ULL) /* as much as a worker judges of one file */

struct lazaret_scanner {
    struct laz_pool *pool;
    struct laz_worker_answer answer;
    struct laz_scan_limits limits;
    uint64_t stream_max;
    char worker[1024], database[1024];
};

struct lazaret_stream {
    struct lazaret_scanner *scanner;
    int fd;
    uint64_t len, total; /* kept; fed */
};

int lazaret_api(void)
{
    return LAZARET_API;
}

const char *lazaret_version(void)
{
    return LAZ_PROGRAM_VERSION;
}

const char *lazaret_verdict_name(enum lazaret_verdict verdict)
{
    return laz_verdict_kind_name((enum laz_verdict_kind)verdict);
}

void lazaret_limits_init(struct lazaret_limits *limits)
{
    struct laz_scan_limits ours;

    laz_scan_limits_init(&ours);
    *limits = (struct lazaret_limits){
        .bytes_max = ours.bytes_max,
        .objects_max = ours.objects_max,
        .depth_max = ours.depth_max,
        .time_max_ms = ours.time_max_ms,
        .stream_max = STREAM_MAX,
    };
}

static struct lazaret_scanner *give_up(struct lazaret_scanner *s, const struct laz_error *err,
                                       char *error, size_t error_size)
{
    if (error_size > 0)
        laz_error_text(err, error, error_size);
    lazaret_scanner_close(s);
    return NULL;
}

struct lazaret_scanner *lazaret_scanner_open(const char *worker, const char *database, char *error,
                                             size_t error_size)
{
    struct lazaret_scanner *s = calloc(1, sizeof *s);
    struct laz_pool_config config = {.worker = {.db_fd = -1, .drop_identity = true}};
    struct laz_error err;

    if (worker == NULL)
        worker = LAZ_WORKER_PATH;
    if (s == NULL || strlen(worker) >= sizeof s->worker || strlen(database) >= sizeof s->database) {
        laz_ignore(laz_fail(&err, LAZ_NOMEM, "scanner", database, "no memory", ""));
        return give_up(s, &err, error, error_size);
    }
    snprintf(s->worker, sizeof s->worker, "%s", worker);
    snprintf(s->database, sizeof s->database, "%s", database);
    laz_scan_limits_init(&s->limits);
    s->stream_max = STREAM_MAX;
    laz_verdict_init(&s->answer.verdict);
    config.worker.program = s->worker;
    config.worker.db_path = s->database;
    if (laz_pool_new(&config, 1, &s->pool, &err) != LAZ_OK)
        return give_up(s, &err, error, error_size);
    return s;
}

void lazaret_scanner_close(struct lazaret_scanner *scanner)
{
    if (scanner == NULL)
        return;
    laz_pool_free(scanner->pool);
    free(scanner);
}

int lazaret_scanner_set_limits(struct lazaret_scanner *scanner, const struct lazaret_limits *limits)
{
    if (limits->bytes_max == 0 || limits->objects_max == 0 || limits->depth_max == 0 ||
        limits->depth_max > LAZ_SCAN_DEPTH_LIMIT || limits->time_max_ms == 0 ||
        limits->stream_max == 0 || limits->stream_max > STREAM_MAX)
        return -1;
    scanner->limits.bytes_max = limits->bytes_max;
    scanner->limits.objects_max = limits->objects_max;
    scanner->limits.depth_max = limits->depth_max;
    scanner->limits.time_max_ms = limits->time_max_ms;
    scanner->stream_max = limits->stream_max;
    return 0;
}

void lazaret_scanner_database(const struct lazaret_scanner *scanner,
                              struct lazaret_database *database)
{
    const struct laz_worker_hello *hello = laz_pool_hello(scanner->pool);

    *database = (struct lazaret_database){hello->rule_count, hello->hash_count};
}

static void fill_result(const struct laz_verdict *v, struct lazaret_result *result)
{
    *result = (struct lazaret_result){
        .verdict = (enum lazaret_verdict)v->kind,
        .reason = v->reason,
        .name = v->detection_count > 0 ? v->detections[0].name : "",
        .member = v->detection_count > 0 ? v->detections[0].member : "",
        .size = v->size,
        .read = v->read,
    };
}

int lazaret_scan_fd(struct lazaret_scanner *scanner, int fd, struct lazaret_result *result)
{
    if (laz_pool_submit(scanner->pool, 1, fd, &scanner->limits) != LAZ_OK ||
        laz_pool_next(scanner->pool, -1, &scanner->answer, NULL) != LAZ_OK) {
        laz_verdict_init(&scanner->answer.verdict);
        return -1;
    }
    fill_result(&scanner->answer.verdict, result);
    return 0;
}

struct lazaret_stream *lazaret_stream_open(struct lazaret_scanner *scanner)
{
    struct lazaret_stream *stream = calloc(1, sizeof *stream);

    if (stream == NULL)
        return NULL;
    stream->scanner = scanner;
    stream->fd = memfd_create("lazaret-stream", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (stream->fd >= 0)
        return stream;
    free(stream);
    return NULL;
}

int lazaret_stream_feed(struct lazaret_stream *stream, const void *data, size_t len)
{
    uint64_t room =
        stream->scanner->stream_max > stream->len ? stream->scanner->stream_max - stream->len : 0;
    struct laz_view v = laz_view_first(laz_view_from(data, len), room);

    if (laz_write_all(stream->fd, v, NULL) != LAZ_OK)
        return -1;
    stream->len += v.len;
    stream->total += len;
    return stream->total > stream->len ? 1 : 0;
}

/* The verdict on the beginning, for the whole. */
static void say_cut(const struct lazaret_stream *stream, struct laz_verdict *v)
{
    v->size = stream->total;
    v->skipped += stream->total - stream->len;
    laz_verdict_add_note(v, LAZ_REASON_TOO_LARGE, laz_view_of(""), v->type);
}

int lazaret_stream_finish(struct lazaret_stream *stream, struct lazaret_result *result)
{
    struct lazaret_scanner *scanner = stream->scanner;
    /* Sealed, so that the worker may read it in place: nobody can cut it meanwhile. */
    bool sealed = fcntl(stream->fd, F_ADD_SEALS,
                        F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0;
    int status = sealed ? lazaret_scan_fd(scanner, stream->fd, result) : -1;

    if (status == 0 && stream->total > stream->len) {
        say_cut(stream, &scanner->answer.verdict);
        fill_result(&scanner->answer.verdict, result);
    }
    lazaret_stream_close(stream);
    return status;
}

void lazaret_stream_close(struct lazaret_stream *stream)
{
    if (stream == NULL)
        return;
    laz_fd_drop(&stream->fd);
    free(stream);
}

int lazaret_scan_buffer(struct lazaret_scanner *scanner, const void *data, size_t len,
                        struct lazaret_result *result)
{
    struct lazaret_stream *stream = lazaret_stream_open(scanner);

    if (stream == NULL)
        return -1;
    if (lazaret_stream_feed(stream, data, len) < 0) {
        lazaret_stream_close(stream);
        return -1;
    }
    return lazaret_stream_finish(stream, result);
}

int lazaret_result_visit(const struct lazaret_scanner *scanner,
                         const struct lazaret_visitor *visitor)
{
    const struct laz_verdict *v = &scanner->answer.verdict;
    int status = 0;

    for (uint32_t i = 0; status == 0 && visitor->detection != NULL && i < v->detection_count; i++) {
        const struct laz_detection *d = &v->detections[i];
        struct lazaret_detection shown = {d->name,   d->kind,  d->member,
                                          d->source, d->about, d->attack};

        status = visitor->detection(visitor->context, &shown);
    }
    for (uint32_t i = 0; status == 0 && visitor->note != NULL && i < v->note_count; i++) {
        struct lazaret_note shown = {v->notes[i].member, v->notes[i].reason, v->notes[i].type};

        status = visitor->note(visitor->context, &shown);
    }
    return status;
}
