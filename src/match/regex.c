#include "match/regex.h"

#include <stdlib.h>
#include <string.h>

#include "match/regex_priv.h"

#define TAKES UINT32_C(0x80000000) /* in count, on the stack: the thread only waits for a byte */

#define PATIENCE_NEW 48 /* characters that are walked before a machine is made for what follows */
#define PATIENCE     8  /* the same where one is at hand */

struct laz_regex_scratch *laz_regex_scratch_new(void)
{
    struct laz_regex_scratch *s = calloc(1, sizeof *s);

    if (s == NULL)
        return NULL;
    s->seen = calloc(LAZ_REGEX_STATES_MAX, sizeof *s->seen);
    s->items[0] = calloc(LAZ_REGEX_STATES_MAX, sizeof *s->items[0]);
    s->items[1] = calloc(LAZ_REGEX_STATES_MAX, sizeof *s->items[1]);
    s->stack = calloc(LAZ_REGEX_STATES_MAX + 2, sizeof *s->stack);
    s->machines[0] = calloc(1, sizeof *s->machines[0]);
    s->machines[1] = calloc(1, sizeof *s->machines[1]);
    if (s->seen != NULL && s->items[0] != NULL && s->items[1] != NULL && s->stack != NULL &&
        s->machines[0] != NULL && s->machines[1] != NULL)
        return s;
    laz_regex_scratch_free(s);
    return NULL;
}

void laz_regex_scratch_free(struct laz_regex_scratch *s)
{
    if (s == NULL)
        return;
    free(s->seen);
    free(s->items[0]);
    free(s->items[1]);
    free(s->stack);
    free(s->machines[0]);
    free(s->machines[1]);
    free(s);
}

void laz_regex_scratch_drop(struct laz_regex_scratch **s)
{
    laz_regex_scratch_free(*s);
    *s = NULL;
}

void laz_regex_new_round(struct laz_regex_scratch *s)
{
    if (++s->round != 0)
        return;
    memset(s->seen, 0, LAZ_REGEX_STATES_MAX * sizeof *s->seen);
    s->round = 1;
}

static uint32_t operand_a(const uint8_t *step)
{
    return laz_load_u32(step + 4);
}

static uint32_t operand_b(const uint8_t *step)
{
    return laz_load_u32(step + 8);
}

static bool step_set_has(const struct laz_regex_walker *w, const uint8_t *step, uint8_t c)
{
    return laz_regex_bit(w->sets + (size_t)laz_load_u16(step + 2) * LAZ_REGEX_SET_SIZE, c);
}

static bool is_word(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

/* Whether the character before the position, or the one at it, is one of a word. False in *exists
 * when there is none. */
static bool has_word(const struct laz_regex_walker *w, bool before, bool *exists)
{
    uint64_t len = w->wide ? 2 : 1;
    struct laz_view c;

    *exists =
        (!before || w->at >= len) && laz_view_at(w->text, before ? w->at - len : w->at, len, &c);
    return *exists && is_word(c.data[0]) && (!w->wide || c.data[1] == 0);
}

/* The ends of the text are borders whatever stands there, as YARA has it. */
static bool is_border(const struct laz_regex_walker *w)
{
    bool has_before, has_after;
    bool differs = has_word(w, true, &has_before) != has_word(w, false, &has_after);

    return differs || !has_before || !has_after;
}

static bool holds(const struct laz_regex_walker *w, enum laz_regex_op op)
{
    if (op == LAZ_REGEX_START)
        return w->at == 0;
    if (op == LAZ_REGEX_END)
        return w->at == w->text.len;
    return is_border(w) == (op == LAZ_REGEX_WORD);
}

/* False when the state was reached in this round before: who came first has more right. */
static bool see(struct laz_regex_walker *w, const uint8_t *step, struct laz_regex_thread t)
{
    uint32_t state = t.count == 0 ? t.step : operand_b(step) + t.count - 1;

    if (w->s->seen[state] == w->s->round)
        return false;
    w->s->seen[state] = w->s->round;
    return true;
}

static void add(struct laz_regex_front *front, struct laz_regex_thread t)
{
    front->items[front->count++] = t;
}

/* A REPEAT goes on behind itself, takes another byte, or both: the one with more right first. */
static size_t follow_repeat(struct laz_regex_walker *w, struct laz_regex_front *front,
                            const uint8_t *step, struct laz_regex_thread t, size_t depth)
{
    uint32_t min = operand_a(step) & 0xffff, max = operand_a(step) >> 16;

    if (t.count < max && (step[1] == 0 || t.count < min))
        add(front, t);
    else if (t.count < max)
        w->s->stack[depth++] = (struct laz_regex_thread){t.step, t.count | TAKES};
    if (t.count >= min)
        w->s->stack[depth++] = (struct laz_regex_thread){t.step + 1, 0};
    return depth;
}

/* The expression ends here. What is left on the stack has less right. */
static size_t reach_end(struct laz_regex_walker *w, size_t depth)
{
    w->has_match = true;
    w->has_best = true;
    w->best = w->at;
    return w->goal == LAZ_REGEX_GOAL_ALL ? depth : 0;
}

static size_t follow_one(struct laz_regex_walker *w, struct laz_regex_front *front,
                         struct laz_regex_thread t, size_t depth)
{
    const uint8_t *step = laz_regex_step(w, t.step);
    struct laz_regex_thread *stack = w->s->stack;

    if ((t.count & TAKES) != 0) {
        add(front, (struct laz_regex_thread){t.step, t.count & ~TAKES});
        return depth;
    }
    if (!see(w, step, t))
        return depth;
    switch ((enum laz_regex_op)step[0]) {
    case LAZ_REGEX_BYTE:
    case LAZ_REGEX_ANY:
    case LAZ_REGEX_SET:
        add(front, t);
        break;
    case LAZ_REGEX_REPEAT:
        return follow_repeat(w, front, step, t, depth);
    case LAZ_REGEX_SPLIT:
        stack[depth++] = (struct laz_regex_thread){operand_b(step), 0};
        stack[depth++] = (struct laz_regex_thread){operand_a(step), 0};
        break;
    case LAZ_REGEX_JUMP:
        stack[depth++] = (struct laz_regex_thread){operand_a(step), 0};
        break;
    case LAZ_REGEX_START:
    case LAZ_REGEX_END:
    case LAZ_REGEX_WORD:
    case LAZ_REGEX_NOT_WORD:
        if (holds(w, step[0]))
            stack[depth++] = (struct laz_regex_thread){t.step + 1, 0};
        break;
    case LAZ_REGEX_MATCH:
        return reach_end(w, depth);
    case LAZ_REGEX_OPS:
        break;
    }
    return depth;
}

/* Everything that can be reached from t without a byte joins the front. */
static void follow(struct laz_regex_walker *w, struct laz_regex_front *front,
                   struct laz_regex_thread t)
{
    const uint8_t *step = laz_regex_step(w, t.step);
    size_t depth = 0;

    if (step[0] == LAZ_REGEX_BYTE || step[0] == LAZ_REGEX_SET || step[0] == LAZ_REGEX_ANY) {
        if (see(w, step, t)) /* most steps, without more ado */
            add(front, t);
        return;
    }
    w->s->stack[depth++] = t;
    while (depth > 0) {
        depth--;
        depth = follow_one(w, front, w->s->stack[depth], depth);
    }
}

/* Whether the thread's step takes c; t is then what comes behind. */
static bool take(const struct laz_regex_walker *w, struct laz_regex_thread *t, uint8_t c)
{
    const uint8_t *step = laz_regex_step(w, t->step);
    bool fits;

    switch (step[0]) {
    case LAZ_REGEX_BYTE:
        fits = c == step[4] || c == step[8];
        break;
    case LAZ_REGEX_ANY:
        fits = true;
        break;
    default:
        fits = step_set_has(w, step, c);
        break;
    }
    if (!fits)
        return false;
    if (step[0] != LAZ_REGEX_REPEAT)
        t->step++;
    else if (t->count < laz_regex_repeat_states(operand_a(step)))
        t->count++;
    return true;
}

/* The next character on the way. */
bool laz_regex_next_char(struct laz_regex_walker *w, uint8_t *c)
{
    uint64_t len = w->wide ? 2 : 1;
    struct laz_view v;

    if (w->left < len || (w->back && w->at < len) ||
        !laz_view_at(w->text, w->back ? w->at - len : w->at, len, &v) ||
        (w->wide && v.data[1] != 0))
        return false;
    w->at = w->back ? w->at - len : w->at + len;
    w->left -= len;
    *c = v.data[0];
    return true;
}

static void swap_fronts(struct laz_regex_walker *w)
{
    struct laz_regex_front now = w->now;

    w->now = w->next;
    w->next = now;
    w->next.count = 0;
}

void laz_regex_advance(struct laz_regex_walker *w, uint8_t c)
{
    laz_regex_new_round(w->s);
    w->has_match = false;
    for (uint32_t i = 0; i < w->now.count; i++) {
        struct laz_regex_thread t = w->now.items[i];

        if (take(w, &t, c))
            follow(w, &w->next, t);
        if (w->has_match && w->goal != LAZ_REGEX_GOAL_ALL)
            break;
    }
    swap_fronts(w);
}

bool laz_regex_spend(struct laz_regex_walker *w, uint64_t n)
{
    if (*w->steps_left > n) {
        *w->steps_left -= n;
        return true;
    }
    *w->steps_left = 0;
    return false;
}

void laz_regex_begin(struct laz_regex_walker *w)
{
    follow(w, &w->now, (struct laz_regex_thread){0, 0});
}

static struct laz_regex_walker start(struct laz_view program, struct laz_view text,
                                     struct laz_regex_scratch *s, enum laz_regex_goal goal,
                                     uint64_t *steps_left)
{
    struct laz_regex_walker w = {
        .program = program,
        .steps = program.data + LAZ_REGEX_HEAD_SIZE,
        .text = text,
        .s = s,
        .now = {s->items[0], 0},
        .next = {s->items[1], 0},
        .goal = goal,
        .steps_left = steps_left,
    };

    w.sets = w.steps + (size_t)laz_load_u32(program.data) * LAZ_REGEX_STEP_SIZE;
    return w;
}

static struct laz_regex_walker start_walk(const struct laz_regex_walk *walk, uint64_t at,
                                          struct laz_regex_scratch *s, enum laz_regex_goal goal,
                                          uint64_t *steps_left)
{
    struct laz_regex_walker w = start(walk->program, walk->text, s, goal, steps_left);

    w.back = walk->back;
    w.wide = walk->wide;
    w.at = at;
    w.left = walk->reach_max;
    laz_regex_new_round(s);
    laz_regex_begin(&w);
    return w;
}

/* Threads over up to max characters. True when the walk is over. */
static bool walk_on(struct laz_regex_walker *w, uint64_t max)
{
    uint8_t c;

    for (; max > 0; max--) {
        if (w->now.count == 0 || !laz_regex_next_char(w, &c) ||
            !laz_regex_spend(w, LAZ_REGEX_THREAD_COST * (uint64_t)w->now.count))
            return true;
        laz_regex_advance(w, c);
        if (w->has_match && w->found != NULL && !w->found(w->context, w->at))
            return true;
    }
    return w->now.count == 0;
}

/* Most walks are short. What is longer gets a machine, as far as that may lead it. */
static void walk_all(struct laz_regex_walker *w)
{
    bool has_machine = laz_regex_machine_is_at_hand(w);
    struct laz_regex_machine *m;

    if (walk_on(w, has_machine ? PATIENCE : PATIENCE_NEW))
        return;
    m = laz_regex_machine_of(w);
    if (m == NULL || !laz_regex_machine_run(m, w))
        walk_on(w, UINT64_MAX);
}

bool laz_regex_run(const struct laz_regex_walk *walk, uint64_t at, struct laz_regex_scratch *s,
                   uint64_t *steps_left, uint64_t *end)
{
    struct laz_regex_walker w = start_walk(walk, at, s, LAZ_REGEX_GOAL_BEST, steps_left);

    walk_all(&w);
    if (*steps_left == 0 || !w.has_best)
        return false;
    *end = w.best;
    return true;
}

void laz_regex_run_all(const struct laz_regex_walk *walk, uint64_t at, struct laz_regex_scratch *s,
                       uint64_t *steps_left, laz_regex_end_fn *found, void *context)
{
    struct laz_regex_walker w = start_walk(walk, at, s, LAZ_REGEX_GOAL_ALL, steps_left);

    w.found = found;
    w.context = context;
    if (!w.has_match || found(context, w.at))
        walk_all(&w);
}

/* The only byte of the set, or -1. */
static int only_byte(const uint8_t *set)
{
    int found = -1;

    for (unsigned i = 0; i < LAZ_REGEX_SET_SIZE; i++) {
        if (set[i] == 0)
            continue;
        if (found >= 0 || (set[i] & (set[i] - 1)) != 0)
            return -1;
        found = (int)(8 * i) + __builtin_ctz(set[i]);
    }
    return found;
}

static uint32_t flags_of(struct laz_view program)
{
    return laz_load_u32(program.data + 12);
}

bool laz_regex_may_begin(const struct laz_regex_walk *walk, uint64_t at)
{
    struct laz_regex_walker w = {
        .text = walk->text, .back = walk->back, .wide = walk->wide, .at = at};
    uint8_t c;

    if ((flags_of(walk->program) & LAZ_REGEX_CAN_BE_EMPTY) != 0)
        return true;
    w.left = walk->reach_max;
    return laz_regex_next_char(&w, &c) && laz_regex_bit(walk->program.data + 16, c);
}

bool laz_regex_is_long(struct laz_view program)
{
    return (flags_of(program) & LAZ_REGEX_IS_LONG) != 0;
}

uint64_t laz_regex_candidate(struct laz_view program, struct laz_view text, uint64_t at)
{
    const uint8_t *first = program.data + 16;
    uint32_t flags = flags_of(program);
    struct laz_view rest = laz_view_from_offset(text, at);
    size_t i = 0;
    int byte;

    if ((flags & LAZ_REGEX_AT_START) != 0 && at > 0)
        return text.len;
    if (rest.len == 0 || (flags & LAZ_REGEX_CAN_BE_EMPTY) != 0)
        return text.len - rest.len;
    byte = only_byte(first);
    if (byte >= 0)
        return text.len - rest.len + laz_view_find_byte(rest, (uint8_t)byte);
    while (i < rest.len && !laz_regex_bit(first, rest.data[i]))
        i++;
    return text.len - rest.len + i;
}

bool laz_regex_skip(struct laz_regex_walker *w)
{
    uint64_t next = laz_regex_candidate(w->program, w->text, w->at);
    bool has_steps = laz_regex_spend(w, 1 + (next - w->at) / 4);

    w->at = next;
    w->left = w->text.len - next;
    return has_steps;
}

/* Threads over up to max characters where some wait, a new one at each. True when the search is
 * over. */
static bool search_on(struct laz_regex_walker *w, uint64_t max)
{
    uint8_t c;

    while (max > 0) {
        if (w->now.count == 0) {
            if (!laz_regex_skip(w))
                return true;
            laz_regex_new_round(w->s);
        }
        if (w->at == w->text.len)
            return true;
        laz_regex_begin(w); /* a match may begin at any byte */
        if (w->has_best || !laz_regex_spend(w, LAZ_REGEX_THREAD_COST * (1 + w->now.count)) ||
            !laz_regex_next_char(w, &c))
            return true;
        laz_regex_advance(w, c);
        if (w->has_best)
            return true;
        max--;
    }
    return false;
}

bool laz_regex_search(struct laz_view program, struct laz_view text, struct laz_regex_scratch *s,
                      uint64_t *steps_left)
{
    struct laz_regex_walker w = start(program, text, s, LAZ_REGEX_GOAL_ANY, steps_left);
    struct laz_regex_machine *m;

    w.left = text.len;
    laz_regex_new_round(s);
    if (!search_on(&w, PATIENCE_NEW)) {
        m = laz_regex_machine_of(&w);
        if (m == NULL || !laz_regex_machine_search(m, &w))
            search_on(&w, UINT64_MAX);
    }
    return w.has_best && *steps_left > 0;
}
