#include "match/fields.h"

static const struct laz_field fields[] = {
    {"console", "", 'i', true, 0},
};

const struct laz_field_table laz_fields_console = {"console", fields, sizeof fields / sizeof *fields};
