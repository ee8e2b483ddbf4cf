#include "store/spool_segment.h"

#include "store/crc32c.h"
#include "store/spool.h"

#define VERSION     1
#define URGENT      1u
#define POINT_MAGIC 0x4b4d5a4cu /* "LZMK" */

static const uint8_t magic[8] = {'L', 'A', 'Z', 'S', 'P', 'O', 'O', 'L'};

/* The checksum of what was added since from. */
static uint32_t sum_since(const struct laz_buf *b, size_t from, uint32_t seed)
{
    return laz_crc32c(seed, laz_view_from_offset(laz_buf_view(b), from));
}

enum laz_status laz_segment_add_header(struct laz_buf *out, const struct laz_segment_header *h)
{
    size_t from = out->len;

    laz_buf_add(out, laz_view_from(magic, sizeof magic));
    laz_buf_add_u32le(out, VERSION);
    laz_buf_add_u32le(out, 0);
    laz_buf_add_u64le(out, h->number);
    laz_buf_add_u64le(out, h->epoch);
    laz_buf_add_u64le(out, h->first_seq);
    laz_buf_add_u32le(out, 0);
    laz_buf_add_u32le(out, sum_since(out, from, 0));
    return laz_buf_failed(out);
}

enum laz_status laz_segment_take_header(struct laz_view *v, struct laz_segment_header *out)
{
    struct laz_view rest = *v, head, name;
    struct laz_segment_header h;
    uint32_t version, reserved, also_reserved, sum, sum_read;

    if (!laz_take(&rest, LAZ_SEGMENT_HEADER_SIZE, &head))
        return LAZ_DAMAGED;
    sum = laz_crc32c(0, laz_view_first(head, LAZ_SEGMENT_HEADER_SIZE - 4));
    if (!laz_take(&head, sizeof magic, &name) || !laz_take_u32le(&head, &version) ||
        !laz_take_u32le(&head, &reserved) || !laz_take_u64le(&head, &h.number) ||
        !laz_take_u64le(&head, &h.epoch) || !laz_take_u64le(&head, &h.first_seq) ||
        !laz_take_u32le(&head, &also_reserved) || !laz_take_u32le(&head, &sum_read))
        return LAZ_DAMAGED;
    if (!laz_view_equal(name, laz_view_from(magic, sizeof magic)) || sum_read != sum)
        return LAZ_DAMAGED;
    if (version != VERSION)
        return LAZ_VERSION;
    *v = rest;
    *out = h;
    return LAZ_OK;
}

static uint32_t seed_of(uint64_t epoch)
{
    return (uint32_t)(epoch ^ epoch >> 32);
}

enum laz_status laz_segment_add_record(struct laz_buf *out, uint64_t epoch,
                                       const struct laz_segment_record *r)
{
    size_t from = out->len;

    laz_buf_add_u32le(out, (uint32_t)r->json.len);
    laz_buf_add_u32le(out, r->urgent ? URGENT : 0);
    laz_buf_add_u64le(out, r->seq);
    laz_buf_add_u32le(out, laz_crc32c(seed_of(epoch), r->json));
    laz_buf_add_u32le(out, sum_since(out, from, seed_of(epoch)));
    laz_buf_add(out, r->json);
    return laz_buf_failed(out);
}

enum laz_status laz_segment_take_record(struct laz_view *v, uint64_t epoch, uint64_t seq_min,
                                        struct laz_segment_record *out)
{
    struct laz_view rest = *v, head;
    struct laz_segment_record r;
    uint32_t len, flags, body_sum, head_sum, sum;

    if (rest.len == 0)
        return LAZ_NOT_FOUND;
    if (!laz_take(&rest, LAZ_SEGMENT_RECORD_SIZE, &head))
        return LAZ_DAMAGED;
    sum = laz_crc32c(seed_of(epoch), laz_view_first(head, LAZ_SEGMENT_RECORD_SIZE - 4));
    if (!laz_take_u32le(&head, &len) || !laz_take_u32le(&head, &flags) ||
        !laz_take_u64le(&head, &r.seq) || !laz_take_u32le(&head, &body_sum) ||
        !laz_take_u32le(&head, &head_sum) || head_sum != sum)
        return LAZ_DAMAGED;
    if (len > LAZ_SPOOL_EVENT_MAX || flags > URGENT || r.seq < seq_min ||
        !laz_take(&rest, len, &r.json) || laz_crc32c(seed_of(epoch), r.json) != body_sum)
        return LAZ_DAMAGED;
    r.urgent = flags == URGENT;
    *v = rest;
    *out = r;
    return LAZ_OK;
}

enum laz_status laz_spool_point_add(struct laz_buf *out, const struct laz_spool_point *p)
{
    size_t from = out->len;

    laz_buf_add_u32le(out, POINT_MAGIC);
    laz_buf_add_u64le(out, p->epoch);
    laz_buf_add_u64le(out, p->seq);
    laz_buf_add_u32le(out, sum_since(out, from, 0));
    return laz_buf_failed(out);
}

bool laz_spool_point_take(struct laz_view *v, struct laz_spool_point *out)
{
    struct laz_view rest = *v;
    struct laz_spool_point p;
    uint32_t sum = laz_crc32c(0, laz_view_first(rest, LAZ_SPOOL_POINT_SIZE - 4)), magic_read, read;

    if (!laz_take_u32le(&rest, &magic_read) || !laz_take_u64le(&rest, &p.epoch) ||
        !laz_take_u64le(&rest, &p.seq) || !laz_take_u32le(&rest, &read) ||
        magic_read != POINT_MAGIC || read != sum)
        return false;
    *v = rest;
    *out = p;
    return true;
}
