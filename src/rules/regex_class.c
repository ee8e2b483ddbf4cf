#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "rules/regex_priv.h"

bool laz_regex_take_escaped(struct laz_regex_parser *p, uint8_t name, uint8_t *out)
{
    static const char names[] = "ntrfa", values[] = "\n\t\r\f\a";
    const char *known = name != 0 ? strchr(names, name) : NULL;
    struct laz_view before = p->rest, digits;

    *out = known != NULL ? (uint8_t)values[known - names] : name;
    if (name != 'x' || (laz_take(&p->rest, 2, &digits) && laz_hex_decode(digits, out, 1)))
        return true;
    p->rest = before;
    return laz_regex_refuse(p, "expected two hexadecimal digits after '\\x'");
}

static bool is_range_ahead(const struct laz_regex_parser *p)
{
    return p->rest.len > 1 && p->rest.data[0] == '-' && p->rest.data[1] != ']';
}

/* One byte of a class; with set, also a class in it. Beside the '-' of a range, as YARA has it, the
 * letter of a class stands for itself. */
static bool take_member(struct laz_regex_parser *p, uint8_t *set, uint8_t *c, bool *is_class)
{
    *is_class = false;
    if (!laz_take_u8(&p->rest, c))
        return laz_regex_refuse(p, "expected ']'");
    if (*c != '\\')
        return true;
    if (!laz_take_u8(&p->rest, c))
        return laz_regex_refuse(p, "expected a character after '\\'");
    *is_class = set != NULL && !is_range_ahead(p) && laz_regex_set_class(set, *c);
    return *is_class || laz_regex_take_escaped(p, *c, c);
}

static bool take_members(struct laz_regex_parser *p, uint8_t *set)
{
    struct laz_view start = p->rest;
    uint8_t first, last;
    bool is_class;

    if (!take_member(p, set, &first, &is_class))
        return false;
    if (is_class)
        return true;
    last = first;
    if (is_range_ahead(p)) {
        p->rest = laz_view_from_offset(p->rest, 1);
        if (!take_member(p, NULL, &last, &is_class))
            return false;
    }
    if (last < first) {
        p->rest = start;
        return laz_regex_refuse(p, "expected a range whose end is not before its start");
    }
    for (unsigned c = first; c <= last; c++)
        laz_regex_set_add(set, c);
    return true;
}

bool laz_regex_take_class(struct laz_regex_parser *p, uint8_t *set, bool *is_negated)
{
    *is_negated = laz_regex_take(p, '^');
    do { /* a ']' that comes first stands for itself */
        if (!take_members(p, set))
            return false;
    } while (!laz_regex_take(p, ']'));
    return true;
}

/* Digits, maybe none. *n is LAZ_REGEX_ENDLESS when there are more than a repeat can have. */
static bool take_number(struct laz_view *v, uint16_t *n)
{
    uint64_t value;
    size_t len = 0;

    while (len < v->len && v->data[len] >= '0' && v->data[len] <= '9')
        len++;
    *n = LAZ_REGEX_ENDLESS;
    if (laz_parse_u64(laz_view_first(*v, len), LAZ_REGEX_REPEAT_MAX, &value))
        *n = (uint16_t)value;
    *v = laz_view_from_offset(*v, len);
    return len > 0;
}

static bool take_sign(struct laz_view *v, uint8_t c)
{
    return v->len > 0 && v->data[0] == c && laz_skip(v, 1);
}

bool laz_regex_take_range(struct laz_regex_parser *p, struct laz_regex_range *out)
{
    struct laz_view v = p->rest;
    bool has_min, has_max = true, has_comma;

    *out = (struct laz_regex_range){0, 0, false};
    if (!take_sign(&v, '{'))
        return false;
    has_min = take_number(&v, &out->min);
    has_comma = take_sign(&v, ',');
    out->max = out->min;
    if (has_comma)
        has_max = take_number(&v, &out->max);
    if ((!has_min && !has_comma) || !take_sign(&v, '}'))
        return false;
    if ((has_min && out->min == LAZ_REGEX_ENDLESS) ||
        (has_comma && has_max && out->max == LAZ_REGEX_ENDLESS))
        return laz_regex_refuse(p, "expected at most 32767 times");
    if (!has_min)
        out->min = 0;
    if (out->min > out->max || out->max == 0)
        return laz_regex_refuse(p, "expected a repeat whose end is not before its start, nor 0");
    p->rest = v;
    return true;
}
