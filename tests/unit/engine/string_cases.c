/* Runs the checks of each tests/cases/strings/NAME.strings: where strings of YARA's language stand,
 * or with what they are refused. Prints TAP.
 *
 *   STRING                         as in a rule behind "$a = ", at the start of a line
 *       "INPUT" OFFSET:LENGTH...   every place in INPUT, where \xNN, \n, \" and \\ stand for bytes;
 *                                  N*"…" repeats a part, and parts stand one behind the other
 *       ! COLUMN WHY               it is refused, at a column of STRING
 *   # a comment
 */
#include <dirent.h>
#include <stdlib.h>

#include "base/number.h"
#include "base/text.h"
#include "engine.h"
#include "sys/fd.h"

#define PREFIX    "rule r { strings: $a = "
#define SUFFIX    " condition: #a > 0 }\n"
#define INPUT_MAX MIB

struct checks {
    struct laz_view string;
    struct laz_buf rule, input, found;
    bool is_built;
    struct engine engine;
    struct laz_error err;
    unsigned count, failed;
};

static void report(struct checks *c, struct laz_view line, bool ok, const char *instead)
{
    c->count++;
    c->failed += !ok;
    printf("%s %u - %.*s: %.*s\n", ok ? "ok" : "not ok", c->count, (int)c->string.len,
           (const char *)c->string.data, (int)line.len, (const char *)line.data);
    if (!ok)
        printf("# instead: %s\n", instead);
}

static void build(struct checks *c)
{
    if (c->is_built)
        engine_clear(&c->engine);
    laz_buf_reset(&c->rule);
    LAZ_ASSERT(laz_buf_add_text(&c->rule, PREFIX) == LAZ_OK &&
               laz_buf_add(&c->rule, c->string) == LAZ_OK &&
               laz_buf_add_text(&c->rule, SUFFIX) == LAZ_OK);
    c->is_built =
        engine_build_text(&c->engine, "case.yar", laz_buf_text(&c->rule), &c->err) == LAZ_OK;
}

static void check_refusal(struct checks *c, struct laz_view line, struct laz_view expected)
{
    char found[400] = "it is taken";

    if (!c->is_built)
        snprintf(found, sizeof found, "%d %s", (int)c->err.column - (int)strlen(PREFIX),
                 c->err.why);
    report(c, line, laz_view_equal_text(laz_view_trim(expected), found), found);
}

static bool take_escaped(struct laz_view *v, uint8_t *c)
{
    struct laz_view digits;

    if (!laz_take_u8(v, c))
        return false;
    if (*c == 'n')
        *c = '\n';
    return *c != 'x' || (laz_take(v, 2, &digits) && laz_hex_decode(digits, c, 1));
}

/* "…", behind the number of times that it stands there. */
static bool add_quoted(struct laz_buf *b, struct laz_view *v, uint64_t times)
{
    size_t start = b->len, len;
    uint8_t c;

    while (laz_take_u8(v, &c) && c != '"') {
        if (c == '\\' && !take_escaped(v, &c))
            return false;
        LAZ_ASSERT(laz_buf_add_u8(b, c) == LAZ_OK);
    }
    len = b->len - start;
    for (uint64_t i = 1; i < times; i++) {
        uint8_t *room;

        LAZ_ASSERT(laz_buf_extend(b, len, &room) == LAZ_OK);
        memcpy(room, b->data + start, len);
    }
    return true;
}

/* All parts of the input; v is then what stands behind them. */
static bool take_input(struct laz_buf *b, struct laz_view *v)
{
    laz_buf_reset(b);
    for (;;) {
        size_t quote = laz_view_find_byte(*v, '"');
        struct laz_view number = laz_view_first(*v, quote);
        uint64_t times = 1;

        if (quote == v->len)
            return true;
        if (laz_view_ends_text(number, "*")) {
            number.len--;
            if (!laz_parse_u64(laz_view_trim(number), INPUT_MAX, &times))
                return false;
        }
        *v = laz_view_from_offset(*v, quote + 1);
        if (!add_quoted(b, v, times))
            return false;
    }
}

static bool rule_fired(void *context, const struct laz_hit *hit)
{
    struct checks *c = context;
    struct laz_pattern_places p;

    laz_matcher_pattern(c->engine.matcher, hit, 0, &p);
    for (uint32_t i = 0; i < p.count; i++)
        LAZ_ASSERT(laz_buf_addf(&c->found, "%s%llu:%llu", i > 0 ? " " : "",
                                (unsigned long long)p.places[i].offset,
                                (unsigned long long)p.places[i].len) == LAZ_OK);
    return true;
}

static void check_places(struct checks *c, struct laz_view line)
{
    struct laz_match_limits limits = {.want_places = true};
    struct laz_match_object object = {.target = LAZ_TARGET_ANY};
    struct laz_view rest = line;

    laz_buf_reset(&c->found);
    if (!c->is_built || !take_input(&c->input, &rest)) {
        report(c, line, false, c->is_built ? "no input" : c->err.why);
        return;
    }
    object.bytes = laz_buf_view(&c->input);
    if (laz_matcher_run(c->engine.matcher, &object, &limits, rule_fired, c) != LAZ_OK)
        LAZ_ASSERT(laz_buf_add_text(&c->found, "was not matched to the end") == LAZ_OK);
    report(c, line, laz_view_equal_text(laz_view_trim(rest), laz_buf_text(&c->found)),
           laz_buf_text(&c->found));
}

static void run_line(struct checks *c, struct laz_view line)
{
    struct laz_view text = laz_view_trim(line);

    if (text.len == 0 || text.data[0] == '#')
        return;
    if (line.data[0] != ' ') {
        c->string = text;
        build(c);
    } else if (text.data[0] == '!') {
        check_refusal(c, text, laz_view_from_offset(text, 1));
    } else {
        check_places(c, text);
    }
}

static void run_file(struct checks *c, const char *path)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf text = {.max = MIB};
    struct laz_view rest, line;

    LAZ_ASSERT(laz_read_file(path, &text, &c->err) == LAZ_OK);
    rest = laz_buf_view(&text);
    while (laz_take_until(&rest, '\n', &line))
        run_line(c, line);
}

static int is_of_strings(const struct dirent *entry)
{
    return laz_view_ends_text(laz_view_of(entry->d_name), ".strings");
}

int main(int argc, char **argv)
{
    struct checks c = {.rule = {.max = MIB}, .input = {.max = INPUT_MAX}, .found = {.max = MIB}};
    struct dirent **entries;
    int count = argc == 2 ? scandir(argv[1], &entries, is_of_strings, alphasort) : -1;

    for (int i = 0; i < count; i++) {
        char path[4096];

        snprintf(path, sizeof path, "%s/%s", argv[1], entries[i]->d_name);
        run_file(&c, path);
        free(entries[i]);
    }
    if (count > 0)
        free(entries);
    if (c.is_built)
        engine_clear(&c.engine);
    laz_buf_clear(&c.rule);
    laz_buf_clear(&c.input);
    laz_buf_clear(&c.found);
    printf("1..%u\n", c.count);
    return c.failed > 0 || c.count == 0;
}
