/* Hostile text on its way out: what leaves must be harmless for the place that it goes to, and
 * numbers read from it must agree with a slow reading. */
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"

#define OUT_MAX MIB

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_terminal(struct laz_view v, struct laz_buf *b)
{
    laz_buf_reset(b);
    LAZ_ASSERT(laz_buf_add_terminal(b, v) == LAZ_OK);
    LAZ_ASSERT(laz_utf8_is_valid(laz_buf_view(b)));
    for (size_t i = 0; i < b->len; i++)
        LAZ_ASSERT(b->data[i] >= 0x20 && b->data[i] != 0x7f);
}

static void check_json(struct laz_view v, struct laz_buf *b)
{
    laz_buf_reset(b);
    LAZ_ASSERT(laz_buf_add_json(b, v) == LAZ_OK);
    LAZ_ASSERT(laz_utf8_is_valid(laz_buf_view(b)));
    LAZ_ASSERT(b->len >= 2 && b->data[0] == '"' && b->data[b->len - 1] == '"');
    for (size_t i = 1; i < b->len - 1; i++) {
        LAZ_ASSERT(b->data[i] >= 0x20 && strchr("\"<>&", b->data[i]) == NULL);
        if (b->data[i] == '\\')
            LAZ_ASSERT(strchr("\"\\ntu", b->data[++i]) != NULL && i < b->len - 1);
    }
}

static void check_html(struct laz_view v, struct laz_buf *b)
{
    laz_buf_reset(b);
    LAZ_ASSERT(laz_buf_add_html(b, v) == LAZ_OK);
    LAZ_ASSERT(laz_utf8_is_valid(laz_buf_view(b)));
    for (size_t i = 0; i < b->len; i++)
        LAZ_ASSERT(b->data[i] == 0 || strchr("<>\"'", b->data[i]) == NULL);
}

static void check_hex(struct laz_view v, struct laz_buf *b)
{
    uint8_t *back = calloc(1, v.len + 1);

    LAZ_ASSERT(back != NULL);
    laz_buf_reset(b);
    LAZ_ASSERT(laz_buf_add_hex(b, v) == LAZ_OK && b->len == 2 * v.len);
    LAZ_ASSERT(laz_hex_decode(laz_buf_view(b), back, v.len));
    LAZ_ASSERT(laz_view_equal(laz_view_from(back, v.len), v));
    free(back);
    laz_buf_reset(b);
    LAZ_ASSERT(laz_buf_add_base64(b, v) == LAZ_OK && b->len == (v.len + 2) / 3 * 4);
}

static void check_number(struct laz_view v)
{
    uint64_t n, size, hex;
    bool is_number = laz_parse_u64(v, UINT64_MAX, &n);

    if (is_number) {
        struct laz_buf b;

        laz_buf_init(&b, 32);
        LAZ_ASSERT(laz_buf_addf(&b, "%llu", (unsigned long long)n) == LAZ_OK);
        LAZ_ASSERT(laz_view_ends_text(v, laz_buf_text(&b)));
        laz_buf_clear(&b);
        LAZ_ASSERT(laz_parse_size(v, UINT64_MAX, &size) && size == n);
        LAZ_ASSERT(v.len > 16 || laz_parse_hex_u64(v, UINT64_MAX, &hex));
        LAZ_ASSERT(n == 0 || !laz_parse_u64(v, n - 1, &n));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct laz_view v = laz_view_first(laz_view_from(data, size), OUT_MAX / 8);
    struct laz_buf b;

    laz_buf_init(&b, OUT_MAX);
    check_terminal(v, &b);
    check_json(v, &b);
    check_html(v, &b);
    check_hex(v, &b);
    check_number(v);
    laz_buf_clear(&b);
    return 0;
}
