/* module_time.c - YARA's module time. */
#include "scan/modules_priv.h"

bool laz_module_time(struct laz_modules *m, uint32_t index, const struct laz_value *args,
                     struct laz_value *out)
{
    *out = laz_value_number(m->input.now_s);
    return true;
}
