/* endpoint_report.h - what an agent says about itself with each sync, reduced to what we know and
 * within bounds: an agent may be taken over. Pure. */
#ifndef LAZ_CONSOLE_ENDPOINT_REPORT_H
#define LAZ_CONSOLE_ENDPOINT_REPORT_H

#include "console/json_out.h"
#include "link/json.h"

#define LAZ_REPORT_MAX ((size_t)64 * 1024)

struct laz_report {
    char name[256], os[128], kernel[128], version[64], mode[16];
    int64_t content_built_ms; /* 0: unknown */
    bool guards_a_folder;
    bool has_critical_gap; /* something is unguarded that should never be */
    struct laz_buf
        details; /* {"features":[…],"protected":[…],"unguarded":[…],"content":{…}|null} */
    struct laz_buf counters; /* {"opens":1,…}, only names that we know */
};

/* LAZ_DAMAGED when something has another type than it must; nothing is held then. */
LAZ_CHECKED enum laz_status laz_report_read(const cJSON *state, struct laz_report *out);
void laz_report_clear(struct laz_report *r); /* for LAZ_OWNED */

#define LAZ_SEEN_WITHIN_MS   90000 /* a longer silence is "offline" */
#define LAZ_CONTENT_OLD_MS   (7 * (int64_t)86400000)
#define LAZ_SOURCE_FAILED_MS (3 * (int64_t)86400000)
#define LAZ_CONTENT_STALE_MS (30 * (int64_t)86400000)

/* "protected" or "degraded": what the report of an agent that is there amounts to. */
const char *laz_report_state(const struct laz_report *r, int64_t now_ms);

/* The names of the counters that are summed over endpoints. */
extern const char *const laz_counter_names[];
extern const size_t laz_counter_count;

#endif
