/* dotnet.h - what a program for .NET says of itself: streams and tables of metadata (ECMA-335,
 * partition II, sections 22 to 25), and the classes that they describe. Hostile files: tables are
 * cut where the file ends, names are bounded, and types in types spend a budget. Where readers
 * differ the reading is YARA's. Texts lie in the file unless it is said. */
#ifndef LAZ_FORMAT_DOTNET_H
#define LAZ_FORMAT_DOTNET_H

#include "format/pe.h"

#define LAZ_DOTNET_TABLES      45
#define LAZ_DOTNET_STREAMS_MAX 255
#define LAZ_DOTNET_GUIDS_MAX   16
#define LAZ_DOTNET_GUID_LEN    36

enum laz_dotnet_table {
    LAZ_DOTNET_MODULE = 0x00,
    LAZ_DOTNET_TYPE_REF = 0x01,
    LAZ_DOTNET_TYPE_DEF = 0x02,
    LAZ_DOTNET_FIELD_PTR = 0x03,
    LAZ_DOTNET_FIELD = 0x04,
    LAZ_DOTNET_METHOD_PTR = 0x05,
    LAZ_DOTNET_METHOD = 0x06,
    LAZ_DOTNET_PARAM_PTR = 0x07,
    LAZ_DOTNET_PARAM = 0x08,
    LAZ_DOTNET_INTERFACE = 0x09,
    LAZ_DOTNET_MEMBER_REF = 0x0A,
    LAZ_DOTNET_CONSTANT_TABLE = 0x0B,
    LAZ_DOTNET_ATTRIBUTE = 0x0C,
    LAZ_DOTNET_FIELD_MARSHAL = 0x0D,
    LAZ_DOTNET_SECURITY = 0x0E,
    LAZ_DOTNET_CLASS_LAYOUT = 0x0F,
    LAZ_DOTNET_FIELD_LAYOUT = 0x10,
    LAZ_DOTNET_SIGNATURE = 0x11,
    LAZ_DOTNET_EVENT_MAP = 0x12,
    LAZ_DOTNET_EVENT_PTR = 0x13,
    LAZ_DOTNET_EVENT = 0x14,
    LAZ_DOTNET_PROPERTY_MAP = 0x15,
    LAZ_DOTNET_PROPERTY_PTR = 0x16,
    LAZ_DOTNET_PROPERTY = 0x17,
    LAZ_DOTNET_SEMANTICS = 0x18,
    LAZ_DOTNET_METHOD_IMPL = 0x19,
    LAZ_DOTNET_MODULE_REF = 0x1A,
    LAZ_DOTNET_TYPE_SPEC = 0x1B,
    LAZ_DOTNET_IMPL_MAP = 0x1C,
    LAZ_DOTNET_FIELD_RVA = 0x1D,
    LAZ_DOTNET_ENC_LOG = 0x1E,
    LAZ_DOTNET_ENC_MAP = 0x1F,
    LAZ_DOTNET_ASSEMBLY = 0x20,
    LAZ_DOTNET_ASSEMBLY_PROCESSOR = 0x21,
    LAZ_DOTNET_ASSEMBLY_OS = 0x22,
    LAZ_DOTNET_ASSEMBLY_REF = 0x23,
    LAZ_DOTNET_REF_PROCESSOR = 0x24,
    LAZ_DOTNET_REF_OS = 0x25,
    LAZ_DOTNET_FILE = 0x26,
    LAZ_DOTNET_EXPORTED_TYPE = 0x27,
    LAZ_DOTNET_RESOURCE = 0x28,
    LAZ_DOTNET_NESTED = 0x29,
    LAZ_DOTNET_GENERIC = 0x2A,
    LAZ_DOTNET_METHOD_SPEC = 0x2B,
    LAZ_DOTNET_CONSTRAINT = 0x2C,
};

struct laz_dotnet_stream {
    struct laz_view name;
    uint64_t offset; /* in the file */
    uint32_t size;
    bool is_there; /* for the streams that are known by their names */
};

struct laz_dotnet_rows {
    struct laz_view bytes; /* from the table's first row to the end of the file */
    uint32_t count, size;  /* rows, and bytes of one */
};

struct laz_dotnet {
    const struct laz_pe *pe;
    struct laz_view version; /* data is NULL when no NUL ends it */
    struct laz_dotnet_stream streams[LAZ_DOTNET_STREAMS_MAX];
    uint32_t stream_count;
    bool has_streams;
    struct laz_dotnet_stream tables_stream, strings, blobs, user_strings, guids;
    bool has_resource_base;
    uint64_t resource_base;

    /* Tables; those that are not there, or stand behind an unknown one, have no rows. */
    bool has_tables;
    bool tables_are_known; /* all of them: only then there are classes */
    struct laz_dotnet_rows tables[LAZ_DOTNET_TABLES];
    uint32_t
        counts[LAZ_DOTNET_TABLES]; /* as the file says: the width of an index follows from it */
    uint8_t string_width, guid_width, blob_width; /* bytes of an index: 2 or 4 */
};

/* dotnet.c: false when pe is no program for .NET. */
bool laz_dotnet_read(const struct laz_pe *pe, struct laz_dotnet *out);
/* What #GUID holds, as text in out; returns how many. */
uint32_t laz_dotnet_guids(const struct laz_dotnet *d,
                          char out[LAZ_DOTNET_GUIDS_MAX][LAZ_DOTNET_GUID_LEN + 1]);
/* What #US holds, each as its bytes. Items in the arena; false when memory ran out. */
struct laz_dotnet_texts {
    bool is_known; /* the stream or table that it comes from is there */
    const struct laz_view *items;
    uint32_t count;
};
bool laz_dotnet_user_strings(const struct laz_dotnet *d, struct laz_arena *arena,
                             struct laz_dotnet_texts *out);
/* A text in #Strings. False when it has no end, or is longer than names may be. */
bool laz_dotnet_string(const struct laz_dotnet *d, uint32_t index, struct laz_view *out);
/* The blob at offset in the file, or at an index of #Blob. */
bool laz_dotnet_blob_at(const struct laz_dotnet *d, uint64_t offset, struct laz_view *out,
                        uint64_t *end);
bool laz_dotnet_blob(const struct laz_dotnet *d, uint32_t index, struct laz_view *out);

/* dotnet_tables.c: finds the tables. */
void laz_dotnet_find_tables(struct laz_dotnet *d);
/* Row index (from 1) of a table; false when it is not there or not wholly in the file. */
bool laz_dotnet_row(const struct laz_dotnet *d, enum laz_dotnet_table table, uint32_t index,
                    struct laz_view *out);
/* The rows of a table that are wholly in the file. */
uint32_t laz_dotnet_rows_in_file(const struct laz_dotnet *d, enum laz_dotnet_table table);
/* Takes an index from a row: width is 2 or 4. */
bool laz_dotnet_take_index(struct laz_view *row, uint8_t width, uint32_t *out);
/* How wide an index into this table is, and one that may point into several, with tag_bits that
 * tell into which. */
uint8_t laz_dotnet_width(const struct laz_dotnet *d, enum laz_dotnet_table table);
enum laz_dotnet_coded {
    LAZ_DOTNET_TYPE_DEF_OR_REF,
    LAZ_DOTNET_HAS_CONSTANT,
    LAZ_DOTNET_HAS_ATTRIBUTE,
    LAZ_DOTNET_HAS_MARSHAL,
    LAZ_DOTNET_HAS_SECURITY,
    LAZ_DOTNET_REF_PARENT,
    LAZ_DOTNET_HAS_SEMANTICS,
    LAZ_DOTNET_METHOD_DEF_OR_REF,
    LAZ_DOTNET_FORWARDED,
    LAZ_DOTNET_IMPLEMENTATION,
    LAZ_DOTNET_RESOURCE_PLACE,
    LAZ_DOTNET_ATTRIBUTE_TYPE,
    LAZ_DOTNET_SCOPE,
    LAZ_DOTNET_TYPE_OR_METHOD,
    LAZ_DOTNET_CODED_KINDS,
};
uint8_t laz_dotnet_coded_width(const struct laz_dotnet *d, enum laz_dotnet_coded kind);

/* dotnet_assembly.c: what single tables say. */
struct laz_dotnet_version {
    uint16_t major, minor, build, revision;
};
struct laz_dotnet_assembly {
    bool is_known;
    struct laz_dotnet_version version;
    struct laz_view name, culture; /* data is NULL when there is none */
};
struct laz_dotnet_reference {
    struct laz_dotnet_version version;
    struct laz_view key, name; /* data is NULL when there is none */
};
struct laz_dotnet_references {
    bool is_known;
    const struct laz_dotnet_reference *items;
    uint32_t count;
};
struct laz_dotnet_resource {
    uint64_t offset;
    uint32_t length;
    struct laz_view name; /* data is NULL when there is none */
};
struct laz_dotnet_resources {
    bool is_known;
    const struct laz_dotnet_resource *items;
    uint32_t count;
};
struct laz_dotnet_offsets {
    bool is_known;
    const uint64_t *items;
    uint32_t count;
};
bool laz_dotnet_module_name(const struct laz_dotnet *d, struct laz_view *out);
void laz_dotnet_assembly_read(const struct laz_dotnet *d, struct laz_dotnet_assembly *out);
/* The GUID that the assembly is given as a library of types. */
bool laz_dotnet_typelib(const struct laz_dotnet *d, struct laz_view *out);
bool laz_dotnet_references_read(const struct laz_dotnet *d, struct laz_arena *arena,
                                struct laz_dotnet_references *out);
bool laz_dotnet_resources_read(const struct laz_dotnet *d, struct laz_arena *arena,
                               struct laz_dotnet_resources *out);
bool laz_dotnet_constants_read(const struct laz_dotnet *d, struct laz_arena *arena,
                               struct laz_dotnet_texts *out);
bool laz_dotnet_module_refs_read(const struct laz_dotnet *d, struct laz_arena *arena,
                                 struct laz_dotnet_texts *out);
bool laz_dotnet_field_offsets_read(const struct laz_dotnet *d, struct laz_arena *arena,
                                   struct laz_dotnet_offsets *out);

/* dotnet_classes.c, dotnet_methods.c: the classes, and what each is made of. Texts may lie in the
 * arena. */
struct laz_dotnet_names {
    const struct laz_view *items;
    uint32_t count;
};
struct laz_dotnet_class {
    uint32_t row; /* in the table of types */
    struct laz_view name, fullname, name_space;
    const char *visibility, *kind;
    bool is_abstract, is_sealed;
};
struct laz_dotnet_method {
    struct laz_view name, return_type; /* no return_type of constructors */
    const char *visibility;
    bool is_static, is_final, is_virtual, is_abstract, has_parameters;
    struct laz_dotnet_names generics, parameter_names, parameter_types;
};
struct laz_dotnet_methods {
    bool is_known;
    const struct laz_dotnet_method *items;
    uint32_t count;
};
struct laz_dotnet_classes; /* in the arena */
/* NULL when there are no tables for it, or memory ran out. */
struct laz_dotnet_classes *laz_dotnet_classes_read(const struct laz_dotnet *d,
                                                   struct laz_arena *arena);
uint32_t laz_dotnet_class_count(const struct laz_dotnet_classes *c);
/* index < count; read when it is asked for. */
const struct laz_dotnet_class *laz_dotnet_class(struct laz_dotnet_classes *c, uint32_t index);
const struct laz_dotnet_names *laz_dotnet_class_generics(struct laz_dotnet_classes *c,
                                                         uint32_t index);
const struct laz_dotnet_names *laz_dotnet_class_bases(struct laz_dotnet_classes *c, uint32_t index);
const struct laz_dotnet_methods *laz_dotnet_class_methods(struct laz_dotnet_classes *c,
                                                          uint32_t index);

#endif
