#include "rules/yara_priv.h"

#define LOOP_MARK UINT64_MAX /* as in yara_of.c */

/* The string that the word names: the loop's when it has no name. */
static enum laz_status find_string(struct laz_yara *y, bool needs_places, uint32_t *index,
                                   uint64_t *mark, struct laz_error *err)
{
    struct laz_pattern *p;
    int found;

    *mark = 0;
    if (y->word.text.len == 0 && y->has_loop) {
        *index = y->loop_pattern;
        *mark = LOOP_MARK;
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
    laz_list_at(struct laz_pattern, &y->set->patterns, y->rule.pattern_first + index)
        ->needs_places = true;
}

/* $a, $a at N, $a in (N..M) */
static enum laz_status take_string(struct laz_yara *y, struct laz_error *err)
{
    enum laz_condition_op op = LAZ_CONDITION_FOUND;
    uint32_t index;
    uint64_t mark;
    enum laz_status s = find_string(y, false, &index, &mark, err);

    if (s != LAZ_OK)
        return s;
    laz_yara_advance(y);
    if (laz_yara_take(y, "at")) {
        s = laz_yara_number(y, err);
        op = LAZ_CONDITION_AT;
    } else if (laz_yara_take(y, "in")) {
        s = laz_yara_range(y, err);
        op = LAZ_CONDITION_IN;
    }
    if (s != LAZ_OK)
        return s;
    if (op != LAZ_CONDITION_FOUND)
        need_places(y, index);
    laz_yara_add_op(y, op, index, mark);
    return LAZ_OK;
}

/* #a, #a in (N..M) */
static enum laz_status take_count(struct laz_yara *y, struct laz_error *err)
{
    enum laz_condition_op op = LAZ_CONDITION_COUNT;
    uint32_t index;
    uint64_t mark;
    enum laz_status s = find_string(y, true, &index, &mark, err);

    if (s != LAZ_OK)
        return s;
    laz_yara_advance(y);
    if (laz_yara_take(y, "in")) {
        s = laz_yara_range(y, err);
        op = LAZ_CONDITION_COUNT_IN;
    }
    laz_yara_add_op(y, op, index, mark);
    return s;
}

/* @a, @a[N], !a, !a[N] */
static enum laz_status take_place(struct laz_yara *y, enum laz_condition_op op,
                                  struct laz_error *err)
{
    uint32_t index;
    uint64_t mark;
    enum laz_status s = find_string(y, true, &index, &mark, err);

    if (s != LAZ_OK)
        return s;
    laz_yara_advance(y);
    if (laz_yara_take(y, "[")) {
        s = laz_yara_number(y, err);
        if (s == LAZ_OK)
            s = laz_yara_need(y, "]", err);
    } else {
        laz_yara_add_op(y, LAZ_CONDITION_PUSH, 0, 1);
    }
    laz_yara_add_op(y, op, index, mark);
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

static enum laz_status take_read(struct laz_yara *y, uint32_t how, struct laz_error *err)
{
    enum laz_status s;

    laz_yara_advance(y);
    s = laz_yara_need(y, "(", err);
    if (s == LAZ_OK)
        s = laz_yara_number(y, err);
    if (s == LAZ_OK)
        s = laz_yara_need(y, ")", err);
    laz_yara_add_op(y, LAZ_CONDITION_READ, how, 0);
    return s;
}

/* A rule of the file, which stands before this one. */
static enum laz_status take_name(struct laz_yara *y, struct laz_error *err)
{
    int64_t rule = laz_yara_find_rule(y, y->word.text);

    if (rule >= 0) {
        laz_yara_add_op(y, LAZ_CONDITION_RULE, (uint32_t)rule, 0);
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

static enum laz_status take_quantity(struct laz_yara *y, enum laz_yara_quantity quantity,
                                     struct laz_error *err)
{
    laz_yara_advance(y);
    return laz_yara_of(y, quantity, err);
}

static enum laz_status take_word(struct laz_yara *y, enum laz_yara_type *out, struct laz_error *err)
{
    uint32_t how;

    *out = LAZ_YARA_IS_TRUTH;
    if (laz_yara_is(y, "true") || laz_yara_is(y, "false")) {
        laz_yara_add_op(y, LAZ_CONDITION_PUSH, 0, laz_yara_is(y, "true"));
        laz_yara_advance(y);
        return LAZ_OK;
    }
    if (laz_yara_is(y, "any"))
        return take_quantity(y, LAZ_YARA_ANY, err);
    if (laz_yara_is(y, "all"))
        return take_quantity(y, LAZ_YARA_ALL, err);
    if (laz_yara_is(y, "none"))
        return take_quantity(y, LAZ_YARA_NONE, err);
    if (laz_yara_take(y, "for"))
        return laz_yara_for(y, err);
    if (find_read(y, &how)) {
        *out = LAZ_YARA_IS_NUMBER;
        return take_read(y, how, err);
    }
    if (laz_yara_find_rule(y, y->word.text) < 0 && laz_yara_is_external(y))
        return laz_yara_external(y, out, err);
    if (!laz_yara_is(y, "filesize"))
        return take_name(y, err);
    *out = LAZ_YARA_IS_NUMBER;
    laz_yara_add_op(y, LAZ_CONDITION_FILESIZE, 0, 0);
    laz_yara_advance(y);
    return LAZ_OK;
}

static enum laz_status take_parenthesis(struct laz_yara *y, enum laz_yara_type *out,
                                        struct laz_error *err)
{
    enum laz_status s;

    if (!laz_yara_take(y, "("))
        return laz_yara_expected(y, "an expression", err);
    s = laz_yara_expression(y, 0, out, err);
    return s == LAZ_OK ? laz_yara_need(y, ")", err) : s;
}

enum laz_status laz_yara_operand(struct laz_yara *y, enum laz_yara_type *out, struct laz_error *err)
{
    *out = LAZ_YARA_IS_NUMBER;
    switch (y->word.kind) {
    case LAZ_YARA_STRING:
        *out = LAZ_YARA_IS_TRUTH;
        return take_string(y, err);
    case LAZ_YARA_COUNT:
        return take_count(y, err);
    case LAZ_YARA_OFFSET:
        return take_place(y, LAZ_CONDITION_OFFSET, err);
    case LAZ_YARA_LENGTH:
        return take_place(y, LAZ_CONDITION_LENGTH, err);
    case LAZ_YARA_NUMBER:
        laz_yara_add_op(y, LAZ_CONDITION_PUSH, 0, y->word.number);
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
