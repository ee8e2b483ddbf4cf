#include <stdlib.h>

#include "match/fields.h"
#include "rules/compiler_priv.h"

#define ITEMS_MAX 1024 /* of a set that is put in order: sorting is by insertion */

/* How much a node costs to evaluate when the rule's triggers were not found: what does not depend
 * on patterns, then triggers, whose places are known, then patterns that are searched for. */
enum rank { RANK_KNOWN, RANK_EAGER, RANK_FIELD, RANK_LAZY };

struct orderer {
    struct laz_bodies *b;
    const struct laz_ir_rule *rule;
    uint8_t *ranks; /* of each node of the rule */
};

static struct laz_node *node_of(const struct orderer *o, uint32_t index)
{
    return laz_list_at(struct laz_node, &o->b->set->nodes, index);
}

static uint8_t rank_of(const struct orderer *o, uint32_t index)
{
    return o->ranks[index - o->rule->node_first];
}

static uint8_t pattern_rank(const struct orderer *o, uint32_t pattern)
{
    return pattern == LAZ_NODE_LOOP_PATTERN || !o->b->is_eager[o->rule->pattern_first + pattern]
               ? RANK_LAZY
               : RANK_EAGER;
}

static bool asks_patterns(const struct laz_node *node)
{
    return node->kind == LAZ_NODE_OF || node->kind == LAZ_NODE_FOR_OF;
}

static uint8_t own_rank(const struct orderer *o, const struct laz_node *node)
{
    uint8_t rank = node->kind == LAZ_NODE_FIELD ? RANK_FIELD : RANK_KNOWN;

    if (node->kind >= LAZ_NODE_FOUND && node->kind <= LAZ_NODE_LENGTH)
        rank = pattern_rank(o, node->operand);
    for (uint32_t i = 0; i < node->item_count && node->kind != LAZ_NODE_OF_RULES; i++) {
        uint32_t item = laz_node_item(o->b->set, node, i);
        uint8_t other = asks_patterns(node) ? pattern_rank(o, item) : rank_of(o, item);

        rank = other > rank ? other : rank;
    }
    return rank;
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
        rank_of(o, node->child[1]) < rank_of(o, node->child[0])) {
        uint32_t first = node->child[0];

        node->child[0] = node->child[1];
        node->child[1] = first;
    }
}

static bool has_console(const struct orderer *o)
{
    for (uint32_t i = 0; i < o->rule->node_count; i++) {
        const struct laz_node *node = node_of(o, o->rule->node_first + i);

        if (node->kind == LAZ_NODE_FIELD && laz_field_module(node->operand) == LAZ_MODULE_CONSOLE)
            return true;
    }
    return false;
}

static void order_rule(struct orderer *o)
{
    for (uint32_t i = 0; i < o->rule->node_count; i++) {
        struct laz_node *node = node_of(o, o->rule->node_first + i);

        o->ranks[i] = own_rank(o, node);
        for (unsigned j = 0; j < 4; j++)
            if (node->child[j] != 0 && rank_of(o, node->child[j]) > o->ranks[i])
                o->ranks[i] = rank_of(o, node->child[j]);
        order_node(o, node);
    }
}

bool laz_conditions_order(struct laz_bodies *b)
{
    for (uint32_t i = 0; i < b->set->rules.count; i++) {
        struct orderer o = {.b = b, .rule = laz_list_at(struct laz_ir_rule, &b->set->rules, i)};

        o.ranks = calloc(o.rule->node_count + 1u, sizeof *o.ranks);
        if (o.ranks == NULL)
            return false;
        if (!has_console(&o))
            order_rule(&o);
        free(o.ranks);
    }
    return true;
}
