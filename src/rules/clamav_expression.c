/* Logical expressions: numbers of sub-signatures, & and |, and how often (=N, >N, <N, and ,M for
 * how many different ones). As in ClamAV, & and | have one rank: outside of parentheses the first
 * one is the outermost, inside of them the last one, and what stands left of that the other way
 * round. */
#include <string.h>

#include "base/number.h"
#include "rules/clamav_priv.h"

#define TERMS_MAX 512
#define NODES_MAX 8192 /* of one expression, while counts are written out */
#define DEPTH_MAX 32

enum term_kind { TERM_SUB, TERM_AND, TERM_OR };

struct term {
    uint8_t kind;         /* enum term_kind */
    char how;             /* '=', '<', '>' or 0 */
    uint32_t left, right; /* of a sub-signature: left is its number */
    uint64_t n, different;
};

struct reader {
    struct laz_clamav_logic *logic;
    struct laz_view text, rest;
    uint32_t sub_limit, highest;
    struct term terms[TERMS_MAX];
    uint32_t term_count;
    unsigned depth;
    size_t first_node;
    bool is_too_large;
    struct laz_error *err;
    enum laz_status status; /* of the sub-signatures that are asked for */
};

static enum laz_status expected(struct reader *r, const uint8_t *at, const char *what)
{
    return laz_clamav_fail(r->logic->line, LAZ_INVALID, at, what, "", r->err);
}

static bool next_is(const struct reader *r, const char *set)
{
    return r->rest.len > 0 && strchr(set, r->rest.data[0]) != NULL && r->rest.data[0] != '\0';
}

static bool take_number(struct reader *r, uint64_t max, uint64_t *out)
{
    size_t len = 0;

    while (len < r->rest.len && r->rest.data[len] >= '0' && r->rest.data[len] <= '9')
        len++;
    return laz_parse_u64(laz_view_first(r->rest, len), max, out) && laz_skip(&r->rest, len);
}

static enum laz_status add_term(struct reader *r, struct term term, uint32_t *out)
{
    if (r->term_count == TERMS_MAX)
        return expected(r, r->rest.data, "expected a shorter expression");
    r->terms[r->term_count] = term;
    *out = r->term_count++;
    return LAZ_OK;
}

/* =N, >N or <N, and ,M behind it. */
static enum laz_status take_how_often(struct reader *r, struct term *term)
{
    if (!next_is(r, "=<>"))
        return LAZ_OK;
    term->how = (char)r->rest.data[0];
    laz_ignore(laz_skip(&r->rest, 1)); /* the sign, which is there */
    if (!take_number(r, UINT32_MAX, &term->n))
        return expected(r, r->rest.data, "expected a number of matches");
    if (!next_is(r, ","))
        return LAZ_OK;
    laz_ignore(laz_skip(&r->rest, 1)); /* the comma, which is there */
    if (!take_number(r, UINT32_MAX, &term->different))
        return expected(r, r->rest.data, "expected a number of different sub-signatures");
    return LAZ_OK;
}

static enum laz_status take_level(struct reader *r, bool in_parentheses, uint32_t *out,
                                  size_t *count);

static enum laz_status take_group(struct reader *r, uint32_t *out)
{
    const uint8_t *open = r->rest.data;
    size_t count = 0;
    enum laz_status s;

    laz_ignore(laz_skip(&r->rest, 1)); /* the parenthesis, which is there */
    if (++r->depth > DEPTH_MAX)
        return expected(r, open, "expected fewer parentheses inside one another");
    s = take_level(r, true, out, &count);
    if (s != LAZ_OK)
        return s;
    if (!next_is(r, ")"))
        return expected(r, r->rest.data, "expected ')'");
    laz_ignore(laz_skip(&r->rest, 1)); /* it is there */
    r->depth--;
    if (!next_is(r, "=<>"))
        return LAZ_OK;
    if (count < 2) /* ClamAV takes none of one sub-signature, or of one group */
        return expected(r, r->rest.data, "expected a group of several before a number of matches");
    return take_how_often(r, &r->terms[*out]);
}

static enum laz_status take_operand(struct reader *r, uint32_t *out)
{
    struct term term = {.kind = TERM_SUB};
    const uint8_t *at = r->rest.data;
    uint64_t number;
    enum laz_status s;

    if (next_is(r, "("))
        return take_group(r, out);
    if (!take_number(r, LAZ_CLAMAV_SUBS_MAX - 1, &number))
        return expected(r, at, "expected the number of a sub-signature, 0 to 63, or '('");
    if (number >= r->sub_limit)
        return expected(r, at, "expected the number of a sub-signature that is there");
    if (number > r->highest)
        r->highest = (uint32_t)number;
    term.left = (uint32_t)number;
    s = take_how_often(r, &term);
    return s == LAZ_OK ? add_term(r, term, out) : s;
}

/* The operands [first, end) with signs between them, from the right: the first one is outermost. */
static enum laz_status fold(struct reader *r, const uint32_t *operands, const uint8_t *kinds,
                            size_t first, size_t end, uint32_t *out)
{
    uint32_t folded = operands[end - 1];

    for (size_t i = end - 1; i > first; i--) {
        enum laz_status s = add_term(
            r, (struct term){.kind = kinds[i - 1], .left = operands[i - 1], .right = folded},
            &folded);

        if (s != LAZ_OK)
            return s;
    }
    *out = folded;
    return LAZ_OK;
}

static enum laz_status take_level(struct reader *r, bool in_parentheses, uint32_t *out,
                                  size_t *operand_count)
{
    uint32_t operands[LAZ_CLAMAV_SUBS_MAX * 2];
    uint8_t kinds[LAZ_CLAMAV_SUBS_MAX * 2];
    size_t count = 0;
    enum laz_status s;

    for (;;) {
        if (count == sizeof operands / sizeof *operands)
            return expected(r, r->rest.data, "expected a shorter expression");
        s = take_operand(r, &operands[count]);
        if (s != LAZ_OK)
            return s;
        count++;
        if (!next_is(r, "&|"))
            break;
        kinds[count - 1] = r->rest.data[0] == '&' ? TERM_AND : TERM_OR;
        laz_ignore(laz_skip(&r->rest, 1)); /* the sign, which is there */
    }
    *operand_count = count;
    if (!in_parentheses || count < 3)
        return fold(r, operands, kinds, 0, count, out);
    s = fold(r, operands, kinds, 0, count - 1, &operands[count - 2]);
    return s == LAZ_OK ? fold(r, operands, kinds, count - 2, count, out) : s;
}

/* What follows writes nodes. A term's truth is that of what it stands for; its count is 0 unless it
 * is true. */

static bool is_spent(struct reader *r)
{
    r->is_too_large =
        r->is_too_large || r->logic->line->set->nodes.count - r->first_node > NODES_MAX;
    return r->is_too_large || r->status != LAZ_OK;
}

static uint32_t join(struct reader *r, enum laz_node_kind kind, uint32_t a, uint32_t b)
{
    return laz_node_join(r->logic->line->set, kind, a, b);
}

static uint32_t sub_node(struct reader *r, uint32_t sub, bool count)
{
    uint32_t node = 0;

    if (is_spent(r))
        return 0;
    r->status = count ? laz_clamav_sub_count(r->logic, sub, &node, r->err)
                      : laz_clamav_sub_found(r->logic, sub, &node, r->err);
    return node;
}

static uint32_t truth_of(struct reader *r, uint32_t index);
static uint32_t count_of(struct reader *r, uint32_t index);

/* The operands of a chain of one sign, without those that say how often. */
static void gather(const struct reader *r, uint32_t index, uint8_t kind, uint32_t *out,
                   size_t *count)
{
    for (;;) {
        const struct term *t = &r->terms[index];

        if (t->kind != kind || t->how != 0 || *count == TERMS_MAX - 1) {
            out[(*count)++] = index;
            return;
        }
        /* Chains lean to the right, or once to the left: that one is taken as a whole. */
        if (r->terms[t->left].kind == kind && r->terms[t->left].how == 0 &&
            r->terms[t->right].kind != kind) {
            out[(*count)++] = t->right;
            index = t->left;
        } else {
            out[(*count)++] = t->left;
            index = t->right;
        }
    }
}

/* The truth of a term of two, whatever it says of how often. */
static uint32_t plain_truth(struct reader *r, uint32_t index)
{
    uint32_t chain[TERMS_MAX], node = 0;
    const struct term *t = &r->terms[index];
    size_t count = 0;

    gather(r, t->left, t->kind, chain, &count);
    gather(r, t->right, t->kind, chain, &count);
    for (size_t i = 0; i < count && !is_spent(r); i++) {
        uint32_t next = truth_of(r, chain[i]);

        node =
            i == 0 ? next : join(r, t->kind == TERM_AND ? LAZ_NODE_AND : LAZ_NODE_OR, node, next);
    }
    return node;
}

static uint32_t plain_count(struct reader *r, uint32_t index)
{
    uint32_t chain[TERMS_MAX], sum = 0;
    const struct term *t = &r->terms[index];
    size_t count = 0;

    gather(r, t->left, t->kind, chain, &count);
    gather(r, t->right, t->kind, chain, &count);
    for (size_t i = 0; i < count && !is_spent(r); i++) {
        uint32_t next = count_of(r, chain[i]);

        sum = i == 0 ? next : join(r, LAZ_NODE_ADD, sum, next);
    }
    return t->kind == TERM_OR ? sum : join(r, LAZ_NODE_MULTIPLY, plain_truth(r, index), sum);
}

/* Whether sub takes part in what makes the term true; 0: never. is_known: that the term is true is
 * asked elsewhere. */
static uint32_t part_of(struct reader *r, uint32_t index, uint32_t sub, bool is_outermost,
                        bool is_known)
{
    const struct term *t = &r->terms[index];
    bool is_and = t->kind == TERM_AND;
    uint32_t left, right, either;

    if (is_spent(r) || (t->kind != TERM_SUB && t->how != 0 && !is_outermost))
        return 0;
    if (t->kind == TERM_SUB && t->left != sub)
        return 0;
    if (t->kind == TERM_SUB)
        return is_known ? laz_node_add_number(r->logic->line->set, 1) : truth_of(r, index);
    left = part_of(r, t->left, sub, false, is_and);
    right = part_of(r, t->right, sub, false, is_and);
    either = left == 0 || right == 0 ? left + right : join(r, LAZ_NODE_OR, left, right);
    return either == 0 || is_known || !is_and
               ? either
               : join(r, LAZ_NODE_AND, plain_truth(r, index), either);
}

/* How many different sub-signatures take part. */
static uint32_t different_of(struct reader *r, uint32_t index)
{
    bool is_and = r->terms[index].kind == TERM_AND;
    uint32_t sum = 0;

    for (uint32_t sub = 0; sub <= r->highest; sub++) {
        uint32_t part = part_of(r, index, sub, true, is_and);

        if (part != 0)
            sum = sum == 0 ? part : join(r, LAZ_NODE_ADD, sum, part);
    }
    if (sum == 0)
        return laz_node_add_number(r->logic->line->set, 0);
    return is_and ? join(r, LAZ_NODE_MULTIPLY, plain_truth(r, index), sum) : sum;
}

static uint32_t compare(struct reader *r, uint32_t count, const struct term *t)
{
    enum laz_node_kind kind = t->how == '='   ? LAZ_NODE_EQUAL
                              : t->how == '<' ? LAZ_NODE_LESS
                                              : LAZ_NODE_GREATER;

    return join(r, kind, count, laz_node_add_number(r->logic->line->set, (int64_t)t->n));
}

static uint32_t truth_of(struct reader *r, uint32_t index)
{
    const struct term *t = &r->terms[index];
    uint32_t node;

    if (is_spent(r))
        return 0;
    if (t->kind == TERM_SUB)
        return t->how == 0 ? sub_node(r, t->left, false)
                           : compare(r, sub_node(r, t->left, true), t);
    if (t->how == 0)
        return plain_truth(r, index);
    node = compare(r, plain_count(r, index), t);
    if (t->different == 0)
        return node;
    return join(r, LAZ_NODE_AND, node,
                join(r, LAZ_NODE_GREATER_EQUAL, different_of(r, index),
                     laz_node_add_number(r->logic->line->set, (int64_t)t->different)));
}

static uint32_t count_of(struct reader *r, uint32_t index)
{
    const struct term *t = &r->terms[index];
    uint32_t count;

    if (is_spent(r))
        return 0;
    count = t->kind == TERM_SUB ? sub_node(r, t->left, true) : plain_count(r, index);
    return t->how == 0 ? count : join(r, LAZ_NODE_MULTIPLY, truth_of(r, index), count);
}

enum laz_status laz_clamav_read_expression(struct laz_clamav_logic *logic, struct laz_view text,
                                           uint32_t sub_limit, uint32_t *node, uint32_t *highest,
                                           struct laz_error *err)
{
    struct reader r = {
        .logic = logic,
        .text = text,
        .rest = text,
        .sub_limit = sub_limit,
        .first_node = logic->line->set->nodes.count,
        .err = err,
        .status = LAZ_OK,
    };
    uint32_t root = 0;
    size_t count;
    enum laz_status s = take_level(&r, false, &root, &count);

    if (s != LAZ_OK)
        return s;
    if (r.rest.len > 0)
        return expected(&r, r.rest.data, "expected '&', '|' or the end of the expression");
    *node = truth_of(&r, root);
    *highest = r.highest;
    if (r.status != LAZ_OK)
        return r.status;
    if (r.is_too_large)
        return laz_clamav_fail(logic->line, LAZ_UNSUPPORTED, text.data,
                               "counts inside counts make it too large", "", err);
    return laz_ruleset_failed(logic->line->set, err);
}
