#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "feed/schedule.h"

#define MINUTE 60000
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define NOW    ((int64_t)1700000000000)

static void the_next_look_comes_when_the_outcome_allows_it(void **state)
{
    static const struct {
        enum laz_feed_outcome outcome;
        uint64_t every_s, failures;
        int64_t retry_ms, least, most;
    } cases[] = {
        {LAZ_FEED_FRESH, 86400, 0, 0, DAY, DAY + 30 * MINUTE},
        {LAZ_FEED_SAME, 3600, 0, 0, HOUR, HOUR + 6 * MINUTE},
        {LAZ_FEED_FORBIDDEN, 3600, 1, 0, DAY, DAY + 6 * MINUTE},
        {LAZ_FEED_FORBIDDEN, 7 * 86400, 1, 0, 7 * DAY, 7 * DAY + 30 * MINUTE},
        {LAZ_FEED_GONE, 3600, 9, 0, DAY, DAY + 6 * MINUTE},
        {LAZ_FEED_TOO_LARGE, 3600, 1, 0, DAY, DAY + 6 * MINUTE},
        {LAZ_FEED_DAMAGED, 3600, 1, 0, DAY, DAY + 6 * MINUTE},
        {LAZ_FEED_REDIRECT, 3600, 1, 0, DAY, DAY + 6 * MINUTE},
        {LAZ_FEED_BROKEN, 86400, 1, 0, 5 * MINUTE / 2, 5 * MINUTE},
        {LAZ_FEED_BROKEN, 86400, 2, 0, 5 * MINUTE, 10 * MINUTE},
        {LAZ_FEED_BROKEN, 86400, 5, 0, 40 * MINUTE, 80 * MINUTE},
        {LAZ_FEED_BROKEN, 86400, 30, 0, 12 * HOUR, DAY},
        {LAZ_FEED_BROKEN, 3600, UINT64_MAX, 0, 3 * HOUR, 6 * HOUR},
        {LAZ_FEED_UNREACHABLE, 3600, 1, 0, 5 * MINUTE / 2, 5 * MINUTE},
        {LAZ_FEED_UNTRUSTED, 3600, 1, 0, 5 * MINUTE / 2, 5 * MINUTE},
        {LAZ_FEED_PARTIAL, 3600, 1, 0, 5 * MINUTE / 2, 5 * MINUTE},
        {LAZ_FEED_BUSY, 3600, 1, 2 * HOUR, 2 * HOUR, 2 * HOUR + MINUTE},
        {LAZ_FEED_BUSY, 3600, 1, 1000, 5 * MINUTE / 2, 5 * MINUTE},
        {LAZ_FEED_BUSY, 3600, 1, INT64_MAX, 7 * (int64_t)DAY, 7 * (int64_t)DAY + MINUTE},
        {LAZ_FEED_BROKEN, 3600, 1, DAY, DAY, DAY + MINUTE},
    };
    static const uint32_t chances[] = {0, 1, UINT32_MAX / 2, UINT32_MAX};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t c = 0; c < sizeof chances / sizeof *chances; c++) {
            struct laz_feed_attempt a = {cases[i].outcome,  NOW,
                                         cases[i].retry_ms, cases[i].every_s,
                                         cases[i].failures, chances[c]};
            int64_t wait = laz_feed_next_ms(&a) - NOW;

            assert_in_range(wait, cases[i].least, cases[i].most);
        }
}

static void dates_of_http_become_unix_time(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds; /* -1: none */
    } cases[] = {
        {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
        {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
        {"Tue, 29 Feb 2000 23:59:59 GMT", 951868799},
        {"Wed, 01 Mar 2000 00:00:00 GMT", 951868800},
        {"Mon, 01 Mar 2100 00:00:00 GMT", 4107542400},
        {"Fri, 31 Dec 9999 23:59:59 GMT", 253402300799},
        {"Sun, 06 Nov 1994 08:49:37 UTC", -1},
        {"Sunday, 06-Nov-94 08:49:37 GMT", -1},
        {"Sun Nov  6 08:49:37 1994", -1},
        {"Sun, 06 Nov 1994 08:49:37 GMT ", -1},
        {"Sun, 00 Nov 1994 08:49:37 GMT", -1},
        {"Sun, 06 Nov 1994 24:49:37 GMT", -1},
        {"Sun, 06 Nov 1969 08:49:37 GMT", -1},
        {"Sun, 06 Nov 1994 08:49", -1},
        {"", -1},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t ms = 0;
        bool ok = laz_feed_http_date(laz_view_of(cases[i].text), &ms);

        assert_int_equal(ok, cases[i].seconds >= 0);
        if (ok)
            assert_int_equal(ms, cases[i].seconds * 1000);
    }
}

static void retry_after_is_seconds_or_a_date(void **state)
{
    static const struct {
        const char *text;
        int64_t wait_ms; /* -1: neither */
    } cases[] = {
        {"0", 0},
        {" 120 ", 120000},
        {"604800", 604800000},
        {"604801", 604800000},
        {"99999999999999999999999", 604800000},
        {"Tue, 14 Nov 2023 23:13:20 GMT", 3600000}, /* an hour after NOW */
        {"Tue, 14 Nov 2023 21:13:20 GMT", 0},
        {"Fri, 14 Nov 2053 21:13:20 GMT", 604800000},
        {"-1", -1},
        {"1.5", -1},
        {"soon", -1},
        {"", -1},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t wait = -1;

        assert_int_equal(laz_feed_retry_after(laz_view_of(cases[i].text), NOW, &wait),
                         cases[i].wait_ms >= 0);
        assert_int_equal(wait, cases[i].wait_ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_look_comes_when_the_outcome_allows_it),
        cmocka_unit_test(dates_of_http_become_unix_time),
        cmocka_unit_test(retry_after_is_seconds_or_a_date),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
