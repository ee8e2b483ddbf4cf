#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "rules/regex.h"

#define DEPTH_MAX  16 /* of groups inside one another */
#define REPEAT_MAX 1000

struct parser {
    struct laz_view text, rest;
    struct laz_regex_flags flags;
    struct laz_regex *out;
    const char *why;
    enum laz_status status;
    unsigned depth;
};

static bool refuse(struct parser *p, const char *why)
{
    if (p->why == NULL)
        p->why = why;
    return false;
}

/* What is right, but more than is taken. */
static bool refuse_more(struct parser *p, const char *why)
{
    p->status = LAZ_UNSUPPORTED;
    return refuse(p, why);
}

static bool refuse_memory(struct parser *p)
{
    p->status = LAZ_NOMEM;
    return refuse(p, "no memory");
}

static bool take(struct parser *p, uint8_t c)
{
    return p->rest.len > 0 && p->rest.data[0] == c && laz_skip(&p->rest, 1);
}

/* Room for count steps at index at; what stood there moves up, which its own jumps survive. */
static struct laz_regex_step *insert(struct parser *p, size_t at, size_t count)
{
    struct laz_regex *r = p->out;

    if (count > LAZ_REGEX_STEPS_MAX - r->count) {
        refuse_more(p, "expected a smaller expression");
        return NULL;
    }
    memmove(r->steps + at + count, r->steps + at, (r->count - at) * sizeof *r->steps);
    memset(r->steps + at, 0, count * sizeof *r->steps);
    r->count += count;
    return r->steps + at;
}

static bool add(struct parser *p, size_t at, enum laz_regex_op op, int to, int to_other)
{
    struct laz_regex_step *step = insert(p, at, 1);

    if (step == NULL)
        return false;
    step->op = (uint8_t)op;
    step->to = to;
    step->to_other = to_other;
    return true;
}

static void set_byte(uint8_t *set, unsigned c)
{
    set[c / 8] |= (uint8_t)(1u << c % 8);
}

static bool has_byte(const uint8_t *set, unsigned c)
{
    return (set[c / 8] >> c % 8 & 1) != 0;
}

static bool is_of_class(uint8_t name, unsigned c)
{
    switch (name) {
    case 'd':
        return c >= '0' && c <= '9';
    case 's':
        return c == ' ' || (c >= '\t' && c <= '\r');
    default:
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               c == '_';
    }
}

/* \d \s \w and their opposites. */
static bool add_class(uint8_t *set, uint8_t name)
{
    uint8_t lower = name | 0x20;

    if (lower != 'd' && lower != 's' && lower != 'w')
        return false;
    for (unsigned c = 0; c < 256; c++)
        if (is_of_class(lower, c) == (name == lower))
            set_byte(set, c);
    return true;
}

/* The byte that an escape means; what has no meaning of its own stands for itself. */
static bool take_escaped(struct parser *p, uint8_t name, uint8_t *out)
{
    static const char names[] = "ntrfa", values[] = "\n\t\r\f\a";
    const char *known = name != 0 ? strchr(names, name) : NULL;
    struct laz_view digits;

    *out = known != NULL ? (uint8_t)values[known - names] : name;
    if (name != 'x')
        return true;
    return (laz_take(&p->rest, 2, &digits) && laz_hex_decode(digits, out, 1)) ||
           refuse(p, "expected two hexadecimal digits after '\\x'");
}

static void fold(uint8_t *set)
{
    for (unsigned c = 'a'; c <= 'z'; c++) {
        if (has_byte(set, c))
            set_byte(set, c ^ 0x20);
        else if (has_byte(set, c ^ 0x20))
            set_byte(set, c);
    }
}

static bool add_set(struct parser *p, const uint8_t *set, bool is_negated)
{
    struct laz_regex_step *step = insert(p, p->out->count, 1);

    if (step == NULL)
        return false;
    step->op = LAZ_REGEX_SET;
    memcpy(step->set, set, sizeof step->set);
    if (p->flags.nocase)
        fold(step->set);
    for (size_t i = 0; is_negated && i < sizeof step->set; i++)
        step->set[i] = (uint8_t)~step->set[i];
    return true;
}

/* One byte of a class, or a class in it, which has no end of a range. */
static bool take_member(struct parser *p, uint8_t *set, uint8_t *c, bool *is_class)
{
    *is_class = false;
    if (!laz_take_u8(&p->rest, c))
        return refuse(p, "expected ']'");
    if (*c != '\\')
        return true;
    if (!laz_take_u8(&p->rest, c))
        return refuse(p, "expected a character after '\\'");
    *is_class = add_class(set, *c);
    return *is_class || take_escaped(p, *c, c);
}

static bool is_range_ahead(const struct parser *p)
{
    return p->rest.len > 1 && p->rest.data[0] == '-' && p->rest.data[1] != ']';
}

static bool take_class(struct parser *p)
{
    uint8_t set[32] = {0}, first, last;
    bool is_negated = take(p, '^'), is_class, is_first = true;

    while (is_first || !take(p, ']')) {
        is_first = false;
        if (!take_member(p, set, &first, &is_class))
            return false;
        if (is_class)
            continue;
        last = first;
        if (is_range_ahead(p)) {
            laz_ignore(laz_skip(&p->rest, 1)); /* the '-' was seen */
            if (!take_member(p, set, &last, &is_class))
                return false;
            if (is_class || last < first)
                return refuse(p, "expected a range whose end is not before its start");
        }
        for (unsigned c = first; c <= last; c++)
            set_byte(set, c);
    }
    return add_set(p, set, is_negated);
}

static bool take_escape(struct parser *p)
{
    uint8_t set[32] = {0}, name, c;

    if (!laz_take_u8(&p->rest, &name))
        return refuse(p, "expected a character after '\\'");
    if (name == 'b' || name == 'B')
        return add(p, p->out->count, name == 'b' ? LAZ_REGEX_WORD : LAZ_REGEX_NOT_WORD, 0, 0);
    if (!add_class(set, name)) {
        if (!take_escaped(p, name, &c))
            return false;
        set_byte(set, c);
    }
    return add_set(p, set, false);
}

static bool take_alternatives(struct parser *p);

static bool take_group(struct parser *p)
{
    bool ok;

    if (++p->depth > DEPTH_MAX)
        return refuse_more(p, "expected fewer groups inside one another");
    if (take(p, '?') && !take(p, ':'))
        return refuse(p, "expected a group without '?'");
    ok = take_alternatives(p) && (take(p, ')') || refuse(p, "expected ')'"));
    p->depth--;
    return ok;
}

static bool take_atom(struct parser *p)
{
    uint8_t set[32] = {0}, c;

    if (!laz_take_u8(&p->rest, &c))
        return refuse(p, "expected a character");
    switch (c) {
    case '(':
        return take_group(p);
    case '[':
        return take_class(p);
    case '\\':
        return take_escape(p);
    case '^':
        return add(p, p->out->count, LAZ_REGEX_START, 0, 0);
    case '$':
        return add(p, p->out->count, LAZ_REGEX_END, 0, 0);
    case '*':
    case '+':
    case '?':
        return refuse(p, "expected something to repeat");
    case '.':
        if (!p->flags.dot_all)
            set_byte(set, '\n');
        return add_set(p, set, true);
    default:
        set_byte(set, c);
        return add_set(p, set, false);
    }
}

static bool take_number(struct parser *p, uint64_t *out)
{
    size_t len = 0;
    bool ok;

    while (len < p->rest.len && p->rest.data[len] >= '0' && p->rest.data[len] <= '9')
        len++;
    ok = laz_parse_u64(laz_view_first(p->rest, len), REPEAT_MAX, out);
    return ok && laz_skip(&p->rest, len);
}

/* {n}, {n,}, {,m}, {n,m}. Anything else in braces stands for itself, and nothing is taken. */
static bool take_braces(struct parser *p, uint64_t *min, uint64_t *max)
{
    struct laz_view before = p->rest;
    bool has_min, has_max;

    *min = 0;
    if (!take(p, '{'))
        return false;
    has_min = take_number(p, min);
    *max = *min;
    if (take(p, ',')) {
        has_max = take_number(p, max);
        if (!has_max)
            *max = UINT64_MAX;
        has_min = has_min || has_max;
    }
    if (has_min && *min <= *max && take(p, '}'))
        return true;
    p->rest = before;
    return false;
}

static bool copy_block(struct parser *p, const struct laz_regex_step *block, size_t len)
{
    struct laz_regex_step *room = insert(p, p->out->count, len);

    if (room != NULL)
        memcpy(room, block, len * sizeof *block);
    return room != NULL;
}

static bool add_star(struct parser *p, size_t first)
{
    int len = (int)(p->out->count - first);

    return add(p, first, LAZ_REGEX_SPLIT, 1, len + 2) &&
           add(p, p->out->count, LAZ_REGEX_JUMP, -(len + 1), 0);
}

static bool add_maybe(struct parser *p, size_t first)
{
    int len = (int)(p->out->count - first);

    return add(p, first, LAZ_REGEX_SPLIT, 1, len + 1);
}

/* The block that begins at first, min to max times. */
static bool repeat(struct parser *p, size_t first, uint64_t min, uint64_t max)
{
    size_t len = p->out->count - first;
    struct laz_regex_step *block = malloc(len * sizeof *block + 1);
    uint64_t copies = max == UINT64_MAX ? min + 1 : max;
    bool ok = true;

    if (block == NULL)
        return refuse_memory(p);
    memcpy(block, p->out->steps + first, len * sizeof *block);
    p->out->count = first;
    for (uint64_t i = 0; ok && i < copies; i++) {
        size_t start = p->out->count;

        ok = copy_block(p, block, len);
        if (ok && max == UINT64_MAX && i == min)
            ok = add_star(p, start);
        else if (ok && i >= min)
            ok = add_maybe(p, start);
    }
    free(block);
    return ok;
}

static bool take_piece(struct parser *p)
{
    size_t first = p->out->count;
    uint64_t min = 1, max = 1;

    if (!take_atom(p))
        return false;
    if (take(p, '*'))
        min = 0, max = UINT64_MAX;
    else if (take(p, '+'))
        max = UINT64_MAX;
    else if (take(p, '?'))
        min = 0;
    else if (!take_braces(p, &min, &max))
        return true;
    laz_ignore(take(p, '?')); /* lazy: where a match ends does not matter here */
    return repeat(p, first, min, max);
}

static bool take_sequence(struct parser *p)
{
    while (p->rest.len > 0 && p->rest.data[0] != '|' && p->rest.data[0] != ')')
        if (!take_piece(p))
            return false;
    return true;
}

static bool take_alternatives(struct parser *p)
{
    size_t first = p->out->count;

    if (!take_sequence(p))
        return false;
    while (take(p, '|')) {
        int len = (int)(p->out->count - first);
        size_t jump, start;

        if (!add(p, first, LAZ_REGEX_SPLIT, 1, len + 2))
            return false;
        jump = p->out->count;
        if (!add(p, jump, LAZ_REGEX_JUMP, 0, 0))
            return false;
        start = p->out->count;
        if (!take_sequence(p))
            return false;
        p->out->steps[jump].to = (int)(p->out->count - start) + 1;
    }
    return true;
}

enum laz_status laz_regex_parse(struct laz_view text, struct laz_regex_flags flags,
                                struct laz_regex *out, const char **why, size_t *at)
{
    struct parser p = {
        .text = text, .rest = text, .flags = flags, .out = out, .status = LAZ_INVALID};
    bool ok;

    *out = (struct laz_regex){.steps = calloc(LAZ_REGEX_STEPS_MAX, sizeof *out->steps)};
    ok = out->steps != NULL || refuse_memory(&p);
    ok = ok && take_alternatives(&p) && (p.rest.len == 0 || refuse(&p, "expected '(' before ')'"));
    ok = ok && add(&p, out->count, LAZ_REGEX_MATCH, 0, 0);
    *why = p.why;
    *at = text.len - p.rest.len;
    if (ok)
        return LAZ_OK;
    laz_regex_clear(out);
    return p.status;
}

void laz_regex_clear(struct laz_regex *r)
{
    free(r->steps);
    *r = (struct laz_regex){0};
}
