#include "match/fields.h"

static const struct laz_field fields[] = {
    {"elf", "", 'i', true, 0},
};

const struct laz_field_table laz_fields_elf = {"elf", fields, sizeof fields / sizeof *fields};
