/* watermark.h - which events of a batch are new. Pure: it counts, the rows are elsewhere. */
#ifndef LAZ_CONSOLE_WATERMARK_H
#define LAZ_CONSOLE_WATERMARK_H

#include <stdbool.h>
#include <stdint.h>

struct laz_batch_range {
    uint64_t first, count; /* of the events in the batch; first counts from 1 */
    bool has_gap;          /* the sender says: events gap_first to gap_last are lost for good */
    uint64_t gap_first, gap_last;
};

struct laz_batch_plan {
    bool refused;   /* a hole that is not declared: nothing is stored */
    uint64_t skip;  /* so many events at the front are here already */
    uint64_t store; /* so many behind them are new */
    bool gap;       /* lost_first to lost_last are to be recorded */
    uint64_t lost_first, lost_last;
    uint64_t seq; /* the watermark afterwards */
};

/* stored: up to there everything of this stream is here. False when the range makes no sense. */
bool laz_batch_plan(uint64_t stored, const struct laz_batch_range *range,
                    struct laz_batch_plan *out);

#endif
