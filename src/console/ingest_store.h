/* ingest_store.h - one batch of an agent's events becomes rows: events, incidents, quarantine,
 * results of orders, counts by the hour, and the watermark, all in the caller's transaction. */
#ifndef LAZ_CONSOLE_INGEST_STORE_H
#define LAZ_CONSOLE_INGEST_STORE_H

#include "console/changes.h"
#include "console/endpoint.h"
#include "console/watermark.h"

#define LAZ_EPOCH_MAX 32 /* hexadecimal digits */

struct laz_ingest_batch {
    struct laz_endpoint endpoint;
    char epoch[LAZ_EPOCH_MAX + 1];
    struct laz_batch_range range;
    struct laz_view lines; /* range.count lines, as decoded */
};

bool laz_epoch_is_valid(struct laz_view epoch);

/* plan->seq is the watermark to acknowledge; when plan->refused nothing was stored. LAZ_INVALID
 * when the range makes no sense. A line that is no event of ours is stored as event.damaged: it is
 * counted, and what comes behind it is not held up. */
LAZ_CHECKED enum laz_status laz_ingest_store(struct laz_db *db,
                                             const struct laz_ingest_batch *batch, int64_t now_ms,
                                             struct laz_batch_plan *plan,
                                             struct laz_changes *changes, struct laz_error *err);

/* The newest stream of an endpoint: its epoch and watermark. *found is false when it sent nothing
 * yet. */
LAZ_CHECKED enum laz_status laz_ingest_watermark(struct laz_db *db,
                                                 const struct laz_endpoint *endpoint,
                                                 char epoch[LAZ_EPOCH_MAX + 1], uint64_t *seq,
                                                 bool *found, struct laz_error *err);

#endif
