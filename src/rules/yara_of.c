#include <stdlib.h>

#include "rules/yara_priv.h"

#define LOOP_MARK UINT64_MAX /* in n of an operation that asks for the string of the loop */

/* Indices of patterns in the rule. */
struct strings {
    uint16_t *items;
    uint32_t count;
};

static void add_string(struct strings *set, int index)
{
    set->items[set->count++] = (uint16_t)index;
}

static void mark_used(struct laz_yara *y, uint32_t index, bool needs_places)
{
    struct laz_pattern *p =
        laz_list_at(struct laz_pattern, &y->set->patterns, y->rule.pattern_first + index);

    p->is_used = true;
    p->needs_places = p->needs_places || needs_places;
}

/* The strings that the word means, each once. */
static bool add_matching(const struct laz_yara *y, struct strings *set)
{
    uint32_t before = set->count;

    for (uint32_t i = 0; i < y->rule.pattern_count; i++) {
        struct laz_view name = *laz_list_at(struct laz_view, &y->string_names, i);
        bool is_there = false;

        if (y->word.has_star ? !laz_view_starts(name, y->word.text)
                             : !laz_view_equal(name, y->word.text))
            continue;
        for (uint32_t j = 0; j < set->count; j++)
            is_there = is_there || set->items[j] == i;
        if (!is_there)
            add_string(set, (int)i);
        else
            before--; /* known already: found all the same */
    }
    return set->count > before;
}

static enum laz_status take_list(struct laz_yara *y, struct strings *set, struct laz_error *err)
{
    do {
        if (y->word.kind == LAZ_YARA_NAME)
            return laz_yara_fail(y, LAZ_UNSUPPORTED, "sets of rules are not supported",
                                 "expected strings: ($a, $b*)", err);
        if (y->word.kind != LAZ_YARA_STRING)
            return laz_yara_expected(y, "a string: $a or $a*", err);
        if (!add_matching(y, set))
            return laz_yara_fail(y, LAZ_INVALID, "the rule has no such string",
                                 "expected one of the strings section", err);
        laz_yara_advance(y);
    } while (laz_yara_take(y, ","));
    return laz_yara_need(y, ")", err);
}

/* them, or a list. set->items is the caller's to free. */
static enum laz_status take_set(struct laz_yara *y, struct strings *set, struct laz_error *err)
{
    *set = (struct strings){.items = calloc(y->rule.pattern_count + 1u, sizeof *set->items)};
    if (set->items == NULL)
        return laz_yara_fail(y, LAZ_NOMEM, "no memory", "", err);
    if (laz_yara_is(y, "them")) {
        if (y->rule.pattern_count == 0)
            return laz_yara_fail(y, LAZ_INVALID, "the rule has no strings",
                                 "expected a strings section", err);
        for (uint32_t i = 0; i < y->rule.pattern_count; i++)
            add_string(set, (int)i);
        laz_yara_advance(y);
        return LAZ_OK;
    }
    if (!laz_yara_take(y, "("))
        return laz_yara_expected(y, "'them' or a list of strings: ($a, $b*)", err);
    return take_list(y, set, err);
}

/* How many must hold, on the stack. */
static void add_quantity(struct laz_yara *y, enum laz_yara_quantity quantity, uint32_t count)
{
    switch (quantity) {
    case LAZ_YARA_SOME:
        break;
    case LAZ_YARA_PERCENT: /* rounded up */
        laz_yara_add_op(y, LAZ_CONDITION_PUSH, 0, count);
        laz_yara_add_op(y, LAZ_CONDITION_MULTIPLY, 0, 0);
        laz_yara_add_op(y, LAZ_CONDITION_PUSH, 0, 99);
        laz_yara_add_op(y, LAZ_CONDITION_ADD, 0, 0);
        laz_yara_add_op(y, LAZ_CONDITION_PUSH, 0, 100);
        laz_yara_add_op(y, LAZ_CONDITION_DIVIDE, 0, 0);
        break;
    case LAZ_YARA_ANY:
        laz_yara_add_op(y, LAZ_CONDITION_PUSH, 0, 1);
        break;
    case LAZ_YARA_ALL:
        laz_yara_add_op(y, LAZ_CONDITION_PUSH, 0, count);
        break;
    case LAZ_YARA_NONE:
        laz_yara_add_op(y, LAZ_CONDITION_PUSH, 0, 0);
        break;
    }
}

/* What was found becomes 1. For 'none', what is unknown stays so: it must not count as absent. */
static void add_one(struct laz_yara *y, enum laz_yara_quantity quantity)
{
    if (quantity != LAZ_YARA_NONE)
        laz_yara_add_op(y, LAZ_CONDITION_TRUTH, 0, 0);
}

static void add_comparison(struct laz_yara *y, enum laz_yara_quantity quantity)
{
    laz_yara_add_op(y, quantity == LAZ_YARA_NONE ? LAZ_CONDITION_EQUAL : LAZ_CONDITION_LESS_EQUAL,
                    0, 0);
}

/* Operations [from, to) of the rule again, with jumps moved and the loop's string set to pattern.
 */
static void repeat(struct laz_yara *y, uint32_t from, uint32_t to, uint32_t pattern)
{
    uint32_t shift = (uint32_t)y->set->ops.count - y->rule.op_first - from;

    for (uint32_t i = from; i < to && !y->set->failed; i++) {
        struct laz_op op = *laz_list_at(struct laz_op, &y->set->ops, y->rule.op_first + i);

        if (op.op == LAZ_CONDITION_JUMP_IF_FALSE || op.op == LAZ_CONDITION_JUMP_IF_TRUE)
            op.operand += shift;
        else if (op.n == LOOP_MARK && op.op != LAZ_CONDITION_PUSH)
            op.operand = pattern;
        laz_yara_add_op(y, (enum laz_condition_op)op.op, op.operand, op.n);
    }
}

static uint32_t op_count(const struct laz_yara *y)
{
    return (uint32_t)y->set->ops.count - y->rule.op_first;
}

/* Each string of the set, asked by the operations [from, to) and op, as a sum. The first of them
 * stand already. */
static void add_sum(struct laz_yara *y, const struct strings *set, uint32_t from,
                    enum laz_condition_op op, enum laz_yara_quantity quantity)
{
    uint32_t to = op_count(y);

    for (uint32_t i = 0; i < set->count && !y->set->failed; i++) {
        if (i > 0)
            repeat(y, from, to, 0);
        mark_used(y, set->items[i], op == LAZ_CONDITION_IN);
        laz_yara_add_op(y, op, set->items[i], 0);
        add_one(y, quantity);
        if (i > 0)
            laz_yara_add_op(y, LAZ_CONDITION_ADD, 0, 0);
    }
}

static enum laz_status take_rest(struct laz_yara *y, const struct strings *set,
                                 enum laz_yara_quantity quantity, struct laz_error *err)
{
    enum laz_condition_op op = LAZ_CONDITION_FOUND;
    uint32_t from;

    add_quantity(y, quantity, set->count);
    from = op_count(y);
    if (laz_yara_take(y, "in")) {
        enum laz_status s = laz_yara_range(y, err);

        if (s != LAZ_OK)
            return s;
        op = LAZ_CONDITION_IN;
    }
    add_sum(y, set, from, op, quantity);
    add_comparison(y, quantity);
    return laz_ruleset_failed(y->set, err);
}

enum laz_status laz_yara_of(struct laz_yara *y, enum laz_yara_quantity quantity,
                            struct laz_error *err)
{
    struct strings set = {0};
    enum laz_status s = laz_yara_need(y, "of", err);

    if (s == LAZ_OK)
        s = take_set(y, &set, err);
    if (s == LAZ_OK)
        s = take_rest(y, &set, quantity, err);
    free(set.items);
    return s;
}

static enum laz_status take_for_quantity(struct laz_yara *y, enum laz_yara_quantity *out,
                                         struct laz_error *err)
{
    static const char *const names[] = {"any", "all", "none"};
    static const enum laz_yara_quantity quantities[] = {LAZ_YARA_ANY, LAZ_YARA_ALL, LAZ_YARA_NONE};

    for (size_t i = 0; i < 3; i++) {
        if (laz_yara_take(y, names[i])) {
            *out = quantities[i];
            return LAZ_OK;
        }
    }
    *out = LAZ_YARA_SOME;
    return laz_yara_number(y, err);
}

static void forget_marks(struct laz_yara *y, uint32_t from)
{
    for (uint32_t i = from; i < op_count(y) && !y->set->failed; i++) {
        struct laz_op *op = laz_list_at(struct laz_op, &y->set->ops, y->rule.op_first + i);

        if (op->op != LAZ_CONDITION_PUSH && op->n == LOOP_MARK)
            op->n = 0;
    }
}

/* The loop's body is written out for each string: rules stay programs that only go forward. */
static enum laz_status take_loop(struct laz_yara *y, const struct strings *set,
                                 enum laz_yara_quantity quantity, struct laz_error *err)
{
    uint32_t from = op_count(y), to;
    enum laz_yara_type type;
    enum laz_status s;

    y->has_loop = true;
    y->loop_pattern = set->items[0];
    s = laz_yara_need(y, "(", err);
    if (s == LAZ_OK)
        s = laz_yara_expression(y, 0, &type, err);
    if (s == LAZ_OK)
        s = laz_yara_need(y, ")", err);
    y->has_loop = false;
    if (s != LAZ_OK)
        return s;
    add_one(y, quantity);
    to = op_count(y);
    for (uint32_t i = 0; i < set->count && !y->set->failed; i++) {
        mark_used(y, set->items[i], true);
        if (i == 0)
            continue;
        repeat(y, from, to, set->items[i]);
        laz_yara_add_op(y, LAZ_CONDITION_ADD, 0, 0);
    }
    forget_marks(y, from);
    add_comparison(y, quantity);
    return laz_ruleset_failed(y->set, err);
}

enum laz_status laz_yara_for(struct laz_yara *y, struct laz_error *err)
{
    struct strings set = {0};
    enum laz_yara_quantity quantity;
    enum laz_status s;

    if (y->has_loop)
        return laz_yara_fail(y, LAZ_UNSUPPORTED, "loops inside loops are not supported",
                             "expected one 'for'", err);
    s = take_for_quantity(y, &quantity, err);
    if (s == LAZ_OK && !laz_yara_is(y, "of"))
        return laz_yara_fail(y, LAZ_UNSUPPORTED, "loops over numbers are not supported",
                             "expected 'of' and strings", err);
    if (s == LAZ_OK)
        s = laz_yara_need(y, "of", err);
    if (s == LAZ_OK)
        s = take_set(y, &set, err);
    if (s == LAZ_OK)
        s = laz_yara_need(y, ":", err);
    if (s == LAZ_OK) {
        add_quantity(y, quantity, set.count);
        s = take_loop(y, &set, quantity, err);
    }
    free(set.items);
    return s;
}
