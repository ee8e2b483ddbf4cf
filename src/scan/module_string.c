#include "scan/modules_priv.h"

bool laz_module_string(struct laz_modules *m, uint32_t index, const struct laz_value *args,
                   struct laz_value *out)
{
    (void)m;
    (void)index;
    (void)args;
    (void)out;
    return false;
}
