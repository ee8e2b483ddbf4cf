#include "sys/clock.h"

#include <errno.h>
#include <stdio.h>
#include <sys/random.h>
#include <time.h>

#include "base/status.h"

static int64_t read_clock_ns(clockid_t id)
{
    struct timespec t;

    LAZ_ASSERT(clock_gettime(id, &t) == 0);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t laz_now_ms(void)
{
    return read_clock_ns(CLOCK_REALTIME) / 1000000;
}

int64_t laz_monotonic_ms(void)
{
    return read_clock_ns(CLOCK_BOOTTIME) / 1000000;
}

int64_t laz_monotonic_ns(void)
{
    return read_clock_ns(CLOCK_BOOTTIME);
}

void laz_sleep_ms(int64_t ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};

    while (nanosleep(&t, &t) != 0 && errno == EINTR)
        continue;
}

void laz_random_bytes(void *out, size_t len)
{
    uint8_t *at = out;

    while (len > 0) {
        ssize_t n = getrandom(at, len, 0);

        if (n < 0 && errno == EINTR)
            continue;
        LAZ_ASSERT(n > 0);
        at += n;
        len -= (size_t)n;
    }
}

void laz_time_text(int64_t unix_ms, char out[LAZ_TIME_TEXT_SIZE])
{
    /* Division rounds towards 0; before 1970 the second began earlier. */
    int64_t ms = (unix_ms % 1000 + 1000) % 1000;
    time_t seconds = (time_t)(unix_ms / 1000 - (unix_ms % 1000 < 0));
    struct tm tm = {0};
    size_t len;

    if (gmtime_r(&seconds, &tm) == NULL)
        tm = (struct tm){.tm_year = 70, .tm_mday = 1};
    len = strftime(out, LAZ_TIME_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out + len, LAZ_TIME_TEXT_SIZE - len, ".%03dZ", (int)ms);
}
