#include "base/number.h"
#include "match/format.h"
#include "rules/clamav_priv.h"

#define SHIFT_MAX UINT32_MAX

static enum laz_status read_target(const struct laz_clamav_line *line, struct laz_ir_rule *rule,
                                   struct laz_error *err)
{
    static const char remedy[] = "0 any, 1 PE, 2 OLE2, 3 HTML, 4 mail, 5 graphics, 6 ELF, 7 text, "
                                 "9 Mach-O, 10 PDF, 11 Flash, 12 Java";
    uint64_t target;

    if (!laz_parse_u64(line->fields[1], LAZ_TARGET_JAVA, &target) || target == 8)
        return laz_clamav_fail(line, LAZ_INVALID, line->fields[1].data, "expected a target type",
                               remedy, err);
    rule->flags = (uint16_t)(target << LAZ_RULE_TARGET_SHIFT);
    return LAZ_OK;
}

/* n, or from the end filesize - n; and shift behind it. */
static uint32_t add_place(struct laz_ruleset *set, bool from_end, uint64_t n, uint64_t shift)
{
    uint32_t node = laz_node_add_number(set, (int64_t)(from_end ? n : n + shift));

    if (!from_end)
        return node;
    node = laz_node_join(set, LAZ_NODE_SUBTRACT, laz_node_join(set, LAZ_NODE_FILESIZE, 0, 0), node);
    if (shift > 0)
        node = laz_node_join(set, LAZ_NODE_ADD, node, laz_node_add_number(set, (int64_t)shift));
    return node;
}

/* start in [n, n + shift]; or, from the end, [filesize - n, …] where the object has n bytes. */
static uint32_t add_condition(struct laz_ruleset *set, bool from_end, uint64_t n, uint64_t shift)
{
    uint32_t first = add_place(set, from_end, n, 0), last = add_place(set, from_end, n, shift);
    uint32_t node = laz_node_ask(set, LAZ_NODE_IN, 0, first, last);

    if (!from_end)
        return node;
    return laz_node_join(set, LAZ_NODE_AND, node,
                         laz_node_join(set, LAZ_NODE_GREATER_EQUAL,
                                       laz_node_join(set, LAZ_NODE_FILESIZE, 0, 0),
                                       laz_node_add_number(set, (int64_t)n)));
}

static enum laz_status read_offset(struct laz_ruleset *set, const struct laz_clamav_line *line,
                                   struct laz_ir_rule *rule, struct laz_pattern *pattern,
                                   struct laz_error *err)
{
    struct laz_view rest = line->fields[2], number;
    bool from_end = laz_view_starts(rest, laz_view_of("EOF-"));
    uint64_t n, shift = 0;

    if (laz_view_equal_text(rest, "*")) {
        rule->condition = laz_node_ask(set, LAZ_NODE_FOUND, 0, 0, 0);
        return LAZ_OK;
    }
    if (laz_view_starts(rest, laz_view_of("EP")) || laz_view_starts(rest, laz_view_of("S")) ||
        laz_view_starts(rest, laz_view_of("VI")))
        return laz_clamav_fail(line, LAZ_UNSUPPORTED, rest.data,
                               "offsets from a program's entry point or sections are not supported",
                               "expected *, N, N,SHIFT or EOF-N", err);
    if (from_end)
        laz_ignore(laz_skip(&rest, 4)); /* it starts so */
    if (!laz_take_until(&rest, ',', &number) || !laz_parse_u64(number, INT64_MAX / 4, &n) ||
        (rest.len > 0 && !laz_parse_u64(rest, SHIFT_MAX, &shift)))
        return laz_clamav_fail(line, LAZ_INVALID, line->fields[2].data,
                               "expected an offset: *, N, N,SHIFT or EOF-N", "", err);
    pattern->needs_places = true;
    rule->condition = add_condition(set, from_end, n, shift);
    return LAZ_OK;
}

static enum laz_status read_fields(struct laz_ruleset *set, const struct laz_clamav_line *line,
                                   struct laz_ir_rule *rule, struct laz_error *err)
{
    struct laz_pattern pattern = {
        .body_first = (uint32_t)set->bodies.count,
        .body_count = 1,
        .line = line->number,
        .column = (uint32_t)(line->fields[3].data - line->text.data) + 1,
        .is_used = true,
    };
    struct laz_body body = {.token_first = (uint32_t)set->tokens.count};
    struct laz_pattern *pattern_item;
    struct laz_body *body_item;
    enum laz_status s = read_target(line, rule, err);

    if (s == LAZ_OK)
        s = read_offset(set, line, rule, &pattern, err);
    if (s == LAZ_OK)
        s = laz_clamav_read_tokens(line, line->fields[3], (struct laz_clamav_modifiers){false},
                                   err);
    if (s != LAZ_OK)
        return s;
    body.token_count = (uint32_t)set->tokens.count - body.token_first;
    pattern_item = laz_list_add(set, &set->patterns, sizeof *pattern_item);
    body_item = laz_list_add(set, &set->bodies, sizeof *body_item);
    if (pattern_item == NULL || body_item == NULL)
        return laz_ruleset_failed(set, err);
    *pattern_item = pattern;
    *body_item = body;
    return LAZ_OK;
}

enum laz_status laz_clamav_read_body_line(struct laz_clamav_line *line, enum laz_fate *fate,
                                          struct laz_error *err)
{
    struct laz_ruleset *set = line->set;
    struct laz_ir_rule rule = {
        .source = line->source_text,
        .pattern_first = (uint32_t)set->patterns.count,
        .pattern_count = 1,
        .node_first = (uint32_t)set->nodes.count,
        .line = line->number,
        .column = 1,
    };
    struct laz_ir_rule *item;
    bool applies;
    enum laz_status s;

    if (line->field_count < 4)
        return laz_clamav_fail_end(line, "expected NAME:TARGET:OFFSET:BODY", err);
    s = laz_clamav_check_name(line, line->fields[0], err);
    if (s == LAZ_OK)
        s = laz_clamav_levels(line, 4, &applies, err);
    if (s != LAZ_OK)
        return s;
    if (!applies || laz_clamav_is_ignored(line, line->fields[0])) {
        *fate = applies ? LAZ_FATE_IGNORED : LAZ_FATE_LEVEL;
        return LAZ_OK;
    }
    s = read_fields(set, line, &rule, err);
    if (s != LAZ_OK)
        return s;
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
