/* ranges.h - the part of an object that a function of math and hash is for. */
#ifndef LAZ_SCAN_RANGES_H
#define LAZ_SCAN_RANGES_H

#include "scan/modules_priv.h"

/* args[1] bytes from offset args[0] on, as many as there are. False when either is negative or the
 * offset is not inside of the object: the function is then undefined. */
bool laz_range_take(struct laz_modules *m, const struct laz_value *args, struct laz_view *out);

#endif
