#include "console/ingest_store.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "console/command.h"
#include "console/event_store.h"
#include "console/incident_store.h"
#include "console/quarantine_list.h"
#include "link/event_batch.h"

#define MS_PER_HOUR       3600000
#define HOURS_MAX         8 /* of one batch; events of further hours count in the last */
#define CLOCK_AHEAD_MS    MS_PER_HOUR
#define EARLIEST_MS       946684800000 /* 2000-01-01: an endpoint without a clock */
#define DAMAGED_EVENT_MAX 512

/* Counts of a batch by the hour, so that the table is written once an hour and not once an event.
 */
struct hours {
    struct {
        int64_t hour, events, detections;
    } items[HOURS_MAX];
    size_t count;
};

struct intake {
    struct laz_db *db;
    const struct laz_endpoint *endpoint;
    int64_t stream_id, now_ms;
    struct hours hours;
    struct laz_changes *changes;
};

bool laz_epoch_is_valid(struct laz_view epoch)
{
    if (epoch.len == 0 || epoch.len > LAZ_EPOCH_MAX)
        return false;
    for (size_t i = 0; i < epoch.len; i++)
        if (laz_hex_value(epoch.data[i]) < 0 || (epoch.data[i] >= 'A' && epoch.data[i] <= 'F'))
            return false;
    return true;
}

static void count_hour(struct hours *h, int64_t time_ms, bool detection)
{
    int64_t hour = time_ms / MS_PER_HOUR;
    size_t i = 0;

    while (i < h->count && h->items[i].hour != hour)
        i++;
    if (i == h->count) {
        if (h->count == HOURS_MAX)
            i--;
        else
            h->items[h->count++].hour = hour;
    }
    h->items[i].events++;
    h->items[i].detections += detection;
}

/* An endpoint whose clock is wrong is not to put its events where nobody looks. */
static int64_t plausible_time(int64_t time_ms, int64_t now_ms)
{
    return time_ms > now_ms + CLOCK_AHEAD_MS || time_ms < EARLIEST_MS ? now_ms : time_ms;
}

static enum laz_status insert(struct intake *in, const struct laz_event *e, struct laz_view raw,
                              int64_t seq, int64_t incident_id, struct laz_error *err)
{
    struct laz_event_row row = {
        .endpoint_id = in->endpoint->id,
        .stream_id = in->stream_id,
        .seq = seq,
        .incident_id = incident_id,
        .time_ms = e->time_ms,
        .received_ms = in->now_ms,
        .code = e->code,
        .severity = e->severity,
        .raw = raw,
    };
    int64_t id = 0;
    enum laz_status s = laz_event_insert(in->db, in->endpoint->scope, &row, &id, err);

    if (s == LAZ_OK)
        laz_changes_add(in->changes, in->endpoint->scope.organisation_id, LAZ_CHANGED_EVENT, id);
    return s;
}

static enum laz_status store_event(struct intake *in, struct laz_event *e, struct laz_view raw,
                                   int64_t seq, struct laz_error *err)
{
    const struct laz_endpoint *at = in->endpoint;
    int64_t incident_id = 0;
    enum laz_status s;

    e->time_ms = plausible_time(e->time_ms, in->now_ms);
    s = laz_incident_record(in->db, at->scope, at->id, e, &incident_id, in->changes, err);
    if (s == LAZ_OK)
        s = insert(in, e, raw, seq, incident_id, err);
    if (s == LAZ_OK)
        s = laz_quarantine_record(in->db, at, e, in->changes, err);
    if (s == LAZ_OK)
        s = laz_command_record(in->db, at, e, in->changes, err);
    count_hour(&in->hours, e->time_ms, laz_incident_kind_of(e) >= LAZ_INCIDENT_MALWARE_FOUND);
    return s;
}

/* In the place of a line that is no event: an event that says so. */
static enum laz_status store_damaged(struct intake *in, size_t bytes, int64_t seq,
                                     struct laz_error *err)
{
    char text[DAMAGED_EVENT_MAX];
    struct laz_event e;
    enum laz_status s;
    int len =
        snprintf(text, sizeof text,
                 "{\"time\":%" PRId64 ",\"class_uid\":6002,\"category_uid\":6,\"severity_id\":2,"
                 "\"metadata\":{\"event_code\":\"event.damaged\"},\"unmapped\":{\"bytes\":%zu}}",
                 in->now_ms, bytes);

    LAZ_ASSERT(len > 0 && len < DAMAGED_EVENT_MAX);
    s = laz_event_parse(laz_view_from(text, (size_t)len), &e);
    if (s != LAZ_OK)
        return laz_fail(err, LAZ_NOMEM, "console", "event", "no memory", "");
    s = store_event(in, &e, laz_view_from(text, (size_t)len), seq, err);
    laz_event_clear(&e);
    return s;
}

static enum laz_status store_line(struct intake *in, struct laz_view line, int64_t seq,
                                  struct laz_error *err)
{
    struct laz_event e;
    enum laz_status s;

    if (laz_event_parse(line, &e) != LAZ_OK)
        return store_damaged(in, line.len, seq, err);
    s = store_event(in, &e, line, seq, err);
    laz_event_clear(&e);
    return s;
}

/* *id stays 0 for a stream of which nothing is stored yet. */
static enum laz_status find_stream(struct laz_db *db, const struct laz_ingest_batch *batch,
                                   int64_t *id, int64_t *seq, struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_scope_get(
        batch->endpoint.scope, db,
        "SELECT id, seq FROM stream WHERE organisation_id = ?1 AND endpoint_id = ?2 AND epoch = ?3",
        &st, err);
    bool row = false;

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, batch->endpoint.id);
    laz_bind_string(st, 3, batch->epoch);
    s = laz_statement_step(st, &row, err);
    if (s != LAZ_OK || !row)
        return s;
    *id = laz_column_i64(st, 0);
    *seq = laz_column_i64(st, 1);
    laz_statement_reset(st);
    return LAZ_OK;
}

static enum laz_status add_stream(struct laz_db *db, const struct laz_ingest_batch *batch,
                                  int64_t *id, struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_scope_get(
        batch->endpoint.scope, db,
        "INSERT INTO stream (organisation_id, endpoint_id, epoch, seq) VALUES (?1, ?2, ?3, 0)", &st,
        err);

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, batch->endpoint.id);
    laz_bind_string(st, 3, batch->epoch);
    s = laz_statement_run(st, err);
    if (s == LAZ_OK)
        *id = laz_db_last_id(db);
    return s;
}

static enum laz_status move_watermark(struct intake *in, uint64_t seq, struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s = laz_scope_get(
        in->endpoint->scope, in->db,
        "UPDATE stream SET seq = ?3 WHERE organisation_id = ?1 AND id = ?2", &st, err);

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, in->stream_id);
    laz_bind_i64(st, 3, (int64_t)seq);
    return laz_statement_run(st, err);
}

static enum laz_status record_gap(struct intake *in, const struct laz_batch_plan *plan,
                                  struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s =
        laz_scope_get(in->endpoint->scope, in->db,
                      "INSERT INTO gap (organisation_id, stream_id, first, last, time) "
                      "VALUES (?1, ?2, ?3, ?4, ?5)",
                      &st, err);

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, in->stream_id);
    laz_bind_i64(st, 3, (int64_t)plan->lost_first);
    laz_bind_i64(st, 4, (int64_t)plan->lost_last);
    laz_bind_i64(st, 5, in->now_ms);
    return laz_statement_run(st, err);
}

static enum laz_status store_lines(struct intake *in, const struct laz_ingest_batch *batch,
                                   const struct laz_batch_plan *plan, struct laz_error *err)
{
    struct laz_view lines = batch->lines, line;
    enum laz_status s = LAZ_OK;

    for (uint64_t i = 0; s == LAZ_OK && i < plan->skip + plan->store; i++) {
        LAZ_ASSERT(laz_event_batch_next(&lines, &line)); /* decoding has counted them */
        if (i >= plan->skip)
            s = store_line(in, line, (int64_t)(batch->range.first + i), err);
    }
    for (size_t i = 0; s == LAZ_OK && i < in->hours.count; i++)
        s = laz_activity_add(in->db, in->endpoint->scope, in->hours.items[i].hour * MS_PER_HOUR,
                             in->hours.items[i].events, in->hours.items[i].detections, err);
    return s;
}

enum laz_status laz_ingest_store(struct laz_db *db, const struct laz_ingest_batch *batch,
                                 int64_t now_ms, struct laz_batch_plan *plan,
                                 struct laz_changes *changes, struct laz_error *err)
{
    struct intake in = {
        .db = db, .endpoint = &batch->endpoint, .now_ms = now_ms, .changes = changes};
    int64_t stored = 0;
    enum laz_status s = find_stream(db, batch, &in.stream_id, &stored, err);

    if (s != LAZ_OK)
        return s;
    if (!laz_batch_plan((uint64_t)stored, &batch->range, plan))
        return laz_fail(err, LAZ_INVALID, "console", "events", "the numbers make no sense", "");
    if (plan->refused || plan->seq == (uint64_t)stored)
        return LAZ_OK;
    if (in.stream_id == 0) /* what is refused leaves no stream behind */
        s = add_stream(db, batch, &in.stream_id, err);
    if (s == LAZ_OK && plan->gap)
        s = record_gap(&in, plan, err);
    if (s == LAZ_OK)
        s = store_lines(&in, batch, plan, err);
    return s == LAZ_OK ? move_watermark(&in, plan->seq, err) : s;
}

enum laz_status laz_ingest_watermark(struct laz_db *db, const struct laz_endpoint *endpoint,
                                     char epoch[LAZ_EPOCH_MAX + 1], uint64_t *seq, bool *found,
                                     struct laz_error *err)
{
    struct laz_statement *st;
    enum laz_status s =
        laz_scope_get(endpoint->scope, db,
                      "SELECT epoch, seq FROM stream WHERE organisation_id = ?1 AND "
                      "endpoint_id = ?2 ORDER BY id DESC LIMIT 1",
                      &st, err);
    struct laz_view text;

    if (s != LAZ_OK)
        return s;
    laz_bind_i64(st, 2, endpoint->id);
    s = laz_statement_step(st, found, err);
    if (s != LAZ_OK || !*found)
        return s;
    text = laz_column_text(st, 0);
    snprintf(epoch, LAZ_EPOCH_MAX + 1, "%.*s", (int)text.len, (const char *)text.data);
    *seq = (uint64_t)laz_column_i64(st, 1);
    laz_statement_reset(st);
    return LAZ_OK;
}
