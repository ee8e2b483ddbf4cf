/* The public library's calls: a pool of one worker behind a small interface. */
#include <assert.h>
#include <lazaret/scan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "box/pool.h"

static_assert((int)LAZARET_CLEAN == (int)LAZ_CLEAN, "verdicts");
static_assert((int)LAZARET_SUSPICIOUS == (int)LAZ_SUSPICIOUS, "verdicts");
static_assert((int)LAZARET_MALICIOUS == (int)LAZ_MALICIOUS, "verdicts");
static_assert((int)LAZARET_INCOMPLETE == (int)LAZ_INCOMPLETE, "verdicts");

struct lazaret_scanner {
    struct laz_pool *pool;
    struct laz_worker_answer answer;
    char worker[1024], database[1024];
};

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

    if (s == NULL || strlen(worker) >= sizeof s->worker || strlen(database) >= sizeof s->database) {
        laz_ignore(laz_fail(&err, LAZ_NOMEM, "scanner", database, "no memory", ""));
        return give_up(s, &err, error, error_size);
    }
    snprintf(s->worker, sizeof s->worker, "%s", worker);
    snprintf(s->database, sizeof s->database, "%s", database);
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

int lazaret_scan_fd(struct lazaret_scanner *scanner, int fd, struct lazaret_result *result)
{
    const struct laz_verdict *v = &scanner->answer.verdict;
    struct laz_scan_limits limits;

    laz_scan_limits_init(&limits);
    if (laz_pool_submit(scanner->pool, 1, fd, &limits) != LAZ_OK ||
        laz_pool_next(scanner->pool, -1, &scanner->answer, NULL) != LAZ_OK)
        return -1;
    *result = (struct lazaret_result){
        .verdict = (enum lazaret_verdict)v->kind,
        .reason = v->reason,
        .name = v->detection_count > 0 ? v->detections[0].name : "",
        .member = v->detection_count > 0 ? v->detections[0].member : "",
        .size = v->size,
        .read = v->read,
    };
    return 0;
}
