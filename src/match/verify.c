#include "match/matcher_priv.h"

#define NO_GAP UINT16_MAX

/* One program on its way through the object. Positions lie between bytes: ahead reads the bytes
 * from at on, back reads those before it. */
struct run {
    struct laz_matcher *m;
    struct laz_view object;
    const uint8_t *code;
    uint32_t gap_first;
    bool ahead;
    uint32_t pc;
    uint64_t at;
    size_t choice_count;
};

/* The len bytes on the way, in their order in the object; at moves over them. */
static bool take_bytes(struct run *r, uint64_t len, const uint8_t **out)
{
    uint64_t start = r->ahead ? r->at : r->at - len;
    struct laz_view part;

    if ((!r->ahead && len > r->at) || !laz_view_at(r->object, start, len, &part))
        return false;
    r->at = r->ahead ? r->at + len : start;
    *out = part.data;
    return true;
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static bool equal_nocase(const uint8_t *bytes, const uint8_t *lowered, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (lower(bytes[i]) != lowered[i])
            return false;
    return true;
}

static bool equal_masked(const uint8_t *bytes, const uint8_t *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if ((bytes[i] & pairs[2 * i]) != pairs[2 * i + 1])
            return false;
    return true;
}

static bool equal_none(const uint8_t *bytes, size_t len, const uint8_t *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (memcmp(bytes, items + i * len, len) == 0)
            return false;
    return true;
}

/* The gap's positions run from min to max bytes away, as far as the object reaches. */
static bool open_gap(struct run *r, const uint8_t *operands)
{
    uint64_t room = r->ahead ? r->object.len - r->at : r->at;
    uint32_t min = laz_load_u32(operands + 2), max = laz_load_u32(operands + 6);
    struct laz_choice *choice = &r->m->choices[r->choice_count];

    if (min > room)
        return false;
    *choice = (struct laz_choice){
        .pc = r->pc,
        .gap = laz_load_u16(operands),
        .at = min,
        .last = max == LAZ_GAP_MAX || max > room ? room : max,
    };
    if (r->ahead) {
        choice->at += r->at;
        choice->last += r->at;
    } else { /* ascending here too, so that what is remembered is one run of positions */
        uint64_t nearest = r->at - choice->at;

        choice->at = r->at - choice->last;
        choice->last = nearest;
    }
    choice->first = choice->at;
    r->choice_count++;
    return false; /* its first position is taken like the others */
}

static void open_split(struct run *r, uint32_t target)
{
    r->m->choices[r->choice_count++] = (struct laz_choice){
        .pc = target,
        .gap = NO_GAP,
        .at = r->at,
    };
}

static struct laz_gap_memory *memory_of(struct run *r, uint16_t gap)
{
    struct laz_gap_memory *memory = &r->m->gaps[r->gap_first + gap];

    if (memory->epoch != r->m->epoch)
        *memory = (struct laz_gap_memory){r->m->epoch, 1, 0};
    return memory;
}

/* All of [low, high] failed. Of two runs that do not touch, the newer stays. */
static void remember_failed(struct laz_gap_memory *memory, uint64_t low, uint64_t high)
{
    bool is_empty = memory->low > memory->high;

    if (is_empty || low > memory->high + 1 || high + 1 < memory->low) {
        memory->low = low;
        memory->high = high;
        return;
    }
    if (high > memory->high)
        memory->high = high;
    if (low < memory->low)
        memory->low = low;
}

/* Over positions before end where the next byte alone rules the rest out. */
static void skip_hopeless(const struct run *r, struct laz_choice *choice, uint64_t end)
{
    const uint8_t *next = r->code + choice->pc;
    uint64_t before = choice->at;
    struct laz_view window;

    if (!r->ahead || next[0] != LAZ_VERIFY_BYTES || choice->at >= end ||
        !laz_view_at(r->object, choice->at, end - choice->at, &window))
        return;
    choice->at += laz_view_find_byte(window, next[2]);
    laz_ignore(laz_matcher_spend(r->m, (choice->at - before) / 64)); /* the next step sees it */
}

static void skip_known(struct laz_choice *choice, const struct laz_gap_memory *memory)
{
    if (choice->at >= memory->low && choice->at <= memory->high)
        choice->at = memory->high + 1;
}

/* The gap's next position that is not known to fail. Those before it are. */
static bool next_in_gap(struct run *r, struct laz_choice *choice)
{
    struct laz_gap_memory *memory = memory_of(r, choice->gap);
    uint64_t end = choice->last;

    if (choice->at > choice->first)
        remember_failed(memory, choice->first, choice->at - 1);
    skip_known(choice, memory);
    if (choice->at < memory->low && memory->low < end)
        end = memory->low;
    skip_hopeless(r, choice, end);
    skip_known(choice, memory);
    if (choice->at > choice->last)
        return false;
    r->at = choice->at++;
    return true;
}

/* The way taken so far failed: takes the next one. False when none is left. */
static bool take_choice(struct run *r)
{
    while (r->choice_count > 0) {
        struct laz_choice *choice = &r->m->choices[r->choice_count - 1];

        if (!laz_matcher_spend(r->m, 1))
            return false;
        r->pc = choice->pc;
        if (choice->gap == NO_GAP) {
            r->at = choice->at;
            r->choice_count--;
            return true;
        }
        if (next_in_gap(r, choice))
            return true;
        r->choice_count--;
    }
    return false;
}

/* One operation that is not MATCH; its operands are at p and the program goes on behind them. */
static bool do_step(struct run *r, uint8_t op, const uint8_t *p)
{
    const uint8_t *bytes;

    switch ((enum laz_verify_op)op) {
    case LAZ_VERIFY_BYTES:
        r->pc += 1 + p[0];
        return take_bytes(r, p[0], &bytes) && memcmp(bytes, p + 1, p[0]) == 0;
    case LAZ_VERIFY_NOCASE:
        r->pc += 1 + p[0];
        return take_bytes(r, p[0], &bytes) && equal_nocase(bytes, p + 1, p[0]);
    case LAZ_VERIFY_MASKED:
        r->pc += 1 + 2u * p[0];
        return take_bytes(r, p[0], &bytes) && equal_masked(bytes, p + 1, p[0]);
    case LAZ_VERIFY_NOT_MASKED:
        r->pc += 2;
        return take_bytes(r, 1, &bytes) && (bytes[0] & p[0]) != p[1];
    case LAZ_VERIFY_NOT_ANY:
        r->pc += 2 + (uint32_t)p[0] * p[1];
        return take_bytes(r, p[0], &bytes) && equal_none(bytes, p[0], p + 2, p[1]);
    case LAZ_VERIFY_SKIP:
        r->pc += 4;
        return take_bytes(r, laz_load_u32(p), &bytes);
    case LAZ_VERIFY_GAP:
        r->pc += 10;
        return open_gap(r, p);
    case LAZ_VERIFY_SPLIT:
        r->pc += 4;
        open_split(r, laz_load_u32(p));
        return true;
    case LAZ_VERIFY_JUMP:
        r->pc = laz_load_u32(p);
        return true;
    case LAZ_VERIFY_BORDER:
        r->pc += 1;
        return laz_border_is_at(r->object, r->at, p[0]);
    case LAZ_VERIFY_MATCH:
    case LAZ_VERIFY_OPS:
        break;
    }
    return false;
}

/* To the end of the program: the next way through it. False when there is no other, or no steps
 * are left. */
static bool go_on(struct run *r)
{
    for (;;) {
        uint8_t op = r->code[r->pc++];

        if (op == LAZ_VERIFY_MATCH)
            return true;
        if (!laz_matcher_spend(r->m, 1))
            return false;
        if (!do_step(r, op, r->code + r->pc) && !take_choice(r))
            return false;
    }
}

static bool is_word(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* The character that ends at position at, or that starts there, is one of a word. */
static bool has_word(struct laz_view object, uint64_t at, bool wide, bool before)
{
    uint64_t len = wide ? 2 : 1;
    struct laz_view c;

    if ((before && at < len) || !laz_view_at(object, before ? at - len : at, len, &c))
        return false;
    return is_word(c.data[0]) && (!wide || c.data[1] == 0);
}

bool laz_matcher_stands_alone(const struct laz_matcher *m, const struct laz_form *form,
                              uint64_t start, uint64_t end)
{
    struct laz_view object = m->object->bytes;
    bool wide = (form->flags & LAZ_FORM_WIDE) != 0;

    return (form->flags & LAZ_FORM_FULLWORD) == 0 ||
           (!has_word(object, start, wide, true) && !has_word(object, end, wide, false));
}

void laz_matcher_verify(struct laz_matcher *m, const struct laz_form *form, uint64_t offset,
                        uint64_t end)
{
    struct run r = {
        .m = m,
        .object = m->object->bytes,
        .code = laz_database_code(m->db, form->ahead),
        .gap_first = form->gap_first,
        .ahead = true,
        .at = end,
    };

    if ((form->flags & LAZ_FORM_REGEX) != 0) {
        laz_matcher_verify_regex(m, form, offset, end);
        return;
    }
    if (!go_on(&r))
        return;
    end = r.at;
    r.code = laz_database_code(m->db, form->back);
    r.ahead = false;
    r.pc = 0;
    r.at = offset;
    r.choice_count = 0;
    while (go_on(&r)) { /* each way back is a place of its own */
        if (laz_matcher_stands_alone(m, form, r.at, end))
            laz_matcher_keep(m, form, r.at, end);
        if (m->status != LAZ_OK || !laz_matcher_wants(m, form->pattern) || !take_choice(&r))
            return;
    }
}
