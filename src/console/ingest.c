#include "console/ingest.h"

#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "console/ingest_store.h"
#include "link/event_batch.h"
#include "sys/clock.h"
#include "sys/log.h"

#define GROUP_MAX   64                         /* batches of one transaction */
#define WAITING_MAX ((size_t)24 * 1024 * 1024) /* bytes that wait, decoded */

struct pending {
    struct pending *next;
    struct laz_request *request; /* NULL when the agent has gone away: it will send again */
    struct laz_ingest_batch batch;
    struct laz_buf lines;
    struct laz_batch_plan plan;
};

struct laz_ingest {
    struct laz_console *console;
    struct pending *first, **last;
    size_t waiting_bytes;
    struct event *turn;
};

static void on_turn(evutil_socket_t fd, short what, void *context);

struct laz_ingest *laz_ingest_new(struct laz_console *c)
{
    struct laz_ingest *i = calloc(1, sizeof *i);

    if (i == NULL)
        return NULL;
    i->console = c;
    i->last = &i->first;
    i->turn = event_new(c->base, -1, 0, on_turn, i);
    if (i->turn == NULL)
        laz_ingest_drop(&i);
    return i;
}

static void free_pending(struct pending *p)
{
    laz_buf_clear(&p->lines);
    free(p);
}

static struct pending *pop(struct laz_ingest *i)
{
    struct pending *p = i->first;

    if (p == NULL)
        return NULL;
    i->first = p->next;
    if (i->first == NULL)
        i->last = &i->first;
    i->waiting_bytes -= p->lines.len;
    return p;
}

/* The servers have been dropped before: no request is left. */
void laz_ingest_drop(struct laz_ingest **at)
{
    struct laz_ingest *i = laz_move(*at);
    struct pending *p;

    if (i == NULL)
        return;
    while ((p = pop(i)) != NULL)
        free_pending(p);
    if (i->turn != NULL)
        event_free(i->turn);
    free(i);
}

static void on_close(void *context)
{
    struct pending *p = context;

    p->request = NULL;
}

static bool query_number(const struct laz_request *r, const char *name, uint64_t max, uint64_t *out)
{
    struct laz_view text;

    return laz_request_query(r, name, &text) && laz_parse_u64(text, max, out);
}

/* gap=FIRST-LAST, when there is one. */
static bool take_gap(const struct laz_request *r, struct laz_batch_range *range)
{
    struct laz_view text, first;

    if (!laz_request_query(r, "gap", &text))
        return true;
    range->has_gap = true;
    return laz_take_until(&text, '-', &first) &&
           laz_parse_u64(first, INT64_MAX, &range->gap_first) &&
           laz_parse_u64(text, INT64_MAX, &range->gap_last);
}

static bool take_head(const struct laz_request *r, struct laz_ingest_batch *b)
{
    struct laz_view epoch;

    if (!laz_request_query(r, "epoch", &epoch) || !laz_epoch_is_valid(epoch))
        return false;
    memcpy(b->epoch, epoch.data, epoch.len);
    return query_number(r, "first", INT64_MAX, &b->range.first) &&
           query_number(r, "count", LAZ_EVENT_BATCH_COUNT_MAX, &b->range.count) &&
           b->range.count > 0 && take_gap(r, &b->range);
}

void laz_ingest_take(struct laz_ingest *i, struct laz_request *request,
                     const struct laz_endpoint *from)
{
    struct pending *p;

    if (i->waiting_bytes > WAITING_MAX || (p = calloc(1, sizeof *p)) == NULL) {
        laz_request_add_header(request, "Retry-After", "1");
        laz_request_reply_error(request, 503, "events.busy", NULL);
        return;
    }
    laz_buf_init(&p->lines, LAZ_EVENT_BATCH_LINES_MAX);
    p->batch.endpoint = *from;
    if (!take_head(request, &p->batch) ||
        laz_event_batch_decode(laz_request_body(request), p->batch.range.count, &p->lines, NULL) !=
            LAZ_OK) {
        free_pending(p);
        laz_request_reply_error(request, 400, "events.damaged", NULL);
        return;
    }
    p->batch.lines = laz_buf_view(&p->lines);
    p->request = request;
    laz_request_on_close(request, on_close, p);
    *i->last = p;
    i->last = &p->next;
    i->waiting_bytes += p->lines.len;
    event_active(i->turn, EV_TIMEOUT, 0);
}

static void answer_stored(struct pending *p)
{
    char json[160];

    if (p->request == NULL)
        return;
    snprintf(json, sizeof json, "{\"ack\":{\"epoch\":\"%s\",\"seq\":%" PRIu64 "}}", p->batch.epoch,
             p->plan.seq);
    laz_request_reply_json(p->request, p->plan.refused ? 409 : 200, laz_view_of(json));
}

static void answer_failed(struct pending *p, enum laz_status s)
{
    if (p->request == NULL)
        return;
    if (s == LAZ_INVALID) {
        laz_request_reply_error(p->request, 400, "events.damaged", NULL);
        return;
    }
    laz_request_add_header(p->request, "Retry-After", "5");
    laz_request_reply_error(p->request, 503, "events.not_stored", NULL);
}

/* Up to GROUP_MAX batches off the queue, as a list. */
static struct pending *take_group(struct laz_ingest *i)
{
    struct pending *group = NULL, **last = &group;

    for (size_t n = 0; n < GROUP_MAX && i->first != NULL; n++) {
        *last = pop(i);
        (*last)->next = NULL;
        last = &(*last)->next;
    }
    return group;
}

/* All of the list or nothing. */
static enum laz_status store(struct laz_ingest *i, struct pending *list, struct laz_error *err)
{
    struct laz_changes changes = {0};
    struct laz_db *db = i->console->db;
    int64_t now = laz_now_ms();
    uint64_t stored = 0;
    enum laz_status s = laz_db_begin(db, err);

    if (s != LAZ_OK)
        return s;
    for (struct pending *p = list; s == LAZ_OK && p != NULL; p = p->next) {
        s = laz_ingest_store(db, &p->batch, now, &p->plan, &changes, err);
        stored += p->plan.store;
    }
    if (s == LAZ_OK)
        s = laz_db_commit(db, err);
    if (s != LAZ_OK) {
        laz_db_rollback(db);
        return s;
    }
    i->console->events_stored += stored;
    laz_console_tell(i->console, &changes);
    return LAZ_OK;
}

/* One of the group could not be stored: each is tried alone, so that one does not hold up the rest.
 */
static void store_each(struct laz_ingest *i, struct pending *list)
{
    struct pending *next;

    for (struct pending *p = list; p != NULL; p = next) {
        struct laz_error err;
        enum laz_status s;

        next = p->next;
        p->next = NULL;
        s = store(i, p, &err);
        if (s == LAZ_OK) {
            answer_stored(p);
        } else {
            laz_log_error(LAZ_ERROR, "events.not_stored", &err);
            answer_failed(p, s);
        }
        free_pending(p);
    }
}

static void on_turn(evutil_socket_t fd, short what, void *context)
{
    struct laz_ingest *i = context;
    struct pending *group = take_group(i);

    if (group == NULL)
        return;
    if (store(i, group, NULL) != LAZ_OK) {
        store_each(i, group);
    } else {
        struct pending *next;

        for (struct pending *p = group; p != NULL; p = next) {
            next = p->next;
            answer_stored(p);
            free_pending(p);
        }
    }
    if (i->first != NULL)
        event_active(i->turn, EV_TIMEOUT, 0);
}
