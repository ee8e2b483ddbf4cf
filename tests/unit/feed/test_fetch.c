#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "feed/http_priv.h"
#include "feed/parts.h"
#include "feed/unpack.h"

static void read_head(struct laz_http_head *h, const char *text)
{
    struct laz_view v = laz_view_of(text), line;

    memset(h, 0, sizeof *h);
    while (laz_take_until(&v, '\n', &line))
        assert_true(laz_http_head_add(h, line));
}

static void a_head_says_what_the_content_is(void **state)
{
    struct laz_http_head h;
    struct laz_http_answer a = {0};

    read_head(
        &h, "HTTP/1.1 206 Partial Content\r\nETAG: \"one\"\r\nlast-modified: Sun, 06 Nov 1994 "
            "08:49:37 GMT\r\n"
            "Content-Range: bytes 100-199/1000\r\nAccept-Ranges: bytes\r\n"
            "Repr-Digest: md5=:x:, sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:\r\n\r\n");
    assert_int_equal(h.status, 206);
    assert_true(h.has_range && h.range_first == 100 && h.range_total == 1000);
    assert_true(h.has_sha256 && h.sha256[0] == 0xE3 && h.sha256[31] == 0x55);
    laz_http_head_copy(&h, &a);
    assert_string_equal(a.etag, "\"one\"");
    assert_true(a.can_go_on && a.has_sha256);
}

static void a_second_head_forgets_the_first(void **state)
{
    struct laz_http_head h;

    read_head(&h, "HTTP/1.1 302 Found\r\nETag: \"one\"\r\nRetry-After: 5\r\n\r\nHTTP/1.1 200 "
                  "OK\r\nX: y\r\n\r\n");
    assert_int_equal(h.status, 200);
    assert_string_equal(h.etag, "");
    assert_string_equal(h.retry_after, "");
}

static void what_cannot_be_sent_back_is_not_kept(void **state)
{
    struct laz_http_head h;

    read_head(&h, "HTTP/1.1 200 OK\r\nETag: \"a\x01\"\r\nContent-Range: bytes 5-4/9\r\nDigest: "
                  "SHA-256=short\r\n"
                  "Content-MD5: 1B2M2Y8AsgTpgAmY7PhCfg==\r\nContent-Encoding: br\r\n");
    assert_string_equal(h.etag, "");
    assert_false(h.has_range);
    assert_false(h.has_sha256);
    assert_true(h.has_md5 && h.md5[0] == 0xD4 && h.encoded);
}

static void heads_have_an_end(void **state)
{
    struct laz_http_head h = {0};
    char line[1024];
    int lines = 0;

    memset(line, 'x', sizeof line);
    while (lines < 1000 && laz_http_head_add(&h, laz_view_from(line, sizeof line)))
        lines++;
    assert_int_equal(lines, 64);
    assert_true(h.broken);
}

static void redirects_keep_to_their_kind(void **state)
{
    static const struct {
        const char *from, *to;
        bool plain, ok;
    } cases[] = {
        {"https://a/", "https://b/", false, true},
        {"https://a/", "http://a/", true, false},
        {"http://127.0.0.1:1/", "http://127.0.0.1:2/", false, true},
        {"http://127.0.0.1/", "http://b/", false, false},
        {"http://a/", "http://b/", true, true},
        {"http://a/", "https://b/", false, true},
        {"https://a/", "ftp://b/", true, false},
        {"https://a/", "file:///etc/passwd", true, false},
        {"https://a/", "https://user@b/", true, false},
        {"https://a/", "", true, false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(laz_http_may_follow(cases[i].from, cases[i].to, cases[i].plain),
                         cases[i].ok);
    assert_true(laz_http_same_origin("https://a:1/x", "https://a:1/y?z"));
    assert_true(laz_http_same_origin("https://a", "https://a/"));
    assert_false(laz_http_same_origin("https://a:1/", "https://a:2/"));
    assert_false(laz_http_same_origin("https://a/", "http://a/"));
    assert_false(laz_http_same_origin("https://a/", "https://a.b/"));
    assert_false(laz_http_same_origin("x", "x"));
}

static void names_in_packages_stay_inside(void **state)
{
    static const struct {
        const char *name;
        bool safe;
    } cases[] = {
        {"a.yar", true},  {"a/b/c.yar", true}, {"..a/b", true},    {"", false},
        {"/a", false},    {"a/", false},       {"../a", false},    {"a/../b", false},
        {"a/./b", false}, {"a//b", false},     {"a\\b", false},    {"a\nb", false},
        {"a\x7F", false}, {"\xFF", false},     {"\xC3\xA9", true}, {"a/..", false},
    };
    struct laz_view name, bytes, v;
    struct laz_buf b;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(laz_parts_name_is_safe(laz_view_of(cases[i].name)), cases[i].safe);
    laz_buf_init(&b, 1000);
    assert_int_equal(laz_parts_add_head(&b, laz_view_of("a/b"), 3), LAZ_OK);
    assert_int_equal(laz_buf_add_text(&b, "xyz"), LAZ_OK);
    v = laz_buf_view(&b);
    assert_true(laz_parts_take(&v, &name, &bytes) && v.len == 0);
    assert_true(laz_view_equal_text(name, "a/b") && laz_view_equal_text(bytes, "xyz"));
    for (size_t len = 0; len < b.len; len++) {
        v = laz_view_first(laz_buf_view(&b), len);
        assert_false(laz_parts_take(&v, &name, &bytes));
    }
    laz_buf_clear(&b);
    assert_true(laz_unpack_wants(LAZ_FEED_YARA, laz_view_of("x.yara")));
    assert_false(laz_unpack_wants(LAZ_FEED_YARA, laz_view_of("x.csv")));
    assert_true(laz_unpack_wants(LAZ_FEED_LIST, laz_view_of("x.csv")));
}

static void messages_come_back_and_nothing_else_is_taken(void **state)
{
    struct laz_feed_request request = {.kind = LAZ_FEED_TAXII,
                                       .whole = true,
                                       .size_max = 77,
                                       .slow_s = 5,
                                       .url = laz_view_of("https://x.example/"),
                                       .no_proxy = laz_view_of("localhost")};
    struct laz_feed_report report = {.outcome = LAZ_FEED_BUSY, .http = 429, .retry_after_ms = 9};
    struct laz_feed_request request_back;
    struct laz_feed_report report_back;
    struct laz_buf b;

    laz_buf_init(&b, LAZ_FEED_REQUEST_MAX);
    assert_int_equal(laz_feed_request_write(&request, &b), LAZ_OK);
    assert_true(laz_feed_request_read(laz_buf_view(&b), &request_back));
    assert_true(request_back.whole && !request_back.plain_http && request_back.size_max == 77);
    assert_true(laz_view_equal(request_back.no_proxy, request.no_proxy));
    for (size_t len = 0; len < b.len; len++)
        assert_false(laz_feed_request_read(laz_view_first(laz_buf_view(&b), len), &request_back));
    laz_buf_reset(&b);
    snprintf(report.problem, sizeof report.problem, "later");
    assert_int_equal(laz_feed_report_write(&report, &b), LAZ_OK);
    assert_true(laz_feed_report_read(laz_buf_view(&b), &report_back));
    assert_memory_equal(&report, &report_back, sizeof report);
    for (size_t len = 0; len < b.len; len++)
        assert_false(laz_feed_report_read(laz_view_first(laz_buf_view(&b), len), &report_back));
    b.data[b.len - 1] = '\n'; /* a text with a control byte */
    assert_false(laz_feed_report_read(laz_buf_view(&b), &report_back));
    laz_buf_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_head_says_what_the_content_is),
        cmocka_unit_test(a_second_head_forgets_the_first),
        cmocka_unit_test(what_cannot_be_sent_back_is_not_kept),
        cmocka_unit_test(heads_have_an_end),
        cmocka_unit_test(redirects_keep_to_their_kind),
        cmocka_unit_test(names_in_packages_stay_inside),
        cmocka_unit_test(messages_come_back_and_nothing_else_is_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
