/* event_batch.h - events on the wire: JSON lines in one zstd frame, with every size bounded before
 * memory is taken. */
#ifndef LAZ_LINK_EVENT_BATCH_H
#define LAZ_LINK_EVENT_BATCH_H

#include "base/buf.h"
#include "base/status.h"

#define LAZ_EVENT_MAX             ((size_t)64 * 1024)       /* bytes of one event */
#define LAZ_EVENT_BATCH_LINES_MAX ((size_t)2 * 1024 * 1024) /* bytes of all events of a batch */
#define LAZ_EVENT_BATCH_MAX       ((size_t)1024 * 1024)     /* bytes of the frame */
#define LAZ_EVENT_BATCH_COUNT_MAX 4096

/* Appends the frame for lines (each ended by a newline) to out. LAZ_LIMIT when a maximum is passed.
 */
LAZ_CHECKED enum laz_status laz_event_batch_encode(struct laz_view lines, struct laz_buf *out,
                                                   struct laz_error *err);

/* The lines of a frame that somebody sent, into out (whose max is at least
 * LAZ_EVENT_BATCH_LINES_MAX; it is reset first). Exactly count lines, each 1 to LAZ_EVENT_MAX bytes
 * of UTF-8 without control bytes, and nothing after the frame; else LAZ_DAMAGED, or LAZ_LIMIT. That
 * each is a JSON object is for its reader to check. */
LAZ_CHECKED enum laz_status laz_event_batch_decode(struct laz_view frame, uint64_t count,
                                                   struct laz_buf *out, struct laz_error *err);

/* The next line without its newline; false at the end. */
bool laz_event_batch_next(struct laz_view *lines, struct laz_view *event);

#endif
