#include "match/fields.h"

static const struct laz_field fields[] = {
    {"string", "", 'i', true, 0},
};

const struct laz_field_table laz_fields_string = {"string", fields, sizeof fields / sizeof *fields};
