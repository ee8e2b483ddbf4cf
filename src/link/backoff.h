/* backoff.h - when to try again: each failure doubles the wait, chance spreads it, so that a
 * console that comes back is not run over. Pure but for chance. */
#ifndef LAZ_LINK_BACKOFF_H
#define LAZ_LINK_BACKOFF_H

#include <stdint.h>

struct laz_backoff {
    int64_t first_ms, max_ms;
    unsigned failures;
};

/* A wait from half to all of first_ms * 2^failures, at most max_ms; never less than at_least_ms. */
int64_t laz_backoff_next(struct laz_backoff *b, int64_t at_least_ms);
void laz_backoff_reset(struct laz_backoff *b);

#endif
