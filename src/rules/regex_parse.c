#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "rules/regex_priv.h"

#define COPIES_MAX 8 /* of one byte that is repeated: an atom needs no more */

bool laz_regex_refuse(struct laz_regex_parser *p, const char *why)
{
    if (p->problem->why == NULL)
        *p->problem = (struct laz_regex_problem){why, p->text.len - p->rest.len};
    return false;
}

/* What is right, but more than is taken. */
static bool refuse_more(struct laz_regex_parser *p, const char *why)
{
    p->status = LAZ_UNSUPPORTED;
    return laz_regex_refuse(p, why);
}

bool laz_regex_take(struct laz_regex_parser *p, uint8_t c)
{
    return p->rest.len > 0 && p->rest.data[0] == c && laz_skip(&p->rest, 1);
}

static uint32_t add(struct laz_regex_parser *p, uint32_t parent, enum laz_regex_kind kind)
{
    uint32_t node = laz_regex_add(p->out, parent, kind);

    if (node != 0)
        return node;
    if (p->out->status == LAZ_NOMEM) {
        p->status = LAZ_NOMEM;
        laz_regex_refuse(p, "no memory");
    } else {
        refuse_more(p, "expected a smaller expression");
    }
    return 0;
}

static uint32_t add_set(struct laz_regex_parser *p, const uint8_t *set, bool is_negated)
{
    uint32_t node = add(p, 0, LAZ_REGEX_ONE);
    uint8_t *mine;

    if (node == 0)
        return 0;
    mine = p->out->nodes[node].set;
    memcpy(mine, set, LAZ_REGEX_SET_SIZE);
    if (p->flags.nocase)
        laz_regex_set_fold(mine);
    if (is_negated)
        laz_regex_set_invert(mine);
    return node;
}

static uint32_t add_border(struct laz_regex_parser *p, enum laz_regex_op op)
{
    uint32_t node = add(p, 0, LAZ_REGEX_BORDER);

    if (node != 0)
        p->out->nodes[node].op = (uint8_t)op;
    return node;
}

static uint32_t take_escape(struct laz_regex_parser *p)
{
    uint8_t set[LAZ_REGEX_SET_SIZE] = {0}, name, c;

    if (!laz_take_u8(&p->rest, &name)) {
        laz_regex_refuse(p, "expected a character after '\\'");
        return 0;
    }
    if (name == 'b' || name == 'B')
        return add_border(p, name == 'b' ? LAZ_REGEX_WORD : LAZ_REGEX_NOT_WORD);
    if (!laz_regex_set_class(set, name)) {
        if (!laz_regex_take_escaped(p, name, &c))
            return 0;
        laz_regex_set_add(set, c);
    }
    return add_set(p, set, false);
}

static uint32_t take_class(struct laz_regex_parser *p)
{
    uint8_t set[LAZ_REGEX_SET_SIZE] = {0};
    bool is_negated;

    return laz_regex_take_class(p, set, &is_negated) ? add_set(p, set, is_negated) : 0;
}

static uint32_t take_alternatives(struct laz_regex_parser *p);

/* Behind '('. The page of YARA knows no group that does not capture; here both are the same. */
static uint32_t take_group(struct laz_regex_parser *p)
{
    struct laz_view inside;
    uint32_t node;

    if (++p->depth > LAZ_REGEX_DEPTH_MAX) {
        refuse_more(p, "expected fewer groups inside one another");
        return 0;
    }
    inside = p->rest;
    if (laz_regex_take(p, '?') && !laz_regex_take(p, ':')) {
        p->rest = inside;
        laz_regex_refuse(p, "expected something to repeat before '?'");
        return 0;
    }
    node = take_alternatives(p);
    if (node != 0 && !laz_regex_take(p, ')')) {
        laz_regex_refuse(p, "expected ')'");
        return 0;
    }
    p->depth--;
    return node;
}

static uint32_t take_dot(struct laz_regex_parser *p)
{
    uint8_t set[LAZ_REGEX_SET_SIZE] = {0};

    if (!p->flags.dot_all)
        laz_regex_set_add(set, '\n');
    return add_set(p, set, true);
}

static uint32_t take_character(struct laz_regex_parser *p)
{
    uint8_t set[LAZ_REGEX_SET_SIZE] = {0}, c = p->rest.data[0];
    struct laz_view before = p->rest;
    struct laz_regex_range range;

    if (c == '*' || c == '+' || c == '?' || laz_regex_take_range(p, &range)) {
        p->rest = before;
        laz_regex_refuse(p, "expected something to repeat");
        return 0;
    }
    if (p->problem->why != NULL)
        return 0;
    laz_regex_set_add(set, c);
    p->rest = laz_view_from_offset(p->rest, 1);
    return add_set(p, set, false);
}

static uint32_t take_one(struct laz_regex_parser *p)
{
    if (laz_regex_take(p, '('))
        return take_group(p);
    if (laz_regex_take(p, '['))
        return take_class(p);
    if (laz_regex_take(p, '\\'))
        return take_escape(p);
    if (laz_regex_take(p, '^'))
        return add_border(p, LAZ_REGEX_START);
    if (laz_regex_take(p, '$'))
        return add_border(p, LAZ_REGEX_END);
    if (laz_regex_take(p, '.'))
        return take_dot(p);
    return take_character(p);
}

/* What repeats the piece before; false when nothing does. */
static bool take_quantifier(struct laz_regex_parser *p, struct laz_regex_range *range)
{
    *range = (struct laz_regex_range){1, LAZ_REGEX_ENDLESS, false};
    if (laz_regex_take(p, '*'))
        range->min = 0;
    else if (laz_regex_take(p, '?'))
        *range = (struct laz_regex_range){0, 1, false};
    else if (!laz_regex_take(p, '+') && !laz_regex_take_range(p, range))
        return false;
    range->is_lazy = laz_regex_take(p, '?');
    p->out->has_lazy = p->out->has_lazy || range->is_lazy;
    p->out->has_greedy = p->out->has_greedy || !range->is_lazy;
    return true;
}

/* One byte that stands several times first stands there as often, so that it can be part of an
 * atom. range is then what is left. */
static bool add_copies(struct laz_regex_parser *p, uint32_t sequence, uint32_t node,
                       struct laz_regex_range *range)
{
    for (unsigned i = 0; i < COPIES_MAX && range->min > 0; i++) {
        uint32_t copy = add(p, sequence, LAZ_REGEX_ONE);

        if (copy == 0)
            return false;
        memcpy(p->out->nodes[copy].set, p->out->nodes[node].set, LAZ_REGEX_SET_SIZE);
        range->min--;
        if (range->max != LAZ_REGEX_ENDLESS)
            range->max--;
    }
    return true;
}

static bool add_times(struct laz_regex_parser *p, uint32_t sequence, uint32_t node,
                      struct laz_regex_range range)
{
    uint32_t times;

    if (p->out->nodes[node].kind == LAZ_REGEX_ONE && !add_copies(p, sequence, node, &range))
        return false;
    if (range.max == 0)
        return true;
    times = add(p, sequence, LAZ_REGEX_TIMES);
    if (times == 0)
        return false;
    p->out->nodes[times].min = range.min;
    p->out->nodes[times].max = range.max;
    p->out->nodes[times].is_lazy = range.is_lazy;
    laz_regex_move(p->out, node, times);
    return true;
}

/* A sequence inside a sequence is none of its own. */
static void add_plain(struct laz_regex_parser *p, uint32_t sequence, uint32_t node)
{
    if (p->out->nodes[node].kind != LAZ_REGEX_SEQUENCE) {
        laz_regex_move(p->out, node, sequence);
        return;
    }
    while (p->out->nodes[node].first != 0)
        laz_regex_move(p->out, p->out->nodes[node].first, sequence);
}

static bool take_piece(struct laz_regex_parser *p, uint32_t sequence)
{
    struct laz_regex_range range;
    bool is_group = p->rest.len > 0 && p->rest.data[0] == '(';
    uint32_t node = take_one(p);

    if (node == 0)
        return false;
    if ((is_group || p->out->nodes[node].kind != LAZ_REGEX_BORDER) && take_quantifier(p, &range))
        return add_times(p, sequence, node, range);
    if (p->problem->why != NULL)
        return false;
    add_plain(p, sequence, node);
    return true;
}

static bool is_at_end(const struct laz_regex_parser *p)
{
    return p->rest.len == 0 || p->rest.data[0] == '|' || p->rest.data[0] == ')';
}

/* A sequence of one piece is that piece. */
static uint32_t take_sequence(struct laz_regex_parser *p)
{
    uint32_t node = add(p, 0, LAZ_REGEX_SEQUENCE), only;

    if (node == 0)
        return 0;
    while (!is_at_end(p))
        if (!take_piece(p, node))
            return 0;
    only = p->out->nodes[node].first;
    if (only == 0 || p->out->nodes[only].next != 0)
        return node;
    p->out->nodes[only].parent = 0;
    return only;
}

static uint32_t take_alternatives(struct laz_regex_parser *p)
{
    uint32_t either, node;

    if (is_at_end(p)) {
        laz_regex_refuse(p, "expected a character");
        return 0;
    }
    node = take_sequence(p);
    if (node == 0 || p->rest.len == 0 || p->rest.data[0] != '|')
        return node;
    either = add(p, 0, LAZ_REGEX_EITHER);
    if (either == 0)
        return 0;
    laz_regex_move(p->out, node, either);
    while (laz_regex_take(p, '|')) {
        node = take_sequence(p);
        if (node == 0)
            return 0;
        laz_regex_move(p->out, node, either);
    }
    return either;
}

enum laz_status laz_regex_parse(struct laz_view text, struct laz_regex_flags flags,
                                struct laz_regex_tree *out, struct laz_regex_problem *problem)
{
    struct laz_regex_parser p = {.text = text,
                                 .rest = text,
                                 .flags = flags,
                                 .out = out,
                                 .problem = problem,
                                 .status = LAZ_INVALID};

    *out = (struct laz_regex_tree){.status = LAZ_OK};
    *problem = (struct laz_regex_problem){NULL, 0};
    out->root = take_alternatives(&p);
    if (out->root != 0 && p.rest.len > 0) {
        laz_regex_refuse(&p, "expected '(' before ')'");
        out->root = 0;
    }
    if (out->root != 0)
        return LAZ_OK;
    laz_regex_clear(out);
    return p.status;
}
