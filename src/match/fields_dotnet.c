#include "match/fields_dotnet.h"

#include "match/fields.h"

#define ROW(id, name, args, result) {"dotnet." name, args, result, false, 0},

/* In the order of enum laz_dotnet_field. */
static const struct laz_field fields[] = {LAZ_DOTNET_FIELDS(ROW)};

const struct laz_field_table laz_fields_dotnet = {"dotnet", fields, sizeof fields / sizeof *fields};
