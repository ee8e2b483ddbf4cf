#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>

#include "engine.h"

static enum laz_status run(const char *rules, struct laz_view object,
                           const struct laz_match_limits *limits, char *out, size_t size)
{
    struct engine e;
    struct laz_buf found;
    enum laz_status s;

    assert_int_equal(engine_build_text(&e, "r.yar", rules, NULL), LAZ_OK);
    laz_buf_init(&found, 65536);
    s = engine_scan(&e, object, LAZ_TARGET_ANY, limits, &found);
    snprintf(out, size, "%s", laz_buf_text(&found));
    laz_buf_clear(&found);
    engine_clear(&e);
    return s;
}

static uint8_t *repeated(const char *text, size_t len)
{
    uint8_t *bytes = malloc(len);

    assert_non_null(bytes);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)text[i % strlen(text)];
    return bytes;
}

/* What a database would be refused for is refused when it is compiled, and costs its rule only. */
static void a_pattern_with_too_many_ways_is_refused_alone(void **state)
{
    struct laz_buf rules;
    struct engine e;
    struct laz_error err = {0};

    laz_buf_init(&rules, 65536);
    assert_int_equal(laz_buf_add_text(&rules, "rule r { strings: $a = { 41 42 43 44"), LAZ_OK);
    for (unsigned i = 0; i < 1500; i++)
        assert_int_equal(laz_buf_add_text(&rules, " (01 | 02 03)"), LAZ_OK);
    assert_int_equal(laz_buf_add_text(&rules, " } condition: $a }"), LAZ_OK);
    assert_int_not_equal(engine_build_text(&e, "r.yar", laz_buf_text(&rules), &err), LAZ_OK);
    assert_non_null(strstr(err.why, "too large"));
    laz_buf_clear(&rules);
}

static void a_search_that_runs_away_ends_as_a_limit(void **state)
{
    static const char rule[] =
        "rule r { strings: $a = { 41 [0-100] 42 [0-100] 43 [0-100] 44 [0-100] 45 } condition: $a }";
    struct laz_match_limits limits = {.steps_max = 1000};
    uint8_t *bytes = repeated("ABCD", 100000);
    char found[64];

    assert_int_equal(run(rule, laz_view_from(bytes, 100000), &limits, found, sizeof found),
                     LAZ_LIMIT);
    assert_string_equal(found, "");
    free(bytes);
}

static void gaps_cost_about_as_much_as_the_object_is_long(void **state)
{
    static const char rule[] =
        "rule r { strings: $a = { 41 42 43 [-] 44 45 46 [-] 47 48 49 [0-500] "
        "4A 4B 4C [-] 4D 4E 4F } condition: $a }";
    struct laz_match_limits limits = {.steps_max = 20 * 1000 * 1000};
    uint8_t *bytes = repeated("ABCDEFGHIJKL", 1200000);
    char found[64];

    assert_int_equal(run(rule, laz_view_from(bytes, 1200000), &limits, found, sizeof found),
                     LAZ_OK);
    assert_string_equal(found, "");
    free(bytes);
}

static void what_was_found_before_the_limit_stands(void **state)
{
    static const char rules[] =
        "rule sure { strings: $a = \"sure thing\" condition: $a }\n"
        "rule absent { strings: $a = \"sure thing\" $b = \"zzzz\" condition: $a and not $b }\n"
        "rule wild { strings: $a = { 41 [0-100] 42 [0-100] 43 [0-100] 44 [0-100] 45 } condition: "
        "$a "
        "}";
    struct laz_match_limits limits = {.steps_max = 1000};
    uint8_t *bytes = repeated("ABCD", 100000);
    char found[64];

    memcpy(bytes, "sure thing", 10);
    assert_int_equal(run(rules, laz_view_from(bytes, 100000), &limits, found, sizeof found),
                     LAZ_LIMIT);
    assert_string_equal(found, "sure\n"); /* nobody knows that $b is absent */
    free(bytes);
}

static void more_places_than_are_kept_leave_counts_unknown(void **state)
{
    struct laz_match_limits limits = {.matches_max = 10};
    uint8_t *bytes = repeated("key.", 400);
    char found[64];

    assert_int_equal(run("rule r { strings: $a = \"key.\" condition: #a > 50 }",
                         laz_view_from(bytes, 400), &limits, found, sizeof found),
                     LAZ_LIMIT);
    assert_int_equal(run("rule r { strings: $a = \"key.\" condition: $a at 0 }",
                         laz_view_from(bytes, 400), &limits, found, sizeof found),
                     LAZ_OK);
    assert_string_equal(found, "r\n");
    free(bytes);
}

static bool stop_at_first(void *context, const struct laz_hit *hit)
{
    ++*(unsigned *)context;
    return false;
}

static void the_caller_can_end_the_matching(void **state)
{
    struct engine e;
    struct laz_match_object object = {.bytes = laz_view_of("abc")};
    unsigned count = 0;

    assert_int_equal(engine_build_text(&e, "r.yar",
                                       "rule a { condition: true } rule b { condition: true }",
                                       NULL),
                     LAZ_OK);
    assert_int_equal(laz_matcher_run(e.matcher, &object, NULL, stop_at_first, &count), LAZ_OK);
    assert_int_equal(count, 1);
    engine_clear(&e);
}

static void objects_do_not_see_one_another(void **state)
{
    struct engine e;
    struct laz_buf found;

    assert_int_equal(
        engine_build_text(&e, "r.yar",
                          "rule a { strings: $x = \"one\" $y = \"two\" condition: all of them }",
                          NULL),
        LAZ_OK);
    laz_buf_init(&found, 4096);
    for (unsigned i = 0; i < 50; i++) {
        assert_int_equal(
            engine_scan(&e, laz_view_of(i % 2 == 0 ? "one" : "two"), LAZ_TARGET_ANY, NULL, &found),
            LAZ_OK);
        assert_int_equal(found.len, 0);
    }
    assert_int_equal(engine_scan(&e, laz_view_of("two one"), LAZ_TARGET_ANY, NULL, &found), LAZ_OK);
    assert_string_equal(laz_buf_text(&found), "a\n");
    laz_buf_clear(&found);
    engine_clear(&e);
}

static bool keep_hit(void *context, const struct laz_hit *hit)
{
    *(struct laz_hit *)context = *hit;
    return true;
}

static void a_hit_says_where_it_comes_from(void **state)
{
    struct engine e;
    struct laz_match_object object = {.bytes = laz_view_of("abc")};
    struct laz_hit hit = {.name = ""};

    assert_int_equal(engine_build_text(&e, "pack/r.yar",
                                       "rule a : one two { strings: $a = \"abc\" condition: $a }",
                                       NULL),
                     LAZ_OK);
    assert_int_equal(laz_matcher_run(e.matcher, &object, NULL, keep_hit, &hit), LAZ_OK);
    assert_string_equal(hit.name, "a");
    assert_string_equal(hit.kind, "yara");
    assert_string_equal(hit.source, "pack/r.yar");
    assert_string_equal(hit.tags, "one two");
    engine_clear(&e);
}

/* A picture that is made of what many rules look for: each finds something at every byte, and what
 * they then search for is there everywhere too, but for its end. */
static void an_object_full_of_beginnings_ends_in_bounded_time(void **state)
{
    static const char piece[] = "\x89PNGhttp://www.aaaaaaaabaaaaaaab";
    struct laz_match_limits limits = {.steps_max = 20 * 1000 * 1000};
    size_t len = 3 * 1000 * 1000;
    uint8_t *bytes = repeated(piece, len);
    struct laz_buf rules, found;
    struct engine e;
    enum laz_status s;

    laz_buf_init(&rules, 1 << 20);
    laz_buf_init(&found, 1 << 16);
    for (unsigned i = 0; i < 200; i++)
        laz_ignore(laz_buf_addf(
            &rules,
            "rule r%u { strings: $a = /http:\\/\\/[a-z.]{1,60}%u/ $b = { 61 61 61 [0-200] 62 61 "
            "[0-200] "
            "%02x %02x } $c = \"aaaaaaaab%u\" condition: #a > %u and #b > 3 and not $c }\n",
            i, i, i & 0xff, i >> 4, i, i));
    assert_int_equal(engine_build_text(&e, "h.yar", laz_buf_text(&rules), NULL), LAZ_OK);
    s = engine_scan(&e, laz_view_from(bytes, len), LAZ_TARGET_ANY, &limits, &found);
    assert_true(s == LAZ_OK || s == LAZ_LIMIT);
    assert_string_equal(laz_buf_text(&found), "");
    engine_clear(&e);
    laz_buf_clear(&rules);
    laz_buf_clear(&found);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pattern_with_too_many_ways_is_refused_alone),
        cmocka_unit_test(a_search_that_runs_away_ends_as_a_limit),
        cmocka_unit_test(gaps_cost_about_as_much_as_the_object_is_long),
        cmocka_unit_test(what_was_found_before_the_limit_stands),
        cmocka_unit_test(more_places_than_are_kept_leave_counts_unknown),
        cmocka_unit_test(the_caller_can_end_the_matching),
        cmocka_unit_test(objects_do_not_see_one_another),
        cmocka_unit_test(a_hit_says_where_it_comes_from),
        cmocka_unit_test(an_object_full_of_beginnings_ends_in_bounded_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
