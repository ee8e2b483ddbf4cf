#include "feed/message.h"

#include <string.h>

#include "base/text.h"

#define TEXTS_OF_REQUEST 12

static void add_text(struct laz_buf *out, struct laz_view v)
{
    LAZ_ASSERT(v.len <= UINT32_MAX);
    laz_ignore(laz_buf_add_u32le(out, (uint32_t)v.len)); /* the buffer remembers a refusal */
    laz_ignore(laz_buf_add(out, v));
}

static bool take_text(struct laz_view *v, struct laz_view *out)
{
    uint32_t len;

    return laz_take_u32le(v, &len) && laz_take(v, len, out);
}

static void texts_of(const struct laz_feed_request *r, struct laz_view texts[TEXTS_OF_REQUEST])
{
    const struct laz_view all[TEXTS_OF_REQUEST] = {
        r->url,           r->header, r->post,       r->etag,        r->modified,  r->part_etag,
        r->part_modified, r->ca_pem, r->http_proxy, r->https_proxy, r->all_proxy, r->no_proxy};

    memcpy(texts, all, sizeof all);
}

enum laz_status laz_feed_request_write(const struct laz_feed_request *r, struct laz_buf *out)
{
    struct laz_view texts[TEXTS_OF_REQUEST];

    laz_ignore(laz_buf_add_u8(out, r->kind)); /* the buffer remembers a refusal */
    laz_ignore(laz_buf_add_u8(out, (uint8_t)(r->plain_http | r->whole << 1)));
    laz_ignore(laz_buf_add_u64le(out, r->size_max));
    laz_ignore(laz_buf_add_u32le(out, r->connect_ms));
    laz_ignore(laz_buf_add_u32le(out, r->slow_s));
    laz_ignore(laz_buf_add_u32le(out, r->total_s));
    texts_of(r, texts);
    for (size_t i = 0; i < TEXTS_OF_REQUEST; i++)
        add_text(out, texts[i]);
    return laz_buf_failed(out);
}

bool laz_feed_request_read(struct laz_view v, struct laz_feed_request *out)
{
    struct laz_feed_request r = {0};
    struct laz_view *texts[TEXTS_OF_REQUEST] = {
        &r.url,           &r.header, &r.post,       &r.etag,        &r.modified,  &r.part_etag,
        &r.part_modified, &r.ca_pem, &r.http_proxy, &r.https_proxy, &r.all_proxy, &r.no_proxy};
    uint8_t flags;

    if (!laz_take_u8(&v, &r.kind) || r.kind >= LAZ_FEED_KINDS || !laz_take_u8(&v, &flags) ||
        flags > 3 || !laz_take_u64le(&v, &r.size_max) || !laz_take_u32le(&v, &r.connect_ms) ||
        !laz_take_u32le(&v, &r.slow_s) || !laz_take_u32le(&v, &r.total_s))
        return false;
    r.plain_http = (flags & 1) != 0;
    r.whole = (flags & 2) != 0;
    for (size_t i = 0; i < TEXTS_OF_REQUEST; i++)
        if (!take_text(&v, texts[i]))
            return false;
    if (v.len > 0)
        return false;
    *out = r;
    return true;
}

enum laz_status laz_feed_report_write(const struct laz_feed_report *r, struct laz_buf *out)
{
    laz_ignore(laz_buf_add_u8(out, (uint8_t)r->outcome)); /* the buffer remembers a refusal */
    laz_ignore(laz_buf_add_u16le(out, r->http));
    laz_ignore(laz_buf_add_u64le(out, (uint64_t)r->retry_after_ms));
    laz_ignore(laz_buf_add_u64le(out, r->size));
    add_text(out, laz_view_of(r->etag));
    add_text(out, laz_view_of(r->modified));
    add_text(out, laz_view_of(r->problem));
    return laz_buf_failed(out);
}

static bool take_plain(struct laz_view *v, char out[LAZ_FEED_TEXT_SIZE])
{
    struct laz_view text;

    if (!take_text(v, &text) || text.len >= LAZ_FEED_TEXT_SIZE || !laz_utf8_is_valid(text))
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < ' ' || text.data[i] == 0x7F)
            return false;
    if (text.len > 0)
        memcpy(out, text.data, text.len);
    out[text.len] = '\0';
    return true;
}

bool laz_feed_report_read(struct laz_view v, struct laz_feed_report *out)
{
    struct laz_feed_report r = {0};
    uint64_t retry;
    uint8_t outcome;

    if (!laz_take_u8(&v, &outcome) || outcome == LAZ_FEED_NEVER || outcome >= LAZ_FEED_OUTCOMES ||
        !laz_take_u16le(&v, &r.http) || !laz_take_u64le(&v, &retry) || retry > INT64_MAX ||
        !laz_take_u64le(&v, &r.size) || !take_plain(&v, r.etag) || !take_plain(&v, r.modified) ||
        !take_plain(&v, r.problem) || v.len > 0)
        return false;
    r.outcome = (enum laz_feed_outcome)outcome;
    r.retry_after_ms = (int64_t)retry;
    *out = r;
    return true;
}
