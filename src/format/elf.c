#include "format/elf.h"

#define CLASS_32        1
#define CLASS_64        2
#define DATA_LITTLE     1
#define DATA_BIG        2
#define IDENT_SIZE      16
#define HEADER_SIZE_32  52
#define HEADER_SIZE_64  64
#define SECTION_SIZE_32 40
#define SECTION_SIZE_64 64
#define SEGMENT_SIZE_32 32
#define SEGMENT_SIZE_64 56
#define SYMBOL_SIZE_32  16
#define SYMBOL_SIZE_64  24

#define SECTION_COUNT_MAX 0xFEFFu /* SHN_LORESERVE - 1 */
#define SECTION_NULL      0
#define SECTION_SYMBOLS   2
#define SECTION_STRINGS   3
#define SECTION_NOBITS    8
#define SECTION_DYNAMIC   11
#define SEGMENT_DYNAMIC   2
#define SEGMENT_COUNT_MAX 0xFFFEu             /* PN_XNUM - 1 */
#define NAME_LEN_MAX      ((size_t)16 * 1024) /* of a symbol: so that one look costs little */
#define DYNAMIC_END       0

static bool take_u16(const struct laz_elf *elf, struct laz_view *v, uint16_t *out)
{
    return elf->is_big_endian ? laz_take_u16be(v, out) : laz_take_u16le(v, out);
}

static bool take_u32(const struct laz_elf *elf, struct laz_view *v, uint32_t *out)
{
    return elf->is_big_endian ? laz_take_u32be(v, out) : laz_take_u32le(v, out);
}

static bool take_u64(const struct laz_elf *elf, struct laz_view *v, uint64_t *out)
{
    return elf->is_big_endian ? laz_take_u64be(v, out) : laz_take_u64le(v, out);
}

/* An address, an offset or a size: as wide as the file's class says. */
static bool take_word(const struct laz_elf *elf, struct laz_view *v, uint64_t *out)
{
    uint32_t n;

    if (elf->is_64)
        return take_u64(elf, v, out);
    if (!take_u32(elf, v, &n))
        return false;
    *out = n;
    return true;
}

static bool take_ident(struct laz_view *v, struct laz_elf *elf)
{
    struct laz_view ident;

    if (!laz_take(v, IDENT_SIZE, &ident) || !laz_view_starts(ident, laz_view_of("\x7f"
                                                                                "ELF")))
        return false;
    elf->is_64 = ident.data[4] == CLASS_64;
    elf->is_big_endian = ident.data[5] == DATA_BIG;
    return (elf->is_64 || ident.data[4] == CLASS_32) &&
           (elf->is_big_endian || ident.data[5] == DATA_LITTLE);
}

static bool take_header(struct laz_view v, struct laz_elf *elf)
{
    return take_ident(&v, elf) && take_u16(elf, &v, &elf->type) &&
           take_u16(elf, &v, &elf->machine) && laz_skip(&v, 4) && /* version */
           take_word(elf, &v, &elf->entry) && take_word(elf, &v, &elf->segments_offset) &&
           take_word(elf, &v, &elf->sections_offset) && laz_skip(&v, 6) && /* flags, own size */
           take_u16(elf, &v, &elf->segment_size) && take_u16(elf, &v, &elf->segment_count) &&
           take_u16(elf, &v, &elf->section_size) && take_u16(elf, &v, &elf->section_count) &&
           take_u16(elf, &v, &elf->names_index);
}

static uint64_t section_stride(const struct laz_elf *elf)
{
    return elf->is_64 ? SECTION_SIZE_64 : SECTION_SIZE_32;
}

static uint64_t segment_stride(const struct laz_elf *elf)
{
    return elf->is_64 ? SEGMENT_SIZE_64 : SEGMENT_SIZE_32;
}

/* A string ends in its table, or there is none. */
static bool string_at(struct laz_view strings, uint64_t offset, struct laz_view *out)
{
    struct laz_view rest = laz_view_first(laz_view_from_offset(strings, offset), NAME_LEN_MAX);
    size_t len = laz_view_find_byte(rest, 0);

    if (len == rest.len)
        return false;
    *out = laz_view_first(rest, len);
    return true;
}

bool laz_elf_section(const struct laz_elf *elf, uint64_t index, struct laz_elf_section *out)
{
    struct laz_elf_section s = {.type = 0};
    struct laz_view v;
    uint32_t name;

    if (!elf->has_sections || index >= elf->section_count)
        return false;
    v = laz_view_from_offset(elf->file, elf->sections_offset + index * section_stride(elf));
    if (!take_u32(elf, &v, &name) || !take_u32(elf, &v, &s.type) || !take_word(elf, &v, &s.flags) ||
        !take_word(elf, &v, &s.address) || !take_word(elf, &v, &s.offset) ||
        !take_word(elf, &v, &s.size) || !take_u32(elf, &v, &s.link))
        return false;
    s.has_name = string_at(elf->section_names, name, &s.name);
    *out = s;
    return true;
}

bool laz_elf_segment(const struct laz_elf *elf, uint64_t index, struct laz_elf_segment *out)
{
    struct laz_elf_segment s;
    struct laz_view v;

    if (!elf->has_segments || index >= elf->segment_count)
        return false;
    v = laz_view_from_offset(elf->file, elf->segments_offset + index * segment_stride(elf));
    /* The flags stand second in a file of 64 bits, and before the alignment in one of 32. */
    if (!take_u32(elf, &v, &s.type) || (elf->is_64 && !take_u32(elf, &v, &s.flags)) ||
        !take_word(elf, &v, &s.offset) || !take_word(elf, &v, &s.address) ||
        !take_word(elf, &v, &s.physical_address) || !take_word(elf, &v, &s.file_size) ||
        !take_word(elf, &v, &s.memory_size) || (!elf->is_64 && !take_u32(elf, &v, &s.flags)) ||
        !take_word(elf, &v, &s.alignment))
        return false;
    *out = s;
    return true;
}

static bool take_symbol(const struct laz_elf *elf, struct laz_view v, uint32_t *name, uint8_t *info,
                        struct laz_elf_symbol *s)
{
    bool ok = take_u32(elf, &v, name);

    if (!elf->is_64)
        ok = ok && take_word(elf, &v, &s->value) && take_word(elf, &v, &s->size);
    ok = ok && laz_take_u8(&v, info) && laz_take_u8(&v, &s->visibility) &&
         take_u16(elf, &v, &s->section);
    if (elf->is_64)
        ok = ok && take_word(elf, &v, &s->value) && take_word(elf, &v, &s->size);
    return ok;
}

bool laz_elf_symbol(const struct laz_elf *elf, const struct laz_elf_symbols *table, uint64_t index,
                    struct laz_elf_symbol *out)
{
    uint64_t stride = elf->is_64 ? SYMBOL_SIZE_64 : SYMBOL_SIZE_32;
    struct laz_elf_symbol s = {.type = 0};
    uint32_t name;
    uint8_t info;

    if (index >= table->count ||
        !take_symbol(elf, laz_view_from_offset(table->entries, index * stride), &name, &info, &s))
        return false;
    s.has_name = string_at(table->names, name, &s.name);
    s.type = info & 15;
    s.bind = info >> 4;
    s.visibility &= 3;
    *out = s;
    return true;
}

bool laz_elf_dynamic(const struct laz_elf *elf, uint64_t index, struct laz_elf_dynamic *out)
{
    uint64_t width = elf->is_64 ? 8 : 4;
    struct laz_view v;
    uint64_t type, value;

    if (index >= laz_elf_dynamic_count(elf))
        return false;
    v = laz_view_from_offset(elf->dynamic, index * 2 * width);
    if (!take_word(elf, &v, &type) || !take_word(elf, &v, &value))
        return false;
    *out = (struct laz_elf_dynamic){(int64_t)type, value};
    return true;
}

uint64_t laz_elf_dynamic_count(const struct laz_elf *elf)
{
    return elf->dynamic.len / (elf->is_64 ? 16 : 8);
}

static void find_tables(struct laz_elf *elf)
{
    struct laz_view table;
    struct laz_elf_section names;

    elf->has_sections = elf->section_count <= SECTION_COUNT_MAX &&
                        elf->names_index < elf->section_count &&
                        laz_view_at(elf->file, elf->sections_offset,
                                    elf->section_count * section_stride(elf), &table);
    elf->has_segments = elf->segment_count > 0 && elf->segment_count <= SEGMENT_COUNT_MAX &&
                        laz_view_at(elf->file, elf->segments_offset,
                                    elf->segment_count * segment_stride(elf), &table);
    /* Names may be cut by the file's end: those before it are still names. */
    if (laz_elf_section(elf, elf->names_index, &names))
        elf->section_names =
            laz_view_first(laz_view_from_offset(elf->file, names.offset), names.size);
}

static void take_symbols(const struct laz_elf *elf, const struct laz_elf_section *s,
                         struct laz_elf_symbols *out)
{
    struct laz_elf_section strings;
    struct laz_elf_symbols found = {.is_there = true};

    if (!laz_elf_section(elf, s->link, &strings) || strings.type != SECTION_STRINGS ||
        !laz_view_at(elf->file, strings.offset, strings.size, &found.names) ||
        !laz_view_at(elf->file, s->offset, s->size, &found.entries))
        return;
    found.count = s->size / (elf->is_64 ? SYMBOL_SIZE_64 : SYMBOL_SIZE_32);
    *out = found;
}

static void find_symbols(struct laz_elf *elf)
{
    struct laz_elf_section s;

    for (uint64_t i = 0; laz_elf_section(elf, i, &s); i++) {
        if (s.type == SECTION_SYMBOLS)
            take_symbols(elf, &s, &elf->symbols);
        else if (s.type == SECTION_DYNAMIC)
            take_symbols(elf, &s, &elf->dynamic_symbols);
    }
}

/* The entry of type 0 that ends the list belongs to it; the segment's size does not count. */
static void find_dynamic(struct laz_elf *elf)
{
    uint64_t size = elf->is_64 ? 16 : 8;
    struct laz_elf_segment s = {.type = 0};
    struct laz_elf_dynamic d;

    for (uint64_t i = 0; laz_elf_segment(elf, i, &s) && s.type != SEGMENT_DYNAMIC;)
        i++;
    if (s.type != SEGMENT_DYNAMIC)
        return;
    elf->has_dynamic = true;
    elf->dynamic = laz_view_from_offset(elf->file, s.offset);
    for (uint64_t i = 0; laz_elf_dynamic(elf, i, &d); i++)
        if (d.type == DYNAMIC_END)
            elf->dynamic = laz_view_first(elf->dynamic, (i + 1) * size);
}

bool laz_elf_open(struct laz_view file, struct laz_elf *out)
{
    struct laz_elf elf = {.file = file};

    /* As YARA has it, a header with nothing behind it is no file. */
    if (!take_header(file, &elf) || file.len == (elf.is_64 ? HEADER_SIZE_64 : HEADER_SIZE_32))
        return false;
    find_tables(&elf);
    find_symbols(&elf);
    find_dynamic(&elf);
    *out = elf;
    return true;
}

static bool offset_by_segment(const struct laz_elf *elf, uint64_t address, uint64_t *offset)
{
    struct laz_elf_segment s;

    for (uint64_t i = 0; laz_elf_segment(elf, i, &s); i++) {
        if (address < s.address || address - s.address >= s.memory_size)
            continue;
        *offset = s.offset + (address - s.address);
        return *offset >= s.offset;
    }
    return false;
}

static bool offset_by_section(const struct laz_elf *elf, uint64_t address, uint64_t *offset)
{
    struct laz_elf_section s;

    for (uint64_t i = 0; laz_elf_section(elf, i, &s); i++) {
        if (s.type == SECTION_NULL || s.type == SECTION_NOBITS || address < s.address ||
            address - s.address >= s.size)
            continue;
        *offset = s.offset + (address - s.address);
        return *offset >= s.offset;
    }
    return false;
}

bool laz_elf_offset_of(const struct laz_elf *elf, uint64_t address, uint64_t *offset)
{
    return elf->type == LAZ_ELF_EXECUTABLE ? offset_by_segment(elf, address, offset)
                                           : offset_by_section(elf, address, offset);
}
