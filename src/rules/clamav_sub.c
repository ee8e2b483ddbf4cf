/* Sub-signatures of logical signatures. */
#include <string.h>

#include "base/number.h"
#include "match/format.h"
#include "rules/clamav_priv.h"

#define MACRO_GROUPS 32

static struct laz_clamav_sub *add_sub(struct laz_clamav_logic *logic, enum laz_clamav_sub_kind kind)
{
    struct laz_clamav_sub *sub = &logic->subs[logic->sub_count++];

    *sub = (struct laz_clamav_sub){.kind = (uint8_t)kind};
    return sub;
}

uint32_t laz_clamav_add_pattern(const struct laz_clamav_line *line, struct laz_ir_rule *rule,
                                const uint8_t *at)
{
    struct laz_pattern *pattern = laz_list_add(line->set, &line->set->patterns, sizeof *pattern);

    if (pattern == NULL)
        return 0;
    pattern->body_first = (uint32_t)line->set->bodies.count;
    pattern->line = line->number;
    pattern->column = (uint32_t)(at - line->text.data) + 1;
    pattern->is_used = true;
    return rule->pattern_count++;
}

void laz_clamav_add_form(struct laz_ruleset *set, uint32_t token_first, bool nocase)
{
    struct laz_body *body = laz_list_add(set, &set->bodies, sizeof *body);

    if (body == NULL || set->patterns.count == 0)
        return;
    body->token_first = token_first;
    body->token_count = (uint32_t)set->tokens.count - token_first;
    body->nocase = nocase;
    laz_list_at(struct laz_pattern, &set->patterns, set->patterns.count - 1)->body_count++;
}

struct modifiers {
    bool nocase, wide, fullword, ascii;
};

/* BODY::MODIFIERS; *text keeps the body. */
static enum laz_status take_modifiers(const struct laz_clamav_line *line, struct laz_view *text,
                                      struct modifiers *out, struct laz_error *err)
{
    size_t at = laz_view_find(*text, laz_view_of("::"));
    struct laz_view letters = laz_view_from_offset(*text, at + 2);

    *out = (struct modifiers){.nocase = false};
    if (at == text->len)
        return LAZ_OK;
    *text = laz_view_first(*text, at);
    for (size_t i = 0; i < letters.len; i++) {
        switch (letters.data[i]) {
        case 'i':
            out->nocase = true;
            break;
        case 'w':
            out->wide = true;
            break;
        case 'f':
            out->fullword = true;
            break;
        case 'a':
            out->ascii = true;
            break;
        default:
            return laz_clamav_fail(line, LAZ_INVALID, letters.data + i,
                                   "expected one of the modifiers i, w, f and a", "", err);
        }
    }
    return LAZ_OK;
}

static void add_border(struct laz_ruleset *set, enum laz_border border)
{
    laz_ruleset_add_token(set,
                          (struct laz_token){.kind = LAZ_TOKEN_BORDER, .value = (uint8_t)border});
}

/* One way in which the body can stand. A whole word has borders like those that a body can name, so
 * that of several ends one is found that has its own. */
static enum laz_status add_form(struct laz_clamav_logic *logic, struct laz_view body,
                                const struct modifiers *m, bool wide, struct laz_error *err)
{
    struct laz_ruleset *set = logic->line->set;
    uint32_t token_first = (uint32_t)set->tokens.count;
    enum laz_status s;

    if (m->fullword)
        add_border(set, wide ? LAZ_BORDER_NO_WIDE_LETTER_BEFORE : LAZ_BORDER_NO_LETTER_BEFORE);
    s = laz_clamav_read_tokens(logic->line, body, (struct laz_clamav_modifiers){.wide = wide}, err);
    if (m->fullword)
        add_border(set, wide ? LAZ_BORDER_NO_WIDE_LETTER_BEHIND : LAZ_BORDER_NO_LETTER_BEHIND);
    if (s == LAZ_OK)
        laz_clamav_add_form(set, token_first, m->nocase);
    return s;
}

static enum laz_status read_body(struct laz_clamav_logic *logic, struct laz_view text,
                                 struct laz_view place, struct laz_error *err)
{
    struct laz_clamav_sub *sub = add_sub(logic, LAZ_CLAMAV_SUB_BODY);
    const uint8_t *at = text.data;
    struct modifiers m;
    enum laz_status s = laz_clamav_read_place(logic->line, place, logic->target, &sub->place, err);

    if (s == LAZ_OK)
        s = take_modifiers(logic->line, &text, &m, err);
    if (s != LAZ_OK)
        return s;
    sub->pattern = laz_clamav_add_pattern(logic->line, &logic->rule, at);
    sub->pattern_count = 1;
    if (m.ascii || !m.wide)
        s = add_form(logic, text, &m, false, err);
    if (s == LAZ_OK && m.wide)
        s = add_form(logic, text, &m, true, err);
    return s;
}

/* A pattern for each of the group's bodies. */
static enum laz_status add_macros(struct laz_clamav_logic *logic, struct laz_clamav_sub *sub,
                                  uint64_t group, const uint8_t *at, struct laz_error *err)
{
    struct laz_ruleset *set = logic->line->set;

    sub->pattern = logic->rule.pattern_count;
    for (size_t i = 0; i < set->macros.count; i++) {
        struct laz_macro macro = *laz_list_at(struct laz_macro, &set->macros, i);
        uint32_t token_first = (uint32_t)set->tokens.count;

        if (macro.group != group)
            continue;
        laz_ignore(laz_clamav_add_pattern(logic->line, &logic->rule, at)); /* it is the next */
        for (uint32_t t = 0; t < macro.token_count; t++)
            laz_ruleset_add_token(
                set, *laz_list_at(struct laz_token, &set->tokens, macro.token_first + t));
        laz_clamav_add_form(set, token_first, false);
        sub->pattern_count++;
    }
    if (sub->pattern_count == 0)
        return laz_clamav_fail(logic->line, LAZ_INVALID, at,
                               "expected a macro group of which a body is there",
                               "an .ndb line NAME:0:$GROUP:BODY makes one", err);
    return laz_ruleset_failed(set, err);
}

/* ${MIN-MAX}GROUP$ */
static enum laz_status read_macro(struct laz_clamav_logic *logic, struct laz_view text,
                                  struct laz_error *err)
{
    struct laz_clamav_sub *sub = add_sub(logic, LAZ_CLAMAV_SUB_MACRO);
    struct laz_view rest = text, range;
    uint64_t group;

    if (logic->sub_count < 2 || logic->subs[logic->sub_count - 2].kind != LAZ_CLAMAV_SUB_BODY)
        return laz_clamav_fail(logic->line, LAZ_INVALID, text.data,
                               "expected a body before a macro", "", err);
    sub->other = (uint32_t)logic->sub_count - 2;
    if (!laz_skip(&rest, 2) || !laz_take_until(&rest, '}', &range) ||
        !laz_clamav_read_range(range, UINT32_MAX, &sub->range) || rest.len < 2 ||
        rest.data[rest.len - 1] != '$' ||
        !laz_parse_u64(laz_view_first(rest, rest.len - 1), MACRO_GROUPS - 1, &group))
        return laz_clamav_fail(logic->line, LAZ_INVALID, text.data, "expected ${MIN-MAX}GROUP$",
                               "groups are 0 to 31", err);
    return add_macros(logic, sub, group, text.data, err);
}

/* The part before the first colon that is not inside of an expression, when there is one. */
static void split_place(struct laz_view *text, struct laz_view *place)
{
    size_t colon = laz_view_find_byte(*text, ':'), slash = laz_view_find_byte(*text, '/');

    *place = laz_view_of("*");
    if (colon >= text->len || colon > slash ||
        (colon + 1 < text->len && text->data[colon + 1] == ':'))
        return;
    *place = laz_view_first(*text, colon);
    laz_ignore(laz_skip(text, colon + 1)); /* it is there */
}

enum laz_status laz_clamav_read_sub(struct laz_clamav_logic *logic, struct laz_view text,
                                    struct laz_error *err)
{
    struct laz_view place;

    if (logic->sub_count == LAZ_CLAMAV_SUBS_MAX)
        return laz_clamav_fail(logic->line, LAZ_INVALID, text.data,
                               "expected at most 64 sub-signatures", "", err);
    if (laz_view_starts(text, laz_view_of("fuzzy_img#")))
        return laz_clamav_fail(logic->line, LAZ_UNSUPPORTED, text.data,
                               "likenesses of pictures are not compared", "", err);
    if (laz_view_starts(text, laz_view_of("${")))
        return read_macro(logic, text, err);
    split_place(&text, &place);
    if (laz_view_find_byte(text, '/') < text.len)
        return laz_clamav_read_pcre(logic, text, place, err);
    if (laz_view_find_byte(text, '#') < text.len)
        return laz_clamav_read_compare(logic, text, err);
    return read_body(logic, text, place, err);
}

/* Nodes */

static void wants_places(struct laz_clamav_logic *logic, uint32_t pattern)
{
    struct laz_ruleset *set = logic->line->set;

    if (!set->failed)
        laz_list_at(struct laz_pattern, &set->patterns, logic->rule.pattern_first + pattern)
            ->needs_places = true;
}

/* One of the group's bodies begins MIN to MAX bytes behind where the other one begins, somewhere.
 */
static uint32_t macro_found(struct laz_clamav_logic *logic, const struct laz_clamav_sub *sub)
{
    struct laz_ruleset *set = logic->line->set;
    uint32_t other = logic->subs[sub->other].pattern, body = 0;
    struct laz_node variable = {.kind = LAZ_NODE_VARIABLE, .type = LAZ_VALUE_NUMBER};
    struct laz_node loop = {
        .kind = LAZ_NODE_FOR_RANGE, .type = LAZ_VALUE_NUMBER, .quantity = LAZ_QUANTITY_ANY};

    wants_places(logic, other);
    loop.child[1] = laz_node_add_number(set, 1);
    loop.child[2] = laz_node_ask(set, LAZ_NODE_COUNT, other, 0, 0);
    for (uint32_t i = 0; i < sub->pattern_count; i++) {
        uint32_t at = laz_node_ask(set, LAZ_NODE_OFFSET, other, laz_node_add(set, variable), 0);
        uint32_t first =
            laz_node_join(set, LAZ_NODE_ADD, at, laz_node_add_number(set, (int64_t)sub->range.min));
        uint32_t last =
            laz_node_join(set, LAZ_NODE_ADD, at, laz_node_add_number(set, (int64_t)sub->range.max));
        uint32_t in = laz_node_ask(set, LAZ_NODE_IN, sub->pattern + i, first, last);

        wants_places(logic, sub->pattern + i);
        body = body == 0 ? in : laz_node_join(set, LAZ_NODE_OR, body, in);
    }
    loop.child[3] = body;
    return laz_node_add(set, loop);
}

/* A regular expression is looked for only when its trigger is true. */
static enum laz_status with_trigger(struct laz_clamav_logic *logic, uint32_t number,
                                    enum laz_node_kind kind, uint32_t found, uint32_t *node,
                                    struct laz_error *err)
{
    uint32_t trigger = 0, highest;
    enum laz_status s = laz_clamav_read_expression(logic, logic->subs[number].trigger, number,
                                                   &trigger, &highest, err);

    if (s == LAZ_OK)
        *node = laz_node_join(logic->line->set, kind, trigger, found);
    return s;
}

enum laz_status laz_clamav_sub_found(struct laz_clamav_logic *logic, uint32_t number,
                                     uint32_t *node, struct laz_error *err)
{
    const struct laz_clamav_sub *sub = &logic->subs[number];
    struct laz_ruleset *set = logic->line->set;

    switch ((enum laz_clamav_sub_kind)sub->kind) {
    case LAZ_CLAMAV_SUB_BODY:
        if (sub->place.anchor != LAZ_CLAMAV_ANYWHERE)
            wants_places(logic, sub->pattern);
        *node = laz_clamav_place_found(set, sub->pattern, &sub->place);
        return LAZ_OK;
    case LAZ_CLAMAV_SUB_MACRO:
        *node = macro_found(logic, sub);
        return LAZ_OK;
    case LAZ_CLAMAV_SUB_COMPARE:
        return laz_clamav_compare_found(logic, sub, node, err);
    case LAZ_CLAMAV_SUB_PCRE:
        return with_trigger(logic, number, LAZ_NODE_AND,
                            laz_node_ask(set, LAZ_NODE_FOUND, sub->pattern, 0, 0), node, err);
    }
    return LAZ_OK;
}

enum laz_status laz_clamav_sub_count(struct laz_clamav_logic *logic, uint32_t number,
                                     uint32_t *node, struct laz_error *err)
{
    const struct laz_clamav_sub *sub = &logic->subs[number];
    struct laz_ruleset *set = logic->line->set;

    switch ((enum laz_clamav_sub_kind)sub->kind) {
    case LAZ_CLAMAV_SUB_BODY:
        wants_places(logic, sub->pattern);
        *node = laz_clamav_place_count(set, sub->pattern, &sub->place);
        return LAZ_OK;
    case LAZ_CLAMAV_SUB_PCRE:
        wants_places(logic, sub->pattern);
        return with_trigger(logic, number, LAZ_NODE_MULTIPLY,
                            laz_node_ask(set, LAZ_NODE_COUNT, sub->pattern, 0, 0), node, err);
    case LAZ_CLAMAV_SUB_MACRO:
    case LAZ_CLAMAV_SUB_COMPARE:
        break;
    }
    return laz_clamav_sub_found(logic, number, node, err); /* once or not */
}
