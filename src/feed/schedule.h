/* schedule.h - when a source is asked again. Pure: time and chance come from the caller. */
#ifndef LAZ_FEED_SCHEDULE_H
#define LAZ_FEED_SCHEDULE_H

#include "feed/source.h"

struct laz_feed_attempt {
    enum laz_feed_outcome outcome;
    int64_t now_ms;
    int64_t retry_after_ms; /* what the source asked for; 0: nothing */
    uint64_t every_s;
    uint64_t failures; /* in a row, this one with it */
    uint32_t chance;   /* any number: spreads the machines of the world over time */
};

/* Success: after the schedule and up to a tenth of it, at most half an hour, more. A refusal
 * (forbidden, gone, too large, damaged…): not before a day has passed. What may pass by itself:
 * from 5 minutes on twice as long each time, up to the schedule or 6 hours, whichever is longer,
 * the later half of it by chance. And never before the source asked for, but for more than a week.
 */
int64_t laz_feed_next_ms(const struct laz_feed_attempt *a);

/* HTTP's Retry-After (RFC 9110, 10.2.3): seconds or a date. A date that is past gives 0. */
bool laz_feed_retry_after(struct laz_view value, int64_t now_ms, int64_t *wait_ms);
/* An IMF-fixdate (RFC 9110, 5.6.7) as Unix time. */
bool laz_feed_http_date(struct laz_view v, int64_t *unix_ms);

/* Whether the outcome leaves the source's content usable and up to date. */
bool laz_feed_outcome_is_good(enum laz_feed_outcome outcome);
/* Whether asking again before the time that the source or the schedule set would be a nuisance. */
bool laz_feed_outcome_is_refusal(enum laz_feed_outcome outcome);

#endif
