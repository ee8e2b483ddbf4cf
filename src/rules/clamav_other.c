/* Lists of which nothing here makes use, or only part: they are read so that what is wrong with
 * them is told, and counted. */
#include "base/number.h"
#include "base/text.h"
#include "match/format.h"
#include "rules/clamav_priv.h"
#include "rules/known.h"

/* .cfg: CATEGORY:FLAGS[:MIN[:MAX]] */
enum laz_status laz_clamav_read_setting(struct laz_clamav_line *line, enum laz_fate *fate,
                                        struct laz_error *err)
{
    static const char *const categories[] = {"PE",       "ELF",   "MACHO", "ARCHIVE",
                                             "DOCUMENT", "MAIL",  "OTHER", "PHISHING",
                                             "BYTECODE", "STATS", "PCRE"};
    struct laz_view flags = line->fields[1];
    bool is_known = false, applies = true;
    uint64_t n;

    if (line->field_count < 2)
        return laz_clamav_fail_end(line, "expected CATEGORY:FLAGS", err);
    for (size_t i = 0; i < sizeof categories / sizeof *categories; i++)
        is_known = is_known || laz_view_equal_text(line->fields[0], categories[i]);
    if (!is_known)
        return laz_clamav_fail(line, LAZ_UNSUPPORTED, line->fields[0].data,
                               "the category is not known", "", err);
    if (!laz_view_starts(flags, laz_view_of("0x")) ||
        !laz_parse_hex_u64(laz_view_from_offset(flags, 2), UINT32_MAX, &n))
        return laz_clamav_fail(line, LAZ_INVALID, flags.data, "expected flags: 0xNN", "", err);
    *fate = LAZ_FATE_UNUSED;
    return laz_clamav_levels(line, 2, &applies, err);
}

/* .ftm: MAGIC TYPE:OFFSET:BYTES:NAME:TYPE:TYPE[:MIN[:MAX]] */
enum laz_status laz_clamav_read_magic(struct laz_clamav_line *line, enum laz_fate *fate,
                                      struct laz_error *err)
{
    struct laz_ruleset_mark mark = laz_ruleset_mark(line->set);
    bool applies = true;
    uint64_t kind, offset;
    enum laz_status s;

    if (line->field_count < 6)
        return laz_clamav_fail_end(line, "expected KIND:OFFSET:BYTES:NAME:TYPE:TYPE", err);
    if (!laz_parse_u64(line->fields[0], 4, &kind) || (kind != 0 && kind != 1 && kind != 4))
        return laz_clamav_fail(line, LAZ_INVALID, line->fields[0].data,
                               "expected a kind of magic: 0, 1 or 4", "", err);
    if (!laz_view_equal_text(line->fields[1], "*") && kind != 1 &&
        !laz_parse_u64(line->fields[1], UINT32_MAX, &offset))
        return laz_clamav_fail(line, LAZ_INVALID, line->fields[1].data, "expected an offset", "",
                               err);
    s = laz_clamav_read_tokens(line, line->fields[2], (struct laz_clamav_modifiers){.wide = false},
                               err);
    laz_ruleset_rewind(line->set, mark);
    for (size_t i = 4; s == LAZ_OK && i < 6; i++)
        if (!laz_view_starts(line->fields[i], laz_view_of("CL_TYPE_")))
            s = laz_clamav_fail(line, LAZ_INVALID, line->fields[i].data,
                                "expected a type CL_TYPE_…", "", err);
    *fate = LAZ_FATE_UNUSED;
    return s == LAZ_OK ? laz_clamav_levels(line, 6, &applies, err) : s;
}

/* MIN-[MAX] behind an entry of the lists for phishing; "20" alone is a least level. */
static enum laz_status check_span(const struct laz_clamav_line *line, size_t field, bool *applies,
                                  struct laz_error *err)
{
    struct laz_view text = line->fields[field];
    struct laz_clamav_range range = {0, UINT32_MAX};

    *applies = true;
    if (line->field_count <= field)
        return LAZ_OK;
    if (!laz_clamav_read_range(text, UINT32_MAX, &range))
        return laz_clamav_fail(line, LAZ_INVALID, text.data,
                               "expected a functionality level, or MIN-MAX", "", err);
    if (laz_view_find_byte(text, '-') == text.len)
        range.max = UINT32_MAX;
    *applies = range.min <= LAZ_CLAMAV_LEVEL && LAZ_CLAMAV_LEVEL <= range.max;
    return LAZ_OK;
}

/* .pdb: R[FLAGS]:REAL:SHOWN[:LEVELS], H[FLAGS]:SHOWN[:LEVELS]; .wdb: X:REAL:SHOWN[:LEVELS],
 * M:REAL:SHOWN[:LEVELS]. An expression may hold colons, so only hosts are taken apart. */
static enum laz_status read_pair(struct laz_clamav_line *line, const char *letters,
                                 enum laz_fate *fate, struct laz_error *err)
{
    struct laz_view kind = line->fields[0];
    bool applies = true;
    enum laz_status s = LAZ_OK;

    if (kind.len == 0 ||
        (kind.data[0] != (uint8_t)letters[0] && kind.data[0] != (uint8_t)letters[1]))
        return laz_clamav_fail(line, LAZ_INVALID, line->text.data,
                               letters[2] == 'p' ? "expected R:REAL:SHOWN or H:SHOWN"
                                                 : "expected X:REAL:SHOWN or M:REAL:SHOWN",
                               "", err);
    if (line->field_count < 2 || line->fields[1].len == 0)
        return laz_clamav_fail_end(line, "expected an address", err);
    if (kind.data[0] == 'H')
        s = check_span(line, 2, &applies, err);
    else if (kind.data[0] == 'M')
        s = check_span(line, 3, &applies, err);
    *fate = applies ? LAZ_FATE_UNUSED : LAZ_FATE_LEVEL;
    return s;
}

enum laz_status laz_clamav_read_phishing(struct laz_clamav_line *line, enum laz_fate *fate,
                                         struct laz_error *err)
{
    return read_pair(line, "RHp", fate, err);
}

enum laz_status laz_clamav_read_good_url(struct laz_clamav_line *line, enum laz_fate *fate,
                                         struct laz_error *err)
{
    return read_pair(line, "XMg", fate, err);
}

/* The name that ClamAV gives to a find of each kind. */
static const char *name_of(struct laz_view kind)
{
    if (laz_view_equal_text(kind, "S"))
        return "Heuristics.Safebrowsing.Suspected-malware_safebrowsing.clamav.net";
    if (laz_view_equal_text(kind, "S1"))
        return "Heuristics.Phishing.URL.Blocked";
    if (laz_view_equal_text(kind, "S2"))
        return "Heuristics.Safebrowsing.Suspected-phishing_safebrowsing.clamav.net";
    return NULL;
}

/* .gdb: S:P:PREFIX[:LEVELS], S:F:SHA256[:LEVELS], S:W:SHA256; also S1 and S2. Whole digests are
 * taken; a prefix only says that some digest begins so. */
enum laz_status laz_clamav_read_bad_url(struct laz_clamav_line *line, enum laz_fate *fate,
                                        struct laz_error *err)
{
    struct laz_view kind = line->fields[0], use = line->fields[1], digits = line->fields[2];
    uint8_t digest[LAZ_DIGEST_SIZE_MAX];
    bool applies, is_prefix = laz_view_equal_text(use, "P"), is_bad = laz_view_equal_text(use, "F");
    enum laz_status s;

    if (line->field_count < 3 || name_of(kind) == NULL ||
        !(is_prefix || is_bad || laz_view_equal_text(use, "W")))
        return laz_clamav_fail(line, LAZ_INVALID, line->text.data,
                               "expected S:P:PREFIX, S:F:SHA256 or S:W:SHA256", "also S1 and S2",
                               err);
    if (!laz_hex_decode(digits, digest, is_prefix ? 4 : 32))
        return laz_clamav_fail(line, LAZ_INVALID, digits.data,
                               is_prefix ? "expected 8 hexadecimal digits"
                                         : "expected a SHA-256 of 64 hexadecimal digits",
                               "", err);
    s = check_span(line, 3, &applies, err);
    if (s != LAZ_OK)
        return s;
    *fate = !applies ? LAZ_FATE_LEVEL : is_bad ? LAZ_FATE_TAKEN : LAZ_FATE_UNUSED;
    if (*fate == LAZ_FATE_TAKEN)
        laz_known_add_digest(
            line->set, LAZ_HASH_URL, LAZ_DIGEST_SHA256, digest, LAZ_DB_SIZE_ANY,
            laz_known_label(line->set, laz_view_of(name_of(kind)), line->source_text));
    return laz_ruleset_failed(line->set, err);
}
