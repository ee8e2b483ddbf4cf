#include "case_conditions.h"

#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"

#define RULE_MAX (1024 * KIB)

/* The first warning that was told. */
struct told {
    bool any;
    struct laz_error first;
};

static void note(void *context, const struct laz_error *why)
{
    struct told *told = context;

    if (!told->any)
        told->first = *why;
    told->any = true;
}

static void add(struct laz_buf *b, struct laz_view v)
{
    laz_ignore(laz_buf_add(b, v)); /* the buffer is large enough */
}

static uint32_t count_lines(struct laz_view v)
{
    uint32_t count = 0;

    for (size_t i = 0; i < v.len; i++)
        count += v.data[i] == '\n';
    return count;
}

/* The rule, and the line on which its condition stands. */
static uint32_t make_rule(const struct case_conditions *c, const char *before,
                          struct laz_view condition, const char *behind, struct laz_buf *out)
{
    uint32_t line;

    add(out, c->prelude);
    add(out, laz_view_of("rule t {\n"));
    if (c->strings.len > 0)
        add(out, laz_view_of("strings:\n"));
    add(out, c->strings);
    add(out, laz_view_of("condition:\n"));
    line = count_lines(laz_buf_view(out)) + 1;
    add(out, laz_view_of(before));
    add(out, condition);
    add(out, laz_view_of(behind));
    add(out, laz_view_of(" }\n"));
    return line;
}

static enum laz_status build(const struct case_conditions *c, struct engine *e,
                             struct laz_view text, struct told *told, struct laz_error *err)
{
    struct laz_source source = {.name = "t.yar", .text = text};
    struct laz_source_options options = *c->options;

    options.warned = note;
    options.context = told;
    return engine_build(e, &source, 1, &options, err);
}

static bool fires(const struct case_conditions *c, struct engine *e, bool *out)
{
    struct laz_buf names;
    enum laz_status s;

    laz_buf_init(&names, MIB);
    e->input = c->input;
    s = engine_scan(e, c->object, c->target, NULL, &names);
    *out = laz_view_find(laz_buf_view(&names), laz_view_of("t\n")) < names.len;
    laz_buf_clear(&names);
    return s == LAZ_OK;
}

static void check_truth(const struct case_conditions *c, struct laz_view condition,
                        const char *before, const char *behind, bool wanted, char *problem,
                        size_t size)
{
    struct engine e;
    struct told told = {.any = false};
    struct laz_error err;
    struct laz_buf text;
    bool is_true;

    laz_buf_init(&text, RULE_MAX);
    make_rule(c, before, condition, behind, &text);
    if (build(c, &e, laz_buf_view(&text), &told, &err) != LAZ_OK) {
        laz_error_text(&err, problem, size);
    } else {
        if (!fires(c, &e, &is_true))
            snprintf(problem, size, "was not matched to the end");
        else if (is_true != wanted)
            snprintf(problem, size, "is %s", is_true ? "true" : "not true");
        engine_clear(&e);
    }
    laz_buf_clear(&text);
}

/* what: COLUMN WHY */
static void check_told(const struct case_conditions *c, struct laz_view what,
                       struct laz_view condition, bool is_warning, char *problem, size_t size)
{
    struct told told = {.any = false};
    struct laz_error err = {.status = LAZ_OK};
    const struct laz_error *got = is_warning ? &told.first : &err;
    struct laz_view column;
    struct engine e;
    struct laz_buf text;
    uint64_t n = 0;
    uint32_t line;
    bool is_built;

    laz_buf_init(&text, RULE_MAX);
    line = make_rule(c, "", condition, "", &text);
    is_built = build(c, &e, laz_buf_view(&text), &told, &err) == LAZ_OK;
    if (is_built)
        engine_clear(&e);
    laz_buf_clear(&text);
    if (!laz_take_until(&what, ' ', &column) || !laz_parse_u64(column, 10000, &n))
        snprintf(problem, size, "has no column");
    else if (is_built != is_warning)
        snprintf(problem, size, is_built ? "was not refused" : "was refused: %s", err.why);
    else if (is_warning && !told.any)
        snprintf(problem, size, "nothing was told");
    else if (got->line != line || got->column != n || !laz_view_equal_text(what, got->why))
        snprintf(problem, size, "%u:%u (of line %u): %s", got->line, got->column, line, got->why);
}

static void check_line(const struct case_conditions *c, struct laz_view line, char *problem,
                       size_t size)
{
    size_t bar = laz_view_find(line, laz_view_of(" | "));
    struct laz_view head = laz_view_first(line, bar), word;
    struct laz_view condition = laz_view_from_offset(line, bar + 3);

    problem[0] = '\0';
    if (bar == line.len || !laz_take_until(&head, ' ', &word))
        snprintf(problem, size, "expected WHAT | CONDITION");
    else if (laz_view_equal_text(word, "true") || laz_view_equal_text(word, "false"))
        check_truth(c, condition, "", "", laz_view_equal_text(word, "true"), problem, size);
    else if (laz_view_equal_text(word, "undefined"))
        check_truth(c, condition, "not defined (", ")", true, problem, size);
    else if (laz_view_equal_text(word, "refused") || laz_view_equal_text(word, "warned"))
        check_told(c, head, condition, laz_view_equal_text(word, "warned"), problem, size);
    else
        snprintf(problem, size, "expected true, false, undefined, refused or warned");
}

void case_conditions_run(const struct case_conditions *c, struct laz_view body,
                         case_report_fn *report, void *context)
{
    struct laz_view line;
    char problem[1400];

    while (laz_take_until(&body, '\n', &line)) {
        line = laz_view_trim(line);
        if (line.len == 0 || line.data[0] == '#')
            continue;
        check_line(c, line, problem, sizeof problem);
        report(context, line, problem);
    }
}
