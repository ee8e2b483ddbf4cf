#include "feed/parts.h"

#include "base/text.h"

static bool is_plain(struct laz_view v)
{
    for (size_t i = 0; i < v.len; i++)
        if (v.data[i] < ' ' || v.data[i] == 0x7F || v.data[i] == '\\')
            return false;
    return laz_utf8_is_valid(v);
}

bool laz_parts_name_is_safe(struct laz_view name)
{
    struct laz_view step;

    if (name.len == 0 || name.len > LAZ_PARTS_NAME_MAX || !is_plain(name) ||
        name.data[name.len - 1] == '/')
        return false;
    while (laz_take_until(&name, '/', &step))
        if (step.len == 0 || laz_view_equal_text(step, ".") || laz_view_equal_text(step, ".."))
            return false;
    return true;
}

enum laz_status laz_parts_add_head(struct laz_buf *b, struct laz_view name, uint64_t len)
{
    LAZ_ASSERT(laz_parts_name_is_safe(name));
    laz_ignore(laz_buf_add_u32le(b, (uint32_t)name.len)); /* the buffer remembers a refusal */
    laz_ignore(laz_buf_add_u64le(b, len));
    return laz_buf_add(b, name);
}

bool laz_parts_take(struct laz_view *v, struct laz_view *name, struct laz_view *bytes)
{
    struct laz_view rest = *v;
    uint32_t name_len;
    uint64_t len;

    if (!laz_take_u32le(&rest, &name_len) || !laz_take_u64le(&rest, &len) ||
        !laz_take(&rest, name_len, name) || !laz_parts_name_is_safe(*name) ||
        !laz_take(&rest, len, bytes))
        return false;
    *v = rest;
    return true;
}

bool laz_feed_is_package(struct laz_view bytes)
{
    static const struct {
        const char *bytes;
        size_t len;
    } magic[] = {{"PK\003\004", 4},
                 {"\037\213", 2},
                 {"\375"
                  "7zXZ",
                  5},
                 {"BZh", 3},
                 {"\x28\xB5\x2F\xFD", 4}};
    struct laz_view ustar;

    for (size_t i = 0; i < sizeof magic / sizeof *magic; i++)
        if (laz_view_starts(bytes, laz_view_from(magic[i].bytes, magic[i].len)))
            return true;
    return laz_view_at(bytes, 257, 5, &ustar) && laz_view_equal_text(ustar, "ustar");
}
