#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "base/buf.h"
#include "format/archive.h"

static void add(struct laz_buf *b, const char *text)
{
    assert_int_equal(laz_buf_add_text(b, text), LAZ_OK);
}

/* "%PDF-1.4", one object with the dictionary and the content, packed when packed says so. */
static void make_pdf(struct laz_buf *b, const char *dictionary, const char *content, bool packed)
{
    uint8_t bytes[512];
    uLongf len = sizeof bytes;

    laz_buf_init(b, 4096);
    add(b, "%PDF-1.4\n1 0 obj\n");
    add(b, dictionary);
    add(b, "\nstream\n");
    if (packed) {
        assert_int_equal(compress(bytes, &len, (const uint8_t *)content, strlen(content)), Z_OK);
        assert_int_equal(laz_buf_add(b, laz_view_from(bytes, len)), LAZ_OK);
    } else {
        add(b, content);
    }
    add(b, "\nendstream\nendobj\n");
}

static enum laz_status read_first(struct laz_view pdf, char *out, size_t size, size_t *len)
{
    struct laz_archive *a = NULL;
    struct laz_member m;
    enum laz_status s = laz_archive_open(laz_identify(pdf), pdf, NULL, NULL, &a);
    size_t n = 1;

    *len = 0;
    if (s == LAZ_OK)
        s = laz_archive_next(a, &m);
    if (s == LAZ_OK && !m.has_data)
        s = LAZ_NOT_FOUND;
    while (s == LAZ_OK && n > 0) {
        s = laz_archive_read(a, (uint8_t *)out + *len, size - *len, &n);
        *len += n;
    }
    laz_archive_free(a);
    return s;
}

static void streams_are_read(void **state)
{
    static const struct {
        const char *dictionary, *content;
        bool packed;
        enum laz_status status;
    } cases[] = {
        {"<< /Length 5 >>", "hello", false, LAZ_OK},
        {"<< /Filter /FlateDecode >>", "hello", true, LAZ_OK},
        {"<< /Filter [ /FlateDecode ] /DecodeParms << /Predictor 12 >> >>", "hello", true, LAZ_OK},
        {"<< /Filter /FlateDecode >>", "hello", false, LAZ_DAMAGED},
        {"<< /Filter /LZWDecode >>", "hello", false, LAZ_UNSUPPORTED},
        {"<< /Filter [ /ASCII85Decode /FlateDecode ] >>", "hello", true, LAZ_UNSUPPORTED},
        {"<< /Filter /Fl#61teDecode >>", "hello", true, LAZ_UNSUPPORTED},
        {"<< /Filter /Unheard >>", "hello", false, LAZ_UNSUPPORTED},
        {"<< /Filter /DCTDecode >>", "hello", false, LAZ_NOT_FOUND},
        {"no dictionary", "hello", false, LAZ_DAMAGED},
        {"<< /Filter /FlateDecode >> % a remark", "hello", true, LAZ_DAMAGED},
        {"<< /Filter /FlateDecode >> trailer << /Encrypt 5 0 R >>", "hello", true, LAZ_ENCRYPTED},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct laz_buf pdf;
        char out[64];
        size_t len;

        make_pdf(&pdf, cases[i].dictionary, cases[i].content, cases[i].packed);
        assert_int_equal(read_first(laz_buf_view(&pdf), out, sizeof out, &len), cases[i].status);
        if (cases[i].status == LAZ_OK) {
            assert_int_equal(len, 5);
            assert_memory_equal(out, "hello", 5);
        }
        laz_buf_clear(&pdf);
    }
}

static void every_cut_is_read_inside_its_bytes(void **state)
{
    struct laz_buf pdf;
    char out[64];
    size_t got;

    make_pdf(&pdf, "<< /Filter /FlateDecode >>", "hello", true);
    for (size_t len = 5; len <= pdf.len; len++) {
        uint8_t *exact = malloc(len); /* so that a sanitizer sees the first byte too many */

        assert_non_null(exact);
        memcpy(exact, pdf.data, len);
        laz_ignore(read_first(laz_view_from(exact, len), out, sizeof out, &got)); /* it ends */
        free(exact);
    }
    laz_buf_clear(&pdf);
}

/* An empty view says nothing of where it is, which once sent the reader back to the start. */
static void a_stream_at_the_very_end_ends(void **state)
{
    static const char *const pdfs[] = {
        "%PDF-1.4 1 0 obj << >>stream",
        "%PDF-1.4 1 0 obj << >>stream\n",
        "%PDF-1.4 1 0 obj << /Filter /DCTDecode >>stream",
        "%PDF-1.4 1 0 obj << /Filter /FlateDecode >>stream",
    };

    for (size_t i = 0; i < sizeof pdfs / sizeof *pdfs; i++) {
        struct laz_view v = laz_view_of(pdfs[i]);
        struct laz_archive *a = NULL;
        struct laz_member m;

        assert_int_equal(laz_archive_open(laz_identify(v), v, NULL, NULL, &a), LAZ_OK);
        laz_ignore(laz_archive_next(a, &m)); /* one or none */
        assert_int_equal(laz_archive_next(a, &m), LAZ_NOT_FOUND);
        laz_archive_free(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_are_read),
        cmocka_unit_test(a_stream_at_the_very_end_ends),
        cmocka_unit_test(every_cut_is_read_inside_its_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
