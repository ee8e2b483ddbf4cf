#include "link/uplink_priv.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/number.h"
#include "link/event_batch.h"
#include "link/json.h"
#include "sys/clock.h"
#include "sys/log.h"

#define CALL_MS    30000
#define POLL_MS    1000
#define BYTES_MAX  ((size_t)768 * 1024)
#define COUNT_MAX  2000
#define REFUSED_MS 60000 /* before a spool that cannot be read is tried again */

static_assert(COUNT_MAX <= LAZ_EVENT_BATCH_COUNT_MAX, "a batch is what the console takes");
static_assert(BYTES_MAX + LAZ_EVENT_MAX < LAZ_EVENT_BATCH_MAX, "even one that does not compress");

/* {"ack":{"epoch":HEX,"seq":N}} */
static bool take_ack(const struct laz_answer *answer, uint64_t *epoch, uint64_t *seq)
{
    LAZ_OWNED(laz_json_drop) cJSON *json = laz_json_parse_object(laz_buf_view(&answer->body));
    const cJSON *ack = cJSON_GetObjectItemCaseSensitive(json, "ack");
    const char *hex;

    if (!laz_json_text(ack, "epoch", 16, &hex) || !laz_json_u64(ack, "seq", UINT64_MAX, seq))
        return false;
    *epoch = 0; /* of a console that has nothing of us yet */
    return hex[0] == '\0' || laz_parse_hex_u64(laz_view_of(hex), UINT64_MAX, epoch);
}

static void fail_for_now(struct laz_uplink *u, const struct laz_answer *answer, int64_t now)
{
    u->events_at = now + laz_backoff_next(&u->events_backoff, answer->retry_after_ms);
}

static void take_stored(struct laz_uplink *u, const struct laz_answer *answer, int64_t now)
{
    struct laz_error err = {0};
    uint64_t epoch, seq;

    if (!take_ack(answer, &epoch, &seq) || epoch != u->batch.epoch || seq < u->batch.first) {
        laz_log(LAZ_WARN, "uplink.ack", "first=%" PRIu64 " status=%d", u->batch.first,
                answer->http);
        fail_for_now(u, answer, now);
        return;
    }
    if (laz_spool_ack(u->reader, epoch, seq, &err) != LAZ_OK) {
        laz_log_error(LAZ_WARN, "uplink.ack", &err);
        fail_for_now(u, answer, now);
        return;
    }
    if (u->online)
        laz_uplink_set_trouble(u, "", "");
    laz_backoff_reset(&u->events_backoff);
    u->count_max = u->count_max * 2 < COUNT_MAX ? u->count_max * 2 : COUNT_MAX;
    u->events_at = now;
}

/* The console knows another place than we thought: it goes on from there, with a gap where need be.
 */
static void take_conflict(struct laz_uplink *u, const struct laz_answer *answer, int64_t now)
{
    uint64_t epoch, seq;

    if (take_ack(answer, &epoch, &seq)) {
        laz_log(LAZ_WARN, "uplink.conflict", "first=%" PRIu64 " console=%" PRIu64, u->batch.first,
                epoch == u->batch.epoch ? seq : 0);
        laz_spool_seek(u->reader, u->batch.epoch, epoch == u->batch.epoch ? seq : 0);
    }
    fail_for_now(u, answer, now);
}

/* One event that the console will not take must not stop those behind it: it is found by halves and
 * left out, as a gap. */
static void take_refused(struct laz_uplink *u, const struct laz_answer *answer, int64_t now)
{
    if (u->batch.count > 1) {
        u->count_max = (size_t)u->batch.count / 2;
        u->events_at = now;
        return;
    }
    laz_log(LAZ_ERROR, "uplink.event_refused", "seq=%" PRIu64 " status=%d", u->batch.first,
            answer->http);
    laz_spool_skip(u->reader, u->batch.epoch, u->batch.first);
    u->events_at = now;
}

static void take_answer(struct laz_uplink *u, const struct laz_answer *answer, int64_t now)
{
    if (answer->status != LAZ_OK) {
        laz_uplink_blame(u, answer);
        fail_for_now(u, answer, now);
        return;
    }
    switch (answer->http) {
    case 200:
        take_stored(u, answer, now);
        break;
    case 409:
        take_conflict(u, answer, now);
        break;
    case 400:
    case 413:
    case 422:
        take_refused(u, answer, now);
        break;
    default:
        laz_uplink_blame(u, answer);
        fail_for_now(u, answer, now);
    }
}

static bool send_batch(struct laz_uplink *u)
{
    const struct laz_spool_batch *b = &u->batch;
    struct laz_error err = {0};
    char path[160];
    int len = snprintf(path, sizeof path,
                       "/agent/v1/events?epoch=%016" PRIx64 "&first=%" PRIu64 "&count=%" PRIu64,
                       b->epoch, b->first, b->count);

    if (b->gap_to != 0)
        snprintf(path + len, sizeof path - (size_t)len, "&gap=%" PRIu64 "-%" PRIu64, b->gap_from,
                 b->gap_to);
    laz_buf_reset(&u->frame);
    if (laz_event_batch_encode(laz_buf_view(&b->lines), &u->frame, &err) != LAZ_OK) {
        laz_log_error(LAZ_ERROR, "uplink.batch", &err);
        return false;
    }
    return laz_uplink_call(u, LAZ_SLOT_EVENTS, path, "application/zstd", laz_buf_view(&u->frame),
                           CALL_MS);
}

/* The next batch, when there is one. */
static void send_next(struct laz_uplink *u, int64_t now)
{
    struct laz_error err = {0};

    if (laz_spool_read(u->reader, BYTES_MAX, u->count_max, &u->batch, &err) != LAZ_OK) {
        laz_log_error(LAZ_ERROR, "uplink.spool", &err);
        u->events_at = now + REFUSED_MS;
        return;
    }
    u->events_at = now + POLL_MS;
    if (u->batch.count > 0 && !send_batch(u))
        u->events_at = now + laz_backoff_next(&u->events_backoff, POLL_MS);
}

int64_t laz_uplink_events(struct laz_uplink *u, int64_t now)
{
    const struct laz_answer *answer = laz_client_take(u->client, LAZ_SLOT_EVENTS);

    if (answer != NULL)
        take_answer(u, answer, now);
    if (laz_client_is_busy(u->client, LAZ_SLOT_EVENTS))
        return now + CALL_MS;
    if (now >= u->events_at)
        send_next(u, now);
    return u->events_at;
}
