#include <string.h>

#include "match/regex_priv.h"

#define STEPS_MAX 4096 /* of a program that is worth a machine */
#define SETS_MAX  256
#define FRONT_MAX 512 /* threads of one state */
#define PAYS      8   /* bytes that a state must serve, on average */

/* Splits each class into those of its bytes that the set has and those that it has not. */
static void split_classes(struct laz_regex_machine *m, const uint8_t *set)
{
    uint8_t parts[256][2] = {{0}}; /* of each class: what its parts are called now, plus 1 */
    uint32_t count = 0;

    for (unsigned c = 0; c < 256; c++) {
        uint8_t *part = &parts[m->class_of[c]][laz_regex_bit(set, (uint8_t)c)];

        if (*part == 0 && count < UINT8_MAX)
            *part = (uint8_t)++count;
        m->class_of[c] = (uint8_t)(*part - 1u);
    }
    m->class_count = count;
}

/* Bytes that the program names stand alone. */
static void split_bytes(struct laz_regex_machine *m, const uint8_t *named)
{
    for (unsigned c = 0; c < 256 && m->class_count < UINT8_MAX; c++)
        if (laz_regex_bit(named, (uint8_t)c))
            m->class_of[c] = (uint8_t)m->class_count++;
}

/* False when a step asks for what stands beside a position: its front is not told by the bytes
 * before alone. */
static bool read_steps(const struct laz_regex_walker *w, uint32_t step_count, uint8_t *named)
{
    for (uint32_t i = 0; i < step_count; i++) {
        const uint8_t *step = laz_regex_step(w, i);

        if (step[0] == LAZ_REGEX_WORD || step[0] == LAZ_REGEX_NOT_WORD)
            return false;
        if (step[0] != LAZ_REGEX_BYTE)
            continue;
        named[step[4] / 8] |= (uint8_t)(1u << step[4] % 8);
        named[step[8] / 8] |= (uint8_t)(1u << step[8] % 8);
    }
    return true;
}

static void begin_anew(struct laz_regex_machine *m)
{
    memset(m->hash, 0, sizeof m->hash);
    m->state_count = 1;
    m->thread_count = 0;
    m->fresh = 0;
    m->trail.number = 0;
}

static bool prepare(struct laz_regex_machine *m, const struct laz_regex_walker *w)
{
    uint32_t step_count = laz_load_u32(w->program.data);
    uint32_t set_count = laz_load_u32(w->program.data + 4);
    uint8_t named[LAZ_REGEX_SET_SIZE] = {0};

    if (step_count > STEPS_MAX || set_count > SETS_MAX || !read_steps(w, step_count, named))
        return false;
    memset(m->class_of, 0, sizeof m->class_of);
    m->class_count = 1;
    for (uint32_t i = 0; i < set_count; i++) {
        split_classes(m, w->sets + (size_t)i * LAZ_REGEX_SET_SIZE);
        if (m->class_count >= UINT8_MAX)
            return false;
    }
    split_bytes(m, named);
    begin_anew(m);
    return m->class_count < UINT8_MAX;
}

bool laz_regex_machine_is_at_hand(const struct laz_regex_walker *w)
{
    const struct laz_regex_machine *m = w->s->machines[w->back];

    return m->program.data == w->program.data && m->program.len == w->program.len &&
           m->goal == w->goal;
}

struct laz_regex_machine *laz_regex_machine_of(const struct laz_regex_walker *w)
{
    struct laz_regex_machine *m = w->s->machines[w->back];

    if (!laz_regex_machine_is_at_hand(w)) {
        m->program = w->program;
        m->goal = w->goal;
        m->is_usable = prepare(m, w);
    }
    return m->is_usable ? m : NULL;
}

static uint32_t hash_front(const struct laz_regex_front *front, bool has_match)
{
    uint32_t h = has_match ? 2654435761u : 40503u;

    for (uint32_t i = 0; i < front->count; i++)
        h = (h ^ (front->items[i].step + (front->items[i].count << 12))) * 16777619u;
    return (h ^ h >> 15) % LAZ_REGEX_MACHINE_HASH;
}

static bool is_front(const struct laz_regex_machine *m, uint16_t state,
                     const struct laz_regex_walker *w)
{
    const struct laz_regex_state *s = &m->states[state];

    return s->count == w->now.count && s->has_match == w->has_match && s->is_idle == w->is_idle &&
           (s->count == 0 ||
            memcmp(m->threads + s->first, w->now.items, s->count * sizeof *m->threads) == 0);
}

static bool has_room(const struct laz_regex_machine *m, const struct laz_regex_walker *w)
{
    return m->state_count < LAZ_REGEX_MACHINE_STATES &&
           (m->state_count + 1) * m->class_count <= LAZ_REGEX_MACHINE_NEXT &&
           m->thread_count + w->now.count <= LAZ_REGEX_MACHINE_THREADS;
}

static uint16_t add_state(struct laz_regex_machine *m, const struct laz_regex_walker *w,
                          uint32_t slot)
{
    uint16_t state = (uint16_t)m->state_count++;

    m->states[state] =
        (struct laz_regex_state){m->thread_count, w->now.count, w->has_match, w->is_idle};
    if (w->now.count > 0)
        memcpy(m->threads + m->thread_count, w->now.items, w->now.count * sizeof *m->threads);
    m->thread_count += w->now.count;
    memset(m->next + (size_t)state * m->class_count, 0, m->class_count * sizeof *m->next);
    m->hash[slot] = state;
    return state;
}

/* The table of hashes has twice as many slots as there can be states. */
static uint16_t find_state(struct laz_regex_machine *m, const struct laz_regex_walker *w)
{
    uint32_t slot = hash_front(&w->now, w->has_match);

    while (m->hash[slot] != 0 && !is_front(m, m->hash[slot], w))
        slot = (slot + 1) % LAZ_REGEX_MACHINE_HASH;
    if (m->hash[slot] != 0)
        return m->hash[slot];
    return has_room(m, w) ? add_state(m, w, slot) : 0;
}

uint16_t laz_regex_machine_enter(struct laz_regex_machine *m, const struct laz_regex_walker *w)
{
    uint16_t state = w->now.count <= FRONT_MAX ? find_state(m, w) : 0;

    if (state != 0)
        return state;
    m->is_usable = w->now.count <= FRONT_MAX && m->fresh >= PAYS * (uint64_t)m->state_count;
    begin_anew(m);
    return m->is_usable ? find_state(m, w) : 0;
}

uint16_t laz_regex_machine_learn(struct laz_regex_machine *m, struct laz_regex_walker *w,
                                 uint16_t state, uint8_t c)
{
    uint32_t before = m->state_count;
    uint16_t *next = &m->next[(size_t)state * m->class_count + m->class_of[c]], out;

    laz_regex_machine_leave(m, w, state);
    laz_regex_advance(w, c);
    if (w->goal == LAZ_REGEX_GOAL_ANY) {
        w->is_idle = w->now.count == 0;
        if (!w->has_match)
            laz_regex_begin(w);
    }
    if (!laz_regex_spend(w, LAZ_REGEX_THREAD_COST * (4 + (uint64_t)w->now.count)))
        return 0;
    out = laz_regex_machine_enter(m, w);
    if (out != 0 && m->state_count >= before) /* else it began anew, without that state */
        *next = out;
    return out;
}

void laz_regex_machine_leave(const struct laz_regex_machine *m, struct laz_regex_walker *w,
                             uint16_t state)
{
    const struct laz_regex_state *s = &m->states[state];

    w->now.count = s->count;
    w->has_match = s->has_match;
    w->is_idle = s->is_idle;
    if (s->count > 0)
        memcpy(w->now.items, m->threads + s->first, s->count * sizeof *m->threads);
}

void laz_regex_forget(struct laz_regex_scratch *s)
{
    for (unsigned i = 0; i < 2; i++)
        s->machines[i]->program = laz_view_from(NULL, 0);
}
