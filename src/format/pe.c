#include "format/pe.h"

#include <string.h>

#include "format/identify_priv.h"

#define DOS_SIZE              64
#define HEADER_POINTER_OFFSET 0x3C
#define SECTION_SIZE          40
#define SYMBOL_SIZE           18
#define MAGIC_PE32_PLUS       0x20B
#define OPTIONAL_PE32         96 /* bytes before the directories */
#define OPTIONAL_PE32_PLUS    112
#define DIRECTORY_SIZE        8
#define CHECKSUM_OFFSET       64    /* in the optional header of both kinds */
#define NAME_LEN_MAX          65536 /* of a section, in the table of strings */
#define ALIGNMENT_MAX         512   /* larger ones are ignored by the loader */

static bool take_header(struct laz_view file, struct laz_view *out)
{
    struct laz_view v = laz_view_from_offset(file, HEADER_POINTER_OFFSET);
    uint32_t offset, signature;

    if (!laz_take_u32le(&v, &offset))
        return false;
    v = laz_view_from_offset(file, offset);
    if (!laz_take_u32le(&v, &signature) || signature != 0x00004550 /* "PE\0\0" */)
        return false;
    *out = v;
    return true;
}

bool laz_pe_has_header(struct laz_view bytes)
{
    struct laz_view header;

    return take_header(bytes, &header);
}

static bool take_file_header(struct laz_view *v, struct laz_pe *pe)
{
    return laz_take_u16le(v, &pe->machine) && laz_take_u16le(v, &pe->section_count) &&
           laz_take_u32le(v, &pe->timestamp) && laz_take_u32le(v, &pe->symbol_offset) &&
           laz_take_u32le(v, &pe->symbol_count) && laz_take_u16le(v, &pe->optional_size) &&
           laz_take_u16le(v, &pe->characteristics);
}

/* A field that has 8 bytes in the larger kind. */
static bool take_word(struct laz_view *v, bool is_64bit, uint64_t *out)
{
    uint32_t narrow;

    if (is_64bit)
        return laz_take_u64le(v, out);
    if (!laz_take_u32le(v, &narrow))
        return false;
    *out = narrow;
    return true;
}

static bool take_standard_part(struct laz_view *v, struct laz_pe *pe)
{
    if (!laz_take_u16le(v, &pe->magic))
        return false;
    pe->is_64bit = pe->magic == MAGIC_PE32_PLUS;
    return laz_take_u8(v, &pe->linker_major) && laz_take_u8(v, &pe->linker_minor) &&
           laz_take_u32le(v, &pe->code_size) && laz_take_u32le(v, &pe->data_size) &&
           laz_take_u32le(v, &pe->zero_size) && laz_take_u32le(v, &pe->entry) &&
           laz_take_u32le(v, &pe->code_base) && (pe->is_64bit || laz_take_u32le(v, &pe->data_base));
}

static bool take_windows_part(struct laz_view *v, struct laz_pe *pe)
{
    return take_word(v, pe->is_64bit, &pe->image_base) &&
           laz_take_u32le(v, &pe->section_alignment) && laz_take_u32le(v, &pe->file_alignment) &&
           laz_take_u16le(v, &pe->os_major) && laz_take_u16le(v, &pe->os_minor) &&
           laz_take_u16le(v, &pe->image_major) && laz_take_u16le(v, &pe->image_minor) &&
           laz_take_u16le(v, &pe->subsystem_major) && laz_take_u16le(v, &pe->subsystem_minor) &&
           laz_take_u32le(v, &pe->win32_version) && laz_take_u32le(v, &pe->image_size) &&
           laz_take_u32le(v, &pe->headers_size) && laz_take_u32le(v, &pe->checksum) &&
           laz_take_u16le(v, &pe->subsystem) && laz_take_u16le(v, &pe->dll_characteristics) &&
           take_word(v, pe->is_64bit, &pe->stack_reserve) &&
           take_word(v, pe->is_64bit, &pe->stack_commit) &&
           take_word(v, pe->is_64bit, &pe->heap_reserve) &&
           take_word(v, pe->is_64bit, &pe->heap_commit) && laz_take_u32le(v, &pe->loader_flags) &&
           laz_take_u32le(v, &pe->directory_count);
}

static bool take_directories(struct laz_view *v, struct laz_pe *pe)
{
    for (unsigned i = 0; i < LAZ_PE_DIRECTORIES; i++)
        if (!laz_take_u32le(v, &pe->directories[i].address) ||
            !laz_take_u32le(v, &pe->directories[i].size))
            return false;
    return true;
}

/* Addresses are looked up often: what maps them is taken out of the headers once. */
static void note_mappings(struct laz_pe *pe)
{
    uint32_t count =
        pe->section_count < LAZ_PE_SECTIONS_MAX ? pe->section_count : LAZ_PE_SECTIONS_MAX;
    struct laz_pe_section s;

    while (pe->mapping_count < count && laz_pe_section_at(pe, pe->mapping_count, &s))
        pe->mappings[pe->mapping_count++] =
            (struct laz_pe_mapping){s.address, s.virtual_size, s.raw_offset, s.raw_size};
    pe->is_mapped = pe->mapping_count == count; /* a cut table of sections maps nothing */
}

bool laz_pe_read(struct laz_view file, struct laz_pe *out)
{
    struct laz_view v;
    bool has_optional;

    *out = (struct laz_pe){.file = file};
    if (file.len < DOS_SIZE || file.data[0] != 'M' || file.data[1] != 'Z' || !take_header(file, &v))
        return false;
    out->header_offset = file.len - v.len - 4;
    if (!take_file_header(&v, out))
        return false;
    out->optional_offset = file.len - v.len;
    out->sections_offset = out->optional_offset + out->optional_size;
    has_optional =
        take_standard_part(&v, out) && take_windows_part(&v, out) && take_directories(&v, out);
    /* The offset is signed: half of all values point before the file. */
    out->is_whole = has_optional && out->header_offset <= INT32_MAX;
    note_mappings(out);
    return true;
}

bool laz_pe_section_at(const struct laz_pe *pe, uint32_t index, struct laz_pe_section *out)
{
    struct laz_view v =
        laz_view_from_offset(pe->file, pe->sections_offset + (uint64_t)index * SECTION_SIZE);

    return index < pe->section_count && index < LAZ_PE_SECTIONS_MAX &&
           laz_take(&v, 8, &out->name) && laz_take_u32le(&v, &out->virtual_size) &&
           laz_take_u32le(&v, &out->address) && laz_take_u32le(&v, &out->raw_size) &&
           laz_take_u32le(&v, &out->raw_offset) && laz_take_u32le(&v, &out->relocations_offset) &&
           laz_take_u32le(&v, &out->lines_offset) && laz_take_u16le(&v, &out->relocation_count) &&
           laz_take_u16le(&v, &out->line_count) && laz_take_u32le(&v, &out->characteristics);
}

struct laz_view laz_pe_section_name(const struct laz_pe_section *s)
{
    struct laz_view name = s->name;

    while (name.len > 0 && name.data[name.len - 1] == '\0')
        name.len--;
    return name;
}

static bool is_printable(struct laz_view v)
{
    for (size_t i = 0; i < v.len; i++)
        if (v.data[i] < ' ' || v.data[i] > '~')
            return false;
    return true;
}

bool laz_pe_section_full_name(const struct laz_pe *pe, const struct laz_pe_section *s,
                              struct laz_view *out)
{
    uint64_t offset = pe->symbol_offset + (uint64_t)pe->symbol_count * SYMBOL_SIZE;
    struct laz_view rest;
    uint64_t index = 0;
    size_t end;

    if (pe->symbol_offset == 0 || s->name.data[0] != '/') {
        *out = laz_pe_section_name(s);
        return true;
    }
    for (size_t i = 1; i < s->name.len && s->name.data[i] >= '0' && s->name.data[i] <= '9'; i++)
        index = index * 10 + (uint64_t)(s->name.data[i] - '0');
    rest = laz_view_first(laz_view_from_offset(pe->file, offset + index), NAME_LEN_MAX);
    end = laz_view_find_byte(rest, '\0');
    if (end == rest.len)
        return false;
    *out = laz_view_first(rest, end);
    return is_printable(*out);
}

struct laz_view laz_pe_section_bytes(const struct laz_pe *pe, const struct laz_pe_section *s)
{
    return laz_view_first(laz_view_from_offset(pe->file, s->raw_offset), s->raw_size);
}

/* The section that holds rva: of several the one that begins last. */
static bool find_mapping(const struct laz_pe *pe, uint64_t rva, struct laz_pe_mapping *out)
{
    uint32_t lowest = UINT32_MAX;

    *out = (struct laz_pe_mapping){0};
    for (uint32_t i = 0; i < pe->mapping_count; i++) {
        const struct laz_pe_mapping *m = &pe->mappings[i];

        if (m->address < lowest)
            lowest = m->address;
        if (rva >= m->address && rva - m->address < m->virtual_size && m->address >= out->address)
            *out = *m;
    }
    return rva >= lowest;
}

bool laz_pe_offset(const struct laz_pe *pe, uint64_t rva, uint64_t *offset)
{
    uint32_t alignment = pe->file_alignment < ALIGNMENT_MAX ? pe->file_alignment : ALIGNMENT_MAX;
    struct laz_pe_mapping m;

    if (!pe->is_mapped)
        return false;
    if (!find_mapping(pe, rva, &m)) /* the headers are mapped as they are */
        m = (struct laz_pe_mapping){.raw_size = (uint32_t)pe->file.len};
    else if (alignment != 0)
        m.raw_offset -= m.raw_offset % alignment;
    if (rva - m.address >= m.raw_size)
        return false;
    *offset = m.raw_offset + (rva - m.address);
    return *offset < pe->file.len;
}

bool laz_pe_at(const struct laz_pe *pe, uint64_t rva, struct laz_view *out)
{
    uint64_t offset;

    if (!laz_pe_offset(pe, rva, &offset))
        return false;
    *out = laz_view_from_offset(pe->file, offset);
    return true;
}

bool laz_pe_directory_at(const struct laz_pe *pe, unsigned index, struct laz_pe_directory *out)
{
    size_t before = pe->is_64bit ? OPTIONAL_PE32_PLUS : OPTIONAL_PE32;

    if (index >= LAZ_PE_DIRECTORIES || before + (size_t)index * DIRECTORY_SIZE > pe->optional_size)
        return false;
    *out = pe->directories[index];
    return true;
}

bool laz_pe_entry_offset(const struct laz_pe *pe, uint64_t *offset)
{
    return laz_pe_offset(pe, pe->entry, offset);
}

uint64_t laz_pe_sections_end(const struct laz_pe *pe)
{
    struct laz_pe_section s;
    uint64_t end = 0;

    for (uint32_t i = 0; laz_pe_section_at(pe, i, &s); i++)
        if ((uint64_t)s.raw_offset + s.raw_size > end)
            end = (uint64_t)s.raw_offset + s.raw_size;
    return end;
}

uint32_t laz_pe_checksum(const struct laz_pe *pe)
{
    uint64_t place = pe->optional_offset + CHECKSUM_OFFSET;
    struct laz_view v = pe->file;
    uint64_t sum = 0;
    uint32_t word;

    while (laz_take_u32le(&v, &word)) {
        if (pe->file.len - v.len - 4 != place) /* it counts as 0 itself */
            sum += word;
        sum = (sum & UINT32_MAX) + (sum >> 32);
    }
    for (size_t i = 0; i < v.len; i++)
        sum += (uint64_t)v.data[i] << 8 * i;
    sum = (sum & UINT32_MAX) + (sum >> 32);
    sum = (sum & 0xFFFF) + (sum >> 16);
    sum += sum >> 16;
    return (uint32_t)((sum & 0xFFFF) + pe->file.len);
}
