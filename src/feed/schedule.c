#include "feed/schedule.h"

#include <string.h>

#include "base/number.h"

#define MINUTE_MS     ((int64_t)60000)
#define HOUR_MS       (60 * MINUTE_MS)
#define DAY_MS        (24 * HOUR_MS)
#define SPREAD_MAX_MS (30 * MINUTE_MS)
#define FIRST_WAIT_MS (5 * MINUTE_MS)
#define WAIT_MAX_MS   (6 * HOUR_MS)
#define RETRY_MAX_MS  (7 * DAY_MS)
#define DOUBLINGS_MAX 16u
#define YEAR_MIN      1970u
#define YEAR_MAX      9999u
#define RETRY_SECONDS (7 * 86400u)

bool laz_feed_outcome_is_good(enum laz_feed_outcome outcome)
{
    return outcome == LAZ_FEED_FRESH || outcome == LAZ_FEED_SAME;
}

bool laz_feed_outcome_is_refusal(enum laz_feed_outcome outcome)
{
    switch (outcome) {
    case LAZ_FEED_FORBIDDEN:
    case LAZ_FEED_GONE:
    case LAZ_FEED_BUSY:
    case LAZ_FEED_TOO_LARGE:
    case LAZ_FEED_REDIRECT:
    case LAZ_FEED_DAMAGED:
        return true;
    case LAZ_FEED_NEVER:
    case LAZ_FEED_FRESH:
    case LAZ_FEED_SAME:
    case LAZ_FEED_PARTIAL:
    case LAZ_FEED_BROKEN:
    case LAZ_FEED_UNTRUSTED:
    case LAZ_FEED_UNREACHABLE:
    case LAZ_FEED_SLOW:
    case LAZ_FEED_FAILED:
    case LAZ_FEED_OUTCOMES:
        break;
    }
    return false;
}

static int64_t part_by_chance(int64_t ms, uint32_t chance)
{
    return (int64_t)(((uint64_t)ms * (chance >> 16)) >> 16);
}

static int64_t backoff_ms(const struct laz_feed_attempt *a, int64_t every_ms)
{
    uint64_t doublings = a->failures > 0 ? a->failures - 1 : 0;
    int64_t longest = every_ms > WAIT_MAX_MS ? every_ms : WAIT_MAX_MS;
    int64_t wait = FIRST_WAIT_MS << (doublings < DOUBLINGS_MAX ? doublings : DOUBLINGS_MAX);

    if (wait > longest)
        wait = longest;
    return wait / 2 + part_by_chance(wait / 2, a->chance);
}

int64_t laz_feed_next_ms(const struct laz_feed_attempt *a)
{
    int64_t every_ms = (int64_t)a->every_s * 1000;
    int64_t spread = every_ms / 10 < SPREAD_MAX_MS ? every_ms / 10 : SPREAD_MAX_MS;
    int64_t retry = a->retry_after_ms < RETRY_MAX_MS ? a->retry_after_ms : RETRY_MAX_MS;
    int64_t wait;

    if (laz_feed_outcome_is_good(a->outcome))
        wait = every_ms + part_by_chance(spread, a->chance);
    else if (laz_feed_outcome_is_refusal(a->outcome) && a->outcome != LAZ_FEED_BUSY)
        wait = (every_ms > DAY_MS ? every_ms : DAY_MS) + part_by_chance(spread, a->chance);
    else
        wait = backoff_ms(a, every_ms);
    if (retry > 0 && wait < retry)
        wait = retry + part_by_chance(MINUTE_MS, a->chance);
    return a->now_ms + wait;
}

/* ---------------------------------------------------------------- dates */

static bool take_number(struct laz_view *v, size_t digits, uint64_t max, uint64_t *out)
{
    struct laz_view part;

    return laz_take(v, digits, &part) && laz_parse_u64(part, max, out);
}

static bool take_one_of(struct laz_view *v, const char *const *names, size_t count, uint64_t *out)
{
    for (size_t i = 0; i < count; i++) {
        if (!laz_view_starts(*v, laz_view_of(names[i])))
            continue;
        *out = i;
        return laz_skip(v, strlen(names[i]));
    }
    return false;
}

static bool take_text(struct laz_view *v, const char *text)
{
    return laz_view_starts(*v, laz_view_of(text)) && laz_skip(v, strlen(text));
}

/* Days from 1970-01-01 to the first of the month, in the Gregorian calendar. */
static int64_t days_before(uint64_t year, uint64_t month)
{
    static const uint16_t before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    uint64_t last = month < 2 ? year - 1 : year; /* the last year whose leap day may count */

    return (int64_t)((year - 1970) * 365 + (last / 4 - last / 100 + last / 400) -
                     (1969 / 4 - 1969 / 100 + 1969 / 400) + before[month]);
}

bool laz_feed_http_date(struct laz_view v, int64_t *unix_ms)
{
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    uint64_t weekday, day, month, year, hour, minute, second;

    if (!take_one_of(&v, days, 7, &weekday) || !take_text(&v, ", ") ||
        !take_number(&v, 2, 31, &day) || day == 0 || !take_text(&v, " ") ||
        !take_one_of(&v, months, 12, &month) || !take_text(&v, " ") ||
        !take_number(&v, 4, YEAR_MAX, &year) || year < YEAR_MIN || !take_text(&v, " ") ||
        !take_number(&v, 2, 23, &hour) || !take_text(&v, ":") || !take_number(&v, 2, 59, &minute) ||
        !take_text(&v, ":") || !take_number(&v, 2, 60, &second) || !take_text(&v, " GMT") ||
        v.len > 0)
        return false;
    *unix_ms = ((days_before(year, month) + (int64_t)day - 1) * 86400 + (int64_t)hour * 3600 +
                (int64_t)minute * 60 + (int64_t)second) *
               1000;
    return true;
}

static bool is_digits(struct laz_view v)
{
    for (size_t i = 0; i < v.len; i++)
        if (v.data[i] < '0' || v.data[i] > '9')
            return false;
    return v.len > 0;
}

bool laz_feed_retry_after(struct laz_view value, int64_t now_ms, int64_t *wait_ms)
{
    int64_t date;
    uint64_t seconds;

    value = laz_view_trim(value);
    if (is_digits(value)) { /* more of them than a number can hold are a long time */
        if (!laz_parse_u64(value, UINT64_MAX, &seconds))
            seconds = RETRY_SECONDS;
        *wait_ms = (int64_t)(seconds < RETRY_SECONDS ? seconds : RETRY_SECONDS) * 1000;
        return true;
    }
    if (!laz_feed_http_date(value, &date))
        return false;
    *wait_ms = date <= now_ms ? 0 : date - now_ms < RETRY_MAX_MS ? date - now_ms : RETRY_MAX_MS;
    return true;
}
