#include "match/fields.h"

static const struct laz_field fields[] = {
    {"object", "", 'i', true, 0},
};

const struct laz_field_table laz_fields_object = {"object", fields, sizeof fields / sizeof *fields};
