#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../torture.h"
#include "engine.h"
#include "rules/compiler_priv.h"
#include "rules/source.h"

/* One of each kind of thing that the reader and the emitter make. */
static const char everything[] =
    "import \"math\"\n"
    "import \"string\"\n"
    "include \"other\"\n"
    "private global rule first : one two { condition: filesize >= 0 }\n"
    "rule second : one\n"
    "{\n"
    "    meta:\n"
    "        text = \"a \\x00 text\" number = -5 truth = true\n"
    "    strings:\n"
    "        $a = \"abc\" wide ascii nocase\n"
    "        $b = { 41 [1-4] 42 ( 43 | 44 ?? ) }\n"
    "        $c = /ab+c/i\n"
    "    condition:\n"
    "        (any of them or 2 of ($a, $b) in (0..filesize) or any of (first, inc*)) and\n"
    "        for any i in (1..#a) : (@a[i] > 1.5 and for all of ($*) : (# > 0 and ! == 3)) and\n"
    "        for all s in (\"x\", filename) : (s matches /x[a-c]{2,9}$/ or s icontains \"y\") and\n"
    "        not (math.entropy(0, filesize) > 5.5 or string.length(\"abc\") == 3) and\n"
    "        for 2 n in (1, 2, uint16(0)) : (n == 2) and 30% of them and defined uint8(n_first)\n"
    "}\n"
    "rule broken { condition: nothing }\n"
    "rule third { condition: second and included }\n";

static void told(void *context, const struct laz_error *why)
{
    assert_true(why->line > 0 && why->column > 0);
    ++*(int *)context;
}

static bool include(void *context, const struct laz_source *from, struct laz_view name,
                    struct laz_source *out)
{
    (void)context;
    (void)from;
    *out = (struct laz_source){
        .name = "other",
        .text = laz_view_of("rule included { strings: $x = \"xyz\" condition: $x }"),
    };
    return laz_view_equal_text(name, "other");
}

static enum laz_status read_all(struct laz_ruleset *set, const char *text, int *told_count,
                                bool skips, struct laz_error *err)
{
    struct laz_external external;
    struct laz_source source = {.name = "a.yar", .text = laz_view_of(text), .name_space = "space"};
    struct laz_source_options options = {
        .skipped = skips ? told : NULL,
        .include = include,
        .context = told_count,
        .externals = &external,
        .external_count = 1,
    };

    assert_true(laz_external_parse(laz_view_of("n_first=1"), &external));
    return laz_source_read(set, &source, &options, err);
}

static void what_is_wrong_is_left_out_and_all_else_stands(void **state)
{
    struct laz_ruleset set;
    struct laz_error err = {.why = ""};
    int skipped = 0;

    laz_ruleset_init(&set);
    if (read_all(&set, everything, &skipped, true, &err) != LAZ_OK)
        fail_msg("%s", err.why);
    assert_int_equal(skipped, 1);
    assert_int_equal(set.rules.count, 4); /* with the included one */
    assert_int_equal(set.metas.count, 3);
    assert_int_equal(set.imports.count, 2);
    assert_int_equal(set.externals.count, 2);
    assert_string_equal(
        laz_ruleset_text_at(&set, laz_list_at(struct laz_ir_rule, &set.rules, 2)->tags), "one");
    assert_true(laz_list_at(struct laz_ir_rule, &set.rules, 1)->is_global);
    assert_int_equal(laz_list_at(struct laz_ir_meta, &set.metas, 0)->text_len, 8);
    assert_int_equal(laz_list_at(struct laz_ir_meta, &set.metas, 1)->n, -5);
    assert_true(laz_list_at(struct laz_ir_meta, &set.metas, 2)->is_truth);
    laz_ruleset_clear(&set);
}

static void reading_and_writing_rules_survives_without_memory(void **state)
{
    TORTURE({
        struct laz_ruleset set;
        struct laz_buf code;
        int skipped = 0;
        size_t start = 0;

        laz_ruleset_init(&set);
        laz_buf_init(&code, 1 << 20);
        if (read_all(&set, everything, &skipped, true, NULL) == LAZ_OK)
            for (uint32_t i = 0; i < set.rules.count; i++)
                laz_ignore(laz_condition_emit(
                    &code, &set, laz_list_at(struct laz_ir_rule, &set.rules, i), &start));
        laz_buf_clear(&code);
        laz_ruleset_clear(&set);
    });
}

static void rules_are_found_by_name_and_name_space(void **state)
{
    struct laz_ruleset set;
    struct laz_buf text;
    struct laz_error err = {.why = ""};
    int skipped = 0;

    laz_ruleset_init(&set);
    laz_buf_init(&text, 1 << 20);
    for (int i = 0; i < 3000; i++)
        assert_int_equal(laz_buf_addf(&text, "rule r%d { condition: true }\n", i), LAZ_OK);
    if (read_all(&set, laz_buf_text(&text), &skipped, false, &err) != LAZ_OK)
        fail_msg("%s", err.why);
    for (int i = 0; i < 3000; i++) {
        char name[16];

        snprintf(name, sizeof name, "r%d", i);
        assert_int_equal(laz_rule_find(&set, 1, laz_view_of(name)), i);
        assert_int_equal(laz_rule_find(&set, 2, laz_view_of(name)), -1);
    }
    assert_int_equal(laz_rule_find(&set, 1, laz_view_of("r3000")), -1);
    laz_buf_clear(&text);
    laz_ruleset_clear(&set);
}

/* What is read, and where and why it is refused. */
static void a_source_that_is_wrong_is_refused_at_its_place(void **state)
{
    static const struct {
        const char *text, *why;
        uint32_t line, column;
    } cases[] = {
        {"rule a { condition: true", "expected '}'", 1, 25},
        {"rule a condition: true }", "expected '{'", 1, 8},
        {"rule a { }", "expected 'condition'", 1, 10},
        {"rule a { strings: condition: true }", "expected a string: $name = …", 1, 19},
        {"rule a { meta: condition: true }", "expected a name in meta", 1, 16},
        {"rule a { meta: b = condition: true }", "expected a text, a number, true or false", 1, 20},
        {"rule a { meta: b = - \"x\" condition: true }", "expected a number", 1, 22},
        {"rule a { meta: b 5 condition: true }", "expected '='", 1, 18},
        {"rule a { meta: rule = 5 condition: true }", "expected a name in meta", 1, 16},
        {"rule a : { condition: true }", "expected a tag", 1, 10},
        {"rule a : b b { condition: true }", "the rule has this tag already", 1, 12},
        {"rule a : any { condition: true }", "expected a tag", 1, 10},
        {"rule rule { condition: true }", "expected the rule's name", 1, 6},
        {"rule any { condition: true }", "expected the rule's name", 1, 6},
        {"rule wide { condition: true }", "expected the rule's name", 1, 6},
        {"rule defined { condition: true }", "expected the rule's name", 1, 6},
        {"rule uint16be { condition: true }", "expected the rule's name", 1, 6},
        {"rule 5a { condition: true }", "expected a number of at most 63 bits", 1, 6},
        {"rule { condition: true }", "expected the rule's name", 1, 6},
        {"rule a { condition: true }\nrule a { condition: true }", "this rule's name is taken", 2,
         6},
        {"rule a { condition: b }\nrule b { condition: true }", "this name means nothing here", 1,
         21},
        {"rule a { condition: a }", "this name means nothing here", 1, 21},
        {"rule a1 { condition: true } rule x { condition: 1 of (a*) }\nrule a2 { condition: true }",
         "a set of rules that stands before would have this rule", 2, 6},
        {"rules a { condition: true }", "expected a rule", 1, 1},
        {"private import \"pe\"", "expected 'rule'", 1, 9},
        {"import pe", "expected the name of a module in quotes", 1, 8},
        {"import \"nope\"", "this module is not known", 1, 8},
        {"import \"object\"", "this module is not known", 1, 8},
        {"include other", "expected the name of a file in quotes", 1, 9},
        {"include \"none\"", "the file to include cannot be read", 1, 9},
        {"include \"\"", "names no file", 1, 9},
        {"rule a { condition: pe.is_pe }", "this module is not imported", 1, 21},
        {"import \"math\"\nrule a { condition: math.nope }", "names no field", 2, 21},
        {"import \"math\"\nrule a { condition: math }", "is no value of its own", 2, 21},
        {"import \"math\"\nrule a { condition: math.entropy(\"a\", 1) > 1 }",
         "takes other arguments", 2, 21},
        {"import \"math\"\nrule a { condition: math.entropy() > 1 }", "takes other arguments", 2,
         21},
        {"import \"math\"\nrule a { condition: math. }", "expected a field's name", 2, 27},
        {"import \"math\"\nrule a { condition: math.entropy(1, 2 > 1 }", "expected ')'", 2, 43},
        {"/* a comment\n over lines */ rule a { condition: $x }", "the rule has no such string", 2,
         36},
        {"// a comment\nrule a { condition: // another\n  tru }", "this name means nothing here", 3,
         3},
        {"\xef\xbb\xbfrule a { condition: x }", "this name means nothing here", 1, 24},
        {"rule a { strings: $a = \"x\" $a = \"y\" condition: any of them }",
         "this string's name is taken", 1, 28},
        {"rule a { strings: $a = \"xyz\" condition: true }",
         "the condition does not use this string", 1, 19},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct laz_ruleset set;
        struct laz_error err = {.why = ""};
        int skipped = 0;

        laz_ruleset_init(&set);
        assert_int_not_equal(read_all(&set, cases[i].text, &skipped, false, &err), LAZ_OK);
        laz_ruleset_clear(&set);
        if (strcmp(err.why, cases[i].why) != 0 || err.line != cases[i].line ||
            err.column != cases[i].column)
            fail_msg("%s\n%u:%u: %s", cases[i].text, err.line, err.column, err.why);
    }
}

/* How many rules stand after what is wrong was left out. */
static void the_reader_goes_on_at_the_next_rule(void **state)
{
    static const struct {
        const char *text;
        size_t rules;
        int skipped;
    } cases[] = {
        {"rule a { condition: x }\nrule b { condition: true }", 1, 1},
        {"rule a { condition: true\nrule b { condition: true }", 1, 1},
        {"rule a { condition: true\n  private rule b { condition: true }", 1, 1},
        {"rule a {\n strings:\n $a = \"unended\n condition: $a }\nrule b { condition: true }", 1,
         1},
        {"rule a { strings: $a = { 41 4 } condition: $a }\nrule b { condition: true }", 1, 1},
        {"rule a {\n strings:\n $a = { 41\n 4 } condition: $a }\n\trule b { condition: true }", 1,
         1},
        {"nonsense\nrule b { condition: true }\nmore\nrule c { condition: b }", 2, 2},
        {"rule a { condition: x }\n/*\nrule b { condition: true }\n*/\nrule c { condition: true }",
         1, 1},
        {"rule a { condition: x }\nimport \"math\"\nrule b { condition: math.abs(-1) == 1 }", 1, 1},
        {"import \"none\"\nrule b { condition: true }", 1, 1},
        {"rule a { strings: $a = \"unused\" condition: true } rule b { condition: true }", 1, 1},
        {"rule a { condition: true } rule a { condition: true } rule b { condition: true }", 1, 1},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct laz_ruleset set;
        struct laz_error err = {.why = ""};
        int skipped = 0;

        laz_ruleset_init(&set);
        assert_int_equal(read_all(&set, cases[i].text, &skipped, true, &err), LAZ_OK);
        if (set.rules.count != cases[i].rules || skipped != cases[i].skipped)
            fail_msg("%s\n%zu rules, %d left out", cases[i].text, set.rules.count, skipped);
        laz_ruleset_clear(&set);
    }
}

/* Two sources, read one after the other, and what fires on an object, or why the second is refused.
 */
static void sources_with_one_name_space_are_as_one(void **state)
{
    static const struct {
        const char *first_space, *second_space, *first, *second, *result;
    } cases[] = {
        {"n", "n", "rule a { condition: true }", "rule b { condition: a }", "a\nb\n"},
        {"n", "m", "rule a { condition: true }", "rule b { condition: a }",
         "this name means nothing here"},
        {NULL, NULL, "rule a { condition: true }", "rule b { condition: a }",
         "this name means nothing here"},
        {"n", "n", "rule a { condition: true }", "rule a { condition: true }",
         "this rule's name is taken"},
        {"n", "m", "rule a { condition: true }", "rule a { condition: true }", "a\na\n"},
        {NULL, NULL, "rule a { condition: true }", "rule a { condition: true }", "a\na\n"},
        {"n", "n", "rule a { condition: true }", "global rule g { condition: false }", ""},
        {"n", "m", "rule a { condition: true }", "global rule g { condition: false }", "a\n"},
        {"n", "n", "global rule g { condition: true }", "rule a { condition: true }", "a\ng\n"},
        {"n", "n", "global private rule g { condition: true }", "rule a { condition: true }",
         "a\n"},
        {"n", "n", "import \"math\"", "rule a { condition: math.abs(-1) == 1 }", "a\n"},
        {"n", "m", "import \"math\"", "rule a { condition: math.abs(-1) == 1 }",
         "this module is not imported"},
        {"n", "n", "rule a1 { condition: true } rule x { condition: any of (a*) }",
         "rule a2 { condition: true }", "a set of rules that stands before would have this rule"},
        {"n", "m", "rule a1 { condition: true } rule x { condition: any of (a*) }",
         "rule a2 { condition: true }", "a1\na2\nx\n"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct laz_source sources[] = {
            {.name = "1.yar",
             .text = laz_view_of(cases[i].first),
             .name_space = cases[i].first_space},
            {.name = "2.yar",
             .text = laz_view_of(cases[i].second),
             .name_space = cases[i].second_space},
        };
        struct engine e;
        struct laz_error err = {.why = ""};
        struct laz_buf found;

        laz_buf_init(&found, 4096);
        if (engine_build(&e, sources, 2, NULL, &err) == LAZ_OK) {
            assert_int_equal(engine_scan(&e, laz_view_of("object"), LAZ_TARGET_ANY, NULL, &found),
                             LAZ_OK);
            engine_clear(&e);
            if (strcmp(laz_buf_text(&found), cases[i].result) != 0)
                fail_msg("%zu: %s", i, laz_buf_text(&found));
        } else if (strcmp(err.why, cases[i].result) != 0) {
            fail_msg("%zu: %s", i, err.why);
        }
        laz_buf_clear(&found);
    }
}

static bool note_hit(void *context, const struct laz_hit *hit)
{
    (void)hit;
    *(bool *)context = true;
    return true;
}

/* What the database was built with holds where a run brings nothing, or something of another kind
 * is brought: then it is undefined. */
static void a_run_brings_values_for_externals(void **state)
{
    static const struct {
        const char *condition;
        bool without, with_text, with_number;
    } cases[] = {
        {"filename == \"\"", true, false, false},
        {"filename == \"name\"", false, true, false},
        {"not defined filename", false, false, true},
        {"filename matches /^n/ and filename endswith \"me\"", false, true, false},
    };
    struct laz_external_value values[] = {
        {laz_view_of("other"), laz_value_number(5)},
        {laz_view_of("filename"), laz_value_text(laz_view_of("name"))},
    };

    for (size_t i = 0; i < 3 * sizeof cases / sizeof *cases; i++) {
        struct laz_match_object object = {.bytes = laz_view_of("x"), .externals = values};
        bool wanted[] = {cases[i / 3].without, cases[i / 3].with_text, cases[i / 3].with_number};
        struct engine e;
        struct laz_error err;
        char text[200];
        bool fired = false;

        values[1].value = i % 3 == 2 ? laz_value_number(7) : laz_value_text(laz_view_of("name"));
        object.external_count = i % 3 == 0 ? 0 : 2;
        snprintf(text, sizeof text, "rule a { condition: %s }", cases[i / 3].condition);
        assert_int_equal(engine_build_text(&e, "a.yar", text, &err), LAZ_OK);
        assert_int_equal(laz_matcher_run(e.matcher, &object, NULL, note_hit, &fired), LAZ_OK);
        engine_clear(&e);
        if (fired != wanted[i % 3])
            fail_msg("%s, way %zu", cases[i / 3].condition, i % 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wrong_is_left_out_and_all_else_stands),
        cmocka_unit_test(reading_and_writing_rules_survives_without_memory),
        cmocka_unit_test(rules_are_found_by_name_and_name_space),
        cmocka_unit_test(a_source_that_is_wrong_is_refused_at_its_place),
        cmocka_unit_test(the_reader_goes_on_at_the_next_rule),
        cmocka_unit_test(sources_with_one_name_space_are_as_one),
        cmocka_unit_test(a_run_brings_values_for_externals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
