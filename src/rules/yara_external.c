#include <stdlib.h>

#include "rules/regex.h"
#include "rules/yara_priv.h"

#define PROGRAM_MAX ((size_t)4 << 20)

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static bool equal(const uint8_t *a, const uint8_t *b, size_t len, bool nocase)
{
    for (size_t i = 0; i < len; i++)
        if (nocase ? lower(a[i]) != lower(b[i]) : a[i] != b[i])
            return false;
    return true;
}

struct comparison {
    const char *name;
    bool nocase, at_start, at_end, is_negated;
};

static const struct comparison comparisons[] = {
    {"==", false, true, true, false},          {"!=", false, true, true, true},
    {"iequals", true, true, true, false},      {"contains", false, false, false, false},
    {"icontains", true, false, false, false},  {"startswith", false, true, false, false},
    {"istartswith", true, true, false, false}, {"endswith", false, false, true, false},
    {"iendswith", true, false, true, false},
};

static const struct comparison *take_comparison(struct laz_yara *y)
{
    for (size_t i = 0; i < sizeof comparisons / sizeof *comparisons; i++)
        if (laz_yara_take(y, comparisons[i].name))
            return &comparisons[i];
    return NULL;
}

static bool compare(const struct comparison *c, struct laz_view text, struct laz_view part)
{
    size_t first, last;
    bool is_there = false;

    if (part.len > text.len || (c->at_start && c->at_end && part.len != text.len))
        return c->is_negated;
    first = c->at_end ? text.len - part.len : 0;
    last = c->at_start ? 0 : text.len - part.len;
    for (size_t at = first; !is_there && at <= last; at++)
        is_there = equal(text.data + at, part.data, part.len, c->nocase);
    return is_there != c->is_negated;
}

/* The text on the right side: in quotes, or another external. */
static enum laz_status take_right(struct laz_yara *y, const struct comparison *c,
                                  struct laz_view text, bool *holds, struct laz_error *err)
{
    const struct laz_source_options *o = y->options;
    struct laz_external other;
    uint8_t *bytes;
    size_t len;

    if (y->word.kind == LAZ_YARA_NAME &&
        laz_external_find(o->externals, o->external_count, y->word.text, &other) &&
        other.kind == LAZ_EXTERNAL_TEXT) {
        *holds = compare(c, text, other.text);
        laz_yara_advance(y);
        return LAZ_OK;
    }
    if (y->word.kind != LAZ_YARA_TEXT)
        return laz_yara_expected(y, "a text \"…\"", err);
    bytes = malloc(y->word.text.len + 1);
    if (bytes == NULL)
        return laz_yara_fail(y, LAZ_NOMEM, "no memory", "", err);
    if (!laz_yara_unescape(y->word.text, bytes, &len)) {
        free(bytes);
        return laz_yara_fail(y, LAZ_INVALID, "has an escape that means nothing",
                             "expected \\\\ \\\" \\n \\r \\t or \\xNN", err);
    }
    *holds = compare(c, text, laz_view_from(bytes, len));
    free(bytes);
    laz_yara_advance(y);
    return LAZ_OK;
}

/* Whether text matches the program, which is given all the time that it needs. */
static enum laz_status run_matches(struct laz_yara *y, struct laz_view program,
                                   struct laz_view text, bool *holds, struct laz_error *err)
{
    LAZ_OWNED(laz_regex_scratch_drop) struct laz_regex_scratch *s = laz_regex_scratch_new();
    uint64_t steps_left = UINT64_MAX;

    if (s == NULL)
        return laz_yara_fail(y, LAZ_NOMEM, "no memory", "", err);
    *holds = laz_regex_search(program, text, s, &steps_left);
    laz_yara_advance(y);
    return LAZ_OK;
}

static enum laz_status take_matches(struct laz_yara *y, struct laz_view text, bool *holds,
                                    struct laz_error *err)
{
    struct laz_yara_word slash = y->word;
    LAZ_OWNED(laz_buf_drop) struct laz_buf program = {.max = PROGRAM_MAX};
    struct laz_regex_problem problem;
    struct laz_regex_flags flags;
    struct laz_view expression;
    enum laz_status s;

    if (!laz_yara_is(y, "/"))
        return laz_yara_expected(y, "a regular expression /…/", err);
    s = laz_yara_take_regex(y, &expression, &flags, err);
    if (s != LAZ_OK)
        return s;
    s = laz_regex_compile(expression, flags, &program, &problem);
    if (s != LAZ_OK)
        return laz_fail_at(err, s, "rule", y->source->name, slash.line,
                           slash.column + 1 + (uint32_t)problem.at, problem.why, "");
    return run_matches(y, laz_buf_view(&program), text, holds, err);
}

static enum laz_status take_text_operator(struct laz_yara *y, struct laz_view text, bool *holds,
                                          struct laz_error *err)
{
    const struct comparison *c;

    if (laz_yara_take(y, "matches"))
        return take_matches(y, text, holds, err);
    c = take_comparison(y);
    if (c != NULL)
        return take_right(y, c, text, holds, err);
    *holds = text.len > 0; /* a text alone is true unless it is empty */
    return LAZ_OK;
}

bool laz_yara_is_external(const struct laz_yara *y)
{
    struct laz_external e;

    return y->word.kind == LAZ_YARA_NAME &&
           laz_external_find(y->options->externals, y->options->external_count, y->word.text, &e);
}

enum laz_status laz_yara_external(struct laz_yara *y, struct laz_yara_term *out,
                                  struct laz_error *err)
{
    struct laz_external e = {.kind = LAZ_EXTERNAL_TEXT};
    enum laz_status s = LAZ_OK;
    bool holds = false;

    LAZ_ASSERT(
        laz_external_find(y->options->externals, y->options->external_count, y->word.text, &e));
    out->type = e.kind == LAZ_EXTERNAL_NUMBER ? LAZ_YARA_IS_NUMBER : LAZ_YARA_IS_TRUTH;
    laz_yara_advance(y);
    if (e.kind == LAZ_EXTERNAL_TEXT) {
        s = take_text_operator(y, e.text, &holds, err);
        e.number = holds;
    }
    out->node = laz_node_add_number(y->set, e.number);
    return s;
}
