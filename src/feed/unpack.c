#include "feed/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "base/number.h"
#include "feed/parts.h"
#include "sys/fd.h"

#define FREE_BYTES (16 * MIB)

bool laz_unpack_wants(enum laz_feed_kind kind, struct laz_view name)
{
    static const char *const rules[] = {".yar", ".yara", NULL};
    static const char *const lists[] = {".txt", ".csv", ".json", NULL};
    const char *const *endings = kind == LAZ_FEED_YARA ? rules : lists;

    for (size_t i = 0; endings[i] != NULL; i++)
        if (laz_view_ends_text(name, endings[i]))
            return true;
    return false;
}

struct unpacking {
    struct archive *reader;
    struct laz_view package;
    enum laz_feed_kind kind;
    uint64_t size, size_max;
    unsigned count, entries;
    struct laz_buf member;
    int out;
    struct laz_error *err;
};

static enum laz_status damaged(struct unpacking *u)
{
    const char *why = archive_error_string(u->reader);

    return laz_fail(u->err, LAZ_DAMAGED, "package", "", why == NULL ? "is damaged" : why, "");
}

/* A bomb is known by what comes out, for what it says of itself is not to be believed. */
static bool is_bomb(const struct unpacking *u)
{
    return u->size > FREE_BYTES && u->size / LAZ_UNPACK_RATIO_MAX > u->package.len;
}

static enum laz_status read_member(struct unpacking *u, const char *name)
{
    uint8_t piece[16384];
    la_ssize_t n;

    laz_buf_reset(&u->member);
    while ((n = archive_read_data(u->reader, piece, sizeof piece)) > 0) {
        u->size += (uint64_t)n;
        if (u->size > u->size_max || is_bomb(u))
            return laz_fail(u->err, LAZ_LIMIT, "package", name, "unpacks to too much", "");
        if (laz_buf_add(&u->member, laz_view_from(piece, (size_t)n)) != LAZ_OK)
            return laz_fail(u->err, LAZ_NOMEM, "package", name, "no memory", "");
    }
    return n < 0 ? damaged(u) : LAZ_OK;
}

static enum laz_status write_member(struct unpacking *u, struct laz_view name)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf head = {0};
    enum laz_status s;

    laz_buf_init(&head, 1024);
    s = laz_parts_add_head(&head, name, u->member.len);
    if (s == LAZ_OK)
        s = laz_write_all(u->out, laz_buf_view(&head), u->err);
    if (s == LAZ_OK)
        s = laz_write_all(u->out, laz_buf_view(&u->member), u->err);
    u->count++;
    return s;
}

static enum laz_status take_entry(struct unpacking *u, struct archive_entry *entry)
{
    const char *text = archive_entry_pathname(entry);
    struct laz_view name = laz_view_of(text == NULL ? "" : text);
    enum laz_status s;

    if (++u->entries > LAZ_UNPACK_FILES_MAX)
        return laz_fail(u->err, LAZ_LIMIT, "package", "", "has more than 20000 members", "");
    if (archive_entry_filetype(entry) == AE_IFDIR)
        return LAZ_OK;
    /* Nothing is written under such a name, but who makes it means no good. */
    if (name.len > 0 && !laz_parts_name_is_safe(name))
        return laz_fail(u->err, LAZ_DENIED, "package", text,
                        "has a member whose name leads outside", "do not use this package");
    if (archive_entry_filetype(entry) != AE_IFREG && archive_entry_filetype(entry) != 0)
        return LAZ_OK; /* links and devices are no content */
    if (archive_entry_is_encrypted(entry) != 0)
        return laz_fail(u->err, LAZ_ENCRYPTED, "package", text, "is encrypted", "");
    if (name.len == 0 || (archive_format(u->reader) == ARCHIVE_FORMAT_RAW))
        name = laz_view_of(u->kind == LAZ_FEED_YARA ? "content.yar" : "content.txt");
    if (!laz_unpack_wants(u->kind, name))
        return LAZ_OK;
    s = read_member(u, text == NULL ? "" : text);
    return s == LAZ_OK ? write_member(u, name) : s;
}

static enum laz_status take_all(struct unpacking *u)
{
    struct archive_entry *entry;
    int n;

    while ((n = archive_read_next_header(u->reader, &entry)) == ARCHIVE_OK || n == ARCHIVE_WARN) {
        enum laz_status s = take_entry(u, entry);

        if (s != LAZ_OK)
            return s;
    }
    if (n != ARCHIVE_EOF)
        return damaged(u);
    if (u->count == 0)
        return laz_fail(u->err, LAZ_NOT_FOUND, "package", "", "holds no file that is content",
                        "name its kind as it is");
    return LAZ_OK;
}

static bool set_up(struct archive *reader)
{
    return archive_read_support_format_zip_seekable(reader) == ARCHIVE_OK &&
           archive_read_support_format_tar(reader) == ARCHIVE_OK &&
           archive_read_support_format_raw(reader) == ARCHIVE_OK &&
           archive_read_support_filter_gzip(reader) == ARCHIVE_OK &&
           archive_read_support_filter_bzip2(reader) == ARCHIVE_OK &&
           archive_read_support_filter_xz(reader) == ARCHIVE_OK &&
           archive_read_support_filter_zstd(reader) == ARCHIVE_OK;
}

enum laz_status laz_unpack(struct laz_view package, enum laz_feed_kind kind, uint64_t size_max,
                           int out, struct laz_error *err)
{
    struct unpacking u = {.reader = archive_read_new(),
                          .package = package,
                          .kind = kind,
                          .size_max = size_max,
                          .out = out,
                          .err = err};
    enum laz_status s;

    laz_buf_init(&u.member, size_max);
    if (u.reader == NULL || !set_up(u.reader))
        s = laz_fail(err, LAZ_NOMEM, "package", "", "no memory", "");
    else if (archive_read_open_memory(u.reader, package.data, package.len) != ARCHIVE_OK)
        s = damaged(&u);
    else
        s = take_all(&u);
    laz_buf_clear(&u.member);
    archive_read_free(u.reader);
    return s;
}
