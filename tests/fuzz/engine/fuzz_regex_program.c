/* A program of an expression from anybody, as it may stand in a database: it is refused, or walked
 * without harm. Two bytes of length, the program, then the text. */
#include "base/status.h"
#include "match/regex.h"

#define STEPS_MAX 100000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct ends {
    const struct laz_regex_walk *walk;
    uint64_t count;
};

static bool note_end(void *context, uint64_t end)
{
    struct ends *ends = context;

    LAZ_ASSERT(end <= ends->walk->text.len);
    return ++ends->count < 1000;
}

static void walk_all_ways(struct laz_view program, struct laz_view text,
                          struct laz_regex_scratch *s)
{
    for (unsigned way = 0; way < 4; way++) {
        struct laz_regex_walk walk = {program, text, text.len, way % 2 == 1, way >= 2};
        struct ends ends = {&walk, 0};
        uint64_t steps_left = STEPS_MAX, end;

        for (uint64_t at = 0; at <= text.len && at < 8; at++)
            if (laz_regex_run(&walk, at, s, &steps_left, &end))
                LAZ_ASSERT(end <= text.len);
        laz_regex_run_all(&walk, text.len / 2, s, &steps_left, note_end, &ends);
        LAZ_ASSERT(laz_regex_candidate(program, text, way) <= text.len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct laz_regex_scratch *s;
    struct laz_view rest = laz_view_from(data, size), program;
    uint64_t steps_left = STEPS_MAX;
    uint16_t len;

    if (s == NULL)
        s = laz_regex_scratch_new();
    LAZ_ASSERT(s != NULL);
    if (!laz_take_u16le(&rest, &len) || !laz_take(&rest, len, &program) ||
        !laz_regex_check(program))
        return 0;
    laz_regex_forget(s);
    rest = laz_view_first(rest, 300);
    laz_ignore(laz_regex_search(program, rest, s, &steps_left)); /* either may be right */
    walk_all_ways(program, rest, s);
    return 0;
}
