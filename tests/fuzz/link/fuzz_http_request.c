/* Any bytes as the head of a request. A head that is accepted is accepted again when it stands
 * alone, and no shorter piece of it is taken for a whole one. */
#include "link/http_request.h"
#include "link/route.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void nothing(struct laz_request *r, void *context)
{
}

static const struct laz_route routes[] = {
    {LAZ_GET, "/", 0, nothing},
    {LAZ_GET, "/api/v1/endpoints/{}", 0, nothing},
    {LAZ_POST, "/api/v1/quarantine/{}/{}/restore", 0, nothing},
    {LAZ_GET, "/{*}", 0, nothing},
};

static void look_at_head(const struct laz_http_head *head)
{
    struct laz_arena *arena = laz_arena_new(128 * 1024);
    struct laz_view value;
    struct laz_route_match match;

    LAZ_ASSERT(head->header_count <= LAZ_HTTP_HEADERS_MAX);
    for (unsigned i = 0; i < head->header_count; i++)
        laz_ignore(laz_http_has_token(head->headers[i].value, "gzip"));
    if (laz_http_header_find(head, "Cookie", &value))
        laz_ignore(laz_http_cookie_find(value, "__Host-lazaret", &value));
    laz_ignore(laz_http_query_find(head->query, "after", arena, &value));
    if (laz_http_path_decode(head->path, arena, &value)) {
        LAZ_ASSERT(value.len > 0 && value.data[0] == '/' &&
                   laz_view_find_byte(value, 0) == value.len);
        LAZ_ASSERT(laz_view_find(value, laz_view_of("/../")) == value.len);
        LAZ_ASSERT(laz_view_find(value, laz_view_of("//")) == value.len);
        laz_ignore(laz_route_find(routes, 4, LAZ_GET, value, &match) == LAZ_OK);
        laz_ignore(laz_route_find(routes, 4, LAZ_POST, value, &match) == LAZ_OK);
    }
    laz_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct laz_view v = laz_view_from(data, size);
    struct laz_http_head head, again;
    size_t head_len = 0, again_len = 0;
    int status = laz_http_head_parse(v, &head, &head_len);

    if (status != 0)
        return 0;
    LAZ_ASSERT(head_len <= size);
    look_at_head(&head);
    LAZ_ASSERT(laz_http_head_parse(laz_view_first(v, head_len), &again, &again_len) == 0);
    LAZ_ASSERT(again_len == head_len && again.content_length == head.content_length);
    LAZ_ASSERT(laz_http_head_parse(laz_view_first(v, head_len - 1), &again, &again_len) != 0);
    return 0;
}
