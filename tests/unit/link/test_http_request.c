#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "link/http_request.h"
#include "link/route.h"

#define HOST "Host: h\r\n"

static int parse(const char *text, struct laz_http_head *head)
{
    size_t len;

    return laz_http_head_parse(laz_view_of(text), head, &len);
}

static void what_can_be_understood_in_two_ways_is_refused(void **state)
{
    static const struct {
        const char *text;
        int status;
    } cases[] = {
        {"GET / HTTP/1.1\r\n" HOST "\r\n", 0},
        {"GET / HTTP/1.0\r\n\r\n", 0},
        {"GET / HTTP/1.1\r\n\r\n", 400},              /* no host */
        {"GET / HTTP/1.1\r\n" HOST HOST "\r\n", 400}, /* two hosts */
        {"GET / HTTP/2.0\r\n" HOST "\r\n", 505},
        {"GET / http/1.1\r\n" HOST "\r\n", 400},
        {"GET  / HTTP/1.1\r\n" HOST "\r\n", 400},
        {"GET / HTTP/1.1 \r\n" HOST "\r\n", 505},
        {"GET http://h/ HTTP/1.1\r\n" HOST "\r\n", 400}, /* absolute */
        {"GET /a b HTTP/1.1\r\n" HOST "\r\n", 400},
        {"GET /#a HTTP/1.1\r\n" HOST "\r\n", 400},
        {"OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 400},
        {"G\"T / HTTP/1.1\r\n" HOST "\r\n", 400},
        {"GET /\r\n" HOST "\r\n", 400}, /* HTTP/0.9 */
        {"\r\nGET / HTTP/1.1\r\n" HOST "\r\n", 400},
        {"GET / HTTP/1.1\n" HOST "\r\n", 400}, /* bare newline */
        {"GET / HTTP/1.1\r\nHost: h\n\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: h\rX: y\r\n\r\n", 400}, /* bare return */
        {"GET / HTTP/1.1\r\n" HOST " folded\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost : h\r\n\r\n", 400}, /* blank before colon */
        {"GET / HTTP/1.1\r\n" HOST "X y: z\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n" HOST ": z\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n" HOST "nothing\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n" HOST "X: a\001b\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n", 0},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length: +5\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length: 5, 5\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length: 0x5\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", 501},
        {"POST / HTTP/1.1\r\n" HOST "transfer-encoding: identity\r\n\r\n", 501},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\n" HOST "Expect: 100-continue\r\n\r\n", 0},
        {"POST / HTTP/1.1\r\n" HOST "Expect: miracles\r\n\r\n", 417},
        {"GET / HTTP/1.1\r\n" HOST "Cookie: a=1\r\nCookie: a=2\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n" HOST, LAZ_HTTP_MORE},
        {"", LAZ_HTTP_MORE},
        {"GET", LAZ_HTTP_MORE},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct laz_http_head head;

        if (parse(cases[i].text, &head) != cases[i].status)
            fail_msg("case %zu: %s", i, cases[i].text);
    }
}

/* A request line of line_len bytes with its end, header_count headers of header_len bytes each. */
static int parse_sized(size_t line_len, unsigned header_count, size_t header_len)
{
    size_t max = line_len + header_count * header_len + 2;
    char *text = malloc(max);
    struct laz_http_head head;
    size_t len = 0, head_len;
    int status;

    assert_non_null(text);
    memset(text, 'a', max);
    memcpy(text, "GET /", 5);
    memcpy(text + line_len - 11, " HTTP/1.1\r\n", 11);
    len = line_len;
    for (unsigned i = 0; i < header_count; i++) {
        memcpy(text + len, i == 0 ? "Host: " : "X: abc", 6);
        memcpy(text + len + header_len - 2, "\r\n", 2);
        len += header_len;
    }
    memcpy(text + len, "\r\n", 2);
    status = laz_http_head_parse(laz_view_from(text, max), &head, &head_len);
    free(text);
    return status;
}

static void each_limit_is_kept_to_the_byte(void **state)
{
    static const struct {
        size_t line;
        unsigned headers;
        size_t header;
        int status;
    } cases[] = {
        {100, 1, 20, 0},       {LAZ_HTTP_LINE_MAX, 1, 20, 0},
        {100, 64, 20, 0},      {LAZ_HTTP_LINE_MAX + 1, 1, 20, 414},
        {100, 65, 20, 431},    {100, 1, LAZ_HTTP_HEAD_MAX - 1, 0},
        {100, 2, 8192, 0},     {100, 1, LAZ_HTTP_HEAD_MAX + 3, 431},
        {100, 2, 8200, 431},   {LAZ_HTTP_LINE_MAX * 4, 1, 20, 414},
        {100, 1, 100000, 431},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int status = parse_sized(cases[i].line, cases[i].headers, cases[i].header);

        if (status != cases[i].status)
            fail_msg("case %zu: %d", i, status);
    }
}

static void a_head_that_comes_byte_by_byte_is_whole_only_at_its_end(void **state)
{
    static const char text[] = "GET /a?b=c HTTP/1.1\r\n" HOST "Cookie: a=b\r\n\r\nGET /next";
    struct laz_http_head head;
    size_t head_len = 0, whole = strlen(text) - 9;

    for (size_t len = 0; len < whole; len++)
        assert_int_equal(laz_http_head_parse(laz_view_from(text, len), &head, &head_len),
                         LAZ_HTTP_MORE);
    for (size_t len = whole; len < sizeof text; len++) {
        assert_int_equal(laz_http_head_parse(laz_view_from(text, len), &head, &head_len), 0);
        assert_int_equal(head_len, whole);
    }
    assert_true(laz_view_equal_text(head.path, "/a"));
    assert_true(laz_view_equal_text(head.query, "b=c"));
}

static void a_path_is_decoded_once_and_leads_nowhere_else(void **state)
{
    static const struct {
        const char *path, *decoded; /* NULL: refused */
    } cases[] = {
        {"/", "/"},
        {"/a/b", "/a/b"},
        {"/a/", "/a/"},
        {"/a%20b", "/a b"},
        {"/%C3%A9", "/\xc3\xa9"},
        {"/a%2fb", NULL},
        {"/a%00", NULL},
        {"/%2e%2e/a", NULL},
        {"/a/../b", NULL},
        {"/a/./b", NULL},
        {"/..", NULL},
        {"//a", NULL},
        {"/a//b", NULL},
        {"/%zz", NULL},
        {"/%4", NULL},
        {"/%ff", NULL},
        {"/a%0d%0ab", NULL},
        {"/%252e%252e", "/%2e%2e"},
        {"/...", "/..."},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct laz_arena *arena = laz_arena_new(1000);
        struct laz_view out;
        bool ok = laz_http_path_decode(laz_view_of(cases[i].path), arena, &out);

        if (ok != (cases[i].decoded != NULL) || (ok && !laz_view_equal_text(out, cases[i].decoded)))
            fail_msg("%s", cases[i].path);
        laz_arena_free(arena);
    }
}

static void queries_and_cookies_give_the_first_of_a_name(void **state)
{
    struct laz_arena *arena = laz_arena_new(10000);
    struct laz_view q = laz_view_of("after=a%2Bb+c&limit=10&limit=20&flag&bad=%zz&x==1"), v;

    assert_true(laz_http_query_find(q, "after", arena, &v));
    assert_true(laz_view_equal_text(v, "a+b c"));
    assert_true(laz_http_query_find(q, "limit", arena, &v));
    assert_true(laz_view_equal_text(v, "10"));
    assert_true(laz_http_query_find(q, "flag", arena, &v));
    assert_int_equal(v.len, 0);
    assert_true(laz_http_query_find(q, "x", arena, &v));
    assert_true(laz_view_equal_text(v, "=1"));
    assert_false(laz_http_query_find(q, "bad", arena, &v));
    assert_false(laz_http_query_find(q, "fla", arena, &v));
    assert_true(laz_http_cookie_find(laz_view_of("a=1; bc=2;c=3=4"), "bc", &v));
    assert_true(laz_view_equal_text(v, "2"));
    assert_true(laz_http_cookie_find(laz_view_of("a=1; bc=2;c=3=4"), "c", &v));
    assert_true(laz_view_equal_text(v, "3=4"));
    assert_false(laz_http_cookie_find(laz_view_of("ab=1; a"), "a", &v));
    laz_arena_free(arena);
}

static void a_token_is_found_unless_it_is_refused(void **state)
{
    static const struct {
        const char *value;
        bool has;
    } cases[] = {
        {"gzip", true},        {"br, GZIP", true},
        {"gzip;q=0", false},   {"gzip; q=0.0", false},
        {"gzip;q=0.01", true}, {"gzipped", false},
        {"", false},           {"identity;q=0, gzip", true},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(laz_http_has_token(laz_view_of(cases[i].value), "gzip"), cases[i].has);
}

static void nothing(struct laz_request *r, void *context)
{
}

static void routes_are_found_with_their_parameters(void **state)
{
    static const struct laz_route routes[] = {
        {LAZ_GET, "/api/v1/endpoints", 0, nothing},
        {LAZ_GET, "/api/v1/endpoints/{}", 0, nothing},
        {LAZ_POST, "/api/v1/quarantine/{}/{}/restore", 0, nothing},
        {LAZ_GET, "/{*}", 0, nothing},
    };
    static const struct {
        enum laz_http_method method;
        const char *path;
        enum laz_status status;
        int route;
        const char *parameter;
    } cases[] = {
        {LAZ_GET, "/api/v1/endpoints", LAZ_OK, 0, NULL},
        {LAZ_GET, "/api/v1/endpoints/7", LAZ_OK, 1, "7"},
        {LAZ_GET, "/api/v1/endpoints/", LAZ_OK, 3, "api/v1/endpoints/"},
        {LAZ_POST, "/api/v1/quarantine/a/b/restore", LAZ_OK, 2, "a"},
        {LAZ_POST, "/api/v1/quarantine/a/b/delete", LAZ_DENIED, 0, NULL},
        {LAZ_POST, "/api/v1/quarantine//b/restore", LAZ_DENIED, 0, NULL},
        {LAZ_GET, "/", LAZ_OK, 3, ""},
        {LAZ_GET, "/assets/a/b.js", LAZ_OK, 3, "assets/a/b.js"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct laz_route_match m;

        assert_int_equal(laz_route_find(routes, 4, cases[i].method, laz_view_of(cases[i].path), &m),
                         cases[i].status);
        if (cases[i].status != LAZ_OK)
            continue;
        assert_ptr_equal(m.route, &routes[cases[i].route]);
        if (cases[i].parameter != NULL)
            assert_true(laz_view_equal_text(m.parameters[0], cases[i].parameter));
    }
    {
        struct laz_route_match m;

        assert_int_equal(laz_route_find(routes, 3, LAZ_GET, laz_view_of("/other"), &m),
                         LAZ_NOT_FOUND);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_can_be_understood_in_two_ways_is_refused),
        cmocka_unit_test(each_limit_is_kept_to_the_byte),
        cmocka_unit_test(a_head_that_comes_byte_by_byte_is_whole_only_at_its_end),
        cmocka_unit_test(a_path_is_decoded_once_and_leads_nowhere_else),
        cmocka_unit_test(queries_and_cookies_give_the_first_of_a_name),
        cmocka_unit_test(a_token_is_found_unless_it_is_refused),
        cmocka_unit_test(routes_are_found_with_their_parameters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
