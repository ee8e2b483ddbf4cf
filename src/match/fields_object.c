#include "match/fields.h"
#include "match/fields_ids.h"

/* No rule can import it: front ends name its fields for what their languages have words for. */
static const struct laz_field fields[] = {
    {"object.entry_point", "", 'i', false, LAZ_OBJECT_ENTRY_POINT},
    /* Where there is none, an offset is larger than any object. */
    {"object.entry_offset", "", 'i', false, LAZ_OBJECT_ENTRY_OFFSET},
    {"object.section_count", "", 'i', false, LAZ_OBJECT_SECTION_COUNT},
    {"object.section_offset[]", "i", 'i', false, LAZ_OBJECT_SECTION_OFFSET},
    {"object.section_size[]", "i", 'i', false, LAZ_OBJECT_SECTION_SIZE},
    {"object.last_section_offset", "", 'i', false, LAZ_OBJECT_LAST_SECTION_OFFSET},
    /* Whether a key of a PE's version information begins there. */
    {"object.has_version_key()", "i", 'i', false, LAZ_OBJECT_HAS_VERSION_KEY},
    /* The number at an offset, of so many bytes; how: a letter of ClamAV's comparisons, 0x100 when
     * its lowest byte comes first, 0x200 when all bytes must be its own. */
    {"object.number_at()", "iii", 'i', false, LAZ_OBJECT_NUMBER_AT},
    /* What lies around the object: 0 for one that lies in nothing. */
    {"object.depth", "", 'i', false, LAZ_OBJECT_DEPTH},
    /* What the object is called in what it lies in, where it stands there, counted from 1, how
     * large it is, which its bytes do not say when it is encrypted, and how large what it lies in
     * is. */
    {"object.name", "", 's', false, LAZ_OBJECT_NAME},
    {"object.position", "", 'i', false, LAZ_OBJECT_POSITION},
    {"object.size", "", 'i', false, LAZ_OBJECT_SIZE},
    {"object.is_encrypted", "", 'i', false, LAZ_OBJECT_IS_ENCRYPTED},
    {"object.container_size", "", 'i', false, LAZ_OBJECT_CONTAINER_SIZE},
    /* Whether what lies so many layers around it, from 1, is of this type: "CL_TYPE_ZIP". */
    {"object.is_in()", "is", 'i', false, LAZ_OBJECT_IS_IN},
};

const struct laz_field_table laz_fields_object = {"object", fields, sizeof fields / sizeof *fields};
