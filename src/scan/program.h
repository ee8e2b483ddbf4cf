/* program.h - what ClamAV's signatures ask of a program, whatever its format: where it begins, and
 * where its sections stand in the file. */
#ifndef LAZ_SCAN_PROGRAM_H
#define LAZ_SCAN_PROGRAM_H

#include "base/arena.h"
#include "base/view.h"

#define LAZ_PROGRAM_SECTIONS_MAX 256

struct laz_program_section {
    uint64_t offset, size; /* in the file */
};

struct laz_program {
    bool has_entry;
    uint64_t entry;                             /* an offset in the file */
    const struct laz_program_section *sections; /* in the arena */
    uint32_t section_count;
    const uint64_t
        *version_keys; /* offsets of the keys of a PE's version information, in the arena */
    uint32_t version_key_count;
};

/* False when it is no program. What does not fit into the arena is not there. */
bool laz_program_read(struct laz_view file, struct laz_arena *arena, struct laz_program *out);

struct laz_pe;
/* A PE's section as Windows and ClamAV take it: in steps of the file's alignment, cut where the
 * file ends. Size 0 when there is none. */
struct laz_program_section laz_program_pe_section(const struct laz_pe *pe, uint32_t index);

#endif
