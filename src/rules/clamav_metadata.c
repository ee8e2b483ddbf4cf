/* .cdb: NAME:CONTAINER:CONTAINER SIZE:NAME OF THE MEMBER:PACKED SIZE:SIZE:ENCRYPTED:POSITION:CRC:
 * RESERVED[:MIN[:MAX]] */
#include "base/number.h"
#include "match/format.h"
#include "rules/clamav_priv.h"
#include "rules/regex.h"

enum {
    FIELD_NAME,
    FIELD_CONTAINER,
    FIELD_CONTAINER_SIZE,
    FIELD_MEMBER,
    FIELD_PACKED_SIZE,
    FIELD_SIZE,
    FIELD_ENCRYPTED,
    FIELD_POSITION,
    FIELD_CRC,
    FIELD_RESERVED,
    FIELD_LEVELS,
};

static void also(struct laz_ruleset *set, uint32_t *condition, uint32_t node)
{
    *condition = *condition == 0 ? node : laz_node_join(set, LAZ_NODE_AND, *condition, node);
}

static bool is_any(const struct laz_clamav_line *line, size_t field)
{
    return laz_view_equal_text(line->fields[field], "*");
}

/* What our reader of archives does not tell. The CRC is not looked at: clamscan 1.4.6 takes any. */
static enum laz_status check_known(const struct laz_clamav_line *line, struct laz_error *err)
{
    if (!is_any(line, FIELD_PACKED_SIZE))
        return laz_clamav_fail(line, LAZ_UNSUPPORTED, line->fields[FIELD_PACKED_SIZE].data,
                               "the packed size of a member is not known", "expected *", err);
    return LAZ_OK;
}

static enum laz_status add_range(struct laz_clamav_line *line, size_t field, const char *what,
                                 uint32_t *condition, struct laz_error *err)
{
    struct laz_clamav_range range;

    if (is_any(line, field))
        return LAZ_OK;
    if (!laz_clamav_read_range(line->fields[field], INT64_MAX / 2, &range))
        return laz_clamav_fail(line, LAZ_INVALID, line->fields[field].data,
                               "expected a number, a range N-M or *", "", err);
    also(line->set, condition,
         laz_clamav_in_range(line->set, laz_clamav_field(line->set, what, NULL, 0), range));
    return LAZ_OK;
}

static enum laz_status add_member_name(struct laz_clamav_line *line, uint32_t *condition,
                                       struct laz_error *err)
{
    struct laz_ruleset *set = line->set;
    struct laz_view text = line->fields[FIELD_MEMBER];
    struct laz_expression e = {.program = (uint32_t)set->programs.len, .line = line->number};
    struct laz_expression *item;
    struct laz_regex_problem problem;
    uint32_t name, regex;

    if (is_any(line, FIELD_MEMBER) || text.len == 0)
        return LAZ_OK;
    if (laz_regex_compile(text, (struct laz_regex_flags){.dot_all = true}, &set->programs,
                          &problem) != LAZ_OK)
        return laz_clamav_fail(line, LAZ_INVALID, text.data + problem.at, problem.why, "", err);
    e.program_len = (uint32_t)set->programs.len - e.program;
    e.dot_all = true;
    e.text = laz_ruleset_text(set, text);
    e.text_len = (uint32_t)text.len;
    item = laz_list_add(set, &set->expressions, sizeof *item);
    if (item == NULL)
        return laz_ruleset_failed(set, err);
    *item = e;
    name = laz_clamav_field(set, "object.name", NULL, 0);
    regex = laz_node_add(set, (struct laz_node){
                                  .kind = LAZ_NODE_REGEX,
                                  .type = LAZ_VALUE_REGEX,
                                  .operand = (uint32_t)(set->expressions.count - 1),
                              });
    also(set, condition, laz_node_join(set, LAZ_NODE_MATCHES, name, regex));
    return laz_ruleset_failed(set, err);
}

static enum laz_status add_container(struct laz_clamav_line *line, uint32_t *condition,
                                     struct laz_error *err)
{
    struct laz_ruleset *set = line->set;
    struct laz_view type = line->fields[FIELD_CONTAINER];
    uint32_t args[2];

    also(set, condition,
         laz_node_join(set, LAZ_NODE_GREATER, laz_clamav_field(set, "object.depth", NULL, 0),
                       laz_node_add_number(set, 0)));
    if (is_any(line, FIELD_CONTAINER))
        return LAZ_OK;
    if (!laz_view_starts(type, laz_view_of("CL_TYPE_")))
        return laz_clamav_fail(line, LAZ_INVALID, type.data, "expected a type CL_TYPE_… or *", "",
                               err);
    args[0] = laz_node_add_number(set, 1);
    args[1] = laz_node_add_text(set, type);
    also(set, condition, laz_clamav_field(set, "object.is_in()", args, 2));
    return LAZ_OK;
}

static enum laz_status add_encrypted(struct laz_clamav_line *line, uint32_t *condition,
                                     struct laz_error *err)
{
    struct laz_view text = line->fields[FIELD_ENCRYPTED];
    uint64_t wanted;

    if (is_any(line, FIELD_ENCRYPTED))
        return LAZ_OK;
    if (!laz_parse_u64(text, 1, &wanted))
        return laz_clamav_fail(line, LAZ_INVALID, text.data, "expected 0, 1 or *", "", err);
    also(line->set, condition,
         laz_node_join(line->set, LAZ_NODE_EQUAL,
                       laz_clamav_field(line->set, "object.is_encrypted", NULL, 0),
                       laz_node_add_number(line->set, (int64_t)wanted)));
    return LAZ_OK;
}

static enum laz_status add_rule(struct laz_clamav_line *line, struct laz_error *err)
{
    struct laz_ruleset *set = line->set;
    struct laz_ir_rule rule = {
        .source = line->source_text,
        .pattern_first = (uint32_t)set->patterns.count,
        .node_first = (uint32_t)set->nodes.count,
        .line = line->number,
        .column = 1,
    };
    struct laz_ir_rule *item;
    enum laz_status s = add_container(line, &rule.condition, err);

    if (s == LAZ_OK)
        s = add_range(line, FIELD_CONTAINER_SIZE, "object.container_size", &rule.condition, err);
    if (s == LAZ_OK)
        s = add_range(line, FIELD_SIZE, "object.size", &rule.condition, err);
    if (s == LAZ_OK)
        s = add_encrypted(line, &rule.condition, err);
    if (s == LAZ_OK)
        s = add_range(line, FIELD_POSITION, "object.position", &rule.condition, err);
    if (s == LAZ_OK)
        s = add_member_name(line, &rule.condition, err);
    if (s != LAZ_OK)
        return s;
    rule.node_count = (uint32_t)set->nodes.count - rule.node_first;
    rule.name = laz_ruleset_text(set, line->fields[FIELD_NAME]);
    s = laz_rule_check(set, &rule, err);
    if (s != LAZ_OK)
        return s;
    item = laz_list_add(set, &set->rules, sizeof *item);
    if (item != NULL)
        *item = rule;
    return laz_ruleset_failed(set, err);
}

enum laz_status laz_clamav_read_metadata(struct laz_clamav_line *line, enum laz_fate *fate,
                                         struct laz_error *err)
{
    bool applies = true;
    enum laz_status s;

    if (line->field_count < FIELD_LEVELS)
        return laz_clamav_fail_end(line,
                                   "expected NAME:CONTAINER:CONTAINER SIZE:MEMBER:PACKED SIZE:SIZE:"
                                   "ENCRYPTED:POSITION:CRC:RESERVED",
                                   err);
    s = laz_clamav_check_name(line, line->fields[FIELD_NAME], err);
    if (s == LAZ_OK)
        s = laz_clamav_levels(line, FIELD_LEVELS, &applies, err);
    if (s == LAZ_OK && (!applies || laz_clamav_is_ignored(line, line->fields[FIELD_NAME]))) {
        *fate = applies ? LAZ_FATE_IGNORED : LAZ_FATE_LEVEL;
        return LAZ_OK;
    }
    if (s == LAZ_OK)
        s = check_known(line, err);
    return s == LAZ_OK ? add_rule(line, err) : s;
}
