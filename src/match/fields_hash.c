#include "match/fields.h"
#include "match/fields_ids.h"

/* Of size bytes at an offset, or of a text. */
static const struct laz_field fields[] = {
    {"hash.md5()", "ii", 's', false, LAZ_HASH_MD5},
    {"hash.md5()", "s", 's', false, LAZ_HASH_MD5},
    {"hash.sha1()", "ii", 's', false, LAZ_HASH_SHA1},
    {"hash.sha1()", "s", 's', false, LAZ_HASH_SHA1},
    {"hash.sha256()", "ii", 's', false, LAZ_HASH_SHA256},
    {"hash.sha256()", "s", 's', false, LAZ_HASH_SHA256},
    {"hash.checksum32()", "ii", 'i', false, LAZ_HASH_CHECKSUM32},
    {"hash.checksum32()", "s", 'i', false, LAZ_HASH_CHECKSUM32},
    {"hash.crc32()", "ii", 'i', false, LAZ_HASH_CRC32},
    {"hash.crc32()", "s", 'i', false, LAZ_HASH_CRC32},
};

const struct laz_field_table laz_fields_hash = {"hash", fields, sizeof fields / sizeof *fields};
