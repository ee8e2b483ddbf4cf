#include "match/fields.h"

static const struct laz_field fields[] = {
    {"dotnet", "", 'i', true, 0},
};

const struct laz_field_table laz_fields_dotnet = {"dotnet", fields, sizeof fields / sizeof *fields};
