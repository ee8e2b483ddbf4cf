#include "match/fields.h"
#include "match/fields_ids.h"

/* A base of 0 is told by the text, as in C. */
static const struct laz_field fields[] = {
    {"string.to_int()", "s", 'i', false, LAZ_STRING_TO_INT},
    {"string.to_int()", "si", 'i', false, LAZ_STRING_TO_INT},
    {"string.length()", "s", 'i', false, LAZ_STRING_LENGTH},
};

const struct laz_field_table laz_fields_string = {"string", fields, sizeof fields / sizeof *fields};
