/* elf.h - the Executable and Linkable Format, of either width and byte order. Nothing is copied:
 * each header is read where it stands when somebody asks for it, so a file costs no memory however
 * many sections it claims. Numbers are from the System V ABI, chapters 4 and 5. */
#ifndef LAZ_FORMAT_ELF_H
#define LAZ_FORMAT_ELF_H

#include "base/view.h"

#define LAZ_ELF_EXECUTABLE 2 /* ET_EXEC */

/* Symbols and the strings that name them. */
struct laz_elf_symbols {
    struct laz_view entries, names;
    uint64_t count; /* 0 with an empty view: there is no such table */
    bool is_there;
};

struct laz_elf {
    struct laz_view file;
    bool is_64, is_big_endian;
    uint16_t type, machine;
    uint64_t entry; /* a virtual address */
    /* As the header says them; the tables may lie outside of the file. */
    uint64_t segments_offset, sections_offset;
    uint16_t segment_size, segment_count, section_size, section_count, names_index;
    bool has_sections, has_segments; /* the whole table lies inside the file */
    struct laz_view section_names;
    struct laz_elf_symbols symbols, dynamic_symbols;
    struct laz_view dynamic; /* from the first dynamic segment on, up to the entry that ends it */
    bool has_dynamic;
};

struct laz_elf_section {
    uint32_t type, link;
    uint64_t flags, address, offset, size;
    struct laz_view name;
    bool has_name;
};

struct laz_elf_segment {
    uint32_t type, flags;
    uint64_t offset, address, physical_address, file_size, memory_size, alignment;
};

struct laz_elf_symbol {
    struct laz_view name;
    bool has_name;
    uint8_t type, bind, visibility;
    uint16_t section;
    uint64_t value, size;
};

struct laz_elf_dynamic {
    int64_t type;
    uint64_t value;
};

/* False when file has no whole ELF header. */
bool laz_elf_open(struct laz_view file, struct laz_elf *out);
/* Each is false when there is none with this index. */
bool laz_elf_section(const struct laz_elf *elf, uint64_t index, struct laz_elf_section *out);
bool laz_elf_segment(const struct laz_elf *elf, uint64_t index, struct laz_elf_segment *out);
bool laz_elf_symbol(const struct laz_elf *elf, const struct laz_elf_symbols *table, uint64_t index,
                    struct laz_elf_symbol *out);
bool laz_elf_dynamic(const struct laz_elf *elf, uint64_t index, struct laz_elf_dynamic *out);
uint64_t laz_elf_dynamic_count(const struct laz_elf *elf);
/* Where in the file a virtual address stands: by segments in an executable, else by sections. */
bool laz_elf_offset_of(const struct laz_elf *elf, uint64_t address, uint64_t *offset);

#endif
