#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "console/budget.h"

#define MINUTE 60000

static struct laz_budget budget;

static void a_burst_is_allowed_and_then_one_each_so_often(void **state)
{
    laz_budget_init(&budget, 3, 1000);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(laz_budget_wait_ms(&budget, 7, 0), 0);
        laz_budget_take(&budget, 7, 0);
    }
    assert_int_equal(laz_budget_wait_ms(&budget, 7, 0), 1000);
    assert_int_equal(laz_budget_wait_ms(&budget, 7, 999), 1);
    assert_int_equal(laz_budget_wait_ms(&budget, 7, 1000), 0);
    laz_budget_take(&budget, 7, 1000);
    assert_true(laz_budget_wait_ms(&budget, 7, 1500) > 0);
    assert_int_equal(laz_budget_wait_ms(&budget, 8, 1500), 0); /* another key has its own */
}

static void after_a_pause_the_burst_is_there_again(void **state)
{
    laz_budget_init(&budget, 3, 1000);
    for (int i = 0; i < 3; i++)
        laz_budget_take(&budget, 7, 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(laz_budget_wait_ms(&budget, 7, 10000), 0);
        laz_budget_take(&budget, 7, 10000);
    }
    assert_true(laz_budget_wait_ms(&budget, 7, 10000) > 0);
}

static void what_was_right_does_not_count(void **state)
{
    laz_budget_init(&budget, 1, 1000);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(laz_budget_wait_ms(&budget, 7, 0), 0);
        laz_budget_take(&budget, 7, 0);
        laz_budget_give_back(&budget, 7, 0);
    }
    laz_budget_give_back(&budget, 9, 0); /* of one that was never taken */
    laz_budget_take(&budget, 7, 0);
    assert_true(laz_budget_wait_ms(&budget, 7, 0) > 0);
}

/* Ten minutes of guessing as fast as it is let, the account's rule: 10 and one each 10 s. */
static void a_million_guesses_are_few_tries(void **state)
{
    int tries = 0;

    laz_budget_init(&budget, 10, 10000);
    for (int64_t now = 0; now < 10 * MINUTE; now++) {
        if (laz_budget_wait_ms(&budget, 7, now) > 0)
            continue;
        laz_budget_take(&budget, 7, now);
        tries++;
    }
    assert_in_range(tries, 60, 100);
}

static void other_keys_cannot_push_an_empty_bucket_out(void **state)
{
    laz_budget_init(&budget, 5, 10000);
    for (int i = 0; i < 5; i++)
        laz_budget_take(&budget, 7, 0);
    for (uint64_t key = 100; key < 100 + 20 * LAZ_BUDGET_KEYS; key++)
        laz_budget_take(&budget, key, 1);
    assert_true(laz_budget_wait_ms(&budget, 7, 2) > 0);
}

static void a_clock_that_goes_back_locks_nobody_out_for_long(void **state)
{
    laz_budget_init(&budget, 1, 1000);
    laz_budget_take(&budget, 7, 100000);
    assert_in_range(laz_budget_wait_ms(&budget, 7, 5), 1, 1000);
    assert_int_equal(laz_budget_wait_ms(&budget, 7, 1005), 0);
}

static void keys_differ_by_kind_text_and_secret(void **state)
{
    static const uint8_t one[16] = {1}, two[16] = {2};
    uint64_t key = laz_budget_key(one, "account", laz_view_of("admin"));

    assert_int_equal(key, laz_budget_key(one, "account", laz_view_of("admin")));
    assert_int_not_equal(key, laz_budget_key(two, "account", laz_view_of("admin")));
    assert_int_not_equal(key, laz_budget_key(one, "source", laz_view_of("admin")));
    assert_int_not_equal(key, laz_budget_key(one, "account", laz_view_of("admi")));
    assert_int_not_equal(laz_budget_key(one, "account", laz_view_of("")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_is_allowed_and_then_one_each_so_often),
        cmocka_unit_test(after_a_pause_the_burst_is_there_again),
        cmocka_unit_test(what_was_right_does_not_count),
        cmocka_unit_test(a_million_guesses_are_few_tries),
        cmocka_unit_test(other_keys_cannot_push_an_empty_bucket_out),
        cmocka_unit_test(a_clock_that_goes_back_locks_nobody_out_for_long),
        cmocka_unit_test(keys_differ_by_kind_text_and_secret),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
