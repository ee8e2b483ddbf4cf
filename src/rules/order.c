#include <stdlib.h>

#include "match/fields.h"
#include "rules/compiler_priv.h"

#define ITEMS_MAX 1024 /* of a set that is put in order: sorting is by insertion */

#define GATE 8 /* a search behind what is known costs so much less */

/* How much a node costs to evaluate when the rule's triggers were not found: what does not depend
 * on patterns, then triggers, whose places are known, then patterns that are searched for. */
enum rank { RANK_KNOWN, RANK_EAGER, RANK_FIELD, RANK_LAZY };

struct expense {
    enum rank rank;
    uint32_t search_count; /* at most */
};

struct orderer {
    struct laz_bodies *b;
    const struct laz_ir_rule *rule;
    struct expense *expenses; /* of each node of the rule */
};

static struct laz_node *node_of(const struct orderer *o, uint32_t index)
{
    return laz_list_at(struct laz_node, &o->b->set->nodes, index);
}

static struct expense expense_of(const struct orderer *o, uint32_t index)
{
    return o->expenses[index - o->rule->node_first];
}

static struct expense pattern_expense(const struct orderer *o, uint32_t pattern)
{
    uint32_t index = o->rule->pattern_first + pattern;

    if (pattern == LAZ_NODE_LOOP_PATTERN)
        return (struct expense){RANK_LAZY, GATE};
    if (o->b->is_eager[index])
        return (struct expense){RANK_EAGER, 0};
    return (struct expense){RANK_LAZY,
                            GATE * (o->b->form_firsts[index + 1] - o->b->form_firsts[index])};
}

static void add(struct expense *sum, struct expense e)
{
    sum->rank = e.rank > sum->rank ? e.rank : sum->rank;
    sum->search_count += e.search_count < UINT32_MAX - sum->search_count ? e.search_count : 0;
}

static bool is_less(struct expense a, struct expense b)
{
    return a.rank != b.rank ? a.rank < b.rank : a.search_count < b.search_count;
}

static bool asks_patterns(const struct laz_node *node)
{
    return node->kind == LAZ_NODE_OF || node->kind == LAZ_NODE_FOR_OF;
}

static struct expense own_expense(const struct orderer *o, const struct laz_node *node)
{
    struct expense sum = {node->kind == LAZ_NODE_FIELD ? RANK_FIELD : RANK_KNOWN, 0};

    if (node->kind >= LAZ_NODE_FOUND && node->kind <= LAZ_NODE_LENGTH)
        add(&sum, pattern_expense(o, node->operand));
    for (uint32_t i = 0; i < node->item_count && node->kind != LAZ_NODE_OF_RULES; i++) {
        uint32_t item = laz_node_item(o->b->set, node, i);

        add(&sum, asks_patterns(node) ? pattern_expense(o, item) : expense_of(o, item));
    }
    for (unsigned i = 0; i < 4; i++)
        if (node->child[i] != 0)
            add(&sum, expense_of(o, node->child[i]));
    if ((node->kind == LAZ_NODE_AND || node->kind == LAZ_NODE_OR) &&
        (expense_of(o, node->child[0]).rank == RANK_KNOWN ||
         expense_of(o, node->child[1]).rank == RANK_KNOWN))
        sum.search_count /= GATE; /* most objects are not such that it comes to that */
    return sum;
}

static double item_cost(const struct orderer *o, uint32_t item)
{
    uint32_t pattern = o->rule->pattern_first + item;

    return (o->b->is_eager[pattern] ? 0 : LAZ_TRIGGER_NEVER) + o->b->costs[pattern];
}

/* Triggers come first, and then what is rarest: its absence decides most. */
static void order_items(struct orderer *o, const struct laz_node *node)
{
    uint32_t *items = laz_list_at(uint32_t, &o->b->set->node_items, node->item_first);

    for (uint32_t i = 1; i < node->item_count; i++) {
        uint32_t item = items[i], at = i;

        while (at > 0 && item_cost(o, items[at - 1]) > item_cost(o, item)) {
            items[at] = items[at - 1];
            at--;
        }
        items[at] = item;
    }
}

static void order_node(struct orderer *o, struct laz_node *node)
{
    if (node->kind == LAZ_NODE_OF && node->item_count <= ITEMS_MAX)
        order_items(o, node);
    if ((node->kind == LAZ_NODE_AND || node->kind == LAZ_NODE_OR) &&
        is_less(expense_of(o, node->child[1]), expense_of(o, node->child[0]))) {
        uint32_t first = node->child[0];

        node->child[0] = node->child[1];
        node->child[1] = first;
    }
}

bool laz_rule_talks(const struct laz_ruleset *set, const struct laz_ir_rule *rule)
{
    for (uint32_t i = 0; i < rule->node_count; i++) {
        const struct laz_node *node = laz_node_at(set, rule->node_first + i);

        if (node->kind == LAZ_NODE_FIELD && laz_field_module(node->operand) == LAZ_MODULE_CONSOLE)
            return true;
    }
    return false;
}

static void order_rule(struct orderer *o)
{
    for (uint32_t i = 0; i < o->rule->node_count; i++) {
        struct laz_node *node = node_of(o, o->rule->node_first + i);

        o->expenses[i] = own_expense(o, node);
        order_node(o, node);
    }
}

bool laz_conditions_order(struct laz_bodies *b)
{
    for (uint32_t i = 0; i < b->set->rules.count; i++) {
        struct orderer o = {.b = b, .rule = laz_list_at(struct laz_ir_rule, &b->set->rules, i)};

        o.expenses = calloc(o.rule->node_count + 1u, sizeof *o.expenses);
        if (o.expenses == NULL)
            return false;
        if (!laz_rule_talks(b->set, o.rule))
            order_rule(&o);
        free(o.expenses);
    }
    return true;
}
