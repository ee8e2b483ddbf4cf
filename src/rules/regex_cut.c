#include <stdlib.h>
#include <string.h>

#include "rules/compiler_priv.h"
#include "rules/regex.h"

#define ATOMS_MAX   256  /* of one expression */
#define KEPT_MAX    4096 /* while the best are looked for */
#define CHOICES_MAX 16   /* atoms that classes of few bytes make of one place */
#define FEW_BYTES   4    /* in such a class */
#define BEHIND_LOSS 12   /* of an atom behind a long repeat: going back from it is slow */
#define LONG_REPEAT 64
#define CHOICE_LOSS 2 /* of each doubling of the atoms of one place: bits, as worth has them */

/* A run of bytes that stands in the tree from node first to node last. */
struct atom {
    uint32_t first, last;
    uint8_t bytes[LAZ_ATOM_MAX];
    uint32_t len;
    bool nocase;
    bool is_exact; /* what looks like the atom is what the nodes ask for */
};

/* Atoms of which at least one stands in every match: some in a row, the worth is of the worst. */
struct plan {
    unsigned worth;
    size_t first, count;
};

struct cutter {
    const struct laz_regex_tree *t;
    bool wide;
    struct atom atoms[KEPT_MAX];
    size_t count;
};

static bool is_letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The bytes of a class when they are few: how many, and which. 0 when there are more. */
static unsigned few_bytes(const struct laz_regex_node *n, uint8_t *bytes)
{
    unsigned count = 0;

    if (n->kind != LAZ_REGEX_ONE)
        return 0;
    for (unsigned i = 0; i < LAZ_REGEX_SET_SIZE; i++) {
        for (unsigned bits = n->set[i]; bits != 0; bits &= bits - 1) {
            if (count == FEW_BYTES)
                return 0;
            bytes[count++] = (uint8_t)(8 * i + (unsigned)__builtin_ctz(bits));
        }
    }
    return count;
}

static bool is_pair(const uint8_t *bytes, unsigned count)
{
    return count == 2 && is_letter(bytes[0]) && (bytes[0] ^ 0x20) == bytes[1];
}

/* The node that follows in every match, or 0. */
static uint32_t next_of(const struct cutter *c, uint32_t node)
{
    const struct laz_regex_node *n = &c->t->nodes[node];

    return n->parent != 0 && c->t->nodes[n->parent].kind == LAZ_REGEX_SEQUENCE ? n->next : 0;
}

static void put(const struct cutter *c, struct atom *atom, uint8_t byte)
{
    atom->bytes[atom->len++] = byte;
    if (c->wide)
        atom->bytes[atom->len++] = 0;
}

static bool has_room(const struct cutter *c, const struct atom *atom)
{
    return atom->len + (c->wide ? 2 : 1) <= LAZ_ATOM_MAX;
}

static unsigned worth_of(const struct atom *atom)
{
    if (atom->len == 0 || atom->bytes[0] == 0) /* the matcher takes no 0 first */
        return 0;
    return laz_atom_worth(atom->bytes, atom->len, atom->nocase);
}

/* Keeps the atoms from c->count - count on in the place of the plan's, when they are better. */
static void offer(struct cutter *c, struct plan *best, struct plan other)
{
    if (other.worth <= best->worth) {
        c->count = best->first + best->count;
        return;
    }
    memmove(&c->atoms[best->first], &c->atoms[other.first], other.count * sizeof *c->atoms);
    best->worth = other.worth;
    best->count = other.count;
    c->count = best->first + best->count;
}

static unsigned less(unsigned worth, unsigned loss)
{
    return worth > loss ? worth - loss : worth > 0;
}

/* The longest atom from node on that needs no choice: whole bytes, and letters of either case. */
static void offer_plain(struct cutter *c, uint32_t node, unsigned loss, struct plan *best)
{
    struct atom atom = {.first = node, .is_exact = true};
    struct plan plan = {.first = c->count, .count = 1};
    bool has_letter = false;
    uint8_t bytes[FEW_BYTES];

    for (; node != 0 && has_room(c, &atom); node = next_of(c, node)) {
        unsigned count = few_bytes(&c->t->nodes[node], bytes);

        if (count != 1 && !is_pair(bytes, count))
            break;
        atom.nocase = atom.nocase || count == 2;
        has_letter = has_letter || (count == 1 && is_letter(bytes[0]));
        put(c, &atom, bytes[count - 1]);
        atom.last = node;
    }
    atom.is_exact = !atom.nocase || !has_letter;
    plan.worth = less(worth_of(&atom), loss);
    c->atoms[c->count++] = atom;
    offer(c, best, plan);
}

/* Each of the atoms from plan.first on, once with each of bytes behind it. */
static void multiply(struct cutter *c, struct plan *plan, const uint8_t *bytes, unsigned count,
                     uint32_t node)
{
    size_t before = plan->count;

    for (unsigned i = 1; i < count; i++)
        memcpy(&c->atoms[plan->first + i * before], &c->atoms[plan->first],
               before * sizeof *c->atoms);
    plan->count = before * count;
    for (size_t i = 0; i < plan->count; i++) {
        struct atom *atom = &c->atoms[plan->first + i];

        put(c, atom, bytes[i / before]);
        atom->last = node;
    }
}

static void weigh_choices(const struct cutter *c, struct plan *plan, unsigned loss)
{
    plan->worth = UINT32_MAX;
    for (size_t i = 0; i < plan->count; i++) {
        unsigned worth = worth_of(&c->atoms[plan->first + i]);

        plan->worth = worth < plan->worth ? worth : plan->worth;
    }
    for (size_t n = plan->count; n > 1; n /= 2)
        loss += CHOICE_LOSS;
    plan->worth = plan->worth == 0 ? 0 : less(plan->worth, loss);
}

/* Atoms from node on with classes of few bytes among them, each written out. The number of nodes is
 * what is worth most. */
static void offer_choices(struct cutter *c, uint32_t node, unsigned loss, struct plan *best)
{
    for (uint32_t len = 1; len <= LAZ_ATOM_MAX; len++) {
        struct plan plan = {.first = c->count, .count = 1};
        struct atom atom = {.first = node, .is_exact = true};
        uint32_t at = node, i;
        uint8_t bytes[FEW_BYTES];

        c->atoms[plan.first] = atom;
        for (i = 0; i < len && at != 0 && has_room(c, &c->atoms[plan.first]); i++) {
            unsigned count = few_bytes(&c->t->nodes[at], bytes);

            if (count == 0 || plan.count * count > CHOICES_MAX)
                break;
            multiply(c, &plan, bytes, count, at);
            at = next_of(c, at);
        }
        if (i < len)
            return;
        weigh_choices(c, &plan, loss);
        c->count = plan.first + plan.count;
        offer(c, best, plan);
    }
}

static bool has_few(const struct cutter *c, uint32_t node)
{
    uint8_t bytes[FEW_BYTES];

    return few_bytes(&c->t->nodes[node], bytes) > 0;
}

static void offer_at(struct cutter *c, uint32_t node, unsigned loss, struct plan *best)
{
    if (!has_few(c, node) || c->count > KEPT_MAX - 2 * CHOICES_MAX)
        return;
    offer_plain(c, node, loss, best);
    offer_choices(c, node, loss, best);
}

static struct plan plan_node(struct cutter *c, uint32_t node);

static struct plan plan_sequence(struct cutter *c, uint32_t node)
{
    struct plan best = {.first = c->count};
    unsigned loss = 0;

    for (uint32_t child = c->t->nodes[node].first; child != 0; child = c->t->nodes[child].next) {
        const struct laz_regex_node *n = &c->t->nodes[child];

        if (n->kind == LAZ_REGEX_ONE) {
            offer_at(c, child, loss, &best);
        } else {
            struct plan plan = plan_node(c, child);

            plan.worth = less(plan.worth, loss);
            offer(c, &best, plan);
        }
        if (n->kind == LAZ_REGEX_TIMES && n->max > LONG_REPEAT)
            loss = BEHIND_LOSS;
    }
    return best;
}

/* Each alternative needs atoms of its own. */
static struct plan plan_either(struct cutter *c, uint32_t node)
{
    struct plan all = {.first = c->count, .worth = UINT32_MAX};

    for (uint32_t child = c->t->nodes[node].first; child != 0; child = c->t->nodes[child].next) {
        struct plan plan = plan_node(c, child);

        if (plan.worth == 0 || all.count + plan.count > ATOMS_MAX) {
            c->count = all.first;
            return (struct plan){.first = all.first};
        }
        all.worth = plan.worth < all.worth ? plan.worth : all.worth;
        all.count += plan.count;
    }
    return all;
}

/* It calls itself for each group inside another, of which the parser allows LAZ_REGEX_DEPTH_MAX.
 * The plan's atoms are the last ones. */
static struct plan plan_node(struct cutter *c, uint32_t node)
{
    const struct laz_regex_node *n = &c->t->nodes[node];
    struct plan none = {.first = c->count};

    switch ((enum laz_regex_kind)n->kind) {
    case LAZ_REGEX_ONE:
        offer_at(c, node, 0, &none);
        return none;
    case LAZ_REGEX_SEQUENCE:
        return plan_sequence(c, node);
    case LAZ_REGEX_EITHER:
        return plan_either(c, node);
    case LAZ_REGEX_TIMES:
        return n->min > 0 ? plan_node(c, n->first) : none;
    case LAZ_REGEX_NOTHING:
    case LAZ_REGEX_BORDER:
        break;
    }
    return none;
}

static bool emit_part(struct laz_buf *programs, const struct laz_regex_tree *t, uint32_t node,
                      enum laz_regex_part part, uint32_t *at, uint32_t *len)
{
    *at = (uint32_t)programs->len;
    if (!laz_regex_emit(programs, t, node, part))
        return false;
    *len = (uint32_t)programs->len - *at;
    return true;
}

/* Both programs of a form whose atom stands in the nodes of atom; those of the form before it where
 * they are the same. */
static bool emit_form(struct laz_buf *programs, const struct laz_regex_tree *t,
                      const struct atom *atom, const struct atom *before, struct laz_cut_form *form)
{
    form->is_from_atom = !atom->is_exact;
    if (before != NULL && before->first == atom->first && before->last == atom->last &&
        before->is_exact == atom->is_exact)
        return true;
    return emit_part(programs, t, atom->first, LAZ_REGEX_BEFORE, &form->back, &form->back_len) &&
           emit_part(programs, t, atom->is_exact ? atom->last : atom->first,
                     atom->is_exact ? LAZ_REGEX_BEHIND : LAZ_REGEX_FROM, &form->ahead,
                     &form->ahead_len);
}

static bool emit_whole(struct laz_buf *programs, const struct laz_regex_tree *t,
                       struct laz_cut_form *form)
{
    return emit_part(programs, t, t->root, LAZ_REGEX_BEFORE, &form->back, &form->back_len) &&
           emit_part(programs, t, t->root, LAZ_REGEX_WHOLE, &form->ahead, &form->ahead_len);
}

static bool add_forms(struct laz_ruleset *set, const struct cutter *c, struct plan plan,
                      struct laz_cut_form form, struct laz_list *forms)
{
    struct laz_cut_form *item;
    bool ok = plan.count > 0 || emit_whole(&set->programs, c->t, &form);

    for (size_t i = 0; ok && i < (plan.count > 0 ? plan.count : 1); i++) {
        if (plan.count > 0) {
            const struct atom *atom = &c->atoms[plan.first + i];

            ok = emit_form(&set->programs, c->t, atom, i > 0 ? atom - 1 : NULL, &form);
            form.atom_len = atom->len;
            form.worth = plan.worth;
            form.atom_nocase = atom->nocase;
            memcpy(form.atom, atom->bytes, sizeof form.atom);
        }
        item = ok ? laz_list_add(set, forms, sizeof *item) : NULL;
        ok = item != NULL;
        if (ok)
            *item = form;
    }
    return ok;
}

bool laz_regex_cut(struct laz_ruleset *set, const struct laz_regex_tree *t,
                   const struct laz_cut_form *base, struct laz_list *forms)
{
    struct cutter *c = calloc(1, sizeof *c);
    const struct laz_body *body = laz_list_at(struct laz_body, &set->bodies, base->body);
    struct laz_cut_form form = *base;
    struct plan plan;
    bool ok;

    if (c == NULL)
        return false;
    c->t = t;
    c->wide = body->wide && !base->is_of_bytes;
    form.is_regex = true;
    form.is_greedy = t->has_greedy;
    form.is_ascii_too = body->wide && body->ascii_too;
    form.lead = LAZ_LEAD_NONE;
    plan = plan_node(c, t->root);
    ok = add_forms(set, c, plan, form, forms);
    free(c);
    return ok;
}
