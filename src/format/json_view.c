#include "format/json_view.h"

#include <string.h>

#include "base/number.h"
#include "base/text.h"

static void skip_blanks(struct laz_view *v)
{
    while (v->len > 0 &&
           (v->data[0] == ' ' || v->data[0] == '\t' || v->data[0] == '\n' || v->data[0] == '\r'))
        *v = laz_view_from_offset(*v, 1);
}

static bool take_byte(struct laz_view *v, uint8_t c)
{
    return v->len > 0 && v->data[0] == c && laz_skip(v, 1);
}

static bool take_escape(struct laz_view *v)
{
    struct laz_view digits;
    uint8_t c, bytes[2];

    if (!laz_take_u8(v, &c))
        return false;
    if (c == 'u')
        return laz_take(v, 4, &digits) && laz_hex_decode(digits, bytes, sizeof bytes);
    return strchr("\"\\/bfnrt", c) != NULL && c != '\0';
}

static bool take_string(struct laz_view *v)
{
    uint8_t c;

    if (!take_byte(v, '"'))
        return false;
    while (laz_take_u8(v, &c)) {
        if (c == '"')
            return true;
        if (c < ' ' || (c == '\\' && !take_escape(v)))
            return false;
    }
    return false;
}

static bool is_digit(struct laz_view v)
{
    return v.len > 0 && v.data[0] >= '0' && v.data[0] <= '9';
}

static bool take_digits(struct laz_view *v)
{
    if (!is_digit(*v))
        return false;
    while (is_digit(*v))
        *v = laz_view_from_offset(*v, 1);
    return true;
}

static bool take_number(struct laz_view *v)
{
    laz_ignore(take_byte(v, '-')); /* a sign may be missing, here and below */
    if (!take_byte(v, '0') && !take_digits(v))
        return false;
    if (take_byte(v, '.') && !take_digits(v))
        return false;
    if (take_byte(v, 'e') || take_byte(v, 'E')) {
        if (!take_byte(v, '+'))
            laz_ignore(take_byte(v, '-'));
        return take_digits(v);
    }
    return true;
}

static bool take_word(struct laz_view *v)
{
    static const char *const words[] = {"true", "false", "null"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (laz_view_starts(*v, laz_view_of(words[i])))
            return laz_skip(v, strlen(words[i]));
    return false;
}

static bool take_scalar(struct laz_view *v)
{
    if (v->len == 0)
        return false;
    if (v->data[0] == '"')
        return take_string(v);
    return is_digit(*v) || v->data[0] == '-' ? take_number(v) : take_word(v);
}

/* Where the walk stands: which brackets are open. */
struct nest {
    uint32_t depth;
    uint64_t is_object; /* a bit for each */
};

static bool is_object(const struct nest *n)
{
    return n->is_object >> (n->depth - 1) & 1;
}

/* A member's name and its colon, where one must stand. */
static bool take_name(struct laz_view *v, const struct nest *n)
{
    if (n->depth == 0 || !is_object(n))
        return true;
    skip_blanks(v);
    if (!take_string(v))
        return false;
    skip_blanks(v);
    return take_byte(v, ':');
}

/* Opens brackets until a value has begun and, if it is a plain one, ended. */
static bool take_start(struct laz_view *v, struct nest *n, bool *ended)
{
    bool object;

    skip_blanks(v);
    *ended = true;
    object = take_byte(v, '{');
    if (!object && !take_byte(v, '['))
        return take_scalar(v);
    if (n->depth == LAZ_JSON_VIEW_DEPTH_MAX)
        return false;
    n->is_object = (n->is_object & ~(1ULL << n->depth)) | (uint64_t)object << n->depth;
    n->depth++;
    skip_blanks(v);
    if (take_byte(v, object ? '}' : ']')) {
        n->depth--;
        return true;
    }
    *ended = false;
    return take_name(v, n);
}

/* Behind a value that ended: closes brackets, or passes a comma. */
static bool take_end(struct laz_view *v, struct nest *n, bool *whole)
{
    while (n->depth > 0) {
        skip_blanks(v);
        if (take_byte(v, ','))
            return take_name(v, n);
        if (!take_byte(v, is_object(n) ? '}' : ']'))
            return false;
        n->depth--;
    }
    *whole = true;
    return true;
}

/* One value of any depth. Each round takes at least a byte. */
static bool take_value(struct laz_view *v)
{
    struct nest n = {.depth = 0};
    bool ended, whole = false;

    while (!whole)
        if (!take_start(v, &n, &ended) || (ended && !take_end(v, &n, &whole)))
            return false;
    return true;
}

/* As take_value, with what was taken in *out. */
static bool cut_value(struct laz_view *v, struct laz_view *out)
{
    struct laz_view before;

    skip_blanks(v);
    before = *v;
    if (!take_value(v))
        return false;
    *out = laz_view_first(before, before.len - v->len);
    return true;
}

bool laz_json_view_check(struct laz_view text)
{
    if (!take_value(&text))
        return false;
    skip_blanks(&text);
    return text.len == 0;
}

/* Names with escapes in them are not looked for: none that we ask for needs one. */
static bool name_is(struct laz_view name, const char *wanted)
{
    size_t len = strlen(wanted);

    return name.len == len + 2 && memcmp(name.data + 1, wanted, len) == 0;
}

bool laz_json_view_member(struct laz_view object, const char *name, struct laz_view *value)
{
    struct laz_view key, item;
    bool found = false;

    skip_blanks(&object);
    if (!take_byte(&object, '{'))
        return false;
    while (cut_value(&object, &key)) {
        skip_blanks(&object);
        if (!take_byte(&object, ':') || !cut_value(&object, &item))
            return found;
        if (name_is(key, name)) {
            *value = item;
            found = true;
        }
        skip_blanks(&object);
        if (!take_byte(&object, ','))
            return found;
    }
    return found;
}

bool laz_json_view_items(struct laz_view array, struct laz_view *rest)
{
    skip_blanks(&array);
    if (!take_byte(&array, '['))
        return false;
    *rest = array;
    return true;
}

bool laz_json_view_item(struct laz_view *rest, struct laz_view *value)
{
    if (!cut_value(rest, value))
        return false;
    skip_blanks(rest);
    laz_ignore(take_byte(rest, ',')); /* behind the last one there is none */
    return true;
}

static size_t write_utf8(uint32_t c, uint8_t *out)
{
    size_t more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const uint8_t marks[] = {0, 0xC0, 0xE0, 0xF0};

    out[0] = (uint8_t)(marks[more] | c >> 6 * more);
    for (size_t i = 1; i <= more; i++)
        out[i] = (uint8_t)(0x80 | (c >> 6 * (more - i) & 0x3F));
    return more + 1;
}

static bool take_unit(struct laz_view *v, uint32_t *out)
{
    struct laz_view digits;
    uint8_t bytes[2];

    if (!laz_take(v, 4, &digits) || !laz_hex_decode(digits, bytes, sizeof bytes))
        return false;
    *out = (uint32_t)bytes[0] << 8 | bytes[1];
    return true;
}

/* Behind "\u": one character, of two units where one is too small for it. */
static bool take_character(struct laz_view *v, uint32_t *out)
{
    uint32_t second;

    if (!take_unit(v, out))
        return false;
    if (*out < 0xD800 || *out > 0xDFFF)
        return true;
    if (*out > 0xDBFF || !take_byte(v, '\\') || !take_byte(v, 'u') || !take_unit(v, &second) ||
        second < 0xDC00 || second > 0xDFFF)
        return false;
    *out = 0x10000 + ((*out - 0xD800) << 10) + (second - 0xDC00);
    return true;
}

static uint8_t escaped(uint8_t c)
{
    switch (c) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default: /* it stands for itself */
        return c;
    }
}

/* What is written is never longer than what it was written for. */
bool laz_json_view_text(struct laz_view value, uint8_t *room, struct laz_view *out)
{
    size_t len = 0;
    uint32_t character;
    uint8_t c;

    if (!take_byte(&value, '"'))
        return false;
    while (laz_take_u8(&value, &c) && c != '"') {
        if (c != '\\') {
            room[len++] = c;
            continue;
        }
        if (!laz_take_u8(&value, &c))
            return false;
        if (c != 'u') {
            room[len++] = escaped(c);
            continue;
        }
        if (!take_character(&value, &character))
            return false;
        len += write_utf8(character, room + len);
    }
    *out = laz_view_from(room, len);
    return true;
}

bool laz_json_view_number(struct laz_view value, int64_t *out)
{
    bool negative = take_byte(&value, '-');
    uint64_t n;

    if (!laz_parse_u64(value, INT64_MAX, &n))
        return false;
    *out = negative ? -(int64_t)n : (int64_t)n;
    return true;
}
