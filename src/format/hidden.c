/* What reading the bytes does not show: packed, encoded and appended content. */
#include "format/identify.h"
#include "format/identify_priv.h"

#define PACKED_ENTROPY 7.2 /* bits per byte; see pe.c */
#define TAIL_LEN       4096
#define ELF_HEAD_LEN   1024 /* UPX writes its mark behind the program headers */

#define ZIP_END_SIZE   22
#define ZIP_END_WITHIN (ZIP_END_SIZE + UINT16_MAX) /* APPNOTE 4.3.16: a comment may follow */

static bool has_text(struct laz_view v, const char *text)
{
    return laz_view_find(v, laz_view_of(text)) < v.len;
}

/* A script may carry an archive behind its last line. */
static bool has_packed_tail(struct laz_view bytes)
{
    struct laz_view tail;

    return bytes.len > 2 * TAIL_LEN && laz_view_at(bytes, bytes.len - TAIL_LEN, TAIL_LEN, &tail) &&
           laz_view_find_byte(tail, 0) < tail.len && laz_bytes_entropy(tail) > PACKED_ENTROPY;
}

static bool mixed_hides(const struct laz_type *type, struct laz_view bytes)
{
    switch (type->id) {
    case LAZ_TYPE_PE:
        return laz_pe_has_header(bytes) ? laz_pe_is_packed(bytes)
                                        : laz_bytes_entropy(bytes) > PACKED_ENTROPY;
    case LAZ_TYPE_ELF:
        return has_text(laz_view_first(bytes, ELF_HEAD_LEN), "UPX!");
    case LAZ_TYPE_RTF:
        return laz_rtf_has_object(bytes);
    case LAZ_TYPE_MAIL:
        return laz_mail_has_encoded(bytes);
    case LAZ_TYPE_HTML:
        return laz_html_has_encoded(bytes) || has_packed_tail(bytes);
    default: /* text; all other types are plain, closed or opened */
        return has_packed_tail(bytes);
    }
}

bool laz_type_hides(const struct laz_type *type, struct laz_view bytes)
{
    switch (type->group) {
    case LAZ_TYPE_PLAIN:
    case LAZ_TYPE_ARCHIVE:
    case LAZ_TYPE_STREAM:
        return false;
    case LAZ_TYPE_MIXED:
        return mixed_hides(type, bytes);
    case LAZ_TYPE_CLOSED:
    case LAZ_TYPE_LOCKED:
        return true;
    }
    return true;
}

/* The end record says how long the directory before it is, and where the zip believes it begins. */
static bool zip_start(struct laz_view bytes, uint64_t end_offset, uint64_t *out)
{
    struct laz_view v = laz_view_from_offset(bytes, end_offset);
    uint32_t signature, directory_size, directory_offset;
    uint64_t directory;

    if (!laz_take_u32le(&v, &signature) || signature != 0x06054B50 || !laz_skip(&v, 8) ||
        !laz_take_u32le(&v, &directory_size) || !laz_take_u32le(&v, &directory_offset) ||
        directory_size == 0 || directory_size > end_offset)
        return false;
    directory = end_offset - directory_size;
    v = laz_view_from_offset(bytes, directory);
    if (!laz_take_u32le(&v, &signature) || signature != 0x02014B50)
        return false;
    /* An offset that counts from the file's start is as common as one from the zip's own. */
    *out = directory > directory_offset ? directory - directory_offset : 0;
    return true;
}

static bool find_zip_behind(struct laz_view bytes, uint64_t *offset)
{
    uint64_t last = bytes.len < ZIP_END_SIZE ? 0 : bytes.len - ZIP_END_SIZE;
    uint64_t first = bytes.len < ZIP_END_WITHIN ? 0 : bytes.len - ZIP_END_WITHIN;

    for (uint64_t at = last; at > first; at--)
        if (bytes.data[at] == 'P' && zip_start(bytes, at, offset))
            return true;
    return false;
}

bool laz_find_appended(const struct laz_type *type, struct laz_view bytes, uint64_t *offset,
                       const struct laz_type **inner)
{
    static const struct laz_type zip = {"zip", LAZ_TYPE_ARCHIVE, LAZ_TYPE_ZIP, true, false};
    struct laz_view overlay;

    if (type->id != LAZ_TYPE_PDF &&
        (type->group == LAZ_TYPE_ARCHIVE || type->group == LAZ_TYPE_STREAM))
        return false;
    if (find_zip_behind(bytes, offset)) {
        *inner = &zip;
        return true;
    }
    if (type->id != LAZ_TYPE_PE || !laz_pe_overlay(bytes, &overlay))
        return false;
    *inner = laz_identify(overlay);
    *offset = (uint64_t)(overlay.data - bytes.data);
    return ((*inner)->group == LAZ_TYPE_ARCHIVE || (*inner)->group == LAZ_TYPE_STREAM) &&
           !(*inner)->weak;
}
