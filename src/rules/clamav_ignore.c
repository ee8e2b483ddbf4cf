/* Names of entries that are left out: .ign2 NAME[:MD5], .ign LIST:LINE:NAME. */
#include <stdlib.h>

#include "base/text.h"
#include "match/format.h"
#include "rules/clamav_priv.h"
#include "sign/digest.h"

enum laz_status laz_clamav_read_ignored(struct laz_clamav_line *line, enum laz_fate *fate,
                                        struct laz_error *err)
{
    bool is_old = laz_view_ends_text(laz_view_of(line->source->name), ".ign");
    size_t name_at = is_old ? 2 : 0;
    struct laz_ignored ignored = {.name = 0};
    struct laz_ignored *item;
    enum laz_status s;

    if (line->field_count <= name_at || line->is_cut ||
        line->field_count > (is_old ? (size_t)5 : (size_t)2))
        return laz_clamav_fail_end(line, is_old ? "expected LIST:LINE:NAME" : "expected NAME[:MD5]",
                                   err);
    s = laz_clamav_check_name(line, line->fields[name_at], err);
    if (s != LAZ_OK)
        return s;
    ignored.has_md5 = !is_old && line->field_count == 2;
    if (ignored.has_md5 && !laz_hex_decode(line->fields[1], ignored.md5, sizeof ignored.md5))
        return laz_clamav_fail(line, LAZ_INVALID, line->fields[1].data,
                               "expected an MD5 of 32 hexadecimal digits", "", err);
    ignored.name = laz_ruleset_text(line->set, line->fields[name_at]);
    item = laz_list_add(line->set, &line->set->ignored, sizeof *item);
    if (item != NULL)
        *item = ignored;
    *fate = LAZ_FATE_TAKEN;
    return laz_ruleset_failed(line->set, err);
}

enum laz_status laz_clamav_check_ignored(struct laz_clamav_line *line, enum laz_fate *fate,
                                         struct laz_error *err)
{
    size_t count = line->set->ignored.count;
    enum laz_status s = laz_clamav_read_ignored(line, fate, err);

    line->set->ignored.count = count;
    return s;
}

static int compare(const struct laz_ruleset *set, uint32_t text, struct laz_view name)
{
    return laz_view_compare(laz_view_of(laz_ruleset_text_at(set, text)), name);
}

/* The first item whose name is not below this one; the list is in the order of names. */
static size_t find_name(const struct laz_ruleset *set, struct laz_view name)
{
    size_t low = 0, high = set->ignored.count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare(set, laz_list_at(struct laz_ignored, &set->ignored, middle)->name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool laz_clamav_is_ignored(const struct laz_clamav_line *line, struct laz_view name)
{
    const struct laz_ruleset *set = line->set;
    uint8_t md5[LAZ_DIGEST_SIZE_MAX];

    for (size_t i = find_name(set, name); i < set->ignored.count; i++) {
        const struct laz_ignored *ignored = laz_list_at(struct laz_ignored, &set->ignored, i);

        if (compare(set, ignored->name, name) != 0)
            return false;
        if (!ignored->has_md5 || (laz_digest(LAZ_MD5, line->text, md5) == LAZ_OK &&
                                  memcmp(md5, ignored->md5, sizeof ignored->md5) == 0))
            return true;
    }
    return false;
}

void laz_source_finish(struct laz_ruleset *set)
{
    for (size_t i = 0; set->ignored.count > 0 && i < set->rules.count; i++) {
        struct laz_ir_rule *rule = laz_list_at(struct laz_ir_rule, &set->rules, i);
        struct laz_view name = laz_view_of(laz_ruleset_text_at(set, rule->name));
        size_t at = find_name(set, name);
        const struct laz_ignored *ignored;

        if (at == set->ignored.count)
            continue;
        ignored = laz_list_at(struct laz_ignored, &set->ignored, at);
        if (!ignored->has_md5 && compare(set, ignored->name, name) == 0)
            rule->flags |= LAZ_RULE_PRIVATE;
    }
}
