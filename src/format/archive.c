#include "format/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>

#include "format/pdf.h"

#define HEAD_LEN  ((size_t)4096)       /* enough to tell a tape */
#define PIECE_LEN ((size_t)256 * 1024) /* of input, between two questions to stop */

struct laz_archive {
    struct archive *reader; /* NULL when it is a PDF */
    struct laz_pdf *pdf;
    struct laz_view bytes;
    uint64_t offset;
    laz_archive_stop_fn *stop;
    void *context;
    bool stopped, damaged;
};

/* libarchive's view of memory */

static la_ssize_t read_piece(struct archive *reader, void *context, const void **out)
{
    struct laz_archive *a = context;
    struct laz_view piece = laz_view_first(laz_view_from_offset(a->bytes, a->offset), PIECE_LEN);

    if (a->stop != NULL && a->stop(a->context)) {
        a->stopped = true;
        archive_set_error(reader, ECANCELED, "stopped");
        return ARCHIVE_FATAL;
    }
    *out = piece.data;
    a->offset += piece.len;
    return (la_ssize_t)piece.len;
}

static la_int64_t skip_bytes(struct archive *reader, void *context, la_int64_t request)
{
    struct laz_archive *a = context;
    uint64_t left = a->bytes.len - a->offset;
    uint64_t n = request < 0 ? 0 : (uint64_t)request < left ? (uint64_t)request : left;

    (void)reader;
    a->offset += n;
    return (la_int64_t)n;
}

static la_int64_t seek_bytes(struct archive *reader, void *context, la_int64_t offset, int whence)
{
    struct laz_archive *a = context;
    la_int64_t base = whence == SEEK_CUR   ? (la_int64_t)a->offset
                      : whence == SEEK_END ? (la_int64_t)a->bytes.len
                                           : 0;
    la_int64_t target;

    if (__builtin_add_overflow(base, offset, &target) || target < 0 ||
        (uint64_t)target > a->bytes.len) {
        archive_set_error(reader, EINVAL, "seek outside");
        return ARCHIVE_FATAL;
    }
    a->offset = (uint64_t)target;
    return target;
}

static int allow_rar(struct archive *r)
{
    int old = archive_read_support_format_rar(r);

    return archive_read_support_format_rar5(r) < old ? ARCHIVE_FATAL : old;
}

static int allow_tar(struct archive *r)
{
    int result = archive_read_support_format_tar(r);

    /* What stands behind the first end mark is unpacked by some, so it is read. */
    return result < ARCHIVE_WARN ? result
                                 : archive_read_set_options(r, "tar:read_concatenated_archives");
}

static int allow_format(struct archive *r, enum laz_type_id id)
{
    switch (id) {
    case LAZ_TYPE_ZIP:
        return archive_read_support_format_zip(r);
    case LAZ_TYPE_7Z:
        return archive_read_support_format_7zip(r);
    case LAZ_TYPE_CAB:
        return archive_read_support_format_cab(r);
    case LAZ_TYPE_RAR:
        return allow_rar(r);
    case LAZ_TYPE_TAR:
        return allow_tar(r);
    case LAZ_TYPE_CPIO:
        return archive_read_support_format_cpio(r);
    case LAZ_TYPE_AR:
        return archive_read_support_format_ar(r);
    case LAZ_TYPE_LHA:
        return archive_read_support_format_lha(r);
    case LAZ_TYPE_XAR:
        return archive_read_support_format_xar(r);
    case LAZ_TYPE_ISO:
        return archive_read_support_format_iso9660(r);
    case LAZ_TYPE_WARC:
        return archive_read_support_format_warc(r);
    default: /* one object without a name */
        return archive_read_support_format_raw(r);
    }
}

/* Exactly this filter, once: what is packed twice is an object in an object. */
static int allow_filter(struct archive *r, enum laz_type_id id)
{
    switch (id) {
    case LAZ_TYPE_GZIP:
        return archive_read_append_filter(r, ARCHIVE_FILTER_GZIP);
    case LAZ_TYPE_BZIP2:
        return archive_read_append_filter(r, ARCHIVE_FILTER_BZIP2);
    case LAZ_TYPE_XZ:
        return archive_read_append_filter(r, ARCHIVE_FILTER_XZ);
    case LAZ_TYPE_LZMA:
        return archive_read_append_filter(r, ARCHIVE_FILTER_LZMA);
    case LAZ_TYPE_LZIP:
        return archive_read_append_filter(r, ARCHIVE_FILTER_LZIP);
    case LAZ_TYPE_ZSTD:
        return archive_read_append_filter(r, ARCHIVE_FILTER_ZSTD);
    case LAZ_TYPE_LZ4:
        return archive_read_append_filter(r, ARCHIVE_FILTER_LZ4);
    case LAZ_TYPE_UU:
        return archive_read_append_filter(r, ARCHIVE_FILTER_UU);
    case LAZ_TYPE_RPM:
        return archive_read_append_filter(r, ARCHIVE_FILTER_RPM);
    case LAZ_TYPE_COMPRESS:
        /* Appending this one reads before there is anything to read (libarchive issue 2514). */
        return archive_read_support_filter_compress(r);
    default:
        return ARCHIVE_OK;
    }
}

static enum laz_status open_reader(struct laz_archive *a, enum laz_type_id filter,
                                   enum laz_type_id format)
{
    struct archive *r = archive_read_new();

    a->offset = 0;
    a->reader = r;
    if (r == NULL)
        return LAZ_NOMEM;
    if (allow_filter(r, filter) < ARCHIVE_WARN || allow_format(r, format) < ARCHIVE_WARN)
        return LAZ_UNSUPPORTED;
    if (archive_read_set_read_callback(r, read_piece) != ARCHIVE_OK ||
        archive_read_set_skip_callback(r, skip_bytes) != ARCHIVE_OK ||
        archive_read_set_seek_callback(r, seek_bytes) != ARCHIVE_OK ||
        archive_read_set_callback_data(r, a) != ARCHIVE_OK)
        return LAZ_NOMEM;
    if (archive_read_open1(r) != ARCHIVE_OK)
        return a->stopped ? LAZ_LIMIT : LAZ_DAMAGED;
    return LAZ_OK;
}

static void close_reader(struct laz_archive *a)
{
    if (a->reader != NULL)
        laz_ignore(archive_read_free(a->reader) != ARCHIVE_OK); /* nothing to do about it */
    a->reader = NULL;
}

/* The format of what a stream holds, when that is a tape that can be read as it comes; else OTHER.
 * libarchive would take any zeros for an empty tape, so we look ourselves. */
static enum laz_type_id find_tape(struct laz_archive *a, enum laz_type_id filter)
{
    enum laz_type_id found = LAZ_TYPE_OTHER;
    struct archive_entry *entry;
    uint8_t head[HEAD_LEN];
    size_t len;

    if (open_reader(a, filter, LAZ_TYPE_OTHER) == LAZ_OK &&
        archive_read_next_header(a->reader, &entry) >= ARCHIVE_WARN) {
        /* What cannot be read is told by the reader that comes after this one. */
        laz_ignore(laz_archive_read(a, head, sizeof head, &len));
        found = laz_identify(laz_view_from(head, len))->id;
    }
    close_reader(a);
    a->damaged = false;
    return found == LAZ_TYPE_TAR || found == LAZ_TYPE_CPIO ? found : LAZ_TYPE_OTHER;
}

enum laz_status laz_archive_open(const struct laz_type *type, struct laz_view bytes,
                                 laz_archive_stop_fn *stop, void *context, struct laz_archive **out)
{
    LAZ_OWNED(laz_archive_drop) struct laz_archive *a = NULL;
    enum laz_status s;

    if (type->group != LAZ_TYPE_ARCHIVE && type->group != LAZ_TYPE_STREAM)
        return LAZ_UNSUPPORTED;
    a = calloc(1, sizeof *a);
    if (a == NULL)
        return LAZ_NOMEM;
    *a = (struct laz_archive){.bytes = bytes, .stop = stop, .context = context};
    if (type->id == LAZ_TYPE_PDF) {
        a->pdf = laz_pdf_new(bytes);
        s = a->pdf == NULL ? LAZ_NOMEM : LAZ_OK;
    } else if (type->group == LAZ_TYPE_STREAM)
        s = open_reader(a, type->id, find_tape(a, type->id));
    else
        s = open_reader(a, LAZ_TYPE_OTHER, type->id);
    if (s != LAZ_OK)
        return s;
    *out = laz_move(a);
    return LAZ_OK;
}

void laz_archive_free(struct laz_archive *a)
{
    if (a == NULL)
        return;
    close_reader(a);
    laz_pdf_free(a->pdf);
    free(a);
}

void laz_archive_drop(struct laz_archive **a)
{
    laz_archive_free(*a);
    *a = NULL;
}

static bool error_says(struct archive *r, const char *word)
{
    const char *text = archive_error_string(r);

    return text != NULL && strstr(text, word) != NULL;
}

/* libarchive has one number for most of its errors; its words tell more. */
static enum laz_status status_of_error(struct laz_archive *a)
{
    struct archive *r = a->reader;

    if (a->stopped)
        return LAZ_LIMIT;
    if (archive_errno(r) == ENOMEM || error_says(r, "allocate") || error_says(r, "memory"))
        return LAZ_NOMEM;
    if (error_says(r, "ncrypt") || error_says(r, "assphrase") || error_says(r, "assword"))
        return LAZ_ENCRYPTED;
    if (error_says(r, "nsupported") || error_says(r, "not supported") ||
        error_says(r, "not implemented") || error_says(r, "nknown compression"))
        return LAZ_UNSUPPORTED;
    return LAZ_DAMAGED;
}

static void describe_member(struct archive_entry *entry, struct laz_member *out)
{
    const char *name = archive_entry_pathname(entry);

    if (name == NULL)
        name = archive_entry_pathname_utf8(entry);
    *out = (struct laz_member){
        .name = name == NULL ? laz_view_from(NULL, 0) : laz_view_of(name),
        .encrypted = archive_entry_is_encrypted(entry) != 0,
        .has_size = archive_entry_size_is_set(entry) != 0 && archive_entry_size(entry) >= 0,
    };
    if (out->has_size)
        out->size = (uint64_t)archive_entry_size(entry);
    /* What says that it is a folder and has bytes nevertheless, is read. */
    out->has_data = out->has_size ? out->size > 0 : archive_entry_filetype(entry) == AE_IFREG;
}

static bool is_told_to_stop(struct laz_archive *a)
{
    a->stopped = a->stopped || (a->stop != NULL && a->stop(a->context));
    return a->stopped;
}

enum laz_status laz_archive_next(struct laz_archive *a, struct laz_member *out)
{
    struct archive_entry *entry;
    int result;

    if (is_told_to_stop(a))
        return LAZ_LIMIT;
    if (a->pdf != NULL)
        return laz_pdf_next(a->pdf, out);
    result = archive_read_next_header(a->reader, &entry);
    if (result == ARCHIVE_EOF)
        return LAZ_NOT_FOUND;
    if (result == ARCHIVE_RETRY || result == ARCHIVE_WARN)
        a->damaged = a->damaged || result == ARCHIVE_RETRY;
    else if (result != ARCHIVE_OK)
        return status_of_error(a);
    describe_member(entry, out);
    return LAZ_OK;
}

enum laz_status laz_archive_read(struct laz_archive *a, uint8_t *out, size_t size, size_t *len)
{
    *len = 0;
    if (a->pdf != NULL)
        return is_told_to_stop(a) ? LAZ_LIMIT : laz_pdf_read(a->pdf, out, size, len);
    while (*len < size) {
        la_ssize_t n = archive_read_data(a->reader, out + *len, size - *len);

        if (n == 0)
            return LAZ_OK;
        if (n == ARCHIVE_WARN)
            a->damaged = true;
        if (n == ARCHIVE_RETRY || n == ARCHIVE_WARN)
            continue;
        if (n < 0)
            return status_of_error(a);
        *len += (size_t)n;
    }
    return LAZ_OK;
}

bool laz_archive_is_damaged(const struct laz_archive *a)
{
    return a->damaged;
}
