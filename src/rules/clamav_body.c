/* .ndb: NAME:TARGET:OFFSET:BODY[:MIN[:MAX]] */
#include "base/number.h"
#include "match/format.h"
#include "rules/clamav_priv.h"

#define MACRO_GROUPS 32

/* NAME:TARGET:$GROUP:BODY is no signature but a body that others name. */
static bool is_macro(const struct laz_clamav_line *line)
{
    return line->field_count >= 4 && line->fields[2].len > 0 && line->fields[2].data[0] == '$';
}

static enum laz_status read_pattern(struct laz_clamav_line *line, struct laz_ir_rule *rule,
                                    const struct laz_clamav_place *place, struct laz_error *err)
{
    struct laz_ruleset *set = line->set;
    uint32_t token_first = (uint32_t)set->tokens.count, pattern;
    enum laz_status s = laz_clamav_read_tokens(line, line->fields[3],
                                               (struct laz_clamav_modifiers){.wide = false}, err);

    if (s != LAZ_OK)
        return s;
    pattern = laz_clamav_add_pattern(line, rule, line->fields[3].data);
    laz_clamav_add_form(set, token_first, false);
    if (set->failed)
        return laz_ruleset_failed(set, err);
    laz_list_at(struct laz_pattern, &set->patterns, set->patterns.count - 1)->needs_places =
        place->anchor != LAZ_CLAMAV_ANYWHERE;
    rule->condition = laz_clamav_place_found(set, pattern, place);
    return laz_ruleset_failed(set, err);
}

static enum laz_status read_rule(struct laz_clamav_line *line, struct laz_error *err)
{
    struct laz_ruleset *set = line->set;
    struct laz_ir_rule rule = {
        .source = line->source_text,
        .pattern_first = (uint32_t)set->patterns.count,
        .node_first = (uint32_t)set->nodes.count,
        .line = line->number,
        .column = 1,
    };
    struct laz_clamav_place place;
    struct laz_ir_rule *item;
    uint64_t target;
    enum laz_status s = laz_clamav_read_target(line, line->fields[1], &target, err);

    if (s == LAZ_OK)
        s = laz_clamav_read_place(line, line->fields[2], target, &place, err);
    if (s == LAZ_OK)
        s = read_pattern(line, &rule, &place, err);
    if (s != LAZ_OK)
        return s;
    rule.flags = (uint16_t)(target << LAZ_RULE_TARGET_SHIFT);
    rule.node_count = (uint32_t)set->nodes.count - rule.node_first;
    rule.name = laz_ruleset_text(set, line->fields[0]);
    s = laz_rule_check(set, &rule, err);
    if (s != LAZ_OK)
        return s;
    item = laz_list_add(set, &set->rules, sizeof *item);
    if (item != NULL)
        *item = rule;
    return laz_ruleset_failed(set, err);
}

/* It was read before; what was wrong with it is said now. */
static enum laz_status check_macro(struct laz_clamav_line *line, enum laz_fate *fate,
                                   struct laz_error *err)
{
    size_t macros = line->set->macros.count, tokens = line->set->tokens.count;
    enum laz_status s = laz_clamav_read_macro(line, fate, err);

    line->set->macros.count = macros;
    line->set->tokens.count = tokens;
    return s;
}

enum laz_status laz_clamav_read_body_line(struct laz_clamav_line *line, enum laz_fate *fate,
                                          struct laz_error *err)
{
    bool applies = true;
    enum laz_status s;

    if (line->field_count < 4)
        return laz_clamav_fail_end(line, "expected NAME:TARGET:OFFSET:BODY", err);
    s = laz_clamav_check_name(line, line->fields[0], err);
    if (s == LAZ_OK)
        s = laz_clamav_levels(line, 4, &applies, err);
    if (s == LAZ_OK && is_macro(line))
        return check_macro(line, fate, err);
    if (s != LAZ_OK)
        return s;
    if (!applies || laz_clamav_is_ignored(line, line->fields[0])) {
        *fate = applies ? LAZ_FATE_IGNORED : LAZ_FATE_LEVEL;
        return LAZ_OK;
    }
    return read_rule(line, err);
}

enum laz_status laz_clamav_read_macro(struct laz_clamav_line *line, enum laz_fate *fate,
                                      struct laz_error *err)
{
    struct laz_ruleset *set = line->set;
    struct laz_macro macro = {.token_first = (uint32_t)set->tokens.count};
    struct laz_macro *item;
    uint64_t group;
    enum laz_status s;

    *fate = LAZ_FATE_TAKEN;
    if (!is_macro(line))
        return LAZ_OK;
    if (!laz_parse_u64(laz_view_from_offset(line->fields[2], 1), MACRO_GROUPS - 1, &group))
        return laz_clamav_fail(line, LAZ_INVALID, line->fields[2].data,
                               "expected the number of a macro group, 0 to 31", "", err);
    s = laz_clamav_read_tokens(line, line->fields[3], (struct laz_clamav_modifiers){.wide = false},
                               err);
    if (s != LAZ_OK)
        return s;
    macro.group = (uint32_t)group;
    macro.token_count = (uint32_t)set->tokens.count - macro.token_first;
    item = laz_list_add(set, &set->macros, sizeof *item);
    if (item != NULL)
        *item = macro;
    return laz_ruleset_failed(set, err);
}
