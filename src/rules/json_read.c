#include "rules/json_read.h"

#include <string.h>

#include "base/number.h"

enum expected { VALUE, VALUE_OR_END, KEY, KEY_OR_END, COLON, COMMA_OR_END, NOTHING };

void laz_json_start(struct laz_json *j, struct laz_view text)
{
    *j = (struct laz_json){.rest = text,
                           .line_start = text.data,
                           .end = text.data + text.len,
                           .line = 1,
                           .expected = VALUE};
    if (laz_view_starts(text, laz_view_of("\xef\xbb\xbf")))
        j->rest = laz_view_from_offset(text, 3);
}

static void skip_blanks(struct laz_json *j)
{
    while (j->rest.len > 0 && strchr(" \t\r\n", j->rest.data[0]) != NULL && j->rest.data[0] != 0) {
        if (j->rest.data[0] == '\n') {
            j->line++;
            j->line_start = j->rest.data + 1;
        }
        laz_ignore(!laz_skip(&j->rest, 1)); /* there is one */
    }
}

static void set_place(const struct laz_json *j, struct laz_json_token *out)
{
    out->line = j->line;
    out->column = (uint32_t)(j->end - j->rest.len - j->line_start) + 1;
}

static void fail(struct laz_json *j, struct laz_json_token *out, const char *why)
{
    out->kind = LAZ_JSON_WRONG;
    out->why = why;
    j->expected = NOTHING;
    j->rest = laz_view_from_offset(j->rest, j->rest.len);
}

/* The end of the text behind its first quote; control bytes do not belong there. */
static bool take_text(struct laz_json *j, struct laz_view *out)
{
    size_t at = 0;

    while (at < j->rest.len && j->rest.data[at] != '"') {
        if (j->rest.data[at] < ' ')
            return false;
        at += j->rest.data[at] == '\\' ? 2 : 1;
    }
    if (at >= j->rest.len)
        return false;
    *out = laz_view_first(j->rest, at);
    return laz_skip(&j->rest, at + 1);
}

static bool is_of_number(uint8_t c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

static enum laz_json_kind take_literal(struct laz_json *j, struct laz_view *raw)
{
    static const struct {
        const char *word;
        enum laz_json_kind kind;
    } words[] = {{"true", LAZ_JSON_TRUE}, {"false", LAZ_JSON_FALSE}, {"null", LAZ_JSON_NULL}};
    size_t n = 0;

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (laz_view_starts(j->rest, laz_view_of(words[i].word)))
            return laz_take(&j->rest, strlen(words[i].word), raw) ? words[i].kind : LAZ_JSON_WRONG;
    while (n < j->rest.len && is_of_number(j->rest.data[n]))
        n++;
    return n > 0 && laz_take(&j->rest, n, raw) ? LAZ_JSON_NUMBER : LAZ_JSON_WRONG;
}

static void value_ends(struct laz_json *j)
{
    j->expected = j->depth == 0 ? NOTHING : COMMA_OR_END;
}

static void open_level(struct laz_json *j, bool is_object, struct laz_json_token *out)
{
    if (j->depth == LAZ_JSON_DEPTH_MAX) {
        fail(j, out, "expected fewer objects and lists inside one another");
        return;
    }
    laz_ignore(!laz_skip(&j->rest, 1)); /* the bracket */
    j->is_object = (j->is_object & ~(UINT64_C(1) << j->depth)) | (uint64_t)is_object << j->depth;
    j->depth++;
    j->expected = is_object ? KEY_OR_END : VALUE_OR_END;
    out->kind = is_object ? LAZ_JSON_OBJECT : LAZ_JSON_ARRAY;
}

static bool in_object(const struct laz_json *j)
{
    return (j->is_object >> (j->depth - 1) & 1) != 0;
}

static void close_level(struct laz_json *j, struct laz_json_token *out)
{
    out->kind = in_object(j) ? LAZ_JSON_OBJECT_END : LAZ_JSON_ARRAY_END;
    laz_ignore(!laz_skip(&j->rest, 1)); /* the bracket */
    j->depth--;
    value_ends(j);
}

static void take_value(struct laz_json *j, struct laz_json_token *out)
{
    uint8_t c = j->rest.data[0];

    if (c == '{' || c == '[') {
        open_level(j, c == '{', out);
        return;
    }
    if (c == '"') {
        laz_ignore(!laz_skip(&j->rest, 1)); /* the quote */
        if (!take_text(j, &out->raw)) {
            fail(j, out, "expected a text that ends");
            return;
        }
        out->kind = LAZ_JSON_TEXT;
    } else {
        out->kind = take_literal(j, &out->raw);
        if (out->kind == LAZ_JSON_WRONG) {
            fail(j, out, "expected a value");
            return;
        }
    }
    value_ends(j);
}

static void take_key(struct laz_json *j, struct laz_json_token *out)
{
    if (j->rest.data[0] != '"' || !laz_skip(&j->rest, 1) || !take_text(j, &out->raw)) {
        fail(j, out, "expected a name in quotes");
        return;
    }
    skip_blanks(j);
    if (j->rest.len == 0 || j->rest.data[0] != ':') {
        fail(j, out, "expected ':' behind a name");
        return;
    }
    laz_ignore(!laz_skip(&j->rest, 1)); /* the colon */
    out->kind = LAZ_JSON_KEY;
    j->expected = VALUE;
}

static bool is_end(const struct laz_json *j)
{
    return j->depth > 0 && j->rest.data[0] == (in_object(j) ? '}' : ']');
}

/* A comma was there, or the end of the level. */
static bool take_comma(struct laz_json *j, struct laz_json_token *out)
{
    if (is_end(j)) {
        close_level(j, out);
        return true;
    }
    if (j->rest.data[0] != ',') {
        fail(j, out, in_object(j) ? "expected ',' or '}'" : "expected ',' or ']'");
        return true;
    }
    laz_ignore(!laz_skip(&j->rest, 1)); /* the comma */
    j->expected = in_object(j) ? KEY : VALUE;
    skip_blanks(j);
    return false;
}

void laz_json_next(struct laz_json *j, struct laz_json_token *out)
{
    *out = (struct laz_json_token){.kind = LAZ_JSON_END};
    skip_blanks(j);
    set_place(j, out);
    if (j->expected == COMMA_OR_END && j->rest.len > 0 && take_comma(j, out))
        return;
    set_place(j, out);
    if (j->rest.len == 0) {
        if (j->expected != NOTHING)
            fail(j, out, "expected more: the text is cut");
        return;
    }
    switch ((enum expected)j->expected) {
    case VALUE_OR_END:
    case KEY_OR_END:
        if (is_end(j))
            close_level(j, out);
        else if (in_object(j))
            take_key(j, out);
        else
            take_value(j, out);
        return;
    case VALUE:
        take_value(j, out);
        return;
    case KEY:
        take_key(j, out);
        return;
    case COLON:
    case COMMA_OR_END:
    case NOTHING:
        break;
    }
    fail(j, out, "expected the end");
}

/* A code point as UTF-8. */
static void add_point(struct laz_buf *b, uint32_t c)
{
    /* the buffer remembers a refusal */
    if (c < 0x80) {
        laz_ignore(laz_buf_add_u8(b, (uint8_t)c));
    } else if (c < 0x800) {
        laz_ignore(laz_buf_add_u8(b, (uint8_t)(0xc0 | c >> 6)));
        laz_ignore(laz_buf_add_u8(b, (uint8_t)(0x80 | (c & 0x3f))));
    } else {
        if (c < 0x10000) {
            laz_ignore(laz_buf_add_u8(b, (uint8_t)(0xe0 | c >> 12)));
        } else {
            laz_ignore(laz_buf_add_u8(b, (uint8_t)(0xf0 | c >> 18)));
            laz_ignore(laz_buf_add_u8(b, (uint8_t)(0x80 | (c >> 12 & 0x3f))));
        }
        laz_ignore(laz_buf_add_u8(b, (uint8_t)(0x80 | (c >> 6 & 0x3f))));
        laz_ignore(laz_buf_add_u8(b, (uint8_t)(0x80 | (c & 0x3f))));
    }
}

/* XXXX behind \u, and of a high surrogate the low one that must follow. */
static bool take_point(struct laz_view *v, uint32_t *out)
{
    struct laz_view digits;
    uint64_t high, low;

    if (!laz_take(v, 4, &digits) || !laz_parse_hex_u64(digits, 0xffff, &high))
        return false;
    *out = (uint32_t)high;
    if (high < 0xd800 || high > 0xdfff)
        return true;
    if (high > 0xdbff || !laz_view_starts(*v, laz_view_of("\\u")) || !laz_skip(v, 2) ||
        !laz_take(v, 4, &digits) || !laz_parse_hex_u64(digits, 0xffff, &low) || low < 0xdc00 ||
        low > 0xdfff)
        return false;
    *out = 0x10000 + (uint32_t)((high - 0xd800) << 10 | (low - 0xdc00));
    return true;
}

bool laz_json_decode(struct laz_view raw, struct laz_buf *b)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";

    while (raw.len > 0) {
        struct laz_view plain = laz_view_first(raw, laz_view_find_byte(raw, '\\'));
        const char *found;
        uint32_t point;
        uint8_t c;

        laz_ignore(laz_buf_add(b, plain)); /* remembered */
        raw = laz_view_from_offset(raw, plain.len);
        if (raw.len == 0)
            break;
        if (!laz_skip(&raw, 1) || !laz_take_u8(&raw, &c))
            return false;
        found = c == 0 ? NULL : strchr(from, c);
        if (found != NULL)
            laz_ignore(laz_buf_add_u8(b, (uint8_t)to[found - from])); /* remembered */
        else if (c == 'u' && take_point(&raw, &point))
            add_point(b, point);
        else
            return false;
    }
    return laz_buf_failed(b) == LAZ_OK;
}
