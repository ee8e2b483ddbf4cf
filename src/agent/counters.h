/* counters.h - numbers that the gate counts and the broker tells, and the gate's heartbeat, in
 * pages that the processes share. Nobody decides by the counters. */
#ifndef LAZ_AGENT_COUNTERS_H
#define LAZ_AGENT_COUNTERS_H

#include <stdatomic.h>

#include "base/buf.h"
#include "base/status.h"

/* The order is that of the names in counters.c. */
enum laz_counter {
    LAZ_COUNT_OPENS,
    LAZ_COUNT_SCANNED,
    LAZ_COUNT_CACHE_HITS,
    LAZ_COUNT_HOLDS_EXPIRED,
    LAZ_COUNT_INCOMPLETE,
    LAZ_COUNT_DENIED,
    LAZ_COUNT_QUARANTINED,
    LAZ_COUNT_VAULT_KEPT,
    LAZ_COUNT_VAULT_LATE,
    LAZ_COUNT_WORKERS_DIED,
    LAZ_COUNT_EVENTS_DROPPED,
    LAZ_COUNTERS,
};

struct laz_counters {
    _Atomic uint64_t count[LAZ_COUNTERS];
};

/* Written by the gate, read by the monitor; no other process has this page. */
struct laz_heartbeat {
    _Atomic int64_t beat_ms;   /* monotonic; 0: not started */
    _Atomic int64_t oldest_ms; /* when the oldest event that waits came; 0: none waits */
};

/* Zeroed pages that children of a fork share. */
LAZ_CHECKED enum laz_status laz_shared_page(size_t size, void **out, struct laz_error *err);

static inline void laz_count(struct laz_counters *c, enum laz_counter which)
{
    atomic_fetch_add_explicit(&c->count[which], 1, memory_order_relaxed);
}

/* A JSON object. */
void laz_counters_add_json(const struct laz_counters *c, struct laz_buf *out);

#endif
