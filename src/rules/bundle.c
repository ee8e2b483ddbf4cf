#include "rules/bundle.h"

enum laz_status laz_bundle_add_head(struct laz_buf *b, const char *name, const uint8_t *sha256,
                                    uint64_t text_len)
{
    struct laz_view text = laz_view_of(name);

    /* the buffer remembers a refusal */
    laz_ignore(laz_buf_add_u32le(b, (uint32_t)text.len + 1));
    laz_ignore(laz_buf_add(b, text));
    laz_ignore(laz_buf_add_u8(b, 0));
    laz_ignore(laz_buf_add(b, laz_view_from(sha256, 32)));
    laz_ignore(laz_buf_add_u64le(b, text_len));
    return laz_buf_failed(b);
}

bool laz_bundle_take(struct laz_view *v, struct laz_source *out)
{
    struct laz_view rest = *v, name, digest;
    uint32_t name_len;
    uint64_t text_len;

    if (!laz_take_u32le(&rest, &name_len) || name_len == 0 || !laz_take(&rest, name_len, &name) ||
        laz_view_find_byte(name, 0) != name_len - 1 || !laz_take(&rest, 32, &digest) ||
        !laz_take_u64le(&rest, &text_len) || !laz_take(&rest, text_len, &out->text))
        return false;
    out->name = (const char *)name.data;
    out->sha256 = digest.data;
    *v = rest;
    return true;
}
