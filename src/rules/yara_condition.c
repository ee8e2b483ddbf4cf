#include "rules/yara_priv.h"

#define DEPTH_MAX 48 /* of expressions inside one another; each may leave values on the stack */
#define UNARY     9  /* the level above all operators with two sides */

struct operator
{
    const char *sign;
    unsigned level; /* tighter ones are higher */
    enum laz_node_kind kind;
};

static const struct operator operators[] = {
    {"==", 1, LAZ_NODE_EQUAL},         {"!=", 1, LAZ_NODE_UNEQUAL},
    {"<=", 2, LAZ_NODE_LESS_EQUAL},    {"<", 2, LAZ_NODE_LESS},
    {">=", 2, LAZ_NODE_GREATER_EQUAL}, {">", 2, LAZ_NODE_GREATER},
    {"|", 3, LAZ_NODE_BIT_OR},         {"^", 4, LAZ_NODE_BIT_XOR},
    {"&", 5, LAZ_NODE_BIT_AND},        {"<<", 6, LAZ_NODE_SHIFT_LEFT},
    {">>", 6, LAZ_NODE_SHIFT_RIGHT},   {"+", 7, LAZ_NODE_ADD},
    {"-", 7, LAZ_NODE_SUBTRACT},       {"*", 8, LAZ_NODE_MULTIPLY},
    {"\\", 8, LAZ_NODE_DIVIDE},        {"%", 8, LAZ_NODE_REMAINDER},
};

static const struct operator* find_operator(const struct laz_yara *y)
{
    for (size_t i = 0; y->word.kind == LAZ_YARA_SIGN && i < sizeof operators / sizeof *operators;
         i++)
        if (laz_view_equal_text(y->word.text, operators[i].sign))
            return &operators[i];
    return NULL;
}

/* '%' before 'of' is not an operator but part of how many are asked for. */
static bool take_percent(struct laz_yara *y)
{
    struct laz_yara ahead = *y;

    if (!laz_yara_is(y, "%"))
        return false;
    laz_yara_advance(&ahead);
    if (!laz_yara_is(&ahead, "of"))
        return false;
    laz_yara_advance(y);
    return true;
}

static enum laz_status want_number(const struct laz_yara *y, const struct laz_yara_term *term,
                                   const struct laz_yara_word *at, struct laz_error *err)
{
    if (term->type == LAZ_YARA_IS_NUMBER)
        return LAZ_OK;
    return laz_fail_at(err, LAZ_INVALID, "rule", y->source->name, at->line, at->column,
                       "expected a number", "this is true or false");
}

static enum laz_status take_unary(struct laz_yara *y, struct laz_yara_term *out,
                                  struct laz_error *err)
{
    bool is_negation = laz_yara_is(y, "-"), is_complement = laz_yara_is(y, "~");
    struct laz_yara_word at;
    enum laz_status s;

    if (!is_negation && !is_complement)
        return laz_yara_operand(y, out, err);
    laz_yara_advance(y);
    at = y->word;
    s = laz_yara_expression(y, UNARY, out, err);
    if (s == LAZ_OK)
        s = want_number(y, out, &at, err);
    if (s == LAZ_OK)
        out->node =
            laz_node_join(y->set, is_negation ? LAZ_NODE_NEGATE : LAZ_NODE_BIT_NOT, out->node, 0);
    return s;
}

/* The right side of operator and what it makes of both. */
static enum laz_status take_right(struct laz_yara *y, const struct operator* operator,
                                  struct laz_yara_term * out, struct laz_error *err)
{
    struct laz_yara_word at = y->word;
    struct laz_yara_term right;
    enum laz_status s = want_number(y, out, &at, err);

    if (s != LAZ_OK)
        return s;
    laz_yara_advance(y);
    at = y->word;
    s = laz_yara_expression(y, operator->level + 1, &right, err);
    if (s == LAZ_OK)
        s = want_number(y, &right, &at, err);
    if (s != LAZ_OK)
        return s;
    out->node = laz_node_join(y->set, operator->kind, out->node, right.node);
    out->type = operator->level<LAZ_YARA_ARITHMETIC ? LAZ_YARA_IS_TRUTH : LAZ_YARA_IS_NUMBER;
    return LAZ_OK;
}

/* "N of" and "N% of". *taken is false when something else follows. */
static enum laz_status take_of(struct laz_yara *y, struct laz_yara_term *out, bool *taken,
                               struct laz_error *err)
{
    bool is_percent = take_percent(y);

    *taken = laz_yara_is(y, "of");
    if (!*taken)
        return LAZ_OK;
    return laz_yara_of(y, is_percent ? LAZ_QUANTITY_PERCENT : LAZ_QUANTITY_SOME, out, err);
}

static enum laz_status take_binary(struct laz_yara *y, unsigned level, struct laz_yara_term *out,
                                   struct laz_error *err)
{
    enum laz_status s = take_unary(y, out, err);

    while (s == LAZ_OK) {
        const struct operator* operator;
        bool is_of = false;

        if (level <= 1 && out->type == LAZ_YARA_IS_NUMBER)
            s = take_of(y, out, &is_of, err);
        if (is_of)
            continue;
        operator= find_operator(y);
        if (s != LAZ_OK || operator== NULL || operator->level<level)
            break;
        s = take_right(y, operator, out, err);
    }
    return s;
}

static enum laz_status take_not(struct laz_yara *y, struct laz_yara_term *out,
                                struct laz_error *err)
{
    bool is_not = laz_yara_is(y, "not"), is_defined = laz_yara_is(y, "defined");
    enum laz_status s;

    if (!is_not && !is_defined)
        return take_binary(y, 1, out, err);
    if (++y->depth > DEPTH_MAX)
        return laz_yara_fail(y, LAZ_UNSUPPORTED, "expressions are nested too deep",
                             "expected a simpler condition", err);
    laz_yara_advance(y);
    s = take_not(y, out, err);
    y->depth--;
    if (s != LAZ_OK)
        return s;
    out->node = laz_node_join(y->set, is_not ? LAZ_NODE_NOT : LAZ_NODE_DEFINED, out->node, 0);
    out->type = LAZ_YARA_IS_TRUTH;
    return LAZ_OK;
}

/* Operands of 'and' or of 'or'. */
static enum laz_status take_chain(struct laz_yara *y, bool is_or, struct laz_yara_term *out,
                                  struct laz_error *err)
{
    enum laz_status s = is_or ? take_chain(y, false, out, err) : take_not(y, out, err);

    while (s == LAZ_OK && laz_yara_take(y, is_or ? "or" : "and")) {
        struct laz_yara_term right;

        s = is_or ? take_chain(y, false, &right, err) : take_not(y, &right, err);
        if (s != LAZ_OK)
            return s;
        out->node =
            laz_node_join(y->set, is_or ? LAZ_NODE_OR : LAZ_NODE_AND, out->node, right.node);
        out->type = LAZ_YARA_IS_TRUTH;
    }
    return s;
}

enum laz_status laz_yara_expression(struct laz_yara *y, unsigned level, struct laz_yara_term *out,
                                    struct laz_error *err)
{
    enum laz_status s;

    if (++y->depth > DEPTH_MAX)
        return laz_yara_fail(y, LAZ_UNSUPPORTED, "expressions are nested too deep",
                             "expected a simpler condition", err);
    s = level == 0 ? take_chain(y, true, out, err) : take_binary(y, level, out, err);
    y->depth--;
    return s == LAZ_OK ? laz_ruleset_failed(y->set, err) : s;
}

enum laz_status laz_yara_number(struct laz_yara *y, uint32_t *node, struct laz_error *err)
{
    struct laz_yara_word at = y->word;
    struct laz_yara_term term;
    enum laz_status s = laz_yara_expression(y, LAZ_YARA_ARITHMETIC, &term, err);

    if (s == LAZ_OK)
        s = want_number(y, &term, &at, err);
    if (s == LAZ_OK)
        *node = term.node;
    return s;
}

enum laz_status laz_yara_range(struct laz_yara *y, uint32_t *first, uint32_t *last,
                               struct laz_error *err)
{
    enum laz_status s = laz_yara_need(y, "(", err);

    if (s == LAZ_OK)
        s = laz_yara_number(y, first, err);
    if (s == LAZ_OK)
        s = laz_yara_need(y, "..", err);
    if (s == LAZ_OK)
        s = laz_yara_number(y, last, err);
    return s == LAZ_OK ? laz_yara_need(y, ")", err) : s;
}

/* Global rules of the file must hold for every rule of it. */
static uint32_t join_globals(struct laz_yara *y, uint32_t node)
{
    for (size_t i = 0; i < y->globals.count; i++)
        node = laz_node_join(
            y->set, LAZ_NODE_AND, node,
            laz_node_ask(y->set, LAZ_NODE_RULE, *laz_list_at(uint32_t, &y->globals, i), 0, 0));
    return node;
}

enum laz_status laz_yara_condition(struct laz_yara *y, struct laz_error *err)
{
    struct laz_yara_term term;
    enum laz_status s;

    y->depth = 0;
    y->has_loop = false;
    s = laz_yara_expression(y, 0, &term, err);
    if (s != LAZ_OK)
        return s;
    y->rule.condition = join_globals(y, term.node);
    return laz_ruleset_failed(y->set, err);
}
