#include <string.h>

#include "base/number.h"
#include "feed/http_priv.h"

#define HEAD_MAX ((size_t)64 * 1024)

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool equal_nocase(struct laz_view v, const char *text)
{
    if (v.len != strlen(text))
        return false;
    for (size_t i = 0; i < v.len; i++)
        if (lower(v.data[i]) != lower((uint8_t)text[i]))
            return false;
    return true;
}

/* What does not fit or has odd bytes is as if it were not there: it would only be sent back. */
static void copy_plain(struct laz_view v, char *out, size_t size)
{
    out[0] = '\0';
    if (v.len == 0 || v.len >= size)
        return;
    for (size_t i = 0; i < v.len; i++)
        if (v.data[i] < ' ' || v.data[i] > '~')
            return;
    memcpy(out, v.data, v.len);
    out[v.len] = '\0';
}

static int base64_value(uint8_t c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c == 0 ? NULL : strchr(digits, c);

    return at == NULL ? -1 : (int)(at - digits);
}

/* Exactly len bytes, padded. */
static bool decode_base64(struct laz_view v, uint8_t *out, size_t len)
{
    uint32_t bits = 0, held = 0;
    size_t n = 0;

    if (v.len != (len + 2) / 3 * 4)
        return false;
    for (size_t i = 0; i < v.len && n < len; i++) {
        int value = base64_value(v.data[i]);

        if (value < 0)
            return false;
        bits = (bits << 6 | (uint32_t)value) & 0xFFFFFF;
        held += 6;
        if (held < 8)
            continue;
        held -= 8;
        out[n++] = (uint8_t)(bits >> held);
    }
    return n == len;
}

/* "sha-256=:BASE64:" (RFC 9530) or "SHA-256=BASE64" (RFC 3230), among others. */
static void read_digest(struct laz_http_head *h, struct laz_view list)
{
    struct laz_view item, name;

    while (laz_take_until(&list, ',', &item)) {
        item = laz_view_trim(item);
        if (!laz_take_until(&item, '=', &name) || !equal_nocase(name, "sha-256"))
            continue;
        if (item.len >= 2 && item.data[0] == ':' && item.data[item.len - 1] == ':')
            item = laz_view_from(item.data + 1, item.len - 2);
        h->has_sha256 = decode_base64(item, h->sha256, sizeof h->sha256);
    }
}

/* "bytes FIRST-LAST/TOTAL" (RFC 9110, 14.4). */
static void read_range(struct laz_http_head *h, struct laz_view v)
{
    struct laz_view unit, first, last;
    uint64_t last_byte;

    h->has_range = laz_take_until(&v, ' ', &unit) && equal_nocase(unit, "bytes") &&
                   laz_take_until(&v, '-', &first) && laz_take_until(&v, '/', &last) &&
                   laz_parse_u64(first, INT64_MAX, &h->range_first) &&
                   laz_parse_u64(last, INT64_MAX, &last_byte) && last_byte >= h->range_first;
    if (h->has_range && !laz_parse_u64(v, INT64_MAX, &h->range_total))
        h->range_total = 0;
}

static bool start(struct laz_http_head *h, struct laz_view line)
{
    struct laz_view version, status;
    uint64_t n;

    memset(h, 0, sizeof *h);
    if (!laz_take_until(&line, ' ', &version) || !laz_take_until(&line, ' ', &status) ||
        !laz_parse_u64(laz_view_trim(status), 999, &n)) {
        h->broken = true;
        return false;
    }
    h->status = (unsigned)n;
    return true;
}

bool laz_http_head_add(struct laz_http_head *h, struct laz_view line)
{
    struct laz_view name;
    size_t bytes = h->bytes;

    if (laz_view_starts(line, laz_view_of("HTTP/")) && !start(h, line))
        return false;
    h->bytes = bytes + line.len; /* all heads together: an endless row of them is no answer */
    if (h->bytes > HEAD_MAX) {
        h->broken = true;
        return false;
    }
    if (laz_view_find_byte(line, ':') == line.len || !laz_take_until(&line, ':', &name))
        return true;
    line = laz_view_trim(line);
    if (equal_nocase(name, "ETag"))
        copy_plain(line, h->etag, sizeof h->etag);
    else if (equal_nocase(name, "Last-Modified"))
        copy_plain(line, h->modified, sizeof h->modified);
    else if (equal_nocase(name, "Retry-After"))
        copy_plain(line, h->retry_after, sizeof h->retry_after);
    else if (equal_nocase(name, "X-TAXII-Date-Added-Last"))
        copy_plain(line, h->added_last, sizeof h->added_last);
    else if (equal_nocase(name, "Content-Encoding"))
        h->encoded = !equal_nocase(line, "identity");
    else if (equal_nocase(name, "Accept-Ranges"))
        h->takes_ranges = equal_nocase(line, "bytes");
    else if (equal_nocase(name, "Content-Range"))
        read_range(h, line);
    else if (equal_nocase(name, "Repr-Digest") || equal_nocase(name, "Digest"))
        read_digest(h, line);
    else if (equal_nocase(name, "Content-MD5"))
        h->has_md5 = decode_base64(line, h->md5, sizeof h->md5);
    return true;
}

void laz_http_head_copy(const struct laz_http_head *h, struct laz_http_answer *out)
{
    bool strong = h->etag[0] == '"';

    memcpy(out->etag, h->etag, sizeof out->etag);
    memcpy(out->modified, h->modified, sizeof out->modified);
    memcpy(out->added_last, h->added_last, sizeof out->added_last);
    out->can_go_on = h->status == 206 || (h->takes_ranges && (strong || h->modified[0] != '\0'));
    out->has_sha256 = h->has_sha256;
    memcpy(out->sha256, h->sha256, sizeof out->sha256);
    out->has_md5 = h->has_md5 && h->status == 200; /* of a part it says nothing of the whole */
    memcpy(out->md5, h->md5, sizeof out->md5);
}
