#include "rules/yara_priv.h"

#define DEPTH_MAX 48 /* of expressions inside one another; each may leave values on the stack */
#define UNARY     9  /* the level above all operators with two sides */

/* What an operator wants on its sides. */
enum want {
    WANT_SAME,    /* two numbers or reals, or two texts */
    WANT_NUMERIC, /* numbers or reals */
    WANT_NUMBER,
    WANT_TEXT,
    WANT_REGEX, /* a text, and an expression on the right */
};

struct operator
{
    const char *sign;
    unsigned level; /* tighter ones are higher */
    enum laz_node_kind kind;
    enum want want;
};

static const struct operator operators[] = {
    {"==", 1, LAZ_NODE_EQUAL, WANT_SAME},
    {"!=", 1, LAZ_NODE_UNEQUAL, WANT_SAME},
    {"contains", 1, LAZ_NODE_CONTAINS, WANT_TEXT},
    {"icontains", 1, LAZ_NODE_ICONTAINS, WANT_TEXT},
    {"startswith", 1, LAZ_NODE_STARTSWITH, WANT_TEXT},
    {"istartswith", 1, LAZ_NODE_ISTARTSWITH, WANT_TEXT},
    {"endswith", 1, LAZ_NODE_ENDSWITH, WANT_TEXT},
    {"iendswith", 1, LAZ_NODE_IENDSWITH, WANT_TEXT},
    {"iequals", 1, LAZ_NODE_IEQUALS, WANT_TEXT},
    {"matches", 1, LAZ_NODE_MATCHES, WANT_REGEX},
    {"<=", 2, LAZ_NODE_LESS_EQUAL, WANT_SAME},
    {"<", 2, LAZ_NODE_LESS, WANT_SAME},
    {">=", 2, LAZ_NODE_GREATER_EQUAL, WANT_SAME},
    {">", 2, LAZ_NODE_GREATER, WANT_SAME},
    {"|", 3, LAZ_NODE_BIT_OR, WANT_NUMBER},
    {"^", 4, LAZ_NODE_BIT_XOR, WANT_NUMBER},
    {"&", 5, LAZ_NODE_BIT_AND, WANT_NUMBER},
    {"<<", 6, LAZ_NODE_SHIFT_LEFT, WANT_NUMBER},
    {">>", 6, LAZ_NODE_SHIFT_RIGHT, WANT_NUMBER},
    {"+", 7, LAZ_NODE_ADD, WANT_NUMERIC},
    {"-", 7, LAZ_NODE_SUBTRACT, WANT_NUMERIC},
    {"*", 8, LAZ_NODE_MULTIPLY, WANT_NUMERIC},
    {"\\", 8, LAZ_NODE_DIVIDE, WANT_NUMERIC},
    {"%", 8, LAZ_NODE_REMAINDER, WANT_NUMBER},
};

static const struct operator* find_operator(const struct laz_yara *y)
{
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (laz_yara_is(y, operators[i].sign))
            return &operators[i];
    return NULL;
}

/* '%' before 'of' is not an operator but part of how many are asked for. */
static bool take_percent(struct laz_yara *y)
{
    struct laz_yara ahead;

    if (!laz_yara_is(y, "%"))
        return false;
    ahead = *y;
    laz_yara_advance(&ahead);
    if (!laz_yara_is(&ahead, "of"))
        return false;
    laz_yara_advance(y);
    return true;
}

static enum laz_status fail_type(const struct laz_yara *y, const char *wanted,
                                 enum laz_yara_type type, const struct laz_yara_word *at,
                                 struct laz_error *err)
{
    static const char *const is[] = {
        [LAZ_YARA_IS_TRUTH] = "this is true or false", [LAZ_YARA_IS_NUMBER] = "this is a number",
        [LAZ_YARA_IS_REAL] = "this is a real number",  [LAZ_YARA_IS_TEXT] = "this is a text",
        [LAZ_YARA_IS_REGEX] = "this is an expression",
    };

    return laz_fail_at(err, LAZ_INVALID, "rule", y->source->name, at->line, at->column, wanted,
                       is[type]);
}

static bool is_numeric(enum laz_yara_type type)
{
    return type == LAZ_YARA_IS_NUMBER || type == LAZ_YARA_IS_REAL;
}

static enum laz_status want_number(const struct laz_yara *y, const struct laz_yara_term *term,
                                   const struct laz_yara_word *at, struct laz_error *err)
{
    if (term->type == LAZ_YARA_IS_NUMBER)
        return LAZ_OK;
    return fail_type(y, "expected a number", term->type, at, err);
}

/* Whether the operator takes what stands on its left side. */
static enum laz_status want_left(const struct laz_yara *y, enum want want, enum laz_yara_type type,
                                 const struct laz_yara_word *at, struct laz_error *err)
{
    switch (want) {
    case WANT_SAME:
        if (is_numeric(type) || type == LAZ_YARA_IS_TEXT)
            return LAZ_OK;
        return fail_type(y, "expected a number or a text", type, at, err);
    case WANT_NUMERIC:
        return is_numeric(type) ? LAZ_OK : fail_type(y, "expected a number", type, at, err);
    case WANT_NUMBER:
        if (type == LAZ_YARA_IS_NUMBER)
            return LAZ_OK;
        return fail_type(y, "expected a number that is whole", type, at, err);
    case WANT_TEXT:
    case WANT_REGEX:
        break;
    }
    return type == LAZ_YARA_IS_TEXT ? LAZ_OK : fail_type(y, "expected a text", type, at, err);
}

static enum laz_status want_right(const struct laz_yara *y, enum want want, enum laz_yara_type left,
                                  enum laz_yara_type type, const struct laz_yara_word *at,
                                  struct laz_error *err)
{
    if (want == WANT_REGEX && type != LAZ_YARA_IS_REGEX)
        return fail_type(y, "expected a regular expression /…/", type, at, err);
    if (want == WANT_REGEX)
        return LAZ_OK;
    if (want == WANT_SAME)
        want = left == LAZ_YARA_IS_TEXT ? WANT_TEXT : WANT_NUMERIC;
    return want_left(y, want, type, at, err);
}

static enum laz_status take_unary(struct laz_yara *y, struct laz_yara_term *out,
                                  struct laz_error *err)
{
    bool is_negation = laz_yara_is(y, "-"), is_complement = laz_yara_is(y, "~");
    struct laz_yara_word at;
    enum laz_status s;

    if (!is_negation && !is_complement)
        return laz_yara_operand(y, out, err);
    if (++y->depth > DEPTH_MAX)
        return laz_yara_fail(y, LAZ_UNSUPPORTED, "expressions are nested too deep",
                             "expected a simpler condition", err);
    laz_yara_advance(y);
    at = y->word;
    s = take_unary(y, out, err);
    y->depth--;
    if (s == LAZ_OK)
        s = want_left(y, is_negation ? WANT_NUMERIC : WANT_NUMBER, out->type, &at, err);
    if (s != LAZ_OK)
        return s;
    return laz_yara_fold(y, is_negation ? LAZ_NODE_NEGATE : LAZ_NODE_BIT_NOT, out, NULL, &at, out,
                         err);
}

/* The right side of operator and what it makes of both. */
static enum laz_status take_right(struct laz_yara *y, const struct operator* operator,
                                  const struct laz_yara_word * left_at, struct laz_yara_term *out,
                                  struct laz_error *err)
{
    struct laz_yara_word at;
    struct laz_yara_term right;
    enum laz_status s = want_left(y, operator->want, out->type, left_at, err);

    if (s != LAZ_OK)
        return s;
    laz_yara_advance(y);
    at = y->word;
    s = laz_yara_expression(y, operator->level + 1, &right, err);
    if (s == LAZ_OK)
        s = want_right(y, operator->want, out->type, right.type, &at, err);
    return s == LAZ_OK ? laz_yara_fold(y, operator->kind, out, &right, &at, out, err) : s;
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
    struct laz_yara_word at = y->word;
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
        s = take_right(y, operator, & at, out, err);
    }
    return s;
}

/* What stands where only its truth matters. */
static enum laz_status want_truth(const struct laz_yara *y, const struct laz_yara_term *term,
                                  const struct laz_yara_word *at, struct laz_error *err)
{
    if (term->type == LAZ_YARA_IS_REGEX)
        return fail_type(y, "expected what is true or false", term->type, at, err);
    if (term->type == LAZ_YARA_IS_TEXT && laz_node_at(y->set, term->node)->kind == LAZ_NODE_TEXT)
        laz_yara_warn(y, at, "a text stands where true or false is meant",
                      "it is true unless it is empty");
    return LAZ_OK;
}

static enum laz_status take_not(struct laz_yara *y, struct laz_yara_term *out,
                                struct laz_error *err)
{
    bool is_not = laz_yara_is(y, "not"), is_defined = laz_yara_is(y, "defined");
    struct laz_yara_word at;
    enum laz_status s;

    if (!is_not && !is_defined)
        return take_binary(y, 1, out, err);
    if (++y->depth > DEPTH_MAX)
        return laz_yara_fail(y, LAZ_UNSUPPORTED, "expressions are nested too deep",
                             "expected a simpler condition", err);
    laz_yara_advance(y);
    at = y->word;
    s = take_not(y, out, err);
    y->depth--;
    if (s == LAZ_OK && is_not)
        s = want_truth(y, out, &at, err);
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
    struct laz_yara_word at = y->word;
    enum laz_status s = is_or ? take_chain(y, false, out, err) : take_not(y, out, err);

    while (s == LAZ_OK && laz_yara_is(y, is_or ? "or" : "and")) {
        struct laz_yara_term right;

        s = want_truth(y, out, &at, err);
        if (s != LAZ_OK)
            return s;
        laz_yara_advance(y);
        at = y->word;
        s = is_or ? take_chain(y, false, &right, err) : take_not(y, &right, err);
        if (s == LAZ_OK)
            s = want_truth(y, &right, &at, err);
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

enum laz_status laz_yara_check_range(const struct laz_yara *y, uint32_t first, uint32_t last,
                                     const struct laz_yara_word *at, struct laz_error *err)
{
    const struct laz_node *a = laz_node_at(y->set, first), *b = laz_node_at(y->set, last);

    if (a->kind != LAZ_NODE_NUMBER || b->kind != LAZ_NODE_NUMBER || a->n <= b->n)
        return LAZ_OK;
    return laz_fail_at(err, LAZ_INVALID, "rule", y->source->name, at->line, at->column,
                       "the range is empty", "expected its smaller number first");
}

enum laz_status laz_yara_range(struct laz_yara *y, uint32_t *first, uint32_t *last,
                               struct laz_error *err)
{
    struct laz_yara_word at = y->word;
    enum laz_status s = laz_yara_need(y, "(", err);

    if (s == LAZ_OK)
        s = laz_yara_number(y, first, err);
    if (s == LAZ_OK)
        s = laz_yara_need(y, "..", err);
    if (s == LAZ_OK)
        s = laz_yara_number(y, last, err);
    if (s == LAZ_OK)
        s = laz_yara_need(y, ")", err);
    return s == LAZ_OK ? laz_yara_check_range(y, *first, *last, &at, err) : s;
}

enum laz_status laz_yara_condition(struct laz_yara *y, struct laz_error *err)
{
    struct laz_yara_word at = y->word;
    struct laz_yara_term term;
    enum laz_status s;

    y->depth = 0;
    y->pattern_loops = 0;
    y->variable_count = y->slot_count = 0;
    s = laz_yara_expression(y, 0, &term, err);
    if (s == LAZ_OK)
        s = want_truth(y, &term, &at, err);
    if (s != LAZ_OK)
        return s;
    y->rule.condition = term.node;
    return laz_ruleset_failed(y->set, err);
}
