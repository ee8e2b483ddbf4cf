#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include <stdlib.h>

#include "feed/gather.h"
#include "feed/slice.h"
#include "torture.h"

static void only_json_is_taken_for_json(void **state)
{
    static const struct {
        const char *text;
        bool ok;
    } cases[] = {
        {"{}", true},
        {" [ ] \n", true},
        {"{\"a\":[1,-0.5e+3,true,false,null,\"x\\u00e9\\n\"],\"b\":{\"c\":{}}}", true},
        {"0", true},
        {"\"\"", true},
        {"", false},
        {"{", false},
        {"{}{}", false},
        {"{\"a\"}", false},
        {"{\"a\":}", false},
        {"{\"a\":1,}", false},
        {"[1,]", false},
        {"[,1]", false},
        {"[1 2]", false},
        {"{a:1}", false},
        {"01", false},
        {"1.", false},
        {"+1", false},
        {".5", false},
        {"1e", false},
        {"\"\\x\"", false},
        {"\"\\u12g4\"", false},
        {"\"a\nb\"", false},
        {"\"a", false},
        {"tru", false},
        {"[1}", false},
        {"{\"a\":1]", false},
        {"\xFF", false},
        {"\"\xC3\"", false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        /* Each text in memory of just its size, so that a sanitizer sees a step outside. */
        size_t len = strlen(cases[i].text);
        uint8_t *copy = malloc(len + 1);
        struct laz_view value;

        assert_non_null(copy);
        memcpy(copy, cases[i].text, len);
        copy = realloc(copy, len == 0 ? 1 : len);
        assert_int_equal(laz_slice_check(laz_view_from(copy, len), &value), cases[i].ok);
        free(copy);
    }
}

static void nesting_has_an_end(void **state)
{
    char text[2 * LAZ_SLICE_DEPTH_MAX + 4];
    struct laz_view value;

    for (size_t depth = LAZ_SLICE_DEPTH_MAX; depth <= LAZ_SLICE_DEPTH_MAX + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        assert_int_equal(laz_slice_check(laz_view_from(text, 2 * depth), &value),
                         depth <= LAZ_SLICE_DEPTH_MAX);
    }
}

static void members_and_elements_are_cut_out_whole(void **state)
{
    struct laz_view all =
        laz_view_of("{ \"x\\u0041\" : 1, \"list\" : [ {\"id\":\"a\"} , [2,[3]], \"]\" ],"
                    "\"t\":\"a\\\"b\\u00e9\\/\", \"last\": {\"deep\":[true]}}");
    struct laz_view value, list, one, key;
    char text[16];
    size_t count = 0;

    assert_true(laz_slice_check(all, &all));
    assert_true(laz_slice_member(all, "list", &list));
    assert_true(laz_slice_element(&list, &one) && laz_view_equal_text(one, "{\"id\":\"a\"}"));
    assert_true(laz_slice_member_text(one, "id", text, sizeof text));
    assert_string_equal(text, "a");
    assert_true(laz_slice_element(&list, &one) && laz_view_equal_text(one, "[2,[3]]"));
    assert_true(laz_slice_element(&list, &one) && laz_view_equal_text(one, "\"]\""));
    assert_false(laz_slice_element(&list, &one));
    assert_true(laz_slice_member_text(all, "t", text, sizeof text));
    assert_string_equal(text, "a\"b\xC3\xA9/");
    assert_false(laz_slice_member_text(all, "t", text, 7)); /* one byte too few */
    assert_true(laz_slice_member(all, "last", &value));
    assert_true(laz_view_equal_text(value, "{\"deep\":[true]}"));
    assert_false(laz_slice_member(all, "deep", &value));
    assert_false(laz_slice_member(list, "x", &value));
    for (struct laz_view rest = all; laz_slice_pair(&rest, &key, &value);)
        count++;
    assert_int_equal(count, 4);
}

static void new_items_come_first_and_names_are_known(void **state)
{
    struct laz_gather g;
    char name[32];

    laz_gather_init(&g, -1, 1 << 20);
    for (int i = 0; i < 5000; i++) {
        snprintf(name, sizeof name, "\"indicator--%d\"", i);
        assert_true(laz_gather_name(&g, laz_view_of(name)));
    }
    for (int i = 0; i < 5000; i++) {
        snprintf(name, sizeof name, "\"indicator--%d\"", i);
        assert_false(laz_gather_name(&g, laz_view_of(name)));
        assert_true(laz_gather_has(&g, laz_view_of(name)));
    }
    assert_false(laz_gather_has(&g, laz_view_of("\"indicator--5000\"")));
    laz_gather_text(&g, "[");
    laz_gather_item(&g, laz_view_of("1"));
    laz_gather_item(&g, laz_view_of("2"));
    assert_true(laz_view_equal_text(laz_buf_view(&g.waiting), "[1,\n2"));
    laz_gather_clear(&g);
}

static void what_is_too_large_is_not_gathered(void **state)
{
    struct laz_gather g;

    laz_gather_init(&g, -1, 4);
    laz_gather_text(&g, "1234");
    assert_int_equal(g.failed, LAZ_OK);
    laz_gather_text(&g, "5");
    assert_int_equal(laz_gather_end(&g), LAZ_LIMIT);
    laz_gather_clear(&g);
    TORTURE({
        laz_gather_init(&g, -1, 100);
        if (!laz_gather_name(&g, laz_view_of("a")))
            assert_int_equal(g.failed, LAZ_NOMEM);
        laz_gather_clear(&g);
    });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_json_is_taken_for_json),
        cmocka_unit_test(nesting_has_an_end),
        cmocka_unit_test(members_and_elements_are_cut_out_whole),
        cmocka_unit_test(new_items_come_first_and_names_are_known),
        cmocka_unit_test(what_is_too_large_is_not_gathered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
