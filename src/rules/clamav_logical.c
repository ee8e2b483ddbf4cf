/* .ldb: NAME;DESCRIPTION;EXPRESSION;SUBSIGNATURE;… */
#include "match/format.h"
#include "rules/clamav_priv.h"

static enum laz_status read_subs(struct laz_clamav_logic *logic, struct laz_error *err)
{
    const struct laz_clamav_line *line = logic->line;

    for (size_t i = 3; i < line->field_count; i++) {
        enum laz_status s;

        /* The last one may have a semicolon behind it. */
        if (line->fields[i].len == 0 && i > 3 && i + 1 == line->field_count)
            continue;
        if (line->fields[i].len == 0)
            return laz_clamav_fail(line, LAZ_INVALID, line->fields[i].data,
                                   "expected a sub-signature", "", err);
        s = laz_clamav_read_sub(logic, line->fields[i], err);
        if (s != LAZ_OK)
            return s;
    }
    return LAZ_OK;
}

/* Every sub-signature is one that the expression names, and the other way round. */
static enum laz_status read_condition(struct laz_clamav_logic *logic, uint32_t about,
                                      struct laz_error *err)
{
    struct laz_ruleset *set = logic->line->set;
    struct laz_view text = logic->line->fields[2];
    uint32_t node = 0, highest = 0;
    enum laz_status s =
        laz_clamav_read_expression(logic, text, (uint32_t)logic->sub_count, &node, &highest, err);

    if (s != LAZ_OK)
        return s;
    if (highest + 1 != logic->sub_count)
        return laz_clamav_fail(logic->line, LAZ_INVALID, text.data,
                               "expected the last sub-signature to be named in the expression", "",
                               err);
    logic->rule.condition = about == 0 ? node : laz_node_join(set, LAZ_NODE_AND, about, node);
    return LAZ_OK;
}

static enum laz_status read_rule(struct laz_clamav_logic *logic, struct laz_error *err)
{
    struct laz_clamav_line *line = logic->line;
    struct laz_ruleset *set = line->set;
    struct laz_clamav_description about;
    struct laz_ir_rule *item;
    enum laz_status s = laz_clamav_read_description(line, line->fields[1], &about, err);

    if (s != LAZ_OK)
        return s;
    logic->target = about.target;
    logic->rule.flags = (uint16_t)(about.target << LAZ_RULE_TARGET_SHIFT);
    s = read_subs(logic, err);
    if (s == LAZ_OK)
        s = read_condition(logic, about.condition, err);
    if (s != LAZ_OK)
        return s;
    logic->rule.node_count = (uint32_t)set->nodes.count - logic->rule.node_first;
    logic->rule.name = laz_ruleset_text(set, line->fields[0]);
    s = laz_rule_check(set, &logic->rule, err);
    if (s != LAZ_OK)
        return s;
    item = laz_list_add(set, &set->rules, sizeof *item);
    if (item != NULL)
        *item = logic->rule;
    return laz_ruleset_failed(set, err);
}

/* Whether the line is for our level at all: what is not, may be of a newer language. */
static enum laz_status check_level(struct laz_clamav_line *line, bool *applies,
                                   struct laz_error *err)
{
    struct laz_ruleset_mark mark = laz_ruleset_mark(line->set);
    struct laz_clamav_description about;
    enum laz_status s = laz_clamav_read_description(line, line->fields[1], &about, err);

    laz_ruleset_rewind(line->set, mark);
    *applies = s != LAZ_OK || about.applies;
    return s;
}

enum laz_status laz_clamav_read_logical(struct laz_clamav_line *line, enum laz_fate *fate,
                                        struct laz_error *err)
{
    struct laz_ruleset *set = line->set;
    struct laz_clamav_logic logic = {
        .line = line,
        .rule = {.source = line->source_text,
                 .pattern_first = (uint32_t)set->patterns.count,
                 .node_first = (uint32_t)set->nodes.count,
                 .line = line->number,
                 .column = 1},
    };
    bool applies = true;
    enum laz_status s;

    if (line->field_count < 4)
        return laz_clamav_fail_end(line, "expected NAME;DESCRIPTION;EXPRESSION;SUBSIGNATURE;…",
                                   err);
    if (line->is_cut)
        return laz_clamav_fail_end(line, "expected at most 64 sub-signatures", err);
    s = laz_clamav_check_name(line, line->fields[0], err);
    if (s == LAZ_OK)
        s = check_level(line, &applies, err);
    if (s != LAZ_OK)
        return s;
    if (!applies || laz_clamav_is_ignored(line, line->fields[0])) {
        *fate = applies ? LAZ_FATE_IGNORED : LAZ_FATE_LEVEL;
        return LAZ_OK;
    }
    return read_rule(&logic, err);
}
