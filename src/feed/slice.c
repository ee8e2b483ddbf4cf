#include "feed/slice.h"

#include <string.h>

#include "base/text.h"

static void skip_blanks(struct laz_view *v)
{
    while (v->len > 0 &&
           (v->data[0] == ' ' || v->data[0] == '\t' || v->data[0] == '\r' || v->data[0] == '\n'))
        laz_ignore(!laz_skip(v, 1)); /* there is one */
}

static bool take_byte(struct laz_view *v, uint8_t wanted)
{
    return v->len > 0 && v->data[0] == wanted && laz_skip(v, 1);
}

static bool take_escape(struct laz_view *v)
{
    static const char simple[] = "\"\\/bfnrt";
    uint8_t c;

    if (!laz_take_u8(v, &c))
        return false;
    if (c != 'u')
        return c != 0 && strchr(simple, c) != NULL;
    for (size_t i = 0; i < 4; i++)
        if (!laz_take_u8(v, &c) || laz_hex_value(c) < 0)
            return false;
    return true;
}

/* inside is what stands between the quotes. */
static bool take_string(struct laz_view *v, struct laz_view *inside)
{
    struct laz_view rest = *v, first;
    uint8_t c;

    if (!take_byte(&rest, '"'))
        return false;
    first = rest;
    while (laz_take_u8(&rest, &c)) {
        if (c == '"') {
            *inside = laz_view_first(first, first.len - rest.len - 1);
            *v = rest;
            return true;
        }
        if (c < ' ' || (c == '\\' && !take_escape(&rest)))
            return false;
    }
    return false;
}

static size_t take_digits(struct laz_view *v)
{
    size_t n = 0;

    while (n < v->len && v->data[n] >= '0' && v->data[n] <= '9')
        n++;
    laz_ignore(!laz_skip(v, n)); /* they are there */
    return n;
}

static bool take_number(struct laz_view *v)
{
    struct laz_view rest = *v;

    laz_ignore(take_byte(&rest, '-')); /* it may be there */
    if (take_byte(&rest, '0')) {
        if (rest.len > 0 && rest.data[0] >= '0' && rest.data[0] <= '9')
            return false;
    } else if (take_digits(&rest) == 0) {
        return false;
    }
    if (take_byte(&rest, '.') && take_digits(&rest) == 0)
        return false;
    if (take_byte(&rest, 'e') || take_byte(&rest, 'E')) {
        laz_ignore(take_byte(&rest, '+') || take_byte(&rest, '-')); /* as above */
        if (take_digits(&rest) == 0)
            return false;
    }
    *v = rest;
    return true;
}

static bool take_word(struct laz_view *v)
{
    static const char *const words[] = {"true", "false", "null"};

    for (size_t i = 0; i < 3; i++)
        if (laz_view_starts(*v, laz_view_of(words[i])))
            return laz_skip(v, strlen(words[i]));
    return false;
}

static bool take_scalar(struct laz_view *v)
{
    struct laz_view inside;

    return take_string(v, &inside) || take_word(v) || take_number(v);
}

/* What is open: a bit for each level, 1 for an object. */
struct levels {
    uint64_t is_object;
    unsigned depth;
};

static bool in_object(const struct levels *l)
{
    return (l->is_object >> (l->depth - 1) & 1) != 0;
}

static bool open_level(struct levels *l, bool object)
{
    if (l->depth == LAZ_SLICE_DEPTH_MAX)
        return false;
    l->is_object &= ~((uint64_t)1 << l->depth);
    l->is_object |= (uint64_t)object << l->depth;
    l->depth++;
    return true;
}

static bool take_key(struct laz_view *v)
{
    struct laz_view key;

    skip_blanks(v);
    if (!take_string(v, &key))
        return false;
    skip_blanks(v);
    return take_byte(v, ':');
}

/* Behind a value: closes what ends here, and stands before the next value or at the end. */
static bool take_after_value(struct laz_view *v, struct levels *l)
{
    while (l->depth > 0) {
        bool object = in_object(l);

        skip_blanks(v);
        if (take_byte(v, ','))
            return !object || take_key(v);
        if (!take_byte(v, object ? '}' : ']'))
            return false;
        l->depth--;
    }
    return true;
}

/* An empty one is closed again, so that it is a value that has ended. */
static bool take_opening(struct laz_view *v, struct levels *l, bool object, bool *ended)
{
    if (!open_level(l, object))
        return false;
    skip_blanks(v);
    *ended = take_byte(v, object ? '}' : ']');
    if (*ended)
        l->depth--;
    return *ended || !object || take_key(v);
}

static bool take_value(struct laz_view *v)
{
    struct levels l = {0};

    for (;;) {
        bool ended = true;

        skip_blanks(v);
        if (take_byte(v, '{')) {
            if (!take_opening(v, &l, true, &ended))
                return false;
        } else if (take_byte(v, '[')) {
            if (!take_opening(v, &l, false, &ended))
                return false;
        } else if (!take_scalar(v)) {
            return false;
        }
        if (!ended)
            continue;
        if (!take_after_value(v, &l))
            return false;
        if (l.depth == 0)
            return true;
    }
}

/* The next value and its bytes. */
static bool cut_value(struct laz_view *v, struct laz_view *out)
{
    struct laz_view rest = *v, first;

    skip_blanks(&rest);
    first = rest;
    if (!take_value(&rest))
        return false;
    *out = laz_view_first(first, first.len - rest.len);
    *v = rest;
    return true;
}

bool laz_slice_check(struct laz_view text, struct laz_view *out)
{
    struct laz_view value;

    if (!laz_utf8_is_valid(text) || !cut_value(&text, &value))
        return false;
    skip_blanks(&text);
    if (text.len > 0)
        return false;
    *out = value;
    return true;
}

bool laz_slice_is_object(struct laz_view value)
{
    return value.len > 0 && value.data[0] == '{';
}

bool laz_slice_is_array(struct laz_view value)
{
    return value.len > 0 && value.data[0] == '[';
}

bool laz_slice_is_true(struct laz_view value)
{
    return laz_view_equal_text(value, "true");
}

bool laz_slice_element(struct laz_view *rest, struct laz_view *out)
{
    struct laz_view v = *rest;

    skip_blanks(&v);
    if (!take_byte(&v, '[') && !take_byte(&v, ','))
        return false;
    if (!cut_value(&v, out))
        return false;
    skip_blanks(&v);
    *rest = v;
    return true;
}

bool laz_slice_pair(struct laz_view *rest, struct laz_view *key, struct laz_view *value)
{
    struct laz_view v = *rest;

    skip_blanks(&v);
    if (!take_byte(&v, '{') && !take_byte(&v, ','))
        return false;
    skip_blanks(&v);
    if (!take_string(&v, key))
        return false;
    skip_blanks(&v);
    if (!take_byte(&v, ':') || !cut_value(&v, value))
        return false;
    skip_blanks(&v);
    *rest = v;
    return true;
}

bool laz_slice_member(struct laz_view object, const char *name, struct laz_view *out)
{
    struct laz_view key, value;

    if (!laz_slice_is_object(object))
        return false;
    while (laz_slice_pair(&object, &key, &value)) {
        if (!laz_view_equal_text(key, name))
            continue;
        *out = value;
        return true;
    }
    return false;
}

static bool add_utf8(char *out, size_t size, size_t *len, uint32_t c)
{
    if (*len + 4 > size || c < ' ' || c == 0x7F || (c >= 0xD800 && c <= 0xDFFF))
        return false;
    if (c < 0x80) {
        out[(*len)++] = (char)c;
    } else if (c < 0x800) {
        out[(*len)++] = (char)(0xC0 | c >> 6);
        out[(*len)++] = (char)(0x80 | (c & 0x3F));
    } else {
        out[(*len)++] = (char)(0xE0 | c >> 12);
        out[(*len)++] = (char)(0x80 | (c >> 6 & 0x3F));
        out[(*len)++] = (char)(0x80 | (c & 0x3F));
    }
    return true;
}

static bool take_escaped(struct laz_view *v, uint32_t *out)
{
    uint8_t c;

    if (!laz_take_u8(v, &c))
        return false;
    *out = c;
    if (c != 'u')
        return c == '"' || c == '\\' || c == '/';
    *out = 0;
    for (size_t i = 0; i < 4; i++) {
        if (!laz_take_u8(v, &c) || laz_hex_value(c) < 0)
            return false;
        *out = *out << 4 | (uint32_t)laz_hex_value(c);
    }
    return true;
}

bool laz_slice_text(struct laz_view value, char *out, size_t size)
{
    struct laz_view inside;
    size_t len = 0;
    uint8_t c;

    if (!take_string(&value, &inside) || value.len > 0)
        return false;
    while (laz_take_u8(&inside, &c)) {
        uint32_t escaped;

        if (len + 1 >= size)
            return false;
        if (c != '\\')
            out[len++] = (char)c;
        else if (!take_escaped(&inside, &escaped) || !add_utf8(out, size, &len, escaped))
            return false;
    }
    out[len] = '\0';
    return true;
}

bool laz_slice_member_text(struct laz_view object, const char *name, char *out, size_t size)
{
    struct laz_view value;

    return laz_slice_member(object, name, &value) && laz_slice_text(value, out, size);
}
