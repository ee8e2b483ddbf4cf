#include "scan/budget.h"

#include <string.h>

void laz_scan_limits_init(struct laz_scan_limits *limits)
{
    *limits = (struct laz_scan_limits){.bytes_max = LAZ_SCAN_BYTES_MAX,
                                       .objects_max = LAZ_SCAN_OBJECTS_MAX,
                                       .depth_max = LAZ_SCAN_DEPTH_MAX,
                                       .time_max_ms = LAZ_SCAN_TIME_MAX_MS};
}

void laz_scan_limits_name(struct laz_scan_limits *limits, struct laz_view path)
{
    size_t room = sizeof limits->path - 1;

    if (path.len > room)
        path = laz_view_from_offset(path, path.len - room);
    if (path.len > 0)
        memcpy(limits->path, path.data, path.len);
    limits->path[path.len] = '\0';
}

void laz_budget_start(struct laz_budget *b, const struct laz_scan_limits *limits,
                      laz_clock_fn *clock)
{
    *b = (struct laz_budget){
        .bytes_left = limits->bytes_max,
        .objects_left = limits->objects_max,
        .memory_left = LAZ_SCAN_MEMORY_MAX,
        .depth_max =
            limits->depth_max < LAZ_SCAN_DEPTH_LIMIT ? limits->depth_max : LAZ_SCAN_DEPTH_LIMIT,
        .clock = clock,
        .end_ms = clock() + limits->time_max_ms,
    };
}

bool laz_budget_take_object(struct laz_budget *b)
{
    if (b->objects_left == 0)
        return false;
    b->objects_left--;
    return true;
}

bool laz_budget_is_late(const struct laz_budget *b)
{
    return b->clock() >= b->end_ms;
}
