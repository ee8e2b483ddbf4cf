#include <stdlib.h>

#include "base/number.h"
#include "match/format.h"
#include "rules/yara_priv.h"

#define NAME_MAX_LEN 128

int64_t laz_yara_find_rule(const struct laz_yara *y, struct laz_view name)
{
    for (size_t i = y->first_rule; i < y->set->rules.count; i++) {
        const struct laz_ir_rule *rule = laz_list_at(struct laz_ir_rule, &y->set->rules, i);

        if (laz_view_equal_text(name, laz_ruleset_text_at(y->set, rule->name)))
            return (int64_t)i;
    }
    return -1;
}

static bool is_keyword(struct laz_view v)
{
    static const char *const words[] = {
        "all",        "and",     "any",      "at",   "condition", "contains", "defined",
        "entrypoint", "false",   "filesize", "for",  "global",    "import",   "in",
        "include",    "matches", "meta",     "none", "not",       "of",       "or",
        "private",    "rule",    "strings",  "them", "true",
    };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (laz_view_equal_text(v, words[i]))
            return true;
    return false;
}

static bool is_plain_name(const struct laz_yara *y)
{
    return y->word.kind == LAZ_YARA_NAME && y->word.text.len <= NAME_MAX_LEN &&
           laz_view_find_byte(y->word.text, '.') == y->word.text.len && !is_keyword(y->word.text);
}

static enum laz_status take_tags(struct laz_yara *y, struct laz_error *err)
{
    struct laz_buf tags;

    if (!laz_yara_take(y, ":"))
        return LAZ_OK;
    if (!is_plain_name(y))
        return laz_yara_expected(y, "a tag", err);
    laz_buf_init(&tags, 4096);
    while (is_plain_name(y)) {
        if (tags.len > 0)
            laz_ignore(laz_buf_add_u8(&tags, ' ')); /* checked below */
        laz_ignore(laz_buf_add(&tags, y->word.text));
        laz_yara_advance(y);
    }
    if (laz_buf_failed(&tags) == LAZ_OK)
        y->rule.tags = laz_ruleset_text(y->set, laz_buf_view(&tags));
    else
        y->set->failed = true;
    laz_buf_clear(&tags);
    return laz_ruleset_failed(y->set, err);
}

/* name = "text" | number | true | false, as many as there are. They are for people. */
static enum laz_status take_meta(struct laz_yara *y, struct laz_error *err)
{
    enum laz_status s;

    while (!laz_yara_is(y, "strings") && !laz_yara_is(y, "condition")) {
        if (y->word.kind != LAZ_YARA_NAME)
            return laz_yara_expected(y, "a name in meta", err);
        laz_yara_advance(y);
        s = laz_yara_need(y, "=", err);
        if (s != LAZ_OK)
            return s;
        laz_ignore(laz_yara_take(y, "-")); /* a number may have one */
        if (y->word.kind != LAZ_YARA_TEXT && y->word.kind != LAZ_YARA_NUMBER &&
            !laz_yara_is(y, "true") && !laz_yara_is(y, "false"))
            return laz_yara_expected(y, "a text, a number, true or false", err);
        laz_yara_advance(y);
    }
    return LAZ_OK;
}

/* "name" ":" */
static enum laz_status open_section(struct laz_yara *y, const char *name, struct laz_error *err)
{
    enum laz_status s = laz_yara_need(y, name, err);

    return s == LAZ_OK ? laz_yara_need(y, ":", err) : s;
}

static enum laz_status check_strings_used(const struct laz_yara *y, struct laz_error *err)
{
    for (uint32_t i = 0; i < y->rule.pattern_count; i++) {
        const struct laz_pattern *p =
            laz_list_at(struct laz_pattern, &y->set->patterns, y->rule.pattern_first + i);
        struct laz_view name = *laz_list_at(struct laz_view, &y->string_names, i);

        if (!p->is_used && (name.len == 0 || name.data[0] != '_'))
            return laz_fail_at(err, LAZ_INVALID, "rule", y->source->name, p->line, p->column,
                               "the condition does not use this string",
                               "expected it there, or a name that begins with $_");
    }
    return LAZ_OK;
}

static enum laz_status take_body(struct laz_yara *y, struct laz_error *err)
{
    enum laz_status s = laz_yara_need(y, "{", err);

    if (s == LAZ_OK && laz_yara_is(y, "meta")) {
        s = open_section(y, "meta", err);
        if (s == LAZ_OK)
            s = take_meta(y, err);
    }
    if (s == LAZ_OK && laz_yara_is(y, "strings")) {
        s = open_section(y, "strings", err);
        if (s == LAZ_OK)
            s = laz_yara_strings(y, err);
    }
    if (s == LAZ_OK)
        s = open_section(y, "condition", err);
    if (s == LAZ_OK)
        s = laz_yara_condition(y, err);
    if (s == LAZ_OK)
        s = check_strings_used(y, err);
    return s == LAZ_OK ? laz_yara_need(y, "}", err) : s;
}

static enum laz_status add_rule(struct laz_yara *y, bool is_global, struct laz_error *err)
{
    struct laz_ir_rule *item;
    uint32_t index = (uint32_t)y->set->rules.count;
    uint32_t *global;
    enum laz_status s;

    y->rule.node_count = (uint32_t)y->set->nodes.count - y->rule.node_first;
    y->is_behind_rule = true;
    s = laz_rule_check(y->set, &y->rule, err);
    if (s != LAZ_OK)
        return s;
    item = laz_list_add(y->set, &y->set->rules, sizeof *item);
    if (item != NULL)
        *item = y->rule;
    global = item != NULL && is_global ? laz_list_add(y->set, &y->globals, sizeof *global) : NULL;
    if (global != NULL)
        *global = index;
    return laz_ruleset_failed(y->set, err);
}

static enum laz_status take_modifiers(struct laz_yara *y, bool *is_global, struct laz_error *err)
{
    *is_global = false;
    while (laz_yara_is(y, "private") || laz_yara_is(y, "global")) {
        if (laz_yara_is(y, "private"))
            y->rule.flags |= LAZ_RULE_PRIVATE;
        else
            *is_global = true;
        laz_yara_advance(y);
    }
    /* Rules before it would have to wait for it: it is asked for where it stands first. */
    if (*is_global && y->set->rules.count > y->first_rule + y->globals.count)
        return laz_yara_fail(y, LAZ_UNSUPPORTED,
                             "a global rule after another rule is not supported",
                             "expected global rules first in the file", err);
    return LAZ_OK;
}

static enum laz_status take_rule(struct laz_yara *y, struct laz_error *err)
{
    bool is_global;
    enum laz_status s;

    y->rule = (struct laz_ir_rule){
        .source = y->source_text,
        .pattern_first = (uint32_t)y->set->patterns.count,
        .node_first = (uint32_t)y->set->nodes.count,
        .line = y->word.line,
        .column = y->word.column,
        .flags = LAZ_RULE_YARA,
    };
    y->string_names.count = 0;
    s = take_modifiers(y, &is_global, err);
    if (s == LAZ_OK)
        s = laz_yara_need(y, "rule", err);
    if (s != LAZ_OK)
        return s;
    if (!is_plain_name(y))
        return laz_yara_expected(y, "the rule's name", err);
    if (laz_yara_find_rule(y, y->word.text) >= 0)
        return laz_yara_fail(y, LAZ_INVALID, "this rule's name is taken in the file",
                             "expected another name", err);
    y->rule.name = laz_ruleset_text(y->set, y->word.text);
    laz_yara_advance(y);
    s = take_tags(y, err);
    if (s == LAZ_OK)
        s = take_body(y, err);
    return s == LAZ_OK ? add_rule(y, is_global, err) : s;
}

/* The names of modules may be imported: only what uses them is refused. */
static enum laz_status take_import(struct laz_yara *y, struct laz_error *err)
{
    laz_yara_advance(y);
    if (y->word.kind != LAZ_YARA_TEXT)
        return laz_yara_expected(y, "the name of a module in quotes", err);
    laz_yara_advance(y);
    return LAZ_OK;
}

static enum laz_status take_one(struct laz_yara *y, struct laz_error *err)
{
    y->is_behind_rule = false;
    if (laz_yara_is(y, "import"))
        return take_import(y, err);
    if (laz_yara_is(y, "include"))
        return laz_yara_fail(y, LAZ_UNSUPPORTED, "'include' is not supported",
                             "name the included file as a source of its own", err);
    if (laz_yara_is(y, "rule") || laz_yara_is(y, "private") || laz_yara_is(y, "global"))
        return take_rule(y, err);
    return laz_yara_expected(y, "a rule", err);
}

static bool begins_rule(struct laz_view line)
{
    static const char *const starts[] = {"rule ", "private ", "global ", "import "};

    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (laz_view_starts(line, laz_view_of(starts[i])))
            return true;
    return false;
}

/* Whether the line behind this one is inside a comment of several lines. What stands in the middle
 * of a line may be part of a regular expression, so only comments that begin a line count. */
static bool stays_in_comment(struct laz_view line, bool is_comment)
{
    line = laz_view_trim(line);
    if (!is_comment && !laz_view_starts(line, laz_view_of("/*")))
        return false;
    return laz_view_find(line, laz_view_of("*/")) == line.len;
}

/* Goes on at the next line that begins as a rule does. */
static void skip_rule(struct laz_yara *y)
{
    struct laz_view line;
    bool is_comment = false;

    while (laz_take_until(&y->rest, '\n', &line)) {
        y->line++;
        y->line_start = y->rest.data;
        is_comment = stays_in_comment(line, is_comment);
        if (!is_comment && begins_rule(y->rest))
            break;
    }
    laz_yara_advance(y);
}

static enum laz_status take_all(struct laz_yara *y, struct laz_error *err)
{
    laz_yara_advance(y);
    while (y->word.kind != LAZ_YARA_END) {
        struct laz_ruleset_mark mark = laz_ruleset_mark(y->set);
        struct laz_error why;
        enum laz_status s = take_one(y, &why);

        if (s == LAZ_UNSUPPORTED && y->options->skipped != NULL) {
            laz_ruleset_rewind(y->set, mark);
            y->options->skipped(y->options->context, &why);
            if (!y->is_behind_rule)
                skip_rule(y);
        } else if (s != LAZ_OK) {
            if (err != NULL)
                *err = why;
            return s;
        }
    }
    return LAZ_OK;
}

enum laz_status laz_yara_read(struct laz_ruleset *set, const struct laz_source *source,
                              const struct laz_source_options *options, uint32_t source_text,
                              struct laz_error *err)
{
    struct laz_yara y = {
        .set = set,
        .source = source,
        .options = options,
        .source_text = source_text,
        .rest = source->text,
        .line_start = source->text.data,
        .line = 1,
        .first_rule = set->rules.count,
    };
    enum laz_status s;

    if (laz_view_starts(y.rest, laz_view_of("\xef\xbb\xbf"))) /* a byte order mark */
        y.rest = laz_view_from_offset(y.rest, 3);
    s = take_all(&y, err);
    free(y.string_names.items);
    free(y.globals.items);
    return s;
}
