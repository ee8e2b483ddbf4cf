#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/number.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

struct text_case {
    const char *text;
    uint64_t max, want;
    bool ok;
};

static void check(const struct text_case *c,
                  bool (*parse)(struct laz_view v, uint64_t max, uint64_t *out))
{
    uint64_t n = 4711;

    if (parse(laz_view_of(c->text), c->max, &n) != c->ok)
        fail_msg("'%s' of at most %llu", c->text, (unsigned long long)c->max);
    assert_int_equal(n, c->ok ? c->want : 4711);
}

static void decimal_digits_and_nothing_else(void **state)
{
    static const struct text_case cases[] = {
        {"0", 0, 0, true},
        {"1", 0, 0, false},
        {"255", 255, 255, true},
        {"256", 255, 0, false},
        {"007", 10, 7, true},
        {"18446744073709551615", UINT64_MAX, UINT64_MAX, true},
        {"18446744073709551616", UINT64_MAX, 0, false},
        {"99999999999999999999999999", UINT64_MAX, 0, false},
        {"", UINT64_MAX, 0, false},
        {"-1", UINT64_MAX, 0, false},
        {"+1", UINT64_MAX, 0, false},
        {" 1", UINT64_MAX, 0, false},
        {"1 ", UINT64_MAX, 0, false},
        {"1.0", UINT64_MAX, 0, false},
        {"0x1", UINT64_MAX, 0, false},
        {"a", UINT64_MAX, 0, false},
        {"1K", UINT64_MAX, 0, false},
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        check(&cases[i], laz_parse_u64);
}

static void hexadecimal_digits_of_either_case(void **state)
{
    static const struct text_case cases[] = {
        {"0", 0, 0, true},
        {"fF", 255, 255, true},
        {"100", 255, 0, false},
        {"ffffffffffffffff", UINT64_MAX, UINT64_MAX, true},
        {"10000000000000000", UINT64_MAX, 0, false},
        {"0x1", UINT64_MAX, 0, false},
        {"g", UINT64_MAX, 0, false},
        {"", UINT64_MAX, 0, false},
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        check(&cases[i], laz_parse_hex_u64);
}

static void sizes_have_units_of_1024(void **state)
{
    static const struct text_case cases[] = {
        {"0", 0, 0, true},
        {"1k", KIB, KIB, true},
        {"1K", KIB, KIB, true},
        {"1K", KIB - 1, 0, false},
        {"3M", GIB, 3 * MIB, true},
        {"2g", UINT64_MAX, 2 * GIB, true},
        {"17179869183G", UINT64_MAX, 17179869183 * GIB, true},
        {"17179869184G", UINT64_MAX, 0, false},
        {"", UINT64_MAX, 0, false},
        {"K", UINT64_MAX, 0, false},
        {"1KB", UINT64_MAX, 0, false},
        {"1T", UINT64_MAX, 0, false},
        {"-1K", UINT64_MAX, 0, false},
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        check(&cases[i], laz_parse_size);
}

static void checked_arithmetic_sees_the_border(void **state)
{
    size_t size;
    uint16_t small;

    assert_false(laz_ckd_add(&size, SIZE_MAX, (size_t)0));
    assert_true(laz_ckd_add(&size, SIZE_MAX, (size_t)1));
    assert_true(laz_ckd_sub(&size, (size_t)0, (size_t)1));
    assert_true(laz_ckd_mul(&size, SIZE_MAX / 2 + 1, (size_t)2));
    assert_false(laz_ckd_mul(&size, SIZE_MAX / 2, (size_t)2));
    assert_true(laz_ckd_add(&small, (uint32_t)65535, (uint32_t)1)); /* what counts is the result */
    assert_false(laz_ckd_add(&small, (uint32_t)65534, (uint32_t)1));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(decimal_digits_and_nothing_else),
        cmocka_unit_test(hexadecimal_digits_of_either_case),
        cmocka_unit_test(sizes_have_units_of_1024),
        cmocka_unit_test(checked_arithmetic_sees_the_border),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
