/* How well yara itself can look for a string: it warns of those that are slow for it, and scripts
 * that make its warnings errors rely on them. The measure is its own ("atom quality"), found by
 * what yara 4.2.3 warns of. */
#include <limits.h>

#include "base/number.h"
#include "rules/regex.h"
#include "rules/yara_priv.h"

#define ATOM_MAX  4 /* bytes that yara looks for */
#define GOOD      38
#define STEPS_MAX 20000 /* behind them a string counts as good */

#define LETTER   18
#define COMMON   12
#define OTHER    20
#define HALF     4
#define ANY      (-10)
#define EACH     2 /* for each byte that differs */
#define ALL_SAME (-10)

/* The last bytes before a place, and the best that was met so far. */
struct run {
    struct laz_token items[ATOM_MAX];
    unsigned count;
    int best;
};

struct walk {
    const struct laz_regex_tree *tree;
    bool nocase;
    uint32_t steps_left;
};

static bool is_common(uint8_t c)
{
    return c == 0x00 || c == 0x20 || c == 0xcc || c == 0xff;
}

static int value_of(const struct laz_token *t)
{
    uint8_t lower = t->value | 0x20;

    if (t->mask == 0)
        return ANY;
    if (t->mask != 0xff)
        return HALF;
    if (is_common(t->value))
        return COMMON;
    return lower >= 'a' && lower <= 'z' ? LETTER : OTHER;
}

static int quality(const struct laz_token *items, unsigned count)
{
    int sum = 0, differing = 0;
    bool is_padding = true;

    for (unsigned i = 0; i < count; i++) {
        bool is_new = items[i].mask == 0xff;

        sum += value_of(&items[i]);
        for (unsigned j = 0; j < i; j++)
            is_new = is_new && (items[j].mask != 0xff || items[j].value != items[i].value);
        differing += is_new;
        if (items[i].mask == 0xff)
            is_padding = is_padding && (is_common(items[i].value) || items[i].value == 0x90);
    }
    if (differing == 1 && is_padding)
        return sum + ALL_SAME * (int)count;
    return sum + EACH * differing;
}

static void add_byte(struct run *r, uint8_t value, uint8_t mask)
{
    if (r->count == ATOM_MAX) {
        memmove(r->items, r->items + 1, (ATOM_MAX - 1) * sizeof *r->items);
        r->count--;
    }
    r->items[r->count++] = (struct laz_token){LAZ_TOKEN_BYTE, value, mask, 0, 0};
    for (unsigned first = 0; first < r->count; first++) {
        int q = quality(r->items + first, r->count - first);

        r->best = q > r->best ? q : r->best;
    }
}

static unsigned count_set(const uint8_t *set, unsigned *last)
{
    unsigned count = 0;

    for (unsigned c = 0; c < 256; c++) {
        if (laz_regex_set_has(set, c)) {
            *last = c;
            count++;
        }
    }
    return count;
}

static bool is_dot(const uint8_t *set)
{
    unsigned last = 0, count = count_set(set, &last);

    return count == 256 || (count == 255 && !laz_regex_set_has(set, '\n'));
}

static void walk_one(const struct walk *w, const struct laz_regex_node *node, struct run *r)
{
    unsigned last = 0, count = count_set(node->set, &last);

    if (is_dot(node->set))
        add_byte(r, 0, 0);
    else if (count == 1 || (count == 2 && w->nocase))
        add_byte(r, (uint8_t)last, 0xff);
    else
        r->count = 0;
}

static void walk_node(struct walk *w, uint32_t index, struct run *r);

/* Any of them may be the one that is there: the worst decides. */
static void walk_either(struct walk *w, const struct laz_regex_node *node, struct run *r)
{
    int worst = INT_MAX;

    for (uint32_t i = node->first; i != 0; i = w->tree->nodes[i].next) {
        struct run own = {.count = 0};

        walk_node(w, i, &own);
        worst = own.best < worst ? own.best : worst;
    }
    r->best = worst > r->best ? worst : r->best;
    r->count = 0;
}

static void walk_times(struct walk *w, const struct laz_regex_node *node, struct run *r)
{
    if (node->min == 0)
        r->count = 0;
    for (unsigned i = 0; i < node->min && i < ATOM_MAX; i++)
        walk_node(w, node->first, r);
    if (node->min != node->max)
        r->count = 0;
}

/* As deep as groups may stand inside one another; steps_left bounds what is repeated. */
static void walk_node(struct walk *w, uint32_t index, struct run *r)
{
    const struct laz_regex_node *node = &w->tree->nodes[index];

    if (index == 0 || w->steps_left == 0)
        return;
    w->steps_left--;
    switch ((enum laz_regex_kind)node->kind) {
    case LAZ_REGEX_NOTHING:
    case LAZ_REGEX_BORDER:
        return;
    case LAZ_REGEX_ONE:
        walk_one(w, node, r);
        return;
    case LAZ_REGEX_SEQUENCE:
        for (uint32_t i = node->first; i != 0; i = w->tree->nodes[i].next)
            walk_node(w, i, r);
        return;
    case LAZ_REGEX_EITHER:
        walk_either(w, node, r);
        return;
    case LAZ_REGEX_TIMES:
        walk_times(w, node, r);
        return;
    }
}

bool laz_yara_is_slow_regex(const struct laz_regex_tree *tree, bool nocase)
{
    struct walk w = {tree, nocase, STEPS_MAX};
    struct run r = {.count = 0};

    walk_node(&w, tree->root, &r);
    return w.steps_left > 0 && r.best < GOOD;
}

bool laz_yara_has_endless_dot(const struct laz_regex_tree *tree)
{
    for (uint32_t i = 1; i < tree->count; i++) {
        const struct laz_regex_node *node = &tree->nodes[i], *child = &tree->nodes[node->first];

        if (node->kind == LAZ_REGEX_TIMES && node->max == LAZ_REGEX_ENDLESS && node->first != 0 &&
            child->kind == LAZ_REGEX_ONE && is_dot(child->set))
            return true;
    }
    return false;
}

/* From a token on, up to the end or to what ends this alternative. Returns the index of that. */
static uint32_t walk_tokens(const struct laz_token *tokens, uint32_t count, uint32_t at,
                            struct run *r)
{
    for (; at < count; at++) {
        const struct laz_token *t = &tokens[at];
        int worst = INT_MAX;

        switch ((enum laz_token_kind)t->kind) {
        case LAZ_TOKEN_BYTE:
            add_byte(r, t->value, t->mask);
            break;
        case LAZ_TOKEN_GAP:
            if (t->min == 1 && t->max == 1)
                add_byte(r, 0, 0);
            else
                r->count = 0;
            break;
        case LAZ_TOKEN_OPEN:
            do { /* no deeper than LAZ_NESTING_MAX */
                struct run own = {.count = 0};

                at = walk_tokens(tokens, count, at + 1, &own);
                worst = own.best < worst ? own.best : worst;
            } while (at < count && tokens[at].kind == LAZ_TOKEN_BAR);
            r->best = worst > r->best ? worst : r->best;
            r->count = 0;
            break;
        case LAZ_TOKEN_BAR:
        case LAZ_TOKEN_CLOSE:
            return at;
        case LAZ_TOKEN_NOT_BYTE:
        case LAZ_TOKEN_OPEN_NOT:
        case LAZ_TOKEN_BORDER:
            r->count = 0;
            break;
        }
    }
    return at;
}

bool laz_yara_is_slow_hex(const struct laz_token *tokens, uint32_t count)
{
    struct run r = {.count = 0};

    return walk_tokens(tokens, count, 0, &r) == count && r.best < GOOD;
}

/* Where in text the best bytes to look for are. */
static size_t find_best(const uint8_t *text, size_t len, size_t *atom_len)
{
    size_t best_at = 0;
    int best = INT_MIN;

    *atom_len = len < ATOM_MAX ? len : ATOM_MAX;
    for (size_t at = 0; at + *atom_len <= len; at++) {
        struct laz_token items[ATOM_MAX];
        int q;

        for (size_t i = 0; i < *atom_len; i++)
            items[i] = (struct laz_token){LAZ_TOKEN_BYTE, text[at + i], 0xff, 0, 0};
        q = quality(items, (unsigned)*atom_len);
        if (q > best) {
            best = q;
            best_at = at;
        }
    }
    return best_at;
}

static int quality_under(const uint8_t *atom, size_t len, bool wide, uint8_t key)
{
    struct laz_token items[ATOM_MAX];
    unsigned count = 0;

    for (size_t i = 0; i < len && count < ATOM_MAX; i++) {
        items[count++] = (struct laz_token){LAZ_TOKEN_BYTE, atom[i] ^ key, 0xff, 0, 0};
        if (wide && count < ATOM_MAX)
            items[count++] = (struct laz_token){LAZ_TOKEN_BYTE, key, 0xff, 0, 0};
    }
    return quality(items, count);
}

bool laz_yara_is_slow_text(const uint8_t *text, size_t len, const struct laz_yara_modifiers *m)
{
    size_t atom_len, at = find_best(text, len, &atom_len);

    for (unsigned key = m->xor_first; key <= m->xor_last; key++)
        if ((m->ascii && quality_under(text + at, atom_len, false, (uint8_t)key) < GOOD) ||
            (m->wide && quality_under(text + at, atom_len, true, (uint8_t)key) < GOOD))
            return true;
    return false;
}
