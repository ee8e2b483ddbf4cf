#include "match/format.h"
#include "rules/yara_priv.h"

#define NAME_MAX_LEN 128
#define TAGS_MAX     4096

int64_t laz_yara_find_rule(const struct laz_yara *y, struct laz_view name)
{
    return laz_rule_find(y->set, y->name_space, name);
}

bool laz_yara_is_keyword(struct laz_view v)
{
    static const char *const words[] = {
        "all",       "and",         "any",      "ascii",     "at",         "base64",  "base64wide",
        "condition", "contains",    "defined",  "endswith",  "entrypoint", "false",   "filesize",
        "for",       "fullword",    "global",   "icontains", "iendswith",  "iequals", "import",
        "in",        "include",     "int16",    "int16be",   "int32",      "int32be", "int8",
        "int8be",    "istartswith", "matches",  "meta",      "nocase",     "none",    "not",
        "of",        "or",          "private",  "rule",      "startswith", "strings", "them",
        "true",      "uint16",      "uint16be", "uint32",    "uint32be",   "uint8",   "uint8be",
        "wide",      "xor",
    };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (laz_view_equal_text(v, words[i]))
            return true;
    return false;
}

static bool is_plain_name(const struct laz_yara *y)
{
    return y->word.kind == LAZ_YARA_NAME && y->word.text.len <= NAME_MAX_LEN &&
           !laz_yara_is_keyword(y->word.text);
}

/* Whether the word stands among words that blanks part. */
static bool has_word(struct laz_view words, struct laz_view word)
{
    struct laz_view next;

    while (laz_take_until(&words, ' ', &next))
        if (laz_view_equal(next, word))
            return true;
    return false;
}

static enum laz_status take_tag(struct laz_yara *y, struct laz_buf *tags, struct laz_error *err)
{
    if (has_word(laz_buf_view(tags), y->word.text))
        return laz_yara_fail(y, LAZ_INVALID, "the rule has this tag already",
                             "expected each tag once", err);
    if (tags->len > 0)
        laz_ignore(laz_buf_add_u8(tags, ' ')); /* the buffer remembers a refusal */
    laz_ignore(laz_buf_add(tags, y->word.text));
    laz_yara_advance(y);
    return LAZ_OK;
}

static enum laz_status take_tags(struct laz_yara *y, struct laz_error *err)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf tags = {.max = TAGS_MAX};
    enum laz_status s = LAZ_OK;

    if (!laz_yara_take(y, ":"))
        return LAZ_OK;
    if (!is_plain_name(y))
        return laz_yara_expected(y, "a tag", err);
    while (s == LAZ_OK && is_plain_name(y))
        s = take_tag(y, &tags, err);
    if (s == LAZ_OK && laz_buf_failed(&tags) == LAZ_LIMIT)
        return laz_yara_fail(y, LAZ_UNSUPPORTED, "has too many tags", "expected fewer", err);
    if (laz_buf_failed(&tags) != LAZ_OK)
        y->set->failed = true;
    if (s == LAZ_OK)
        y->rule.tags = laz_ruleset_text(y->set, laz_buf_view(&tags));
    return s == LAZ_OK ? laz_ruleset_failed(y->set, err) : s;
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
            s = laz_yara_meta(y, err);
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
    if (s == LAZ_OK && !laz_yara_is(y, "}"))
        return laz_yara_expected(y, "'}'", err);
    if (s == LAZ_OK) /* all of it is there, whatever is said of it now */
        laz_yara_advance(y);
    y->is_behind_rule = s == LAZ_OK;
    return s == LAZ_OK ? check_strings_used(y, err) : s;
}

static enum laz_status add_rule(struct laz_yara *y, struct laz_error *err)
{
    struct laz_ir_rule *item;
    enum laz_status s;

    y->rule.node_count = (uint32_t)y->set->nodes.count - y->rule.node_first;
    s = laz_rule_check(y->set, &y->rule, err);
    if (s != LAZ_OK)
        return s;
    item = laz_list_add(y->set, &y->set->rules, sizeof *item);
    if (item != NULL) {
        *item = y->rule;
        laz_rule_note(y->set, (uint32_t)(y->set->rules.count - 1));
    }
    return laz_ruleset_failed(y->set, err);
}

static void take_modifiers(struct laz_yara *y)
{
    while (laz_yara_is(y, "private") || laz_yara_is(y, "global")) {
        if (laz_yara_is(y, "private"))
            y->rule.flags |= LAZ_RULE_PRIVATE;
        else
            y->rule.is_global = true;
        laz_yara_advance(y);
    }
}

/* Whether a condition before asked for a set of rules that this name would belong to. */
static bool was_asked_for(const struct laz_yara *y, struct laz_view name)
{
    for (size_t i = 0; i < y->set->wildcards.count; i++) {
        const struct laz_wildcard *w = laz_list_at(struct laz_wildcard, &y->set->wildcards, i);

        if (w->name_space == y->name_space &&
            laz_view_starts(name, laz_view_of(laz_ruleset_text_at(y->set, w->begin))))
            return true;
    }
    return false;
}

void laz_yara_say_rule(const struct laz_yara *y, struct laz_view name)
{
    if (y->options->rule_size > 0)
        snprintf(y->options->rule, y->options->rule_size, "%.*s", (int)name.len,
                 (const char *)name.data);
}

enum laz_status laz_yara_rule(struct laz_yara *y, struct laz_error *err)
{
    enum laz_status s;

    y->rule = (struct laz_ir_rule){
        .source = y->source_text,
        .name_space = y->name_space,
        .pattern_first = (uint32_t)y->set->patterns.count,
        .meta_first = (uint32_t)y->set->metas.count,
        .node_first = (uint32_t)y->set->nodes.count,
        .line = y->word.line,
        .column = y->word.column,
        .flags = LAZ_RULE_YARA,
    };
    y->string_names.count = 0;
    take_modifiers(y);
    s = laz_yara_need(y, "rule", err);
    if (s != LAZ_OK)
        return s;
    if (!is_plain_name(y))
        return laz_yara_expected(y, "the rule's name", err);
    if (laz_yara_find_rule(y, y->word.text) >= 0)
        return laz_yara_fail(y, LAZ_INVALID, "this rule's name is taken", "expected another name",
                             err);
    if (was_asked_for(y, y->word.text))
        return laz_yara_fail(y, LAZ_INVALID,
                             "a set of rules that stands before would have this rule",
                             "expected another name", err);
    y->rule.name = laz_ruleset_text(y->set, y->word.text);
    laz_yara_say_rule(y, y->word.text);
    laz_yara_advance(y);
    s = take_tags(y, err);
    if (s == LAZ_OK)
        s = take_body(y, err);
    return s == LAZ_OK ? add_rule(y, err) : s;
}
