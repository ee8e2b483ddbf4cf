#include "match/fields.h"

static const struct laz_field fields[] = {
    {"pe", "", 'i', true, 0},
};

const struct laz_field_table laz_fields_pe = {"pe", fields, sizeof fields / sizeof *fields};
