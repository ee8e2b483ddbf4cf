/* Section numbers are of PKWARE's APPNOTE 6.3.9. */
#include "format/zip.h"

#include <stdlib.h>

#include "format/identify.h"

#define LOCAL_SIGNATURE      0x04034B50u /* 4.3.7 */
#define ENTRY_SIGNATURE      0x02014B50u /* 4.3.12 */
#define END_SIGNATURE        0x06054B50u /* 4.3.16 */
#define END64_SIGNATURE      0x06064B50u /* 4.3.14 */
#define LOCATOR64_SIGNATURE  0x07064B50u /* 4.3.15 */
#define DESCRIPTOR_SIGNATURE 0x08074B50u /* 4.3.9 */

#define END_SIZE        22
#define END_WITHIN      (END_SIZE + UINT16_MAX) /* a comment may follow */
#define LOCATOR64_SIZE  20
#define DESCRIPTOR_SIZE 16
#define EXTRA_ZIP64     1 /* 4.5.3 */
#define FLAG_ENCRYPTED  1u
#define FLAG_DESCRIPTOR 8u /* sizes stand behind the data */
#define PART_LEN_MIN    22 /* no archive is shorter */

struct entry {
    uint16_t flags, method;
    uint64_t packed_size, size, offset;
};

struct extent {
    uint64_t start, end;
};

static bool take_signature(struct laz_view *v, uint32_t expected)
{
    struct laz_view rest = *v;
    uint32_t signature;

    if (!laz_take_u32le(&rest, &signature) || signature != expected)
        return false;
    *v = rest;
    return true;
}

/* The directory's end and size, where the numbers of the end record are too small for them. */
static bool find_end64(struct laz_view file, uint64_t end_offset, uint64_t *end, uint64_t *size,
                       uint64_t *offset)
{
    struct laz_view v;
    uint64_t record, at;

    if (end_offset < LOCATOR64_SIZE)
        return false;
    v = laz_view_from_offset(file, end_offset - LOCATOR64_SIZE);
    if (!take_signature(&v, LOCATOR64_SIGNATURE) || !laz_skip(&v, 4) || !laz_take_u64le(&v, &at))
        return false;
    record = at;
    v = laz_view_from_offset(file, record);
    if (!take_signature(&v, END64_SIGNATURE)) {
        /* Behind other content the offset is too small; the record mostly has its least size. */
        if (end_offset < LOCATOR64_SIZE + 56)
            return false;
        record = end_offset - LOCATOR64_SIZE - 56;
        v = laz_view_from_offset(file, record);
        if (!take_signature(&v, END64_SIGNATURE))
            return false;
    }
    *end = record;
    return laz_skip(&v, 36) && laz_take_u64le(&v, size) && laz_take_u64le(&v, offset);
}

static bool read_end(struct laz_view file, uint64_t at, struct laz_zip_directory *out)
{
    struct laz_view v = laz_view_from_offset(file, at);
    uint64_t end = at, size, offset;
    uint32_t size_32, offset_32;
    uint16_t disk, disk_start, count_here, count;

    if (!take_signature(&v, END_SIGNATURE) || !laz_take_u16le(&v, &disk) ||
        !laz_take_u16le(&v, &disk_start) || !laz_take_u16le(&v, &count_here) ||
        !laz_take_u16le(&v, &count) || !laz_take_u32le(&v, &size_32) ||
        !laz_take_u32le(&v, &offset_32) || !laz_take_u16le(&v, &out->comment_len))
        return false;
    size = size_32;
    offset = offset_32;
    if (count == UINT16_MAX || size_32 == UINT32_MAX || offset_32 == UINT32_MAX)
        laz_ignore(
            find_end64(file, at, &end, &size, &offset)); /* not there: the numbers are real */
    if (size > end || (size == 0 && count != 0))
        return false;
    out->start = end - size;
    out->end = end;
    v = laz_view_from_offset(file, out->start);
    if (size > 0 && !take_signature(&v, ENTRY_SIGNATURE))
        return false;
    /* An offset that counts from the file's start is as common as one from the zip's own. */
    out->base = out->start > offset ? out->start - offset : 0;
    out->record_end = at + END_SIZE;
    out->split =
        disk != 0 || disk_start != 0 || count_here != count || out->base + offset != out->start;
    return true;
}

bool laz_zip_find_directory(struct laz_view file, struct laz_zip_directory *out)
{
    uint64_t at = file.len < END_SIZE ? 0 : file.len - END_SIZE + 1;
    uint64_t first = file.len < END_WITHIN ? 0 : file.len - END_WITHIN;

    while (at-- > first)
        if (file.data[at] == 'P' && read_end(file, at, out))
            return true;
    return false;
}

/* Numbers that do not fit stand in an extra field, in this order, and only those. */
static void read_zip64(struct laz_view extra, struct entry *e)
{
    uint64_t *const wide[] = {&e->size, &e->packed_size, &e->offset};
    uint16_t id, len;
    struct laz_view field;

    while (laz_take_u16le(&extra, &id) && laz_take_u16le(&extra, &len) &&
           laz_take(&extra, len, &field)) {
        if (id != EXTRA_ZIP64)
            continue;
        for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
            if (*wide[i] == UINT32_MAX && !laz_take_u64le(&field, wide[i]))
                return;
        return;
    }
}

static bool take_entry(struct laz_view *v, struct entry *e)
{
    uint32_t packed_size, size, offset;
    uint16_t name_len, extra_len, comment_len;
    struct laz_view extra;

    if (!take_signature(v, ENTRY_SIGNATURE) || !laz_skip(v, 4) || !laz_take_u16le(v, &e->flags) ||
        !laz_take_u16le(v, &e->method) || !laz_skip(v, 8) || !laz_take_u32le(v, &packed_size) ||
        !laz_take_u32le(v, &size) || !laz_take_u16le(v, &name_len) ||
        !laz_take_u16le(v, &extra_len) || !laz_take_u16le(v, &comment_len) || !laz_skip(v, 8) ||
        !laz_take_u32le(v, &offset) || !laz_skip(v, name_len) || !laz_take(v, extra_len, &extra) ||
        !laz_skip(v, comment_len))
        return false;
    e->packed_size = packed_size;
    e->size = size;
    e->offset = offset;
    read_zip64(extra, e);
    return true;
}

/* Where the entry's header and data lie. False when its header is not there, or tells otherwise. */
static bool find_extent(struct laz_view file, uint64_t base, const struct entry *e,
                        struct extent *out)
{
    struct laz_view v = file, data;
    uint32_t packed_size, size;
    uint16_t flags, method, name_len, extra_len;

    if (!laz_skip(&v, base) || !laz_skip(&v, e->offset))
        return false;
    out->start = base + e->offset;
    if (!take_signature(&v, LOCAL_SIGNATURE) || !laz_skip(&v, 2) || !laz_take_u16le(&v, &flags) ||
        !laz_take_u16le(&v, &method) || !laz_skip(&v, 8) || !laz_take_u32le(&v, &packed_size) ||
        !laz_take_u32le(&v, &size) || !laz_take_u16le(&v, &name_len) ||
        !laz_take_u16le(&v, &extra_len) || !laz_skip(&v, name_len) || !laz_skip(&v, extra_len) ||
        !laz_take(&v, e->packed_size, &data))
        return false;
    out->end = file.len - v.len;
    if (method != e->method || ((flags ^ e->flags) & FLAG_ENCRYPTED) != 0)
        return false;
    if ((flags & FLAG_DESCRIPTOR) != 0)
        return true;
    return (packed_size == UINT32_MAX || packed_size == e->packed_size) &&
           (size == UINT32_MAX || size == e->size);
}

static int compare_extents(const void *a, const void *b)
{
    const struct extent *x = a, *y = b;

    return x->start < y->start ? -1 : x->start > y->start;
}

/* The extents of all entries, in their order in the file. */
static size_t read_directory(struct laz_view file, const struct laz_zip_directory *d,
                             struct extent *extents, size_t max, struct laz_zip_survey *out)
{
    struct laz_view v = laz_view_from_offset(laz_view_first(file, d->end), d->start);
    struct entry e = {.flags = 0};
    size_t count = 0;

    while (v.len > 0 && count < max && take_entry(&v, &e)) {
        struct extent x = {0, 0};

        if (find_extent(file, d->base, &e, &x))
            extents[count++] = x;
        else
            out->contradicts = true;
    }
    if (v.len > 0 && count == max)
        out->contradicts = true;
    if (count > 0)
        qsort(extents, count, sizeof *extents, compare_extents);
    return count;
}

static void add_part(struct laz_zip_survey *out, struct laz_view part)
{
    if (part.len < PART_LEN_MIN)
        return;
    if (out->part_count == LAZ_ZIP_PARTS_MAX) {
        out->contradicts = true;
        return;
    }
    out->parts[out->part_count++] = part;
}

/* Alignment, descriptors and signatures stand between entries; what has a type is content. */
static void survey_gap(struct laz_view file, uint64_t start, uint64_t end,
                       struct laz_zip_survey *out)
{
    struct laz_view gap = laz_view_from_offset(laz_view_first(file, end), start), v = gap;
    size_t local;

    if (take_signature(&v, DESCRIPTOR_SIGNATURE))
        gap = laz_view_from_offset(gap, DESCRIPTOR_SIZE);
    while (gap.len > 0 && gap.data[0] == 0)
        gap = laz_view_from_offset(gap, 1);
    local = laz_view_find(gap, laz_view_of("PK\x03\x04"));
    v = laz_view_first(gap, local);
    if (v.len > 0 && laz_identify(v)->known)
        add_part(out, v);
    add_part(out, laz_view_from_offset(gap, local));
}

static void survey_gaps(struct laz_view file, const struct laz_zip_directory *d,
                        const struct extent *extents, size_t count, struct laz_zip_survey *out)
{
    uint64_t at = 0;

    for (size_t i = 0; i < count; i++) {
        out->entry_count += i == 0 || extents[i].start != extents[i - 1].start;
        if (extents[i].start > at)
            survey_gap(file, at, extents[i].start, out);
        if (extents[i].end > at)
            at = extents[i].end;
    }
    if (d->start > at)
        survey_gap(file, at, d->start, out);
    if (d->end < d->record_end - END_SIZE)
        survey_gap(file, d->end, d->record_end - END_SIZE, out);
    survey_gap(file, d->record_end, file.len, out);
}

/* No entry of a directory is shorter than 46 bytes (4.3.12). */
static size_t entries_max(const struct laz_zip_directory *d)
{
    uint64_t n = (d->end - d->start) / 46 + 1;

    return n < LAZ_ZIP_ENTRIES_MAX ? (size_t)n : LAZ_ZIP_ENTRIES_MAX;
}

enum laz_status laz_zip_survey(struct laz_view file, struct laz_zip_survey *out)
{
    struct laz_zip_directory d;
    struct extent *extents;
    size_t max, count;

    if (!laz_zip_find_directory(file, &d)) {
        *out = (struct laz_zip_survey){.contradicts = true, .zip = file};
        return LAZ_OK;
    }
    max = entries_max(&d);
    extents = calloc(max, sizeof *extents);
    if (extents == NULL)
        return LAZ_NOMEM;
    *out = (struct laz_zip_survey){
        .contradicts = d.split,
        .zip = laz_view_from_offset(laz_view_first(file, d.record_end), d.base),
    };
    count = read_directory(file, &d, extents, max, out);
    survey_gaps(file, &d, extents, count, out);
    free(extents);
    return LAZ_OK;
}
