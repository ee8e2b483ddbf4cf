#include <stdlib.h>

#include "rules/yara_priv.h"

#define SET_MAX 65535 /* what a condition's code can count */

/* What is named twice counts twice. */
static enum laz_status add_item(struct laz_yara *y, struct laz_yara_set *set, uint32_t item,
                                struct laz_error *err)
{
    uint32_t *items;

    if (set->count == SET_MAX)
        return laz_yara_fail(y, LAZ_UNSUPPORTED, "the set is too large", "divide the rule", err);
    items = realloc(set->items, (set->count + 1u) * sizeof *items);
    if (items == NULL)
        return laz_yara_fail(y, LAZ_NOMEM, "no memory", "", err);
    set->items = items;
    set->items[set->count++] = item;
    return LAZ_OK;
}

void laz_yara_use_strings(struct laz_yara *y, const struct laz_yara_set *set, bool needs_places)
{
    for (uint32_t i = 0; i < set->count && !set->of_rules; i++) {
        struct laz_pattern *p = laz_list_at(struct laz_pattern, &y->set->patterns,
                                            y->rule.pattern_first + set->items[i]);

        p->is_used = true;
        p->needs_places = p->needs_places || needs_places;
    }
}

static bool is_meant(const struct laz_yara *y, struct laz_view name)
{
    return y->word.has_star ? laz_view_starts(name, y->word.text)
                            : laz_view_equal(name, y->word.text);
}

/* The strings that the word means. */
static enum laz_status add_strings(struct laz_yara *y, struct laz_yara_set *set,
                                   struct laz_error *err)
{
    bool is_found = false;

    for (uint32_t i = 0; i < y->rule.pattern_count; i++) {
        enum laz_status s;

        if (!is_meant(y, *laz_list_at(struct laz_view, &y->string_names, i)))
            continue;
        is_found = true;
        s = add_item(y, set, i, err);
        if (s != LAZ_OK)
            return s;
    }
    if (!is_found)
        return laz_yara_fail(y, LAZ_INVALID, "the rule has no such string",
                             "expected one of the strings section", err);
    laz_yara_advance(y);
    return LAZ_OK;
}

static void note_wildcard(struct laz_yara *y, struct laz_view begin)
{
    struct laz_wildcard *item = laz_list_add(y->set, &y->set->wildcards, sizeof *item);

    if (item != NULL)
        *item = (struct laz_wildcard){y->name_space, laz_ruleset_text(y->set, begin)};
}

/* The rules of the name space that the word means: a name, or its begin and a star. */
static enum laz_status add_rules(struct laz_yara *y, struct laz_yara_set *set,
                                 struct laz_error *err)
{
    struct laz_yara_word at = y->word;
    bool has_star, is_found = false;

    laz_yara_advance(y);
    has_star = laz_yara_take(y, "*");
    for (uint32_t i = 0; i < y->set->rules.count; i++) {
        const struct laz_ir_rule *rule = laz_list_at(struct laz_ir_rule, &y->set->rules, i);
        struct laz_view name = laz_view_of(laz_ruleset_text_at(y->set, rule->name));
        enum laz_status s;

        if (rule->name_space != y->name_space ||
            !(has_star ? laz_view_starts(name, at.text) : laz_view_equal(name, at.text)))
            continue;
        is_found = true;
        s = add_item(y, set, i, err);
        if (s != LAZ_OK)
            return s;
    }
    if (is_found && has_star)
        note_wildcard(y, at.text);
    if (is_found)
        return laz_ruleset_failed(y->set, err);
    return laz_fail_at(err, LAZ_INVALID, "rule", y->source->name, at.line, at.column,
                       "no rule before this one has such a name", "expected one in the set");
}

static enum laz_status take_list(struct laz_yara *y, struct laz_yara_set *set,
                                 struct laz_error *err)
{
    enum laz_status s;

    set->of_rules = y->word.kind == LAZ_YARA_NAME;
    do {
        if (y->word.kind != (set->of_rules ? LAZ_YARA_NAME : LAZ_YARA_STRING))
            return laz_yara_expected(y, set->of_rules ? "a rule: a or a*" : "a string: $a or $a*",
                                     err);
        s = set->of_rules ? add_rules(y, set, err) : add_strings(y, set, err);
        if (s != LAZ_OK)
            return s;
    } while (laz_yara_take(y, ","));
    return laz_yara_need(y, ")", err);
}

enum laz_status laz_yara_take_set(struct laz_yara *y, struct laz_yara_set *set,
                                  struct laz_error *err)
{
    enum laz_status s = LAZ_OK;

    *set = (struct laz_yara_set){.items = NULL};
    if (laz_yara_is(y, "them")) {
        if (y->rule.pattern_count == 0)
            return laz_yara_fail(y, LAZ_INVALID, "the rule has no strings",
                                 "expected a strings section", err);
        for (uint32_t i = 0; s == LAZ_OK && i < y->rule.pattern_count; i++)
            s = add_item(y, set, i, err);
        laz_yara_advance(y);
        return s;
    }
    if (!laz_yara_take(y, "("))
        return laz_yara_expected(y, "'them' or a list of strings: ($a, $b*)", err);
    return take_list(y, set, err);
}

/* What is said of the set: nothing, or where its strings must be. */
static enum laz_status take_rest(struct laz_yara *y, const struct laz_yara_set *set,
                                 struct laz_node *node, struct laz_error *err)
{
    enum laz_status s = LAZ_OK;

    if (set->of_rules)
        return LAZ_OK;
    if (laz_yara_take(y, "in"))
        s = laz_yara_range(y, &node->child[1], &node->child[2], err);
    else if (laz_yara_take(y, "at"))
        s = laz_yara_number(y, &node->child[1], err);
    laz_yara_use_strings(y, set, node->child[1] != 0);
    return s;
}

enum laz_status laz_yara_check_quantity(const struct laz_yara *y, const struct laz_node *node,
                                        uint32_t count, const struct laz_yara_word *at,
                                        struct laz_error *err)
{
    const struct laz_node *number = laz_node_at(y->set, node->child[0]);
    char what[80];

    if (node->child[0] == 0 || number->kind != LAZ_NODE_NUMBER)
        return LAZ_OK;
    if (node->quantity == LAZ_QUANTITY_PERCENT && (number->n < 1 || number->n > 100))
        return laz_fail_at(err, LAZ_INVALID, "rule", y->source->name, at->line, at->column,
                           "expected a percentage from 1 to 100", "");
    if (node->quantity != LAZ_QUANTITY_SOME)
        return LAZ_OK;
    if (number->n < 0)
        return laz_fail_at(err, LAZ_INVALID, "rule", y->source->name, at->line, at->column,
                           "expected a number that is not negative", "");
    if (number->n == 0)
        laz_yara_warn(y, at, "0 means none of them", "'none' says so");
    if (number->n > count) {
        snprintf(what, sizeof what, "is never true: it asks for %lld of %u", (long long)number->n,
                 count);
        laz_yara_warn(y, at, what, "expected fewer");
    }
    return LAZ_OK;
}

/* At one place there rarely stands more than one string. */
static void check_place(const struct laz_yara *y, const struct laz_node *node,
                        const struct laz_yara_set *set, const struct laz_yara_word *at)
{
    const struct laz_node *number = laz_node_at(y->set, node->child[0]);
    bool is_many =
        (node->quantity == LAZ_QUANTITY_ALL && set->count > 1) ||
        (node->quantity == LAZ_QUANTITY_SOME && number->kind == LAZ_NODE_NUMBER && number->n > 1);

    if (!set->of_rules && node->child[1] != 0 && node->child[2] == 0 && is_many)
        laz_yara_warn(y, at, "asks for several strings at one place", "expected 'in' or 'any'");
}

enum laz_status laz_yara_of(struct laz_yara *y, enum laz_quantity quantity,
                            struct laz_yara_term *out, struct laz_error *err)
{
    struct laz_node node = {.quantity = (uint8_t)quantity, .type = LAZ_VALUE_NUMBER};
    struct laz_yara_set set = {.items = NULL};
    struct laz_yara_word at = y->word;
    enum laz_status s = laz_yara_need(y, "of", err);

    if (quantity == LAZ_QUANTITY_SOME || quantity == LAZ_QUANTITY_PERCENT)
        node.child[0] = out->node;
    if (s == LAZ_OK)
        s = laz_yara_take_set(y, &set, err);
    if (s == LAZ_OK)
        s = take_rest(y, &set, &node, err);
    if (s == LAZ_OK)
        s = laz_yara_check_quantity(y, &node, set.count, &at, err);
    if (s == LAZ_OK) {
        check_place(y, &node, &set, &at);
        node.kind = set.of_rules ? LAZ_NODE_OF_RULES : LAZ_NODE_OF;
        node.item_first = laz_node_add_items(y->set, set.items, set.count);
        node.item_count = set.count;
        *out = (struct laz_yara_term){laz_node_add(y->set, node), LAZ_YARA_IS_TRUTH};
    }
    free(set.items);
    return s;
}
