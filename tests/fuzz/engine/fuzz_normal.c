/* A text or a page from anybody, in ClamAV's normal form: it has no large letter, and no two blanks
 * stand together in a text. */
#include "base/status.h"
#include "scan/normal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct laz_buf *out, size_t input_len)
{
    LAZ_ASSERT(out->len <= 2 * input_len + 2);
    for (size_t i = 0; i < out->len; i++)
        LAZ_ASSERT(out->data[i] < 'A' || out->data[i] > 'Z');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct laz_view bytes = laz_view_from(data, size);
    struct laz_buf out;

    laz_buf_init(&out, LAZ_NORMAL_MAX);
    if (laz_normal_text(bytes, &out) == LAZ_OK)
        check(&out, size);
    for (size_t i = 0; i + 1 < out.len; i++)
        LAZ_ASSERT(out.data[i] != ' ' || out.data[i + 1] != ' ');
    laz_buf_reset(&out);
    if (laz_normal_page(bytes, &out) == LAZ_OK)
        check(&out, size);
    laz_buf_reset(&out);
    if (laz_normal_shown(bytes, &out) == LAZ_OK)
        check(&out, size);
    laz_buf_clear(&out);
    return 0;
}
