#include <stdlib.h>
#include <string.h>

#include "rules/regex.h"

#define SETS_MAX 2048 /* different ones of one program */
#define NONE     UINT32_MAX

/* A program on its way. Both buffers become one with the header. */
struct emitter {
    const struct laz_regex_tree *t;
    struct laz_buf steps, sets;
    bool back, failed;
};

static uint32_t here(const struct emitter *e)
{
    return (uint32_t)(e->steps.len / LAZ_REGEX_STEP_SIZE);
}

static uint32_t add_step(struct emitter *e, enum laz_regex_op op, uint32_t set, uint32_t a,
                         uint32_t b)
{
    uint32_t step = here(e);

    /* the buffer remembers a refusal */
    laz_ignore(laz_buf_add_u16le(&e->steps, (uint16_t)op));
    laz_ignore(laz_buf_add_u16le(&e->steps, (uint16_t)set));
    laz_ignore(laz_buf_add_u32le(&e->steps, a));
    laz_ignore(laz_buf_add_u32le(&e->steps, b));
    if (laz_buf_failed(&e->steps) != LAZ_OK || here(e) > LAZ_REGEX_STATES_MAX)
        e->failed = true;
    return step;
}

enum operand { OPERAND_A = 4, OPERAND_B = 8 };

static uint32_t get_u32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void put_u32(uint8_t *p, uint32_t n)
{
    for (unsigned i = 0; i < 4; i++)
        p[i] = (uint8_t)(n >> 8 * i);
}

static void set_operand(struct emitter *e, uint32_t step, enum operand which, uint32_t n)
{
    if (!e->failed)
        put_u32(e->steps.data + (size_t)step * LAZ_REGEX_STEP_SIZE + which, n);
}

/* Steps that lead to a place which is not known yet name one another by the operand that will hold
 * it, the last one first. */
static void set_chain(struct emitter *e, uint32_t step, enum operand which, uint32_t n)
{
    while (!e->failed && step != NONE) {
        uint32_t next = get_u32(e->steps.data + (size_t)step * LAZ_REGEX_STEP_SIZE + which);

        set_operand(e, step, which, n);
        step = next;
    }
}

static uint32_t add_set(struct emitter *e, const uint8_t *set)
{
    size_t count = e->sets.len / LAZ_REGEX_SET_SIZE;

    for (size_t i = 0; i < count; i++)
        if (memcmp(e->sets.data + i * LAZ_REGEX_SET_SIZE, set, LAZ_REGEX_SET_SIZE) == 0)
            return (uint32_t)i;
    if (count == SETS_MAX ||
        laz_buf_add(&e->sets, laz_view_from(set, LAZ_REGEX_SET_SIZE)) != LAZ_OK)
        e->failed = true;
    return (uint32_t)count;
}

static unsigned count_bytes(const uint8_t *set, uint8_t *first, uint8_t *last)
{
    unsigned count = 0;

    for (unsigned c = 0; c < 256; c++) {
        if (!laz_regex_set_has(set, c))
            continue;
        if (count++ == 0)
            *first = (uint8_t)c;
        *last = (uint8_t)c;
    }
    return count;
}

static void emit_one(struct emitter *e, const struct laz_regex_node *n)
{
    uint8_t first = 0, last = 0;
    unsigned count = count_bytes(n->set, &first, &last);

    if (count == 256)
        add_step(e, LAZ_REGEX_ANY, 0, 0, 0);
    else if (count == 1 || count == 2)
        add_step(e, LAZ_REGEX_BYTE, 0, first, last);
    else
        add_step(e, LAZ_REGEX_SET, add_set(e, n->set), 0, 0);
}

static void emit_node(struct emitter *e, uint32_t node);

static void emit_sequence(struct emitter *e, const struct laz_regex_node *n)
{
    uint32_t child = e->back ? n->last : n->first;

    while (child != 0 && !e->failed) {
        emit_node(e, child);
        child = e->back ? e->t->nodes[child].prev : e->t->nodes[child].next;
    }
}

static void emit_either(struct emitter *e, const struct laz_regex_node *n)
{
    uint32_t jumps = NONE;

    for (uint32_t child = n->first; child != 0 && !e->failed; child = e->t->nodes[child].next) {
        bool is_last = e->t->nodes[child].next == 0;
        uint32_t split = is_last ? NONE : add_step(e, LAZ_REGEX_SPLIT, 0, here(e) + 1, NONE);

        emit_node(e, child);
        if (is_last)
            break;
        jumps = add_step(e, LAZ_REGEX_JUMP, 0, jumps, 0);
        set_operand(e, split, OPERAND_B, here(e));
    }
    set_chain(e, jumps, OPERAND_A, here(e));
}

/* Goes on at once with more right when the quantifier is lazy. */
static uint32_t add_way_out(struct emitter *e, bool is_lazy, uint32_t chain)
{
    uint32_t inside = here(e) + 1;

    return is_lazy ? add_step(e, LAZ_REGEX_SPLIT, 0, chain, inside)
                   : add_step(e, LAZ_REGEX_SPLIT, 0, inside, chain);
}

static void emit_endless(struct emitter *e, uint32_t child, uint32_t min, bool is_lazy)
{
    uint32_t start, split;

    if (min == 0) {
        split = add_way_out(e, is_lazy, NONE);
        emit_node(e, child);
        add_step(e, LAZ_REGEX_JUMP, 0, split, 0);
        set_operand(e, split, is_lazy ? OPERAND_A : OPERAND_B, here(e));
        return;
    }
    for (uint32_t i = 1; i < min && !e->failed; i++)
        emit_node(e, child);
    start = here(e);
    emit_node(e, child);
    split = here(e);
    add_step(e, LAZ_REGEX_SPLIT, 0, is_lazy ? split + 1 : start, is_lazy ? start : split + 1);
}

static void emit_range(struct emitter *e, uint32_t child, uint32_t min, uint32_t max, bool is_lazy)
{
    uint32_t chain = NONE;

    for (uint32_t i = 0; i < max && !e->failed; i++) {
        if (i >= min)
            chain = add_way_out(e, is_lazy, chain);
        emit_node(e, child);
    }
    set_chain(e, chain, is_lazy ? OPERAND_A : OPERAND_B, here(e));
}

static void emit_times(struct emitter *e, uint32_t child, uint32_t min, uint32_t max, bool is_lazy)
{
    const struct laz_regex_node *c = &e->t->nodes[child];

    if (max == 0)
        return;
    if (c->kind == LAZ_REGEX_ONE) {
        uint32_t step =
            add_step(e, LAZ_REGEX_REPEAT, add_set(e, c->set), laz_regex_repeat(min, max), 0);

        if (!e->failed)
            e->steps.data[(size_t)step * LAZ_REGEX_STEP_SIZE + 1] = is_lazy;
    } else if (max == LAZ_REGEX_ENDLESS) {
        emit_endless(e, child, min, is_lazy);
    } else {
        emit_range(e, child, min, max, is_lazy);
    }
}

/* It calls itself a few times for each group inside another, of which the parser allows
 * LAZ_REGEX_DEPTH_MAX. */
static void emit_node(struct emitter *e, uint32_t node)
{
    const struct laz_regex_node *n = &e->t->nodes[node];

    if (e->failed)
        return;
    switch ((enum laz_regex_kind)n->kind) {
    case LAZ_REGEX_NOTHING:
        break;
    case LAZ_REGEX_ONE:
        emit_one(e, n);
        break;
    case LAZ_REGEX_SEQUENCE:
        emit_sequence(e, n);
        break;
    case LAZ_REGEX_EITHER:
        emit_either(e, n);
        break;
    case LAZ_REGEX_TIMES:
        emit_times(e, n->first, n->min, n->max, n->is_lazy);
        break;
    case LAZ_REGEX_BORDER:
        add_step(e, n->op, 0, 0, 0);
        break;
    }
}

/* The children of a sequence beside node, on the side where the program goes. */
static void emit_beside(struct emitter *e, uint32_t node)
{
    const struct laz_regex_node *nodes = e->t->nodes;
    uint32_t next = e->back ? nodes[node].prev : nodes[node].next;

    for (; next != 0; next = e->back ? nodes[next].prev : nodes[next].next)
        emit_node(e, next);
}

static void emit_outside(struct emitter *e, uint32_t node)
{
    const struct laz_regex_node *nodes = e->t->nodes;

    for (uint32_t parent; (parent = nodes[node].parent) != 0 && !e->failed; node = parent) {
        const struct laz_regex_node *p = &nodes[parent];

        if (p->kind == LAZ_REGEX_SEQUENCE)
            emit_beside(e, node);
        else if (p->kind == LAZ_REGEX_TIMES && !e->back) /* node stands in its first turn */
            emit_times(e, node, p->min > 0 ? p->min - 1u : 0,
                       p->max == LAZ_REGEX_ENDLESS ? p->max : p->max - 1u, p->is_lazy);
    }
}

/* Gives each REPEAT its states. */
static uint32_t number_states(struct emitter *e)
{
    uint32_t states = here(e);

    for (uint32_t i = 0; i < here(e); i++) {
        const uint8_t *step = e->steps.data + (size_t)i * LAZ_REGEX_STEP_SIZE;

        if (step[0] != LAZ_REGEX_REPEAT)
            continue;
        set_operand(e, i, OPERAND_B, states);
        states += laz_regex_repeat_states(get_u32(step + OPERAND_A));
        if (states > LAZ_REGEX_STATES_MAX) {
            e->failed = true;
            return 0;
        }
    }
    return states;
}

#define SHORT_REPEAT 32

/* A repeat that takes many bytes, or a way back to what was done before. */
static bool is_long_step(const uint8_t *step, uint32_t index)
{
    uint32_t a = get_u32(step + OPERAND_A), b = get_u32(step + OPERAND_B);

    if (step[0] == LAZ_REGEX_REPEAT)
        return a >> 16 > SHORT_REPEAT;
    return (step[0] == LAZ_REGEX_JUMP && a <= index) ||
           (step[0] == LAZ_REGEX_SPLIT && (a <= index || b <= index));
}

static bool is_long(const struct emitter *e)
{
    for (uint32_t i = 0; i < here(e); i++)
        if (is_long_step(e->steps.data + (size_t)i * LAZ_REGEX_STEP_SIZE, i))
            return true;
    return false;
}

/* What a match can begin with, found by walking without a byte. */
struct opening {
    uint8_t first[LAZ_REGEX_SET_SIZE];
    uint32_t flags;
};

static void join(uint8_t *set, const uint8_t *other)
{
    for (unsigned i = 0; i < LAZ_REGEX_SET_SIZE; i++)
        set[i] |= other[i];
}

static void open_step(const struct emitter *e, const uint8_t *step, struct opening *o)
{
    switch (step[0]) {
    case LAZ_REGEX_BYTE:
        laz_regex_set_add(o->first, step[OPERAND_A]);
        laz_regex_set_add(o->first, step[OPERAND_B]);
        break;
    case LAZ_REGEX_ANY:
        memset(o->first, 0xff, sizeof o->first);
        break;
    case LAZ_REGEX_SET:
    case LAZ_REGEX_REPEAT:
        join(o->first, e->sets.data + (size_t)(get_u32(step) >> 16) * LAZ_REGEX_SET_SIZE);
        break;
    case LAZ_REGEX_MATCH:
        o->flags |= LAZ_REGEX_CAN_BE_EMPTY;
        break;
    default:
        break;
    }
}

/* The steps behind which the walk goes on without a byte: none, one or two. */
static unsigned next_steps(const uint8_t *step, uint32_t index, uint32_t *next)
{
    uint32_t a = get_u32(step + OPERAND_A);

    next[0] = index + 1;
    switch (step[0]) {
    case LAZ_REGEX_SPLIT:
        next[1] = get_u32(step + OPERAND_B);
        next[0] = a;
        return 2;
    case LAZ_REGEX_JUMP:
        next[0] = a;
        return 1;
    case LAZ_REGEX_REPEAT:
        return (a & 0xffff) == 0;
    case LAZ_REGEX_START:
    case LAZ_REGEX_END:
    case LAZ_REGEX_WORD:
    case LAZ_REGEX_NOT_WORD:
        return 1;
    default:
        return 0;
    }
}

static bool find_opening(struct emitter *e, struct opening *o)
{
    uint32_t *work = calloc(2 * (size_t)here(e) + 2, sizeof *work);
    uint8_t *seen = calloc(here(e) + 1u, 1);
    size_t count = 1; /* step 0 */

    *o = (struct opening){.flags = is_long(e) ? LAZ_REGEX_IS_LONG : 0};
    if (e->steps.data[0] == LAZ_REGEX_START)
        o->flags |= LAZ_REGEX_AT_START;
    while (work != NULL && seen != NULL && count > 0) {
        uint32_t i = work[--count];
        const uint8_t *step = e->steps.data + (size_t)i * LAZ_REGEX_STEP_SIZE;

        if (seen[i] != 0)
            continue;
        seen[i] = 1;
        open_step(e, step, o);
        count += next_steps(step, i, work + count);
    }
    count = work != NULL && seen != NULL;
    free(work);
    free(seen);
    return count != 0;
}

static bool write_program(struct emitter *e, struct laz_buf *code)
{
    uint32_t states = e->failed ? 0 : number_states(e);
    struct opening o;

    if (e->failed || !find_opening(e, &o))
        return false;
    /* the buffer remembers a refusal */
    laz_ignore(laz_buf_add_u32le(code, here(e)));
    laz_ignore(laz_buf_add_u32le(code, (uint32_t)(e->sets.len / LAZ_REGEX_SET_SIZE)));
    laz_ignore(laz_buf_add_u32le(code, states));
    laz_ignore(laz_buf_add_u32le(code, o.flags));
    laz_ignore(laz_buf_add(code, laz_view_from(o.first, sizeof o.first)));
    laz_ignore(laz_buf_add(code, laz_buf_view(&e->steps)));
    laz_ignore(laz_buf_add(code, laz_buf_view(&e->sets)));
    return laz_buf_failed(code) == LAZ_OK;
}

bool laz_regex_emit(struct laz_buf *code, const struct laz_regex_tree *t, uint32_t node,
                    enum laz_regex_part part)
{
    struct emitter e = {.t = t, .back = part == LAZ_REGEX_BEFORE};
    bool ok;

    laz_buf_init(&e.steps, (size_t)(LAZ_REGEX_STATES_MAX + 1) * LAZ_REGEX_STEP_SIZE);
    laz_buf_init(&e.sets, (size_t)SETS_MAX * LAZ_REGEX_SET_SIZE);
    if (part == LAZ_REGEX_WHOLE || part == LAZ_REGEX_FROM)
        emit_node(&e, node);
    if (part != LAZ_REGEX_WHOLE)
        emit_outside(&e, node);
    add_step(&e, LAZ_REGEX_MATCH, 0, 0, 0);
    ok = write_program(&e, code);
    laz_buf_clear(&e.steps);
    laz_buf_clear(&e.sets);
    return ok;
}

enum laz_status laz_regex_compile(struct laz_view text, struct laz_regex_flags flags,
                                  struct laz_buf *code, struct laz_regex_problem *problem)
{
    struct laz_regex_tree tree;
    enum laz_status s = laz_regex_parse(text, flags, &tree, problem);

    if (s != LAZ_OK)
        return s;
    if (!laz_regex_emit(code, &tree, tree.root, LAZ_REGEX_WHOLE)) {
        *problem = (struct laz_regex_problem){"expected a smaller expression", 0};
        s = LAZ_UNSUPPORTED;
    }
    laz_regex_clear(&tree);
    return s;
}
