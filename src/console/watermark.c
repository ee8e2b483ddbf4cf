#include "console/watermark.h"

#include "base/number.h"

#define SEQ_MAX ((uint64_t)INT64_MAX) /* what a row can hold */

static bool is_sane(const struct laz_batch_range *r, uint64_t *last)
{
    if (r->first == 0 || r->count == 0 || laz_ckd_add(last, r->first, r->count - 1) ||
        *last > SEQ_MAX)
        return false;
    return !r->has_gap ||
           (r->gap_first > 0 && r->gap_first <= r->gap_last && r->gap_last <= SEQ_MAX);
}

bool laz_batch_plan(uint64_t stored, const struct laz_batch_range *range,
                    struct laz_batch_plan *out)
{
    struct laz_batch_plan p = {.seq = stored};
    uint64_t last;

    if (!is_sane(range, &last))
        return false;
    if (range->first > stored + 1) {
        bool covered =
            range->has_gap && range->gap_first <= stored + 1 && range->gap_last >= range->first - 1;

        if (!covered) {
            p.refused = true;
            *out = p;
            return true;
        }
        p.gap = true;
        p.lost_first = stored + 1;
        p.lost_last = range->first - 1;
        stored = p.lost_last;
    }
    if (last > stored) {
        p.skip = stored + 1 - range->first;
        p.store = last - stored;
        p.seq = last;
    }
    *out = p;
    return true;
}
