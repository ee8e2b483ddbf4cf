#include "match/regex.h"

#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "match/database_priv.h"

/* A step that was reached, and how many bytes it has taken already (of a REPEAT). */
struct thread {
    uint32_t step, count;
};

#define TAKES UINT32_C(0x80000000) /* in count, on the stack: the thread only waits for a byte */

/* The threads that wait for the byte at one position; those before others have more right. */
struct front {
    struct thread *items;
    uint32_t count;
};

struct laz_regex_scratch {
    uint32_t *seen;          /* of each state: the round in which it was reached last */
    struct thread *items[2]; /* room for two fronts */
    struct thread *stack;    /* each state adds at most one */
    uint32_t round;
};

enum goal { GOAL_ANY, GOAL_BEST, GOAL_ALL };

struct walk {
    const uint8_t *steps, *sets;
    struct laz_view text;
    bool back, wide;
    uint64_t at, left; /* the position, and how many bytes may still be taken */
    struct laz_regex_scratch *s;
    struct front now, next;
    enum goal goal;
    bool has_match; /* here: threads with less right end */
    bool has_best;
    uint64_t best;
};

struct laz_regex_scratch *laz_regex_scratch_new(void)
{
    struct laz_regex_scratch *s = calloc(1, sizeof *s);

    if (s == NULL)
        return NULL;
    s->seen = calloc(LAZ_REGEX_STATES_MAX, sizeof *s->seen);
    s->items[0] = calloc(LAZ_REGEX_STATES_MAX, sizeof *s->items[0]);
    s->items[1] = calloc(LAZ_REGEX_STATES_MAX, sizeof *s->items[1]);
    s->stack = calloc(LAZ_REGEX_STATES_MAX + 2, sizeof *s->stack);
    if (s->seen != NULL && s->items[0] != NULL && s->items[1] != NULL && s->stack != NULL)
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
    free(s);
}

void laz_regex_scratch_drop(struct laz_regex_scratch **s)
{
    laz_regex_scratch_free(*s);
    *s = NULL;
}

static void new_round(struct laz_regex_scratch *s)
{
    if (++s->round != 0)
        return;
    memset(s->seen, 0, LAZ_REGEX_STATES_MAX * sizeof *s->seen);
    s->round = 1;
}

static const uint8_t *step_at(const struct walk *w, uint32_t step)
{
    return w->steps + (size_t)step * LAZ_REGEX_STEP_SIZE;
}

static uint32_t operand_a(const uint8_t *step)
{
    return laz_load_u32(step + 4);
}

static uint32_t operand_b(const uint8_t *step)
{
    return laz_load_u32(step + 8);
}

static bool set_has(const uint8_t *set, uint8_t c)
{
    return (set[c / 8] >> c % 8 & 1) != 0;
}

static bool step_set_has(const struct walk *w, const uint8_t *step, uint8_t c)
{
    return set_has(w->sets + (size_t)laz_load_u16(step + 2) * LAZ_REGEX_SET_SIZE, c);
}

static bool is_word(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

/* Whether the character before the position, or the one at it, is one of a word. False in *exists
 * when there is none. */
static bool has_word(const struct walk *w, bool before, bool *exists)
{
    uint64_t len = w->wide ? 2 : 1;
    struct laz_view c;

    *exists =
        (!before || w->at >= len) && laz_view_at(w->text, before ? w->at - len : w->at, len, &c);
    return *exists && is_word(c.data[0]) && (!w->wide || c.data[1] == 0);
}

/* The ends of the text are borders whatever stands there, as YARA has it. */
static bool is_border(const struct walk *w)
{
    bool has_before, has_after;
    bool differs = has_word(w, true, &has_before) != has_word(w, false, &has_after);

    return differs || !has_before || !has_after;
}

static bool holds(const struct walk *w, enum laz_regex_op op)
{
    if (op == LAZ_REGEX_START)
        return w->at == 0;
    if (op == LAZ_REGEX_END)
        return w->at == w->text.len;
    return is_border(w) == (op == LAZ_REGEX_WORD);
}

/* False when the state was reached in this round before: who came first has more right. */
static bool see(struct walk *w, const uint8_t *step, struct thread t)
{
    uint32_t state = t.count == 0 ? t.step : operand_b(step) + t.count - 1;

    if (w->s->seen[state] == w->s->round)
        return false;
    w->s->seen[state] = w->s->round;
    return true;
}

static void add(struct front *front, struct thread t)
{
    front->items[front->count++] = t;
}

/* A REPEAT goes on behind itself, takes another byte, or both: the one with more right first. */
static size_t follow_repeat(struct walk *w, struct front *front, const uint8_t *step,
                            struct thread t, size_t depth)
{
    uint32_t min = operand_a(step) & 0xffff, max = operand_a(step) >> 16;

    if (t.count < max && (step[1] == 0 || t.count < min))
        add(front, t);
    else if (t.count < max)
        w->s->stack[depth++] = (struct thread){t.step, t.count | TAKES};
    if (t.count >= min)
        w->s->stack[depth++] = (struct thread){t.step + 1, 0};
    return depth;
}

/* The expression ends here. What is left on the stack has less right. */
static size_t reach_end(struct walk *w, size_t depth)
{
    w->has_match = true;
    w->has_best = true;
    w->best = w->at;
    return w->goal == GOAL_ALL ? depth : 0;
}

static size_t follow_one(struct walk *w, struct front *front, struct thread t, size_t depth)
{
    const uint8_t *step = step_at(w, t.step);
    struct thread *stack = w->s->stack;

    if ((t.count & TAKES) != 0) {
        add(front, (struct thread){t.step, t.count & ~TAKES});
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
        stack[depth++] = (struct thread){operand_b(step), 0};
        stack[depth++] = (struct thread){operand_a(step), 0};
        break;
    case LAZ_REGEX_JUMP:
        stack[depth++] = (struct thread){operand_a(step), 0};
        break;
    case LAZ_REGEX_START:
    case LAZ_REGEX_END:
    case LAZ_REGEX_WORD:
    case LAZ_REGEX_NOT_WORD:
        if (holds(w, step[0]))
            stack[depth++] = (struct thread){t.step + 1, 0};
        break;
    case LAZ_REGEX_MATCH:
        return reach_end(w, depth);
    case LAZ_REGEX_OPS:
        break;
    }
    return depth;
}

/* Everything that can be reached from t without a byte joins the front. */
static void follow(struct walk *w, struct front *front, struct thread t)
{
    const uint8_t *step = step_at(w, t.step);
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
static bool take(const struct walk *w, struct thread *t, uint8_t c)
{
    const uint8_t *step = step_at(w, t->step);
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
static bool next_char(struct walk *w, uint8_t *c)
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

static void swap_fronts(struct walk *w)
{
    struct front now = w->now;

    w->now = w->next;
    w->next = now;
    w->next.count = 0;
}

/* One character for all threads. False when none is left. */
static bool advance(struct walk *w, uint8_t c)
{
    new_round(w->s);
    w->has_match = false;
    for (uint32_t i = 0; i < w->now.count; i++) {
        struct thread t = w->now.items[i];

        if (take(w, &t, c))
            follow(w, &w->next, t);
        if (w->has_match && w->goal != GOAL_ALL)
            break;
    }
    swap_fronts(w);
    return w->now.count > 0;
}

static bool spend(uint64_t *steps_left, uint64_t n)
{
    if (*steps_left > n) {
        *steps_left -= n;
        return true;
    }
    *steps_left = 0;
    return false;
}

static struct walk start(struct laz_view program, struct laz_view text, struct laz_regex_scratch *s,
                         enum goal goal)
{
    struct walk w = {
        .steps = program.data + LAZ_REGEX_HEAD_SIZE,
        .text = text,
        .s = s,
        .now = {s->items[0], 0},
        .next = {s->items[1], 0},
        .goal = goal,
    };

    w.sets = w.steps + (size_t)laz_load_u32(program.data) * LAZ_REGEX_STEP_SIZE;
    return w;
}

static struct walk start_walk(const struct laz_regex_walk *walk, uint64_t at,
                              struct laz_regex_scratch *s, enum goal goal)
{
    struct walk w = start(walk->program, walk->text, s, goal);

    w.back = walk->back;
    w.wide = walk->wide;
    w.at = at;
    w.left = walk->reach_max;
    new_round(s);
    follow(&w, &w.now, (struct thread){0, 0});
    return w;
}

bool laz_regex_run(const struct laz_regex_walk *walk, uint64_t at, struct laz_regex_scratch *s,
                   uint64_t *steps_left, uint64_t *end)
{
    struct walk w = start_walk(walk, at, s, GOAL_BEST);
    uint8_t c;

    while (w.now.count > 0 && next_char(&w, &c)) {
        if (!spend(steps_left, w.now.count))
            return false;
        advance(&w, c);
    }
    if (w.has_best)
        *end = w.best;
    return w.has_best;
}

void laz_regex_run_all(const struct laz_regex_walk *walk, uint64_t at, struct laz_regex_scratch *s,
                       uint64_t *steps_left, laz_regex_end_fn *found, void *context)
{
    struct walk w = start_walk(walk, at, s, GOAL_ALL);
    uint8_t c;

    for (;;) {
        if (w.has_match && !found(context, w.at))
            return;
        if (w.now.count == 0 || !next_char(&w, &c) || !spend(steps_left, w.now.count))
            return;
        advance(&w, c);
    }
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
    struct walk w = {.text = walk->text, .back = walk->back, .wide = walk->wide, .at = at};
    uint8_t c;

    if ((flags_of(walk->program) & LAZ_REGEX_CAN_BE_EMPTY) != 0)
        return true;
    w.left = walk->reach_max;
    return next_char(&w, &c) && set_has(walk->program.data + 16, c);
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
    while (i < rest.len && !set_has(first, rest.data[i]))
        i++;
    return text.len - rest.len + i;
}

bool laz_regex_search(struct laz_view program, struct laz_view text, struct laz_regex_scratch *s,
                      uint64_t *steps_left)
{
    struct walk w = start(program, text, s, GOAL_ANY);
    uint8_t c;

    w.left = text.len;
    new_round(s);
    for (;;) {
        if (w.now.count == 0) {
            uint64_t next = laz_regex_candidate(program, text, w.at);

            if (!spend(steps_left, 1 + (next - w.at) / 16))
                return false;
            w.at = next;
            w.left = text.len - next;
            new_round(s);
        }
        if (w.at == text.len)
            return false;
        follow(&w, &w.now, (struct thread){0, 0}); /* a match may begin at any byte */
        if (w.has_best)
            return true;
        if (!spend(steps_left, 1 + w.now.count) || !next_char(&w, &c))
            return false;
        advance(&w, c);
        if (w.has_best)
            return true;
    }
}
