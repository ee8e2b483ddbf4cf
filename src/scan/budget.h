/* budget.h - what one object with everything in it may cost. All of the tree spends from one
 * budget, by what was really produced and never by what a file declares. */
#ifndef LAZ_SCAN_BUDGET_H
#define LAZ_SCAN_BUDGET_H

#include "base/status.h"
#include "base/view.h"
#include "scan/verdict.h"

#define LAZ_SCAN_PATH_SIZE 1024

struct laz_scan_limits {
    uint64_t bytes_max;            /* unpacked, in all */
    uint64_t objects_max;          /* members, in all */
    uint32_t depth_max;            /* of objects in objects */
    uint32_t time_max_ms;          /* by the scanner's clock */
    bool want_sha256;              /* of the object itself, also when nothing is found */
    char path[LAZ_SCAN_PATH_SIZE]; /* as people know the object, for rules; "" when nobody knows */
};

#define LAZ_SCAN_BYTES_MAX   (512 * 1024 * 1024ULL)
#define LAZ_SCAN_OBJECTS_MAX 100000ULL
#define LAZ_SCAN_DEPTH_MAX   16u
#define LAZ_SCAN_DEPTH_LIMIT 64u /* more is not accepted */
#define LAZ_SCAN_TIME_MAX_MS 10000u
/* Unpacked objects that are in memory at one time; a larger one is cut there. */
#define LAZ_SCAN_MEMORY_MAX (128 * 1024 * 1024ULL)

void laz_scan_limits_init(struct laz_scan_limits *limits); /* the numbers above */
/* Notes the object's path; of a long one its end, where the name stands. */
void laz_scan_limits_name(struct laz_scan_limits *limits, struct laz_view path);

typedef int64_t laz_clock_fn(void); /* milliseconds, never backwards */

struct laz_budget {
    uint64_t bytes_left, objects_left, memory_left;
    uint32_t depth_max;
    laz_clock_fn *clock;
    int64_t end_ms;
};

void laz_budget_start(struct laz_budget *b, const struct laz_scan_limits *limits,
                      laz_clock_fn *clock);
bool laz_budget_take_object(struct laz_budget *b); /* false when there is none left */
bool laz_budget_is_late(const struct laz_budget *b);

#endif
