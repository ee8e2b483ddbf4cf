#include "base/number.h"
#include "base/text.h"
#include "rules/clamav_priv.h"
#include "rules/known.h"

static bool kind_of(size_t digit_count, enum laz_digest_kind *out)
{
    for (unsigned kind = 0; kind < LAZ_DIGEST_KINDS; kind++) {
        if (digit_count == 2 * laz_digest_size((enum laz_digest_kind)kind)) {
            *out = (enum laz_digest_kind)kind;
            return true;
        }
    }
    return false;
}

/* One of the two orders: DIGEST:SIZE:NAME or SIZE:DIGEST:NAME. */
static enum laz_status read_fields(struct laz_clamav_line *line, size_t digest_at,
                                   enum laz_digest_kind *kind, uint8_t *digest, uint64_t *size,
                                   struct laz_error *err)
{
    struct laz_view digits = line->fields[digest_at], number = line->fields[1 - digest_at];

    if (line->field_count < 3)
        return laz_clamav_fail_end(
            line, digest_at == 0 ? "expected HASH:SIZE:NAME" : "expected SIZE:HASH:NAME", err);
    if (!kind_of(digits.len, kind) || !laz_hex_decode(digits, digest, laz_digest_size(*kind)))
        return laz_clamav_fail(line, LAZ_INVALID, digits.data,
                               "expected an MD5, SHA-1 or SHA-256 in hexadecimal",
                               "32, 40 or 64 digits", err);
    *size = LAZ_DB_SIZE_ANY;
    if (!laz_view_equal_text(number, "*") && !laz_parse_u64(number, UINT64_MAX - 1, size))
        return laz_clamav_fail(line, LAZ_INVALID, number.data, "expected a size in bytes, or *", "",
                               err);
    return laz_clamav_check_name(line, line->fields[2], err);
}

static enum laz_status read_line(struct laz_clamav_line *line, size_t digest_at,
                                 enum laz_hash_use use, enum laz_fate *fate, struct laz_error *err)
{
    uint8_t digest[LAZ_DIGEST_SIZE_MAX];
    enum laz_digest_kind kind = LAZ_DIGEST_MD5;
    uint64_t size = 0;
    bool applies;
    enum laz_status s = read_fields(line, digest_at, &kind, digest, &size, err);

    if (s == LAZ_OK)
        s = laz_clamav_levels(line, 3, &applies, err);
    if (s != LAZ_OK)
        return s;
    if (!applies) {
        *fate = LAZ_FATE_LEVEL;
        return LAZ_OK;
    }
    if (laz_clamav_is_ignored(line, line->fields[2])) {
        *fate = LAZ_FATE_IGNORED;
        return LAZ_OK;
    }
    laz_known_add_digest(line->set, use, kind, digest, size,
                         laz_known_label(line->set, line->fields[2], line->source_text));
    *fate = LAZ_FATE_TAKEN;
    return laz_ruleset_failed(line->set, err);
}

enum laz_status laz_clamav_read_hash(struct laz_clamav_line *line, enum laz_fate *fate,
                                     struct laz_error *err)
{
    return read_line(line, 0, LAZ_HASH_FILE, fate, err);
}

enum laz_status laz_clamav_read_section(struct laz_clamav_line *line, enum laz_fate *fate,
                                        struct laz_error *err)
{
    return read_line(line, 1, LAZ_HASH_SECTION, fate, err);
}

enum laz_status laz_clamav_read_import(struct laz_clamav_line *line, enum laz_fate *fate,
                                       struct laz_error *err)
{
    return read_line(line, 0, LAZ_HASH_IMPORT, fate, err);
}

enum laz_status laz_clamav_read_allowed(struct laz_clamav_line *line, enum laz_fate *fate,
                                        struct laz_error *err)
{
    return read_line(line, 0, LAZ_HASH_ALLOW, fate, err);
}
