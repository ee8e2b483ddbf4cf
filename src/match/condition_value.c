#include <float.h>
#include <math.h>

#include "match/condition_priv.h"

#define STEP_BYTES 32 /* of texts that one step pays for */

bool laz_condition_is_true(struct laz_value v)
{
    switch ((enum laz_value_kind)v.kind) {
    case LAZ_VALUE_NUMBER:
        return v.n != 0;
    case LAZ_VALUE_REAL:
        return v.real < 0 || v.real > 0;
    case LAZ_VALUE_TEXT:
        return v.text.len > 0;
    case LAZ_VALUE_UNDEFINED:
    case LAZ_VALUE_REGEX:
        break;
    }
    return false;
}

bool laz_condition_is_unknown(const struct laz_matcher *m, struct laz_value v)
{
    return v.kind == LAZ_VALUE_UNDEFINED && m->is_unsure;
}

static struct laz_value divide(int64_t a, int64_t b, bool remainder)
{
    if (b == 0 || (a == INT64_MIN && b == -1)) /* no number is the answer */
        return laz_value_undefined();
    return laz_value_number(remainder ? a % b : a / b);
}

static struct laz_value shift(int64_t a, int64_t b, bool left)
{
    if (b < 0)
        return laz_value_undefined();
    if (b >= 64)
        return laz_value_number(0);
    return laz_value_number(left ? (int64_t)((uint64_t)a << b) : a >> b);
}

/* Arithmetic wraps; only what has no answer is undefined. */
static struct laz_value with_numbers(uint8_t op, int64_t a, int64_t b)
{
    switch (op) {
    case LAZ_CONDITION_EQUAL:
        return laz_value_number(a == b);
    case LAZ_CONDITION_UNEQUAL:
        return laz_value_number(a != b);
    case LAZ_CONDITION_LESS:
        return laz_value_number(a < b);
    case LAZ_CONDITION_LESS_EQUAL:
        return laz_value_number(a <= b);
    case LAZ_CONDITION_GREATER:
        return laz_value_number(a > b);
    case LAZ_CONDITION_GREATER_EQUAL:
        return laz_value_number(a >= b);
    case LAZ_CONDITION_ADD:
        return laz_value_number((int64_t)((uint64_t)a + (uint64_t)b));
    case LAZ_CONDITION_SUBTRACT:
        return laz_value_number((int64_t)((uint64_t)a - (uint64_t)b));
    case LAZ_CONDITION_MULTIPLY:
        return laz_value_number((int64_t)((uint64_t)a * (uint64_t)b));
    case LAZ_CONDITION_DIVIDE:
    case LAZ_CONDITION_REMAINDER:
        return divide(a, b, op == LAZ_CONDITION_REMAINDER);
    case LAZ_CONDITION_BIT_AND:
        return laz_value_number(a & b);
    case LAZ_CONDITION_BIT_OR:
        return laz_value_number(a | b);
    case LAZ_CONDITION_BIT_XOR:
        return laz_value_number(a ^ b);
    case LAZ_CONDITION_SHIFT_LEFT:
    case LAZ_CONDITION_SHIFT_RIGHT:
        return shift(a, b, op == LAZ_CONDITION_SHIFT_LEFT);
    default:
        return laz_value_undefined();
    }
}

/* Reals are equal when they differ by less than a double can tell near 1, as in YARA. */
static struct laz_value with_reals(uint8_t op, double a, double b)
{
    switch (op) {
    case LAZ_CONDITION_EQUAL:
        return laz_value_number(fabs(a - b) < DBL_EPSILON);
    case LAZ_CONDITION_UNEQUAL:
        return laz_value_number(fabs(a - b) >= DBL_EPSILON);
    case LAZ_CONDITION_LESS:
        return laz_value_number(a < b);
    case LAZ_CONDITION_LESS_EQUAL:
        return laz_value_number(a <= b);
    case LAZ_CONDITION_GREATER:
        return laz_value_number(a > b);
    case LAZ_CONDITION_GREATER_EQUAL:
        return laz_value_number(a >= b);
    case LAZ_CONDITION_ADD:
        return laz_value_real(a + b);
    case LAZ_CONDITION_SUBTRACT:
        return laz_value_real(a - b);
    case LAZ_CONDITION_MULTIPLY:
        return laz_value_real(a * b);
    case LAZ_CONDITION_DIVIDE:
        return b < 0 || b > 0 ? laz_value_real(a / b) : laz_value_undefined();
    default:
        return laz_value_undefined();
    }
}

static double real_of(struct laz_value v)
{
    return v.kind == LAZ_VALUE_REAL ? v.real : (double)v.n;
}

static bool is_numeric(struct laz_value v)
{
    return v.kind == LAZ_VALUE_NUMBER || v.kind == LAZ_VALUE_REAL;
}

static struct laz_value matches(struct laz_matcher *m, struct laz_view text,
                                struct laz_view program)
{
    bool holds = laz_regex_search(program, text, m->regex, &m->steps_left);

    return laz_matcher_spend(m, 1) ? laz_value_number(holds) : laz_value_undefined();
}

struct laz_value laz_condition_calculate(struct laz_matcher *m, uint8_t op, struct laz_value a,
                                         struct laz_value b)
{
    if (a.kind == LAZ_VALUE_NUMBER && b.kind == LAZ_VALUE_NUMBER)
        return with_numbers(op, a.n, b.n);
    if (is_numeric(a) && is_numeric(b))
        return with_reals(op, real_of(a), real_of(b));
    if (op == LAZ_CONDITION_MATCHES && a.kind == LAZ_VALUE_TEXT && b.kind == LAZ_VALUE_REGEX)
        return matches(m, a.text, b.text);
    if (a.kind == LAZ_VALUE_TEXT && b.kind == LAZ_VALUE_TEXT)
        return laz_condition_compare_texts(m, op, a.text, b.text);
    return laz_value_undefined();
}

struct laz_value laz_condition_turn(uint8_t op, struct laz_value v)
{
    if (op == LAZ_CONDITION_DEFINED)
        return laz_value_number(v.kind != LAZ_VALUE_UNDEFINED);
    if (v.kind == LAZ_VALUE_UNDEFINED)
        return v;
    if (op == LAZ_CONDITION_NOT)
        return laz_value_number(!laz_condition_is_true(v));
    if (v.kind == LAZ_VALUE_REAL && op == LAZ_CONDITION_NEGATE)
        return laz_value_real(-v.real);
    if (v.kind != LAZ_VALUE_NUMBER)
        return laz_value_undefined();
    return laz_value_number(op == LAZ_CONDITION_NEGATE ? (int64_t)(0 - (uint64_t)v.n) : ~v.n);
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static bool equal_nocase(const uint8_t *a, const uint8_t *b, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (lower(a[i]) != lower(b[i]))
            return false;
    return true;
}

static bool stands_at(struct laz_view a, size_t at, struct laz_view b, bool nocase)
{
    struct laz_view part = laz_view_from_offset(a, at);

    if (b.len > part.len)
        return false;
    return nocase ? equal_nocase(part.data, b.data, b.len)
                  : laz_view_equal(laz_view_first(part, b.len), b);
}

static bool contains(struct laz_matcher *m, struct laz_view a, struct laz_view b, bool nocase)
{
    if (b.len > a.len)
        return false;
    if (!nocase)
        return b.len == 0 || laz_view_find(a, b) < a.len;
    for (size_t i = 0; i + b.len <= a.len; i++) {
        if (b.len > 0 && lower(a.data[i]) != lower(b.data[0]))
            continue;
        if (!laz_matcher_spend(m, 1 + b.len / STEP_BYTES))
            return false;
        if (stands_at(a, i, b, true))
            return true;
    }
    return false;
}

/* A shorter text comes first; bytes have a sign, as they have for YARA. */
static int order_of(struct laz_view a, struct laz_view b)
{
    for (size_t i = 0; i < a.len && i < b.len; i++)
        if (a.data[i] != b.data[i])
            return (int8_t)a.data[i] < (int8_t)b.data[i] ? -1 : 1;
    return (a.len > b.len) - (a.len < b.len);
}

static bool text_holds(struct laz_matcher *m, uint8_t op, struct laz_view a, struct laz_view b,
                       bool *ok)
{
    *ok = true;
    switch (op) {
    case LAZ_CONDITION_EQUAL:
        return laz_view_equal(a, b);
    case LAZ_CONDITION_UNEQUAL:
        return !laz_view_equal(a, b);
    case LAZ_CONDITION_LESS:
        return order_of(a, b) < 0;
    case LAZ_CONDITION_LESS_EQUAL:
        return order_of(a, b) <= 0;
    case LAZ_CONDITION_GREATER:
        return order_of(a, b) > 0;
    case LAZ_CONDITION_GREATER_EQUAL:
        return order_of(a, b) >= 0;
    case LAZ_CONDITION_CONTAINS:
    case LAZ_CONDITION_ICONTAINS:
        return contains(m, a, b, op == LAZ_CONDITION_ICONTAINS);
    case LAZ_CONDITION_STARTSWITH:
    case LAZ_CONDITION_ISTARTSWITH:
        return stands_at(a, 0, b, op == LAZ_CONDITION_ISTARTSWITH);
    case LAZ_CONDITION_ENDSWITH:
    case LAZ_CONDITION_IENDSWITH:
        return b.len <= a.len && stands_at(a, a.len - b.len, b, op == LAZ_CONDITION_IENDSWITH);
    case LAZ_CONDITION_IEQUALS:
        return a.len == b.len && stands_at(a, 0, b, true);
    default:
        *ok = false;
        return false;
    }
}

struct laz_value laz_condition_compare_texts(struct laz_matcher *m, uint8_t op, struct laz_view a,
                                             struct laz_view b)
{
    bool holds, ok;

    if (!laz_matcher_spend(m, (a.len + b.len) / STEP_BYTES))
        return laz_value_undefined();
    holds = text_holds(m, op, a, b, &ok);
    return ok ? laz_value_number(holds) : laz_value_undefined();
}
