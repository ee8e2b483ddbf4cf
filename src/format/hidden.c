/* What reading the bytes does not show: packed, encoded and appended content. */
#include "format/identify.h"
#include "format/identify_priv.h"
#include "format/zip.h"

#define PACKED_ENTROPY 7.2 /* bits per byte; see pe.c */
#define TAIL_LEN       4096
#define ELF_HEAD_LEN   1024 /* UPX writes its mark behind the program headers */

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

static bool is_archive(const struct laz_type *type)
{
    return type->group == LAZ_TYPE_ARCHIVE || type->group == LAZ_TYPE_STREAM;
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

bool laz_type_carries(const struct laz_type *type, struct laz_view bytes)
{
    struct laz_view embedded;

    return type->id == LAZ_TYPE_PE && laz_pe_find_embedded(bytes, 1, &embedded);
}

/* Who opens zips from their end takes one behind any other content. Behind an archive, whose last
 * member may be a zip, only one that ends with the file counts. */
static bool find_zip_behind(struct laz_view bytes, bool at_end, uint64_t *offset)
{
    struct laz_zip_directory d;

    if (!laz_zip_find_directory(bytes, &d) || d.start == d.end ||
        (at_end && d.record_end + d.comment_len != bytes.len))
        return false;
    *offset = d.base;
    return true;
}

bool laz_find_appended(const struct laz_type *type, struct laz_view bytes, uint64_t *offset,
                       const struct laz_type **inner)
{
    static const struct laz_type zip = {"zip", LAZ_TYPE_ARCHIVE, LAZ_TYPE_ZIP, true, false};
    struct laz_view overlay;

    if (type->id == LAZ_TYPE_ZIP)
        return false; /* laz_archive_open gives what is in it and around it */
    if (find_zip_behind(bytes, is_archive(type) && type->id != LAZ_TYPE_PDF, offset)) {
        *inner = &zip;
        return true;
    }
    if (type->id != LAZ_TYPE_PE || !laz_pe_overlay(bytes, &overlay))
        return false;
    *inner = laz_identify(overlay);
    *offset = (uint64_t)(overlay.data - bytes.data);
    return is_archive(*inner) && !(*inner)->weak;
}
