#include "format/parts.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/number.h"
#include "format/identify_priv.h"

#define SEVENZIP_HEADER_SIZE 32 /* what its offsets count from */

static bool is_filler(uint8_t c)
{
    return c == 0 || c == '\n' || c == '\r';
}

static void add_rest(struct laz_parts *p, uint64_t offset)
{
    struct laz_view rest = laz_view_from_offset(p->bytes, offset);

    while (rest.len > 0 && is_filler(rest.data[0]))
        rest = laz_view_from_offset(rest, 1);
    if (rest.len > 0 && offset > 0)
        p->zip.parts[p->zip.part_count++] = rest;
}

/* Its header says where the header at the end begins and how long that is. */
static uint64_t end_of_7z(struct laz_view v)
{
    uint64_t offset, len, end;

    if (!laz_skip(&v, 12) || !laz_take_u64le(&v, &offset) || !laz_take_u64le(&v, &len) ||
        laz_ckd_add(&end, offset, len) || laz_ckd_add(&end, end, SEVENZIP_HEADER_SIZE))
        return 0;
    return end;
}

static uint64_t end_of_cab(struct laz_view v)
{
    uint32_t size;

    return laz_skip(&v, 8) && laz_take_u32le(&v, &size) ? size : 0;
}

static uint64_t end_of(const struct laz_parts *p, uint64_t reader_offset)
{
    switch (p->type->id) {
    case LAZ_TYPE_7Z:
        return end_of_7z(p->bytes);
    case LAZ_TYPE_CAB:
        return end_of_cab(p->bytes);
    case LAZ_TYPE_RAR: /* their readers go to and fro */
    case LAZ_TYPE_XAR:
    case LAZ_TYPE_ISO:
    case LAZ_TYPE_PDF:
        return p->bytes.len;
    default:
        return reader_offset;
    }
}

enum laz_status laz_parts_init(struct laz_parts *p, const struct laz_type *type,
                               struct laz_view bytes, uint64_t reader_offset)
{
    *p = (struct laz_parts){.type = type, .bytes = bytes, .at = 1};
    if (type->id == LAZ_TYPE_PE)
        return LAZ_OK;
    if (type->id != LAZ_TYPE_ZIP) {
        add_rest(p, end_of(p, reader_offset));
        return LAZ_OK;
    }
    return laz_zip_survey(bytes, &p->zip);
}

bool laz_parts_next(struct laz_parts *p, char *name, size_t size, struct laz_view *out)
{
    if (p->type->id == LAZ_TYPE_PE) {
        if (!laz_pe_find_embedded(p->bytes, p->at, out))
            return false;
        p->at = (uint64_t)(out->data - p->bytes.data) + out->len; /* what is in it is its own */
    } else {
        if (p->next == p->zip.part_count)
            return false;
        *out = p->zip.parts[p->next++];
    }
    snprintf(name, size, "bytes-at-%" PRIu64, (uint64_t)(out->data - p->bytes.data));
    return true;
}
