#include "rules/bundle.h"

#include <string.h>

static void add_text(struct laz_buf *b, const char *text)
{
    /* the buffer remembers a refusal, here and below */
    laz_ignore(laz_buf_add_u32le(b, (uint32_t)strlen(text) + 1));
    laz_ignore(laz_buf_add(b, laz_view_from(text, strlen(text) + 1)));
}

enum laz_status laz_bundle_add_head(struct laz_buf *b, const char *name, const char *list,
                                    const uint8_t *sha256, uint64_t text_len)
{
    add_text(b, name);
    add_text(b, list == NULL ? "" : list);
    laz_ignore(laz_buf_add(b, laz_view_from(sha256, 32)));
    laz_ignore(laz_buf_add_u64le(b, text_len));
    return laz_buf_failed(b);
}

static bool take_text(struct laz_view *v, const char **out)
{
    struct laz_view text;
    uint32_t len;

    if (!laz_take_u32le(v, &len) || len == 0 || !laz_take(v, len, &text) ||
        laz_view_find_byte(text, 0) != len - 1)
        return false;
    *out = (const char *)text.data;
    return true;
}

bool laz_bundle_take(struct laz_view *v, struct laz_source *out)
{
    struct laz_view rest = *v, digest;
    uint64_t text_len;

    if (!take_text(&rest, &out->name) || !take_text(&rest, &out->list) ||
        !laz_take(&rest, 32, &digest) || !laz_take_u64le(&rest, &text_len) ||
        !laz_take(&rest, text_len, &out->text))
        return false;
    if (out->list[0] == '\0')
        out->list = NULL;
    out->sha256 = digest.data;
    *v = rest;
    return true;
}
