/* fields.h - the table of what YARA's modules offer to conditions: rules are checked against it when
 * they are compiled, and scan gives the values when they are asked for. Names, types and meaning are
 * those of YARA's documentation ("Modules"), version 4.5.
 *
 * A field is named by its whole path. What chooses among many is an argument, in the order of the
 * path:
 *
 *   pe.number_of_sections          ""    i
 *   pe.sections[].name             "i"   s   an array: the index, from 0
 *   pe.sections[#]                 ""    i   how many an array or a dictionary has
 *   pe.version_info[]              "s"   s   a dictionary: the key
 *   pe.version_info[@]             "i"   s   the key at an index, for loops
 *   pe.signatures[].certificates[].subject   "ii" s
 *   pe.imports()                   "ss"  i   a function; one row for each form of its arguments
 *   pe.signatures[].valid_on()     "ii"  i   index, and then the argument
 *   pe.MACHINE_I386                      i   a constant: is_constant, and its value in n
 *
 * Types are i (number), f (real), s (text), and only of arguments b (true or false: 0 or 1) and r
 * (regular expression). A path that other paths continue (pe.sections) is no field itself. Rows stand in the
 * order in which YARA declares them.
 *
 * Only a number can be a constant here; n of any other row is the module's own name for it. */
#ifndef LAZ_MATCH_FIELDS_H
#define LAZ_MATCH_FIELDS_H

#include <stddef.h>

#include "match/value.h"

enum laz_module {
    LAZ_MODULE_PE,
    LAZ_MODULE_ELF,
    LAZ_MODULE_MACHO,
    LAZ_MODULE_DOTNET,
    LAZ_MODULE_DEX,
    LAZ_MODULE_MATH,
    LAZ_MODULE_HASH,
    LAZ_MODULE_STRING,
    LAZ_MODULE_TIME,
    LAZ_MODULE_CONSOLE,
    LAZ_MODULE_MAGIC,
    LAZ_MODULE_CUCKOO,
    LAZ_MODULE_OBJECT, /* what ClamAV's conditions ask and YARA has no name for (entry point, container) */
    LAZ_MODULES,
    LAZ_MODULE_NONE = LAZ_MODULES,
};

struct laz_field {
    const char *name;
    const char *args;
    char result;
    bool is_constant;
    int64_t n;
};

struct laz_field_table {
    const char *module; /* as in import */
    const struct laz_field *fields;
    size_t count;
};

/* A field's number: its module and its place in the module's table. */
#define LAZ_FIELD_BITS 12
static inline uint32_t laz_field_number(enum laz_module module, uint32_t index)
{
    return (uint32_t)module << LAZ_FIELD_BITS | index;
}
static inline enum laz_module laz_field_module(uint32_t number)
{
    return (enum laz_module)(number >> LAZ_FIELD_BITS);
}
static inline uint32_t laz_field_index(uint32_t number)
{
    return number & ((1u << LAZ_FIELD_BITS) - 1);
}

/* The tables, one file each: fields_pe.c, … */
extern const struct laz_field_table laz_fields_pe, laz_fields_elf, laz_fields_macho,
    laz_fields_dotnet, laz_fields_dex, laz_fields_math, laz_fields_hash, laz_fields_string,
    laz_fields_time, laz_fields_console, laz_fields_magic, laz_fields_cuckoo, laz_fields_object;

const struct laz_field_table *laz_field_table(enum laz_module module);
enum laz_module laz_module_find(struct laz_view name); /* LAZ_MODULE_NONE when there is none */
/* The field with this number; NULL when there is none. */
const struct laz_field *laz_field_get(uint32_t number);
/* The first field with this path at or behind number from; false when there is none. The forms of a
 * function follow one another. */
bool laz_field_find(enum laz_module module, struct laz_view path, uint32_t from, uint32_t *number);
/* Whether some field begins with path and goes on behind it: "pe.sections" does. */
bool laz_field_is_prefix(enum laz_module module, struct laz_view path);
/* A checksum of all tables: a database that was built for others names other fields. */
uint32_t laz_fields_checksum(void);

#endif
