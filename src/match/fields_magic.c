#include "match/fields.h"
#include "match/fields_ids.h"

/* As the file command tells them. */
static const struct laz_field fields[] = {
    {"magic.mime_type()", "", 's', false, LAZ_MAGIC_MIME_TYPE},
    {"magic.type()", "", 's', false, LAZ_MAGIC_TYPE},
};

const struct laz_field_table laz_fields_magic = {"magic", fields, sizeof fields / sizeof *fields};
