#include "link/http_request.h"

#include <string.h>
#include <strings.h>

#include "base/number.h"
#include "base/text.h"

#define BAD_REQUEST       400
#define URI_TOO_LONG      414
#define EXPECTATION       417
#define HEADERS_TOO_LARGE 431
#define NOT_IMPLEMENTED   501
#define VERSION_UNKNOWN   505

static bool is_token_byte(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL); /* RFC 9110 5.6.2 */
}

static bool is_token(struct laz_view v)
{
    for (size_t i = 0; i < v.len; i++)
        if (!is_token_byte(v.data[i]))
            return false;
    return v.len > 0;
}

static bool equal_any_case(struct laz_view v, const char *text)
{
    return v.len == strlen(text) && strncasecmp((const char *)v.data, text, v.len) == 0;
}

/* A line without its CR LF. Nothing but that ends a line, and neither byte stands inside one. */
static bool take_line(struct laz_view *v, struct laz_view *out)
{
    struct laz_view rest = *v, line;

    if (laz_view_find_byte(rest, '\n') == rest.len || !laz_take_until(&rest, '\n', &line) ||
        line.len == 0 || line.data[line.len - 1] != '\r')
        return false;
    line.len--;
    if (laz_view_find_byte(line, '\r') != line.len)
        return false;
    *v = rest;
    *out = line;
    return true;
}

static enum laz_http_verb verb_of(struct laz_view method)
{
    if (laz_view_equal_text(method, "GET"))
        return LAZ_VERB_GET;
    if (laz_view_equal_text(method, "HEAD"))
        return LAZ_VERB_HEAD;
    if (laz_view_equal_text(method, "POST"))
        return LAZ_VERB_POST;
    return LAZ_VERB_OTHER;
}

static bool is_target(struct laz_view v)
{
    if (v.len == 0 || v.data[0] != '/')
        return false;
    for (size_t i = 0; i < v.len; i++)
        if (v.data[i] <= ' ' || v.data[i] >= 0x7f || v.data[i] == '#')
            return false;
    return true;
}

static int parse_request_line(struct laz_view line, struct laz_http_head *out)
{
    struct laz_view method, target, rest = line;

    if (laz_view_find_byte(rest, ' ') == rest.len || !laz_take_until(&rest, ' ', &method) ||
        !is_token(method))
        return BAD_REQUEST;
    if (laz_view_find_byte(rest, ' ') == rest.len || !laz_take_until(&rest, ' ', &target) ||
        !is_target(target))
        return BAD_REQUEST;
    if (laz_view_equal_text(rest, "HTTP/1.1"))
        out->keep_alive = true;
    else if (!laz_view_equal_text(rest, "HTTP/1.0"))
        return laz_view_starts(rest, laz_view_of("HTTP/")) ? VERSION_UNKNOWN : BAD_REQUEST;
    out->verb = verb_of(method);
    out->path = laz_view_first(target, laz_view_find_byte(target, '?'));
    out->query = laz_view_from_offset(target, out->path.len + 1);
    return 0;
}

static bool is_value(struct laz_view v)
{
    for (size_t i = 0; i < v.len; i++)
        if ((v.data[i] < ' ' && v.data[i] != '\t') || v.data[i] == 0x7f)
            return false;
    return true;
}

static int parse_header(struct laz_view line, struct laz_http_head *out)
{
    struct laz_http_header *h = &out->headers[out->header_count];
    struct laz_view rest = line;

    if (out->header_count == LAZ_HTTP_HEADERS_MAX)
        return HEADERS_TOO_LARGE;
    if (laz_view_find_byte(rest, ':') == rest.len || !laz_take_until(&rest, ':', &h->name) ||
        !is_token(h->name) || !is_value(rest))
        return BAD_REQUEST;
    h->value = laz_view_trim(rest);
    out->header_count++;
    return 0;
}

static unsigned count_of(const struct laz_http_head *head, const char *name)
{
    unsigned count = 0;

    for (unsigned i = 0; i < head->header_count; i++)
        count += equal_any_case(head->headers[i].name, name);
    return count;
}

/* Where the body ends must be beyond doubt: only Content-Length, once, in digits. */
static int find_body_length(struct laz_http_head *head)
{
    struct laz_view value;

    if (count_of(head, "Transfer-Encoding") > 0)
        return count_of(head, "Content-Length") > 0 ? BAD_REQUEST : NOT_IMPLEMENTED;
    if (count_of(head, "Content-Length") > 1)
        return BAD_REQUEST;
    if (!laz_http_header_find(head, "Content-Length", &value))
        return 0;
    return laz_parse_u64(value, INT64_MAX, &head->content_length) ? 0 : BAD_REQUEST;
}

static int check_headers(struct laz_http_head *head)
{
    struct laz_view value;
    int status = find_body_length(head);

    if (status != 0)
        return status;
    if (count_of(head, "Host") > 1 || count_of(head, "Cookie") > 1 ||
        (head->keep_alive && count_of(head, "Host") == 0))
        return BAD_REQUEST;
    if (laz_http_header_find(head, "Connection", &value) && laz_http_has_token(value, "close"))
        head->keep_alive = false;
    if (laz_http_header_find(head, "Expect", &value)) {
        if (!equal_any_case(value, "100-continue"))
            return EXPECTATION;
        head->expects_continue = true;
    }
    return 0;
}

/* The head's end, an empty line, is looked for before anything is parsed. */
static int find_end(struct laz_view bytes, size_t *head_len)
{
    struct laz_view window = laz_view_first(bytes, LAZ_HTTP_LINE_MAX + LAZ_HTTP_HEAD_MAX);
    size_t line = laz_view_find_byte(window, '\n');
    size_t end = laz_view_find(window, laz_view_of("\r\n\r\n"));

    if (line >= LAZ_HTTP_LINE_MAX)
        return URI_TOO_LONG;
    if (line == window.len)
        return LAZ_HTTP_MORE;
    if (end > line && end - line > LAZ_HTTP_HEAD_MAX)
        return HEADERS_TOO_LARGE;
    if (end == window.len)
        return window.len < LAZ_HTTP_LINE_MAX + LAZ_HTTP_HEAD_MAX ? LAZ_HTTP_MORE
                                                                  : HEADERS_TOO_LARGE;
    *head_len = end + 4;
    return 0;
}

int laz_http_head_parse(struct laz_view bytes, struct laz_http_head *out, size_t *head_len)
{
    struct laz_view rest, line;
    int status = find_end(bytes, head_len);

    if (status != 0)
        return status;
    *out = (struct laz_http_head){.verb = LAZ_VERB_OTHER};
    rest = laz_view_first(bytes, *head_len);
    if (!take_line(&rest, &line))
        return BAD_REQUEST;
    status = parse_request_line(line, out);
    while (status == 0) {
        if (!take_line(&rest, &line))
            return BAD_REQUEST;
        if (line.len == 0)
            return rest.len == 0 ? check_headers(out) : BAD_REQUEST;
        status = parse_header(line, out);
    }
    return status;
}

bool laz_http_header_find(const struct laz_http_head *head, const char *name, struct laz_view *out)
{
    for (unsigned i = 0; i < head->header_count; i++) {
        if (!equal_any_case(head->headers[i].name, name))
            continue;
        *out = head->headers[i].value;
        return true;
    }
    return false;
}

/* "q=0", "q=0.0" and so on say: not this one. */
static bool is_refused(struct laz_view parameters)
{
    size_t at = laz_view_find(parameters, laz_view_of("q=0"));
    struct laz_view rest = laz_view_from_offset(parameters, at + 3);

    if (at == parameters.len)
        return false;
    for (size_t i = 0; i < rest.len; i++)
        if (rest.data[i] >= '1' && rest.data[i] <= '9')
            return false;
    return true;
}

bool laz_http_has_token(struct laz_view value, const char *token)
{
    struct laz_view item;

    while (laz_take_until(&value, ',', &item)) {
        size_t semicolon = laz_view_find_byte(item, ';');

        if (equal_any_case(laz_view_trim(laz_view_first(item, semicolon)), token))
            return !is_refused(laz_view_from_offset(item, semicolon));
    }
    return false;
}

/* The byte at the front of v, which may be an escape. False when that is malformed. */
static bool take_decoded(struct laz_view *v, uint8_t *out, bool *escaped)
{
    struct laz_view digits;

    if (!laz_take_u8(v, out))
        return false;
    *escaped = *out == '%';
    return !*escaped || (laz_take(v, 2, &digits) && laz_hex_decode(digits, out, 1));
}

static bool has_bad_segment(struct laz_view path)
{
    struct laz_view rest = laz_view_from_offset(path, 1), segment;

    while (laz_take_until(&rest, '/', &segment))
        if (segment.len == 0 || laz_view_equal_text(segment, ".") ||
            laz_view_equal_text(segment, ".."))
            return true;
    return false;
}

bool laz_http_path_decode(struct laz_view path, struct laz_arena *arena, struct laz_view *out)
{
    uint8_t *decoded = laz_arena_get(arena, path.len + 1);
    size_t len = 0;
    bool escaped;

    if (decoded == NULL)
        return false;
    while (path.len > 0) {
        uint8_t c;

        if (!take_decoded(&path, &c, &escaped) || c < ' ' || c == 0x7f || (c == '/' && escaped))
            return false;
        decoded[len++] = c;
    }
    *out = laz_view_from(decoded, len);
    return laz_utf8_is_valid(*out) && !has_bad_segment(*out);
}

static bool decode_form(struct laz_view v, struct laz_arena *arena, struct laz_view *out)
{
    uint8_t *decoded = laz_arena_get(arena, v.len + 1);
    size_t len = 0;
    bool escaped;

    if (decoded == NULL)
        return false;
    while (v.len > 0) {
        uint8_t c;

        if (!take_decoded(&v, &c, &escaped) || c == 0)
            return false;
        decoded[len++] = c == '+' && !escaped ? ' ' : c;
    }
    *out = laz_view_from(decoded, len);
    return laz_utf8_is_valid(*out);
}

bool laz_http_query_find(struct laz_view query, const char *name, struct laz_arena *arena,
                         struct laz_view *out)
{
    struct laz_view pair;

    while (laz_take_until(&query, '&', &pair)) {
        size_t equals = laz_view_find_byte(pair, '=');

        if (laz_view_equal_text(laz_view_first(pair, equals), name))
            return decode_form(laz_view_from_offset(pair, equals + 1), arena, out);
    }
    return false;
}

bool laz_http_cookie_find(struct laz_view cookies, const char *name, struct laz_view *out)
{
    struct laz_view pair;

    while (laz_take_until(&cookies, ';', &pair)) {
        size_t equals;

        pair = laz_view_trim(pair);
        equals = laz_view_find_byte(pair, '=');
        if (equals == pair.len || !laz_view_equal_text(laz_view_first(pair, equals), name))
            continue;
        *out = laz_view_from_offset(pair, equals + 1);
        return true;
    }
    return false;
}
