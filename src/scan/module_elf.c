/* module_elf.c - YARA's module elf, over format/elf.h. */
#include "format/elf.h"
#include "match/fields_ids.h"
#include "scan/modules_priv.h"
#include "scan/symbols.h"

static bool open_elf(struct laz_modules *m, void *state)
{
    return laz_elf_open(m->input.bytes, state);
}

static bool text_if(bool known, struct laz_view text, struct laz_value *out)
{
    *out = laz_value_text(text);
    return known;
}

static bool entry_point(const struct laz_elf *elf, struct laz_value *out)
{
    uint64_t offset;

    return elf->entry != 0 && laz_elf_offset_of(elf, elf->entry, &offset) &&
           laz_give_number(offset, out);
}

static bool of_section(const struct laz_elf *elf, int64_t id, uint64_t index, struct laz_value *out)
{
    struct laz_elf_section s;

    if (id == LAZ_ELF_SECTION_COUNT)
        return laz_give_number(elf->has_sections ? elf->section_count : 0, out);
    if (!laz_elf_section(elf, index, &s))
        return false;
    switch (id) {
    case LAZ_ELF_SECTION_TYPE:
        return laz_give_number(s.type, out);
    case LAZ_ELF_SECTION_FLAGS:
        return laz_give_number(s.flags, out);
    case LAZ_ELF_SECTION_ADDRESS:
        return laz_give_number(s.address, out);
    case LAZ_ELF_SECTION_NAME:
        return text_if(s.has_name, s.name, out);
    case LAZ_ELF_SECTION_SIZE:
        return laz_give_number(s.size, out);
    default:
        return laz_give_number_if(id == LAZ_ELF_SECTION_OFFSET, s.offset, out);
    }
}

static bool of_segment(const struct laz_elf *elf, int64_t id, uint64_t index, struct laz_value *out)
{
    struct laz_elf_segment s;

    if (id == LAZ_ELF_SEGMENT_COUNT)
        return laz_give_number(elf->has_segments ? elf->segment_count : 0, out);
    if (!laz_elf_segment(elf, index, &s))
        return false;
    switch (id) {
    case LAZ_ELF_SEGMENT_TYPE:
        return laz_give_number(s.type, out);
    case LAZ_ELF_SEGMENT_FLAGS:
        return laz_give_number(s.flags, out);
    case LAZ_ELF_SEGMENT_OFFSET:
        return laz_give_number(s.offset, out);
    case LAZ_ELF_SEGMENT_VIRTUAL_ADDRESS:
        return laz_give_number(s.address, out);
    case LAZ_ELF_SEGMENT_PHYSICAL_ADDRESS:
        return laz_give_number(s.physical_address, out);
    case LAZ_ELF_SEGMENT_FILE_SIZE:
        return laz_give_number(s.file_size, out);
    case LAZ_ELF_SEGMENT_MEMORY_SIZE:
        return laz_give_number(s.memory_size, out);
    default:
        return laz_give_number_if(id == LAZ_ELF_SEGMENT_ALIGNMENT, s.alignment, out);
    }
}

static bool of_dynamic(const struct laz_elf *elf, int64_t id, uint64_t index, struct laz_value *out)
{
    struct laz_elf_dynamic d;

    if (id == LAZ_ELF_DYNAMIC_ENTRIES)
        return laz_give_number_if(elf->has_dynamic, laz_elf_dynamic_count(elf), out);
    if (id == LAZ_ELF_DYNAMIC_COUNT)
        return laz_give_number(laz_elf_dynamic_count(elf), out);
    if (!laz_elf_dynamic(elf, index, &d))
        return false;
    return laz_give_number(id == LAZ_ELF_DYNAMIC_TYPE ? (uint64_t)d.type : d.value, out);
}

/* id is that of the table symtab: dynsym's stand in the same order. */
static bool of_symbol(const struct laz_elf *elf, const struct laz_elf_symbols *table, int64_t id,
                      uint64_t index, struct laz_value *out)
{
    struct laz_elf_symbol s;

    if (id == LAZ_ELF_SYMTAB_ENTRIES)
        return laz_give_number_if(table->is_there, table->count, out);
    if (id == LAZ_ELF_SYMTAB_COUNT)
        return laz_give_number(table->count, out);
    if (!laz_elf_symbol(elf, table, index, &s))
        return false;
    switch (id) {
    case LAZ_ELF_SYMTAB_NAME:
        return text_if(s.has_name, s.name, out);
    case LAZ_ELF_SYMTAB_VALUE:
        return laz_give_number(s.value, out);
    case LAZ_ELF_SYMTAB_SIZE:
        return laz_give_number(s.size, out);
    case LAZ_ELF_SYMTAB_TYPE:
        return laz_give_number(s.type, out);
    case LAZ_ELF_SYMTAB_BIND:
        return laz_give_number(s.bind, out);
    default:
        return laz_give_number_if(id == LAZ_ELF_SYMTAB_SHNDX, s.section, out);
    }
}

static bool of_header(struct laz_modules *m, const struct laz_elf *elf, int64_t id,
                      struct laz_value *out)
{
    switch (id) {
    case LAZ_ELF_TYPE:
        return laz_give_number(elf->type, out);
    case LAZ_ELF_MACHINE:
        return laz_give_number(elf->machine, out);
    case LAZ_ELF_ENTRY_POINT:
        return entry_point(elf, out);
    case LAZ_ELF_NUMBER_OF_SECTIONS:
        return laz_give_number(elf->section_count, out);
    case LAZ_ELF_SH_OFFSET:
        return laz_give_number(elf->sections_offset, out);
    case LAZ_ELF_SH_ENTRY_SIZE:
        return laz_give_number(elf->section_size, out);
    case LAZ_ELF_NUMBER_OF_SEGMENTS:
        return laz_give_number(elf->segment_count, out);
    case LAZ_ELF_PH_OFFSET:
        return laz_give_number(elf->segments_offset, out);
    case LAZ_ELF_PH_ENTRY_SIZE:
        return laz_give_number(elf->segment_size, out);
    case LAZ_ELF_TELFHASH:
        return laz_symbols_telfhash(m, elf, out);
    default:
        return id == LAZ_ELF_IMPORT_MD5 && laz_symbols_import_md5(m, elf, out);
    }
}

bool laz_module_elf(struct laz_modules *m, uint32_t index, const struct laz_value *args,
                    struct laz_value *out)
{
    const struct laz_field *field = &laz_fields_elf.fields[index];
    const struct laz_elf *elf =
        laz_modules_state(m, LAZ_MODULE_ELF, sizeof(struct laz_elf), open_elf);
    uint64_t item = field->args[0] == 'i' ? (uint64_t)args[0].n : 0;
    int64_t id = field->n;

    if (elf == NULL)
        return false;
    if (id >= LAZ_ELF_SECTION_COUNT && id <= LAZ_ELF_SECTION_OFFSET)
        return of_section(elf, id, item, out);
    if (id >= LAZ_ELF_SEGMENT_COUNT && id <= LAZ_ELF_SEGMENT_ALIGNMENT)
        return of_segment(elf, id, item, out);
    if (id >= LAZ_ELF_DYNAMIC_ENTRIES && id <= LAZ_ELF_DYNAMIC_VAL)
        return of_dynamic(elf, id, item, out);
    if (id >= LAZ_ELF_SYMTAB_ENTRIES && id <= LAZ_ELF_SYMTAB_SHNDX)
        return of_symbol(elf, &elf->symbols, id, item, out);
    if (id >= LAZ_ELF_DYNSYM_ENTRIES && id <= LAZ_ELF_DYNSYM_SHNDX)
        return of_symbol(elf, &elf->dynamic_symbols,
                         id - LAZ_ELF_DYNSYM_ENTRIES + LAZ_ELF_SYMTAB_ENTRIES, item, out);
    return of_header(m, elf, id, out);
}
