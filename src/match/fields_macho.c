#include "match/fields.h"

static const struct laz_field fields[] = {
    {"macho", "", 'i', true, 0},
};

const struct laz_field_table laz_fields_macho = {"macho", fields, sizeof fields / sizeof *fields};
