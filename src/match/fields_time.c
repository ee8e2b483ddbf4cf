#include "match/fields.h"
#include "match/fields_ids.h"

/* Unix time of the scan. */
static const struct laz_field fields[] = {
    {"time.now()", "", 'i', false, LAZ_TIME_NOW},
};

const struct laz_field_table laz_fields_time = {"time", fields, sizeof fields / sizeof *fields};
