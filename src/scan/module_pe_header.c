#include "scan/module_pe_priv.h"

#define GIVE(value) return laz_pe_give_number(q, value)

/* The fields that the headers hold as they are. */
static bool answer_plain(const struct laz_pe_question *q)
{
    const struct laz_pe *pe = &q->state->pe;

    switch (q->field) {
    case LAZ_PE_MACHINE:
        GIVE(pe->machine);
    case LAZ_PE_NUMBER_OF_SECTIONS:
        GIVE(pe->section_count);
    case LAZ_PE_TIMESTAMP:
        GIVE(pe->timestamp);
    case LAZ_PE_POINTER_TO_SYMBOL_TABLE:
        GIVE(pe->symbol_offset);
    case LAZ_PE_NUMBER_OF_SYMBOLS:
        GIVE(pe->symbol_count);
    case LAZ_PE_SIZE_OF_OPTIONAL_HEADER:
        GIVE(pe->optional_size);
    case LAZ_PE_CHARACTERISTICS:
        GIVE(pe->characteristics);
    case LAZ_PE_OPTHDR_MAGIC:
        GIVE(pe->magic);
    case LAZ_PE_LINKER_VERSION_MAJOR:
        GIVE(pe->linker_major);
    case LAZ_PE_LINKER_VERSION_MINOR:
        GIVE(pe->linker_minor);
    case LAZ_PE_SIZE_OF_CODE:
        GIVE(pe->code_size);
    case LAZ_PE_SIZE_OF_INITIALIZED_DATA:
        GIVE(pe->data_size);
    case LAZ_PE_SIZE_OF_UNINITIALIZED_DATA:
        GIVE(pe->zero_size);
    case LAZ_PE_ENTRY_POINT_RAW:
        GIVE(pe->entry);
    case LAZ_PE_BASE_OF_CODE:
        GIVE(pe->code_base);
    case LAZ_PE_IMAGE_BASE:
        GIVE(pe->image_base);
    case LAZ_PE_SECTION_ALIGNMENT:
        GIVE(pe->section_alignment);
    case LAZ_PE_FILE_ALIGNMENT:
        GIVE(pe->file_alignment);
    default: /* of answer_windows_part */
        return false;
    }
}

static bool answer_windows_part(const struct laz_pe_question *q)
{
    const struct laz_pe *pe = &q->state->pe;

    switch (q->field) {
    case LAZ_PE_OS_VERSION_MAJOR:
        GIVE(pe->os_major);
    case LAZ_PE_OS_VERSION_MINOR:
        GIVE(pe->os_minor);
    case LAZ_PE_IMAGE_VERSION_MAJOR:
        GIVE(pe->image_major);
    case LAZ_PE_IMAGE_VERSION_MINOR:
        GIVE(pe->image_minor);
    case LAZ_PE_SUBSYSTEM_VERSION_MAJOR:
        GIVE(pe->subsystem_major);
    case LAZ_PE_SUBSYSTEM_VERSION_MINOR:
        GIVE(pe->subsystem_minor);
    case LAZ_PE_WIN32_VERSION_VALUE:
        GIVE(pe->win32_version);
    case LAZ_PE_SIZE_OF_IMAGE:
        GIVE(pe->image_size);
    case LAZ_PE_SIZE_OF_HEADERS:
        GIVE(pe->headers_size);
    case LAZ_PE_CHECKSUM:
        GIVE(pe->checksum);
    case LAZ_PE_SUBSYSTEM:
        GIVE(pe->subsystem);
    case LAZ_PE_DLL_CHARACTERISTICS:
        GIVE(pe->dll_characteristics);
    case LAZ_PE_SIZE_OF_STACK_RESERVE:
        GIVE(pe->stack_reserve);
    case LAZ_PE_SIZE_OF_STACK_COMMIT:
        GIVE(pe->stack_commit);
    case LAZ_PE_SIZE_OF_HEAP_RESERVE:
        GIVE(pe->heap_reserve);
    case LAZ_PE_SIZE_OF_HEAP_COMMIT:
        GIVE(pe->heap_commit);
    case LAZ_PE_LOADER_FLAGS:
        GIVE(pe->loader_flags);
    case LAZ_PE_NUMBER_OF_RVA_AND_SIZES:
        GIVE(pe->directory_count);
    default: /* of answer_computed */
        return false;
    }
}

static bool answer_entry(const struct laz_pe_question *q)
{
    uint64_t offset;

    /* One that leads nowhere is told as -1, which rules compare with. */
    return laz_pe_give_number(q, laz_pe_entry_offset(&q->state->pe, &offset) ? offset : UINT64_MAX);
}

static bool answer_offset(const struct laz_pe_question *q)
{
    uint64_t offset;

    return laz_pe_offset(&q->state->pe, (uint64_t)q->args[0].n, &offset) &&
           laz_pe_give_number(q, offset);
}

static bool answer_overlay(const struct laz_pe_question *q)
{
    const struct laz_pe *pe = &q->state->pe;
    uint64_t end = laz_pe_sections_end(pe);
    bool has_overlay = end > 0 && pe->file.len > end;

    if (q->field == LAZ_PE_OVERLAY_OFFSET)
        GIVE(has_overlay ? end : 0);
    GIVE(has_overlay ? pe->file.len - end : 0);
}

static bool answer_checksum(const struct laz_pe_question *q)
{
    if (laz_pe_begin_part(q->state, LAZ_PE_PART_CHECKSUM))
        q->state->checksum = laz_pe_checksum(&q->state->pe);
    GIVE(q->state->checksum);
}

static bool answer_pdb_path(const struct laz_pe_question *q)
{
    struct laz_module_pe *s = q->state;

    if (laz_pe_begin_part(s, LAZ_PE_PART_PDB))
        s->has_pdb = laz_pe_pdb_path(&s->pe, &s->pdb_path);
    return s->has_pdb && laz_pe_give_text(q, s->pdb_path);
}

static bool answer_computed(const struct laz_pe_question *q)
{
    const struct laz_pe *pe = &q->state->pe;

    switch (q->field) {
    case LAZ_PE_ENTRY_POINT:
        return answer_entry(q);
    case LAZ_PE_BASE_OF_DATA:
        return !pe->is_64bit && laz_pe_give_number(q, pe->data_base);
    case LAZ_PE_CALCULATE_CHECKSUM:
        return answer_checksum(q);
    case LAZ_PE_OVERLAY_OFFSET:
    case LAZ_PE_OVERLAY_SIZE:
        return answer_overlay(q);
    case LAZ_PE_IS_DLL: /* the flag itself, as YARA gives it */
        GIVE(pe->characteristics & LAZ_PE_IS_DLL_FLAG);
    case LAZ_PE_IS_32BIT:
        GIVE(!pe->is_64bit);
    case LAZ_PE_IS_64BIT:
        GIVE(pe->is_64bit);
    case LAZ_PE_RVA_TO_OFFSET:
        return answer_offset(q);
    case LAZ_PE_PDB_PATH:
        return answer_pdb_path(q);
    default: /* of the others here */
        return false;
    }
}

static bool answer_directory(const struct laz_pe_question *q)
{
    const struct laz_pe *pe = &q->state->pe;
    uint32_t count =
        pe->directory_count < LAZ_PE_DIRECTORIES ? pe->directory_count : LAZ_PE_DIRECTORIES;
    uint32_t i;

    if (q->field == LAZ_PE_DIRECTORY_COUNT)
        GIVE(count);
    if (!laz_pe_index(q, 0, count, &i))
        return false;
    if (q->field == LAZ_PE_DIRECTORY_SIZE)
        GIVE(pe->directories[i].size);
    GIVE(pe->directories[i].address);
}

static uint32_t sections_present(const struct laz_pe *pe)
{
    struct laz_pe_section s;
    uint32_t count = 0;

    while (laz_pe_section_at(pe, count, &s))
        count++;
    return count;
}

static bool answer_section_name(const struct laz_pe_question *q, const struct laz_pe_section *s)
{
    struct laz_view name = laz_pe_section_name(s);

    if (q->field == LAZ_PE_SECTION_FULL_NAME && !laz_pe_section_full_name(&q->state->pe, s, &name))
        return false;
    return laz_pe_give_text(q, name);
}

static bool answer_section(const struct laz_pe_question *q)
{
    struct laz_pe_section s;
    uint32_t i;

    if (q->field == LAZ_PE_SECTION_COUNT)
        GIVE(sections_present(&q->state->pe));
    if (!laz_pe_index(q, 0, LAZ_PE_SECTIONS_MAX, &i) || !laz_pe_section_at(&q->state->pe, i, &s))
        return false;
    switch (q->field) {
    case LAZ_PE_SECTION_NAME:
    case LAZ_PE_SECTION_FULL_NAME:
        return answer_section_name(q, &s);
    case LAZ_PE_SECTION_CHARACTERISTICS:
        GIVE(s.characteristics);
    case LAZ_PE_SECTION_VIRTUAL_ADDRESS:
        GIVE(s.address);
    case LAZ_PE_SECTION_VIRTUAL_SIZE:
        GIVE(s.virtual_size);
    case LAZ_PE_SECTION_RAW_DATA_OFFSET:
        GIVE(s.raw_offset);
    case LAZ_PE_SECTION_RAW_DATA_SIZE:
        GIVE(s.raw_size);
    case LAZ_PE_SECTION_POINTER_TO_RELOCATIONS:
        GIVE(s.relocations_offset);
    case LAZ_PE_SECTION_POINTER_TO_LINE_NUMBERS:
        GIVE(s.lines_offset);
    case LAZ_PE_SECTION_NUMBER_OF_RELOCATIONS:
        GIVE(s.relocation_count);
    case LAZ_PE_SECTION_NUMBER_OF_LINE_NUMBERS:
        GIVE(s.line_count);
    default: /* none is left */
        return false;
    }
}

/* YARA compares C strings: a name ends at its first NUL, unlike the field. */
static bool section_has_name(const struct laz_pe_section *s, struct laz_view name)
{
    struct laz_view own = laz_view_first(s->name, laz_view_find_byte(s->name, '\0'));

    return laz_view_equal(own, laz_view_first(name, laz_view_find_byte(name, '\0')));
}

static bool answer_section_index(const struct laz_pe_question *q)
{
    struct laz_pe_section s;

    for (uint32_t i = 0; laz_pe_section_at(&q->state->pe, i, &s); i++) {
        int64_t address = q->args[0].n;
        bool found = q->field == LAZ_PE_SECTION_INDEX_NAME
                         ? section_has_name(&s, q->args[0].text)
                         : address >= (int64_t)s.raw_offset &&
                               address < (int64_t)s.raw_offset + (int64_t)s.raw_size;

        if (found)
            GIVE(i);
    }
    return false;
}

static bool answer_rich_count(const struct laz_pe_question *q)
{
    uint64_t first = (uint64_t)q->args[0].n, second, sum;
    const uint64_t *version = NULL, *tool = NULL;

    switch (q->field) {
    case LAZ_PE_RICH_VERSION:
        version = &first;
        break;
    case LAZ_PE_RICH_TOOLID:
        tool = &first;
        break;
    case LAZ_PE_RICH_VERSION_TOOLID:
        second = (uint64_t)q->args[1].n;
        version = &first;
        tool = &second;
        break;
    default: /* LAZ_PE_RICH_TOOLID_VERSION */
        second = (uint64_t)q->args[1].n;
        tool = &first;
        version = &second;
        break;
    }
    return laz_pe_rich_count(&q->state->rich, version, tool, &sum) && laz_pe_give_number(q, sum);
}

static bool answer_rich(const struct laz_pe_question *q)
{
    struct laz_module_pe *s = q->state;

    if (laz_pe_begin_part(s, LAZ_PE_PART_RICH))
        s->has_rich = laz_pe_rich_read(&s->pe, q->modules->arena, &s->rich);
    if (!s->has_rich)
        return false;
    switch (q->field) {
    case LAZ_PE_RICH_OFFSET:
        GIVE(s->rich.offset);
    case LAZ_PE_RICH_LENGTH:
        GIVE(s->rich.raw.len);
    case LAZ_PE_RICH_KEY:
        GIVE(s->rich.key);
    case LAZ_PE_RICH_RAW_DATA:
        return laz_pe_give_text(q, s->rich.raw);
    case LAZ_PE_RICH_CLEAR_DATA:
        return laz_pe_give_text(q, s->rich.clear);
    case LAZ_PE_RICH_VERSION_DATA:
        return laz_pe_give_text(q, s->rich.version_data);
    default: /* the four forms of version() and toolid() */
        return answer_rich_count(q);
    }
}

bool laz_pe_answer_header(const struct laz_pe_question *q)
{
    if (q->field >= LAZ_PE_RICH_OFFSET)
        return answer_rich(q);
    if (q->field == LAZ_PE_SECTION_INDEX_NAME || q->field == LAZ_PE_SECTION_INDEX_ADDRESS)
        return answer_section_index(q);
    if (q->field >= LAZ_PE_SECTION_COUNT && q->field <= LAZ_PE_SECTION_NUMBER_OF_LINE_NUMBERS)
        return answer_section(q);
    if (q->field >= LAZ_PE_DIRECTORY_COUNT && q->field <= LAZ_PE_DIRECTORY_SIZE)
        return answer_directory(q);
    return answer_plain(q) || answer_windows_part(q) || answer_computed(q);
}
