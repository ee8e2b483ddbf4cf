#include <stdlib.h>

#include "rules/yara_priv.h"

/* Indices of patterns in the rule. */
struct strings {
    uint32_t *items;
    uint32_t count;
};

static void add_string(struct strings *set, uint32_t index)
{
    set->items[set->count++] = index;
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
            add_string(set, i);
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
            add_string(set, i);
        laz_yara_advance(y);
        return LAZ_OK;
    }
    if (!laz_yara_take(y, "("))
        return laz_yara_expected(y, "'them' or a list of strings: ($a, $b*)", err);
    return take_list(y, set, err);
}

static void mark_all(struct laz_yara *y, const struct strings *set, bool needs_places)
{
    for (uint32_t i = 0; i < set->count; i++)
        mark_used(y, set->items[i], needs_places);
}

/* What is said of the set: nothing, or where its strings must be. */
static enum laz_status take_rest(struct laz_yara *y, const struct strings *set,
                                 struct laz_node *node, struct laz_error *err)
{
    enum laz_status s = LAZ_OK;

    if (laz_yara_take(y, "in"))
        s = laz_yara_range(y, &node->child[1], &node->child[2], err);
    else if (laz_yara_take(y, "at"))
        s = laz_yara_number(y, &node->child[1], err);
    mark_all(y, set, node->child[1] != 0);
    return s;
}

static void add_set(struct laz_yara *y, const struct strings *set, struct laz_node *node,
                    struct laz_yara_term *out)
{
    node->type = LAZ_VALUE_NUMBER;
    node->item_first = laz_node_add_items(y->set, set->items, set->count);
    node->item_count = set->count;
    *out = (struct laz_yara_term){laz_node_add(y->set, *node), LAZ_YARA_IS_TRUTH};
}

enum laz_status laz_yara_of(struct laz_yara *y, enum laz_quantity quantity,
                            struct laz_yara_term *out, struct laz_error *err)
{
    struct laz_node node = {.kind = LAZ_NODE_OF, .quantity = (uint8_t)quantity};
    struct strings set = {0};
    enum laz_status s = laz_yara_need(y, "of", err);

    if (quantity == LAZ_QUANTITY_SOME || quantity == LAZ_QUANTITY_PERCENT)
        node.child[0] = out->node;
    if (s == LAZ_OK)
        s = take_set(y, &set, err);
    if (s == LAZ_OK)
        s = take_rest(y, &set, &node, err);
    if (s == LAZ_OK)
        add_set(y, &set, &node, out);
    free(set.items);
    return s;
}

static enum laz_status take_for_quantity(struct laz_yara *y, struct laz_node *node,
                                         struct laz_error *err)
{
    static const char *const names[] = {"any", "all", "none"};
    static const enum laz_quantity quantities[] = {LAZ_QUANTITY_ANY, LAZ_QUANTITY_ALL,
                                                   LAZ_QUANTITY_NONE};

    for (size_t i = 0; i < 3; i++) {
        if (laz_yara_take(y, names[i])) {
            node->quantity = (uint8_t)quantities[i];
            return LAZ_OK;
        }
    }
    node->quantity = LAZ_QUANTITY_SOME;
    return laz_yara_number(y, &node->child[0], err);
}

static enum laz_status take_loop(struct laz_yara *y, struct laz_node *node, struct laz_error *err)
{
    struct laz_yara_term body;
    enum laz_status s;

    y->has_loop = true;
    s = laz_yara_need(y, "(", err);
    if (s == LAZ_OK)
        s = laz_yara_expression(y, 0, &body, err);
    if (s == LAZ_OK)
        s = laz_yara_need(y, ")", err);
    y->has_loop = false;
    if (s == LAZ_OK)
        node->child[3] = body.node;
    return s;
}

enum laz_status laz_yara_for(struct laz_yara *y, struct laz_yara_term *out, struct laz_error *err)
{
    struct laz_node node = {.kind = LAZ_NODE_FOR_OF};
    struct strings set = {0};
    enum laz_status s;

    if (y->has_loop)
        return laz_yara_fail(y, LAZ_UNSUPPORTED, "loops inside loops are not supported",
                             "expected one 'for'", err);
    s = take_for_quantity(y, &node, err);
    if (s == LAZ_OK && !laz_yara_is(y, "of"))
        return laz_yara_fail(y, LAZ_UNSUPPORTED, "loops over numbers are not supported",
                             "expected 'of' and strings", err);
    if (s == LAZ_OK)
        s = laz_yara_need(y, "of", err);
    if (s == LAZ_OK)
        s = take_set(y, &set, err);
    if (s == LAZ_OK)
        s = laz_yara_need(y, ":", err);
    if (s == LAZ_OK)
        s = take_loop(y, &node, err);
    if (s == LAZ_OK) {
        mark_all(y, &set, true);
        add_set(y, &set, &node, out);
    }
    free(set.items);
    return s;
}
