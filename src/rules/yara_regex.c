#include <ctype.h>

#include "rules/regex.h"
#include "rules/yara_priv.h"

/* Letters and digits behind a backslash that mean nothing but themselves. */
static void warn_of_escapes(const struct laz_yara *y, struct laz_view text)
{
    static const char known[] = "ntrfaxwWsSdDbB";

    for (size_t i = 0; i + 1 < text.len; i++) {
        uint8_t c = text.data[i + 1];

        if (text.data[i] != '\\')
            continue;
        if (isalnum(c) && memchr(known, c, sizeof known - 1) == NULL)
            laz_yara_warn(y, &y->word, "unknown escape sequence", "the letter stands for itself");
        i++;
    }
}

enum laz_status laz_yara_take_regex(struct laz_yara *y, struct laz_view *text,
                                    struct laz_regex_flags *flags, struct laz_error *err)
{
    struct laz_view rest = y->rest;
    size_t len = 0;

    *flags = (struct laz_regex_flags){false, false};
    while (len < rest.len && rest.data[len] != '/' && rest.data[len] != '\n')
        len += rest.data[len] == '\\' ? 2 : 1;
    if (len >= rest.len || rest.data[len] != '/')
        return laz_yara_fail(y, LAZ_INVALID, "expected '/' at the end of the expression", "", err);
    *text = laz_view_first(rest, len);
    if (y->options->warns_of_escapes)
        warn_of_escapes(y, *text);
    rest = laz_view_from_offset(rest, len + 1);
    while (rest.len > 0 && (rest.data[0] == 'i' || rest.data[0] == 's')) {
        flags->nocase = flags->nocase || rest.data[0] == 'i';
        flags->dot_all = flags->dot_all || rest.data[0] == 's';
        rest = laz_view_from_offset(rest, 1);
    }
    y->rest = rest;
    return LAZ_OK;
}

static void warn_slow(const struct laz_yara *y, const struct laz_regex_tree *tree, bool nocase,
                      const struct laz_pattern *pattern)
{
    struct laz_yara_word at = {.line = pattern->line, .column = pattern->column};
    char what[200];

    if (!y->options->warns_of_slow)
        return;
    snprintf(what, sizeof what,
             "%s contains .*, .+ or .{x,} consider using .{,N}, .{1,N} or {x,N} with a reasonable "
             "value for N",
             laz_ruleset_text_at(y->set, pattern->name));
    if (laz_yara_has_endless_dot(tree))
        laz_yara_warn(y, &at, what, "");
    if (laz_yara_is_slow_regex(tree, nocase))
        laz_yara_warn_slow(y, pattern);
}

/* Finds what is wrong in it before anything is kept of it. */
static enum laz_status check(const struct laz_yara *y, const struct laz_expression *e,
                             struct laz_view text, const struct laz_pattern *pattern,
                             struct laz_error *err)
{
    struct laz_regex_problem problem;
    struct laz_regex_tree tree;
    struct laz_regex_flags flags = {e->nocase, e->dot_all};
    enum laz_status s = laz_regex_parse(text, flags, &tree, &problem);
    bool is_mixed;

    if (s != LAZ_OK)
        return laz_fail_at(err, s, "rule", y->source->name, e->line,
                           e->column + 1 + (uint32_t)problem.at, problem.why, "");
    is_mixed = tree.has_greedy && tree.has_lazy;
    if (!is_mixed)
        warn_slow(y, &tree, e->nocase, pattern);
    laz_regex_clear(&tree);
    if (is_mixed) /* the length of a match is told from its atom on: both ways must agree */
        return laz_fail_at(err, LAZ_INVALID, "rule", y->source->name, e->line, e->column,
                           "expected quantifiers that are all greedy or all lazy",
                           "such as .* and .+, or .*? and .+?");
    return LAZ_OK;
}

static void add_body(struct laz_yara *y, uint32_t expression, const struct laz_yara_modifiers *m,
                     bool wide)
{
    struct laz_body *body = laz_list_add(y->set, &y->set->bodies, sizeof *body);

    if (body == NULL)
        return;
    *body = (struct laz_body){
        .is_regex = true,
        .expression = expression,
        .nocase = m->nocase,
        .fullword = m->fullword,
        .wide = wide,
        .ascii_too = m->ascii,
    };
}

enum laz_status laz_yara_regex(struct laz_yara *y, struct laz_pattern *pattern,
                               struct laz_error *err)
{
    struct laz_expression e = {.line = y->word.line, .column = y->word.column}, *item;
    struct laz_yara_modifiers m;
    struct laz_regex_flags flags;
    struct laz_view text;
    uint32_t expression = (uint32_t)y->set->expressions.count;
    enum laz_status s = laz_yara_take_regex(y, &text, &flags, err);

    if (s != LAZ_OK)
        return s;
    laz_yara_advance(y);
    s = laz_yara_take_modifiers(y, &m, LAZ_YARA_ON_REGEX, err);
    if (s != LAZ_OK)
        return s;
    pattern->is_private = m.is_private;
    e.nocase = flags.nocase || m.nocase;
    e.dot_all = flags.dot_all;
    s = check(y, &e, text, pattern, err);
    if (s != LAZ_OK)
        return s;
    e.text = laz_ruleset_text(y->set, text);
    e.text_len = (uint32_t)text.len;
    item = laz_list_add(y->set, &y->set->expressions, sizeof *item);
    if (item != NULL)
        *item = e;
    if (m.ascii)
        add_body(y, expression, &m, false);
    if (m.wide)
        add_body(y, expression, &m, true);
    return laz_ruleset_failed(y->set, err);
}
