#include "match/fields.h"

static const struct laz_field fields[] = {
    {"magic", "", 'i', true, 0},
};

const struct laz_field_table laz_fields_magic = {"magic", fields, sizeof fields / sizeof *fields};
