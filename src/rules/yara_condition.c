#include "rules/yara_priv.h"

#define DEPTH_MAX 32 /* of expressions inside one another; each may leave values on the stack */
#define UNARY     9  /* the level above all operators with two sides */

uint32_t laz_yara_add_op(struct laz_yara *y, enum laz_condition_op op, uint32_t operand, uint64_t n)
{
    return laz_ruleset_add_op(y->set, &y->rule, (struct laz_op){(uint8_t)op, operand, n});
}

struct operator
{
    const char *sign;
    unsigned level; /* tighter ones are higher */
    enum laz_condition_op op;
};

static const struct operator operators[] = {
    {"==", 1, LAZ_CONDITION_EQUAL},         {"!=", 1, LAZ_CONDITION_UNEQUAL},
    {"<=", 2, LAZ_CONDITION_LESS_EQUAL},    {"<", 2, LAZ_CONDITION_LESS},
    {">=", 2, LAZ_CONDITION_GREATER_EQUAL}, {">", 2, LAZ_CONDITION_GREATER},
    {"|", 3, LAZ_CONDITION_BIT_OR},         {"^", 4, LAZ_CONDITION_BIT_XOR},
    {"&", 5, LAZ_CONDITION_BIT_AND},        {"<<", 6, LAZ_CONDITION_SHIFT_LEFT},
    {">>", 6, LAZ_CONDITION_SHIFT_RIGHT},   {"+", 7, LAZ_CONDITION_ADD},
    {"-", 7, LAZ_CONDITION_SUBTRACT},       {"*", 8, LAZ_CONDITION_MULTIPLY},
    {"\\", 8, LAZ_CONDITION_DIVIDE},        {"%", 8, LAZ_CONDITION_REMAINDER},
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

static enum laz_status want_number(const struct laz_yara *y, enum laz_yara_type type,
                                   const struct laz_yara_word *at, struct laz_error *err)
{
    if (type == LAZ_YARA_IS_NUMBER)
        return LAZ_OK;
    return laz_fail_at(err, LAZ_INVALID, "rule", y->source->name, at->line, at->column,
                       "expected a number", "this is true or false");
}

static enum laz_status take_unary(struct laz_yara *y, enum laz_yara_type *out,
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
        s = want_number(y, *out, &at, err);
    laz_yara_add_op(y, is_negation ? LAZ_CONDITION_NEGATE : LAZ_CONDITION_BIT_NOT, 0, 0);
    return s;
}

/* The right side of operator and what it makes of both. */
static enum laz_status take_right(struct laz_yara *y, const struct operator* operator,
                                  enum laz_yara_type * out, struct laz_error *err)
{
    struct laz_yara_word at = y->word;
    enum laz_status s = want_number(y, *out, &at, err);

    if (s != LAZ_OK)
        return s;
    laz_yara_advance(y);
    at = y->word;
    s = laz_yara_expression(y, operator->level + 1, out, err);
    if (s == LAZ_OK)
        s = want_number(y, *out, &at, err);
    if (s != LAZ_OK)
        return s;
    laz_yara_add_op(y, operator->op, 0, 0);
    *out = operator->level<LAZ_YARA_ARITHMETIC ? LAZ_YARA_IS_TRUTH : LAZ_YARA_IS_NUMBER;
    return LAZ_OK;
}

/* "N of" and "N% of": the number is on the stack. *taken is false when something else follows. */
static enum laz_status take_of(struct laz_yara *y, bool *taken, struct laz_error *err)
{
    bool is_percent = take_percent(y);

    *taken = laz_yara_is(y, "of");
    if (!*taken)
        return LAZ_OK;
    return laz_yara_of(y, is_percent ? LAZ_YARA_PERCENT : LAZ_YARA_SOME, err);
}

static enum laz_status take_binary(struct laz_yara *y, unsigned level, enum laz_yara_type *out,
                                   struct laz_error *err)
{
    enum laz_status s = take_unary(y, out, err);

    while (s == LAZ_OK) {
        const struct operator* operator;
        bool is_of = false;

        if (level <= 1 && *out == LAZ_YARA_IS_NUMBER)
            s = take_of(y, &is_of, err);
        if (is_of) {
            *out = LAZ_YARA_IS_TRUTH;
            continue;
        }
        operator= find_operator(y);
        if (s != LAZ_OK || operator== NULL || operator->level<level)
            break;
        s = take_right(y, operator, out, err);
    }
    return s;
}

static enum laz_status take_not(struct laz_yara *y, enum laz_yara_type *out, struct laz_error *err)
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
    laz_yara_add_op(y, is_not ? LAZ_CONDITION_NOT : LAZ_CONDITION_DEFINED, 0, 0);
    *out = LAZ_YARA_IS_TRUTH;
    return s;
}

/* Operands of 'and' or of 'or', which jump to the end as soon as it is decided. */
static enum laz_status take_chain(struct laz_yara *y, bool is_or, enum laz_yara_type *out,
                                  struct laz_error *err)
{
    enum laz_status s = is_or ? take_chain(y, false, out, err) : take_not(y, out, err);

    while (s == LAZ_OK && laz_yara_take(y, is_or ? "or" : "and")) {
        uint32_t jump = laz_yara_add_op(
            y, is_or ? LAZ_CONDITION_JUMP_IF_TRUE : LAZ_CONDITION_JUMP_IF_FALSE, 0, 0);

        s = is_or ? take_chain(y, false, out, err) : take_not(y, out, err);
        laz_yara_add_op(y, is_or ? LAZ_CONDITION_OR : LAZ_CONDITION_AND, 0, 0);
        if (s == LAZ_OK && !y->set->failed)
            laz_list_at(struct laz_op, &y->set->ops, y->rule.op_first + jump)->operand =
                (uint32_t)y->set->ops.count - y->rule.op_first;
        *out = LAZ_YARA_IS_TRUTH;
    }
    return s;
}

enum laz_status laz_yara_expression(struct laz_yara *y, unsigned level, enum laz_yara_type *out,
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

enum laz_status laz_yara_number(struct laz_yara *y, struct laz_error *err)
{
    struct laz_yara_word at = y->word;
    enum laz_yara_type type;
    enum laz_status s = laz_yara_expression(y, LAZ_YARA_ARITHMETIC, &type, err);

    return s == LAZ_OK ? want_number(y, type, &at, err) : s;
}

enum laz_status laz_yara_range(struct laz_yara *y, struct laz_error *err)
{
    enum laz_status s = laz_yara_need(y, "(", err);

    if (s == LAZ_OK)
        s = laz_yara_number(y, err);
    if (s == LAZ_OK)
        s = laz_yara_need(y, "..", err);
    if (s == LAZ_OK)
        s = laz_yara_number(y, err);
    return s == LAZ_OK ? laz_yara_need(y, ")", err) : s;
}

/* Global rules of the file must hold for every rule of it. */
static void add_globals(struct laz_yara *y)
{
    for (size_t i = 0; i < y->globals.count; i++) {
        laz_yara_add_op(y, LAZ_CONDITION_RULE, *laz_list_at(uint32_t, &y->globals, i), 0);
        laz_yara_add_op(y, LAZ_CONDITION_AND, 0, 0);
    }
}

enum laz_status laz_yara_condition(struct laz_yara *y, struct laz_error *err)
{
    enum laz_yara_type type;
    enum laz_status s;

    y->depth = 0;
    y->has_loop = false;
    s = laz_yara_expression(y, 0, &type, err);
    if (s != LAZ_OK)
        return s;
    add_globals(y);
    laz_yara_add_op(y, LAZ_CONDITION_RETURN, 0, 0);
    return laz_ruleset_failed(y->set, err);
}
