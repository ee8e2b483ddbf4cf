#include "match/fields.h"
#include "match/fields_ids.h"

/* No rule can import it: front ends name its fields for what their languages have words for. */
static const struct laz_field fields[] = {
    {"object.entry_point", "", 'i', false, LAZ_OBJECT_ENTRY_POINT},
};

const struct laz_field_table laz_fields_object = {"object", fields, sizeof fields / sizeof *fields};
