#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "console/watermark.h"

static void only_what_is_new_is_stored(void **state)
{
    static const struct {
        uint64_t stored;
        struct laz_batch_range range;
        struct laz_batch_plan plan;
    } cases[] = {
        /* the next ones */
        {0, {1, 3, false, 0, 0}, {false, 0, 3, false, 0, 0, 3}},
        {3, {4, 1, false, 0, 0}, {false, 0, 1, false, 0, 0, 4}},
        /* sent again, wholly and partly */
        {3, {1, 3, false, 0, 0}, {false, 0, 0, false, 0, 0, 3}},
        {3, {2, 1, false, 0, 0}, {false, 0, 0, false, 0, 0, 3}},
        {3, {2, 4, false, 0, 0}, {false, 2, 2, false, 0, 0, 5}},
        /* a hole that is not declared, or not wholly */
        {3, {5, 1, false, 0, 0}, {true, 0, 0, false, 0, 0, 3}},
        {0, {2, 1, false, 0, 0}, {true, 0, 0, false, 0, 0, 0}},
        {3, {9, 1, true, 5, 8}, {true, 0, 0, false, 0, 0, 3}},
        {3, {9, 1, true, 4, 7}, {true, 0, 0, false, 0, 0, 3}},
        /* a declared one, exactly and generously */
        {3, {9, 2, true, 4, 8}, {false, 0, 2, true, 4, 8, 10}},
        {3, {9, 2, true, 1, 20}, {false, 0, 2, true, 4, 8, 10}},
        /* a declared one that is none */
        {3, {4, 1, true, 4, 8}, {false, 0, 1, false, 0, 0, 4}},
        {8, {4, 2, true, 1, 3}, {false, 0, 0, false, 0, 0, 8}},
        /* the end of the numbers */
        {INT64_MAX - 1, {INT64_MAX, 1, false, 0, 0}, {false, 0, 1, false, 0, 0, INT64_MAX}},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct laz_batch_plan *wanted = &cases[i].plan;
        struct laz_batch_plan p;

        assert_true(laz_batch_plan(cases[i].stored, &cases[i].range, &p));
        assert_int_equal(p.refused, wanted->refused);
        assert_int_equal(p.seq, wanted->seq);
        assert_int_equal(p.store, wanted->store);
        assert_int_equal(p.skip, wanted->store > 0 ? wanted->skip : p.skip);
        assert_int_equal(p.gap, wanted->gap);
        assert_int_equal(p.lost_first, wanted->lost_first);
        assert_int_equal(p.lost_last, wanted->lost_last);
    }
}

static void numbers_that_make_no_sense_are_refused(void **state)
{
    static const struct laz_batch_range cases[] = {
        {0, 1, false, 0, 0},         {1, 0, false, 0, 0}, {UINT64_MAX, 2, false, 0, 0},
        {INT64_MAX, 2, false, 0, 0}, {5, 1, true, 0, 4},  {5, 1, true, 4, 3},
        {5, 1, true, 1, UINT64_MAX},
    };
    struct laz_batch_plan p;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_false(laz_batch_plan(0, &cases[i], &p));
}

/* Any order of sending, with anything sent again, stores each number once. */
static void whatever_is_sent_again_is_counted_once(void **state)
{
    uint64_t stored = 0, sum = 0, x = 88172645463325252ULL;

    for (int i = 0; i < 20000; i++) {
        struct laz_batch_range range = {0};
        struct laz_batch_plan p;

        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        range.first = stored < 20 ? 1 + x % (stored + 2) : stored - 18 + x % 22;
        range.count = 1 + (x >> 32) % 30;
        assert_true(laz_batch_plan(stored, &range, &p));
        if (p.refused)
            continue;
        assert_true(p.store == 0 || range.first + p.skip == stored + 1);
        sum += p.store;
        stored = p.seq;
    }
    assert_int_equal(sum, stored);
    assert_true(stored > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_new_is_stored),
        cmocka_unit_test(numbers_that_make_no_sense_are_refused),
        cmocka_unit_test(whatever_is_sent_again_is_counted_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
