/* dex.h - the Dalvik Executable format, versions 035 to 039. The tables of identifiers are read
 * where they stand; classes are walked once, for the fields and methods that they define. Numbers
 * are from Android's "Dalvik Executable format". */
#ifndef LAZ_FORMAT_DEX_H
#define LAZ_FORMAT_DEX_H

#include "base/arena.h"
#include "base/view.h"

#define LAZ_DEX_MEMBERS_MAX 262144u /* fields, and methods, that are looked at */
#define LAZ_DEX_NONE        0xFFFFFFFFu

/* The tables behind the header, in the order in which they are needed. */
enum laz_dex_table {
    LAZ_DEX_STRINGS,
    LAZ_DEX_TYPES,
    LAZ_DEX_PROTOS,
    LAZ_DEX_FIELDS,
    LAZ_DEX_METHODS,
    LAZ_DEX_CLASSES,
    LAZ_DEX_TABLES,
};

/* A field or a method that a class defines. */
struct laz_dex_member {
    uint32_t index; /* in the table of fields or methods */
    uint32_t index_step, access_flags, code_offset;
    bool is_direct; /* of a method: not virtual */
};

struct laz_dex_members {
    struct laz_dex_member *items; /* in the arena */
    uint32_t count;
};

struct laz_dex_class_data {
    uint32_t static_fields, instance_fields, direct_methods, virtual_methods;
};

struct laz_dex {
    struct laz_view file;
    struct laz_view magic, signature;
    uint32_t checksum, file_size, header_size, endian_tag, link_size, link_offset, map_offset;
    uint32_t table_size[LAZ_DEX_TABLES], table_offset[LAZ_DEX_TABLES]; /* as the header says */
    uint32_t data_size, data_offset;
    struct laz_view table[LAZ_DEX_TABLES]; /* empty from the first on that is not in the file */
    bool has_map;                          /* all tables but that of classes are in the file */
    bool is_whole;                         /* all tables are in the file, and the map if any */
    /* laz_dex_walk */
    struct laz_dex_members fields, methods;
    struct laz_dex_class_data *class_data; /* of the classes that have any */
    uint32_t class_data_count;
    bool is_walked_whole; /* no class's data ended with the file */
};

struct laz_dex_code {
    uint16_t registers, ins, outs, tries;
    uint32_t debug_offset, instructions_size; /* the size in units of two bytes */
    struct laz_view instructions;
    bool has_instructions;
};

/* False when file has no whole header with a known magic. */
bool laz_dex_open(struct laz_view file, struct laz_dex *out);
/* Fills fields, methods and class_data. False when the arena is full: what was read stands. */
bool laz_dex_walk(struct laz_dex *dex, struct laz_arena *arena);

/* How many entries of a table are there. */
uint32_t laz_dex_count(const struct laz_dex *dex, enum laz_dex_table table);
/* The entry of a table, for laz_take_u16le and laz_take_u32le. */
bool laz_dex_entry(const struct laz_dex *dex, enum laz_dex_table table, uint64_t index,
                   struct laz_view *out);
/* A string's length as it claims, and its bytes when that many are in the file. */
bool laz_dex_string(const struct laz_dex *dex, uint64_t index, uint32_t *len,
                    struct laz_view *value);
/* The name of a type. */
bool laz_dex_type_name(const struct laz_dex *dex, uint64_t index, struct laz_view *value);
/* The number at position at of an entry: two bytes wide or four. */
bool laz_dex_number(const struct laz_dex *dex, enum laz_dex_table table, uint64_t index,
                    uint64_t at, unsigned width, uint32_t *out);
bool laz_dex_code(const struct laz_dex *dex, uint32_t offset, struct laz_dex_code *out);

struct laz_dex_map_item {
    uint16_t type, unused;
    uint32_t size, offset;
};
bool laz_dex_map_size(const struct laz_dex *dex, uint32_t *out); /* as the map says */
bool laz_dex_map_item(const struct laz_dex *dex, uint64_t index, struct laz_dex_map_item *out);

#endif
