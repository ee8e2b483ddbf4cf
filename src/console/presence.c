#include "console/presence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sign/digest.h"

#define BUCKETS 4096 /* a power of two; a hospital has less than 20,000 endpoints */

struct entry {
    struct entry *next;
    struct laz_endpoint endpoint;
    bool online, has_report;
    int64_t seen_ms, written_seen_ms;
    uint8_t digest[32]; /* of the last report that was written or waits */
    struct laz_report report;
};

struct laz_presence {
    struct entry *buckets[BUCKETS];
    size_t dirty;
};

static void drop_report(struct laz_presence *p, struct entry *e)
{
    if (!e->has_report)
        return;
    laz_report_clear(&e->report);
    e->has_report = false;
    p->dirty--;
}

void laz_presence_drop(struct laz_presence **at)
{
    struct laz_presence *p = laz_move(*at);

    for (size_t i = 0; p != NULL && i < BUCKETS; i++) {
        while (p->buckets[i] != NULL) {
            struct entry *e = p->buckets[i];

            p->buckets[i] = e->next;
            drop_report(p, e);
            free(e);
        }
    }
    free(p);
}

static struct entry *find_or_add(struct laz_presence *p, const struct laz_endpoint *endpoint)
{
    struct entry **at = &p->buckets[(uint64_t)endpoint->id % BUCKETS], *e;

    for (e = *at; e != NULL; e = e->next)
        if (e->endpoint.id == endpoint->id)
            return e;
    e = calloc(1, sizeof *e);
    if (e == NULL)
        return NULL;
    e->endpoint = *endpoint;
    e->next = *at;
    *at = e;
    return e;
}

static enum laz_status load(struct laz_presence *p, struct laz_db *db, struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_db_get(
        db, "SELECT id, organisation_id, uuid, last_seen FROM endpoint WHERE state <> 'offline'",
        &st, err);
    bool row = false;

    while (s == LAZ_OK && (s = laz_statement_step(st, &row, err)) == LAZ_OK && row) {
        struct laz_endpoint endpoint = {laz_column_i64(st, 0), {laz_column_i64(st, 1)}, ""};
        struct laz_view uuid = laz_column_text(st, 2);
        struct entry *e;

        snprintf(endpoint.uuid, sizeof endpoint.uuid, "%.*s", (int)uuid.len,
                 (const char *)uuid.data);
        e = find_or_add(p, &endpoint);
        if (e == NULL) {
            laz_statement_reset(st);
            return laz_fail(err, LAZ_NOMEM, "console", "endpoints", "no memory", "");
        }
        e->online = true;
        e->seen_ms = e->written_seen_ms = laz_column_i64(st, 3);
    }
    return s;
}

enum laz_status laz_presence_new(struct laz_db *db, struct laz_presence **out,
                                 struct laz_error *err)
{
    LAZ_OWNED(laz_presence_drop) struct laz_presence *p = calloc(1, sizeof *p);
    enum laz_status s;

    if (p == NULL)
        return laz_fail(err, LAZ_NOMEM, "console", "endpoints", "no memory", "");
    s = load(p, db, err);
    if (s == LAZ_OK)
        *out = laz_move(p);
    return s;
}

enum laz_status laz_presence_hear(struct laz_presence *p, const struct laz_endpoint *endpoint,
                                  int64_t now_ms)
{
    struct entry *e = find_or_add(p, endpoint);

    if (e == NULL)
        return LAZ_NOMEM;
    e->seen_ms = now_ms;
    return LAZ_OK;
}

static enum laz_status digest_of(const struct laz_report *r, uint8_t out[32])
{
    LAZ_OWNED(laz_digest_drop) struct laz_digest_job job = {0};
    const char *const texts[] = {r->name, r->os, r->kernel, r->version, r->mode};
    enum laz_status s = laz_digest_start(&job, LAZ_SHA256);

    for (size_t i = 0; s == LAZ_OK && i < sizeof texts / sizeof *texts; i++)
        s = laz_digest_add(&job, laz_view_from(texts[i], strlen(texts[i]) + 1));
    if (s == LAZ_OK)
        s = laz_digest_add(&job, laz_buf_view(&r->details));
    if (s == LAZ_OK)
        s = laz_digest_add(&job, laz_buf_view(&r->counters));
    return s == LAZ_OK ? laz_digest_finish(&job, out) : s;
}

enum laz_status laz_presence_report(struct laz_presence *p, const struct laz_endpoint *endpoint,
                                    struct laz_report *report, int64_t now_ms)
{
    struct entry *e = find_or_add(p, endpoint);
    uint8_t digest[32];

    if (e == NULL || digest_of(report, digest) != LAZ_OK)
        return LAZ_NOMEM;
    e->seen_ms = now_ms;
    if (e->online && memcmp(digest, e->digest, sizeof digest) == 0)
        return LAZ_OK;
    drop_report(p, e);
    memcpy(e->digest, digest, sizeof digest);
    e->report = *report;
    *report = (struct laz_report){0};
    e->has_report = true;
    p->dirty++;
    return LAZ_OK;
}

bool laz_presence_is_dirty(const struct laz_presence *p)
{
    return p->dirty > 0;
}

typedef enum laz_status visit(struct laz_db *db, struct entry *e, int64_t now_ms,
                              struct laz_changes *changes, struct laz_error *err);

static enum laz_status visit_all(struct laz_presence *p, struct laz_db *db, visit *fn,
                                 int64_t now_ms, struct laz_changes *changes, struct laz_error *err)
{
    enum laz_status s = laz_db_begin(db, err);

    for (size_t i = 0; s == LAZ_OK && i < BUCKETS; i++)
        for (struct entry *e = p->buckets[i]; s == LAZ_OK && e != NULL; e = e->next)
            s = fn(db, e, now_ms, changes, err);
    if (s == LAZ_OK)
        return laz_db_commit(db, err);
    laz_db_rollback(db);
    return s;
}

static enum laz_status write_report(struct laz_db *db, struct entry *e, int64_t now_ms,
                                    struct laz_changes *changes, struct laz_error *err)
{
    if (!e->has_report)
        return LAZ_OK;
    laz_changes_add(changes, e->endpoint.scope.organisation_id, LAZ_CHANGED_ENDPOINT, 0);
    return laz_endpoint_save(db, &e->endpoint, &e->report, laz_report_state(&e->report, now_ms),
                             e->seen_ms, err);
}

enum laz_status laz_presence_flush(struct laz_presence *p, struct laz_db *db, int64_t now_ms,
                                   struct laz_changes *changes, struct laz_error *err)
{
    enum laz_status s;

    if (p->dirty == 0)
        return LAZ_OK;
    s = visit_all(p, db, write_report, now_ms, changes, err);
    if (s != LAZ_OK)
        return s;
    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct entry *e = p->buckets[i]; e != NULL; e = e->next) {
            if (!e->has_report)
                continue;
            drop_report(p, e);
            e->online = true;
            e->written_seen_ms = e->seen_ms;
        }
    }
    return LAZ_OK;
}

/* A clock that was set back makes nobody offline. */
static bool is_silent(const struct entry *e, int64_t now_ms)
{
    return e->online && now_ms - e->seen_ms > LAZ_SEEN_WITHIN_MS;
}

static enum laz_status write_seen(struct laz_db *db, struct entry *e, int64_t now_ms,
                                  struct laz_changes *changes, struct laz_error *err)
{
    if (is_silent(e, now_ms)) {
        laz_changes_add(changes, e->endpoint.scope.organisation_id, LAZ_CHANGED_ENDPOINT, 0);
        return laz_endpoint_set_offline(db, &e->endpoint, err);
    }
    return e->seen_ms == e->written_seen_ms
               ? LAZ_OK
               : laz_endpoint_set_seen(db, &e->endpoint, e->seen_ms, err);
}

static bool has_something_to_write(const struct laz_presence *p, int64_t now_ms)
{
    for (size_t i = 0; i < BUCKETS; i++)
        for (const struct entry *e = p->buckets[i]; e != NULL; e = e->next)
            if (e->seen_ms != e->written_seen_ms || is_silent(e, now_ms))
                return true;
    return false;
}

enum laz_status laz_presence_sweep(struct laz_presence *p, struct laz_db *db, int64_t now_ms,
                                   struct laz_changes *changes, struct laz_error *err)
{
    enum laz_status s;

    if (!has_something_to_write(p, now_ms))
        return LAZ_OK;
    s = visit_all(p, db, write_seen, now_ms, changes, err);
    if (s != LAZ_OK)
        return s;
    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct entry *e = p->buckets[i]; e != NULL; e = e->next) {
            e->written_seen_ms = e->seen_ms;
            if (is_silent(e, now_ms))
                e->online = false;
        }
    }
    return LAZ_OK;
}
