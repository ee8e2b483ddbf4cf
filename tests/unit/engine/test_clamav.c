/* ClamAV's signatures when memory runs out, and the normal form of texts and pages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine.h"
#include "rules/ir.h"
#include "scan/normal.h"
#include "torture.h"

static const char signatures[] =
    "A;Engine:51-255,Target:0,FileSize:1-900;((0|1)>1,2)&2;616263646566;676869::iw;"
    "3:0/d.f/gi\n"
    "B;Engine:51-255,Target:0;0&1;(B)616263*(64|65)6667::f;0(>>0#ib1#=97)\n"
    "C;Engine:51-255,Target:0;0=1;61??6364{2-9}67(W)\n";

static bool count_hit(void *context, const struct laz_hit *hit)
{
    (void)hit;
    ++*(size_t *)context;
    return true;
}

static void memory_may_run_out(void **state)
{
    static const char text[] = " abcdef g\0h\0i\0 abc dfg-";
    struct laz_match_object object = {.bytes = laz_view_from(text, sizeof text - 1)};

    TORTURE({
        struct engine e;
        struct laz_error err;
        size_t hits = 0;

        if (engine_build_text(&e, "t.ldb", signatures, &err) == LAZ_OK) {
            if (laz_matcher_run(e.matcher, &object, NULL, count_hit, &hits) == LAZ_OK)
                assert_int_equal(hits, 1);
            engine_clear(&e);
        }
    });
}

static void a_line_that_is_wrong_hides_no_other(void **state)
{
    static const char lines[] = "A:0:*:4142434445\nB:0:*:4x\nC:0:*:4647484950\n";
    struct laz_source source = {.name = "t.ndb", .text = laz_view_of(lines)};
    struct laz_ruleset set;
    struct laz_error err;
    struct laz_source_options options = {.skipped = NULL};

    laz_ruleset_init(&set);
    assert_int_equal(laz_source_read(&set, &source, &options, &err), LAZ_INVALID);
    assert_int_equal(err.line, 2);
    laz_ruleset_clear(&set);
}

/* It walks back over every way to cut a row of a's in ones and twos. */
static const char endless[] = "A.First:0:*:4d41524b\n";
static const char endless_logical[] = "E.Endless;Target:0;0&1;4d41524b;0/x(a|aa)+b/\n"
                                      "F.Not;Target:0;0&(1=0);4d41524b;0/x(a|aa)+b/\n"
                                      "G.Later;Target:0;0&1;4d41524b;0/c(b)$/\n";

static void an_expression_without_end_leaves_the_object_undecided(void **state)
{
    static const char object[] =
        "MARK xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaacb";
    struct laz_source sources[] = {
        {.name = "t.ndb", .text = laz_view_of(endless)},
        {.name = "t.ldb", .text = laz_view_of(endless_logical)},
    };
    struct laz_source_options options = {.skipped = NULL};
    struct laz_error err;
    struct laz_buf out;
    struct engine e;

    laz_buf_init(&out, 1000);
    assert_int_equal(engine_build(&e, sources, 2, &options, &err), LAZ_OK);
    assert_int_equal(engine_scan(&e, laz_view_of(object), LAZ_TARGET_ANY, NULL, &out), LAZ_LIMIT);
    assert_string_equal(laz_buf_text(&out), "A.First\nG.Later\n");
    engine_clear(&e);
    laz_buf_clear(&out);
}

static void texts_have_one_form(void **state)
{
    /* as sigtool --ascii-normalise writes them */
    static const struct {
        const char *text, *normal;
    } cases[] = {
        {"", ""},
        {"Some TEXT", "some text"},
        {"a  b\t\n c\r\n", "a b c "},
        {"a\001b\200\377c", "abc"},
        {"a \001 b", "a b"},
        {"[A]_{Z}", "[a]_{z}"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct laz_buf out;

        laz_buf_init(&out, 1000);
        assert_int_equal(laz_normal_text(laz_view_of(cases[i].text), &out), LAZ_OK);
        assert_string_equal(laz_buf_text(&out), cases[i].normal);
        laz_buf_clear(&out);
    }
}

static void pages_have_one_form(void **state)
{
    /* as sigtool --html-normalise writes nocomment.html */
    static const struct {
        const char *page, *normal;
    } cases[] = {
        {"<HTML>\n<Body>\n", "<html><body>"},
        {"<!DOCTYPE html><p>", "<p>"},
        {"a<!-- B -->c", "ac"},
        {"Some  Page &amp; More", "some page & more"},
        {"<a HREF=\"http://E.example/P?q=1&amp;r=2\"   >Go",
         "<a href=\"http://e.example/p?q=1&r=2\">go"},
        {"<body BGCOLOR=White   onload=\"Run( 1 )\">", "<body bgcolor=white onload=\"run( 1 )\">"},
        {"<IMG SRC='Foo.GIF' />", "<img src=\"foo.gif\" />"},
        {"&#65;&#x42;&lt;tag&gt;", "ab<tag>"},
        {"<script>\nvar A = \"B\";\n</script>", "<script>vara=\"b\";</script>"},
        {"&nope; & &;", "&nope; & &;"},
        {"<b", "<b>"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct laz_buf out;

        laz_buf_init(&out, 1000);
        assert_int_equal(laz_normal_page(laz_view_of(cases[i].page), &out), LAZ_OK);
        assert_string_equal(laz_buf_text(&out), cases[i].normal);
        laz_buf_clear(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_may_run_out),
        cmocka_unit_test(a_line_that_is_wrong_hides_no_other),
        cmocka_unit_test(an_expression_without_end_leaves_the_object_undecided),
        cmocka_unit_test(texts_have_one_form),
        cmocka_unit_test(pages_have_one_form),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
