#include "case_signatures.h"

#include <stdio.h>
#include <string.h>

#include "base/number.h"

#define LINE_MAX_LEN (1024 * KIB)
#define SOURCES_MAX  9

/* The list of one line, and the others. */
static bool has_semicolons(const char *ending)
{
    return strcmp(ending, "ldb") == 0 || strcmp(ending, "crb") == 0;
}

static enum laz_status build(const struct case_signatures *c, struct engine *e,
                             struct laz_view signature, struct laz_error *err)
{
    struct laz_source sources[SOURCES_MAX];
    struct laz_source_options options = {.want_unwanted = true};
    char name[32];
    struct laz_buf text;
    enum laz_status s;

    snprintf(name, sizeof name, "t.%s", c->ending);
    laz_buf_init(&text, LINE_MAX_LEN);
    /* the buffer is large enough */
    laz_ignore(laz_buf_add_text(&text, has_semicolons(c->ending) ? "T;" : "T:"));
    laz_ignore(laz_buf_add(&text, signature));
    laz_ignore(laz_buf_add_u8(&text, '\n'));
    LAZ_ASSERT(c->other_count < SOURCES_MAX);
    memcpy(sources, c->others, c->other_count * sizeof *sources);
    sources[c->other_count] = (struct laz_source){.name = name, .text = laz_buf_view(&text)};
    s = engine_build(e, sources, c->other_count + 1, &options, err);
    laz_buf_clear(&text);
    return s;
}

static void check_found(const struct case_signatures *c, struct laz_view signature, bool wanted,
                        char *problem, size_t size)
{
    struct engine e;
    struct laz_error err;
    struct laz_buf names;
    bool is_found;

    if (build(c, &e, signature, &err) != LAZ_OK) {
        laz_error_text(&err, problem, size);
        return;
    }
    laz_buf_init(&names, MIB);
    if (engine_scan(&e, c->object, c->target, NULL, &names) != LAZ_OK)
        snprintf(problem, size, "was not matched to the end");
    is_found = laz_view_find(laz_buf_view(&names), laz_view_of("T\n")) < names.len;
    if (problem[0] == '\0' && is_found != wanted)
        snprintf(problem, size, is_found ? "is found" : "is not found");
    laz_buf_clear(&names);
    engine_clear(&e);
}

/* what: COLUMN WHY */
static void check_refused(const struct case_signatures *c, struct laz_view what,
                          struct laz_view signature, char *problem, size_t size)
{
    struct engine e;
    struct laz_error err = {.status = LAZ_OK};
    struct laz_view column;
    uint64_t n = 0;

    if (!laz_take_until(&what, ' ', &column) || !laz_parse_u64(column, LINE_MAX_LEN, &n)) {
        snprintf(problem, size, "has no column");
    } else if (build(c, &e, signature, &err) == LAZ_OK) {
        engine_clear(&e);
        snprintf(problem, size, "was not refused");
    } else if (err.line != 1 || err.column != n + 2 || !laz_view_equal_text(what, err.why)) {
        snprintf(problem, size, "%u: %s", err.column - 2, err.why);
    }
}

static void check_line(const struct case_signatures *c, struct laz_view line, char *problem,
                       size_t size)
{
    size_t bar = laz_view_find(line, laz_view_of(" | "));
    struct laz_view head = laz_view_first(line, bar), word;
    struct laz_view signature = laz_view_from_offset(line, bar + 3);

    problem[0] = '\0';
    if (bar == line.len || !laz_take_until(&head, ' ', &word))
        snprintf(problem, size, "expected WHAT | SIGNATURE");
    else if (laz_view_equal_text(word, "refused"))
        check_refused(c, head, signature, problem, size);
    else if (laz_view_equal_text(word, "found") || laz_view_equal_text(word, "absent"))
        check_found(c, signature, laz_view_equal_text(word, "found"), problem, size);
    else
        snprintf(problem, size, "expected found, absent or refused");
}

void case_signatures_run(const struct case_signatures *c, struct laz_view body,
                         case_report_fn *report, void *context)
{
    char problem[1200];
    struct laz_view line;

    while (laz_take_until(&body, '\n', &line)) {
        if (line.len == 0 || line.data[0] == '#')
            continue;
        check_line(c, line, problem, sizeof problem);
        report(context, line, problem);
    }
}
