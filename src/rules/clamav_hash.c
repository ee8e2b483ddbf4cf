#include "base/number.h"
#include "base/text.h"
#include "match/format.h"
#include "rules/clamav_priv.h"

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

static enum laz_status read_line(struct laz_ruleset *set, const struct laz_clamav_line *line,
                                 uint32_t source_text, struct laz_error *err)
{
    struct laz_hash hash = {.size = LAZ_DB_SIZE_ANY, .source = source_text};
    enum laz_digest_kind kind;
    struct laz_hash *item;
    bool applies;
    enum laz_status s;

    if (!kind_of(line->fields[0].len, &kind) ||
        !laz_hex_decode(line->fields[0], hash.digest, laz_digest_size(kind)))
        return laz_clamav_fail(line, LAZ_INVALID, line->text.data,
                               "expected an MD5, SHA-1 or SHA-256 in hexadecimal",
                               "32, 40 or 64 digits", err);
    if (line->field_count < 3)
        return laz_clamav_fail(line, LAZ_INVALID, line->text.data + line->text.len,
                               "expected HASH:SIZE:NAME", "", err);
    if (!laz_view_equal_text(line->fields[1], "*") &&
        !laz_parse_u64(line->fields[1], UINT64_MAX - 1, &hash.size))
        return laz_clamav_fail(line, LAZ_INVALID, line->fields[1].data,
                               "expected a size in bytes, or *", "", err);
    s = laz_clamav_check_name(line, line->fields[2], err);
    if (s == LAZ_OK)
        s = laz_clamav_levels(line, 3, &applies, err);
    if (s != LAZ_OK || !applies)
        return s;
    hash.name = laz_ruleset_text(set, line->fields[2]);
    item = laz_list_add(set, &set->hashes[kind], sizeof *item);
    if (item != NULL)
        *item = hash;
    return LAZ_OK;
}

enum laz_status laz_clamav_read_hashes(struct laz_ruleset *set, const struct laz_source *source,
                                       uint32_t source_text, struct laz_error *err)
{
    struct laz_clamav_line line = {.source = source};
    struct laz_view rest = source->text;

    while (laz_clamav_next(&rest, &line)) {
        enum laz_status s = read_line(set, &line, source_text, err);

        if (s != LAZ_OK)
            return s;
    }
    return LAZ_OK;
}
