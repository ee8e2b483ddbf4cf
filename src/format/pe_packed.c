/* Whether a program hides another: packed, in a section or behind the last, or embedded whole. */
#include <string.h>

#include "format/identify_priv.h"
#include "format/pe.h"

#define SECTION_WRITABLE      0x80000000u
#define SECTION_EXECUTABLE    0x20000000u
#define HEADER_POINTER_OFFSET 0x3C
#define SECTION_SIZE          40

#define EMBEDDED_HEADER_MAX 4096u /* no linker leaves more before the header */
#define PACKED_ENTROPY      7.2   /* machine code stays below 7, compressed data is above 7.5 */
#define PACKED_LEN_MIN      512   /* fewer bytes cannot be measured */

static bool is_packed(struct laz_view v)
{
    return v.len >= PACKED_LEN_MIN && laz_bytes_entropy(v) > PACKED_ENTROPY;
}

/* Sections that packers name after themselves, by their own documents. */
static bool has_packer_name(const struct laz_pe_section *s)
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
static bool section_is_packed(const struct laz_pe *pe, const struct laz_pe_section *s)
{
    uint32_t size = s->virtual_size > s->raw_size ? s->virtual_size : s->raw_size;
    bool entered = pe->entry >= s->address && pe->entry - s->address < size;

    if (entered && (s->characteristics & SECTION_WRITABLE) != 0)
        return true;
    if (has_packer_name(s))
        return true;
    return (entered || (s->characteristics & SECTION_EXECUTABLE) != 0) &&
           is_packed(laz_pe_section_bytes(pe, s));
}

/* Signatures stand behind the sections, and are not hidden content. */
static struct laz_view without_signature(const struct laz_pe *pe, uint64_t start)
{
    struct laz_view rest = laz_view_from_offset(pe->file, start);
    struct laz_pe_directory signature;

    if (laz_pe_directory_at(pe, LAZ_PE_DIRECTORY_SECURITY, &signature) && signature.size > 0 &&
        signature.address >= start)
        return laz_view_first(rest, signature.address - start);
    return rest;
}

static bool is_program(struct laz_view v, struct laz_pe *pe)
{
    struct laz_view header = v;
    uint32_t offset;

    if (!laz_skip(&header, HEADER_POINTER_OFFSET) || !laz_take_u32le(&header, &offset) ||
        offset > EMBEDDED_HEADER_MAX || !laz_pe_read(v, pe))
        return false;
    return pe->section_count > 0 &&
           pe->sections_offset + (uint64_t)pe->section_count * SECTION_SIZE <= v.len &&
           laz_pe_sections_end(pe) > 0;
}

bool laz_pe_find_embedded(struct laz_view bytes, uint64_t from, struct laz_view *out)
{
    struct laz_view rest = laz_view_from_offset(bytes, from);
    struct laz_pe pe;

    for (size_t n = laz_view_find_byte(rest, 'M'); n < rest.len;
         n = laz_view_find_byte(rest, 'M')) {
        uint64_t headers_end, end;

        rest = laz_view_from_offset(rest, n);
        if (rest.len > 1 && rest.data[1] == 'Z' && is_program(rest, &pe)) {
            headers_end = pe.sections_offset + (uint64_t)pe.section_count * SECTION_SIZE;
            end = laz_pe_sections_end(&pe);
            *out = laz_view_first(rest, end > headers_end ? end : headers_end);
            return true;
        }
        rest = laz_view_from_offset(rest, 1);
    }
    return false;
}

bool laz_pe_overlay(struct laz_view bytes, struct laz_view *out)
{
    uint64_t end;
    struct laz_pe pe;

    if (!laz_pe_read(bytes, &pe))
        return false;
    end = laz_pe_sections_end(&pe);
    if (end == 0)
        return false;
    *out = without_signature(&pe, end);
    return out->len > 0;
}

bool laz_pe_is_packed(struct laz_view bytes)
{
    struct laz_view overlay;
    struct laz_pe_section s;
    struct laz_pe pe;

    if (!laz_pe_read(bytes, &pe))
        return false;
    for (uint32_t i = 0; laz_pe_section_at(&pe, i, &s); i++)
        if (section_is_packed(&pe, &s))
            return true;
    return laz_pe_overlay(bytes, &overlay) && is_packed(overlay);
}
