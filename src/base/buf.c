#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

#define FIRST_CAPACITY 64

void laz_buf_init(struct laz_buf *b, size_t max)
{
    *b = (struct laz_buf){.max = max};
}

void laz_buf_clear(struct laz_buf *b)
{
    free(b->data);
    laz_buf_init(b, b->max);
}

void laz_buf_drop(struct laz_buf *b)
{
    laz_buf_clear(b);
}

void laz_buf_reset(struct laz_buf *b)
{
    b->len = 0;
    b->failed = LAZ_OK;
    if (b->data != NULL)
        b->data[0] = 0;
}

static enum laz_status refuse(struct laz_buf *b, enum laz_status why)
{
    if (b->failed == LAZ_OK)
        b->failed = why;
    return why;
}

/* Room for len more bytes and the NUL behind them. */
static enum laz_status reserve(struct laz_buf *b, size_t len)
{
    size_t need, capacity = b->capacity == 0 ? FIRST_CAPACITY : b->capacity;
    uint8_t *data;

    if (laz_ckd_add(&need, b->len, len) || need > b->max || laz_ckd_add(&need, need, (size_t)1))
        return refuse(b, LAZ_LIMIT);
    if (need <= b->capacity)
        return LAZ_OK;
    while (capacity < need)
        if (laz_ckd_mul(&capacity, capacity, (size_t)2))
            return refuse(b, LAZ_LIMIT);
    data = realloc(b->data, capacity);
    if (data == NULL)
        return refuse(b, LAZ_NOMEM);
    b->data = data;
    b->capacity = capacity;
    return LAZ_OK;
}

enum laz_status laz_buf_extend(struct laz_buf *b, size_t len, uint8_t **out)
{
    enum laz_status s = reserve(b, len);

    if (s != LAZ_OK)
        return s;
    *out = b->data + b->len;
    memset(*out, 0, len + 1);
    b->len += len;
    return LAZ_OK;
}

enum laz_status laz_buf_add(struct laz_buf *b, struct laz_view v)
{
    enum laz_status s = reserve(b, v.len);

    if (s != LAZ_OK)
        return s;
    if (v.len > 0)
        memcpy(b->data + b->len, v.data, v.len);
    b->len += v.len;
    b->data[b->len] = 0;
    return LAZ_OK;
}

enum laz_status laz_buf_add_text(struct laz_buf *b, const char *text)
{
    return laz_buf_add(b, laz_view_of(text));
}

static enum laz_status add_le(struct laz_buf *b, uint64_t n, unsigned len)
{
    uint8_t bytes[8];

    for (unsigned i = 0; i < len; i++, n >>= 8)
        bytes[i] = (uint8_t)n;
    return laz_buf_add(b, laz_view_from(bytes, len));
}

enum laz_status laz_buf_add_u8(struct laz_buf *b, uint8_t n)
{
    return add_le(b, n, 1);
}

enum laz_status laz_buf_add_u16le(struct laz_buf *b, uint16_t n)
{
    return add_le(b, n, 2);
}

enum laz_status laz_buf_add_u32le(struct laz_buf *b, uint32_t n)
{
    return add_le(b, n, 4);
}

enum laz_status laz_buf_add_u64le(struct laz_buf *b, uint64_t n)
{
    return add_le(b, n, 8);
}

enum laz_status laz_buf_addvf(struct laz_buf *b, const char *format, va_list arguments)
{
    va_list again;
    enum laz_status s;
    int len;

    va_copy(again, arguments);
    len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (len < 0)
        return refuse(b, LAZ_LIMIT);
    s = reserve(b, (size_t)len);
    if (s != LAZ_OK)
        return s;
    len = vsnprintf((char *)b->data + b->len, (size_t)len + 1, format, arguments);
    LAZ_ASSERT(len >= 0);
    b->len += (size_t)len;
    return LAZ_OK;
}

enum laz_status laz_buf_addf(struct laz_buf *b, const char *format, ...)
{
    va_list arguments;
    enum laz_status s;

    va_start(arguments, format);
    s = laz_buf_addvf(b, format, arguments);
    va_end(arguments);
    return s;
}

const char *laz_buf_text(const struct laz_buf *b)
{
    return b->data == NULL ? "" : (const char *)b->data;
}

char *laz_buf_take_text(struct laz_buf *b)
{
    char *text;

    if (b->failed != LAZ_OK || (b->data == NULL && reserve(b, 0) != LAZ_OK))
        return NULL;
    LAZ_ASSERT(b->data != NULL);
    b->data[b->len] = 0;
    text = (char *)b->data;
    laz_buf_init(b, b->max);
    return text;
}
