/* node.h - a condition as a tree: what front ends build, the compiler reasons about (which patterns
 * must be found for the rule to hold, what guards it) and turns into byte code. It replaces the
 * list of operations that struct laz_ir_rule named before.
 *
 * Nodes lie in one array of the ruleset; a child is an index there, 0 is none. */
#ifndef LAZ_RULES_NODE_H
#define LAZ_RULES_NODE_H

#include "match/program.h"
#include "match/value.h"

enum laz_node_kind {
    LAZ_NODE_NONE,

    LAZ_NODE_NUMBER, /* n */
    LAZ_NODE_REAL,   /* real */
    LAZ_NODE_TEXT,   /* n bytes at operand of the ruleset's pool of texts; they may hold NUL */
    LAZ_NODE_REGEX,  /* operand: index in the ruleset's expressions; flags are in it */
    LAZ_NODE_FILESIZE,
    LAZ_NODE_EXTERNAL, /* operand: index in the ruleset's externals */
    LAZ_NODE_VARIABLE, /* operand: slot of a loop's variable */

    /* Patterns are numbered within their rule; LAZ_NODE_LOOP_PATTERN: that of the innermost loop
     * over patterns. */
    LAZ_NODE_FOUND,    /* operand */
    LAZ_NODE_AT,       /* operand; 0: offset */
    LAZ_NODE_IN,       /* operand; 0: first, 1: last */
    LAZ_NODE_COUNT,    /* operand */
    LAZ_NODE_COUNT_IN, /* operand; 0: first, 1: last */
    LAZ_NODE_OFFSET,   /* operand; 0: index from 1 */
    LAZ_NODE_LENGTH,   /* operand; 0: index from 1 */

    LAZ_NODE_RULE,  /* operand: index of a rule that comes before */
    LAZ_NODE_READ,  /* operand: how (program.h); 0: offset */
    LAZ_NODE_FIELD, /* operand: number (match/fields.h); items: nodes of its arguments */

    LAZ_NODE_NOT, /* 0, as all to BIT_NOT */
    LAZ_NODE_DEFINED,
    LAZ_NODE_NEGATE,
    LAZ_NODE_BIT_NOT,

    LAZ_NODE_AND, /* 0 and 1, as all to MATCHES */
    LAZ_NODE_OR,
    LAZ_NODE_EQUAL, /* comparisons and arithmetic: numbers, reals or both; == to >= also texts */
    LAZ_NODE_UNEQUAL,
    LAZ_NODE_LESS,
    LAZ_NODE_LESS_EQUAL,
    LAZ_NODE_GREATER,
    LAZ_NODE_GREATER_EQUAL,
    LAZ_NODE_ADD,
    LAZ_NODE_SUBTRACT,
    LAZ_NODE_MULTIPLY,
    LAZ_NODE_DIVIDE,
    LAZ_NODE_REMAINDER,
    LAZ_NODE_BIT_AND,
    LAZ_NODE_BIT_OR,
    LAZ_NODE_BIT_XOR,
    LAZ_NODE_SHIFT_LEFT,
    LAZ_NODE_SHIFT_RIGHT,
    LAZ_NODE_CONTAINS, /* texts, as all below */
    LAZ_NODE_ICONTAINS,
    LAZ_NODE_STARTSWITH,
    LAZ_NODE_ISTARTSWITH,
    LAZ_NODE_ENDSWITH,
    LAZ_NODE_IENDSWITH,
    LAZ_NODE_IEQUALS,
    LAZ_NODE_MATCHES, /* 1 is a REGEX */

    /* Quantified: quantity says how many; 0: the number of SOME and PERCENT. */
    LAZ_NODE_OF,        /* items: patterns; with 1 and 2: in that range; with 1 alone: at it */
    LAZ_NODE_OF_RULES,  /* items: rules that come before */
    LAZ_NODE_FOR_OF,    /* items: patterns; 3: body */
    LAZ_NODE_FOR_RANGE, /* 1: first, 2: last; operand: slot of the variable; 3: body */
    LAZ_NODE_FOR_LIST,  /* items: nodes, numbers or texts; operand: slot; 3: body */
    LAZ_NODE_FOR_FIELD, /* 1: how many (a FIELD with [#]); operand: slot, which takes the index;
                           3: body, in which fields of the item have that VARIABLE as argument */
    LAZ_NODE_KINDS,
};

#define LAZ_NODE_LOOP_PATTERN UINT32_MAX

/* A node never comes before its children and items: what is learned of them is known where it
 * stands. */
struct laz_node {
    uint8_t kind;     /* enum laz_node_kind */
    uint8_t type;     /* enum laz_value_kind of what it gives, where that is known */
    uint8_t quantity; /* enum laz_quantity (program.h) */
    uint32_t operand;
    uint32_t child[4];
    uint32_t item_first, item_count; /* in the ruleset's node items (uint32_t) */
    union {
        int64_t n;
        double real;
    };
};

struct laz_ruleset;

/* The new node's index. 0, with the set failed, when there is no room. */
uint32_t laz_node_add(struct laz_ruleset *set, struct laz_node node);
uint32_t laz_node_add_number(struct laz_ruleset *set, int64_t n);
uint32_t laz_node_add_text(struct laz_ruleset *set, struct laz_view v);
/* A node of this kind that gives a number, with these children; b may be 0. */
uint32_t laz_node_join(struct laz_ruleset *set, enum laz_node_kind kind, uint32_t a, uint32_t b);
/* A node that asks for a pattern of the rule; a and b may be 0. */
uint32_t laz_node_ask(struct laz_ruleset *set, enum laz_node_kind kind, uint32_t pattern,
                      uint32_t a, uint32_t b);
/* Where in the ruleset's items a copy of these begins. */
uint32_t laz_node_add_items(struct laz_ruleset *set, const uint32_t *items, size_t count);

/* The node, until the next one is added; index may be 0. */
const struct laz_node *laz_node_at(const struct laz_ruleset *set, uint32_t index);
uint32_t laz_node_item(const struct laz_ruleset *set, const struct laz_node *node, uint32_t i);

#endif
