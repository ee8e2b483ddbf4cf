#include "base/view.h"

#include <string.h>

struct laz_view laz_view_of(const char *text)
{
    return (struct laz_view){(const uint8_t *)text, strlen(text)};
}

struct laz_view laz_view_from(const void *data, size_t len)
{
    return (struct laz_view){data, len};
}

bool laz_view_at(struct laz_view v, uint64_t offset, uint64_t len, struct laz_view *out)
{
    if (offset > v.len || len > v.len - offset)
        return false;
    *out = (struct laz_view){offset == 0 ? v.data : v.data + offset, (size_t)len};
    return true;
}

struct laz_view laz_view_from_offset(struct laz_view v, uint64_t offset)
{
    struct laz_view rest = {v.data, 0};

    if (offset < v.len)
        rest = (struct laz_view){v.data + offset, v.len - (size_t)offset};
    return rest;
}

struct laz_view laz_view_first(struct laz_view v, uint64_t len)
{
    if (len < v.len)
        v.len = (size_t)len;
    return v;
}

bool laz_view_equal(struct laz_view a, struct laz_view b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool laz_view_equal_text(struct laz_view v, const char *text)
{
    return laz_view_equal(v, laz_view_of(text));
}

bool laz_view_starts(struct laz_view v, struct laz_view prefix)
{
    return laz_view_equal(laz_view_first(v, prefix.len), prefix);
}

bool laz_view_ends_text(struct laz_view v, const char *suffix)
{
    struct laz_view end = laz_view_of(suffix);

    return v.len >= end.len && laz_view_equal(laz_view_from_offset(v, v.len - end.len), end);
}

int laz_view_compare(struct laz_view a, struct laz_view b)
{
    size_t shared = a.len < b.len ? a.len : b.len;
    int order = shared == 0 ? 0 : memcmp(a.data, b.data, shared);

    if (order != 0)
        return order;
    return (a.len > b.len) - (a.len < b.len);
}

size_t laz_view_find_byte(struct laz_view v, uint8_t c)
{
    const uint8_t *at = v.len == 0 ? NULL : memchr(v.data, c, v.len);

    return at == NULL ? v.len : (size_t)(at - v.data);
}

size_t laz_view_find(struct laz_view v, struct laz_view needle)
{
    const uint8_t *at;

    if (needle.len == 0 || v.len < needle.len)
        return v.len;
    at = memmem(v.data, v.len, needle.data, needle.len);
    return at == NULL ? v.len : (size_t)(at - v.data);
}

bool laz_take(struct laz_view *v, uint64_t len, struct laz_view *out)
{
    if (!laz_view_at(*v, 0, len, out))
        return false;
    *v = laz_view_from_offset(*v, len);
    return true;
}

bool laz_skip(struct laz_view *v, uint64_t len)
{
    struct laz_view skipped;

    return laz_take(v, len, &skipped);
}

bool laz_take_bytes(struct laz_view *v, void *out, size_t len)
{
    struct laz_view part;

    if (!laz_take(v, len, &part))
        return false;
    if (len > 0)
        memcpy(out, part.data, len);
    return true;
}

bool laz_take_u8(struct laz_view *v, uint8_t *out)
{
    return laz_take_bytes(v, out, 1);
}

static bool take_le(struct laz_view *v, unsigned len, uint64_t *out)
{
    struct laz_view part;
    uint64_t n = 0;

    if (!laz_take(v, len, &part))
        return false;
    for (unsigned i = len; i-- > 0;)
        n = n << 8 | part.data[i];
    *out = n;
    return true;
}

static bool take_be(struct laz_view *v, unsigned len, uint64_t *out)
{
    struct laz_view part;
    uint64_t n = 0;

    if (!laz_take(v, len, &part))
        return false;
    for (unsigned i = 0; i < len; i++)
        n = n << 8 | part.data[i];
    *out = n;
    return true;
}

bool laz_take_u16le(struct laz_view *v, uint16_t *out)
{
    uint64_t n;

    if (!take_le(v, 2, &n))
        return false;
    *out = (uint16_t)n;
    return true;
}

bool laz_take_u32le(struct laz_view *v, uint32_t *out)
{
    uint64_t n;

    if (!take_le(v, 4, &n))
        return false;
    *out = (uint32_t)n;
    return true;
}

bool laz_take_u64le(struct laz_view *v, uint64_t *out)
{
    return take_le(v, 8, out);
}

bool laz_take_u16be(struct laz_view *v, uint16_t *out)
{
    uint64_t n;

    if (!take_be(v, 2, &n))
        return false;
    *out = (uint16_t)n;
    return true;
}

bool laz_take_u32be(struct laz_view *v, uint32_t *out)
{
    uint64_t n;

    if (!take_be(v, 4, &n))
        return false;
    *out = (uint32_t)n;
    return true;
}

bool laz_take_u64be(struct laz_view *v, uint64_t *out)
{
    return take_be(v, 8, out);
}

bool laz_take_until(struct laz_view *v, uint8_t separator, struct laz_view *out)
{
    size_t at;

    if (v->len == 0)
        return false;
    at = laz_view_find_byte(*v, separator);
    *out = laz_view_first(*v, at);
    *v = laz_view_from_offset(*v, (uint64_t)at + 1);
    return true;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct laz_view laz_view_trim(struct laz_view v)
{
    while (v.len > 0 && is_blank(v.data[0]))
        v = laz_view_from_offset(v, 1);
    while (v.len > 0 && is_blank(v.data[v.len - 1]))
        v.len--;
    return v;
}
