#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>

#include "engine.h"
#include "match/database_priv.h"

#define STRINGS                                                                                    \
    "$rare = { 9C 17 E3 44 B8 02 F1 6D } $rare2 = { 5B 90 C7 1E 88 3A D4 F7 } "                    \
    "$usual = \"the function is not available\" $short = { 4D 5A } "

/* "name name|always" of the rule t, which comes last. */
static void triggers_of(const struct engine *e, char *out, size_t size)
{
    uint32_t index = e->db->rule_count - 1;
    struct laz_rule rule = laz_database_rule(e->db, index);

    *out = '\0';
    for (uint32_t i = 0; i < rule.pattern_count; i++) {
        struct laz_pattern_record p = laz_database_pattern(e->db, rule.pattern_first + i);

        if ((p.flags & LAZ_PATTERN_EAGER) != 0)
            snprintf(out + strlen(out), size - strlen(out), "%s%s", *out != '\0' ? " " : "",
                     laz_database_text(e->db, p.name));
    }
    for (uint32_t i = 0; i < e->db->always_count; i++)
        if (laz_database_always(e->db, i).rule == index)
            snprintf(out + strlen(out), size - strlen(out), "|always");
}

static void of_each_rule_the_least_is_looked_for_without_which_it_is_false(void **state)
{
    static const struct {
        const char *condition, *triggers;
    } cases[] = {
        {"$rare", "$rare"},
        {"$rare and $usual", "$rare"},
        {"$usual and $rare", "$rare"},
        {"$rare or $usual", "$rare $usual"},
        {"all of ($rare, $usual, $short)", "$rare"},
        {"any of ($rare, $rare2)", "$rare $rare2"},
        {"2 of ($rare, $rare2, $usual)", "$rare $rare2"},
        {"3 of ($rare, $rare2, $usual)", "$rare2"},
        {"60% of ($rare, $rare2, $usual)", "$rare $rare2"},
        {"none of ($rare, $rare2)", "|always"},
        {"4 of ($rare, $rare2, $usual)", ""},
        {"not $rare", "|always"},
        {"filesize > 10 and (filesize < 5 or ($usual and $rare))", "$rare|always"},
        {"not $rare and $rare2", "$rare2"},
        {"($rare or $rare2) and $usual", "$rare $rare2"},
        {"($rare and $usual) or ($rare2 and $usual)", "$rare $rare2"},
        {"filesize > 10", "|always"},
        {"filesize > 10 and $rare", "$rare"},
        {"filesize > 10 or $rare", "$rare|always"},
        {"#rare > 0", "$rare"},
        {"#rare == 1", "$rare"},
        {"#rare >= 0", "|always"},
        {"#rare < 2", "|always"},
        {"#rare + #rare2 > 1", "$rare $rare2"},
        {"#rare > #rare2", "$rare $rare2"},
        {"@rare < 100", "$rare"},
        {"@rare[2] - @rare > 3 and filesize > 4", "$rare"},
        {"uint16(@rare + 4) == 0x4141", "$rare"},
        {"$rare at 5", "$rare"},
        {"$rare in (0..filesize)", "$rare"},
        {"#rare in (0..10) > 0", "$rare"},
        {"for any of ($rare, $rare2) : (# > 1)", "$rare $rare2"},
        {"for all of ($rare, $usual) : (# > 1)", "$rare"},
        {"for all of ($rare, $usual) : (# < 9)", "|always"},
        {"for any of ($rare, $usual) : ($rare2 and # > 1)", "$rare $rare2 $usual"},
        {"for any i in (1..3) : (@rare[i] < 20)", "$rare"},
        {"for none i in (1..3) : (@rare[i] < 20)", "|always"},
        {"base", ""},
        {"base and $rare", ""},
        {"base or $rare", "$rare"},
        {"small", "|always"},
        {"small and $rare", "$rare"},
        {"any of (base*)", ""},
        {"false", ""},
        {"defined @rare", "|always"},
    };

    size_t wrong = 0;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct engine e;
        char text[1024], triggers[256];

        /* what a condition does not use is used by a part that changes nothing */
        snprintf(text, sizeof text,
                 "rule base { strings: $b = { AA 8E 71 05 E9 3C 66 D2 } condition: $b }\n"
                 "rule small { condition: filesize < 9 }\n"
                 "rule t { strings: " STRINGS "condition: (%s) and (filesize < 1000000 or not all of "
                 "them) }\n",
                 cases[i].condition);
        assert_int_equal(engine_build_text(&e, "t.yar", text, NULL), LAZ_OK);
        triggers_of(&e, triggers, sizeof triggers);
        if (strcmp(triggers, cases[i].triggers) != 0)
            print_message("%s: %s instead of %s\n", cases[i].condition, triggers,
                          cases[i].triggers);
        wrong += strcmp(triggers, cases[i].triggers) != 0;
        engine_clear(&e);
    }
    assert_int_equal(wrong, 0);
}

/* A few bytes in a few places cost less to look at than to look for. */
static void short_bytes_at_a_known_place_are_looked_for_when_asked(void **state)
{
    static const struct {
        const char *rule, *triggers;
    } cases[] = {
        {"rule t { strings: $a = { 4D 5A } condition: $a at 0 }", "|always"},
        {"rule t { strings: $a = { 4D 5A } $b = \"rarely seen\" condition: $a at 0 and $b }", "$b"},
        {"rule t { strings: $a = \"rarely seen\" condition: $a at 0 }", "$a"},
        {"rule t { strings: $a = { 00 00 00 00 } condition: $a }", "|always"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct engine e;
        char triggers[256];

        assert_int_equal(engine_build_text(&e, "t.yar", cases[i].rule, NULL), LAZ_OK);
        triggers_of(&e, triggers, sizeof triggers);
        assert_string_equal(triggers, cases[i].triggers);
        engine_clear(&e);
    }
}

static void a_rule_that_waits_for_another_is_looked_at_with_it(void **state)
{
    static const char text[] = "rule a { strings: $a = \"first thing\" condition: $a }\n"
                               "rule b { condition: a and filesize > 3 }\n"
                               "rule c { condition: b }\n"
                               "rule d { condition: not c }\n";
    struct engine e;
    struct laz_buf found;

    laz_buf_init(&found, 4096);
    assert_int_equal(engine_build_text(&e, "w.yar", text, NULL), LAZ_OK);
    assert_int_equal(e.db->always_count, 1); /* d */
    assert_int_equal(engine_scan(&e, laz_view_of("the first thing"), LAZ_TARGET_ANY, NULL, &found),
                     LAZ_OK);
    assert_string_equal(laz_buf_text(&found), "a\nb\nc\n");
    laz_buf_reset(&found);
    assert_int_equal(engine_scan(&e, laz_view_of("nothing"), LAZ_TARGET_ANY, NULL, &found), LAZ_OK);
    assert_string_equal(laz_buf_text(&found), "d\n");
    laz_buf_clear(&found);
    engine_clear(&e);
}

/* Enough rules of one kind have a matcher of their own; what it leaves out is found all the same.
 */
static void atoms_of_one_kind_of_object_are_looked_for_in_such_objects_only(void **state)
{
    struct laz_buf text, found;
    struct engine e;

    laz_buf_init(&text, 1 << 20);
    laz_buf_init(&found, 1 << 16);
    for (unsigned i = 0; i < 100; i++)
        laz_ignore(laz_buf_addf(&text,
                                "rule mz%u { strings: $a = \"windows %u thing\" condition: "
                                "uint16(0) == 0x5a4d and $a }\n"
                                "rule sh%u { strings: $m = \"#!/bin\" $a = \"script %u thing\" "
                                "condition: $m at 0 and $a }\n",
                                i, i, i, i));
    laz_ignore(
        laz_buf_addf(&text, "rule every { strings: $a = \"any thing at all\" condition: $a }"));
    assert_int_equal(engine_build_text(&e, "g.yar", laz_buf_text(&text), NULL), LAZ_OK);
    assert_int_equal(e.db->group_count, 3);
    assert_int_equal(engine_scan(&e, laz_view_of("MZ windows 7 thing script 8 thing"),
                                 LAZ_TARGET_ANY, NULL, &found),
                     LAZ_OK);
    assert_string_equal(laz_buf_text(&found), "mz7\n");
    laz_buf_reset(&found);
    assert_int_equal(engine_scan(&e, laz_view_of("#!/bin/sh windows 7 thing script 8 thing"),
                                 LAZ_TARGET_ANY, NULL, &found),
                     LAZ_OK);
    assert_string_equal(laz_buf_text(&found), "sh8\n");
    laz_buf_reset(&found);
    assert_int_equal(engine_scan(&e, laz_view_of("windows 7 thing any thing at all"),
                                 LAZ_TARGET_ANY, NULL, &found),
                     LAZ_OK);
    assert_string_equal(laz_buf_text(&found), "every\n");
    engine_clear(&e);
    laz_buf_clear(&text);
    laz_buf_clear(&found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_each_rule_the_least_is_looked_for_without_which_it_is_false),
        cmocka_unit_test(short_bytes_at_a_known_place_are_looked_for_when_asked),
        cmocka_unit_test(a_rule_that_waits_for_another_is_looked_at_with_it),
        cmocka_unit_test(atoms_of_one_kind_of_object_are_looked_for_in_such_objects_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
