#include "console/sync.h"

#include <event2/event.h>
#include <inttypes.h>
#include <stdlib.h>

#include "console/command.h"
#include "console/ingest_store.h"
#include "sys/clock.h"
#include "sys/log.h"

#define ANSWER_MAX ((size_t)64 * 1024)

struct held {
    struct laz_sync *sync;
    struct held *next, **link;
    struct laz_request *request;
    struct laz_endpoint endpoint;
    struct event *timer;
};

struct laz_sync {
    struct laz_console *console;
    struct held *first;
};

struct laz_sync *laz_sync_new(struct laz_console *c)
{
    struct laz_sync *s = calloc(1, sizeof *s);

    if (s != NULL)
        s->console = c;
    return s;
}

static void forget(struct held *h)
{
    *h->link = h->next;
    if (h->next != NULL)
        h->next->link = h->link;
    if (h->timer != NULL)
        event_free(h->timer);
    free(h);
}

/* The servers have been dropped before: their requests are gone. */
void laz_sync_drop(struct laz_sync **s)
{
    if (*s == NULL)
        return;
    while ((*s)->first != NULL)
        forget((*s)->first);
    free(*s);
    *s = NULL;
}

struct taking {
    const struct laz_endpoint *endpoint;
    struct laz_json_out *out;
    int64_t count;
};

static enum laz_status take_commands(struct laz_db *db, void *context, struct laz_error *err)
{
    struct taking *t = context;

    return laz_command_take(db, t->endpoint, laz_now_ms(), t->out, &t->count, err);
}

static enum laz_status put_ack(struct laz_db *db, const struct laz_endpoint *endpoint,
                               struct laz_json_out *out, struct laz_error *err)
{
    char epoch[LAZ_EPOCH_MAX + 1] = "";
    uint64_t seq = 0;
    bool found = false;
    enum laz_status s = laz_ingest_watermark(db, endpoint, epoch, &seq, &found, err);

    laz_out_name(out, "ack");
    if (s != LAZ_OK || !found) {
        laz_out_null(out);
        return s;
    }
    laz_out_object(out);
    laz_out_text_of(out, "epoch", epoch);
    laz_out_i64_of(out, "seq", (int64_t)seq);
    laz_out_object_end(out);
    return LAZ_OK;
}

/* The whole answer; *count says how many orders are in it. */
static enum laz_status make_answer(struct laz_sync *sync, const struct laz_endpoint *endpoint,
                                   int64_t next_ms, struct laz_buf *answer, int64_t *count,
                                   struct laz_error *err)
{
    struct laz_json_out out = {answer, false};
    struct taking t = {.endpoint = endpoint, .out = &out};
    enum laz_status s;

    laz_out_object(&out);
    laz_out_i64_of(&out, "time", laz_now_ms());
    laz_out_i64_of(&out, "next_ms", next_ms);
    laz_out_name(&out, "commands");
    s = laz_db_transaction(sync->console->db, take_commands, &t, err);
    if (s == LAZ_OK)
        s = put_ack(sync->console->db, endpoint, &out, err);
    laz_out_object_end(&out);
    *count = t.count;
    if (s == LAZ_OK && laz_buf_failed(answer) != LAZ_OK)
        s = laz_fail(err, LAZ_NOMEM, "console", "sync", "no memory", "");
    return s;
}

/* True when the request has been answered: there were orders, or it must be now, or it failed. */
static bool answer(struct laz_sync *sync, struct laz_request *request,
                   const struct laz_endpoint *endpoint, int64_t next_ms, bool must)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf text = {0};
    struct laz_error err;
    int64_t count = 0;
    enum laz_status s;

    laz_buf_init(&text, ANSWER_MAX);
    s = make_answer(sync, endpoint, next_ms, &text, &count, &err);
    if (s != LAZ_OK) {
        laz_log_error(LAZ_ERROR, "sync.failed", &err);
        laz_request_reply_error(request, 503, "internal", NULL);
        return true;
    }
    if (count == 0 && !must)
        return false;
    laz_request_reply_json(request, 200, laz_buf_view(&text));
    return true;
}

static void on_close(void *context)
{
    forget(context);
}

static void on_patience_over(evutil_socket_t fd, short what, void *context)
{
    struct held *h = context;

    answer(h->sync, h->request, &h->endpoint, LAZ_SYNC_AGAIN_MS, true);
    forget(h);
}

static bool hold(struct laz_sync *sync, struct laz_request *request,
                 const struct laz_endpoint *from, int64_t hold_ms)
{
    struct timeval wait = {hold_ms / 1000, hold_ms % 1000 * 1000};
    struct held *h = calloc(1, sizeof *h);

    if (h == NULL)
        return false;
    h->timer = event_new(sync->console->base, -1, 0, on_patience_over, h);
    if (h->timer == NULL || event_add(h->timer, &wait) != 0) {
        if (h->timer != NULL)
            event_free(h->timer);
        free(h);
        return false;
    }
    h->sync = sync;
    h->request = request;
    h->endpoint = *from;
    h->next = sync->first;
    h->link = &sync->first;
    if (h->next != NULL)
        h->next->link = &h->next;
    sync->first = h;
    laz_request_on_close(request, on_close, h);
    return true;
}

void laz_sync_answer(struct laz_sync *s, struct laz_request *request,
                     const struct laz_endpoint *from, int64_t hold_ms)
{
    if (hold_ms > LAZ_SYNC_HOLD_MAX_MS)
        hold_ms = LAZ_SYNC_HOLD_MAX_MS;
    if (hold_ms <= 0) {
        answer(s, request, from, LAZ_SYNC_NEXT_MS, true);
        return;
    }
    if (answer(s, request, from, LAZ_SYNC_AGAIN_MS, false))
        return;
    if (!hold(s, request, from, hold_ms))
        answer(s, request, from, LAZ_SYNC_NEXT_MS, true);
}

/* The first one that waits takes the order; an endpoint waits once, or twice while it reconnects.
 */
void laz_sync_wake(struct laz_sync *s, const struct laz_endpoint *endpoint)
{
    struct held *next;

    for (struct held *h = s->first; h != NULL; h = next) {
        next = h->next;
        if (h->endpoint.id != endpoint->id)
            continue;
        if (answer(s, h->request, &h->endpoint, LAZ_SYNC_AGAIN_MS, false))
            forget(h);
    }
}
