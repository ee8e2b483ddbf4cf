#include "match/fields.h"

static const struct laz_field fields[] = {
    {"hash", "", 'i', true, 0},
};

const struct laz_field_table laz_fields_hash = {"hash", fields, sizeof fields / sizeof *fields};
