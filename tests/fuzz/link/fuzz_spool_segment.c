/* Any bytes as a spool's segment and as a point. What is read is written again to the same bytes.
 */
#include "base/buf.h"
#include "store/spool_segment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_records(struct laz_view v, const struct laz_segment_header *header)
{
    struct laz_segment_record r;
    uint64_t seq_min = header->first_seq;
    struct laz_view before = v;

    while (laz_segment_take_record(&v, header->epoch, seq_min, &r) == LAZ_OK) {
        struct laz_buf again;

        laz_buf_init(&again, 1024 * 1024);
        LAZ_ASSERT(r.seq >= seq_min && r.json.len <= before.len);
        LAZ_ASSERT(laz_segment_add_record(&again, header->epoch, &r) == LAZ_OK);
        LAZ_ASSERT(laz_view_equal(laz_buf_view(&again), laz_view_first(before, again.len)));
        LAZ_ASSERT(again.len == before.len - v.len);
        laz_buf_clear(&again);
        seq_min = r.seq + 1;
        before = v;
        if (seq_min == 0)
            break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct laz_view v = laz_view_from(data, size), point_view = v;
    struct laz_segment_header header = {1, 0x123456789abcdef0u, 1};
    struct laz_spool_point point;

    if (laz_segment_take_header(&v, &header) == LAZ_OK)
        read_records(v, &header);
    else
        read_records(laz_view_from(data, size), &header);
    if (laz_spool_point_take(&point_view, &point))
        LAZ_ASSERT(point_view.len == size - LAZ_SPOOL_POINT_SIZE);
    return 0;
}
