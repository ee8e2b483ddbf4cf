#include "match/matcher_priv.h"

struct value {
    int64_t n;
    bool is_defined;
};

static const struct value undefined = {0, false};

static struct value number(int64_t n)
{
    return (struct value){n, true};
}

static bool is_true(struct value v)
{
    return v.is_defined && v.n != 0;
}

static bool spend_search(struct laz_matcher *m, const struct laz_places *places)
{
    return laz_matcher_spend(m, 1 + places->count / 1024);
}

/* The first place at or behind offset: an index, or count. */
static uint32_t find_place(const struct laz_places *places, uint64_t offset)
{
    uint32_t low = 0, high = places->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (places->items[middle].offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* True when there may be more places than are known: an answer that would need them is undefined,
 * and the object counts as not fully matched. */
static bool is_cut(struct laz_matcher *m, const struct laz_places *places)
{
    if (places->cut)
        m->status = LAZ_LIMIT;
    return places->cut || m->is_cut;
}

static struct value count_in(struct laz_matcher *m, uint32_t pattern, struct value first,
                             struct value last, bool as_truth)
{
    const struct laz_places *places = laz_matcher_places(m, pattern);
    uint32_t from, to;

    if (!first.is_defined || !last.is_defined)
        return undefined;
    if (last.n < first.n || last.n < 0 || !spend_search(m, places))
        return number(0);
    from = find_place(places, first.n < 0 ? 0 : (uint64_t)first.n);
    to = last.n == INT64_MAX ? places->count : find_place(places, (uint64_t)last.n + 1);
    if ((from == to || !as_truth) && is_cut(m, places))
        return undefined;
    return number(as_truth ? to > from : to - from);
}

static struct value place_of(struct laz_matcher *m, uint32_t pattern, struct value index, bool len)
{
    const struct laz_places *places = laz_matcher_places(m, pattern);

    if (!index.is_defined || index.n < 1)
        return undefined;
    if (is_cut(m, places) || (uint64_t)index.n > places->count)
        return undefined;
    return number(len ? (int64_t)places->items[index.n - 1].len
                      : (int64_t)places->items[index.n - 1].offset);
}

static struct value count_of(struct laz_matcher *m, uint32_t pattern)
{
    const struct laz_places *places = laz_matcher_places(m, pattern);

    return is_cut(m, places) ? undefined : number(places->count);
}

static struct value found(struct laz_matcher *m, uint32_t pattern)
{
    const struct laz_places *places = laz_matcher_places(m, pattern);

    return places->count == 0 && is_cut(m, places) ? undefined : number(places->count > 0);
}

static struct value read_object(const struct laz_matcher *m, uint8_t how, struct value offset)
{
    uint8_t width = how & LAZ_READ_WIDTH;
    uint64_t n = 0;
    struct laz_view part;

    if (!offset.is_defined || offset.n < 0 ||
        !laz_view_at(m->object->bytes, (uint64_t)offset.n, width, &part))
        return undefined;
    for (unsigned i = 0; i < width; i++)
        n = n << 8 | part.data[(how & LAZ_READ_BIG_ENDIAN) != 0 ? i : width - 1u - i];
    if ((how & LAZ_READ_SIGNED) != 0 && (n >> (8 * width - 1) & 1) != 0)
        return number((int64_t)(n - (UINT64_C(1) << 8 * width)));
    return number((int64_t)n);
}

static struct value divide(int64_t a, int64_t b, bool remainder)
{
    if (b == 0)
        return undefined;
    if (b == -1) /* INT64_MIN has no positive counterpart: it wraps, as all arithmetic here */
        return number(remainder ? 0 : (int64_t)(0 - (uint64_t)a));
    return number(remainder ? a % b : a / b);
}

static struct value shift(int64_t a, int64_t b, bool left)
{
    if (b < 0)
        return undefined;
    if (b >= 64)
        return number(0);
    return number(left ? (int64_t)((uint64_t)a << b) : a >> b);
}

/* Arithmetic wraps; only what has no answer is undefined. */
static struct value calculate(uint8_t op, int64_t a, int64_t b)
{
    switch (op) {
    case LAZ_CONDITION_EQUAL:
        return number(a == b);
    case LAZ_CONDITION_UNEQUAL:
        return number(a != b);
    case LAZ_CONDITION_LESS:
        return number(a < b);
    case LAZ_CONDITION_LESS_EQUAL:
        return number(a <= b);
    case LAZ_CONDITION_GREATER:
        return number(a > b);
    case LAZ_CONDITION_GREATER_EQUAL:
        return number(a >= b);
    case LAZ_CONDITION_ADD:
        return number((int64_t)((uint64_t)a + (uint64_t)b));
    case LAZ_CONDITION_SUBTRACT:
        return number((int64_t)((uint64_t)a - (uint64_t)b));
    case LAZ_CONDITION_MULTIPLY:
        return number((int64_t)((uint64_t)a * (uint64_t)b));
    case LAZ_CONDITION_DIVIDE:
    case LAZ_CONDITION_REMAINDER:
        return divide(a, b, op == LAZ_CONDITION_REMAINDER);
    case LAZ_CONDITION_BIT_AND:
        return number(a & b);
    case LAZ_CONDITION_BIT_OR:
        return number(a | b);
    case LAZ_CONDITION_BIT_XOR:
        return number(a ^ b);
    case LAZ_CONDITION_SHIFT_LEFT:
    case LAZ_CONDITION_SHIFT_RIGHT:
        return shift(a, b, op == LAZ_CONDITION_SHIFT_LEFT);
    default:
        return undefined;
    }
}

/* YARA takes the defined one of two where the other is not. When that comes from a cut search, it
 * could make 'not' true of what was never looked for. */
static struct value either(const struct laz_matcher *m, struct value a, struct value b)
{
    if (is_true(a) || is_true(b))
        return number(1);
    if (m->is_cut && (!a.is_defined || !b.is_defined))
        return undefined;
    return a.is_defined ? a : b;
}

static struct value join(const struct laz_matcher *m, uint8_t op, struct value a, struct value b)
{
    if (op == LAZ_CONDITION_AND)
        return m->is_cut && (!a.is_defined || !b.is_defined) ? undefined
                                                             : number(is_true(a) && is_true(b));
    if (op == LAZ_CONDITION_OR)
        return either(m, a, b);
    return a.is_defined && b.is_defined ? calculate(op, a.n, b.n) : undefined;
}

static struct value turn(uint8_t op, struct value v)
{
    if (op == LAZ_CONDITION_TRUTH)
        return number(is_true(v));
    if (op == LAZ_CONDITION_DEFINED)
        return number(v.is_defined);
    if (!v.is_defined)
        return undefined;
    if (op == LAZ_CONDITION_NOT)
        return number(v.n == 0);
    if (op == LAZ_CONDITION_NEGATE)
        return number((int64_t)(0 - (uint64_t)v.n));
    return number(~v.n);
}

static struct value ask_rule(const struct laz_matcher *m, uint32_t rule)
{
    const struct laz_rule_state *state = &m->rules[rule];

    return number(state->epoch == m->epoch && state->fired);
}

/* An operation that takes what the shape says from args and gives one value. */
static struct value apply(struct laz_matcher *m, const struct laz_rule *rule, uint8_t op,
                          const uint8_t *operands, const struct value *args)
{
    uint32_t pattern = 0;

    switch (op) {
    case LAZ_CONDITION_PUSH:
        return number((int64_t)laz_load_u64(operands));
    case LAZ_CONDITION_FILESIZE:
        return number((int64_t)m->object->bytes.len);
    case LAZ_CONDITION_RULE:
        return ask_rule(m, laz_load_u32(operands));
    case LAZ_CONDITION_READ:
        return read_object(m, operands[0], args[0]);
    case LAZ_CONDITION_NOT:
    case LAZ_CONDITION_NEGATE:
    case LAZ_CONDITION_BIT_NOT:
    case LAZ_CONDITION_TRUTH:
    case LAZ_CONDITION_DEFINED:
        return turn(op, args[0]);
    case LAZ_CONDITION_FOUND:
    case LAZ_CONDITION_AT:
    case LAZ_CONDITION_IN:
    case LAZ_CONDITION_COUNT:
    case LAZ_CONDITION_COUNT_IN:
    case LAZ_CONDITION_OFFSET:
    case LAZ_CONDITION_LENGTH:
        pattern = rule->pattern_first + laz_load_u16(operands);
        break;
    default:
        return join(m, op, args[0], args[1]);
    }
    switch (op) {
    case LAZ_CONDITION_FOUND:
        return found(m, pattern);
    case LAZ_CONDITION_AT:
        return count_in(m, pattern, args[0], args[0], true);
    case LAZ_CONDITION_IN:
        return count_in(m, pattern, args[0], args[1], true);
    case LAZ_CONDITION_COUNT:
        return count_of(m, pattern);
    case LAZ_CONDITION_COUNT_IN:
        return count_in(m, pattern, args[0], args[1], false);
    default:
        return place_of(m, pattern, args[0], op == LAZ_CONDITION_LENGTH);
    }
}

bool laz_matcher_condition(struct laz_matcher *m, const struct laz_rule *rule)
{
    const uint8_t *code = laz_database_code(m->db, rule->code);
    struct value stack[LAZ_CONDITION_STACK_MAX];
    uint32_t pc = 0, depth = 0;

    for (;;) {
        uint8_t op = code[pc];
        struct laz_condition_shape shape = laz_condition_shape(op);
        const uint8_t *operands = code + pc + 1;

        if (op == LAZ_CONDITION_RETURN)
            return is_true(stack[0]);
        if (!laz_matcher_spend(m, 1))
            return false;
        pc += 1u + shape.operand_len;
        if (op == LAZ_CONDITION_JUMP_IF_FALSE || op == LAZ_CONDITION_JUMP_IF_TRUE) {
            if (is_true(stack[depth - 1]) == (op == LAZ_CONDITION_JUMP_IF_TRUE))
                pc = laz_load_u32(operands);
            continue;
        }
        depth -= shape.takes;
        stack[depth] = apply(m, rule, op, operands, stack + depth);
        depth++;
    }
}

bool laz_matcher_guard(struct laz_matcher *m, uint32_t index)
{
    struct laz_guard_state *state = &m->guards[index];
    struct laz_guard guard;
    struct laz_rule rule;

    if (state->epoch == m->epoch)
        return state->passes;
    guard = laz_database_guard(m->db, index);
    rule = (struct laz_rule){.code = guard.code, .code_len = guard.code_len};
    state->epoch = m->epoch;
    state->passes = (guard.target == LAZ_TARGET_ANY || guard.target == m->object->target) &&
                    (guard.code_len == 0 || laz_matcher_condition(m, &rule));
    return state->passes;
}
