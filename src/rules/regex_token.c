#include "rules/compiler_priv.h"
#include "rules/regex.h"

/* A tree that grows by tokens: where the next node belongs. */
struct builder {
    struct laz_regex_tree *t;
    uint32_t sequence;
    bool ok;
};

static struct laz_regex_node *add_one(struct builder *b, uint32_t parent)
{
    uint32_t node = laz_regex_add(b->t, parent, LAZ_REGEX_ONE);

    b->ok = b->ok && node != 0;
    return &b->t->nodes[node];
}

static void add_byte(struct builder *b, struct laz_token token, bool nocase)
{
    struct laz_regex_node *one = add_one(b, b->sequence);

    if (!b->ok)
        return;
    for (unsigned c = 0; c < 256; c++)
        if ((c & token.mask) == token.value)
            laz_regex_set_add(one->set, c);
    if (nocase)
        laz_regex_set_fold(one->set);
    if (token.kind == LAZ_TOKEN_NOT_BYTE)
        laz_regex_set_invert(one->set);
}

/* A jump takes as few bytes as it can. */
static void add_gap(struct builder *b, struct laz_token token)
{
    uint32_t times = laz_regex_add(b->t, b->sequence, LAZ_REGEX_TIMES);
    struct laz_regex_node *one;

    b->ok = b->ok && times != 0 && token.min <= LAZ_REGEX_REPEAT_MAX;
    if (!b->ok)
        return;
    b->t->nodes[times].min = (uint16_t)token.min;
    b->t->nodes[times].max =
        token.max <= LAZ_REGEX_REPEAT_MAX ? (uint16_t)token.max : LAZ_REGEX_ENDLESS;
    b->t->nodes[times].is_lazy = true;
    one = add_one(b, times);
    if (b->ok)
        laz_regex_set_invert(one->set);
}

/* In a new sequence that is one of the alternatives in either. */
static void enter(struct builder *b, uint32_t either)
{
    b->sequence = either != 0 ? laz_regex_add(b->t, either, LAZ_REGEX_SEQUENCE) : 0;
    b->ok = b->ok && b->sequence != 0;
}

static void add_token(struct builder *b, struct laz_token token, bool nocase)
{
    const struct laz_regex_node *nodes = b->t->nodes;

    switch ((enum laz_token_kind)token.kind) {
    case LAZ_TOKEN_BYTE:
    case LAZ_TOKEN_NOT_BYTE:
        add_byte(b, token, nocase);
        break;
    case LAZ_TOKEN_GAP:
        if (token.max > 0)
            add_gap(b, token);
        break;
    case LAZ_TOKEN_OPEN:
        enter(b, laz_regex_add(b->t, b->sequence, LAZ_REGEX_EITHER));
        break;
    case LAZ_TOKEN_BAR:
        enter(b, nodes[b->sequence].parent);
        break;
    case LAZ_TOKEN_CLOSE:
        b->sequence = nodes[nodes[b->sequence].parent].parent;
        break;
    case LAZ_TOKEN_OPEN_NOT:
    case LAZ_TOKEN_BORDER:
        b->ok = false;
        break;
    }
}

bool laz_regex_from_tokens(const struct laz_ruleset *set, const struct laz_cut_form *form,
                           struct laz_regex_tree *out)
{
    bool nocase = laz_list_at(struct laz_body, &set->bodies, form->body)->nocase;
    struct builder b = {.t = out, .ok = true};

    *out = (struct laz_regex_tree){.status = LAZ_OK};
    b.sequence = laz_regex_add(out, 0, LAZ_REGEX_SEQUENCE);
    out->root = b.sequence;
    b.ok = b.sequence != 0;
    for (uint32_t i = 0; b.ok && i < form->token_count; i++)
        add_token(&b, *laz_list_at(struct laz_token, &set->tokens, form->token_first + i), nocase);
    return b.ok;
}
