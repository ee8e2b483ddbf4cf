#include "base/text.h"

/* The length of the valid UTF-8 sequence at the front of v with its code point, or 0.
 * Overlong forms, surrogates and what lies past U+10FFFF are not valid (RFC 3629). */
static size_t utf8_first(struct laz_view v, uint32_t *code)
{
    static const uint32_t smallest[5] = {0, 0, 0x80, 0x800, 0x10000};
    uint8_t first;
    struct laz_view rest = v;
    size_t len;
    uint32_t n;

    if (!laz_take_u8(&rest, &first))
        return 0;
    if (first < 0x80) {
        *code = first;
        return 1;
    }
    len = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc0 || first > 0xf7 || v.len < len)
        return 0;
    n = first & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((v.data[i] & 0xc0) != 0x80)
            return 0;
        n = n << 6 | (v.data[i] & 0x3f);
    }
    if (n < smallest[len] || n > 0x10ffff || (n >= 0xd800 && n <= 0xdfff))
        return 0;
    *code = n;
    return len;
}

bool laz_utf8_is_valid(struct laz_view v)
{
    uint32_t code;

    while (v.len > 0) {
        size_t len = utf8_first(v, &code);

        if (len == 0)
            return false;
        v = laz_view_from_offset(v, len);
    }
    return true;
}

/* Unicode's bidirectional controls: they reorder what a person sees. */
static bool is_bidi_control(uint32_t code)
{
    return code == 0x061c || code == 0x200e || code == 0x200f ||
           (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

enum laz_status laz_buf_add_terminal(struct laz_buf *b, struct laz_view v)
{
    while (v.len > 0) {
        uint32_t code = 0;
        size_t len = utf8_first(v, &code);

        if (len == 0)
            laz_ignore(laz_buf_addf(b, "\\x%02x", v.data[0])); /* b remembers a refusal */
        else if (code == '\\')
            laz_ignore(laz_buf_add_text(b, "\\\\"));
        else if (code < 0x20 || (code >= 0x7f && code < 0xa0))
            laz_ignore(laz_buf_addf(b, "\\x%02x", code));
        else if (is_bidi_control(code) || code == 0x2028 || code == 0x2029)
            laz_ignore(laz_buf_addf(b, "\\u{%04x}", code));
        else
            laz_ignore(laz_buf_add(b, laz_view_first(v, len)));
        v = laz_view_from_offset(v, len == 0 ? 1 : len);
    }
    return laz_buf_failed(b);
}

static void add_json_char(struct laz_buf *b, struct laz_view bytes, uint32_t code)
{
    switch (code) {
    case '"':
        laz_ignore(laz_buf_add_text(b, "\\\"")); /* b remembers a refusal */
        break;
    case '\\':
        laz_ignore(laz_buf_add_text(b, "\\\\"));
        break;
    case '\n':
        laz_ignore(laz_buf_add_text(b, "\\n"));
        break;
    case '\t':
        laz_ignore(laz_buf_add_text(b, "\\t"));
        break;
    case '<':
    case '>':
    case '&':
    case 0x7f:
    case 0x2028:
    case 0x2029:
        laz_ignore(laz_buf_addf(b, "\\u%04x", code));
        break;
    default:
        if (code < 0x20)
            laz_ignore(laz_buf_addf(b, "\\u%04x", code));
        else
            laz_ignore(laz_buf_add(b, bytes));
    }
}

enum laz_status laz_buf_add_json(struct laz_buf *b, struct laz_view v)
{
    laz_ignore(laz_buf_add_u8(b, '"')); /* b remembers a refusal */
    while (v.len > 0) {
        uint32_t code = 0;
        size_t len = utf8_first(v, &code);

        if (len == 0)
            laz_ignore(laz_buf_add_text(b, "\xef\xbf\xbd"));
        else
            add_json_char(b, laz_view_first(v, len), code);
        v = laz_view_from_offset(v, len == 0 ? 1 : len);
    }
    laz_ignore(laz_buf_add_u8(b, '"'));
    return laz_buf_failed(b);
}

static const char *html_entity(uint8_t c)
{
    switch (c) {
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '&':
        return "&amp;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

enum laz_status laz_buf_add_html(struct laz_buf *b, struct laz_view v)
{
    while (v.len > 0) {
        uint32_t code = 0;
        size_t len = utf8_first(v, &code);
        const char *entity = len == 1 ? html_entity(v.data[0]) : NULL;

        if (len == 0)
            laz_ignore(laz_buf_add_text(b, "\xef\xbf\xbd")); /* b remembers a refusal */
        else if (entity != NULL)
            laz_ignore(laz_buf_add_text(b, entity));
        else
            laz_ignore(laz_buf_add(b, laz_view_first(v, len)));
        v = laz_view_from_offset(v, len == 0 ? 1 : len);
    }
    return laz_buf_failed(b);
}

enum laz_status laz_buf_add_hex(struct laz_buf *b, struct laz_view v)
{
    for (size_t i = 0; i < v.len; i++)
        laz_ignore(laz_buf_addf(b, "%02x", v.data[i])); /* b remembers a refusal */
    return laz_buf_failed(b);
}

enum laz_status laz_buf_add_base64(struct laz_buf *b, struct laz_view v)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    while (v.len > 0) {
        size_t len = v.len < 3 ? v.len : 3;
        uint32_t group = (uint32_t)v.data[0] << 16 | (len > 1 ? (uint32_t)v.data[1] << 8 : 0) |
                         (len > 2 ? v.data[2] : 0);
        uint8_t out[4] = {(uint8_t)digits[group >> 18], (uint8_t)digits[group >> 12 & 63],
                          len > 1 ? (uint8_t)digits[group >> 6 & 63] : '=',
                          len > 2 ? (uint8_t)digits[group & 63] : '='};

        laz_ignore(laz_buf_add(b, laz_view_from(out, 4))); /* b remembers a refusal */
        v = laz_view_from_offset(v, len);
    }
    return laz_buf_failed(b);
}

int laz_hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool laz_hex_decode(struct laz_view digits, uint8_t *out, size_t len)
{
    if (digits.len / 2 != len || digits.len % 2 != 0)
        return false;
    for (size_t i = 0; i < digits.len; i++)
        if (laz_hex_value(digits.data[i]) < 0)
            return false;
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)((unsigned)laz_hex_value(digits.data[2 * i]) << 4 |
                           (unsigned)laz_hex_value(digits.data[2 * i + 1]));
    return true;
}

void laz_hex_encode(struct laz_view v, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < v.len; i++) {
        out[2 * i] = digits[v.data[i] >> 4];
        out[2 * i + 1] = digits[v.data[i] & 15];
    }
    out[2 * v.len] = '\0';
}
