#include "match/regex_priv.h"

#define STRIDE LAZ_REGEX_TRAIL_STRIDE

/* A walk through a machine, and the trail that it leaves. */
struct run {
    struct laz_regex_machine *m;
    struct laz_regex_walker *w;
    uint16_t state;
    uint64_t trail; /* its marks' number */
    bool has_joined;
    uint64_t begin; /* of the marks */
    bool has_match; /* since then */
    uint64_t match;
};

enum outcome { GOES_ON, BY_HAND, OVER };

static uint64_t char_len(const struct laz_regex_walker *w)
{
    return w->wide ? 2 : 1;
}

/* Whether a lies further on the way than b. */
static bool is_beyond(const struct laz_regex_walker *w, uint64_t a, uint64_t b)
{
    return w->back ? a < b : a > b;
}

static uint64_t distance(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

/* Bytes to the next mark, as far as they may be taken. Both ends of the text are left to be walked
 * by hand: there a front depends on the position. */
static uint64_t stretch_len(const struct laz_regex_walker *w)
{
    uint64_t mask = w->wide ? STRIDE - 2 : STRIDE - 1;
    uint64_t behind = w->at & mask, room = w->back ? w->at : w->text.len - w->at;
    uint64_t len = !w->back ? STRIDE - behind : behind != 0 ? behind : STRIDE;

    if (room == 0)
        return 0;
    len = len < room - 1 ? len : room - 1;
    len = len < w->left ? len : w->left;
    return w->wide ? len & ~UINT64_C(1) : len;
}

static bool take_match(struct run *r)
{
    struct laz_regex_walker *w = r->w;

    r->has_match = true;
    r->match = w->at;
    w->has_best = true;
    w->best = w->at;
    return w->found == NULL || w->found(w->context, w->at);
}

/* Behind a look that led to no state that is known. */
static enum outcome go_by_hand(struct run *r)
{
    struct laz_regex_walker *w = r->w;

    r->state = 0;
    if (*w->steps_left == 0 || (w->has_match && !take_match(r)))
        return OVER;
    return BY_HAND;
}

static bool learn(struct run *r, uint8_t c)
{
    uint32_t before = r->m->state_count;
    uint16_t next = laz_regex_machine_learn(r->m, r->w, r->state, c);

    if (next == 0)
        return false;
    r->state = next;
    if (r->m->state_count < before) { /* the machine began anew: the marks mean nothing now */
        r->trail = ++r->m->trail_last;
        r->has_joined = false;
        r->has_match = false;
        r->begin = r->w->at;
    }
    return true;
}

static enum outcome run_stretch(struct run *r, struct laz_view bytes)
{
    struct laz_regex_walker *w = r->w;
    const struct laz_regex_machine *m = r->m;
    uint64_t len = char_len(w);

    for (uint64_t i = 0; i < bytes.len; i += len) {
        const uint8_t *c = bytes.data + (w->back ? bytes.len - i - len : i);
        uint16_t next = m->next[(size_t)r->state * m->class_count + m->class_of[c[0]]];

        if (w->wide && c[1] != 0)
            return OVER;
        w->at = w->back ? w->at - len : w->at + len;
        w->left -= len;
        if (next != 0)
            r->state = next;
        else if (!learn(r, c[0]))
            return go_by_hand(r);
        if (m->states[r->state].has_match && !take_match(r))
            return OVER;
        if (m->states[r->state].count == 0)
            return OVER;
    }
    return GOES_ON;
}

static struct laz_regex_mark *mark_at(struct run *r, uint64_t at)
{
    return &r->m->trail.marks[at / STRIDE % LAZ_REGEX_TRAIL_MARKS];
}

static bool has_trail(const struct run *r)
{
    const struct laz_regex_trail *t = &r->m->trail;

    return t->number != 0 && t->text.data == r->w->text.data && t->text.len == r->w->text.len &&
           t->wide == r->w->wide;
}

static bool meets_trail(struct run *r)
{
    const struct laz_regex_mark *mark = mark_at(r, r->w->at);
    const struct laz_regex_trail *t = &r->m->trail;

    return !r->has_joined && has_trail(r) && mark->trail == t->number && mark->at == r->w->at &&
           mark->state == r->state && !is_beyond(r->w, t->begin, r->w->at);
}

/* The marks of this walk become those of the trail. */
static void join_trail(struct run *r)
{
    struct laz_regex_trail *t = &r->m->trail;
    uint64_t count = distance(r->begin, r->w->at) / STRIDE + 1;

    for (uint64_t i = 1; i <= count && i <= LAZ_REGEX_TRAIL_MARKS; i++) {
        uint64_t back = i * STRIDE;
        uint64_t at = r->w->back ? r->w->at + back : r->w->at - back;
        struct laz_regex_mark *mark = mark_at(r, at);

        if (mark->trail == r->trail && mark->at == at)
            mark->trail = t->number;
    }
    r->trail = t->number;
    r->has_joined = true;
    t->begin = r->begin;
    if (t->has_match && is_beyond(r->w, t->match, r->w->at))
        return;
    t->has_match = r->has_match;
    t->match = r->match;
}

/* What the trail says of the way from here on. */
static enum outcome follow_trail(struct run *r)
{
    struct laz_regex_walker *w = r->w;
    const struct laz_regex_trail *t = &r->m->trail;
    bool has_match = t->has_match && is_beyond(w, t->match, w->at);
    bool reaches_end = distance(t->end, w->at) <= w->left;

    if (has_match) {
        if (w->goal == LAZ_REGEX_GOAL_ALL || distance(t->match, w->at) > w->left)
            return GOES_ON; /* each is asked for, or another one is the last */
        w->has_best = true;
        w->best = t->match;
    }
    if (!reaches_end)
        return OVER;
    w->left -= distance(t->end, w->at);
    w->at = t->end;
    r->state = t->end_state;
    r->has_match = t->has_match;
    r->match = t->match;
    return r->m->states[r->state].count == 0 ? OVER : GOES_ON;
}

static enum outcome visit_mark(struct run *r)
{
    uint64_t mask = r->w->wide ? STRIDE - 2 : STRIDE - 1;

    if ((r->w->at & mask) != 0)
        return GOES_ON;
    if (meets_trail(r)) {
        join_trail(r);
        return follow_trail(r);
    }
    *mark_at(r, r->w->at) = (struct laz_regex_mark){r->w->at, r->trail, r->state};
    return GOES_ON;
}

/* This walk's way is the trail, from its first mark on. */
static void keep_trail(struct run *r)
{
    struct laz_regex_trail *t = &r->m->trail;

    if (r->state == 0) {
        t->number = 0;
        return;
    }
    if (r->has_joined && !is_beyond(r->w, r->w->at, t->end))
        return;
    t->number = r->trail;
    t->begin = r->has_joined ? t->begin : r->begin;
    t->end = r->w->at;
    t->end_state = r->state;
    t->has_match = r->has_match;
    t->match = r->match;
    t->text = r->w->text;
    t->wide = r->w->wide;
}

static enum outcome run_on(struct run *r)
{
    enum outcome o = visit_mark(r);
    struct laz_regex_walker *w = r->w;
    struct laz_view bytes;
    uint64_t len;

    if (o != GOES_ON)
        return o;
    if (w->left < char_len(w))
        return OVER;
    len = stretch_len(w);
    if (len == 0 || !laz_view_at(w->text, w->back ? w->at - len : w->at, len, &bytes))
        return BY_HAND;
    r->m->fresh += len;
    if (!laz_regex_spend(w, 1 + len))
        return OVER;
    return run_stretch(r, bytes);
}

bool laz_regex_machine_run(struct laz_regex_machine *m, struct laz_regex_walker *w)
{
    struct run r = {.m = m, .w = w, .state = laz_regex_machine_enter(m, w), .begin = w->at};
    enum outcome o;

    if (r.state == 0)
        return false;
    r.trail = ++m->trail_last;
    do
        o = run_on(&r);
    while (o == GOES_ON);
    keep_trail(&r);
    if (o == BY_HAND && r.state != 0)
        laz_regex_machine_leave(m, w, r.state);
    return o == OVER;
}

/* The byte that ends a stretch, taken by hand. True when the search is over. */
static bool search_byte(struct laz_regex_walker *w)
{
    uint8_t c;

    if (w->has_best || !laz_regex_spend(w, LAZ_REGEX_THREAD_COST * (1 + (uint64_t)w->now.count)) ||
        !laz_regex_next_char(w, &c))
        return true;
    laz_regex_advance(w, c);
    return w->has_best;
}

/* Over up to max bytes, while the state is neither a match nor idle. */
static bool search_stretch(struct laz_regex_machine *m, struct laz_regex_walker *w,
                           struct laz_view bytes, uint16_t *state)
{
    for (uint64_t i = 0; i < bytes.len; i++) {
        uint8_t c = bytes.data[i];
        uint16_t next = m->next[(size_t)*state * m->class_count + m->class_of[c]];

        w->at++;
        w->left--;
        *state = next != 0 ? next : laz_regex_machine_learn(m, w, *state, c);
        if (*state == 0)
            return false;
        if (m->states[*state].has_match) {
            w->has_best = true;
            return false;
        }
        if (m->states[*state].is_idle)
            return true;
    }
    return true;
}

bool laz_regex_machine_search(struct laz_regex_machine *m, struct laz_regex_walker *w)
{
    struct laz_view bytes;
    uint16_t state;
    uint64_t len;

    if (w->at == w->text.len)
        return true;
    w->is_idle = false;
    w->has_match = false;
    laz_regex_begin(w);
    if (w->has_best)
        return true;
    state = laz_regex_machine_enter(m, w);
    while (state != 0) {
        if (m->states[state].is_idle && !laz_regex_skip(w))
            return true;
        if (w->at == w->text.len)
            return true;
        len = stretch_len(w);
        if (len == 0 || !laz_view_at(w->text, w->at, len, &bytes)) {
            laz_regex_machine_leave(m, w, state);
            break;
        }
        m->fresh += len;
        if (!laz_regex_spend(w, len) || (!search_stretch(m, w, bytes, &state) && w->has_best))
            return true;
    }
    return *w->steps_left == 0 || w->at == w->text.len || search_byte(w);
}
