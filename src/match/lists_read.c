/* Hosts, addresses and URLs into the form in which they are listed. */
#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "match/lists.h"

#define LABEL_MAX 63

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(uint8_t c)
{
    return lower(c) >= 'a' && lower(c) <= 'z';
}

/* "[.]", "(.)", "[:]" are the byte in the middle. False when there is no room. */
static bool refang(struct laz_view v, char *out, size_t size, size_t *len)
{
    size_t n = 0;

    for (size_t i = 0; i < v.len; i++) {
        const uint8_t *p = v.data + i;
        bool hidden = v.len - i >= 3 &&
                      ((p[0] == '[' && p[2] == ']') || (p[0] == '(' && p[2] == ')')) &&
                      (p[1] == '.' || p[1] == ':');

        if (n == size)
            return false;
        out[n++] = (char)(hidden ? p[1] : p[0]);
        i += hidden ? 2 : 0;
    }
    *len = n;
    return true;
}

/* Of what is refanged already. */
static bool read_host(struct laz_view v, char out[LAZ_HOST_SIZE])
{
    size_t label = 0, dots = 0;
    bool has_letter = false;

    if (v.len > 0 && v.data[v.len - 1] == '.')
        v.len--;
    if (v.len == 0 || v.len >= LAZ_HOST_SIZE)
        return false;
    for (size_t i = 0; i < v.len; i++) {
        uint8_t c = lower(v.data[i]);

        if (c == '.') {
            if (label == 0)
                return false;
            label = 0;
            dots++;
            has_letter = false;
        } else if (++label > LABEL_MAX || (!is_letter(c) && !is_digit(c) && c != '-' && c != '_')) {
            return false;
        }
        has_letter = has_letter || is_letter(c);
        out[i] = (char)c;
    }
    out[v.len] = '\0';
    return label > 0 && dots > 0 && has_letter; /* the last label of a name is no number */
}

bool laz_host_read(struct laz_view v, char out[LAZ_HOST_SIZE])
{
    char plain[LAZ_HOST_SIZE * 3];
    char host[LAZ_HOST_SIZE];
    size_t len;

    if (!refang(v, plain, sizeof plain, &len) || !read_host(laz_view_from(plain, len), host))
        return false;
    memcpy(out, host, sizeof host);
    return true;
}

static bool read_four(struct laz_view v, uint8_t out[4])
{
    struct laz_view part;

    for (unsigned i = 0; i < 4; i++) {
        uint64_t n;

        if (i < 3 && laz_view_find_byte(v, '.') == v.len)
            return false;
        part = i < 3 ? laz_view_first(v, laz_view_find_byte(v, '.')) : v;
        if (part.len == 0 || part.len > 3 || (part.len > 1 && part.data[0] == '0') ||
            !laz_parse_u64(part, 255, &n))
            return false;
        out[i] = (uint8_t)n;
        v = laz_view_from_offset(v, part.len + 1);
    }
    return true;
}

/* Groups of 16 bits, with the two colons at gap once. */
struct groups {
    uint8_t bytes[16];
    size_t len, gap; /* gap: where zeros belong; SIZE_MAX: nowhere */
};

static bool take_group(struct laz_view *v, struct groups *g)
{
    struct laz_view part = laz_view_first(*v, laz_view_find_byte(*v, ':'));
    uint64_t n;

    if (part.len == v->len && laz_view_find_byte(part, '.') < part.len) {
        if (g->len > 12 || !read_four(part, g->bytes + g->len))
            return false;
        g->len += 4;
    } else {
        if (g->len > 14 || part.len == 0 || part.len > 4 || !laz_parse_hex_u64(part, 0xffff, &n))
            return false;
        g->bytes[g->len++] = (uint8_t)(n >> 8);
        g->bytes[g->len++] = (uint8_t)n;
    }
    return laz_skip(v, part.len);
}

static bool read_six(struct laz_view v, uint8_t out[16])
{
    struct groups g = {.gap = SIZE_MAX};

    if (laz_view_starts(v, laz_view_of("::"))) {
        g.gap = 0;
        v = laz_view_from_offset(v, 2);
    }
    while (v.len > 0) {
        if (!take_group(&v, &g))
            return false;
        if (v.len == 0)
            break;
        if (laz_view_starts(v, laz_view_of("::"))) {
            if (g.gap != SIZE_MAX)
                return false;
            g.gap = g.len;
            v = laz_view_from_offset(v, 2);
        } else if (!laz_skip(&v, 1) || v.len == 0) {
            return false;
        }
    }
    if (g.gap == SIZE_MAX ? g.len != 16 : g.len > 14)
        return false;
    memset(out, 0, 16);
    if (g.gap == SIZE_MAX)
        g.gap = g.len;
    memcpy(out, g.bytes, g.gap);
    memcpy(out + 16 - (g.len - g.gap), g.bytes + g.gap, g.len - g.gap);
    return true;
}

static void clear_behind(struct laz_address *a)
{
    for (unsigned i = 0; i < sizeof a->bytes; i++)
        if (i * 8 >= a->prefix_bits)
            a->bytes[i] = 0;
        else if (a->prefix_bits - i * 8u < 8)
            a->bytes[i] &= (uint8_t)(0xff00u >> (a->prefix_bits - i * 8u));
}

/* Of what is refanged already. */
static bool read_address(struct laz_view v, struct laz_address *out)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    struct laz_view plain = laz_view_first(v, laz_view_find_byte(v, '/'));
    struct laz_address a = {.prefix_bits = 128};
    bool four = read_four(plain, a.bytes + 12);
    uint64_t bits = four ? 32 : 128;

    if (!four && !read_six(plain, a.bytes))
        return false;
    if (plain.len < v.len && !laz_parse_u64(laz_view_from_offset(v, plain.len + 1), bits, &bits))
        return false;
    if (four)
        memcpy(a.bytes, mapped, sizeof mapped);
    a.prefix_bits = (uint8_t)(four ? 96 + bits : bits);
    clear_behind(&a);
    *out = a;
    return true;
}

bool laz_address_read(struct laz_view v, struct laz_address *out)
{
    char plain[192];
    size_t len;

    return refang(v, plain, sizeof plain, &len) && read_address(laz_view_from(plain, len), out);
}

enum scheme { SCHEME_NONE, SCHEME_HTTP, SCHEME_HTTPS, SCHEME_FTP };

static bool starts_word(struct laz_view v, const char *word)
{
    size_t len = strlen(word);

    if (v.len < len)
        return false;
    for (size_t i = 0; i < len; i++)
        if (lower(v.data[i]) != (uint8_t)word[i])
            return false;
    return true;
}

/* False for a scheme that is not ours. */
static bool take_scheme(struct laz_view *v, enum scheme *out)
{
    static const struct {
        const char *word;
        enum scheme scheme;
    } words[] = {
        {"http://", SCHEME_HTTP}, {"https://", SCHEME_HTTPS}, {"ftp://", SCHEME_FTP},
        {"hxxp://", SCHEME_HTTP}, {"hxxps://", SCHEME_HTTPS}, {"fxp://", SCHEME_FTP},
    };
    size_t colon = laz_view_find(*v, laz_view_of("://"));
    size_t path = laz_view_find_byte(*v, '/');

    *out = SCHEME_NONE;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (starts_word(*v, words[i].word)) {
            *out = words[i].scheme;
            return laz_skip(v, strlen(words[i].word));
        }
    return colon == v->len || path < colon;
}

static bool is_default(uint64_t port, enum scheme scheme)
{
    switch (scheme) {
    case SCHEME_NONE:
        return port == 80 || port == 443;
    case SCHEME_HTTP:
        return port == 80;
    case SCHEME_HTTPS:
        return port == 443;
    case SCHEME_FTP:
        return port == 21;
    }
    return false;
}

static bool put(struct laz_url *url, uint8_t c)
{
    if (url->len + 1 >= LAZ_URL_SIZE)
        return false;
    url->text[url->len++] = (char)c;
    return true;
}

static bool put_view(struct laz_url *url, struct laz_view v)
{
    for (size_t i = 0; i < v.len; i++)
        if (!put(url, v.data[i]))
            return false;
    return true;
}

static bool put_port(struct laz_url *url, uint64_t port)
{
    char text[8];
    int len = snprintf(text, sizeof text, ":%u", (unsigned)port);

    return put_view(url, laz_view_from(text, (size_t)len));
}

/* "[::1]" without its brackets in *host; *rest begins behind it. */
static bool split_authority(struct laz_view authority, struct laz_view *host, struct laz_view *rest)
{
    size_t end;

    if (authority.len == 0 || authority.data[0] != '[') {
        *host = laz_view_first(authority, laz_view_find_byte(authority, ':'));
        *rest = laz_view_from_offset(authority, host->len);
        return true;
    }
    end = laz_view_find_byte(authority, ']');
    if (end == authority.len)
        return false;
    *host = laz_view_first(laz_view_from_offset(authority, 1), end - 1);
    *rest = laz_view_from_offset(authority, end + 1);
    return true;
}

static bool put_host(struct laz_url *url, struct laz_view host)
{
    url->has_address =
        read_address(host, &url->address) && laz_view_find_byte(host, '/') == host.len;
    url->host[0] = '\0';
    if (!url->has_address)
        return read_host(host, url->host) && put_view(url, laz_view_of(url->host));
    if (laz_view_find_byte(host, ':') == host.len)
        return put_view(url, host); /* four decimal numbers have one form */
    if (!put(url, '['))
        return false;
    for (unsigned i = 0; i < 16; i++) {
        char digits[3];

        laz_hex_encode(laz_view_from(&url->address.bytes[i], 1), digits);
        if (!put_view(url, laz_view_of(digits)))
            return false;
    }
    return put(url, ']');
}

static bool put_authority(struct laz_url *url, struct laz_view authority, enum scheme scheme)
{
    struct laz_view host, rest;
    uint64_t port = 0;

    for (size_t i = authority.len; i > 0; i--)
        if (authority.data[i - 1] == '@') {
            authority = laz_view_from_offset(authority, i);
            break;
        }
    if (!split_authority(authority, &host, &rest) || !put_host(url, host))
        return false;
    if (rest.len <= 1)
        return rest.len == 0 || rest.data[0] == ':';
    return rest.data[0] == ':' && laz_parse_u64(laz_view_from_offset(rest, 1), UINT16_MAX, &port) &&
           (is_default(port, scheme) || put_port(url, port));
}

static bool is_plain(uint8_t c)
{
    return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

static bool put_escaped(struct laz_url *url, uint8_t c)
{
    static const char digits[] = "0123456789ABCDEF";

    return put(url, '%') && put(url, (uint8_t)digits[c >> 4]) && put(url, (uint8_t)digits[c & 15]);
}

static bool put_normal(struct laz_url *url, struct laz_view v)
{
    for (size_t i = 0; i < v.len; i++) {
        uint8_t c = v.data[i];
        bool ok;

        if (c == '%' && laz_hex_decode(laz_view_first(laz_view_from_offset(v, i + 1), 2), &c, 1)) {
            i += 2;
            ok = is_plain(c) ? put(url, c) : put_escaped(url, c);
        } else {
            c = v.data[i];
            ok = c <= ' ' || c == '%' || c >= 0x7f || c == '"' || c == '<' || c == '>'
                     ? put_escaped(url, c)
                     : put(url, c);
        }
        if (!ok)
            return false;
    }
    return true;
}

/* Takes "." and ".." out of the path that begins at start (RFC 3986, 5.2.4). */
static void drop_dots(struct laz_url *url, size_t start)
{
    struct laz_view rest = laz_view_from(url->text + start + 1, url->len - start - 1), part;
    size_t len = start;
    bool ends_open = true; /* the path ends behind a slash */

    while (laz_take_until(&rest, '/', &part)) {
        const uint8_t *end = part.data + part.len;
        bool is_last = end == (const uint8_t *)url->text + url->len;
        bool one = laz_view_equal_text(part, "."), two = laz_view_equal_text(part, "..");

        if (two)
            while (len > start && url->text[--len] != '/')
                continue;
        if (!one && !two) {
            url->text[len++] = '/';
            memmove(url->text + len, part.data, part.len);
            len += part.len;
        }
        ends_open = one || two || !is_last;
    }
    if (ends_open)
        url->text[len++] = '/';
    url->len = len;
}

bool laz_url_read(struct laz_view v, struct laz_url *out)
{
    char plain[LAZ_URL_SIZE * 2];
    struct laz_view rest, path;
    enum scheme scheme;
    size_t len, end = 0, start;

    if (!refang(laz_view_trim(v), plain, sizeof plain, &len))
        return false;
    rest = laz_view_from(plain, len);
    rest = laz_view_first(rest, laz_view_find_byte(rest, '#'));
    if (!take_scheme(&rest, &scheme))
        return false;
    while (end < rest.len && strchr("/?\\", rest.data[end]) == NULL)
        end++;
    out->len = 0;
    if (!put_authority(out, laz_view_first(rest, end), scheme))
        return false;
    rest = laz_view_from_offset(rest, end);
    path = laz_view_first(rest, laz_view_find_byte(rest, '?'));
    start = out->len;
    if (!put(out, '/') || !put_normal(out, laz_view_from_offset(path, path.len > 0 ? 1 : 0)))
        return false;
    drop_dots(out, start);
    out->query = out->len;
    if (!put_normal(out, laz_view_from_offset(rest, path.len)))
        return false;
    out->text[out->len] = '\0';
    return true;
}
