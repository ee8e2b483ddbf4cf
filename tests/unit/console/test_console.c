#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "console/call.h"
#include "console/changes.h"
#include "console/login.h"
#include "console/page.h"
#include "sys/clock.h"

static void commas_stand_where_they_belong(void **state)
{
    struct laz_buf text;
    struct laz_json_out o = {&text, false};

    laz_buf_init(&text, 1024);
    laz_out_object(&o);
    laz_out_text_of(&o, "a", "\"\n<");
    laz_out_text_of(&o, "b", NULL);
    laz_out_i64_of(&o, "c", INT64_MIN);
    laz_out_bool_of(&o, "d", true);
    laz_out_raw_of(&o, "e", laz_view_of("[1]"));
    laz_out_raw_of(&o, "f", laz_view_of(""));
    laz_out_name(&o, "g");
    laz_out_array(&o);
    laz_out_i64(&o, 1);
    laz_out_object(&o);
    laz_out_object_end(&o);
    laz_out_id(&o, 7);
    laz_out_array_end(&o);
    laz_out_name(&o, "h");
    laz_out_list(&o);
    laz_out_list_end(&o, true, 3);
    laz_out_object_end(&o);
    assert_string_equal(
        laz_buf_text(&text),
        "{\"a\":\"\\\"\\n\\u003c\",\"b\":null,\"c\":-9223372036854775808,\"d\":true,"
        "\"e\":[1],\"f\":null,\"g\":[1,{},\"7\"],\"h\":{\"items\":[],\"next\":3}}");
    laz_buf_clear(&text);
}

static void changes_are_told_once_and_within_bounds(void **state)
{
    struct laz_changes c = {0};

    for (int64_t i = 1; i <= 1000; i++)
        laz_changes_add(&c, 1, LAZ_CHANGED_EVENT, i);
    assert_int_equal(c.count, 1);
    assert_int_equal(c.items[0].id, 1000);
    for (int64_t i = 1; i <= 1000; i++)
        laz_changes_add(&c, 1, LAZ_CHANGED_INCIDENT, i);
    for (int i = 0; i < 5; i++)
        laz_changes_add(&c, 1, LAZ_CHANGED_QUARANTINE, 0);
    laz_changes_add(&c, 1, LAZ_CHANGED_ENDPOINT, 5);
    assert_true(c.count <= LAZ_CHANGES_MAX);
    /* what found no room of its own is told as "read all of this kind" */
    assert_int_equal(c.items[c.count - 3].kind, LAZ_CHANGED_INCIDENT);
    assert_int_equal(c.items[c.count - 3].id, 0);
    assert_int_equal(c.items[c.count - 2].kind, LAZ_CHANGED_QUARANTINE);
    assert_int_equal(c.items[c.count - 1].kind, LAZ_CHANGED_ENDPOINT);
    for (int64_t o = 2; o < 500; o++)
        laz_changes_add(&c, o, LAZ_CHANGED_EVENT, o);
    assert_int_equal(c.count, LAZ_CHANGES_MAX);
}

static void only_our_own_page_may_change_things(void **state)
{
    static const struct {
        const char *origin, *host;
        bool ours;
    } cases[] = {
        {"https://console.example:8443", "console.example:8443", true},
        {"https://127.0.0.1:8443", "localhost:5173", true}, /* the address that it listens on */
        {"http://console.example:8443", "console.example:8443", false},
        {"https://evil.example", "console.example:8443", false},
        {"https://console.example:8443.evil.example", "console.example:8443", false},
        {"https://console.example", "console.example:8443", false},
        {"https://", "", false},
        {"null", "null", false},
        {"", "", false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(laz_origin_is_ours(laz_view_of(cases[i].origin),
                                            laz_view_of(cases[i].host), "127.0.0.1:8443"),
                         cases[i].ours);
}

static void guessing_from_elsewhere_does_not_lock_the_owner_out(void **state)
{
    struct laz_login *login = calloc(1, sizeof *login);
    struct laz_login_keys owner, guesser;
    int admitted = 0;

    laz_random_bytes(login->secret, sizeof login->secret);
    laz_budget_init(&login->accounts, LAZ_LOGIN_ACCOUNT_BURST, LAZ_LOGIN_ACCOUNT_REFILL_MS);
    laz_budget_init(&login->sources, LAZ_LOGIN_SOURCE_BURST, LAZ_LOGIN_SOURCE_REFILL_MS);
    for (int host = 0; host < 1000; host++) {
        char source[32];

        snprintf(source, sizeof source, "10.0.%d.%d", host / 250, host % 250);
        laz_login_keys_make(login, laz_view_of("admin"), source, false, &guesser);
        for (int i = 0; i < 20; i++)
            admitted += laz_login_admit(login, &guesser, 1000) == 0;
    }
    assert_int_equal(admitted, LAZ_LOGIN_ACCOUNT_BURST);
    laz_login_keys_make(login, laz_view_of("admin"), "10.9.9.9", true, &owner);
    assert_int_equal(laz_login_admit(login, &owner, 1000), 0);
    laz_login_keys_make(login, laz_view_of("admin"), "10.9.9.9", false, &guesser);
    assert_true(laz_login_admit(login, &guesser, 1000) >= 1);
    free(login);
}

static void the_pages_files_are_found_by_their_paths(void **state)
{
    assert_true(laz_page_file_count > 3);
    for (uint32_t i = 0; i < laz_page_file_count; i++) {
        struct laz_view path = laz_view_of(laz_page_files[i].path);

        assert_ptr_equal(laz_page_find(path), &laz_page_files[i]);
        assert_int_equal(laz_page_content(&laz_page_files[i]).len, laz_page_files[i].size);
        if (i > 0)
            assert_true(laz_view_compare(laz_view_of(laz_page_files[i - 1].path), path) < 0);
    }
    assert_null(laz_page_find(laz_view_of("/")));
    assert_null(laz_page_find(laz_view_of("/index.htm")));
    assert_true(laz_page_is_route(laz_view_of("/")));
    assert_true(laz_page_is_route(laz_view_of("/v1.2/incidents")));
    assert_false(laz_page_is_route(laz_view_of("/assets/x.js")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commas_stand_where_they_belong),
        cmocka_unit_test(changes_are_told_once_and_within_bounds),
        cmocka_unit_test(only_our_own_page_may_change_things),
        cmocka_unit_test(guessing_from_elsewhere_does_not_lock_the_owner_out),
        cmocka_unit_test(the_pages_files_are_found_by_their_paths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
