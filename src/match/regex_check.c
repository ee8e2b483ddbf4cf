#include "match/regex.h"

struct head {
    uint32_t step_count, set_count, state_count, flags;
};

struct step {
    uint8_t op, is_lazy;
    uint16_t set;
    uint32_t a, b;
};

static bool take_head(struct laz_view *v, struct head *h)
{
    return laz_take_u32le(v, &h->step_count) && laz_take_u32le(v, &h->set_count) &&
           laz_take_u32le(v, &h->state_count) && laz_take_u32le(v, &h->flags) &&
           laz_skip(v, LAZ_REGEX_SET_SIZE) && h->step_count > 0 &&
           h->step_count <= LAZ_REGEX_STATES_MAX && h->set_count <= LAZ_REGEX_SETS_MAX &&
           h->state_count <= LAZ_REGEX_STATES_MAX && h->flags <= LAZ_REGEX_FLAGS_MAX &&
           v->len == (uint64_t)h->step_count * LAZ_REGEX_STEP_SIZE +
                         (uint64_t)h->set_count * LAZ_REGEX_SET_SIZE;
}

static bool take_step(struct laz_view *v, struct step *s)
{
    return laz_take_u8(v, &s->op) && laz_take_u8(v, &s->is_lazy) && laz_take_u16le(v, &s->set) &&
           laz_take_u32le(v, &s->a) && laz_take_u32le(v, &s->b);
}

/* The repeat's states follow those that were given so far. */
static bool check_repeat(const struct step *s, const struct head *h, uint32_t *states)
{
    uint32_t min = s->a & 0xffff, max = s->a >> 16;

    if (s->set >= h->set_count || min > LAZ_REGEX_REPEAT_MAX || max == 0 || min > max ||
        (max > LAZ_REGEX_REPEAT_MAX && max != LAZ_REGEX_ENDLESS) || s->b != *states)
        return false;
    *states += laz_regex_repeat_states(s->a);
    return *states <= h->state_count;
}

/* index is the step's own. Every way on leads to a step. */
static bool check_step(const struct step *s, const struct head *h, uint32_t index, uint32_t *states)
{
    bool has_next = index + 1 < h->step_count;

    switch ((enum laz_regex_op)s->op) {
    case LAZ_REGEX_BYTE:
        return has_next && s->a <= UINT8_MAX && s->b <= UINT8_MAX;
    case LAZ_REGEX_SET:
        return has_next && s->set < h->set_count;
    case LAZ_REGEX_REPEAT:
        return has_next && check_repeat(s, h, states);
    case LAZ_REGEX_SPLIT:
        return s->a < h->step_count && s->b < h->step_count;
    case LAZ_REGEX_JUMP:
        return s->a < h->step_count;
    case LAZ_REGEX_ANY:
    case LAZ_REGEX_START:
    case LAZ_REGEX_END:
    case LAZ_REGEX_WORD:
    case LAZ_REGEX_NOT_WORD:
        return has_next;
    case LAZ_REGEX_MATCH:
        return true;
    case LAZ_REGEX_OPS:
        break;
    }
    return false;
}

bool laz_regex_check(struct laz_view program)
{
    struct head head;
    struct step step;
    uint32_t states;

    if (!take_head(&program, &head))
        return false;
    states = head.step_count;
    for (uint32_t i = 0; i < head.step_count; i++)
        if (!take_step(&program, &step) || !check_step(&step, &head, i, &states))
            return false;
    return states == head.state_count;
}
