/* Comparisons of numbers in the object: SUB(>>OFFSET#OPTIONS#COMPARISON[,COMPARISON]). */
#include <string.h>

#include "base/number.h"
#include "match/format.h"
#include "rules/clamav_priv.h"

#define TEXT_LEN_MAX 18 /* digits that a number may have */

/* A number in decimal, or in hexadecimal with 0x before it. */
static bool read_number(struct laz_view text, uint64_t max, uint64_t *out)
{
    if (laz_view_starts(text, laz_view_of("0x")) || laz_view_starts(text, laz_view_of("0X")))
        return laz_parse_hex_u64(laz_view_from_offset(text, 2), max, out);
    return laz_parse_u64(text, max, out);
}

/* [h|d|a|i][l|b][e]BYTES */
struct options {
    uint8_t form; /* 'h', 'd', 'a' or 'i' */
    bool is_little, is_exact, has_order;
    uint64_t len;
};

static bool read_options(struct laz_view text, struct options *out)
{
    *out = (struct options){.form = 0};
    if (text.len == 0 || strchr("hdai", text.data[0]) == NULL)
        return false;
    out->form = text.data[0];
    laz_ignore(laz_skip(&text, 1)); /* it is there */
    if (text.len > 0 && (text.data[0] == 'l' || text.data[0] == 'b')) {
        out->is_little = text.data[0] == 'l';
        out->has_order = true;
        laz_ignore(laz_skip(&text, 1)); /* it is there */
    }
    if (text.len > 0 && text.data[0] == 'e') {
        out->is_exact = true;
        laz_ignore(laz_skip(&text, 1)); /* it is there */
    }
    if (!read_number(text, TEXT_LEN_MAX, &out->len) || out->len == 0)
        return false;
    if (out->form != 'd' && !out->has_order) /* clamscan takes it and never finds it */
        return false;
    if (out->form == 'i')
        return out->len == 1 || out->len == 2 || out->len == 4 || out->len == 8;
    return !(out->form == 'd' && out->is_little);
}

/* The three parts between '#'. */
struct parts {
    struct laz_view offset, options, comparisons;
    uint64_t distance;
    bool is_back;
};

static bool split(struct laz_view text, struct parts *out)
{
    struct laz_view number;

    if (!laz_take_until(&text, '#', &out->offset) || !laz_take_until(&text, '#', &out->options))
        return false;
    out->comparisons = text;
    out->is_back = laz_view_starts(out->offset, laz_view_of("<<"));
    number = laz_view_from_offset(out->offset, 2);
    return (out->is_back || laz_view_starts(out->offset, laz_view_of(">>"))) &&
           read_number(number, UINT32_MAX, &out->distance);
}

static bool take_comparison(struct laz_view *rest, char *how, int64_t *n)
{
    struct laz_view item;
    uint64_t number;
    bool negative;

    if (!laz_take_until(rest, ',', &item) || item.len < 2 || strchr("<>=", item.data[0]) == NULL)
        return false;
    *how = (char)item.data[0];
    laz_ignore(laz_skip(&item, 1)); /* it is there */
    negative = item.data[0] == '-' && laz_skip(&item, 1);
    if (!read_number(item, INT64_MAX, &number))
        return false;
    *n = negative ? -(int64_t)number : (int64_t)number;
    return true;
}

static bool comparisons_fit(struct laz_view text)
{
    unsigned count = 0;

    while (text.len > 0) {
        char how;
        int64_t n;

        if (++count > 2 || !take_comparison(&text, &how, &n))
            return false;
    }
    return count > 0;
}

static enum laz_status expected(const struct laz_clamav_logic *logic, const uint8_t *at,
                                const char *what, struct laz_error *err)
{
    return laz_clamav_fail(logic->line, LAZ_INVALID, at, what, "", err);
}

enum laz_status laz_clamav_read_compare(struct laz_clamav_logic *logic, struct laz_view text,
                                        struct laz_error *err)
{
    struct laz_clamav_sub *sub = &logic->subs[logic->sub_count++];
    size_t open = laz_view_find_byte(text, '(');
    struct laz_view inner = laz_view_from_offset(text, open + 1);
    struct options options;
    struct parts parts;
    uint64_t other;

    *sub = (struct laz_clamav_sub){.kind = LAZ_CLAMAV_SUB_COMPARE};
    if (inner.len < 2 || inner.data[inner.len - 1] != ')' ||
        !laz_parse_u64(laz_view_first(text, open), LAZ_CLAMAV_SUBS_MAX - 1, &other))
        return expected(logic, text.data, "expected SUB(>>OFFSET#OPTIONS#COMPARISON)", err);
    if (other + 1 >= logic->sub_count || logic->subs[other].kind != LAZ_CLAMAV_SUB_BODY)
        return expected(logic, text.data, "expected the number of a body that comes before", err);
    inner = laz_view_first(inner, inner.len - 1);
    if (!split(inner, &parts))
        return expected(logic, inner.data, "expected an offset: >>N or <<N, and '#'", err);
    if (!read_options(parts.options, &options))
        return expected(logic, parts.options.data,
                        "expected h, d, a or i, l or b, e, and a number of bytes (of i 1, 2, 4 or "
                        "8)",
                        err);
    if (!comparisons_fit(parts.comparisons))
        return expected(logic, parts.comparisons.data,
                        "expected one or two of <N, >N and =N with ',' between them", err);
    sub->text = inner;
    sub->other = (uint32_t)other;
    return LAZ_OK;
}

/* The number at the offset: a field, because its digits may be text. */
static uint32_t value_node(struct laz_ruleset *set, uint32_t offset, const struct options *options)
{
    uint32_t how = (uint32_t)options->form | (options->is_little ? 0x100u : 0) |
                   (options->is_exact ? 0x200u : 0);
    uint32_t args[3];

    args[0] = offset;
    args[1] = laz_node_add_number(set, (int64_t)options->len);
    args[2] = laz_node_add_number(set, how);
    return laz_clamav_field(set, "object.number_at()", args, 3);
}

enum laz_status laz_clamav_compare_found(struct laz_clamav_logic *logic,
                                         const struct laz_clamav_sub *sub, uint32_t *node,
                                         struct laz_error *err)
{
    struct laz_ruleset *set = logic->line->set;
    const struct laz_clamav_sub *other = &logic->subs[sub->other];
    uint32_t pattern = other->pattern;
    /* Without the other one it is false, and never undefined. */
    uint32_t found = laz_clamav_place_found(set, pattern, &other->place);
    struct options options;
    struct parts parts;
    struct laz_view rest;

    if (!split(sub->text, &parts) || !read_options(parts.options, &options))
        return expected(logic, sub->text.data, "expected a comparison", err);
    if (!set->failed)
        laz_list_at(struct laz_pattern, &set->patterns, logic->rule.pattern_first + pattern)
            ->needs_places = true;
    rest = parts.comparisons;
    while (rest.len > 0) {
        uint32_t last = laz_clamav_place_last(set, pattern, &other->place);
        uint32_t at = laz_node_ask(set, LAZ_NODE_OFFSET, pattern, last, 0), one;
        char how;
        int64_t n;

        if (!take_comparison(&rest, &how, &n))
            break;
        at = laz_node_join(set, parts.is_back ? LAZ_NODE_SUBTRACT : LAZ_NODE_ADD, at,
                           laz_node_add_number(set, (int64_t)parts.distance));
        one = laz_node_join(set,
                            how == '='   ? LAZ_NODE_EQUAL
                            : how == '<' ? LAZ_NODE_LESS
                                         : LAZ_NODE_GREATER,
                            value_node(set, at, &options), laz_node_add_number(set, n));
        found = laz_node_join(set, LAZ_NODE_AND, found, one);
    }
    *node = found;
    return laz_ruleset_failed(set, err);
}
