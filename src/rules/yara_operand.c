#include "rules/yara_priv.h"

/* The string that the word names: the loop's when it has no name. */
static enum laz_status find_string(struct laz_yara *y, bool needs_places, uint32_t *index,
                                   struct laz_error *err)
{
    struct laz_pattern *p;
    int found;

    if (y->word.text.len == 0 && y->has_loop) {
        *index = LAZ_NODE_LOOP_PATTERN;
        return LAZ_OK;
    }
    found = y->word.text.len == 0 || y->word.has_star ? -1 : laz_yara_find_string(y, y->word.text);
    if (found < 0)
        return laz_yara_fail(y, LAZ_INVALID, "the rule has no such string",
                             "expected one of the strings section", err);
    p = laz_list_at(struct laz_pattern, &y->set->patterns, y->rule.pattern_first + (size_t)found);
    p->is_used = true;
    p->needs_places = p->needs_places || needs_places;
    *index = (uint32_t)found;
    return LAZ_OK;
}

static void need_places(struct laz_yara *y, uint32_t index)
{
    if (index != LAZ_NODE_LOOP_PATTERN) /* a loop needs those of all its strings */
        laz_list_at(struct laz_pattern, &y->set->patterns, y->rule.pattern_first + index)
            ->needs_places = true;
}

/* $a, $a at N, $a in (N..M) */
static enum laz_status take_string(struct laz_yara *y, uint32_t *node, struct laz_error *err)
{
    enum laz_node_kind kind = LAZ_NODE_FOUND;
    uint32_t index, first = 0, last = 0;
    enum laz_status s = find_string(y, false, &index, err);

    if (s != LAZ_OK)
        return s;
    laz_yara_advance(y);
    if (laz_yara_take(y, "at")) {
        s = laz_yara_number(y, &first, err);
        kind = LAZ_NODE_AT;
    } else if (laz_yara_take(y, "in")) {
        s = laz_yara_range(y, &first, &last, err);
        kind = LAZ_NODE_IN;
    }
    if (s != LAZ_OK)
        return s;
    if (kind != LAZ_NODE_FOUND)
        need_places(y, index);
    *node = laz_node_ask(y->set, kind, index, first, last);
    return LAZ_OK;
}

/* #a, #a in (N..M) */
static enum laz_status take_count(struct laz_yara *y, uint32_t *node, struct laz_error *err)
{
    enum laz_node_kind kind = LAZ_NODE_COUNT;
    uint32_t index, first = 0, last = 0;
    enum laz_status s = find_string(y, true, &index, err);

    if (s != LAZ_OK)
        return s;
    laz_yara_advance(y);
    if (laz_yara_take(y, "in")) {
        s = laz_yara_range(y, &first, &last, err);
        kind = LAZ_NODE_COUNT_IN;
    }
    if (s == LAZ_OK)
        *node = laz_node_ask(y->set, kind, index, first, last);
    return s;
}

/* @a, @a[N], !a, !a[N] */
static enum laz_status take_place(struct laz_yara *y, enum laz_node_kind kind, uint32_t *node,
                                  struct laz_error *err)
{
    uint32_t index, number;
    enum laz_status s = find_string(y, true, &index, err);

    if (s != LAZ_OK)
        return s;
    laz_yara_advance(y);
    if (laz_yara_take(y, "[")) {
        s = laz_yara_number(y, &number, err);
        if (s == LAZ_OK)
            s = laz_yara_need(y, "]", err);
    } else {
        number = laz_node_add_number(y->set, 1);
    }
    if (s == LAZ_OK)
        *node = laz_node_ask(y->set, kind, index, number, 0);
    return s;
}

static bool find_read(const struct laz_yara *y, uint32_t *how)
{
    static const struct {
        const char *name;
        uint32_t how;
    } reads[] = {
        {"uint8", 1},
        {"uint16", 2},
        {"uint32", 4},
        {"uint8be", 1},
        {"uint16be", 2 | LAZ_READ_BIG_ENDIAN},
        {"uint32be", 4 | LAZ_READ_BIG_ENDIAN},
        {"int8", 1 | LAZ_READ_SIGNED},
        {"int16", 2 | LAZ_READ_SIGNED},
        {"int32", 4 | LAZ_READ_SIGNED},
        {"int8be", 1 | LAZ_READ_SIGNED},
        {"int16be", 2 | LAZ_READ_SIGNED | LAZ_READ_BIG_ENDIAN},
        {"int32be", 4 | LAZ_READ_SIGNED | LAZ_READ_BIG_ENDIAN},
    };

    for (size_t i = 0; i < sizeof reads / sizeof *reads; i++) {
        if (laz_yara_is(y, reads[i].name)) {
            *how = reads[i].how;
            return true;
        }
    }
    return false;
}

static enum laz_status take_read(struct laz_yara *y, uint32_t how, uint32_t *node,
                                 struct laz_error *err)
{
    uint32_t offset;
    enum laz_status s;

    laz_yara_advance(y);
    s = laz_yara_need(y, "(", err);
    if (s == LAZ_OK)
        s = laz_yara_number(y, &offset, err);
    if (s == LAZ_OK)
        s = laz_yara_need(y, ")", err);
    if (s == LAZ_OK)
        *node = laz_node_ask(y->set, LAZ_NODE_READ, how, offset, 0);
    return s;
}

/* A rule of the file, which stands before this one. */
static enum laz_status take_name(struct laz_yara *y, uint32_t *node, struct laz_error *err)
{
    int64_t rule = laz_yara_find_rule(y, y->word.text);

    if (rule >= 0) {
        *node = laz_node_ask(y->set, LAZ_NODE_RULE, (uint32_t)rule, 0, 0);
        laz_yara_advance(y);
        return LAZ_OK;
    }
    if (laz_view_find_byte(y->word.text, '.') < y->word.text.len)
        return laz_yara_fail(y, LAZ_UNSUPPORTED, "modules are not supported",
                             "expected strings, filesize or uint8() to int32be()", err);
    if (laz_yara_is(y, "entrypoint"))
        return laz_yara_fail(y, LAZ_UNSUPPORTED, "'entrypoint' is not supported",
                             "expected strings, filesize or uint8() to int32be()", err);
    if (laz_yara_is(y, "and") || laz_yara_is(y, "or") || laz_yara_is(y, "of") ||
        laz_yara_is(y, "at") || laz_yara_is(y, "in") || laz_yara_is(y, "them"))
        return laz_yara_expected(y, "an expression", err);
    return laz_yara_fail(y, LAZ_UNSUPPORTED, "this name means nothing here",
                         "expected a rule that stands before, or --define NAME=VALUE", err);
}

static enum laz_status take_quantity(struct laz_yara *y, enum laz_quantity quantity,
                                     struct laz_yara_term *out, struct laz_error *err)
{
    laz_yara_advance(y);
    return laz_yara_of(y, quantity, out, err);
}

static enum laz_status take_word(struct laz_yara *y, struct laz_yara_term *out,
                                 struct laz_error *err)
{
    uint32_t how;

    *out = (struct laz_yara_term){0, LAZ_YARA_IS_TRUTH};
    if (laz_yara_is(y, "true") || laz_yara_is(y, "false")) {
        out->node = laz_node_add_number(y->set, laz_yara_is(y, "true"));
        laz_yara_advance(y);
        return LAZ_OK;
    }
    if (laz_yara_is(y, "any"))
        return take_quantity(y, LAZ_QUANTITY_ANY, out, err);
    if (laz_yara_is(y, "all"))
        return take_quantity(y, LAZ_QUANTITY_ALL, out, err);
    if (laz_yara_is(y, "none"))
        return take_quantity(y, LAZ_QUANTITY_NONE, out, err);
    if (laz_yara_take(y, "for"))
        return laz_yara_for(y, out, err);
    if (find_read(y, &how)) {
        out->type = LAZ_YARA_IS_NUMBER;
        return take_read(y, how, &out->node, err);
    }
    if (laz_yara_find_rule(y, y->word.text) < 0 && laz_yara_is_external(y))
        return laz_yara_external(y, out, err);
    if (!laz_yara_is(y, "filesize"))
        return take_name(y, &out->node, err);
    out->type = LAZ_YARA_IS_NUMBER;
    out->node = laz_node_join(y->set, LAZ_NODE_FILESIZE, 0, 0);
    laz_yara_advance(y);
    return LAZ_OK;
}

static enum laz_status take_parenthesis(struct laz_yara *y, struct laz_yara_term *out,
                                        struct laz_error *err)
{
    enum laz_status s;

    if (!laz_yara_take(y, "("))
        return laz_yara_expected(y, "an expression", err);
    s = laz_yara_expression(y, 0, out, err);
    return s == LAZ_OK ? laz_yara_need(y, ")", err) : s;
}

enum laz_status laz_yara_operand(struct laz_yara *y, struct laz_yara_term *out,
                                 struct laz_error *err)
{
    *out = (struct laz_yara_term){0, LAZ_YARA_IS_NUMBER};
    switch (y->word.kind) {
    case LAZ_YARA_STRING:
        out->type = LAZ_YARA_IS_TRUTH;
        return take_string(y, &out->node, err);
    case LAZ_YARA_COUNT:
        return take_count(y, &out->node, err);
    case LAZ_YARA_OFFSET:
        return take_place(y, LAZ_NODE_OFFSET, &out->node, err);
    case LAZ_YARA_LENGTH:
        return take_place(y, LAZ_NODE_LENGTH, &out->node, err);
    case LAZ_YARA_NUMBER:
        out->node = laz_node_add_number(y->set, (int64_t)y->word.number);
        laz_yara_advance(y);
        return LAZ_OK;
    case LAZ_YARA_NAME:
        return take_word(y, out, err);
    case LAZ_YARA_TEXT:
        return laz_yara_fail(y, LAZ_UNSUPPORTED, "texts in conditions are not supported",
                             "expected a string of the strings section", err);
    case LAZ_YARA_SIGN:
        return take_parenthesis(y, out, err);
    case LAZ_YARA_END:
    case LAZ_YARA_WRONG:
        break;
    }
    return laz_yara_expected(y, "an expression", err);
}
