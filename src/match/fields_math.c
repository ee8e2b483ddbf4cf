#include "match/fields.h"

static const struct laz_field fields[] = {
    {"math", "", 'i', true, 0},
};

const struct laz_field_table laz_fields_math = {"math", fields, sizeof fields / sizeof *fields};
