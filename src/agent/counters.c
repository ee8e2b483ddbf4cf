#include "agent/counters.h"

#include <sys/mman.h>

static const char *const names[LAZ_COUNTERS] = {
    "opens",       "scanned",    "cache_hits", "holds_expired", "incomplete",     "denied",
    "quarantined", "vault_kept", "vault_late", "workers_died",  "events_dropped",
};

enum laz_status laz_shared_page(size_t size, void **out, struct laz_error *err)
{
    void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED)
        return laz_fail_errno(err, "agent", "memory", "");
    *out = page;
    return LAZ_OK;
}

void laz_counters_add_json(const struct laz_counters *c, struct laz_buf *out)
{
    for (size_t i = 0; i < LAZ_COUNTERS; i++)
        laz_ignore(laz_buf_addf(
            out, "%s\"%s\":%llu", i == 0 ? "{" : ",", names[i],
            (unsigned long long)atomic_load_explicit(&c->count[i], memory_order_relaxed)));
    laz_ignore(laz_buf_add_text(out, "}"));
}
