#include "store/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/text.h"
#include "store/spool_priv.h"
#include "sys/clock.h"
#include "sys/fd.h"

#define BYTES_MAX     (256 * MIB)
#define RESERVE_PART  8
#define SEGMENT_PARTS 64
#define SEGMENT_MIN   (64 * KIB)
#define SEGMENT_MAX   (4 * MIB)
#define PENDING_MAX   ((size_t)1024 * 1024) /* events that wait for the disk, in memory */
#define PENDING_SYNC  ((size_t)512 * 1024)  /* from here on an append waits for the disk */

static struct laz_spool_limits limits_of(const struct laz_spool_limits *given)
{
    struct laz_spool_limits l = given == NULL ? (struct laz_spool_limits){0} : *given;

    if (l.bytes_max == 0)
        l.bytes_max = BYTES_MAX;
    if (l.urgent_reserve == 0)
        l.urgent_reserve = l.bytes_max / RESERVE_PART;
    if (l.segment_max == 0)
        l.segment_max = l.bytes_max / SEGMENT_PARTS;
    if (l.segment_max < SEGMENT_MIN)
        l.segment_max = SEGMENT_MIN;
    if (l.segment_max > SEGMENT_MAX)
        l.segment_max = SEGMENT_MAX;
    return l;
}

/* Held until the process ends, however it ends. */
static enum laz_status take_lock(struct laz_spool *spool, const char *dir, struct laz_error *err)
{
    spool->lock = openat(spool->dir, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (spool->lock < 0)
        return laz_fail_errno(err, "spool", dir, "check the folder's permissions");
    if (flock(spool->lock, LOCK_EX | LOCK_NB) == 0)
        return LAZ_OK;
    if (errno == EWOULDBLOCK)
        return laz_fail(err, LAZ_BUSY, "spool", dir, "is in use by another agent",
                        "end the other agent, or name another data folder");
    return laz_fail_errno(err, "spool", dir, "");
}

static enum laz_status open_files(struct laz_spool *spool, const char *dir, struct laz_error *err)
{
    enum laz_status s;

    spool->dir = laz_open_dir(dir);
    if (spool->dir < 0)
        return laz_fail_errno(err, "spool", dir, "check that the folder is there");
    s = take_lock(spool, dir, err);
    if (s != LAZ_OK)
        return s;
    spool->mark =
        openat(spool->dir, LAZ_SPOOL_MARK, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (spool->mark < 0)
        return laz_fail_errno(err, "spool", dir, "check the folder's permissions");
    return LAZ_OK;
}

/* Tells the reader how far it may read. It needs no sync: an older mark is still true. */
static void publish(struct laz_spool *spool)
{
    struct laz_spool_point point = {spool->epoch, spool->durable_seq};
    struct laz_buf b;

    laz_buf_init(&b, LAZ_SPOOL_POINT_SIZE);
    spool->published = laz_spool_point_add(&b, &point) == LAZ_OK &&
                       pwrite(spool->mark, b.data, b.len, 0) == (ssize_t)b.len;
    laz_buf_clear(&b);
}

static struct laz_spool *new_spool(const struct laz_spool_limits *limits)
{
    struct laz_spool *spool = calloc(1, sizeof *spool);

    if (spool == NULL)
        return NULL;
    spool->dir = spool->lock = spool->mark = spool->active_fd = -1;
    spool->limits = limits_of(limits);
    laz_buf_init(&spool->pending, PENDING_MAX);
    do
        laz_random_bytes(&spool->epoch, sizeof spool->epoch);
    while (spool->epoch == 0);
    return spool;
}

static void free_spool(struct laz_spool **spool)
{
    if (*spool == NULL)
        return;
    laz_fd_drop(&(*spool)->active_fd);
    laz_fd_drop(&(*spool)->mark);
    laz_fd_drop(&(*spool)->lock);
    laz_fd_drop(&(*spool)->dir);
    free((*spool)->segments.items);
    laz_buf_clear(&(*spool)->pending);
    free(*spool);
    *spool = NULL;
}

enum laz_status laz_spool_open(const char *dir, const struct laz_spool_limits *limits,
                               struct laz_spool **out, struct laz_error *err)
{
    LAZ_OWNED(free_spool) struct laz_spool *spool = new_spool(limits);
    enum laz_status s;

    if (spool == NULL)
        return laz_fail(err, LAZ_NOMEM, "spool", dir, "no memory", "");
    s = open_files(spool, dir, err);
    if (s == LAZ_OK)
        s = laz_spool_recover(spool, err);
    if (s != LAZ_OK)
        return s;
    laz_spool_reap(spool);
    publish(spool);
    *out = laz_move(spool);
    return LAZ_OK;
}

void laz_spool_drop(struct laz_spool **spool)
{
    if (*spool == NULL)
        return;
    laz_ignore(laz_spool_sync(*spool, NULL)); /* who needs to know calls it before */
    free_spool(spool);
}

static bool is_event(struct laz_view json)
{
    if (json.len == 0 || json.len > LAZ_SPOOL_EVENT_MAX)
        return false;
    for (size_t i = 0; i < json.len; i++)
        if (json.data[i] < ' ')
            return false;
    return laz_utf8_is_valid(json);
}

static void count_drop(struct laz_spool *spool)
{
    spool->dropped++;
    spool->loss.events++;
}

static uint64_t bytes_used(const struct laz_spool *spool)
{
    uint64_t active = spool->active_fd < 0 ? 0 : spool->active.bytes;

    return spool->segments.bytes + active + spool->pending.len;
}

/* Room for size more bytes within the budget, by giving up what is least needed. */
static bool make_room(struct laz_spool *spool, size_t size, bool urgent)
{
    uint64_t max = spool->limits.bytes_max - (urgent ? 0 : spool->limits.urgent_reserve);

    if (bytes_used(spool) + size + LAZ_SEGMENT_HEADER_SIZE > max)
        laz_spool_reap(spool);
    while (bytes_used(spool) + size + LAZ_SEGMENT_HEADER_SIZE > max ||
           spool->segments.count >= LAZ_SEGMENTS_MAX - 1)
        if (laz_spool_drop_oldest(spool, urgent, NULL) != LAZ_OK)
            return false;
    return true;
}

/* Brings what is pending into the active segment's file, without a sync. */
static enum laz_status write_pending(struct laz_spool *spool, struct laz_error *err)
{
    if (spool->active_fd < 0) {
        enum laz_status s = laz_spool_begin_segment(spool, spool->durable_seq + 1, err);

        if (s != LAZ_OK)
            return s;
    }
    while (spool->pending_written < spool->pending.len) {
        ssize_t n = pwrite(spool->active_fd, spool->pending.data + spool->pending_written,
                           spool->pending.len - spool->pending_written,
                           (off_t)(spool->active.bytes + spool->pending_written));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return laz_fail_errno(err, "spool", "", "free space on this disk");
        spool->pending_written += (size_t)n;
    }
    return LAZ_OK;
}

/* After a failed sync nobody knows what of the file is on disk: it is cut to what was known before,
 * and the rest is written again, elsewhere. */
static void abandon_segment(struct laz_spool *spool)
{
    laz_ignore(ftruncate(spool->active_fd, (off_t)spool->active.bytes) !=
               0);                                  /* checksums guard it */
    laz_ignore(laz_spool_end_segment(spool, NULL)); /* when memory is out, the next open finds it */
    spool->pending_written = 0;
}

static void pending_is_durable(struct laz_spool *spool)
{
    spool->active.last_seq = spool->last_seq;
    spool->active.bytes += spool->pending.len;
    spool->active.plain_bytes += spool->pending_sums.plain_bytes;
    spool->active.plain_count += spool->pending_sums.plain_count;
    spool->active.urgent_count += spool->pending_sums.urgent_count;
    spool->pending_sums = (struct laz_segment){0};
    spool->durable_seq = spool->last_seq;
    spool->pending_written = 0;
    laz_buf_reset(&spool->pending);
    publish(spool);
}

static enum laz_status sync_once(struct laz_spool *spool, struct laz_error *err)
{
    enum laz_status s = write_pending(spool, err);

    if (s != LAZ_OK)
        return s; /* half a record at the end of the file is no record */
    if (fdatasync(spool->active_fd) != 0 || (spool->dir_changed && fsync(spool->dir) != 0)) {
        s = laz_fail_errno(err, "spool", "", "check the disk");
        abandon_segment(spool);
        return s;
    }
    spool->dir_changed = false;
    pending_is_durable(spool);
    if (spool->active.bytes >= spool->limits.segment_max)
        laz_ignore(laz_spool_end_segment(spool, NULL)); /* else it grows on, and is tried again */
    return LAZ_OK;
}

enum laz_status laz_spool_sync(struct laz_spool *spool, struct laz_error *err)
{
    enum laz_status s = LAZ_OK;

    if (spool->pending.len > 0) {
        s = sync_once(spool, err);
        if (s != LAZ_OK && spool->active_fd < 0)
            s = sync_once(spool, err); /* in a new file */
    }
    if (!spool->published)
        publish(spool);
    laz_spool_reap(spool);
    return s;
}

static enum laz_status refuse_event(struct laz_spool *spool, struct laz_error *err)
{
    count_drop(spool);
    return laz_fail(err, LAZ_LIMIT, "spool", "", "is full: the event was dropped",
                    "free space on this disk, or bring the console back");
}

static bool add_pending(struct laz_spool *spool, struct laz_view json, bool urgent)
{
    struct laz_segment_record r = {spool->last_seq + 1, urgent, json};
    size_t before = spool->pending.len;

    if (laz_segment_add_record(&spool->pending, spool->epoch, &r) != LAZ_OK) {
        spool->pending.len = before;
        spool->pending.failed = LAZ_OK;
        return false;
    }
    spool->last_seq++;
    spool->pending_sums.urgent_count += urgent;
    spool->pending_sums.plain_count += !urgent;
    spool->pending_sums.plain_bytes += urgent ? 0 : spool->pending.len - before;
    return true;
}

enum laz_status laz_spool_append(struct laz_spool *spool, struct laz_view json, bool urgent,
                                 uint64_t *seq, struct laz_error *err)
{
    size_t size = LAZ_SEGMENT_RECORD_SIZE + json.len;
    enum laz_status s = LAZ_OK;

    if (!is_event(json))
        return laz_fail(err, LAZ_INVALID, "spool", "", "an event is one line of text",
                        "of at most 64 KiB");
    if (spool->pending.len > 0 && spool->pending.len + size > PENDING_SYNC)
        laz_ignore(laz_spool_sync(spool, NULL)); /* when it fails, memory decides below */
    if (!make_room(spool, size, urgent) || spool->pending.len + size > PENDING_MAX ||
        !add_pending(spool, json, urgent))
        return refuse_event(spool, err);
    if (seq != NULL)
        *seq = spool->last_seq;
    if (urgent)
        return laz_spool_sync(spool, err) == LAZ_OK ? LAZ_OK : LAZ_IO;
    if (write_pending(spool, NULL) != LAZ_OK)
        s = LAZ_OK; /* it is in memory, and the next sync says what is wrong */
    return s;
}

bool laz_spool_take_loss(struct laz_spool *spool, struct laz_spool_loss *out)
{
    if (spool->loss.events == 0 && spool->loss.bytes == 0)
        return false;
    *out = spool->loss;
    spool->loss = (struct laz_spool_loss){0};
    return true;
}

void laz_spool_state_get(const struct laz_spool *spool, struct laz_spool_state *out)
{
    *out = (struct laz_spool_state){
        .epoch = spool->epoch,
        .last_seq = spool->last_seq,
        .durable_seq = spool->durable_seq,
        .acked_epoch = spool->acked.epoch,
        .acked_seq = spool->acked.seq,
        .bytes = bytes_used(spool) - spool->pending.len,
        .dropped = spool->dropped,
    };
}
