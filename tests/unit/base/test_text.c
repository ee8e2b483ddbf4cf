#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "torture.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

#define BYTES(text)                                                                                \
    {                                                                                              \
        (const uint8_t *)(text), sizeof(text) - 1                                                  \
    }

struct escape_case {
    struct laz_view in;
    const char *out;
};

static void check(const struct escape_case *cases, size_t count,
                  enum laz_status (*add)(struct laz_buf *b, struct laz_view v))
{
    for (size_t i = 0; i < count; i++) {
        struct laz_buf b;

        laz_buf_init(&b, 200);
        assert_int_equal(add(&b, cases[i].in), LAZ_OK);
        assert_string_equal(laz_buf_text(&b), cases[i].out);
        laz_buf_clear(&b);
    }
}

static void a_terminal_obeys_no_file_name(void **state)
{
    static const struct escape_case cases[] = {
        {BYTES(""), ""},
        {BYTES("plain.txt"), "plain.txt"},
        {BYTES("\x1b]0;owned\x07"), "\\x1b]0;owned\\x07"},
        {BYTES("a\0b"), "a\\x00b"},
        {BYTES("a\nb\r\t"), "a\\x0ab\\x0d\\x09"},
        {BYTES("\x7f"), "\\x7f"},
        {BYTES("\xc2\x9b"
               "2J"),
         "\\x9b2J"},
        {BYTES("\xc2\xa0"), "\xc2\xa0"},
        {BYTES("a\\x0a"), "a\\\\x0a"},
        {BYTES("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
        {BYTES("\xff"), "\\xff"},
        {BYTES("\xc3"), "\\xc3"},
        {BYTES("\xe2\x82"), "\\xe2\\x82"},
        {BYTES("fdp\xe2\x80\xae"
               "exe"),
         "fdp\\u{202e}exe"},
        {BYTES("\xe2\x81\xa6\xe2\x81\xa9"), "\\u{2066}\\u{2069}"},
        {BYTES("\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c"), "\\u{200e}\\u{200f}\\u{061c}"},
        {BYTES("\xe2\x80\xa8\xe2\x80\xa9"), "\\u{2028}\\u{2029}"},
    };

    check(cases, COUNT(cases), laz_buf_add_terminal);
}

static void json_stays_json_and_safe_inside_a_page(void **state)
{
    static const struct escape_case cases[] = {
        {BYTES(""), "\"\""},
        {BYTES("a"), "\"a\""},
        {BYTES("\"\\\n\t"), "\"\\\"\\\\\\n\\t\""},
        {BYTES("\0\x01\x1f\r"), "\"\\u0000\\u0001\\u001f\\u000d\""},
        {BYTES("\x7f"), "\"\\u007f\""},
        {BYTES("</script>&"), "\"\\u003c/script\\u003e\\u0026\""},
        {BYTES("\xe2\x80\xa8\xe2\x80\xa9"), "\"\\u2028\\u2029\""},
        {BYTES("\xc3\xa9"), "\"\xc3\xa9\""},
        {BYTES("\xff"
               "a\xc3"),
         "\"\xef\xbf\xbd"
         "a\xef\xbf\xbd\""},
    };

    check(cases, COUNT(cases), laz_buf_add_json);
}

static void html_is_inert_in_text_and_attributes(void **state)
{
    static const struct escape_case cases[] = {
        {BYTES(""), ""},
        {BYTES("<a href=\"x\" b='y'>&"), "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;"},
        {BYTES("\xff\xc3\xa9"), "\xef\xbf\xbd\xc3\xa9"},
    };

    check(cases, COUNT(cases), laz_buf_add_html);
}

static void base64_is_padded(void **state)
{
    static const struct escape_case cases[] = {
        {BYTES(""), ""},
        {BYTES("f"), "Zg=="},
        {BYTES("fo"), "Zm8="},
        {BYTES("foo"), "Zm9v"},
        {BYTES("foobar"), "Zm9vYmFy"},
        {BYTES("\0"), "AA=="},
        {BYTES("\xff\xef"), "/+8="},
    };

    check(cases, COUNT(cases), laz_buf_add_base64);
}

static void only_well_formed_utf8_is_valid(void **state)
{
    static const struct {
        struct laz_view in;
        bool ok;
    } cases[] = {
        {BYTES(""), true},
        {BYTES("\0"), true},
        {BYTES("\x7f"), true},
        {BYTES("\x80"), false},
        {BYTES("\xbf"), false},
        {BYTES("\xc0\x80"), false}, /* overlong */
        {BYTES("\xc1\xbf"), false},
        {BYTES("\xc2\x80"), true},
        {BYTES("\xdf\xbf"), true},
        {BYTES("\xe0\x9f\xbf"), false}, /* overlong */
        {BYTES("\xe0\xa0\x80"), true},
        {BYTES("\xed\x9f\xbf"), true},
        {BYTES("\xed\xa0\x80"), false}, /* surrogates */
        {BYTES("\xed\xbf\xbf"), false},
        {BYTES("\xee\x80\x80"), true},
        {BYTES("\xef\xbf\xbf"), true},
        {BYTES("\xf0\x8f\xbf\xbf"), false}, /* overlong */
        {BYTES("\xf0\x90\x80\x80"), true},
        {BYTES("\xf4\x8f\xbf\xbf"), true},
        {BYTES("\xf4\x90\x80\x80"), false}, /* past U+10FFFF */
        {BYTES("\xf8\x88\x80\x80\x80"), false},
        {BYTES("\xff"), false},
        {BYTES("\xc3"), false},
        {BYTES("\xe2\x82"), false},
        {BYTES("\xf0\x9f\x98"), false},
        {BYTES("\xc3"
               "a"),
         false},
        {BYTES("a\xe2\x82"
               "a"),
         false},
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        if (laz_utf8_is_valid(cases[i].in) != cases[i].ok)
            fail_msg("case %zu", i);
}

static void hexadecimal_goes_both_ways(void **state)
{
    static const uint8_t bytes[3] = {0x00, 0x9a, 0xff};
    uint8_t back[3] = {7, 7, 7};
    char text[7];
    struct laz_buf b;

    laz_hex_encode(laz_view_from(bytes, 3), text);
    assert_string_equal(text, "009aff");
    laz_buf_init(&b, 6);
    assert_int_equal(laz_buf_add_hex(&b, laz_view_from(bytes, 3)), LAZ_OK);
    assert_string_equal(laz_buf_text(&b), "009aff");
    laz_buf_clear(&b);
    assert_false(laz_hex_decode(laz_view_of("009af"), back, 3));
    assert_false(laz_hex_decode(laz_view_of("009aff0"), back, 3));
    assert_false(laz_hex_decode(laz_view_of("009aff00"), back, 3));
    assert_false(laz_hex_decode(laz_view_of("009afg"), back, 3));
    assert_false(laz_hex_decode(laz_view_of(""), back, 3));
    assert_int_equal(back[0], 7); /* a refusal changes nothing */
    assert_true(laz_hex_decode(laz_view_of("009AfF"), back, 3));
    assert_memory_equal(back, bytes, 3);
    assert_true(laz_hex_decode(laz_view_of(""), back, 0));
}

static void a_digit_is_0_to_15(void **state)
{
    for (unsigned c = 0; c < 256; c++) {
        static const char digits[] = "0123456789abcdefABCDEF";
        const char *at = c == 0 ? NULL : memchr(digits, (int)c, sizeof digits - 1);
        int want = at == NULL ? -1 : (int)(at - digits);

        assert_int_equal(laz_hex_value((uint8_t)c), want > 15 ? want - 6 : want);
    }
}

static void text_that_does_not_fit_is_refused(void **state)
{
    static enum laz_status (*const adds[])(struct laz_buf * b, struct laz_view v) = {
        laz_buf_add_terminal, laz_buf_add_json,   laz_buf_add_html,
        laz_buf_add_hex,      laz_buf_add_base64,
    };

    for (size_t i = 0; i < COUNT(adds); i++) {
        struct laz_buf b;

        laz_buf_init(&b, 3);
        assert_int_equal(adds[i](&b, laz_view_of("<\n>abcdef")), LAZ_LIMIT);
        assert_true(b.len <= 3);
        laz_buf_clear(&b);
    }
}

static void no_memory_is_told(void **state)
{
    unsigned refused = 0;

    TORTURE({
        struct laz_buf b;

        laz_buf_init(&b, 1000);
        if (laz_buf_add_json(&b, laz_view_of("some <text> that is escaped on its way")) == LAZ_OK)
            assert_int_equal(b.data[b.len - 1], '"');
        else
            refused++;
        laz_buf_clear(&b);
    });
    assert_int_equal(refused, 2);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_terminal_obeys_no_file_name),
        cmocka_unit_test(json_stays_json_and_safe_inside_a_page),
        cmocka_unit_test(html_is_inert_in_text_and_attributes),
        cmocka_unit_test(base64_is_padded),
        cmocka_unit_test(only_well_formed_utf8_is_valid),
        cmocka_unit_test(hexadecimal_goes_both_ways),
        cmocka_unit_test(a_digit_is_0_to_15),
        cmocka_unit_test(text_that_does_not_fit_is_refused),
        cmocka_unit_test(no_memory_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
