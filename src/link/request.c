#include "link/server_priv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define REQUEST_MEMORY ((size_t)128 * 1024) /* head, path, query, extra headers */

struct laz_request *laz_request_new(struct laz_connection *c, struct laz_view head_bytes)
{
    struct laz_request *r = calloc(1, sizeof *r);
    size_t head_len;

    if (r == NULL)
        return NULL;
    r->connection = c;
    r->arena = laz_arena_new(REQUEST_MEMORY);
    r->head_bytes = r->arena == NULL ? NULL : laz_arena_copy(r->arena, head_bytes);
    if (r->head_bytes == NULL) {
        laz_request_free(r);
        return NULL;
    }
    /* Parsed once more, so that its views point into memory of our own. */
    LAZ_ASSERT(laz_http_head_parse(laz_view_from(r->head_bytes, head_bytes.len), &r->head,
                                   &head_len) == 0);
    return r;
}

void laz_request_free(struct laz_request *r)
{
    if (r == NULL)
        return;
    if (r->attached_drop != NULL)
        r->attached_drop(r->attached);
    free((void *)(uintptr_t)r->body.data);
    laz_arena_free(r->arena);
    free(r);
}

enum laz_http_method laz_request_method(const struct laz_request *r)
{
    return r->method;
}

struct laz_view laz_request_path(const struct laz_request *r)
{
    return r->path;
}

struct laz_view laz_request_parameter(const struct laz_request *r, unsigned i)
{
    LAZ_ASSERT(i < r->match.parameter_count);
    return r->match.parameters[i];
}

bool laz_request_query(const struct laz_request *r, const char *name, struct laz_view *out)
{
    return laz_http_query_find(r->head.query, name, r->arena, out);
}

bool laz_request_header(const struct laz_request *r, const char *name, struct laz_view *out)
{
    return laz_http_header_find(&r->head, name, out);
}

bool laz_request_cookie(const struct laz_request *r, const char *name, struct laz_view *out)
{
    struct laz_view cookies;

    return laz_http_header_find(&r->head, "Cookie", &cookies) &&
           laz_http_cookie_find(cookies, name, out);
}

struct laz_view laz_request_body(const struct laz_request *r)
{
    return r->body;
}

const char *laz_request_peer(const struct laz_request *r)
{
    return r->connection->peer;
}

const char *laz_request_peer_uri(const struct laz_request *r)
{
    return r->connection->peer_uri;
}

const char *laz_request_peer_fingerprint(const struct laz_request *r)
{
    return r->connection->peer_fingerprint;
}

void laz_request_on_close(struct laz_request *r, void (*fn)(void *context), void *context)
{
    r->on_close = fn;
    r->on_close_context = context;
}

void laz_request_attach(struct laz_request *r, void *data, void (*drop)(void *data))
{
    r->attached = data;
    r->attached_drop = drop;
}

void *laz_request_attached(const struct laz_request *r)
{
    return r->attached;
}

static bool is_printable(const char *text)
{
    for (; *text != '\0'; text++)
        if ((uint8_t)*text < ' ' || *text == 0x7f)
            return false;
    return true;
}

void laz_request_add_header(struct laz_request *r, const char *name, const char *value)
{
    struct laz_http_header *h = &r->extra[r->extra_count];

    LAZ_ASSERT(r->extra_count < LAZ_REPLY_HEADERS_MAX);
    LAZ_ASSERT(is_printable(name) && is_printable(value));
    h->name = laz_view_of(laz_arena_copy(r->arena, laz_view_of(name)));
    h->value = laz_view_of(laz_arena_copy(r->arena, laz_view_of(value)));
    r->extra_count++;
}
