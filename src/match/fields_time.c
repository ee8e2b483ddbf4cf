#include "match/fields.h"

static const struct laz_field fields[] = {
    {"time", "", 'i', true, 0},
};

const struct laz_field_table laz_fields_time = {"time", fields, sizeof fields / sizeof *fields};
