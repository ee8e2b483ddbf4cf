/* http_request.h - the head of an HTTP/1.1 request, read strictly: what two parsers could
 * understand in two ways is refused. Pure: it reads bytes and keeps none. */
#ifndef LAZ_LINK_HTTP_REQUEST_H
#define LAZ_LINK_HTTP_REQUEST_H

#include "base/arena.h"
#include "link/server.h"

enum laz_http_verb { LAZ_VERB_GET, LAZ_VERB_HEAD, LAZ_VERB_POST, LAZ_VERB_OTHER };

struct laz_http_header {
    struct laz_view name, value; /* the value is trimmed */
};

struct laz_http_head {
    enum laz_http_verb verb;
    struct laz_view path, query; /* still percent-encoded; the query without its "?" */
    struct laz_http_header headers[LAZ_HTTP_HEADERS_MAX];
    unsigned header_count;
    uint64_t content_length; /* 0 when there is none */
    bool keep_alive, expects_continue;
};

#define LAZ_HTTP_MORE (-1) /* the head is not whole yet */

/* 0: the head is whole, *out points into bytes, *head_len bytes of them are the head.
 * LAZ_HTTP_MORE: come again with more. Else the HTTP status to refuse it with; then the connection
 * must close. */
int laz_http_head_parse(struct laz_view bytes, struct laz_http_head *out, size_t *head_len);

/* The first header of that name, in any case. */
bool laz_http_header_find(const struct laz_http_head *head, const char *name, struct laz_view *out);
/* True when the comma-separated value holds the token (any case), not with q=0. */
bool laz_http_has_token(struct laz_view value, const char *token);

/* Percent-decoded into the arena. False when it is malformed, or has an encoded slash, a control
 * byte, invalid UTF-8, or an empty, "." or ".." segment (a final empty one may be). */
bool laz_http_path_decode(struct laz_view path, struct laz_arena *arena, struct laz_view *out);
/* The decoded value of the query's first parameter of that name; false when there is none or it is
 * malformed. */
bool laz_http_query_find(struct laz_view query, const char *name, struct laz_arena *arena,
                         struct laz_view *out);
/* The value of a cookie in the Cookie header's value. */
bool laz_http_cookie_find(struct laz_view cookies, const char *name, struct laz_view *out);

#endif
