#include "match/fields_pe.h"

#include "match/fields.h"

#define ROW(id, name, args, result) {"pe." name, args, result, false, 0},

/* The fields first, in the order of enum laz_pe_field. */
static const struct laz_field fields[] = {LAZ_PE_FIELDS(ROW)
#include "match/fields_pe_constants.h"
};

const struct laz_field_table laz_fields_pe = {"pe", fields, sizeof fields / sizeof *fields};
