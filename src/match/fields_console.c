#include "match/fields.h"
#include "match/fields_ids.h"

/* Every function is true. */
static const struct laz_field fields[] = {
    {"console.log()", "s", 'i', false, LAZ_CONSOLE_LOG},
    {"console.log()", "ss", 'i', false, LAZ_CONSOLE_LOG},
    {"console.log()", "i", 'i', false, LAZ_CONSOLE_LOG},
    {"console.log()", "si", 'i', false, LAZ_CONSOLE_LOG},
    {"console.log()", "f", 'i', false, LAZ_CONSOLE_LOG},
    {"console.log()", "sf", 'i', false, LAZ_CONSOLE_LOG},
    {"console.hex()", "i", 'i', false, LAZ_CONSOLE_HEX},
    {"console.hex()", "si", 'i', false, LAZ_CONSOLE_HEX},
};

const struct laz_field_table laz_fields_console = {"console", fields,
                                                   sizeof fields / sizeof *fields};
