/* pe.h - the Portable Executable format: headers, sections, imports, exports, resources, and what
 * stands beside them. All readers take hostile files: what lies outside the file or past a limit is
 * not there. Numbers are from Microsoft's "PE Format"; where readers of the format differ, the
 * reading is YARA's, so that rules mean here what they mean there. Texts are borrowed from the file
 * unless it is said. */
#ifndef LAZ_FORMAT_PE_H
#define LAZ_FORMAT_PE_H

#include "base/arena.h"
#include "base/view.h"

#define LAZ_PE_SECTIONS_MAX  96 /* the most that Windows loads */
#define LAZ_PE_DIRECTORIES   16
#define LAZ_PE_FUNCTIONS_MAX 16384 /* of imports, and of exports */
#define LAZ_PE_RESOURCES_MAX 65536
#define LAZ_PE_MD5_SIZE      16

enum laz_pe_directory_index {
    LAZ_PE_DIRECTORY_EXPORT = 0,
    LAZ_PE_DIRECTORY_IMPORT = 1,
    LAZ_PE_DIRECTORY_RESOURCE = 2,
    LAZ_PE_DIRECTORY_SECURITY = 4, /* its address is a file offset, unlike all others */
    LAZ_PE_DIRECTORY_DEBUG = 6,
    LAZ_PE_DIRECTORY_DELAYED = 13,
    LAZ_PE_DIRECTORY_DOTNET = 14,
};

#define LAZ_PE_IS_DLL_FLAG 0x2000u /* characteristics */

struct laz_pe_directory {
    uint32_t address, size;
};

/* Where a section stands in memory and in the file. */
struct laz_pe_mapping {
    uint32_t address, virtual_size, raw_offset, raw_size;
};

struct laz_pe {
    struct laz_view file;
    uint64_t header_offset;   /* of "PE\0\0" */
    uint64_t optional_offset; /* of the optional header */
    uint64_t sections_offset;
    bool is_64bit;
    /* The optional header is wholly in the file: without this YARA sees no PE, and the fields from
     * magic on may be 0. */
    bool is_whole;

    uint16_t machine, section_count; /* as the header says; see laz_pe_section_at */
    uint32_t timestamp, symbol_offset, symbol_count;
    uint16_t optional_size, characteristics;

    uint16_t magic;
    uint8_t linker_major, linker_minor;
    uint32_t code_size, data_size, zero_size, entry, code_base, data_base;
    uint64_t image_base;
    uint32_t section_alignment, file_alignment;
    uint16_t os_major, os_minor, image_major, image_minor, subsystem_major, subsystem_minor;
    uint32_t win32_version, image_size, headers_size, checksum;
    uint16_t subsystem, dll_characteristics;
    uint64_t stack_reserve, stack_commit, heap_reserve, heap_commit;
    uint32_t loader_flags, directory_count; /* as the header says */
    struct laz_pe_directory directories[LAZ_PE_DIRECTORIES];

    bool is_mapped; /* all section headers are in the file */
    struct laz_pe_mapping mappings[LAZ_PE_SECTIONS_MAX];
    uint32_t mapping_count;
};

struct laz_pe_section {
    struct laz_view name; /* 8 bytes, padded with NUL */
    uint32_t virtual_size, address, raw_size, raw_offset;
    uint32_t relocations_offset, lines_offset;
    uint16_t relocation_count, line_count;
    uint32_t characteristics;
};

/* pe.c
 * False when there is no file header behind "MZ". */
bool laz_pe_read(struct laz_view file, struct laz_pe *out);
/* False for those past the end of the file, and from LAZ_PE_SECTIONS_MAX on. */
bool laz_pe_section_at(const struct laz_pe *pe, uint32_t index, struct laz_pe_section *out);
/* The name without its padding; and the one that "/123" points to in the table of strings. False
 * when that is not there or not printable. */
struct laz_view laz_pe_section_name(const struct laz_pe_section *s);
bool laz_pe_section_full_name(const struct laz_pe *pe, const struct laz_pe_section *s,
                              struct laz_view *out);
/* The section's bytes in the file, cut where the file ends. */
struct laz_view laz_pe_section_bytes(const struct laz_pe *pe, const struct laz_pe_section *s);
/* Where in the file an address relative to the image stands. False: nowhere. */
bool laz_pe_offset(const struct laz_pe *pe, uint64_t rva, uint64_t *offset);
/* What is in the file from an address on. */
bool laz_pe_at(const struct laz_pe *pe, uint64_t rva, struct laz_view *out);
/* The directory with this index, also when directory_count says less; false when it is outside the
 * optional header. */
bool laz_pe_directory_at(const struct laz_pe *pe, unsigned index, struct laz_pe_directory *out);
/* Where the program starts in the file. */
bool laz_pe_entry_offset(const struct laz_pe *pe, uint64_t *offset);
/* The end of the section that ends last in the file; 0 when there is none. */
uint64_t laz_pe_sections_end(const struct laz_pe *pe);
/* The checksum that belongs into the header. */
uint32_t laz_pe_checksum(const struct laz_pe *pe);

/* pe_imports.c */
struct laz_pe_function {
    struct laz_view name; /* a known or made one ("ord12", in the arena) for an ordinal */
    bool has_ordinal;
    uint16_t ordinal;
    uint64_t rva; /* of the address that the loader fills in */
};
struct laz_pe_library {
    struct laz_view name;
    const struct laz_pe_function *functions;
    uint32_t function_count;
};
struct laz_pe_imports {
    const struct laz_pe_library *libraries;
    uint32_t library_count, function_count;
};
/* What the program imports; in the arena. False when memory ran out; *out then holds what was read
 * before. */
bool laz_pe_imports_read(const struct laz_pe *pe, struct laz_arena *arena,
                         struct laz_pe_imports *out);
/* pe_delayed.c: what it imports when it is first called. */
bool laz_pe_delayed_read(const struct laz_pe *pe, struct laz_arena *arena,
                         struct laz_pe_imports *out);
/* The text whose MD5 is the import hash, piece by piece: "library.function" in small letters,
 * divided by commas. */
typedef bool laz_pe_piece_fn(void *context, struct laz_view piece);
bool laz_pe_imphash_text(const struct laz_pe_imports *imports, laz_pe_piece_fn *add, void *context);
/* pe_ordinals.c: the function that has this number in one of the libraries whose numbers are fixed;
 * NULL when it is not known. */
const char *laz_pe_ordinal_name(struct laz_view library, uint16_t ordinal);

/* pe_exports.c */
struct laz_pe_export {
    struct laz_view name, forward_name; /* data is NULL when there is none */
    bool has_offset, is_named;          /* is_named: also when the name is not in the file */
    uint64_t offset;
    uint32_t ordinal, rva;
};
struct laz_pe_exports {
    bool has_directory;
    uint32_t timestamp;
    struct laz_view dll_name; /* data is NULL when there is none */
    const struct laz_pe_export *items;
    uint32_t count;
};
bool laz_pe_exports_read(const struct laz_pe *pe, struct laz_arena *arena,
                         struct laz_pe_exports *out);

/* pe_resources.c */
struct laz_pe_resource {
    uint32_t rva, length;
    bool has_offset;
    uint64_t offset;
    /* Each is a number, or a text of 16-bit characters. */
    struct laz_pe_resource_name {
        bool is_known;
        uint32_t number;
        struct laz_view text; /* data is NULL when it is a number */
    } type, id, language;
};
struct laz_pe_resources {
    bool has_directory;
    uint32_t timestamp;
    uint16_t version_major, version_minor;
    const struct laz_pe_resource *items;
    uint32_t count;
};
bool laz_pe_resources_read(const struct laz_pe *pe, struct laz_arena *arena,
                           struct laz_pe_resources *out);

/* pe_version.c */
#define LAZ_PE_RESOURCE_VERSION 16
struct laz_pe_version {
    struct laz_view key, value; /* in the arena, the low byte of each character */
    uint64_t key_offset;        /* of the key in the file */
};
struct laz_pe_versions {
    const struct laz_pe_version *items;
    uint32_t count;
};
/* What the version resources say, in the order of the file. */
bool laz_pe_versions_read(const struct laz_pe *pe, const struct laz_pe_resources *resources,
                          struct laz_arena *arena, struct laz_pe_versions *out);

/* pe_rich.c: what Microsoft's linker notes of the tools that made its input. */
struct laz_pe_rich {
    uint64_t offset;
    uint32_t key;
    struct laz_view raw;
    struct laz_view clear, version_data; /* in the arena */
};
/* False when there is none, or memory ran out. */
bool laz_pe_rich_read(const struct laz_pe *pe, struct laz_arena *arena, struct laz_pe_rich *out);
/* How many objects were made by a tool; NULL stands for any. False when there is no table. */
bool laz_pe_rich_count(const struct laz_pe_rich *rich, const uint64_t *version,
                       const uint64_t *tool, uint64_t *out);

/* pe_debug.c: the path of the file with debugging information. */
bool laz_pe_pdb_path(const struct laz_pe *pe, struct laz_view *out);

/* pe_signed.c: the signature, and the parts of the file that are signed by it. */
#define LAZ_PE_SIGNED_PARTS 3
struct laz_pe_signature {
    struct laz_view pkcs7;
    struct laz_view parts[LAZ_PE_SIGNED_PARTS];
};
bool laz_pe_signature_read(const struct laz_pe *pe, struct laz_pe_signature *out);

#endif
