#include "scan/program.h"

#include "format/elf.h"
#include "format/macho.h"
#include "format/pe.h"

static struct laz_program_section *make_room(struct laz_arena *arena, struct laz_program *out,
                                             uint64_t count)
{
    struct laz_program_section *sections;

    if (count > LAZ_PROGRAM_SECTIONS_MAX)
        count = LAZ_PROGRAM_SECTIONS_MAX;
    sections = laz_arena_get_array(arena, count + 1, sizeof *sections);
    out->sections = sections;
    out->section_count = sections == NULL ? 0 : (uint32_t)count;
    return sections;
}

struct laz_program_section laz_program_pe_section(const struct laz_pe *pe, uint32_t index)
{
    struct laz_program_section out = {.offset = 0};
    struct laz_pe_section s;
    uint64_t step = pe->file_alignment == 0 ? 1 : pe->file_alignment;

    if (!laz_pe_section_at(pe, index, &s))
        return out;
    out.offset = s.raw_offset / step * step;
    out.size = ((uint64_t)s.raw_size + step - 1) / step * step;
    if (out.offset >= pe->file.len)
        out.size = 0;
    else if (out.size > pe->file.len - out.offset)
        out.size = pe->file.len - out.offset;
    return out;
}

static void read_versions(const struct laz_pe *pe, struct laz_arena *arena, struct laz_program *out)
{
    struct laz_pe_resources resources;
    struct laz_pe_versions versions = {.count = 0};
    uint64_t *keys;

    if (!laz_pe_resources_read(pe, arena, &resources) ||
        !laz_pe_versions_read(pe, &resources, arena, &versions) || versions.count == 0)
        return;
    keys = laz_arena_get_array(arena, versions.count, sizeof *keys);
    for (uint32_t i = 0; keys != NULL && i < versions.count; i++)
        keys[i] = versions.items[i].key_offset;
    out->version_keys = keys;
    out->version_key_count = keys == NULL ? 0 : versions.count;
}

static void read_pe(const struct laz_pe *pe, struct laz_arena *arena, struct laz_program *out)
{
    struct laz_program_section *sections = make_room(arena, out, pe->section_count);

    for (uint32_t i = 0; i < out->section_count; i++)
        sections[i] = laz_program_pe_section(pe, i);
    out->has_entry = laz_pe_entry_offset(pe, &out->entry);
    read_versions(pe, arena, out);
}

static void read_elf(const struct laz_elf *elf, struct laz_arena *arena, struct laz_program *out)
{
    struct laz_program_section *sections = make_room(arena, out, elf->section_count);

    for (uint32_t i = 0; i < out->section_count; i++) {
        struct laz_elf_section s = {.size = 0};

        if (laz_elf_section(elf, i, &s))
            sections[i] = (struct laz_program_section){s.offset, s.size};
        else
            sections[i] = (struct laz_program_section){0, 0};
    }
    out->has_entry = laz_elf_offset_of(elf, elf->entry, &out->entry);
}

/* Sections of all segments, one behind the other. */
static void read_macho(const struct laz_macho *macho, struct laz_arena *arena,
                       struct laz_program *out)
{
    struct laz_program_section *sections = make_room(arena, out, LAZ_PROGRAM_SECTIONS_MAX);
    uint32_t room = out->section_count, count = 0;

    for (uint32_t i = 0; i < macho->segment_count && count < room; i++) {
        struct laz_macho_segment segment;

        if (!laz_macho_segment(macho, i, &segment))
            break;
        for (uint64_t k = 0; k < laz_macho_sections_here(&segment) && count < room; k++) {
            struct laz_macho_section s;

            if (!laz_macho_section(macho, &segment, k, &s))
                break;
            sections[count++] = (struct laz_program_section){s.offset, s.size};
        }
    }
    out->section_count = count;
    out->has_entry = macho->has_entry;
    out->entry = macho->entry;
}

bool laz_program_read(struct laz_view file, struct laz_arena *arena, struct laz_program *out)
{
    struct laz_macho macho;
    struct laz_elf elf;
    struct laz_pe pe;

    *out = (struct laz_program){.has_entry = false};
    if (laz_pe_read(file, &pe))
        read_pe(&pe, arena, out);
    else if (laz_elf_open(file, &elf))
        read_elf(&elf, arena, out);
    else if (laz_macho_open(file, arena, &macho))
        read_macho(&macho, arena, out);
    else
        return false;
    return true;
}
