#include <stdlib.h>

#include "rules/compiler_priv.h"

/* What a node gives when no pattern was found, as far as it can be told. What may be undefined
 * depending on something else is not known. */
struct guess {
    enum { UNKNOWN, UNDEFINED, NUMBER } kind;
    int64_t n;
};

struct needs {
    const struct laz_ruleset *set;
    uint32_t first; /* node */
    struct guess *guesses;
};

static struct guess number(int64_t n)
{
    return (struct guess){NUMBER, n};
}

static struct guess of_node(const struct needs *needs, uint32_t node)
{
    return node < needs->first ? (struct guess){UNKNOWN, 0} : needs->guesses[node - needs->first];
}

static bool is_false(struct guess g)
{
    return g.kind == UNDEFINED || (g.kind == NUMBER && g.n == 0);
}

static struct guess join(uint8_t kind, struct guess a, struct guess b)
{
    if (kind == LAZ_NODE_AND && (is_false(a) || is_false(b)))
        return number(0);
    if (a.kind == UNKNOWN || b.kind == UNKNOWN)
        return (struct guess){UNKNOWN, 0};
    return number(kind == LAZ_NODE_AND || !is_false(a) || !is_false(b));
}

static struct guess calculate(uint8_t kind, struct guess a, struct guess b)
{
    if (a.kind == UNDEFINED || b.kind == UNDEFINED)
        return (struct guess){UNDEFINED, 0};
    if (a.kind == UNKNOWN || b.kind == UNKNOWN)
        return (struct guess){UNKNOWN, 0};
    switch (kind) {
    case LAZ_NODE_EQUAL:
        return number(a.n == b.n);
    case LAZ_NODE_UNEQUAL:
        return number(a.n != b.n);
    case LAZ_NODE_LESS:
        return number(a.n < b.n);
    case LAZ_NODE_LESS_EQUAL:
        return number(a.n <= b.n);
    case LAZ_NODE_GREATER:
        return number(a.n > b.n);
    case LAZ_NODE_GREATER_EQUAL:
        return number(a.n >= b.n);
    case LAZ_NODE_ADD:
        return number((int64_t)((uint64_t)a.n + (uint64_t)b.n));
    case LAZ_NODE_SUBTRACT:
        return number((int64_t)((uint64_t)a.n - (uint64_t)b.n));
    case LAZ_NODE_MULTIPLY:
        return number((int64_t)((uint64_t)a.n * (uint64_t)b.n));
    default:
        return (struct guess){UNKNOWN, 0};
    }
}

static struct guess turn(uint8_t kind, struct guess a)
{
    if (a.kind == UNKNOWN)
        return a;
    if (kind == LAZ_NODE_DEFINED)
        return number(a.kind != UNDEFINED);
    if (a.kind == UNDEFINED || kind != LAZ_NODE_NOT)
        return (struct guess){a.kind == UNDEFINED ? UNDEFINED : UNKNOWN, 0};
    return number(a.n == 0);
}

/* Nothing of the set holds. */
static struct guess of_none(const struct laz_node *node, struct guess some)
{
    switch ((enum laz_quantity)node->quantity) {
    case LAZ_QUANTITY_NONE:
        return number(1);
    case LAZ_QUANTITY_SOME:
    case LAZ_QUANTITY_PERCENT:
        return some.kind == NUMBER ? number(some.n <= 0) : some;
    case LAZ_QUANTITY_ANY:
    case LAZ_QUANTITY_ALL:
    case LAZ_QUANTITIES:
        break;
    }
    return number(0);
}

static struct guess guess(const struct needs *needs, const struct laz_node *node)
{
    struct guess a = of_node(needs, node->child[0]), b = of_node(needs, node->child[1]);

    switch (node->kind) {
    case LAZ_NODE_NUMBER:
        return number(node->n);
    case LAZ_NODE_FOUND:
    case LAZ_NODE_COUNT:
        return number(0);
    case LAZ_NODE_AT:
        return (struct guess){a.kind, 0};
    case LAZ_NODE_IN:
    case LAZ_NODE_COUNT_IN:
        return a.kind == UNDEFINED || b.kind == UNDEFINED ? (struct guess){UNDEFINED, 0}
               : a.kind == UNKNOWN || b.kind == UNKNOWN   ? (struct guess){UNKNOWN, 0}
                                                          : number(0);
    case LAZ_NODE_OFFSET:
    case LAZ_NODE_LENGTH:
        return (struct guess){UNDEFINED, 0};
    case LAZ_NODE_AND:
    case LAZ_NODE_OR:
        return join(node->kind, a, b);
    case LAZ_NODE_NOT:
    case LAZ_NODE_DEFINED:
    case LAZ_NODE_NEGATE:
    case LAZ_NODE_BIT_NOT:
        return turn(node->kind, a);
    case LAZ_NODE_OF:
        return of_none(node, a);
    case LAZ_NODE_FOR_OF:
    case LAZ_NODE_FOR_RANGE:
    case LAZ_NODE_FOR_LIST:
    case LAZ_NODE_FOR_FIELD:
        return is_false(of_node(needs, node->child[3])) ? of_none(node, a)
                                                        : (struct guess){UNKNOWN, 0};
    default:
        return node->kind >= LAZ_NODE_EQUAL && node->kind <= LAZ_NODE_MATCHES
                   ? calculate(node->kind, a, b)
                   : (struct guess){UNKNOWN, 0};
    }
}

bool laz_condition_needs_nothing(const struct laz_ruleset *set, const struct laz_ir_rule *rule)
{
    struct needs needs = {.set = set, .first = rule->node_first};
    bool needs_nothing;

    needs.guesses = calloc(rule->node_count + 1u, sizeof *needs.guesses);
    if (needs.guesses == NULL)
        return true; /* it is asked for more often, and rightly answered */
    for (uint32_t i = 0; i < rule->node_count; i++)
        needs.guesses[i] = guess(&needs, laz_node_at(set, rule->node_first + i));
    needs_nothing = !is_false(of_node(&needs, rule->condition));
    free(needs.guesses);
    return needs_nothing;
}
