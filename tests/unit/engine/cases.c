/* Runs each tests/cases/engine/NAME.case: sources, then objects with what must fire on them, or the
 * error with which the sources must be refused. Prints TAP.
 *
 *   === rule NAME           a source, as it stands
 *   === define NAME=VALUE   an external variable, before the rules' first check
 *   === input [TARGET]      one object, put together of lines: text "…", hex …, repeat N LINE
 *   === report              that of a Cuckoo sandbox, JSON, for the module cuckoo
 *   === values              what modules say of the object: case_values.h
 *   === prelude, strings    what each of the conditions that follow has before it
 *   === conditions          one a line: case_conditions.h; each counts as a test
 *   === signatures ENDING   ClamAV's, one a line: case_signatures.h; each counts as a test
 *   === expected            names, one a line, sorted; nothing when the object is clean
 *   === refused             where and what: NAME:LINE:COLUMN: why
 */
#include <dirent.h>
#include <stdlib.h>

#include "base/number.h"
#include "base/text.h"
#include "case_conditions.h"
#include "case_signatures.h"
#include "case_values.h"
#include "engine.h"
#include "sys/fd.h"

#define SOURCES_MAX 8
#define DEFINES_MAX 8
#define INPUT_MAX   (64 * MIB)
#define NOW         1700000000 /* what time.now() gives */

/* What was printed so far. */
struct tap {
    const char *file;
    unsigned number, failed;
};

struct test_case {
    struct tap *tap;
    struct case_conditions conditions;
    struct laz_view rest;
    struct laz_view title; /* of the section behind "=== " */
    struct laz_view body;
    struct laz_source sources[SOURCES_MAX];
    char names[SOURCES_MAX][64];
    size_t source_count;
    struct laz_external defines[DEFINES_MAX];
    struct laz_source_options options;
    struct laz_buf input, found;
    struct laz_view report;
    enum laz_target target;
    bool is_built;
    struct engine engine;
    struct laz_error err;
    char problem[1024];
};

static bool next_section(struct test_case *c)
{
    static const char mark[] = "=== ";
    struct laz_view line;
    size_t end;

    if (!laz_view_starts(c->rest, laz_view_of(mark)) || !laz_take_until(&c->rest, '\n', &line))
        return false;
    c->title = laz_view_from_offset(line, strlen(mark));
    end = laz_view_find(c->rest, laz_view_of("\n=== "));
    end = laz_view_starts(c->rest, laz_view_of(mark)) ? 0 : end < c->rest.len ? end + 1 : end;
    c->body = laz_view_first(c->rest, end);
    return laz_skip(&c->rest, end);
}

static bool take_prefix(struct laz_view *v, const char *prefix)
{
    return laz_view_starts(*v, laz_view_of(prefix)) && laz_skip(v, strlen(prefix));
}

static bool add_hex(struct laz_buf *b, struct laz_view digits)
{
    while (digits.len > 0) {
        uint8_t byte;

        digits = laz_view_trim(digits);
        if (!laz_hex_decode(laz_view_first(digits, 2), &byte, 1) || !laz_skip(&digits, 2))
            return false;
        laz_ignore(laz_buf_add_u8(b, byte)); /* the buffer is large enough */
    }
    return true;
}

static bool add_line(struct laz_buf *b, struct laz_view line)
{
    struct laz_view number;
    uint64_t times = 1;
    size_t start = b->len, len;

    if (take_prefix(&line, "repeat ") &&
        (!laz_take_until(&line, ' ', &number) || !laz_parse_u64(number, INPUT_MAX, &times)))
        return false;
    if (take_prefix(&line, "hex ")) {
        if (!add_hex(b, line))
            return false;
    } else if (!take_prefix(&line, "text \"") || line.len == 0) {
        return false;
    } else {
        laz_ignore(laz_buf_add(b, laz_view_first(line, line.len - 1))); /* large enough */
    }
    len = b->len - start;
    for (uint64_t i = 1; i < times; i++) {
        uint8_t *room;

        if (laz_buf_extend(b, len, &room) != LAZ_OK)
            return false;
        memcpy(room, b->data + start, len);
    }
    return true;
}

static bool set_problem(struct test_case *c, const char *what, struct laz_view detail)
{
    snprintf(c->problem, sizeof c->problem, "%s: %.*s", what, (int)detail.len,
             (const char *)detail.data);
    return false;
}

static bool add_source(struct test_case *c, struct laz_view name)
{
    if (c->source_count == SOURCES_MAX || name.len >= sizeof c->names[0])
        return set_problem(c, "too many sources", name);
    memcpy(c->names[c->source_count], name.data, name.len);
    c->sources[c->source_count].name = c->names[c->source_count];
    c->sources[c->source_count++].text = c->body;
    return true;
}

static bool add_define(struct test_case *c, struct laz_view text)
{
    if (c->options.external_count == DEFINES_MAX ||
        !laz_external_parse(text, &c->defines[c->options.external_count]))
        return set_problem(c, "no definition", text);
    c->options.externals = c->defines;
    c->options.external_count++;
    return true;
}

static bool build(struct test_case *c)
{
    char text[1200];

    if (c->is_built)
        return true;
    if (engine_build(&c->engine, c->sources, c->source_count, &c->options, &c->err) == LAZ_OK) {
        c->is_built = true;
        return true;
    }
    laz_error_text(&c->err, text, sizeof text);
    return set_problem(c, "does not compile", laz_view_of(text));
}

static bool read_input(struct test_case *c, struct laz_view target)
{
    struct laz_view rest = c->body, line;
    uint64_t number = 0;

    if (target.len > 0 && !laz_parse_u64(target, LAZ_TARGET_JAVA, &number))
        return set_problem(c, "no target", target);
    c->target = (enum laz_target)number;
    laz_buf_reset(&c->input);
    while (laz_take_until(&rest, '\n', &line))
        if (line.len > 0 && !add_line(&c->input, line))
            return set_problem(c, "no line of an input", line);
    return true;
}

static bool check_expected(struct test_case *c)
{
    if (!build(c))
        return false;
    laz_buf_reset(&c->found);
    c->engine.input.cuckoo = c->report;
    c->engine.input.now_s = NOW;
    if (engine_scan(&c->engine, laz_buf_view(&c->input), c->target, NULL, &c->found) != LAZ_OK)
        return set_problem(c, "was not matched to the end", c->body);
    if (laz_view_equal(laz_view_trim(laz_buf_view(&c->found)), laz_view_trim(c->body)))
        return true;
    return set_problem(c, "found instead", laz_buf_view(&c->found));
}

static bool check_values(struct test_case *c)
{
    struct laz_modules_input input = {
        .bytes = laz_buf_view(&c->input), .cuckoo = c->report, .now_s = NOW};
    struct laz_modules *m = NULL;
    bool ok;

    if (laz_modules_new(&m) != LAZ_OK)
        return set_problem(c, "no memory", c->title);
    laz_modules_start(m, &input);
    ok = case_values_check(m, c->body, c->problem, sizeof c->problem);
    laz_modules_free(m);
    return ok;
}

static void report(void *context, struct laz_view line, const char *problem)
{
    struct tap *tap = context;
    bool ok = problem[0] == '\0';

    printf("%s %u - %s\n", ok ? "ok" : "not ok", ++tap->number, tap->file);
    if (!ok)
        printf("# %.*s: %s\n", (int)line.len, (const char *)line.data, problem);
    tap->failed += !ok;
}

static bool check_conditions(struct test_case *c)
{
    c->conditions.object = laz_buf_view(&c->input);
    c->conditions.target = c->target;
    c->conditions.options = &c->options;
    c->conditions.input = (struct laz_modules_input){.cuckoo = c->report, .now_s = NOW};
    case_conditions_run(&c->conditions, c->body, report, c->tap);
    return true;
}

static bool check_signatures(struct test_case *c, struct laz_view ending)
{
    struct case_signatures signatures = {
        .object = laz_buf_view(&c->input),
        .target = c->target,
        .others = c->sources,
        .other_count = c->source_count,
    };
    char text[16];

    snprintf(text, sizeof text, "%.*s", (int)ending.len, (const char *)ending.data);
    signatures.ending = text;
    case_signatures_run(&signatures, c->body, report, c->tap);
    return true;
}

static bool check_refused(struct test_case *c)
{
    char place[1024];

    if (engine_build(&c->engine, c->sources, c->source_count, &c->options, &c->err) == LAZ_OK) {
        engine_clear(&c->engine);
        return set_problem(c, "was not refused", c->body);
    }
    if (c->err.line > 0)
        snprintf(place, sizeof place, "%s:%u:%u: %s", c->err.where, c->err.line, c->err.column,
                 c->err.why);
    else
        snprintf(place, sizeof place, "%s: %s", c->err.where, c->err.why);
    if (laz_view_equal_text(laz_view_trim(c->body), place))
        return true;
    return set_problem(c, "refused with", laz_view_of(place));
}

static bool run_sections(struct test_case *c)
{
    size_t check_count = 0;

    while (next_section(c)) {
        bool ok;

        if (take_prefix(&c->title, "rule ")) {
            ok = add_source(c, c->title);
        } else if (take_prefix(&c->title, "define ")) {
            ok = add_define(c, c->title);
        } else if (take_prefix(&c->title, "input")) {
            ok = read_input(c, laz_view_trim(c->title));
        } else if (laz_view_equal_text(c->title, "report")) {
            c->report = c->body;
            ok = true;
        } else if (laz_view_equal_text(c->title, "prelude")) {
            c->conditions.prelude = c->body;
            ok = true;
        } else if (laz_view_equal_text(c->title, "strings")) {
            c->conditions.strings = c->body;
            ok = true;
        } else if (take_prefix(&c->title, "signatures ")) {
            check_count++;
            ok = check_signatures(c, c->title);
        } else {
            check_count++;
            ok = laz_view_equal_text(c->title, "expected")     ? check_expected(c)
                 : laz_view_equal_text(c->title, "values")     ? check_values(c)
                 : laz_view_equal_text(c->title, "conditions") ? check_conditions(c)
                 : laz_view_equal_text(c->title, "refused")    ? check_refused(c)
                                                            : set_problem(c, "section", c->title);
        }
        if (!ok)
            return false;
    }
    return check_count > 0 && c->rest.len == 0 ? true
                                               : set_problem(c, "not a case from here", c->rest);
}

static bool run_case(const char *path, struct tap *tap, char *problem, size_t problem_size)
{
    struct test_case *c = calloc(1, sizeof *c);
    struct laz_buf text;
    struct laz_error err;
    bool ok;

    LAZ_ASSERT(c != NULL);
    c->tap = tap;
    laz_buf_init(&text, 4 * MIB);
    laz_buf_init(&c->input, INPUT_MAX);
    laz_buf_init(&c->found, MIB);
    ok = laz_read_file(path, &text, &err) == LAZ_OK;
    c->rest = laz_buf_view(&text);
    ok = ok && run_sections(c);
    snprintf(problem, problem_size, "%s", c->problem);
    if (c->is_built)
        engine_clear(&c->engine);
    laz_buf_clear(&c->input);
    laz_buf_clear(&c->found);
    laz_buf_clear(&text);
    free(c);
    return ok;
}

static int is_case(const struct dirent *entry)
{
    return laz_view_ends_text(laz_view_of(entry->d_name), ".case");
}

int main(int argc, char **argv)
{
    struct dirent **entries;
    struct tap tap = {.number = 0};
    int count = argc == 2 ? scandir(argv[1], &entries, is_case, alphasort) : -1;

    if (count <= 0) {
        printf("Bail out! no cases\n");
        return 1;
    }
    for (int i = 0; i < count; i++) {
        char path[4096], problem[1024];
        bool ok;

        tap.file = entries[i]->d_name;
        snprintf(path, sizeof path, "%s/%s", argv[1], tap.file);
        ok = run_case(path, &tap, problem, sizeof problem);
        printf("%s %u - %s\n", ok ? "ok" : "not ok", ++tap.number, tap.file);
        if (!ok)
            printf("# %s\n", problem);
        tap.failed += !ok;
        free(entries[i]);
    }
    printf("1..%u\n", tap.number);
    free(entries);
    return tap.failed > 0;
}
