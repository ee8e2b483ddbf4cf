#include "format/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "format/gzip.h"
#include "format/parts.h"
#include "format/pdf.h"

#define PIECE_LEN ((size_t)256 * 1024) /* of input, between two questions to stop */

struct laz_archive {
    const struct laz_type *type;
    struct archive *reader; /* NULL when it is a PDF, a program or empty */
    struct laz_pdf *pdf;
    uint64_t member_count;
    bool ended; /* the reader; then come the parts */
    enum laz_status end_status;
    struct laz_parts parts;
    struct laz_view bytes, input; /* of all, and what the reader reads of them */
    uint64_t offset;
    laz_archive_stop_fn *stop;
    void *context;
    bool stopped, damaged, broken;
    char name[LAZ_PART_NAME_SIZE];
};

/* libarchive's view of memory */

static la_ssize_t read_piece(struct archive *reader, void *context, const void **out)
{
    struct laz_archive *a = context;
    struct laz_view piece = laz_view_first(laz_view_from_offset(a->input, a->offset), PIECE_LEN);

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
    uint64_t left = a->input.len - a->offset;
    uint64_t n = request < 0 ? 0 : (uint64_t)request < left ? (uint64_t)request : left;

    (void)reader;
    a->offset += n;
    return (la_int64_t)n;
}

static la_int64_t seek_bytes(struct archive *reader, void *context, la_int64_t offset, int whence)
{
    struct laz_archive *a = context;
    la_int64_t base = whence == SEEK_CUR   ? (la_int64_t)a->offset
                      : whence == SEEK_END ? (la_int64_t)a->input.len
                                           : 0;
    la_int64_t target;

    if (__builtin_add_overflow(base, offset, &target) || target < 0 ||
        (uint64_t)target > a->input.len) {
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

/* What reads bytes of this type; a program has no reader, only what stands in it. */
static enum laz_status open_type(struct laz_archive *a, enum laz_type_id tape)
{
    enum laz_status s;

    switch (a->type->id) {
    case LAZ_TYPE_PE:
        return LAZ_OK;
    case LAZ_TYPE_ZIP:
        s = laz_parts_init(&a->parts, a->type, a->bytes, 0);
        a->input = a->parts.zip.zip;
        return s == LAZ_OK ? open_reader(a, LAZ_TYPE_OTHER, LAZ_TYPE_ZIP) : s;
    case LAZ_TYPE_PDF:
        a->pdf = laz_pdf_new(a->bytes);
        return a->pdf == NULL ? LAZ_NOMEM : LAZ_OK;
    default:
        break;
    }
    if (a->type->id == LAZ_TYPE_GZIP && laz_gzip_is_empty(a->bytes))
        return LAZ_OK;
    if (a->type->group == LAZ_TYPE_STREAM)
        return open_reader(a, a->type->id, tape);
    if (a->type->group == LAZ_TYPE_ARCHIVE)
        return open_reader(a, LAZ_TYPE_OTHER, a->type->id);
    return LAZ_UNSUPPORTED;
}

enum laz_status laz_archive_open_tape(const struct laz_type *type, enum laz_type_id tape,
                                      struct laz_view bytes, laz_archive_stop_fn *stop,
                                      void *context, struct laz_archive **out)
{
    LAZ_OWNED(laz_archive_drop) struct laz_archive *a = calloc(1, sizeof *a);
    enum laz_status s;

    if (a == NULL)
        return LAZ_NOMEM;
    *a = (struct laz_archive){
        .type = type, .bytes = bytes, .input = bytes, .stop = stop, .context = context};
    s = open_type(a, tape);
    if (s != LAZ_OK)
        return s;
    *out = laz_move(a);
    return LAZ_OK;
}

enum laz_status laz_archive_open(const struct laz_type *type, struct laz_view bytes,
                                 laz_archive_stop_fn *stop, void *context, struct laz_archive **out)
{
    return laz_archive_open_tape(type, LAZ_TYPE_OTHER, bytes, stop, context, out);
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

/* A name that no reader of names understands still leaves a member that people can find. */
static const char *name_of(struct laz_archive *a, struct archive_entry *entry)
{
    const char *name = archive_entry_pathname(entry);

    if (name == NULL)
        name = archive_entry_pathname_utf8(entry);
    if (name != NULL && name[0] != 0)
        return name;
    snprintf(a->name, sizeof a->name, "member-%" PRIu64, a->member_count + 1);
    return a->name;
}

static void describe_member(struct laz_archive *a, struct archive_entry *entry,
                            struct laz_member *out)
{
    bool is_file = archive_entry_filetype(entry) == AE_IFREG;

    *out = (struct laz_member){
        .name = laz_view_of(name_of(a, entry)),
        .encrypted = archive_entry_is_encrypted(entry) != 0,
        .has_size = archive_entry_size_is_set(entry) != 0 && archive_entry_size(entry) >= 0,
    };
    if (out->has_size)
        out->size = (uint64_t)archive_entry_size(entry);
    /* What says that it is a folder and has bytes nevertheless, is read, and so is what a zip says
     * to have no bytes: some unpack until the packed data end. */
    out->has_data = out->size > 0 || (is_file && (!out->has_size || a->type->id == LAZ_TYPE_ZIP));
}

static bool is_told_to_stop(struct laz_archive *a)
{
    a->stopped = a->stopped || (a->stop != NULL && a->stop(a->context));
    return a->stopped;
}

static enum laz_status next_of_reader(struct laz_archive *a, struct laz_member *out)
{
    struct archive_entry *entry;
    int result;

    if (a->pdf != NULL)
        return laz_pdf_next(a->pdf, out);
    if (a->reader == NULL)
        return LAZ_NOT_FOUND;
    /* libarchive 3.6 follows a null pointer on its way past data of a cabinet that it could not
     * read. */
    if (a->broken)
        return LAZ_DAMAGED;
    result = archive_read_next_header(a->reader, &entry);
    if (result == ARCHIVE_EOF)
        return LAZ_NOT_FOUND;
    if (result == ARCHIVE_RETRY || result == ARCHIVE_WARN)
        a->damaged = a->damaged || result == ARCHIVE_RETRY;
    else if (result != ARCHIVE_OK)
        return status_of_error(a);
    describe_member(a, entry, out);
    return LAZ_OK;
}

/* Where the reader stands in the bytes, when it was read from its start to its end. */
static uint64_t reader_offset(const struct laz_archive *a)
{
    int64_t n = a->reader == NULL ? -1 : (int64_t)archive_filter_bytes(a->reader, -1);

    return n < 0 ? a->bytes.len : (uint64_t)n;
}

static void begin_parts(struct laz_archive *a, enum laz_status end_status)
{
    bool whole = end_status == LAZ_NOT_FOUND;
    enum laz_status s = LAZ_OK;

    a->ended = true;
    /* Its reader takes a header that it does not know for the end. */
    if (a->type->id == LAZ_TYPE_LHA && a->member_count == 0)
        a->damaged = true;
    if (a->type->id == LAZ_TYPE_ZIP)
        a->damaged = a->damaged || a->parts.zip.contradicts ||
                     (whole && a->parts.zip.entry_count != a->member_count);
    else
        s = laz_parts_init(&a->parts, a->type, a->bytes, whole ? reader_offset(a) : a->bytes.len);
    a->end_status = whole && s != LAZ_OK ? s : end_status;
}

enum laz_status laz_archive_next(struct laz_archive *a, struct laz_member *out)
{
    if (is_told_to_stop(a))
        return LAZ_LIMIT;
    if (!a->ended) {
        enum laz_status s = next_of_reader(a, out);

        a->member_count += s == LAZ_OK;
        if (s == LAZ_OK || s == LAZ_LIMIT)
            return s;
        begin_parts(a, s);
    }
    if (!laz_parts_next(&a->parts, a->name, sizeof a->name, &out->in_place))
        return a->end_status;
    *out = (struct laz_member){.name = laz_view_of(a->name), .in_place = out->in_place};
    return LAZ_OK;
}

enum laz_status laz_archive_read(struct laz_archive *a, uint8_t *out, size_t size, size_t *len)
{
    *len = 0;
    if (a->reader == NULL && a->pdf == NULL)
        return LAZ_OK;
    if (a->pdf != NULL)
        return is_told_to_stop(a) ? LAZ_LIMIT : laz_pdf_read(a->pdf, out, size, len);
    while (*len < size) {
        la_ssize_t n = archive_read_data(a->reader, out + *len, size - *len);

        if (n == 0)
            return LAZ_OK;
        if (n == ARCHIVE_WARN)
            a->damaged = true;
        if ((n == ARCHIVE_RETRY || n == ARCHIVE_WARN) && is_told_to_stop(a))
            return LAZ_LIMIT;
        if (n == ARCHIVE_RETRY || n == ARCHIVE_WARN)
            continue;
        if (n < 0) {
            a->broken = a->type->id == LAZ_TYPE_CAB;
            return status_of_error(a);
        }
        *len += (size_t)n;
    }
    return LAZ_OK;
}

bool laz_archive_is_damaged(const struct laz_archive *a)
{
    return a->damaged;
}
