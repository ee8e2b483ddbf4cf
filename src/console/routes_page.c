#include <stdio.h>

#include "base/text.h"
#include "console/console.h"
#include "console/page.h"
#include "console/routes.h"
#include "sys/clock.h"

#define NONCE_BYTES  16
#define PLACEHOLDER  "__CSP_NONCE__"
#define INDEX_MAX    ((size_t)256 * 1024)
#define OPENAPI_PATH "/openapi.json"

static void serve_file(struct laz_request *request, const struct laz_page_file *file)
{
    struct laz_reply reply = {
        .status = 200,
        .content_type = file->content_type,
        .body = laz_page_content(file),
        .gzip = laz_page_gzip(file),
        .etag = file->etag,
        .cache_control = file->immutable ? "public, max-age=31536000, immutable" : "no-cache",
        .lives_for_ever = true,
    };

    laz_request_reply(request, &reply);
}

/* The page with its placeholders replaced by the word of this answer. */
static void put_index(struct laz_view html, const char *nonce, struct laz_buf *out)
{
    const struct laz_view placeholder = laz_view_of(PLACEHOLDER);

    while (html.len > 0) {
        size_t at = laz_view_find(html, placeholder);

        laz_ignore(laz_buf_add(out, laz_view_first(html, at)));
        if (at == html.len)
            return;
        laz_ignore(laz_buf_add_text(out, nonce)); /* a refusal is looked at by the caller */
        html = laz_view_from_offset(html, at + placeholder.len);
    }
}

static void serve_index(struct laz_request *request, const struct laz_page_file *index)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf html = {0};
    uint8_t random[NONCE_BYTES];
    char nonce[2 * NONCE_BYTES + 1], policy[512];
    struct laz_reply reply = {.status = 200, .content_type = index->content_type};

    laz_random_bytes(random, sizeof random);
    laz_hex_encode(laz_view_from(random, sizeof random), nonce);
    snprintf(
        policy, sizeof policy,
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-%s'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action "
        "'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types default",
        nonce);
    laz_buf_init(&html, INDEX_MAX);
    put_index(laz_page_content(index), nonce, &html);
    if (laz_buf_failed(&html) != LAZ_OK) {
        laz_request_reply_error(request, 500, "internal", NULL);
        return;
    }
    reply.body = laz_buf_view(&html);
    reply.content_security_policy = policy;
    laz_request_reply(request, &reply);
}

void laz_route_page(struct laz_request *request, void *context)
{
    struct laz_view path = laz_request_path(request);
    const struct laz_page_file *index = laz_page_find(laz_view_of("/index.html"));
    const struct laz_page_file *file = laz_page_find(path);

    if (file != NULL && file != index)
        serve_file(request, file);
    else if (index != NULL && (file == index || laz_page_is_route(path)))
        serve_index(request, index);
    else
        laz_request_reply_error(request, 404, "not_found", NULL);
}

void laz_route_openapi(struct laz_request *request, void *context)
{
    const struct laz_page_file *file = laz_page_find(laz_view_of(OPENAPI_PATH));

    if (file != NULL)
        serve_file(request, file);
    else
        laz_request_reply_error(request, 404, "not_found", NULL);
}

void laz_route_unknown_api(struct laz_request *request, void *context)
{
    laz_request_reply_error(request, 404, "not_found", NULL);
}
