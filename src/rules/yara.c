#include <stdlib.h>

#include "rules/yara_priv.h"

#define INCLUDE_DEPTH_MAX 16 /* of texts that include one another */
#define INCLUDE_NAME_MAX  1024

static enum laz_status read_text(struct laz_yara *y, const struct laz_source *source,
                                 uint32_t source_text, struct laz_error *err);

static void note_import(struct laz_yara *y, enum laz_module module)
{
    uint32_t *modules =
        &laz_list_at(struct laz_name_space, &y->set->name_spaces, y->name_space)->modules;
    uint8_t *item;

    *modules |= 1u << module;
    for (size_t i = 0; i < y->set->imports.count; i++)
        if (*laz_list_at(uint8_t, &y->set->imports, i) == module)
            return;
    item = laz_list_add(y->set, &y->set->imports, sizeof *item);
    if (item != NULL)
        *item = (uint8_t)module;
}

static enum laz_status take_import(struct laz_yara *y, struct laz_error *err)
{
    enum laz_module module;

    laz_yara_advance(y);
    if (y->word.kind != LAZ_YARA_TEXT)
        return laz_yara_expected(y, "the name of a module in quotes", err);
    module = laz_module_find(y->word.text);
    if (module == LAZ_MODULE_NONE || module == LAZ_MODULE_OBJECT)
        return laz_yara_fail(y, LAZ_UNSUPPORTED, "this module is not known",
                             "expected pe, elf, macho, dotnet, dex, math, hash, string, time, "
                             "console, magic or cuckoo",
                             err);
    note_import(y, module);
    laz_yara_advance(y);
    return laz_ruleset_failed(y->set, err);
}

/* Fails when the text includes itself, or too many stand inside one another. */
static enum laz_status check_depth(const struct laz_yara *y, const struct laz_source *source,
                                   struct laz_error *err)
{
    const struct laz_yara_includer *at = y->includer;
    unsigned depth = 1;

    if (strcmp(y->source->name, source->name) == 0)
        return laz_yara_fail(y, LAZ_INVALID, "the file includes itself",
                             "expected files without a circle", err);
    for (; at != NULL; at = at->outer, depth++)
        if (strcmp(at->source->name, source->name) == 0)
            return laz_yara_fail(y, LAZ_INVALID, "the file includes itself by way of others",
                                 "expected files without a circle", err);
    if (depth >= INCLUDE_DEPTH_MAX)
        return laz_yara_fail(y, LAZ_LIMIT, "files include one another too deep",
                             "expected at most 16 inside one another", err);
    return LAZ_OK;
}

/* The rules of the other text as if they stood here. */
static enum laz_status read_included(struct laz_yara *y, const struct laz_source *source,
                                     struct laz_error *err)
{
    struct laz_yara_includer here = {y->includer, y->source};
    struct laz_view rest = y->rest;
    const uint8_t *line_start = y->line_start;
    uint32_t line = y->line, source_text = y->source_text, name;
    enum laz_status s;

    if (!laz_source_add(y->set, source, &name))
        return laz_ruleset_failed(y->set, err);
    y->includer = &here;
    s = read_text(y, source, name, err);
    y->includer = here.outer;
    y->source = here.source;
    y->source_text = source_text;
    y->rest = rest;
    y->line_start = line_start;
    y->line = line;
    if (s == LAZ_OK)
        laz_yara_advance(y); /* the word behind the name */
    return s;
}

static enum laz_status take_include(struct laz_yara *y, struct laz_error *err)
{
    struct laz_source source = {.name = ""};
    uint8_t name[INCLUDE_NAME_MAX];
    size_t len;
    enum laz_status s;

    laz_yara_advance(y);
    if (y->word.kind != LAZ_YARA_TEXT)
        return laz_yara_expected(y, "the name of a file in quotes", err);
    if (!laz_yara_unescape_into(y->word.text, name, sizeof name, &len) || len == 0)
        return laz_yara_fail(y, LAZ_INVALID, "names no file", "expected a path in quotes", err);
    if (y->options->include == NULL)
        return laz_yara_fail(y, LAZ_UNSUPPORTED, "nothing can be included here",
                             "name the file as a source of its own", err);
    if (!y->options->include(y->options->context, y->source, laz_view_from(name, len), &source))
        return laz_yara_fail(y, LAZ_INVALID, "the file to include cannot be read",
                             "its path counts from the file that includes it", err);
    s = check_depth(y, &source, err);
    return s == LAZ_OK ? read_included(y, &source, err) : s;
}

static enum laz_status take_one(struct laz_yara *y, struct laz_error *err)
{
    y->is_behind_rule = false;
    laz_yara_say_rule(y, laz_view_first(y->rest, 0));
    if (laz_yara_is(y, "import"))
        return take_import(y, err);
    if (laz_yara_is(y, "include"))
        return take_include(y, err);
    if (laz_yara_is(y, "rule") || laz_yara_is(y, "private") || laz_yara_is(y, "global"))
        return laz_yara_rule(y, err);
    return laz_yara_expected(y, "a rule", err);
}

static bool take_keyword(struct laz_view *line, const char *word)
{
    struct laz_view rest = *line;

    if (!laz_view_starts(rest, laz_view_of(word)) || !laz_skip(&rest, strlen(word)) ||
        rest.len == 0 || (rest.data[0] != ' ' && rest.data[0] != '\t' && rest.data[0] != '"'))
        return false;
    *line = laz_view_trim(rest);
    return true;
}

/* Whether a rule, an import or an include begins with the line. */
static bool begins_rule(struct laz_view text)
{
    struct laz_view line = laz_view_trim(laz_view_first(text, laz_view_find_byte(text, '\n')));

    while (take_keyword(&line, "private") || take_keyword(&line, "global"))
        ;
    return take_keyword(&line, "rule") || take_keyword(&line, "import") ||
           take_keyword(&line, "include");
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

/* Goes on where the next rule begins, behind the line on which the one that failed began. */
static void skip_rule(struct laz_yara *y, uint32_t failed_line)
{
    struct laz_view from_line =
        laz_view_from(y->line_start, (size_t)(y->rest.data - y->line_start) + y->rest.len);
    struct laz_view line;
    bool is_comment = false;

    if (y->line > failed_line && begins_rule(from_line)) { /* something was missing before it */
        y->rest = from_line;
        laz_yara_advance(y);
        return;
    }
    while (laz_take_until(&y->rest, '\n', &line)) {
        y->line++;
        y->line_start = y->rest.data;
        is_comment = stays_in_comment(line, is_comment);
        if (!is_comment && begins_rule(y->rest))
            break;
    }
    laz_yara_advance(y);
}

/* What is wrong with a rule; memory and limits are not. */
static bool can_be_skipped(const struct laz_yara *y, enum laz_status s)
{
    return (s == LAZ_UNSUPPORTED || s == LAZ_INVALID) && y->options->skipped != NULL;
}

static enum laz_status take_all(struct laz_yara *y, struct laz_error *err)
{
    laz_yara_advance(y);
    while (y->word.kind != LAZ_YARA_END) {
        struct laz_ruleset_mark mark = laz_ruleset_mark(y->set);
        uint32_t line = y->word.line;
        struct laz_error why;
        enum laz_status s = take_one(y, &why);

        if (can_be_skipped(y, s)) {
            laz_ruleset_rewind(y->set, mark);
            y->options->skipped(y->options->context, &why);
            if (!y->is_behind_rule)
                skip_rule(y, line);
        } else if (s != LAZ_OK) {
            if (err != NULL)
                *err = why;
            return s;
        }
    }
    return LAZ_OK;
}

static enum laz_status read_text(struct laz_yara *y, const struct laz_source *source,
                                 uint32_t source_text, struct laz_error *err)
{
    y->source = source;
    y->source_text = source_text;
    y->rest = source->text;
    y->line_start = source->text.data;
    y->line = 1;
    if (laz_view_starts(y->rest, laz_view_of("\xef\xbb\xbf"))) /* a byte order mark */
        y->rest = laz_view_from_offset(y->rest, 3);
    return take_all(y, err);
}

/* The name space with this name, or a new one that nobody else has. */
static uint32_t find_space(struct laz_ruleset *set, const struct laz_source *source)
{
    struct laz_name_space *item;

    for (uint32_t i = 1; source->name_space != NULL && i < set->name_spaces.count; i++)
        if (strcmp(laz_ruleset_text_at(
                       set, laz_list_at(struct laz_name_space, &set->name_spaces, i)->name),
                   source->name_space) == 0)
            return i;
    item = laz_list_add(set, &set->name_spaces, sizeof *item);
    if (item != NULL)
        item->name = laz_ruleset_text(
            set, laz_view_of(source->name_space != NULL ? source->name_space : source->name));
    return (uint32_t)(set->name_spaces.count - 1);
}

enum laz_status laz_yara_read(struct laz_ruleset *set, const struct laz_source *source,
                              const struct laz_source_options *options, uint32_t source_text,
                              struct laz_error *err)
{
    struct laz_yara *y = calloc(1, sizeof *y);
    enum laz_status s;

    if (y == NULL)
        return laz_fail(err, LAZ_NOMEM, "rule", source->name, "no memory", "");
    y->set = set;
    y->options = options;
    y->name_space = find_space(set, source);
    s = laz_ruleset_failed(set, err);
    if (s == LAZ_OK)
        s = read_text(y, source, source_text, err);
    free(y->string_names.items);
    free(y);
    return s;
}
