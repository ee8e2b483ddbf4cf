#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rules/compiler_priv.h"

/* What a node is when none of the rule's patterns that can be triggers was found. Of all else
 * nothing is known. */
enum guess_kind {
    GUESS_UNKNOWN,
    GUESS_NUMBER,    /* n */
    GUESS_UNDEFINED, /* and all that is computed with it */
    GUESS_FALSE,     /* 0 or undefined */
};

/* What was learned of a node: its value, and the least that must be looked for so that the value
 * holds. */
struct learned {
    uint8_t guess; /* enum guess_kind */
    bool is_wanted;
    bool is_partial; /* what of it can be made false is wanted */
    bool is_whole;   /* all patterns below are wanted, not a choice among them */
    int64_t n;
    double cost;     /* LAZ_TRIGGER_NEVER: the node may be true whatever is not found */
    double all_cost; /* of all patterns below that can be triggers */
};

struct chooser {
    const struct laz_ruleset *set;
    const struct laz_ir_rule *rule;
    const struct laz_trigger_costs *costs;
    struct laz_triggers *out;
    struct learned *learned; /* of each node of the rule */
    double *item_costs;      /* of the items of one node */
    uint32_t item_max;
};

static struct learned *learned_of(const struct chooser *c, uint32_t node)
{
    LAZ_ASSERT(node >= c->rule->node_first && node < c->rule->node_first + c->rule->node_count);
    return &c->learned[node - c->rule->node_first];
}

static bool is_not_true(const struct learned *l)
{
    return l->guess == GUESS_UNDEFINED || l->guess == GUESS_FALSE ||
           (l->guess == GUESS_NUMBER && l->n == 0);
}

static double pattern_cost(const struct chooser *c, uint32_t pattern)
{
    return pattern == LAZ_NODE_LOOP_PATTERN ? 0 : c->costs->patterns[pattern];
}

static bool can_be_trigger(double cost)
{
    return cost < LAZ_TRIGGER_NEVER;
}

static void set_number(struct learned *l, int64_t n)
{
    l->guess = GUESS_NUMBER;
    l->n = n;
}

static int compare_costs(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double item_cost(const struct chooser *c, const struct laz_node *node, uint32_t i)
{
    uint32_t item = laz_node_item(c->set, node, i);

    return node->kind == LAZ_NODE_OF_RULES ? c->costs->rules[item] : c->costs->patterns[item];
}

/* How many of a quantifier's items must hold at least; 0 when that is not known or is none. */
static uint64_t needed_of(const struct chooser *c, const struct laz_node *node)
{
    const struct learned *number = node->child[0] != 0 ? learned_of(c, node->child[0]) : NULL;
    bool is_known = number != NULL && number->guess == GUESS_NUMBER && number->n > 0;

    switch ((enum laz_quantity)node->quantity) {
    case LAZ_QUANTITY_ANY:
        return 1;
    case LAZ_QUANTITY_ALL:
        return node->item_count;
    case LAZ_QUANTITY_SOME:
        return is_known ? (uint64_t)number->n : 0;
    case LAZ_QUANTITY_PERCENT:
        return is_known && number->n <= 100 ? ((uint64_t)number->n * node->item_count + 99) / 100
                                            : 0;
    case LAZ_QUANTITY_NONE:
    case LAZ_QUANTITIES:
        break;
    }
    return 0;
}

/* How many items must be absent so that too few are left; 0: no number of them does it. */
static uint64_t absent_of(const struct chooser *c, const struct laz_node *node)
{
    uint64_t needed = needed_of(c, node);

    return needed == 0 || needed > node->item_count ? 0 : node->item_count - needed + 1;
}

/* The cheapest items that make it false. */
static void learn_of(struct chooser *c, const struct laz_node *node, struct learned *l)
{
    uint64_t absent = absent_of(c, node);

    l->cost = LAZ_TRIGGER_NEVER;
    if (needed_of(c, node) > node->item_count) { /* more than there are */
        l->guess = GUESS_FALSE;
        l->cost = 0;
        return;
    }
    if (absent == 0)
        return;
    if (node->kind == LAZ_NODE_FOR_OF && !is_not_true(learned_of(c, node->child[3])))
        return;
    for (uint32_t i = 0; i < node->item_count; i++)
        c->item_costs[i] = item_cost(c, node, i);
    qsort(c->item_costs, node->item_count, sizeof *c->item_costs, compare_costs);
    if (!can_be_trigger(c->item_costs[absent - 1]))
        return;
    l->guess = GUESS_FALSE;
    l->cost = node->kind == LAZ_NODE_FOR_OF ? learned_of(c, node->child[3])->all_cost : 0;
    for (uint64_t i = 0; i < absent; i++)
        l->cost += c->item_costs[i];
}

static void calculate(uint8_t kind, const struct learned *a, const struct learned *b,
                      struct learned *l)
{
    switch (kind) {
    case LAZ_NODE_EQUAL:
        set_number(l, a->n == b->n);
        return;
    case LAZ_NODE_UNEQUAL:
        set_number(l, a->n != b->n);
        return;
    case LAZ_NODE_LESS:
        set_number(l, a->n < b->n);
        return;
    case LAZ_NODE_LESS_EQUAL:
        set_number(l, a->n <= b->n);
        return;
    case LAZ_NODE_GREATER:
        set_number(l, a->n > b->n);
        return;
    case LAZ_NODE_GREATER_EQUAL:
        set_number(l, a->n >= b->n);
        return;
    case LAZ_NODE_ADD:
        set_number(l, (int64_t)((uint64_t)a->n + (uint64_t)b->n));
        return;
    case LAZ_NODE_SUBTRACT:
        set_number(l, (int64_t)((uint64_t)a->n - (uint64_t)b->n));
        return;
    case LAZ_NODE_MULTIPLY:
        set_number(l, (int64_t)((uint64_t)a->n * (uint64_t)b->n));
        return;
    default:
        return;
    }
}

/* What may be undefined as well as 0 makes a result undefined, or what 0 makes of it. */
static void learn_two(uint8_t kind, const struct learned *a, const struct learned *b,
                      struct learned *l)
{
    bool is_sure = a->guess == GUESS_NUMBER && b->guess == GUESS_NUMBER;

    if (a->guess == GUESS_UNDEFINED || b->guess == GUESS_UNDEFINED) {
        l->guess = GUESS_UNDEFINED;
        return;
    }
    if (a->guess == GUESS_UNKNOWN || b->guess == GUESS_UNKNOWN)
        return;
    calculate(kind, a, b, l);
    if (!is_sure)
        l->guess = l->guess == GUESS_NUMBER && l->n == 0 ? GUESS_FALSE : GUESS_UNKNOWN;
}

static void learn_and_or(struct chooser *c, const struct laz_node *node, struct learned *l)
{
    const struct learned *a = learned_of(c, node->child[0]), *b = learned_of(c, node->child[1]);

    if (node->kind == LAZ_NODE_AND)
        l->cost = fmin(a->cost, b->cost);
    else
        l->cost = a->cost + b->cost;
    if (can_be_trigger(l->cost))
        l->guess = GUESS_FALSE;
    else if (node->kind == LAZ_NODE_OR &&
             ((a->guess == GUESS_NUMBER && a->n != 0) || (b->guess == GUESS_NUMBER && b->n != 0)))
        set_number(l, 1);
}

/* A loop has no round that holds when its body never does, and then it must ask for one. */
static void learn_loop(struct chooser *c, const struct laz_node *node, struct learned *l)
{
    const struct learned *number = node->child[0] != 0 ? learned_of(c, node->child[0]) : NULL;
    bool needs_one = node->quantity == LAZ_QUANTITY_ANY ||
                     (node->quantity == LAZ_QUANTITY_SOME && number != NULL &&
                      number->guess == GUESS_NUMBER && number->n > 0);

    if (needs_one && is_not_true(learned_of(c, node->child[3])))
        l->guess = GUESS_FALSE;
}

static void learn_pattern(struct chooser *c, const struct laz_node *node, struct learned *l)
{
    if (!can_be_trigger(pattern_cost(c, node->operand)))
        return;
    switch (node->kind) {
    case LAZ_NODE_FOUND:
    case LAZ_NODE_COUNT:
        set_number(l, 0);
        return;
    case LAZ_NODE_OFFSET:
    case LAZ_NODE_LENGTH:
        l->guess = GUESS_UNDEFINED;
        return;
    default: /* an unknown place may be undefined */
        l->guess = GUESS_FALSE;
        return;
    }
}

/* A field is asked only with arguments that all have a value. */
static void learn_field(struct chooser *c, const struct laz_node *node, struct learned *l)
{
    for (uint32_t i = 0; i < node->item_count; i++)
        if (learned_of(c, laz_node_item(c->set, node, i))->guess == GUESS_UNDEFINED)
            l->guess = GUESS_UNDEFINED;
}

/* What the node's value is, where it does not choose among patterns. */
static void learn_value(struct chooser *c, const struct laz_node *node, struct learned *l)
{
    const struct learned *a = node->child[0] != 0 ? learned_of(c, node->child[0]) : NULL;

    switch ((enum laz_node_kind)node->kind) {
    case LAZ_NODE_NUMBER:
        set_number(l, node->n);
        return;
    case LAZ_NODE_FOUND:
    case LAZ_NODE_AT:
    case LAZ_NODE_IN:
    case LAZ_NODE_COUNT:
    case LAZ_NODE_COUNT_IN:
    case LAZ_NODE_OFFSET:
    case LAZ_NODE_LENGTH:
        learn_pattern(c, node, l);
        return;
    case LAZ_NODE_RULE:
        if (can_be_trigger(c->costs->rules[node->operand]))
            set_number(l, 0);
        return;
    case LAZ_NODE_NOT:
        if (a->guess == GUESS_NUMBER)
            set_number(l, a->n == 0);
        return;
    case LAZ_NODE_FOR_RANGE:
    case LAZ_NODE_FOR_LIST:
    case LAZ_NODE_FOR_FIELD:
        learn_loop(c, node, l);
        return;
    case LAZ_NODE_READ:
    case LAZ_NODE_NEGATE:
    case LAZ_NODE_BIT_NOT:
        if (a->guess == GUESS_UNDEFINED)
            l->guess = GUESS_UNDEFINED;
        return;
    case LAZ_NODE_FIELD:
        learn_field(c, node, l);
        return;
    default:
        if (node->kind >= LAZ_NODE_EQUAL && node->kind <= LAZ_NODE_MATCHES)
            learn_two(node->kind, a, learned_of(c, node->child[1]), l);
        return;
    }
}

static double own_cost(const struct chooser *c, const struct laz_node *node)
{
    double cost = node->kind == LAZ_NODE_RULE ? c->costs->rules[node->operand]
                  : node->kind >= LAZ_NODE_FOUND && node->kind <= LAZ_NODE_LENGTH
                      ? pattern_cost(c, node->operand)
                      : 0;

    return can_be_trigger(cost) ? cost : 0;
}

static bool has_choice(const struct laz_node *node)
{
    return node->kind == LAZ_NODE_AND || node->kind == LAZ_NODE_OR || node->kind == LAZ_NODE_OF ||
           node->kind == LAZ_NODE_OF_RULES || node->kind == LAZ_NODE_FOR_OF;
}

static bool asks_items(const struct laz_node *node)
{
    return node->kind == LAZ_NODE_OF || node->kind == LAZ_NODE_OF_RULES ||
           node->kind == LAZ_NODE_FOR_OF;
}

static double cost_of_all(const struct chooser *c, const struct laz_node *node)
{
    double cost = own_cost(c, node);

    for (unsigned i = 0; i < 4; i++)
        if (node->child[i] != 0)
            cost += learned_of(c, node->child[i])->all_cost;
    for (uint32_t i = 0; i < node->item_count; i++) {
        if (!asks_items(node))
            cost += learned_of(c, laz_node_item(c->set, node, i))->all_cost;
        else if (can_be_trigger(item_cost(c, node, i)))
            cost += item_cost(c, node, i);
    }
    return cost;
}

/* Children stand before their parents, so one pass learns all. */
static void learn(struct chooser *c)
{
    for (uint32_t i = 0; i < c->rule->node_count; i++) {
        const struct laz_node *node = laz_node_at(c->set, c->rule->node_first + i);
        struct learned *l = &c->learned[i];

        l->all_cost = cost_of_all(c, node);
        if (node->kind == LAZ_NODE_AND || node->kind == LAZ_NODE_OR) {
            learn_and_or(c, node, l);
        } else if (asks_items(node)) {
            learn_of(c, node, l);
        } else {
            learn_value(c, node, l);
            l->cost = is_not_true(l) ? l->all_cost : LAZ_TRIGGER_NEVER;
        }
    }
}

static void take_rule(struct chooser *c, uint32_t rule)
{
    uint32_t *item;

    for (size_t i = 0; i < c->out->rules.count; i++)
        if (*laz_list_at(uint32_t, &c->out->rules, i) == rule)
            return;
    item = laz_list_add(c->out->set, &c->out->rules, sizeof *item);
    if (item != NULL)
        *item = rule;
}

static void take_item(struct chooser *c, const struct laz_node *node, uint32_t i)
{
    uint32_t item = laz_node_item(c->set, node, i);

    if (node->kind == LAZ_NODE_OF_RULES)
        take_rule(c, item);
    else
        c->out->patterns[item] = true;
}

/* As many items as learn_of counted, the cheapest first; all that can be when the node is whole. */
static void take_items(struct chooser *c, const struct laz_node *node, bool is_whole)
{
    uint64_t left = is_whole ? node->item_count : absent_of(c, node);
    double bound = LAZ_TRIGGER_NEVER;

    if (left == 0)
        return;
    if (!is_whole) {
        for (uint32_t i = 0; i < node->item_count; i++)
            c->item_costs[i] = item_cost(c, node, i);
        qsort(c->item_costs, node->item_count, sizeof *c->item_costs, compare_costs);
        bound = c->item_costs[left - 1];
    }
    for (uint32_t i = 0; i < node->item_count; i++)
        if (item_cost(c, node, i) < bound) {
            take_item(c, node, i);
            left--;
        }
    for (uint32_t i = 0; !is_whole && i < node->item_count && left > 0; i++)
        if (item_cost(c, node, i) == bound) { /* the same number, not one that was computed */
            take_item(c, node, i);
            left--;
        }
}

static void want(struct chooser *c, uint32_t node, bool is_whole)
{
    struct learned *l;

    if (node == 0)
        return;
    l = learned_of(c, node);
    l->is_wanted = true;
    l->is_whole = l->is_whole || is_whole;
}

/* Of a node that may be true whatever is not found: what of its parts can be made false. They are
 * then known without a search when the rule is looked at. */
static void want_parts(struct chooser *c, uint32_t node)
{
    if (can_be_trigger(learned_of(c, node)->cost))
        want(c, node, false);
    else
        learned_of(c, node)->is_partial = true;
}

static void want_below(struct chooser *c, const struct laz_node *node, bool is_whole)
{
    for (unsigned i = 0; i < 4; i++)
        want(c, node->child[i], is_whole);
    for (uint32_t i = 0; i < node->item_count && !asks_items(node); i++)
        want(c, laz_node_item(c->set, node, i), is_whole);
}

static void take_own(struct chooser *c, const struct laz_node *node)
{
    if (node->kind == LAZ_NODE_RULE) {
        if (can_be_trigger(c->costs->rules[node->operand]))
            take_rule(c, node->operand);
    } else if (node->kind >= LAZ_NODE_FOUND && node->kind <= LAZ_NODE_LENGTH &&
               node->operand != LAZ_NODE_LOOP_PATTERN &&
               can_be_trigger(c->costs->patterns[node->operand])) {
        c->out->patterns[node->operand] = true;
    }
}

static void take(struct chooser *c, const struct laz_node *node, const struct learned *l)
{
    uint32_t a = node->child[0], b = node->child[1];

    if (l->is_whole || !has_choice(node)) {
        take_own(c, node);
        if (asks_items(node))
            take_items(c, node, true);
        want_below(c, node, true);
    } else if (node->kind == LAZ_NODE_AND) {
        want(c, learned_of(c, a)->cost <= learned_of(c, b)->cost ? a : b, false);
    } else if (node->kind == LAZ_NODE_OR) {
        want(c, a, false);
        want(c, b, false);
    } else {
        take_items(c, node, false);
        want(c, node->child[3], true);
    }
}

/* Parents stand behind their children, so one pass takes all. */
static void take_all(struct chooser *c)
{
    for (uint32_t i = c->rule->node_count; i-- > 0;) {
        const struct laz_node *node = laz_node_at(c->set, c->rule->node_first + i);

        if (c->learned[i].is_wanted) {
            take(c, node, &c->learned[i]);
        } else if (c->learned[i].is_partial &&
                   (node->kind == LAZ_NODE_AND || node->kind == LAZ_NODE_OR)) {
            want_parts(c, node->child[0]);
            want_parts(c, node->child[1]);
        }
    }
}

bool laz_triggers_choose(struct laz_ruleset *set, const struct laz_ir_rule *rule,
                         const struct laz_trigger_costs *costs, struct laz_triggers *out)
{
    struct chooser c = {.set = set, .rule = rule, .costs = costs, .out = out};

    for (uint32_t i = 0; i < rule->node_count; i++) {
        const struct laz_node *node = laz_node_at(set, rule->node_first + i);

        c.item_max = node->item_count > c.item_max ? node->item_count : c.item_max;
    }
    out->set = set;
    out->cost = LAZ_TRIGGER_NEVER;
    if (laz_rule_talks(set, rule))
        return !set->failed;
    c.learned = calloc(rule->node_count + 1u, sizeof *c.learned);
    c.item_costs = calloc(c.item_max + 1u, sizeof *c.item_costs);
    if (c.learned != NULL && c.item_costs != NULL) {
        learn(&c);
        out->cost = learned_of(&c, rule->condition)->cost;
    }
    if (c.learned != NULL && c.item_costs != NULL) {
        want_parts(&c, rule->condition);
        take_all(&c);
    }
    free(c.item_costs);
    free(c.learned);
    return c.learned != NULL && c.item_costs != NULL && !set->failed;
}
