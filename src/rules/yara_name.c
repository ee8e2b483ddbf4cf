#include "rules/yara_priv.h"

static const struct laz_yara_variable *find_variable(const struct laz_yara *y, struct laz_view name)
{
    for (uint32_t i = y->variable_count; i-- > 0;)
        if (laz_view_equal(y->variables[i].name, name))
            return &y->variables[i];
    return NULL;
}

static enum laz_module find_module(const struct laz_yara *y, struct laz_view name)
{
    const struct laz_name_space *space =
        laz_list_at(struct laz_name_space, &y->set->name_spaces, y->name_space);
    enum laz_module module = laz_module_find(name);

    if (module == LAZ_MODULE_NONE || (space->modules & 1u << module) == 0)
        return LAZ_MODULE_NONE;
    return module;
}

bool laz_yara_path_add(struct laz_yara_path *path, struct laz_view part)
{
    if (part.len > sizeof path->text - path->len)
        return false;
    memcpy(path->text + path->len, part.data, part.len);
    path->len += (uint32_t)part.len;
    return true;
}

bool laz_yara_path_add_arg(struct laz_yara_path *path, uint32_t node, char type)
{
    if (path->arg_count == LAZ_YARA_ARGS_MAX)
        return false;
    path->types[path->arg_count] = type;
    path->args[path->arg_count++] = node;
    return true;
}

bool laz_yara_begins_path(const struct laz_yara *y, struct laz_yara_path *out)
{
    const struct laz_yara_variable *variable;
    enum laz_module module;

    if (y->word.kind != LAZ_YARA_NAME)
        return false;
    variable = find_variable(y, y->word.text);
    if (variable != NULL) {
        *out = variable->path;
        return variable->is_path;
    }
    module = find_module(y, y->word.text);
    *out = (struct laz_yara_path){.module = module};
    return module != LAZ_MODULE_NONE && laz_yara_path_add(out, y->word.text);
}

static enum laz_status fail_path(const struct laz_yara *y, struct laz_error *err)
{
    return laz_yara_fail(y, LAZ_INVALID, "names no field", "see the documentation of its module",
                         err);
}

/* The type of an argument as match/fields.h has it. */
static char type_of(enum laz_yara_type type)
{
    switch (type) {
    case LAZ_YARA_IS_TRUTH:
        return 'b';
    case LAZ_YARA_IS_NUMBER:
        return 'i';
    case LAZ_YARA_IS_REAL:
        return 'f';
    case LAZ_YARA_IS_TEXT:
        return 's';
    case LAZ_YARA_IS_REGEX:
        break;
    }
    return 'r';
}

static enum laz_status take_argument(struct laz_yara *y, unsigned level, struct laz_yara_path *path,
                                     struct laz_error *err)
{
    struct laz_yara_word at = y->word;
    struct laz_yara_term term;
    enum laz_status s = laz_yara_expression(y, level, &term, err);

    if (s != LAZ_OK || laz_yara_path_add_arg(path, term.node, type_of(term.type)))
        return s;
    return laz_fail_at(err, LAZ_INVALID, "rule", y->source->name, at.line, at.column,
                       "has too many arguments", "");
}

static enum laz_status take_name(struct laz_yara *y, struct laz_yara_path *path,
                                 struct laz_error *err)
{
    if (y->word.kind != LAZ_YARA_NAME)
        return laz_yara_expected(y, "a field's name", err);
    if (!laz_yara_path_add(path, laz_view_of(".")) || !laz_yara_path_add(path, y->word.text))
        return fail_path(y, err);
    laz_yara_advance(y);
    return LAZ_OK;
}

static enum laz_status take_index(struct laz_yara *y, struct laz_yara_path *path,
                                  struct laz_error *err)
{
    enum laz_status s = laz_yara_path_add(path, laz_view_of("[]"))
                            ? take_argument(y, LAZ_YARA_ARITHMETIC, path, err)
                            : fail_path(y, err);

    return s == LAZ_OK ? laz_yara_need(y, "]", err) : s;
}

static enum laz_status take_call(struct laz_yara *y, struct laz_yara_path *path,
                                 struct laz_error *err)
{
    enum laz_status s = LAZ_OK;

    if (!laz_yara_path_add(path, laz_view_of("()")))
        return fail_path(y, err);
    if (laz_yara_take(y, ")"))
        return LAZ_OK;
    do
        s = take_argument(y, 0, path, err);
    while (s == LAZ_OK && laz_yara_take(y, ","));
    return s == LAZ_OK ? laz_yara_need(y, ")", err) : s;
}

enum laz_status laz_yara_path(struct laz_yara *y, struct laz_yara_path *path, struct laz_error *err)
{
    enum laz_status s = LAZ_OK;

    laz_yara_advance(y);
    while (s == LAZ_OK) {
        if (laz_yara_take(y, "."))
            s = take_name(y, path, err);
        else if (laz_yara_take(y, "["))
            s = take_index(y, path, err);
        else if (laz_yara_take(y, "("))
            s = take_call(y, path, err);
        else
            break;
    }
    return s;
}

/* Whether a row takes what the path has as arguments: a number may stand for a real one. */
static bool takes(const struct laz_field *field, const struct laz_yara_path *path)
{
    for (uint32_t i = 0; i < path->arg_count; i++)
        if (field->args[i] != path->types[i] && !(field->args[i] == 'f' && path->types[i] == 'i'))
            return false; /* also where the row has fewer */
    return strlen(field->args) == path->arg_count;
}

static enum laz_status fail_field(const struct laz_yara *y, const struct laz_yara_path *path,
                                  bool is_known, const struct laz_yara_word *at,
                                  struct laz_error *err)
{
    struct laz_view text = laz_view_from(path->text, path->len);
    const char *why = is_known ? "takes other arguments" : "names no field";
    const char *remedy = "see the documentation of its module";

    if (!is_known && laz_field_is_prefix(path->module, text)) {
        why = "is no value of its own";
        remedy = "expected one of its fields or items";
    }
    return laz_fail_at(err, LAZ_INVALID, "rule", y->source->name, at->line, at->column, why,
                       remedy);
}

static struct laz_yara_term add_field(struct laz_yara *y, uint32_t number,
                                      const struct laz_yara_path *path)
{
    const struct laz_field *field = laz_field_get(number);
    struct laz_yara_term term = {0, LAZ_YARA_IS_NUMBER};
    struct laz_node node = {
        .kind = LAZ_NODE_FIELD,
        .type = LAZ_VALUE_NUMBER,
        .operand = number,
        .item_count = path->arg_count,
    };

    if (field->is_constant) {
        term.node = laz_node_add_number(y->set, field->n);
        return term;
    }
    if (field->result == 'f') {
        node.type = LAZ_VALUE_REAL;
        term.type = LAZ_YARA_IS_REAL;
    } else if (field->result == 's') {
        node.type = LAZ_VALUE_TEXT;
        term.type = LAZ_YARA_IS_TEXT;
    }
    node.item_first = laz_node_add_items(y->set, path->args, path->arg_count);
    term.node = laz_node_add(y->set, node);
    return term;
}

enum laz_status laz_yara_field(struct laz_yara *y, const struct laz_yara_path *path,
                               const struct laz_yara_word *at, struct laz_yara_term *out,
                               struct laz_error *err)
{
    struct laz_view text = laz_view_from(path->text, path->len);
    uint32_t number = laz_field_number(path->module, 0);
    bool is_known = false;

    /* the forms of a function follow one another */
    while (laz_field_find(path->module, text, number, &number)) {
        is_known = true;
        if (takes(laz_field_get(number), path)) {
            *out = add_field(y, number, path);
            return laz_ruleset_failed(y->set, err);
        }
        number++;
    }
    return fail_field(y, path, is_known, at, err);
}

/* A rule of the name space, which stands before this one. */
static enum laz_status take_rule(struct laz_yara *y, struct laz_yara_term *out,
                                 struct laz_error *err)
{
    int64_t rule = laz_yara_find_rule(y, y->word.text);

    if (rule < 0 && laz_module_find(y->word.text) != LAZ_MODULE_NONE)
        return laz_yara_fail(y, LAZ_INVALID, "this module is not imported",
                             "expected 'import' before the rule", err);
    if (rule < 0 && laz_yara_is_keyword(y->word.text))
        return laz_yara_expected(y, "an expression", err);
    if (rule < 0)
        return laz_yara_fail(y, LAZ_INVALID, "this name means nothing here",
                             "expected a rule that stands before, or --define NAME=VALUE", err);
    *out = (struct laz_yara_term){
        laz_node_ask(y->set, LAZ_NODE_RULE, (uint32_t)rule, 0, 0),
        LAZ_YARA_IS_TRUTH,
    };
    laz_yara_advance(y);
    return LAZ_OK;
}

enum laz_status laz_yara_name(struct laz_yara *y, struct laz_yara_term *out, struct laz_error *err)
{
    struct laz_yara_word at = y->word;
    const struct laz_yara_variable *variable = find_variable(y, at.text);
    struct laz_yara_path path;
    enum laz_status s;

    if (variable != NULL && !variable->is_path) {
        *out = (struct laz_yara_term){
            laz_node_add(y->set,
                         (struct laz_node){.kind = LAZ_NODE_VARIABLE, .operand = variable->slot}),
            variable->type,
        };
        laz_yara_advance(y);
        return laz_ruleset_failed(y->set, err);
    }
    if (laz_yara_begins_path(y, &path)) {
        s = laz_yara_path(y, &path, err);
        return s == LAZ_OK ? laz_yara_field(y, &path, &at, out, err) : s;
    }
    if (laz_yara_find_rule(y, at.text) < 0 && laz_yara_external(y, at.text, out)) {
        laz_yara_advance(y);
        return laz_ruleset_failed(y->set, err);
    }
    return take_rule(y, out, err);
}
