#include "scan/ranges.h"

bool laz_range_take(struct laz_modules *m, const struct laz_value *args, struct laz_view *out)
{
    if (args[0].n < 0 || args[1].n < 0 || (uint64_t)args[0].n >= m->input.bytes.len)
        return false;
    *out = laz_view_first(laz_view_from_offset(m->input.bytes, (uint64_t)args[0].n),
                          (uint64_t)args[1].n);
    return true;
}
