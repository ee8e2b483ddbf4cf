/* Runs the cases of each tests/cases/lists/NAME.cases: a list, and what must be found by it. Prints
 * TAP.
 *
 *   --- TITLE                a case begins
 *   list NAME [KIND]         a source; its lines follow, each behind "|"
 *   find TEXT = KIND NAME    what is found by a digest (HEX[:SIZE]), a URL, a host or an address
 *   miss TEXT                what is not
 *   tags TEXT = TAGS         the category that a find has
 *   left PLACE: WHY          an entry that is left out, in the order of the list: LINE:COLUMN
 *   refused PLACE: WHY       what fails where nothing may be left out
 *   canonical TEXT = URL     a URL in the form in which it is listed; "-" when it is none
 */
#include <dirent.h>
#include <stdlib.h>

#include "base/number.h"
#include "base/text.h"
#include "engine.h"
#include "match/lists.h"
#include "sys/fd.h"

#define SOURCES_MAX 4

struct run {
    struct laz_buf texts[SOURCES_MAX], left;
    char names[SOURCES_MAX][64], kinds[SOURCES_MAX][64];
    size_t count;
    size_t left_read;
    bool is_built;
    struct engine engine;
    char problem[600];
};

static bool problem(struct run *r, const char *what, struct laz_view v)
{
    snprintf(r->problem, sizeof r->problem, "%s: %.*s", what, (int)v.len, (const char *)v.data);
    return false;
}

static void place_of(const struct laz_error *err, char *out, size_t size)
{
    if (err->line > 0)
        snprintf(out, size, "%u:%u: %s", err->line, err->column, err->why);
    else
        snprintf(out, size, "%s", err->why);
}

static void keep_left(void *context, const struct laz_error *why)
{
    struct run *r = context;
    char place[400];

    place_of(why, place, sizeof place);
    laz_ignore(laz_buf_addf(&r->left, "%s\n", place)); /* it is large enough */
}

static void fill_sources(const struct run *r, struct laz_source *sources)
{
    for (size_t i = 0; i < r->count; i++)
        sources[i] = (struct laz_source){
            .name = r->names[i],
            .text = laz_buf_view(&r->texts[i]),
            .list = r->kinds[i][0] == '\0' ? NULL : r->kinds[i],
        };
}

static bool build(struct run *r)
{
    struct laz_source_options options = {
        .skipped = keep_left, .context = r, .now = "2026-01-01T00:00:00"};
    struct laz_source sources[SOURCES_MAX];
    struct laz_error err;

    if (r->is_built)
        return true;
    fill_sources(r, sources);
    r->is_built = engine_build(&r->engine, sources, r->count, &options, &err) == LAZ_OK;
    return r->is_built || problem(r, "does not build", laz_view_of(err.why));
}

static bool add_list(struct run *r, struct laz_view rest)
{
    struct laz_view name;

    if (r->count == SOURCES_MAX || !laz_take_until(&rest, ' ', &name))
        return problem(r, "no list", rest);
    snprintf(r->names[r->count], 64, "%.*s", (int)name.len, (const char *)name.data);
    snprintf(r->kinds[r->count++], 64, "%.*s", (int)rest.len, (const char *)rest.data);
    return true;
}

static bool find_digest(struct run *r, struct laz_view text, struct laz_known *known)
{
    struct laz_view digits;
    uint8_t digest[LAZ_DIGEST_SIZE_MAX];
    uint64_t size = 5;

    laz_ignore(!laz_take_until(&text, ':', &digits));    /* there is one */
    laz_ignore(!laz_parse_u64(text, UINT64_MAX, &size)); /* else it stays */
    for (unsigned kind = 0; kind < LAZ_DIGEST_KINDS; kind++)
        if (digits.len == 2 * laz_digest_size((enum laz_digest_kind)kind) &&
            laz_hex_decode(digits, digest, digits.len / 2))
            return laz_database_find_digest(r->engine.db, LAZ_HASH_FILE, (enum laz_digest_kind)kind,
                                            digest, size, known) ||
                   laz_database_find_digest(r->engine.db, LAZ_HASH_ALLOW,
                                            (enum laz_digest_kind)kind, digest, size, known);
    return false;
}

static bool find(struct run *r, struct laz_view text, struct laz_known *known)
{
    struct laz_url url;

    return find_digest(r, text, known) ||
           (laz_url_read(text, &url) && laz_database_find_url(r->engine.db, &url, known));
}

static bool split(struct laz_view *rest, struct laz_view *left)
{
    size_t at = laz_view_find(*rest, laz_view_of(" = "));

    *left = laz_view_first(*rest, at);
    *rest = laz_view_from_offset(*rest, at + 3);
    return left->len > 0;
}

static bool check_find(struct run *r, struct laz_view rest, bool tags)
{
    struct laz_view text;
    struct laz_known known;
    char found[512];

    if (!split(&rest, &text) || !build(r))
        return false;
    if (!find(r, text, &known))
        return problem(r, "not found", text);
    if (tags)
        snprintf(found, sizeof found, "%s", known.hit.tags);
    else
        snprintf(found, sizeof found, "%s %s", known.hit.kind, known.hit.name);
    return laz_view_equal_text(rest, found) || problem(r, "found instead", laz_view_of(found));
}

static bool check_miss(struct run *r, struct laz_view text)
{
    struct laz_known known;

    if (!build(r))
        return false;
    return !find(r, text, &known) || problem(r, "found", laz_view_of(known.hit.name));
}

static bool check_left(struct run *r, struct laz_view expected)
{
    struct laz_view all, line;

    if (!build(r))
        return false;
    all = laz_view_from_offset(laz_buf_view(&r->left), r->left_read);
    if (!laz_take_until(&all, '\n', &line))
        return problem(r, "nothing more was left out", expected);
    r->left_read += line.len + 1;
    return laz_view_equal(line, expected) || problem(r, "left out instead", line);
}

static bool check_refused(struct run *r, struct laz_view expected)
{
    struct laz_source_options options = {.now = "2026-01-01T00:00:00"};
    struct laz_source sources[SOURCES_MAX];
    struct laz_error err;
    struct engine e;
    char place[400];

    fill_sources(r, sources);
    if (engine_build(&e, sources, r->count, &options, &err) == LAZ_OK) {
        engine_clear(&e);
        return problem(r, "not refused", expected);
    }
    place_of(&err, place, sizeof place);
    return laz_view_equal_text(expected, place) || problem(r, "refused with", laz_view_of(place));
}

static bool check_canonical(struct run *r, struct laz_view rest)
{
    struct laz_view text;
    struct laz_url url;
    const char *found;

    if (!split(&rest, &text))
        return problem(r, "no URL", rest);
    found = laz_url_read(text, &url) ? url.text : "-";
    return laz_view_equal_text(rest, found) || problem(r, "is instead", laz_view_of(found));
}

static bool take_word(struct laz_view *v, const char *word)
{
    return laz_view_starts(*v, laz_view_of(word)) && laz_skip(v, strlen(word));
}

static bool run_line(struct run *r, struct laz_view line)
{
    if (line.len == 0)
        return true;
    if (take_word(&line, "|")) {
        laz_ignore(laz_buf_addf(&r->texts[r->count - 1], "%.*s\n", (int)line.len,
                                (const char *)line.data)); /* it is large enough */
        return true;
    }
    if (take_word(&line, "list "))
        return add_list(r, line);
    if (take_word(&line, "find "))
        return check_find(r, line, false);
    if (take_word(&line, "tags "))
        return check_find(r, line, true);
    if (take_word(&line, "miss "))
        return check_miss(r, line);
    if (take_word(&line, "left "))
        return check_left(r, line);
    if (take_word(&line, "refused "))
        return check_refused(r, line);
    if (take_word(&line, "canonical "))
        return check_canonical(r, line);
    return problem(r, "no line of a case", line);
}

/* The lines up to the next case; true when all of them hold. */
static bool run_case(struct laz_view *text, char *why, size_t size)
{
    struct run *r = calloc(1, sizeof *r);
    struct laz_view rest = *text, line;
    bool ok = true;

    LAZ_ASSERT(r != NULL);
    for (size_t i = 0; i < SOURCES_MAX; i++)
        laz_buf_init(&r->texts[i], MIB);
    laz_buf_init(&r->left, MIB);
    while (laz_take_until(&rest, '\n', &line) && !laz_view_starts(line, laz_view_of("--- "))) {
        ok = ok && run_line(r, line);
        *text = rest;
    }
    if (ok && r->left_read < r->left.len)
        ok = problem(r, "was left out too",
                     laz_view_from_offset(laz_buf_view(&r->left), r->left_read));
    snprintf(why, size, "%s", r->problem);
    if (r->is_built)
        engine_clear(&r->engine);
    for (size_t i = 0; i < SOURCES_MAX; i++)
        laz_buf_clear(&r->texts[i]);
    laz_buf_clear(&r->left);
    free(r);
    return ok;
}

static unsigned run_file(const char *path, const char *name, unsigned *number)
{
    struct laz_buf text;
    struct laz_view rest, title;
    unsigned failed = 0;

    laz_buf_init(&text, 4 * MIB);
    LAZ_ASSERT(laz_read_file(path, &text, NULL) == LAZ_OK);
    rest = laz_buf_view(&text);
    while (laz_take_until(&rest, '\n', &title)) {
        char why[600];
        bool ok;

        if (title.len == 0 || title.data[0] == '#')
            continue;
        ok = take_word(&title, "--- ") && run_case(&rest, why, sizeof why);
        printf("%s %u - %s: %.*s\n", ok ? "ok" : "not ok", ++*number, name, (int)title.len,
               (const char *)title.data);
        if (!ok)
            printf("# %s\n", why);
        failed += !ok;
    }
    laz_buf_clear(&text);
    return failed;
}

static int is_file_of_cases(const struct dirent *entry)
{
    return laz_view_ends_text(laz_view_of(entry->d_name), ".cases");
}

int main(int argc, char **argv)
{
    struct dirent **entries;
    int count = argc == 2 ? scandir(argv[1], &entries, is_file_of_cases, alphasort) : -1;
    unsigned failed = 0, number = 0;

    for (int i = 0; i < count; i++) {
        char path[4096];

        snprintf(path, sizeof path, "%s/%s", argv[1], entries[i]->d_name);
        failed += run_file(path, entries[i]->d_name, &number);
        free(entries[i]);
    }
    if (count > 0)
        free(entries);
    printf("1..%u\n", number);
    return failed > 0 || number == 0;
}
