#include "format/cvd.h"

#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "format/archive.h"

#define MEMBER_MAX  ((size_t)1 << 30)
#define TOTAL_MAX   (3 * GIB)
#define MEMBERS_MAX 4096
#define PIECE_LEN   ((size_t)1 << 20)

static enum laz_status damaged(const char *pack, const char *why, struct laz_error *err)
{
    return laz_fail(err, LAZ_DAMAGED, "pack", pack, why, "get it again");
}

/* NAME:BUILT:VERSION:COUNT:LEVEL:MD5:SIGNATURE:BUILDER:SECONDS; old ones end with the builder. */
static bool read_fields(struct laz_view header, struct laz_cvd *out)
{
    struct laz_view name, version, count, level, md5;

    return laz_take_until(&header, ':', &name) && laz_view_equal_text(name, "ClamAV-VDB") &&
           laz_take_until(&header, ':', &out->built) && laz_take_until(&header, ':', &version) &&
           laz_take_until(&header, ':', &count) && laz_take_until(&header, ':', &level) &&
           laz_take_until(&header, ':', &md5) && laz_take_until(&header, ':', &out->signature) &&
           laz_take_until(&header, ':', &out->builder) &&
           laz_parse_u64(version, UINT32_MAX, &out->version) &&
           laz_parse_u64(count, UINT32_MAX, &out->signature_count) &&
           laz_parse_u64(level, UINT32_MAX, &out->level) &&
           ((out->has_md5 = laz_hex_decode(md5, out->md5, LAZ_CVD_MD5_SIZE)) || md5.len <= 1);
}

enum laz_status laz_cvd_open(struct laz_view bytes, const char *name, struct laz_cvd *out,
                             struct laz_error *err)
{
    struct laz_cvd cvd = {.version = 0};
    struct laz_view header;

    if (!laz_view_at(bytes, 0, LAZ_CVD_HEADER_SIZE, &header))
        return damaged(name, "is shorter than its header of 512 bytes", err);
    if (!read_fields(laz_view_trim(header), &cvd))
        return damaged(name, "expected a header ClamAV-VDB:BUILT:VERSION:COUNT:LEVEL:MD5:SIGNATURE",
                       err);
    cvd.body = laz_view_from_offset(bytes, LAZ_CVD_HEADER_SIZE);
    *out = cvd;
    return LAZ_OK;
}

static enum laz_status open_tape(struct laz_view body, struct laz_archive **out)
{
    const struct laz_type *type = laz_identify(body);

    if (type->id == LAZ_TYPE_GZIP)
        return laz_archive_open_tape(type, LAZ_TYPE_TAR, body, NULL, NULL, out);
    return type->id == LAZ_TYPE_TAR ? laz_archive_open(type, body, NULL, NULL, out) : LAZ_DAMAGED;
}

static enum laz_status read_content(struct laz_archive *a, struct laz_buf *content)
{
    for (;;) {
        size_t before = content->len, n = 0;
        uint8_t *room;
        enum laz_status s = laz_buf_extend(content, PIECE_LEN, &room);

        if (s == LAZ_OK)
            s = laz_archive_read(a, room, PIECE_LEN, &n);
        content->len = before + n;
        if (s != LAZ_OK || n == 0)
            return s;
    }
}

static struct laz_view without_folder(struct laz_view name)
{
    size_t slash = laz_view_find_byte(name, '/');

    while (slash < name.len) {
        name = laz_view_from_offset(name, slash + 1);
        slash = laz_view_find_byte(name, '/');
    }
    return name;
}

/* One member, if it is a file. *total counts what was unpacked. */
static enum laz_status read_member(struct laz_archive *a, const struct laz_member *member,
                                   laz_cvd_member_fn *tell, void *context, uint64_t *total,
                                   struct laz_error *err)
{
    char name[256];
    struct laz_view base = without_folder(member->name);
    struct laz_buf content;
    enum laz_status s;

    if (!member->has_data || base.len == 0)
        return LAZ_OK;
    if (base.len >= sizeof name)
        return LAZ_DAMAGED;
    memcpy(name, base.data, base.len); /* what is read next may move it */
    laz_buf_init(&content, MEMBER_MAX + PIECE_LEN);
    s = read_content(a, &content);
    *total += content.len;
    if (s == LAZ_OK && (*total > TOTAL_MAX || content.len > MEMBER_MAX))
        s = LAZ_LIMIT;
    if (s == LAZ_OK)
        s = tell(context, laz_view_from(name, base.len), laz_buf_view(&content), err);
    laz_buf_clear(&content);
    return s;
}

static enum laz_status read_members(struct laz_archive *a, laz_cvd_member_fn *tell, void *context,
                                    struct laz_error *err)
{
    uint64_t total = 0;

    for (size_t i = 0; i < MEMBERS_MAX; i++) {
        struct laz_member member;
        enum laz_status s = laz_archive_next(a, &member);

        if (s == LAZ_NOT_FOUND)
            return laz_archive_is_damaged(a) ? LAZ_DAMAGED : LAZ_OK;
        if (s == LAZ_OK)
            s = read_member(a, &member, tell, context, &total, err);
        if (s != LAZ_OK)
            return s;
    }
    return LAZ_LIMIT;
}

enum laz_status laz_cvd_read(const struct laz_cvd *cvd, const char *pack, laz_cvd_member_fn *tell,
                             void *context, struct laz_error *err)
{
    LAZ_OWNED(laz_archive_drop) struct laz_archive *a = NULL;
    struct laz_error why = {.status = LAZ_OK};
    enum laz_status s = open_tape(cvd->body, &a);

    if (s == LAZ_OK)
        s = read_members(a, tell, context, &why);
    if (s == LAZ_OK)
        return LAZ_OK;
    if (why.status == LAZ_OK && s == LAZ_LIMIT)
        return laz_fail(err, s, "pack", pack, "holds more than is taken at one time", "");
    if (why.status == LAZ_OK && s != LAZ_NOMEM)
        return damaged(pack, "what is packed in it is cut short or damaged", err);
    if (why.status == LAZ_OK)
        return laz_fail(err, s, "pack", pack, "no memory", "");
    if (err != NULL)
        *err = why;
    return s;
}
