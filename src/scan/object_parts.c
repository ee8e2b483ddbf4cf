/* What ClamAV knows of an object besides its bytes: digests of it and of its parts, what it lies
 * in, and that it is known to be clean. */
#include "format/pe.h"
#include "match/known.h"
#include "scan/program.h"
#include "scan/scan_priv.h"
#include "sign/digest.h"

#define IMPORTS_MAX  ((size_t)8 << 20) /* memory to read them in */
#define IMPORT_LEN   ((size_t)1 << 20) /* of their text */
#define ZIP_LOOK_LEN 65536             /* bytes in which a document's parts are looked for */

/* True when the database lists a digest of bytes for this use. */
static bool find(struct laz_scanner *s, enum laz_hash_use use, struct laz_view bytes,
                 struct laz_known *out)
{
    unsigned wanted = laz_database_digests_wanted(s->db, use, bytes.len);
    uint8_t digest[LAZ_DIGEST_SIZE_MAX];

    for (unsigned kind = 0; kind < LAZ_DIGEST_KINDS; kind++) {
        if ((wanted & 1u << kind) == 0)
            continue;
        if (laz_digest((enum laz_digest)kind, bytes, digest) != LAZ_OK)
            laz_scanner_note(s, LAZ_REASON_TOO_LARGE, "");
        else if (laz_database_find_digest(s->db, use, (enum laz_digest_kind)kind, digest, bytes.len,
                                          out))
            return true;
    }
    return false;
}

static bool add_piece(void *context, struct laz_view piece)
{
    return laz_buf_add(context, piece) == LAZ_OK;
}

static void find_imports(struct laz_scanner *s, const struct laz_pe *pe)
{
    LAZ_OWNED(laz_arena_drop) struct laz_arena *arena = NULL;
    struct laz_pe_imports imports;
    struct laz_known known;
    struct laz_buf text;

    if (laz_database_digest_count(s->db, LAZ_HASH_IMPORT) == 0)
        return;
    arena = laz_arena_new(IMPORTS_MAX);
    laz_buf_init(&text, IMPORT_LEN);
    if (arena != NULL && laz_pe_imports_read(pe, arena, &imports) &&
        laz_pe_imphash_text(&imports, add_piece, &text) && text.len > 0 &&
        find(s, LAZ_HASH_IMPORT, laz_buf_view(&text), &known))
        laz_ignore(laz_object_add_hit(s, &known.hit)); /* there is nothing to end */
    laz_buf_clear(&text);
}

static void find_sections(struct laz_scanner *s, const struct laz_pe *pe)
{
    if (laz_database_digest_count(s->db, LAZ_HASH_SECTION) == 0)
        return;
    for (uint32_t i = 0; i < LAZ_PE_SECTIONS_MAX; i++) {
        struct laz_program_section section = laz_program_pe_section(pe, i);
        struct laz_view bytes;
        struct laz_known known;

        if (i >= pe->section_count)
            return;
        if (laz_view_at(pe->file, section.offset, section.size, &bytes) && bytes.len > 0 &&
            find(s, LAZ_HASH_SECTION, bytes, &known) && !laz_object_add_hit(s, &known.hit))
            return;
    }
}

void laz_object_find_digests(struct laz_scanner *s, const struct laz_type *type,
                             struct laz_view bytes)
{
    struct laz_known known;
    struct laz_pe pe;

    if (find(s, LAZ_HASH_FILE, bytes, &known))
        laz_ignore(laz_object_add_hit(s, &known.hit)); /* there is nothing to end */
    if (type->id != LAZ_TYPE_PE || !laz_pe_read(bytes, &pe))
        return;
    if (laz_object_find_blocked(s, &pe, &known))
        laz_ignore(laz_object_add_hit(s, &known.hit)); /* there is nothing to end */
    find_sections(s, &pe);
    find_imports(s, &pe);
}

/* An object is allowed by its own digest, by that of anything that it lies in, or by who signed it.
 */
bool laz_object_is_allowed(struct laz_scanner *s)
{
    struct laz_known known;

    if (s->is_allowed_known)
        return s->is_allowed;
    s->is_allowed_known = true;
    s->is_allowed = false;
    if (laz_database_digest_count(s->db, LAZ_HASH_ALLOW) == 0)
        return false;
    s->is_allowed = find(s, LAZ_HASH_ALLOW, s->object, &known);
    for (uint32_t i = 0; i < s->depth && !s->is_allowed; i++)
        s->is_allowed = find(s, LAZ_HASH_ALLOW, s->frames[i].bytes, &known);
    s->is_allowed = s->is_allowed || laz_object_is_trusted(s);
    return s->is_allowed;
}

/* Office documents are zips with known parts in them. */
static const char *zip_name(struct laz_view bytes)
{
    struct laz_view head = laz_view_first(bytes, ZIP_LOOK_LEN);

    if (laz_view_find(head, laz_view_of("[Content_Types].xml")) == head.len)
        return "CL_TYPE_ZIP";
    if (laz_view_find(head, laz_view_of("word/")) < head.len)
        return "CL_TYPE_OOXML_WORD";
    if (laz_view_find(head, laz_view_of("xl/")) < head.len)
        return "CL_TYPE_OOXML_XL";
    return laz_view_find(head, laz_view_of("ppt/")) < head.len ? "CL_TYPE_OOXML_PPT"
                                                               : "CL_TYPE_ZIP";
}

/* ClamAV's word for a type (its manual, "ClamAV File Types"). */
static const char *clamav_name(const struct laz_type *type, struct laz_view bytes)
{
    static const struct {
        uint8_t id;
        const char *name;
    } names[] = {
        {LAZ_TYPE_7Z, "CL_TYPE_7Z"},          {LAZ_TYPE_CAB, "CL_TYPE_MSCAB"},
        {LAZ_TYPE_RAR, "CL_TYPE_RAR"},        {LAZ_TYPE_TAR, "CL_TYPE_POSIX_TAR"},
        {LAZ_TYPE_CPIO, "CL_TYPE_CPIO_NEWC"}, {LAZ_TYPE_XAR, "CL_TYPE_XAR"},
        {LAZ_TYPE_ISO, "CL_TYPE_ISO9660"},    {LAZ_TYPE_GZIP, "CL_TYPE_GZ"},
        {LAZ_TYPE_BZIP2, "CL_TYPE_BZ"},       {LAZ_TYPE_XZ, "CL_TYPE_XZ"},
        {LAZ_TYPE_UU, "CL_TYPE_UUENCODED"},   {LAZ_TYPE_PDF, "CL_TYPE_PDF"},
        {LAZ_TYPE_OLE2, "CL_TYPE_MSOLE2"},    {LAZ_TYPE_PE, "CL_TYPE_MSEXE"},
        {LAZ_TYPE_MAIL, "CL_TYPE_MAIL"},      {LAZ_TYPE_HTML, "CL_TYPE_HTML"},
        {LAZ_TYPE_RTF, "CL_TYPE_RTF"},        {LAZ_TYPE_TEXT, "CL_TYPE_TEXT_ASCII"},
        {LAZ_TYPE_ELF, "CL_TYPE_ELF"},        {LAZ_TYPE_MACHO, "CL_TYPE_MACHO"},
        {LAZ_TYPE_FLASH, "CL_TYPE_SWF"},      {LAZ_TYPE_JAVA, "CL_TYPE_JAVA"},
    };

    if (type->id == LAZ_TYPE_ZIP)
        return zip_name(bytes);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].id == (uint8_t)type->id)
            return names[i].name;
    return "CL_TYPE_BINARY_DATA";
}

void laz_object_look_around(const struct laz_scanner *s, const char *types[LAZ_SCAN_DEPTH_LIMIT],
                            struct laz_modules_around *out)
{
    for (uint32_t i = 0; i < s->depth; i++)
        types[i] = clamav_name(s->frames[i].type, s->frames[i].bytes);
    *out = (struct laz_modules_around){.types = types, .depth = s->depth};
    if (s->depth == 0)
        return;
    out->size = s->frames[s->depth - 1].bytes.len;
    out->name = laz_view_from_offset(laz_scanner_path(s), s->frames[s->depth - 1].path_len);
    if (out->name.len > 0 && out->name.data[0] == '/')
        out->name = laz_view_from_offset(out->name, 1);
    out->position = s->frames[s->depth - 1].member_count;
    out->object_size = s->member_size > s->object.len ? s->member_size : s->object.len;
    out->is_encrypted = s->is_encrypted;
}
