#include <stdlib.h>

#include "rules/yara_priv.h"

static enum laz_status take_quantity(struct laz_yara *y, struct laz_node *node,
                                     struct laz_error *err)
{
    static const char *const names[] = {"any", "all", "none"};
    static const enum laz_quantity quantities[] = {LAZ_QUANTITY_ANY, LAZ_QUANTITY_ALL,
                                                   LAZ_QUANTITY_NONE};
    struct laz_yara_word at = y->word;
    enum laz_status s;

    for (size_t i = 0; i < 3; i++) {
        if (laz_yara_take(y, names[i])) {
            node->quantity = (uint8_t)quantities[i];
            return LAZ_OK;
        }
    }
    node->quantity = LAZ_QUANTITY_SOME;
    s = laz_yara_number(y, &node->child[0], err);
    return s == LAZ_OK ? laz_yara_check_quantity(y, node, UINT32_MAX, &at, err) : s;
}

/* ":" "(" what must hold ")" */
static enum laz_status take_body(struct laz_yara *y, struct laz_node *node, struct laz_error *err)
{
    struct laz_yara_term body = {0, LAZ_YARA_IS_TRUTH};
    enum laz_status s = laz_yara_need(y, ":", err);

    if (s == LAZ_OK)
        s = laz_yara_need(y, "(", err);
    if (s == LAZ_OK)
        s = laz_yara_expression(y, 0, &body, err);
    if (s == LAZ_OK)
        s = laz_yara_need(y, ")", err);
    node->child[3] = body.node;
    return s;
}

static void add_loop(struct laz_yara *y, struct laz_node *node, const uint32_t *items,
                     uint32_t count, struct laz_yara_term *out)
{
    node->type = LAZ_VALUE_NUMBER;
    node->item_first = laz_node_add_items(y->set, items, count);
    node->item_count = count;
    *out = (struct laz_yara_term){laz_node_add(y->set, *node), LAZ_YARA_IS_TRUTH};
}

/* … of strings ":" "(" … ")" */
static enum laz_status take_strings(struct laz_yara *y, struct laz_node *node,
                                    struct laz_yara_term *out, struct laz_error *err)
{
    struct laz_yara_set set;
    struct laz_yara_word at = y->word;
    bool outer_asks = y->asks_places;
    enum laz_status s = laz_yara_take_set(y, &set, err);

    if (s == LAZ_OK && set.of_rules)
        s = laz_fail_at(err, LAZ_INVALID, "rule", y->source->name, at.line, at.column,
                        "expected strings: ($a, $b*)", "a loop over rules has nothing to ask");
    y->asks_places = false;
    y->pattern_loops++;
    if (s == LAZ_OK)
        s = take_body(y, node, err);
    y->pattern_loops--;
    if (s == LAZ_OK) {
        node->kind = LAZ_NODE_FOR_OF;
        laz_yara_use_strings(y, &set, y->asks_places);
        add_loop(y, node, set.items, set.count, out);
    }
    y->asks_places = outer_asks;
    free(set.items);
    return s;
}

/* The loop's names, which mean something only in its body. */
struct names {
    struct laz_view items[2];
    uint32_t count;
};

static enum laz_status take_names(struct laz_yara *y, struct names *names, struct laz_error *err)
{
    names->count = 0;
    do {
        if (y->word.kind != LAZ_YARA_NAME || laz_yara_is_keyword(y->word.text))
            return laz_yara_expected(y, "a variable's name, or 'of'", err);
        if (names->count == 2)
            return laz_yara_fail(y, LAZ_INVALID, "the loop has too many variables",
                                 "expected one, or key and value", err);
        for (uint32_t i = 0; i < y->variable_count; i++)
            if (laz_view_equal(y->variables[i].name, y->word.text))
                return laz_yara_fail(y, LAZ_INVALID, "a loop around this one has such a variable",
                                     "expected another name", err);
        names->items[names->count++] = y->word.text;
        laz_yara_advance(y);
    } while (laz_yara_take(y, ","));
    return laz_yara_need(y, "in", err);
}

static void add_variable(struct laz_yara *y, struct laz_view name, enum laz_yara_type type,
                         const struct laz_yara_path *path)
{
    struct laz_yara_variable *v = &y->variables[y->variable_count++];

    *v = (struct laz_yara_variable){.name = name, .type = type, .slot = y->slot_count - 1};
    v->is_path = path != NULL;
    if (path != NULL)
        v->path = *path;
}

/* A list of values of one kind. */
struct values {
    uint32_t *items; /* owned */
    uint32_t count, capacity;
    enum laz_yara_type type;
};

static enum laz_status add_value(struct laz_yara *y, struct values *v,
                                 const struct laz_yara_term *term, struct laz_error *err)
{
    if (v->count == v->capacity) {
        uint32_t capacity = v->capacity == 0 ? 16 : 2 * v->capacity;
        uint32_t *items = realloc(v->items, capacity * sizeof *items);

        if (items == NULL)
            return laz_yara_fail(y, LAZ_NOMEM, "no memory", "", err);
        v->items = items;
        v->capacity = capacity;
    }
    v->items[v->count++] = term->node;
    return LAZ_OK;
}

static enum laz_status take_value(struct laz_yara *y, struct values *v, struct laz_error *err)
{
    struct laz_yara_word at = y->word;
    struct laz_yara_term term;
    enum laz_status s = laz_yara_expression(y, LAZ_YARA_ARITHMETIC, &term, err);

    if (s != LAZ_OK)
        return s;
    if (v->count == 0 && (term.type == LAZ_YARA_IS_TEXT || term.type == LAZ_YARA_IS_NUMBER))
        v->type = term.type;
    if (term.type != v->type)
        return laz_fail_at(err, LAZ_INVALID, "rule", y->source->name, at.line, at.column,
                           v->type == LAZ_YARA_IS_TEXT ? "expected a text" : "expected a number",
                           "what a loop goes through is of one kind");
    return add_value(y, v, &term, err);
}

/* Behind "(": a range, or a list. */
static enum laz_status take_values(struct laz_yara *y, struct laz_node *node, struct values *v,
                                   struct laz_error *err)
{
    struct laz_yara_word at = y->word;
    enum laz_status s = take_value(y, v, err);

    node->kind = LAZ_NODE_FOR_LIST;
    if (s == LAZ_OK && laz_yara_take(y, "..")) {
        if (v->type != LAZ_YARA_IS_NUMBER)
            return laz_fail_at(err, LAZ_INVALID, "rule", y->source->name, at.line, at.column,
                               "expected a number", "a range is of numbers");
        node->kind = LAZ_NODE_FOR_RANGE;
        node->child[1] = v->items[0];
        v->count = 0;
        s = laz_yara_number(y, &node->child[2], err);
        if (s == LAZ_OK)
            s = laz_yara_check_range(y, node->child[1], node->child[2], &at, err);
        return s == LAZ_OK ? laz_yara_need(y, ")", err) : s;
    }
    while (s == LAZ_OK && laz_yara_take(y, ","))
        s = take_value(y, v, err);
    return s == LAZ_OK ? laz_yara_need(y, ")", err) : s;
}

static enum laz_status take_over_values(struct laz_yara *y, struct laz_node *node,
                                        const struct names *names, struct laz_yara_term *out,
                                        struct laz_error *err)
{
    struct values v = {.items = NULL, .type = LAZ_YARA_IS_NUMBER};
    struct laz_yara_word at = y->word;
    enum laz_status s = laz_yara_need(y, "(", err);

    if (s == LAZ_OK)
        s = take_values(y, node, &v, err);
    if (s == LAZ_OK && names->count != 1)
        s = laz_fail_at(err, LAZ_INVALID, "rule", y->source->name, at.line, at.column,
                        "expected a dictionary", "two variables are for key and value");
    if (s == LAZ_OK) {
        add_variable(y, names->items[0], v.type, NULL);
        s = take_body(y, node, err);
    }
    if (s == LAZ_OK)
        add_loop(y, node, v.items, v.count, out);
    free(v.items);
    return s;
}

/* path with part behind it, and the loop's index as one more argument. */
static bool path_with(struct laz_yara *y, const struct laz_yara_path *path, const char *part,
                      uint32_t arg, char type, struct laz_yara_path *out)
{
    *out = *path;
    return laz_yara_path_add(out, laz_view_of(part)) && laz_yara_path_add_arg(out, arg, type) &&
           !y->set->failed;
}

/* Key and value, or the item: what the body's names stand for. False when the path is of neither.
 */
static bool add_items(struct laz_yara *y, const struct names *names,
                      const struct laz_yara_path *path, const struct laz_yara_word *at)
{
    uint32_t index = laz_node_add(
        y->set, (struct laz_node){.kind = LAZ_NODE_VARIABLE, .operand = y->slot_count - 1});
    struct laz_yara_path item, key;
    struct laz_yara_term term;

    if (names->count == 1) {
        if (!path_with(y, path, "[]", index, 'i', &item))
            return false;
        add_variable(y, names->items[0], LAZ_YARA_IS_NUMBER, &item);
        return true;
    }
    if (!path_with(y, path, "[@]", index, 'i', &key) ||
        laz_yara_field(y, &key, at, &term, NULL) != LAZ_OK ||
        !path_with(y, path, "[]", term.node, 's', &item))
        return false;
    add_variable(y, names->items[0], LAZ_YARA_IS_TEXT, &key);
    add_variable(y, names->items[1], LAZ_YARA_IS_NUMBER, &item);
    return true;
}

static enum laz_status fail_over(const struct laz_yara *y, const struct laz_yara_word *at,
                                 const struct names *names, struct laz_error *err)
{
    return laz_fail_at(err, LAZ_INVALID, "rule", y->source->name, at->line, at->column,
                       names->count == 2 ? "expected a dictionary" : "expected an array",
                       names->count == 2 ? "two variables are for key and value"
                                         : "one variable is for the items of an array");
}

static enum laz_status take_over_field(struct laz_yara *y, struct laz_node *node,
                                       const struct names *names, struct laz_yara_term *out,
                                       struct laz_error *err)
{
    struct laz_yara_word at = y->word;
    struct laz_yara_path path, count;
    struct laz_yara_term term;
    uint32_t key;
    bool is_dictionary;
    enum laz_status s;

    if (!laz_yara_begins_path(y, &path))
        return laz_yara_expected(y, "'(' and numbers or texts, or an array", err);
    s = laz_yara_path(y, &path, err);
    if (s != LAZ_OK)
        return s;
    count = path;
    if (!laz_yara_path_add(&count, laz_view_of("[@]")))
        return fail_over(y, &at, names, err);
    is_dictionary = laz_field_find(count.module, laz_view_from(count.text, count.len),
                                   laz_field_number(count.module, 0), &key);
    count.text[count.len - 2] = '#'; /* [#]: how many it has */
    if (is_dictionary != (names->count == 2) ||
        laz_yara_field(y, &count, &at, &term, NULL) != LAZ_OK || !add_items(y, names, &path, &at))
        return fail_over(y, &at, names, err);
    node->kind = LAZ_NODE_FOR_FIELD;
    node->child[1] = term.node;
    s = take_body(y, node, err);
    if (s == LAZ_OK)
        add_loop(y, node, NULL, 0, out);
    return s;
}

enum laz_status laz_yara_for(struct laz_yara *y, struct laz_yara_term *out, struct laz_error *err)
{
    struct laz_node node = {.kind = LAZ_NODE_NONE};
    uint32_t outer_variables = y->variable_count;
    struct names names;
    enum laz_status s = take_quantity(y, &node, err);

    if (s != LAZ_OK)
        return s;
    if (y->slot_count + y->pattern_loops == LAZ_CONDITION_LOOPS_MAX)
        return laz_yara_fail(y, LAZ_UNSUPPORTED, "loops are nested too deep",
                             "expected a simpler condition", err);
    if (laz_yara_take(y, "of"))
        return take_strings(y, &node, out, err);
    s = take_names(y, &names, err);
    if (s != LAZ_OK)
        return s;
    node.operand = y->slot_count++;
    s = laz_yara_is(y, "(") ? take_over_values(y, &node, &names, out, err)
                            : take_over_field(y, &node, &names, out, err);
    y->slot_count--;
    y->variable_count = outer_variables;
    return s == LAZ_OK ? laz_ruleset_failed(y->set, err) : s;
}
