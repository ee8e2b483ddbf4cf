/* The Portable Executable format, as far as it takes to say whether a program hides another.
 * Numbers are from Microsoft's "PE Format". */
#include <string.h>

#include "format/identify_priv.h"

#define HEADER_POINTER_OFFSET 0x3C
#define SECTION_SIZE          40
#define SECTIONS_MAX          96
#define SECTION_WRITABLE      0x80000000u
#define SECTION_EXECUTABLE    0x20000000u
#define ENTRY_OFFSET          16 /* in the optional header */
#define SECURITY_DIRECTORY    4
#define MAGIC_PE32            0x10B
#define MAGIC_PE32_PLUS       0x20B
#define DIRECTORIES_PE32      96
#define DIRECTORIES_PE32_PLUS 112

#define EMBEDDED_HEADER_MAX 4096u /* no linker leaves more before the header */
#define PACKED_ENTROPY      7.2   /* machine code stays below 7, compressed data is above 7.5 */
#define PACKED_LEN_MIN      512   /* fewer bytes cannot be measured */

struct pe {
    struct laz_view file, sections;
    uint64_t headers_end;
    uint32_t section_count, entry;
    uint64_t signature_offset, signature_len; /* Authenticode; 0 when there is none */
};

struct section {
    struct laz_view name;
    uint32_t virtual_size, address, raw_size, raw_offset, flags;
};

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

/* The signature's directory entry holds a file offset, unlike all others. */
static void find_signature(struct pe *pe, struct laz_view optional, uint16_t magic)
{
    size_t base = magic == MAGIC_PE32_PLUS ? DIRECTORIES_PE32_PLUS : DIRECTORIES_PE32;
    struct laz_view v = laz_view_from_offset(optional, base + SECURITY_DIRECTORY * 8);
    uint32_t offset, len;

    if (!laz_take_u32le(&v, &offset) || !laz_take_u32le(&v, &len))
        return;
    pe->signature_offset = offset;
    pe->signature_len = len;
}

static bool read_pe(struct laz_view file, struct pe *pe)
{
    struct laz_view v, optional, entry;
    uint16_t section_count, optional_size, magic;

    *pe = (struct pe){.file = file};
    if (!take_header(file, &v) || !laz_skip(&v, 2) || !laz_take_u16le(&v, &section_count) ||
        !laz_skip(&v, 12) || !laz_take_u16le(&v, &optional_size) || !laz_skip(&v, 2) ||
        !laz_take(&v, optional_size, &optional))
        return false;
    entry = laz_view_from_offset(optional, ENTRY_OFFSET);
    if (!laz_take_u32le(&entry, &pe->entry))
        return false;
    pe->sections = v;
    pe->headers_end = file.len - v.len + (uint64_t)section_count * SECTION_SIZE;
    pe->section_count = section_count < SECTIONS_MAX ? section_count : SECTIONS_MAX;
    entry = optional;
    if (laz_take_u16le(&entry, &magic))
        find_signature(pe, optional, magic);
    return true;
}

static bool read_section(const struct pe *pe, uint32_t i, struct section *s)
{
    struct laz_view v = laz_view_from_offset(pe->sections, (uint64_t)i * SECTION_SIZE);

    return laz_take(&v, 8, &s->name) && laz_take_u32le(&v, &s->virtual_size) &&
           laz_take_u32le(&v, &s->address) && laz_take_u32le(&v, &s->raw_size) &&
           laz_take_u32le(&v, &s->raw_offset) && laz_skip(&v, 12) && laz_take_u32le(&v, &s->flags);
}

static bool is_packed(struct laz_view v)
{
    return v.len >= PACKED_LEN_MIN && laz_bytes_entropy(v) > PACKED_ENTROPY;
}

/* Sections that packers name after themselves, by their own documents. */
static bool has_packer_name(const struct section *s)
{
    static const char *const starts[] = {"UPX",  ".aspack",  ".adata",   ".petite", ".MPRESS",
                                         ".vmp", ".themida", ".winlice", "PEC2",    "pec1",
                                         ".nsp", ".Upack",   ".WWP",     ".MEW",    "FSG!",
                                         ".yP",  ".enigma",  ".boom",    ".packed", "PELOCKnt"};

    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (laz_view_starts(s->name, laz_view_of(starts[i])))
            return true;
    return false;
}

/* A program that starts in a section it may write to unpacks itself; compilers make no such thing.
 */
static bool section_is_packed(const struct pe *pe, const struct section *s)
{
    uint32_t size = s->virtual_size > s->raw_size ? s->virtual_size : s->raw_size;
    bool entered = pe->entry >= s->address && pe->entry - s->address < size;
    struct laz_view raw =
        laz_view_first(laz_view_from_offset(pe->file, s->raw_offset), s->raw_size);

    if (entered && (s->flags & SECTION_WRITABLE) != 0)
        return true;
    if (has_packer_name(s))
        return true;
    return (entered || (s->flags & SECTION_EXECUTABLE) != 0) && is_packed(raw);
}

/* Signatures stand behind the sections, and are not hidden content. */
static struct laz_view without_signature(const struct pe *pe, uint64_t start)
{
    struct laz_view rest = laz_view_from_offset(pe->file, start);

    if (pe->signature_len > 0 && pe->signature_offset >= start)
        return laz_view_first(rest, pe->signature_offset - start);
    return rest;
}

/* Where the last section ends in the file. */
static uint64_t sections_end(const struct pe *pe)
{
    uint64_t end = 0;
    struct section s;

    for (uint32_t i = 0; i < pe->section_count && read_section(pe, i, &s); i++)
        if ((uint64_t)s.raw_offset + s.raw_size > end)
            end = (uint64_t)s.raw_offset + s.raw_size;
    return end;
}

static bool is_program(struct laz_view v, struct pe *pe)
{
    struct laz_view header = v;
    uint32_t offset;

    if (!laz_skip(&header, HEADER_POINTER_OFFSET) || !laz_take_u32le(&header, &offset) ||
        offset > EMBEDDED_HEADER_MAX || !read_pe(v, pe))
        return false;
    return pe->section_count > 0 && pe->headers_end <= v.len && sections_end(pe) > 0;
}

bool laz_pe_find_embedded(struct laz_view bytes, uint64_t from, struct laz_view *out)
{
    struct laz_view rest = laz_view_from_offset(bytes, from);
    struct pe pe;

    for (size_t n = laz_view_find_byte(rest, 'M'); n < rest.len;
         n = laz_view_find_byte(rest, 'M')) {
        uint64_t end;

        rest = laz_view_from_offset(rest, n);
        if (rest.len > 1 && rest.data[1] == 'Z' && is_program(rest, &pe)) {
            end = sections_end(&pe);
            *out = laz_view_first(rest, end > pe.headers_end ? end : pe.headers_end);
            return true;
        }
        rest = laz_view_from_offset(rest, 1);
    }
    return false;
}

bool laz_pe_overlay(struct laz_view bytes, struct laz_view *out)
{
    uint64_t end;
    struct pe pe;

    if (!read_pe(bytes, &pe))
        return false;
    end = sections_end(&pe);
    if (end == 0)
        return false;
    *out = without_signature(&pe, end);
    return out->len > 0;
}

bool laz_pe_is_packed(struct laz_view bytes)
{
    struct laz_view overlay;
    struct section s;
    struct pe pe;

    if (!read_pe(bytes, &pe))
        return false;
    for (uint32_t i = 0; i < pe.section_count && read_section(&pe, i, &s); i++)
        if (section_is_packed(&pe, &s))
            return true;
    return laz_pe_overlay(bytes, &overlay) && is_packed(overlay);
}
