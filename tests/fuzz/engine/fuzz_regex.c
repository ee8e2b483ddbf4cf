/* An expression and a text from anybody: one byte of flags, the expression up to a NUL, the text.
 * What is taken becomes programs that fit, and a search finds what some walk finds. */
#include <string.h>

#include "base/buf.h"
#include "rules/regex.h"

#define EXPRESSION_MAX 200
#define TEXT_MAX       300
#define STEPS_MAX      200000
#define PROGRAM_MAX    ((size_t)4 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct laz_regex_scratch *scratch(void)
{
    static struct laz_regex_scratch *s;

    if (s == NULL)
        s = laz_regex_scratch_new();
    LAZ_ASSERT(s != NULL);
    return s;
}

static bool ignore_end(void *context, uint64_t end)
{
    return end < *(const uint64_t *)context; /* goes on until the last byte */
}

/* The programs for what stands around a node. */
static void emit_parts(const struct laz_regex_tree *tree, struct laz_view text)
{
    uint64_t last = text.len;

    for (uint32_t node = 1; node < tree->count && node < 20; node++) {
        for (unsigned part = LAZ_REGEX_WHOLE; part <= LAZ_REGEX_BEFORE; part++) {
            LAZ_OWNED(laz_buf_drop) struct laz_buf code = {.max = PROGRAM_MAX};
            uint64_t steps_left = STEPS_MAX / 100;
            struct laz_regex_walk walk = {.text = text, .reach_max = 100, .wide = node % 2 == 0};

            if (!laz_regex_emit(&code, tree, node, part))
                continue;
            LAZ_ASSERT(laz_regex_check(laz_buf_view(&code)));
            walk.program = laz_buf_view(&code);
            walk.back = part == LAZ_REGEX_BEFORE;
            laz_regex_forget(scratch());
            laz_regex_run_all(&walk, text.len / 2, scratch(), &steps_left, ignore_end, &last);
        }
    }
}

static bool some_walk_ends(struct laz_view program, struct laz_view text, uint64_t *steps_left)
{
    struct laz_regex_walk walk = {.program = program, .text = text, .reach_max = text.len};
    uint64_t end;

    for (uint64_t at = 0; at<text.len && * steps_left> 0; at++) {
        if (laz_regex_run(&walk, at, scratch(), steps_left, &end)) {
            LAZ_ASSERT(end >= at && end <= text.len);
            return true;
        }
    }
    return false;
}

static void compare(struct laz_view program, struct laz_view text)
{
    uint64_t search_left = STEPS_MAX, walks_left = STEPS_MAX;
    bool found, walked;

    LAZ_ASSERT(laz_regex_check(program));
    laz_regex_forget(scratch());
    found = laz_regex_search(program, text, scratch(), &search_left);
    walked = some_walk_ends(program, text, &walks_left);
    if (search_left > 0 && walks_left > 0)
        LAZ_ASSERT(found == walked);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct laz_view rest = laz_view_from(data, size), expression;
    LAZ_OWNED(laz_buf_drop) struct laz_buf code = {.max = PROGRAM_MAX};
    struct laz_regex_problem problem;
    struct laz_regex_tree tree;
    uint8_t flags;

    if (!laz_take_u8(&rest, &flags) || !laz_take_until(&rest, 0, &expression) ||
        expression.len > EXPRESSION_MAX)
        return 0;
    rest = laz_view_first(rest, TEXT_MAX);
    if (laz_regex_parse(expression, (struct laz_regex_flags){flags & 1, flags & 2}, &tree,
                        &problem) != LAZ_OK) {
        LAZ_ASSERT(problem.why != NULL && problem.at <= expression.len);
        return 0;
    }
    emit_parts(&tree, rest);
    if (laz_regex_emit(&code, &tree, tree.root, LAZ_REGEX_WHOLE))
        compare(laz_buf_view(&code), rest);
    laz_regex_clear(&tree);
    return 0;
}
