/* Prints where the strings of rules stand: for each object a line "== NAME", and for each string of
 * each rule that fires "RULE NUMBER OFFSET:LENGTH", in their order.
 * usage: engine_places RULES OBJECT... */
#include <stdlib.h>

#include "base/number.h"
#include "engine.h"
#include "match/matcher_priv.h"
#include "sys/fd.h"

#define SOURCE_MAX ((size_t)64 * MIB)
#define OBJECT_MAX ((size_t)1024 * MIB)

struct run {
    const struct engine *engine;
};

static bool is_called(const struct laz_database *db, const struct laz_rule *rule, const char *name)
{
    return strcmp(laz_database_text(db, rule->name), name) == 0;
}

static void print_places(struct laz_matcher *m, const struct laz_rule *rule, const char *name)
{
    for (uint32_t i = 0; i < rule->pattern_count; i++) {
        const struct laz_places *places = laz_matcher_places(m, rule->pattern_first + i);

        for (uint32_t j = 0; j < places->count; j++)
            printf("%s %u %llu:%llu\n", name, i, (unsigned long long)places->items[j].offset,
                   (unsigned long long)places->items[j].len);
    }
}

static bool rule_fired(void *context, const struct laz_hit *hit)
{
    const struct run *run = context;

    for (uint32_t i = 0; i < run->engine->db->rule_count; i++) {
        struct laz_rule rule = laz_database_rule(run->engine->db, i);

        if (is_called(run->engine->db, &rule, hit->name))
            print_places(run->engine->matcher, &rule, hit->name);
    }
    return true;
}

static bool scan(const struct engine *e, const char *path)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf bytes = {.max = OBJECT_MAX};
    struct laz_match_limits limits = {.steps_max = UINT64_MAX / 2, .matches_max = 1000000};
    struct laz_match_object object = {.target = LAZ_TARGET_ANY};
    struct run run = {e};
    struct laz_error err;
    enum laz_status s = laz_read_file(path, &bytes, &err);

    object.bytes = laz_buf_view(&bytes);
    printf("== %s\n", path);
    if (s == LAZ_OK)
        s = laz_matcher_run(e->matcher, &object, &limits, rule_fired, &run);
    if (s != LAZ_OK)
        printf("failed: %s\n", laz_status_name(s));
    return s == LAZ_OK;
}

int main(int argc, char **argv)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf text = {.max = SOURCE_MAX};
    struct laz_source_options options = {.skipped = NULL};
    struct laz_source source = {.name = argc > 1 ? argv[1] : ""};
    struct laz_error err;
    struct engine e;
    char line[1300];
    bool ok = true;

    if (argc < 2 || laz_read_file(argv[1], &text, &err) != LAZ_OK) {
        fprintf(stderr, "usage: engine_places RULES OBJECT...\n");
        return 2;
    }
    source.text = laz_buf_view(&text);
    if (engine_build(&e, &source, 1, &options, &err) != LAZ_OK) {
        laz_error_text(&err, line, sizeof line);
        printf("refused: %s\n", line);
        return 1;
    }
    for (int i = 2; i < argc; i++)
        ok = scan(&e, argv[i]) && ok;
    engine_clear(&e);
    return ok ? 0 : 1;
}
