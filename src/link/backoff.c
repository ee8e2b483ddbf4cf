#include "link/backoff.h"

#include "sys/clock.h"

#define DOUBLINGS_MAX 20

int64_t laz_backoff_next(struct laz_backoff *b, int64_t at_least_ms)
{
    unsigned doublings = b->failures < DOUBLINGS_MAX ? b->failures : DOUBLINGS_MAX;
    int64_t wait_ms = b->first_ms << doublings;
    uint32_t chance;

    if (wait_ms > b->max_ms)
        wait_ms = b->max_ms;
    b->failures++;
    laz_random_bytes(&chance, sizeof chance);
    wait_ms = wait_ms / 2 + (int64_t)(chance % (uint64_t)(wait_ms / 2 + 1));
    return wait_ms > at_least_ms ? wait_ms : at_least_ms;
}

void laz_backoff_reset(struct laz_backoff *b)
{
    b->failures = 0;
}
