/* module_macho.c - YARA's module macho, over format/macho.h. */
#include "base/arena.h"
#include "format/macho.h"
#include "match/fields_ids.h"
#include "scan/modules_priv.h"

#define FILES_MAX 256u /* of one fat file; real ones have fewer than ten */

struct state {
    struct laz_macho alone; /* magic 0: the object is fat */
    struct laz_macho_fat fat;
    bool is_fat;
    uint32_t file_count;
    struct laz_macho *files;
};

/* One that cannot be read has no values, but keeps its place. */
static bool open_files(struct laz_modules *m, struct state *s)
{
    struct laz_macho_arch arch;
    struct laz_view bytes;

    while (s->file_count < FILES_MAX && laz_macho_arch(&s->fat, s->file_count, &arch))
        s->file_count++;
    s->files = laz_arena_get_array(m->arena, s->file_count, sizeof *s->files);
    if (s->files == NULL)
        return false;
    for (uint32_t i = 0; i < s->file_count; i++)
        if (laz_macho_arch(&s->fat, i, &arch) &&
            laz_view_at(s->fat.file, arch.offset, arch.size, &bytes) &&
            !laz_macho_open(bytes, m->arena, &s->files[i]))
            s->files[i].magic = 0;
    return true;
}

static bool open_macho(struct laz_modules *m, void *state)
{
    struct state *s = state;

    s->is_fat = laz_macho_fat_open(m->input.bytes, &s->fat);
    return s->is_fat ? open_files(m, s) : laz_macho_open(m->input.bytes, m->arena, &s->alone);
}

static bool of_header(const struct laz_macho *macho, int64_t id, struct laz_value *out)
{
    switch (id) {
    case LAZ_MACHO_MAGIC:
        return laz_give_number(macho->magic, out);
    case LAZ_MACHO_CPUTYPE:
        return laz_give_number(macho->cpu_type, out);
    case LAZ_MACHO_CPUSUBTYPE:
        return laz_give_number(macho->cpu_subtype, out);
    case LAZ_MACHO_FILETYPE:
        return laz_give_number(macho->file_type, out);
    case LAZ_MACHO_NCMDS:
        return laz_give_number(macho->command_count, out);
    case LAZ_MACHO_SIZEOFCMDS:
        return laz_give_number(macho->commands_size, out);
    case LAZ_MACHO_FLAGS:
        return laz_give_number(macho->flags, out);
    case LAZ_MACHO_RESERVED:
        return laz_give_number_if(macho->is_64, macho->reserved, out);
    case LAZ_MACHO_NUMBER_OF_SEGMENTS:
    case LAZ_MACHO_SEGMENT_COUNT:
        return laz_give_number(macho->segment_count, out);
    case LAZ_MACHO_ENTRY_POINT:
        return laz_give_number_if(macho->has_entry, macho->entry, out);
    default:
        return laz_give_number_if(id == LAZ_MACHO_STACK_SIZE && macho->has_stack_size,
                                  macho->stack_size, out);
    }
}

static bool of_segment(const struct laz_macho_segment *s, int64_t id, struct laz_value *out)
{
    switch (id) {
    case LAZ_MACHO_SEGMENT_SEGNAME:
        return laz_give_text(s->name, out);
    case LAZ_MACHO_SEGMENT_VMADDR:
        return laz_give_number(s->address, out);
    case LAZ_MACHO_SEGMENT_VMSIZE:
        return laz_give_number(s->memory_size, out);
    case LAZ_MACHO_SEGMENT_FILEOFF:
        return laz_give_number(s->offset, out);
    case LAZ_MACHO_SEGMENT_FSIZE:
        return laz_give_number(s->file_size, out);
    case LAZ_MACHO_SEGMENT_MAXPROT:
        return laz_give_number(s->protection_max, out);
    case LAZ_MACHO_SEGMENT_INITPROT:
        return laz_give_number(s->protection, out);
    case LAZ_MACHO_SEGMENT_NSECTS:
        return laz_give_number(s->section_count, out);
    case LAZ_MACHO_SEGMENT_FLAGS:
        return laz_give_number(s->flags, out);
    default:
        return laz_give_number_if(id == LAZ_MACHO_SECTION_COUNT, laz_macho_sections_here(s), out);
    }
}

static bool of_section(const struct laz_macho_section *s, bool is_64, int64_t id,
                       struct laz_value *out)
{
    switch (id) {
    case LAZ_MACHO_SECTION_SECTNAME:
        return laz_give_text(s->name, out);
    case LAZ_MACHO_SECTION_SEGNAME:
        return laz_give_text(s->segment, out);
    case LAZ_MACHO_SECTION_ADDR:
        return laz_give_number(s->address, out);
    case LAZ_MACHO_SECTION_SIZE:
        return laz_give_number(s->size, out);
    case LAZ_MACHO_SECTION_OFFSET:
        return laz_give_number(s->offset, out);
    case LAZ_MACHO_SECTION_ALIGN:
        return laz_give_number(s->alignment, out);
    case LAZ_MACHO_SECTION_RELOFF:
        return laz_give_number(s->relocations_offset, out);
    case LAZ_MACHO_SECTION_NRELOC:
        return laz_give_number(s->relocation_count, out);
    case LAZ_MACHO_SECTION_FLAGS:
        return laz_give_number(s->flags, out);
    case LAZ_MACHO_SECTION_RESERVED1:
        return laz_give_number(s->reserved[0], out);
    case LAZ_MACHO_SECTION_RESERVED2:
        return laz_give_number(s->reserved[1], out);
    default:
        return laz_give_number_if(id == LAZ_MACHO_SECTION_RESERVED3 && is_64, s->reserved[2], out);
    }
}

/* index are those of the segment and the section, as many as the field has. */
static bool of_file(const struct laz_macho *macho, int64_t id, const struct laz_value *index,
                    struct laz_value *out)
{
    struct laz_macho_segment segment;
    struct laz_macho_section section;

    if (macho->magic == 0)
        return false;
    if (id < LAZ_MACHO_SEGMENT_SEGNAME || id > LAZ_MACHO_SECTION_RESERVED3)
        return of_header(macho, id, out);
    if (!laz_macho_segment(macho, (uint64_t)index[0].n, &segment))
        return false;
    if (id <= LAZ_MACHO_SECTION_COUNT)
        return of_segment(&segment, id, out);
    return laz_macho_section(macho, &segment, (uint64_t)index[1].n, &section) &&
           of_section(&section, segment.is_64, id, out);
}

static bool of_arch(const struct laz_macho_arch *arch, int64_t id, struct laz_value *out)
{
    switch (id) {
    case LAZ_MACHO_ARCH_CPUTYPE:
        return laz_give_number(arch->cpu_type, out);
    case LAZ_MACHO_ARCH_CPUSUBTYPE:
        return laz_give_number(arch->cpu_subtype, out);
    case LAZ_MACHO_ARCH_OFFSET:
        return laz_give_number(arch->offset, out);
    case LAZ_MACHO_ARCH_SIZE:
        return laz_give_number(arch->size, out);
    default:
        return laz_give_number_if(id == LAZ_MACHO_ARCH_ALIGN, arch->alignment, out);
    }
}

/* The first file for a processor, and for its subtype when there is one given. */
static bool find_arch(const struct state *s, const struct laz_value *args, bool by_subtype,
                      uint32_t *index, struct laz_macho_arch *arch)
{
    for (uint32_t i = 0; i < s->file_count && laz_macho_arch(&s->fat, i, arch); i++) {
        if (arch->cpu_type != args[0].n || (by_subtype && arch->cpu_subtype != args[1].n))
            continue;
        *index = i;
        return true;
    }
    return false;
}

static bool call(const struct state *s, int64_t id, const struct laz_value *args,
                 struct laz_value *out)
{
    bool by_subtype = id == LAZ_MACHO_INDEX_FOR_SUBTYPE || id == LAZ_MACHO_ENTRY_FOR_SUBTYPE;
    const struct laz_macho *file;
    struct laz_macho_arch arch;
    uint32_t index;

    if (!find_arch(s, args, by_subtype, &index, &arch))
        return false;
    if (id == LAZ_MACHO_INDEX_FOR_TYPE || id == LAZ_MACHO_INDEX_FOR_SUBTYPE)
        return laz_give_number(index, out);
    file = &s->files[index];
    return file->magic != 0 && laz_give_number_if(file->has_entry, arch.offset + file->entry, out);
}

static bool of_fat(const struct state *s, int64_t id, const struct laz_value *args,
                   struct laz_value *out)
{
    struct laz_macho_arch arch;

    switch (id) {
    case LAZ_MACHO_FAT_MAGIC_FOUND:
        return laz_give_number(s->fat.magic, out);
    case LAZ_MACHO_NFAT_ARCH:
        return laz_give_number(s->fat.arch_count, out);
    case LAZ_MACHO_ARCH_COUNT:
    case LAZ_MACHO_FILE_COUNT:
        return laz_give_number(s->file_count, out);
    case LAZ_MACHO_INDEX_FOR_TYPE:
    case LAZ_MACHO_INDEX_FOR_SUBTYPE:
    case LAZ_MACHO_ENTRY_FOR_TYPE:
    case LAZ_MACHO_ENTRY_FOR_SUBTYPE:
        return call(s, id, args, out);
    default:
        return (uint64_t)args[0].n < s->file_count &&
               laz_macho_arch(&s->fat, (uint64_t)args[0].n, &arch) && of_arch(&arch, id, out);
    }
}

bool laz_module_macho(struct laz_modules *m, uint32_t index, const struct laz_value *args,
                      struct laz_value *out)
{
    const struct laz_field *field = &laz_fields_macho.fields[index];
    const struct state *s = laz_modules_state(m, LAZ_MODULE_MACHO, sizeof *s, open_macho);
    bool is_of_file = laz_view_starts(laz_view_of(field->name), laz_view_of("macho.file[]."));

    if (s == NULL)
        return false;
    if (is_of_file)
        return (uint64_t)args[0].n < s->file_count &&
               of_file(&s->files[args[0].n], field->n, args + 1, out);
    if (field->n >= LAZ_MACHO_FAT_MAGIC_FOUND)
        return s->is_fat && of_fat(s, field->n, args, out);
    return of_file(&s->alone, field->n, args, out);
}
