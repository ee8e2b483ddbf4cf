/* Any bytes as what a browser sends to say who it is and where it comes from, and as the numbers of
 * an agent's batch. */
#include <string.h>

#include "console/call.h"
#include "console/ingest_store.h"
#include "console/watermark.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at_range(struct laz_view v)
{
    struct laz_batch_range range = {0};
    struct laz_batch_plan plan;
    uint64_t stored;

    if (!laz_take_u64le(&v, &stored) || !laz_take_u64le(&v, &range.first) ||
        !laz_take_u64le(&v, &range.count) || !laz_take_u64le(&v, &range.gap_first) ||
        !laz_take_u64le(&v, &range.gap_last))
        return;
    stored >>= 1; /* what a row can hold */
    range.has_gap = v.len % 2 == 1;
    if (!laz_batch_plan(stored, &range, &plan))
        return;
    LAZ_ASSERT(plan.seq >= stored);
    LAZ_ASSERT(plan.refused || plan.skip + plan.store <= range.count);
    LAZ_ASSERT(!plan.gap || (plan.lost_first == stored + 1 && plan.lost_last >= plan.lost_first));
    if (plan.store > 0) {
        LAZ_ASSERT(range.first + plan.skip + plan.store - 1 == plan.seq);
        LAZ_ASSERT(range.first + plan.skip == (plan.gap ? plan.lost_last : stored) + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct laz_view v = laz_view_from(data, size), origin, host = v;

    if (laz_session_text_is_valid(v))
        LAZ_ASSERT(v.len == LAZ_SESSION_TEXT_SIZE - 1);
    if (laz_epoch_is_valid(v))
        LAZ_ASSERT(v.len > 0 && v.len <= LAZ_EPOCH_MAX);
    if (laz_take_until(&host, '\n', &origin) && laz_origin_is_ours(origin, host, "127.0.0.1:8443"))
        LAZ_ASSERT(laz_view_starts(origin, laz_view_of("https://")) && origin.len > 8);
    laz_ignore(laz_password_is_good(v, "admin"));
    look_at_range(v);
    return 0;
}
