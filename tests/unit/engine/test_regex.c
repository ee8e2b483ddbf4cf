#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <cmocka.h>

#include "rules/compiler_priv.h"
#include "rules/regex.h"
#include "rules/source.h"
#include "torture.h"

#define PROGRAM_MAX ((size_t)4 << 20)
#define STEPS_MAX   UINT64_C(1000000000)

static struct laz_regex_flags flags_of(const char *text)
{
    return (struct laz_regex_flags){strchr(text, 'i') != NULL, strchr(text, 's') != NULL};
}

static void compile(const char *expression, const char *flags, struct laz_buf *program)
{
    struct laz_regex_problem problem;

    assert_int_equal(laz_regex_compile(laz_view_of(expression), flags_of(flags), program, &problem),
                     LAZ_OK);
    assert_true(laz_regex_check(laz_buf_view(program)));
}

/* The first start from which the expression matches, and how far; len -1: nowhere. */
static void the_best_way_wins(void **state)
{
    static const struct {
        const char *expression, *flags, *text;
        int start, len;
    } cases[] = {
        {"abc", "", "xabcx", 1, 3},
        {"ABC", "i", "xaBcx", 1, 3},
        {"abc", "", "ab", 0, -1},
        {"a+", "", "baaa", 1, 3},
        {"a+?", "", "baaa", 1, 1},
        {"a*", "", "baaa", 0, 0},
        {"a*b", "", "xaab", 1, 3},
        {"a|ab", "", "ab", 0, 1},
        {"ab|a", "", "ab", 0, 2},
        {"(a|ab)c", "", "abc", 0, 3},
        {"(a|ab)(c|bcd)", "", "abcd", 0, 4},
        {"(a+|b)*", "", "ab", 0, 2},
        {"(a*)*", "", "aab", 0, 2},
        {"(a|b)*?c", "", "abac", 0, 4},
        {"a.c", "", "a\nc", 0, -1},
        {"a.c", "s", "a\nc", 0, 3},
        {"a.{2,4}c", "", "axxcxc", 0, 6},
        {"a.{2,4}?c", "", "axxcxc", 0, 4},
        {"a.{2,}c", "", "axcxxc", 0, 6},
        {"a{,2}b", "", "aaab", 1, 3},
        {"a{,}b", "", "aaab", 0, 4},
        {"a{3}", "", "aaaa", 0, 3},
        {"(ab){2}", "", "ababab", 0, 4},
        {"(ab){2,}", "", "ababab", 0, 6},
        {"(ab){1,2}", "", "ababab", 0, 4},
        {"(ab){1,2}?", "", "ababab", 0, 2},
        {"(ab){,2}c", "", "abababc", 2, 5},
        {"(ab)?c", "", "abc", 0, 3},
        {"a{20}", "", "aaaaaaaaaaaaaaaaaaaa", 0, 20},
        {"a{20}", "", "aaaaaaaaaaaaaaaaaaa", 0, -1},
        {"[a-c]+", "", "xxcabx", 2, 3},
        {"[^a-c]+", "", "abxyc", 2, 2},
        {"[^A-C]+", "i", "abxyc", 2, 2},
        {"[]a]+", "", "x]a]", 1, 3},
        {"[^]a]+", "", "]xya", 1, 2},
        {"[a-]+", "", "xa-", 1, 2},
        {"[-a]+", "", "xa-", 1, 2},
        {"[\\d-z]", "", "5e", 1, 1},
        {"[a-\\d]", "", "5c", 1, 1},
        {"[\\w.]+", "", "-a_9.", 1, 4},
        {"\\d+\\D", "", "x12y", 1, 3},
        {"\\s\\S", "", "a\tb", 1, 2},
        {"\\W\\w", "", "ab-c", 2, 2},
        {"\\t\\n\\r\\f\\a", "", "x\t\n\r\f\a", 1, 5},
        {"\\x41\\x6a", "", "xAj", 1, 2},
        {"\\q\\/\\.", "", "xq/.", 1, 3},
        {"^a", "", "ba", 0, -1},
        {"a$", "", "aba", 2, 1},
        {"^ab$", "", "ab", 0, 2},
        {"x(^a|b)", "", "xaxb", 2, 2},
        {"\\bab\\b", "", "xab ab", 4, 2},
        {"\\Bab", "", "ab xab", 4, 2},
        {"a\\b", "", "aa", 1, 1},
        {"a{x}", "", "a{x}", 0, 4},
        {"a{}", "", "a{}", 0, 3},
        {"a{2, 3}", "", "a{2, 3}", 0, 7},
        {"a]}", "", "a]}", 0, 3},
        {"(a|)b", "", "xb", 1, 1},
        {"a||b", "", "b", 0, 0},
        {"(?:ab)+", "", "xabab", 1, 4},
        {"((((a))))", "", "a", 0, 1},
        {"(\\b)+a", "", "a", 0, 1},
        {"(^){2}a(\\b)*", "", "a", 0, 1},
        {"[[:alpha:]]", "", "x:]", 1, 2},
    };
    LAZ_OWNED(laz_regex_scratch_drop) struct laz_regex_scratch *s = laz_regex_scratch_new();

    assert_non_null(s);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        LAZ_OWNED(laz_buf_drop) struct laz_buf program = {.max = PROGRAM_MAX};
        struct laz_view text = laz_view_of(cases[i].text);
        uint64_t steps_left = STEPS_MAX, at = 0, end = 0;
        bool found = false;

        compile(cases[i].expression, cases[i].flags, &program);
        for (; !found && at <= text.len; at++) {
            struct laz_regex_walk walk = {laz_buf_view(&program), text, text.len, false, false};

            found = laz_regex_run(&walk, at, s, &steps_left, &end);
        }
        if (found != (cases[i].len >= 0) || (found && (at - 1 != (uint64_t)cases[i].start ||
                                                       end - (at - 1) != (uint64_t)cases[i].len)))
            fail_msg("/%s/ in '%s': found %d at %d to %d", cases[i].expression, cases[i].text,
                     found, (int)at - 1, (int)end);
    }
}

static void a_search_finds_what_some_walk_finds(void **state)
{
    static const struct {
        const char *expression, *text;
        bool found;
    } cases[] = {
        {"abc", "xxabc", true},
        {"abc", "xxab", false},
        {"^abc", "xabc", false},
        {"^abc", "abcx", true},
        {"c$", "abc", true},
        {"b$", "abc", false},
        {"a*", "b", true},
        {"a*", "", false},
        {"$", "abc", false},
        {"x{3,}y", "xxxxy", true},
        {"x{3,}y", "xxy", false},
        {"a.*b.*c", "a1b2c", true},
        {"a.*b.*c", "a1c2b", false},
        {"\\bfoo\\b", "a foo.", true},
        {"\\bfoo\\b", "afoo", false},
        {"(a|b)*c", "ababd", false},
        {"[0-9]+\\.[0-9]+", "v1.2", true},
    };
    LAZ_OWNED(laz_regex_scratch_drop) struct laz_regex_scratch *s = laz_regex_scratch_new();

    assert_non_null(s);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        LAZ_OWNED(laz_buf_drop) struct laz_buf program = {.max = PROGRAM_MAX};
        uint64_t steps_left = STEPS_MAX;

        compile(cases[i].expression, "", &program);
        if (laz_regex_search(laz_buf_view(&program), laz_view_of(cases[i].text), s, &steps_left) !=
            cases[i].found)
            fail_msg("/%s/ in '%s'", cases[i].expression, cases[i].text);
        assert_true(steps_left > 0);
    }
}

static void what_is_wrong_is_named_with_its_place(void **state)
{
    static const struct {
        const char *expression;
        enum laz_status status;
        size_t at;
    } cases[] = {
        {"", LAZ_INVALID, 0},
        {"*a", LAZ_INVALID, 0},
        {"a**", LAZ_INVALID, 2},
        {"a+?+", LAZ_INVALID, 3},
        {"a{2}{3}", LAZ_INVALID, 4},
        {"{2}", LAZ_INVALID, 0},
        {"^*", LAZ_INVALID, 1},
        {"a$+", LAZ_INVALID, 2},
        {"\\b+", LAZ_INVALID, 2},
        {"(a", LAZ_INVALID, 2},
        {"a)", LAZ_INVALID, 1},
        {"()", LAZ_INVALID, 1},
        {"(|a)", LAZ_INVALID, 1},
        {"|", LAZ_INVALID, 0},
        {"a|+", LAZ_INVALID, 2},
        {"(?a)", LAZ_INVALID, 1},
        {"[abc", LAZ_INVALID, 4},
        {"[]", LAZ_INVALID, 2},
        {"[z-a]", LAZ_INVALID, 1},
        {"a[\\w-.]", LAZ_INVALID, 2},
        {"\\x4", LAZ_INVALID, 2},
        {"\\xzz", LAZ_INVALID, 2},
        {"[\\x4]", LAZ_INVALID, 3},
        {"a\\", LAZ_INVALID, 2},
        {"a{3,2}", LAZ_INVALID, 1},
        {"a{0}", LAZ_INVALID, 1},
        {"a{0,0}", LAZ_INVALID, 1},
        {"a{32768}", LAZ_INVALID, 1},
        {"a{0,32768}", LAZ_INVALID, 1},
        {"a{99999999999}", LAZ_INVALID, 1},
        {"((ab){32767}){9}", LAZ_UNSUPPORTED, 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        LAZ_OWNED(laz_buf_drop) struct laz_buf program = {.max = PROGRAM_MAX};
        struct laz_regex_problem problem = {NULL, 99};
        enum laz_status s =
            laz_regex_compile(laz_view_of(cases[i].expression), flags_of(""), &program, &problem);

        if (s != cases[i].status || problem.at != cases[i].at || problem.why == NULL)
            fail_msg("/%s/: %s at %zu: %s", cases[i].expression, laz_status_name(s), problem.at,
                     problem.why != NULL ? problem.why : "nothing");
    }
}

static void groups_nest_to_a_limit(void **state)
{
    for (size_t depth = LAZ_REGEX_DEPTH_MAX; depth <= LAZ_REGEX_DEPTH_MAX + 1; depth++) {
        LAZ_OWNED(laz_buf_drop) struct laz_buf text = {.max = 1024}, program = {.max = PROGRAM_MAX};
        struct laz_regex_problem problem;

        for (size_t i = 0; i < depth; i++)
            assert_int_equal(laz_buf_add_text(&text, "("), LAZ_OK);
        assert_int_equal(laz_buf_add_text(&text, "a"), LAZ_OK);
        for (size_t i = 0; i < depth; i++)
            assert_int_equal(laz_buf_add_text(&text, ")"), LAZ_OK);
        assert_int_equal(laz_regex_compile(laz_buf_view(&text), flags_of(""), &program, &problem),
                         depth <= LAZ_REGEX_DEPTH_MAX ? LAZ_OK : LAZ_UNSUPPORTED);
    }
}

static void the_largest_repeat_is_taken(void **state)
{
    LAZ_OWNED(laz_regex_scratch_drop) struct laz_regex_scratch *s = laz_regex_scratch_new();
    LAZ_OWNED(laz_buf_drop) struct laz_buf program = {.max = PROGRAM_MAX}, text = {.max = 40000};
    uint64_t steps_left = UINT64_MAX;
    uint8_t *bytes;

    compile("a[ab]{32767}c", "", &program);
    assert_true(program.len < 1024);
    assert_int_equal(laz_buf_extend(&text, 32769, &bytes), LAZ_OK);
    memset(bytes, 'a', 32769);
    bytes[32768] = 'c';
    assert_true(laz_regex_search(laz_buf_view(&program), laz_buf_view(&text), s, &steps_left));
    text.data[32768] = 'a';
    assert_false(laz_regex_search(laz_buf_view(&program), laz_buf_view(&text), s, &steps_left));
}

/* Some bytes that repeat, so that walks meet again and again. */
static void fill_text(struct laz_buf *text, size_t len)
{
    uint8_t *bytes;

    assert_int_equal(laz_buf_extend(text, len, &bytes), LAZ_OK);
    for (size_t i = 0; i < len; i++)
        bytes[i] = i % 999 == 0 ? 'b' : i % 1777 == 5 ? '\n' : i % 7 == 3 ? 0 : 'a';
}

static bool count_end(void *context, uint64_t end)
{
    uint64_t *sum = context;

    *sum = *sum * 31 + end;
    return true;
}

/* What all walks from 'at' come to, as one number. */
static uint64_t walk_both(const struct laz_regex_walk *walk, uint64_t at,
                          struct laz_regex_scratch *s, uint64_t *steps_left)
{
    uint64_t sum = 1, end = 0;

    if (laz_regex_run(walk, at, s, steps_left, &end))
        sum = end + 7;
    laz_regex_run_all(walk, at, s, steps_left, count_end, &sum);
    return sum;
}

static void a_walk_finds_the_same_on_the_trail_of_another(void **state)
{
    static const char *const expressions[] = {
        "ab?.*b", "a[^b]*?b", "(a|.a)*b", ".{3,90}b", "^.*b$", "a.*?\\n", "(a|b)+\\x00b?", "[^c]*c",
    };
    LAZ_OWNED(laz_regex_scratch_drop) struct laz_regex_scratch *shared = laz_regex_scratch_new();
    LAZ_OWNED(laz_regex_scratch_drop) struct laz_regex_scratch *fresh = laz_regex_scratch_new();
    LAZ_OWNED(laz_buf_drop) struct laz_buf text = {.max = 6000};

    assert_true(shared != NULL && fresh != NULL);
    fill_text(&text, 6000);
    for (size_t i = 0; i < 4 * (sizeof expressions / sizeof *expressions); i++) {
        LAZ_OWNED(laz_buf_drop) struct laz_buf program = {.max = PROGRAM_MAX};
        struct laz_regex_walk walk = {.text = laz_buf_view(&text), .reach_max = 700};
        uint64_t steps_left = UINT64_MAX;

        compile(expressions[i / 4], "s", &program);
        walk.program = laz_buf_view(&program);
        walk.back = i % 2 != 0;
        walk.wide = i % 4 > 1;
        laz_regex_forget(shared);
        for (uint64_t n = 0; n <= text.len; n += 1 + n % 5) {
            uint64_t at = walk.back ? text.len - n : n;

            laz_regex_forget(fresh);
            if (walk_both(&walk, at, shared, &steps_left) !=
                walk_both(&walk, at, fresh, &steps_left))
                fail_msg("/%s/ differs at %d, way %d", expressions[i / 4], (int)at, (int)i % 4);
        }
    }
}

static void walks_from_all_positions_share_their_way(void **state)
{
    LAZ_OWNED(laz_regex_scratch_drop) struct laz_regex_scratch *s = laz_regex_scratch_new();
    LAZ_OWNED(laz_buf_drop) struct laz_buf program = {.max = PROGRAM_MAX}, text = {.max = 100000};
    uint64_t steps_left = UINT64_MAX, end;
    struct laz_regex_walk walk = {.reach_max = 4096};
    uint8_t *bytes;

    assert_int_equal(laz_buf_extend(&text, 100000, &bytes), LAZ_OK);
    memset(bytes, 'a', 100000);
    compile("ab?.*b", "", &program);
    walk.program = laz_buf_view(&program);
    walk.text = laz_buf_view(&text);
    for (uint64_t at = 0; at < text.len; at++)
        assert_false(laz_regex_run(&walk, at, s, &steps_left, &end));
    assert_true(UINT64_MAX - steps_left < 300 * text.len); /* alone each would take 4096 */
}

static void a_search_without_steps_is_undecided(void **state)
{
    LAZ_OWNED(laz_regex_scratch_drop) struct laz_regex_scratch *s = laz_regex_scratch_new();
    LAZ_OWNED(laz_buf_drop) struct laz_buf program = {.max = PROGRAM_MAX};
    uint64_t steps_left = 20;

    compile("(a|aa)*b", "", &program);
    assert_false(laz_regex_search(laz_buf_view(&program),
                                  laz_view_of("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"), s,
                                  &steps_left));
    assert_int_equal(steps_left, 0);
}

static void a_program_that_leaves_itself_is_refused(void **state)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf program = {.max = PROGRAM_MAX};
    size_t last;

    compile("a[bcd]{2,9}(e|f)$", "", &program);
    for (size_t len = 0; len < program.len; len++)
        assert_false(laz_regex_check(laz_view_first(laz_buf_view(&program), len)));
    last = LAZ_REGEX_HEAD_SIZE;
    while (program.data[last] != LAZ_REGEX_SPLIT)
        last += LAZ_REGEX_STEP_SIZE;
    program.data[last + 4] = 200; /* to a step that is not there */
    assert_false(laz_regex_check(laz_buf_view(&program)));
    program.data[last + 4] = 0;
    assert_true(laz_regex_check(laz_buf_view(&program)));
    program.data[last] = LAZ_REGEX_OPS;
    assert_false(laz_regex_check(laz_buf_view(&program)));
    program.data[last] = LAZ_REGEX_REPEAT; /* whose states are another's */
    assert_false(laz_regex_check(laz_buf_view(&program)));
}

static void memory_may_run_out_anywhere(void **state)
{
    TORTURE({
        struct laz_buf program = {.max = PROGRAM_MAX};
        struct laz_regex_problem problem;
        struct laz_regex_scratch *s = laz_regex_scratch_new();

        if (laz_regex_compile(laz_view_of("(a|b[cd]{3,9}|(efg)+?)*h"), flags_of("i"), &program,
                              &problem) == LAZ_OK)
            assert_true(laz_regex_check(laz_buf_view(&program)));
        laz_buf_clear(&program);
        laz_regex_scratch_free(s);
    });
}

/* Each pattern of the only rule is cut into forms; false when memory ran out. */
static bool cut_all(const char *text, size_t *form_count)
{
    struct laz_source source = {.name = "a.yar", .text = laz_view_of(text)};
    struct laz_source_options options = {.skipped = NULL};
    struct laz_ruleset set;
    struct laz_list forms = {0};
    bool ok;

    laz_ruleset_init(&set);
    ok = laz_source_read(&set, &source, &options, NULL) == LAZ_OK;
    for (uint32_t i = 0; ok && i < set.patterns.count; i++) {
        const char *why;

        ok = laz_forms_cut(&set, i, &forms, &why, NULL) == LAZ_OK;
    }
    *form_count = forms.count;
    free(forms.items);
    laz_ruleset_clear(&set);
    return ok;
}

static void memory_may_run_out_while_strings_are_cut(void **state)
{
    static const char rule[] = "rule r { strings: $a = /(foo|ba[rz]+)[^x]{2,90}qux/ wide ascii "
                               "nocase $b = { ?A B? [1-3] C? } "
                               "$c = /[a-z]{3,}/ condition: any of them }";
    size_t count;

    assert_true(cut_all(rule, &count));
    assert_true(count >= 4);
    TORTURE({
        laz_ignore(cut_all(rule, &count)); /* either may be right */
    });
}

/* The atoms of a string, blank separated, "-" where there is none. */
static void list_atoms(const char *string, struct laz_buf *out)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf rule = {.max = 1000};
    struct laz_source source = {.name = "a.yar"};
    struct laz_source_options options = {.skipped = NULL};
    struct laz_ruleset set;
    struct laz_list forms = {0};
    const char *why;

    assert_int_equal(laz_buf_addf(&rule, "rule r { strings: $a = %s condition: $a }", string),
                     LAZ_OK);
    source.text = laz_buf_view(&rule);
    laz_ruleset_init(&set);
    assert_int_equal(laz_source_read(&set, &source, &options, NULL), LAZ_OK);
    assert_int_equal(laz_forms_cut(&set, 0, &forms, &why, NULL), LAZ_OK);
    for (size_t i = 0; i < forms.count; i++) {
        const struct laz_cut_form *form = laz_list_at(struct laz_cut_form, &forms, i);

        laz_ignore(laz_buf_addf(out, "%s%.*s%s%s", i > 0 ? " " : "", (int)form->atom_len,
                                (const char *)form->atom, form->atom_len == 0 ? "-" : "",
                                form->atom_nocase ? "/i" : "")); /* large enough */
    }
    free(forms.items);
    laz_ruleset_clear(&set);
}

static void the_best_run_that_every_match_holds_is_the_atom(void **state)
{
    static const struct {
        const char *string, *atoms;
    } cases[] = {
        {"/abcdefgh/", "abcdefgh"},
        {"/a.*qZxk/", "qZxk"},
        {"/foo[0-9]+Zebra7/", "Zebra7"},
        {"/(qZxk)?other9/", "other9"},
        {"/(qZxk|Vw7j)/", "qZxk Vw7j"},
        {"/x(qZxk|Vw7j)y/", "qZxk Vw7j"},
        {"/(qZxk)+/", "qZxk"},
        {"/(qZxk)*ab/", "ab"},
        {"/qZxk/i", "qzxk/i"},
        {"/[qQ][zZ][xX]/", "qzx/i"},
        {"/QZX[12]/", "QZX1 QZX2"},
        {"/[a-z]+/", "-"},
        {"/.*/", "-"},
        {"/a?b?c?d/", "d"},
        {"/Z{9}/", "ZZZZZZZZ"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        LAZ_OWNED(laz_buf_drop) struct laz_buf found = {.max = 1000};

        list_atoms(cases[i].string, &found);
        if (strcasecmp(laz_buf_text(&found), cases[i].atoms) != 0)
            fail_msg("%s: %s", cases[i].string, laz_buf_text(&found));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_way_wins),
        cmocka_unit_test(a_search_finds_what_some_walk_finds),
        cmocka_unit_test(what_is_wrong_is_named_with_its_place),
        cmocka_unit_test(groups_nest_to_a_limit),
        cmocka_unit_test(the_largest_repeat_is_taken),
        cmocka_unit_test(a_walk_finds_the_same_on_the_trail_of_another),
        cmocka_unit_test(walks_from_all_positions_share_their_way),
        cmocka_unit_test(a_search_without_steps_is_undecided),
        cmocka_unit_test(a_program_that_leaves_itself_is_refused),
        cmocka_unit_test(memory_may_run_out_anywhere),
        cmocka_unit_test(memory_may_run_out_while_strings_are_cut),
        cmocka_unit_test(the_best_run_that_every_match_holds_is_the_atom),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
