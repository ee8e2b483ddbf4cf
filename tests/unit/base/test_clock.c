#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "sys/clock.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void times_are_written_as_rfc_3339(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {1, "1970-01-01T00:00:00.001Z"},
        {999, "1970-01-01T00:00:00.999Z"},
        {1000, "1970-01-01T00:00:01.000Z"},
        {951782400000, "2000-02-29T00:00:00.000Z"},
        {1494547199999, "2017-05-11T23:59:59.999Z"},
        {4102444800000, "2100-01-01T00:00:00.000Z"},
        {253402300799999, "9999-12-31T23:59:59.999Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {-1000, "1969-12-31T23:59:59.000Z"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[LAZ_TIME_TEXT_SIZE];

        laz_time_text(cases[i].ms, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void no_time_overflows_its_text(void **state)
{
    static const int64_t cases[] = {INT64_MAX, INT64_MIN, INT64_MAX / 2, 253402300800000};

    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[LAZ_TIME_TEXT_SIZE];

        laz_time_text(cases[i], text);
        assert_true(strnlen(text, sizeof text) < sizeof text);
    }
}

static void the_clock_is_the_systems(void **state)
{
    int64_t before = (int64_t)time(NULL) * 1000, now = laz_now_ms();

    assert_true(now >= before - 1000 && now < before + 60000);
}

static void deadlines_only_grow(void **state)
{
    int64_t start = laz_monotonic_ns();

    for (int i = 0; i < 10000; i++) {
        int64_t now = laz_monotonic_ns();

        assert_true(now >= start);
        start = now;
    }
    assert_true(laz_monotonic_ms() >= start / 1000000);
}

static void sleeping_lasts_as_long_as_asked(void **state)
{
    int64_t start = laz_monotonic_ns();

    laz_sleep_ms(0);
    laz_sleep_ms(30);
    assert_true(laz_monotonic_ns() - start >= 30 * 1000000);
}

static void chance_does_not_repeat_itself(void **state)
{
    uint8_t a[64] = {0}, b[64] = {0}, none = 7;

    laz_random_bytes(a, sizeof a);
    laz_random_bytes(b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
    laz_random_bytes(&none, 0);
    assert_int_equal(none, 7);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_written_as_rfc_3339),
        cmocka_unit_test(no_time_overflows_its_text),
        cmocka_unit_test(the_clock_is_the_systems),
        cmocka_unit_test(deadlines_only_grow),
        cmocka_unit_test(sleeping_lasts_as_long_as_asked),
        cmocka_unit_test(chance_does_not_repeat_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
