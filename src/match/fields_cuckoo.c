#include "match/fields.h"

static const struct laz_field fields[] = {
    {"cuckoo", "", 'i', true, 0},
};

const struct laz_field_table laz_fields_cuckoo = {"cuckoo", fields, sizeof fields / sizeof *fields};
