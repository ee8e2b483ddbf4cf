#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>

#include "base/status.h"
#include "scan/links.h"

static void expect(struct laz_view bytes, const char *const *links, size_t count)
{
    struct laz_links l;

    laz_links_start(&l, bytes);
    for (size_t i = 0; i < count; i++) {
        assert_true(laz_links_next(&l));
        assert_string_equal(l.text, links[i]);
    }
    assert_false(laz_links_next(&l));
}

static void links_are_found_as_they_are_written(void **state)
{
    static const struct {
        const char *text, *links[3];
    } cases[] = {
        {"see http://a.example.com/x for more", {"http://a.example.com/x"}},
        {"http://a.example.com", {"http://a.example.com"}},
        {"<a href=\"https://a.example.com/x?y=1&amp;z=2\">", {"https://a.example.com/x?y=1&z=2"}},
        {"<a href='HTTP://A.example.com/'>", {"http://A.example.com/"}},
        {"go to http://a.example.com/x.", {"http://a.example.com/x"}},
        {"(http://a.example.com/x)", {"http://a.example.com/x"}},
        {"http://a.example.com/x_(y) z", {"http://a.example.com/x_(y)"}},
        {"/URI (http://a.example.com/x)>>", {"http://a.example.com/x"}},
        {"{\"u\":\"https:\\/\\/a.example.com\\/x\"}", {"https://a.example.com/x"}},
        {"'http:\\x2f\\x2fa.example.com\\u002fx'", {"http://a.example.com/x"}},
        {"http://a.example.com/x\\nnext", {"http://a.example.com/x"}},
        {"ftp://a.example.com/x", {"ftp://a.example.com/x"}},
        {"hxxp://a[.]example[.]com/x", {"hxxp://a[.]example[.]com/x"}},
        {"http://[2001:db8::1]:80/x]", {"http://[2001:db8::1]:80/x"}},
        {"xhttp://a.example.com/", {"http://a.example.com/"}},
        {"mailto:a@b.example.com file:///x abc://y", {NULL}},
        {"http:/ http: :// //", {NULL}},
        {"one http://a.example.com two https://b.example.com",
         {"http://a.example.com", "https://b.example.com"}},
        {"http://a.example.com/?u=http://b.example.com/",
         {"http://a.example.com/?u=http://b.example.com/"}},
        {"visit www.example.com/x, please", {"www.example.com/x"}},
        {"http://www.example.com/ awww.example.com", {"http://www.example.com/"}},
        {"http://", {"http://"}},
        {"", {NULL}},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t count = 0;

        while (count < 3 && cases[i].links[count] != NULL)
            count++;
        expect(laz_view_of(cases[i].text), cases[i].links, count);
    }
}

static void wide_text_holds_links_too(void **state)
{
    static const char text[] = "open http://a.example.com/x now";
    static const char *const links[] = {"http://a.example.com/x"};
    uint8_t wide[2 * sizeof text];

    for (size_t i = 0; i < sizeof text - 1; i++) {
        wide[2 * i] = (uint8_t)text[i];
        wide[2 * i + 1] = 0;
    }
    expect(laz_view_from(wide, 2 * (sizeof text - 1)), links, 1);
    expect(laz_view_from(wide, 2 * (sizeof text - 1) - 1), links, 1); /* cut in a character */
}

static void a_link_has_a_largest_length(void **state)
{
    static char text[3 * LAZ_LINK_SIZE] = "http://a.example.com/";
    struct laz_links l;

    memset(text + 21, 'x', sizeof text - 22);
    laz_links_start(&l, laz_view_of(text));
    assert_true(laz_links_next(&l));
    assert_int_equal(strlen(l.text), LAZ_LINK_SIZE - 1);
    assert_false(laz_links_next(&l));
}

static void defanged_links_lead_nowhere(void **state)
{
    static const struct {
        const char *link, *text;
    } cases[] = {
        {"http://a.example.com/x.y", "hxxp://a[.]example[.]com/x.y"},
        {"https://a.example.com", "hxxps://a[.]example[.]com"},
        {"www.example.com/a.b", "www[.]example[.]com/a.b"},
        {"http://a.example.com/\x01\x80", "hxxp://a[.]example[.]com/__"},
    };
    char out[64];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        laz_link_defang(laz_view_of(cases[i].link), out, sizeof out);
        assert_string_equal(out, cases[i].text);
    }
    laz_link_defang(laz_view_of("http://a.example.com/"), out, 8);
    assert_true(strlen(out) < 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links_are_found_as_they_are_written),
        cmocka_unit_test(wide_text_holds_links_too),
        cmocka_unit_test(a_link_has_a_largest_length),
        cmocka_unit_test(defanged_links_lead_nowhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
