/* macho.h - the Mach-O format, of either width and byte order, alone or several in a fat file.
 * Headers are read where they stand; only where each segment's command begins is kept. Numbers are
 * from Apple's <mach-o/loader.h> and <mach-o/fat.h>. */
#ifndef LAZ_FORMAT_MACHO_H
#define LAZ_FORMAT_MACHO_H

#include "base/arena.h"
#include "base/view.h"

#define LAZ_MACHO_COMMANDS_MAX 16384u /* looked at in one file */

struct laz_macho {
    struct laz_view file;
    bool is_64, is_big_endian;
    uint32_t magic; /* its bytes read as little-endian */
    uint32_t cpu_type, cpu_subtype, file_type, command_count, commands_size, flags;
    uint32_t reserved;     /* only where is_64 */
    uint64_t *segments_at; /* in the arena: offsets of their commands */
    uint32_t segment_count;
    uint32_t entry_count; /* commands that name an entry point */
    bool has_entry, has_stack_size;
    uint64_t entry; /* an offset in the file */
    uint64_t stack_size;
};

struct laz_macho_segment {
    struct laz_view name;
    uint64_t address, memory_size, offset, file_size;
    uint32_t protection_max, protection, section_count, flags;
    /* For laz_macho_section. */
    bool is_64;
    struct laz_view sections;
};

struct laz_macho_section {
    struct laz_view name, segment;
    uint64_t address, size;
    uint32_t offset, alignment, relocations_offset, relocation_count, flags;
    uint32_t reserved[3]; /* the third only where the segment is_64 */
};

/* False when file is no Mach-O of one architecture, or the arena is full. */
bool laz_macho_open(struct laz_view file, struct laz_arena *arena, struct laz_macho *out);
bool laz_macho_segment(const struct laz_macho *macho, uint64_t index,
                       struct laz_macho_segment *out);
/* How many sections stand inside of the segment's command, whatever it claims. */
uint64_t laz_macho_sections_here(const struct laz_macho_segment *segment);
bool laz_macho_section(const struct laz_macho *macho, const struct laz_macho_segment *segment,
                       uint64_t index, struct laz_macho_section *out);

struct laz_macho_arch {
    uint32_t cpu_type, cpu_subtype, alignment;
    uint64_t offset, size;
};

struct laz_macho_fat {
    struct laz_view file;
    uint32_t magic, arch_count; /* as the file claims */
    bool is_64, has_archs;      /* the whole table lies inside the file */
};

bool laz_macho_fat_open(struct laz_view file, struct laz_macho_fat *out);
bool laz_macho_arch(const struct laz_macho_fat *fat, uint64_t index, struct laz_macho_arch *out);

#endif
