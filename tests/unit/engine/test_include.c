#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "rules/include.h"

static void a_path_counts_from_the_file_that_names_it(void **state)
{
    static const struct {
        const char *from, *name, *path;
    } cases[] = {
        {"a.yar", "b.yar", "b.yar"},
        {"x/a.yar", "b.yar", "x/b.yar"},
        {"x/a.yar", "./b.yar", "x/b.yar"},
        {"x/a.yar", "././b.yar", "x/b.yar"},
        {"x/a.yar", "../b.yar", "b.yar"},
        {"x/y/a.yar", "../b.yar", "x/b.yar"},
        {"x/y/a.yar", "../../b.yar", "b.yar"},
        {"x/a.yar", "../../b.yar", "../b.yar"},
        {"../a.yar", "../b.yar", "../../b.yar"},
        {"./a.yar", "../b.yar", "./../b.yar"},
        {"/a.yar", "../b.yar", "/../b.yar"},
        {"/x/a.yar", "../b.yar", "/b.yar"},
        {"x/a.yar", "/b.yar", "/b.yar"},
        {"x/a.yar", "y/../b.yar", "x/y/../b.yar"},
        {"xx/a.yar", "../xx/a.yar", "xx/a.yar"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct laz_buf path;

        laz_buf_init(&path, 100);
        assert_int_equal(laz_include_path(cases[i].from, laz_view_of(cases[i].name), &path),
                         LAZ_OK);
        assert_string_equal(laz_buf_text(&path), cases[i].path);
        laz_buf_clear(&path);
    }
}

static void names_stand_in_quotes_behind_the_word(void **state)
{
    static const struct {
        const char *text, *names;
    } cases[] = {
        {"include \"a\"", "a,"},
        {"include\"a\"\ninclude \t\"b\"", "a,b,"},
        {"rule x { condition: true } include \"c\"", "c,"},
        {"// include \"d\"", "d,"}, /* whoever reads it knows better */
        {"xinclude \"a\"", ""},
        {"include a", ""},
        {"include \"", ""},
        {"include \"a\nb\"", ""},
        {"include \"\"", ""},
        {"", ""},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct laz_view text = laz_view_of(cases[i].text), name;
        struct laz_buf names;

        laz_buf_init(&names, 100);
        while (laz_include_next(&text, &name)) {
            assert_int_equal(laz_buf_add(&names, name), LAZ_OK);
            assert_int_equal(laz_buf_add_u8(&names, ','), LAZ_OK);
        }
        assert_string_equal(laz_buf_text(&names), cases[i].names);
        laz_buf_clear(&names);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_counts_from_the_file_that_names_it),
        cmocka_unit_test(names_stand_in_quotes_behind_the_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
