#include "match/fields.h"

static const struct laz_field fields[] = {
    {"dex", "", 'i', true, 0},
};

const struct laz_field_table laz_fields_dex = {"dex", fields, sizeof fields / sizeof *fields};
