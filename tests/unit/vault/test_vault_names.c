#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "agent/vault_names.h"

static const struct laz_vault_file_id one = {1, 100, 0}, two = {1, 200, 0};

static void rename_at(struct laz_vault_names *n, uint64_t at, const char *from, const char *to,
                      uint64_t inode)
{
    struct laz_vault_record r = {.kind = LAZ_VAULT_RECORD_RENAMED,
                                 .path = laz_view_of(from),
                                 .new_path = laz_view_of(to),
                                 .version.file = {inode == 0 ? 0 : 1, inode, 0}};

    assert_int_equal(laz_vault_names_add_rename(n, &r, at), LAZ_OK);
}

static void a_file_is_followed_both_ways(void **state)
{
    struct laz_vault_names n = {0};

    (void)state;
    rename_at(&n, 10, "/a", "/b", 100);
    rename_at(&n, 20, "/b", "/c", 100);
    rename_at(&n, 30, "/x", "/b", 200);
    assert_int_equal(laz_vault_names_sort(&n), LAZ_OK);
    assert_string_equal(laz_vault_names_origin(&n, "/c", 25, &one), "/a");
    assert_string_equal(laz_vault_names_origin(&n, "/b", 15, &one), "/a");
    assert_string_equal(laz_vault_names_origin(&n, "/b", 35, &two), "/x");
    assert_string_equal(laz_vault_names_origin(&n, "/q", 35, &two), "/q");
    assert_string_equal(laz_vault_names_now(&n, "/a", &one), "/c");
    assert_string_equal(laz_vault_names_now(&n, "/x", &two), "/b");
    laz_vault_names_clear(&n);
}

/* Without an inode only the order says which file a rename was of. */
static void an_unknown_rename_counts_only_before_the_copy(void **state)
{
    struct laz_vault_names n = {0};

    (void)state;
    rename_at(&n, 10, "/tmp", "/doc", 0);
    assert_int_equal(laz_vault_names_sort(&n), LAZ_OK);
    assert_string_equal(laz_vault_names_origin(&n, "/doc", 5, &one), "/doc");
    assert_string_equal(laz_vault_names_origin(&n, "/doc", 15, &one), "/tmp");
    laz_vault_names_clear(&n);
}

static void circles_end(void **state)
{
    struct laz_vault_names n = {0};

    (void)state;
    for (uint64_t i = 0; i < 1000; i++)
        rename_at(&n, i + 1, i % 2 == 0 ? "/a" : "/b", i % 2 == 0 ? "/b" : "/a", 100);
    assert_int_equal(laz_vault_names_sort(&n), LAZ_OK);
    assert_non_null(laz_vault_names_origin(&n, "/a", 2000, &one));
    assert_non_null(laz_vault_names_now(&n, "/a", &one));
    laz_vault_names_clear(&n);
}

static void paths_are_led_back_through_folders(void **state)
{
    struct laz_vault_names n = {0};
    char out[4096];
    bool differs;

    (void)state;
    rename_at(&n, 10, "/share", "/gone", 0);
    rename_at(&n, 20, "/gone", "/far", 0);
    assert_int_equal(laz_vault_names_sort(&n), LAZ_OK);
    laz_vault_names_undo_folder(&n, 1); /* the youngest first */
    laz_vault_names_undo_folder(&n, 0);
    assert_true(laz_vault_names_lead_back(&n, "/far/x", 30, out, sizeof out, &differs));
    assert_true(differs);
    assert_string_equal(out, "/share/x");
    assert_true(laz_vault_names_lead_back(&n, "/gone/x", 15, out, sizeof out, &differs));
    assert_string_equal(out, "/share/x");
    assert_true(laz_vault_names_lead_back(&n, "/far/x", 15, out, sizeof out, &differs));
    assert_false(differs); /* the name was another folder's then */
    assert_true(laz_vault_names_lead_back(&n, "/farther/x", 30, out, sizeof out, &differs));
    assert_false(differs);
    assert_false(laz_vault_names_lead_back(&n, "/far/x", 30, out, 8, &differs));
    laz_vault_names_clear(&n);
}

static void what_was_made_is_known(void **state)
{
    struct laz_vault_names n = {0};

    (void)state;
    assert_false(laz_vault_names_is_created(&n, "/a"));
    for (int i = 200; i-- > 0;) {
        char path[16];

        snprintf(path, sizeof path, "/%d", i);
        assert_int_equal(laz_vault_names_add_created(&n, laz_view_of(path)), LAZ_OK);
    }
    assert_int_equal(laz_vault_names_sort(&n), LAZ_OK);
    assert_true(laz_vault_names_is_created(&n, "/0"));
    assert_true(laz_vault_names_is_created(&n, "/199"));
    assert_false(laz_vault_names_is_created(&n, "/200"));
    laz_vault_names_clear(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_followed_both_ways),
        cmocka_unit_test(an_unknown_rename_counts_only_before_the_copy),
        cmocka_unit_test(circles_end),
        cmocka_unit_test(paths_are_led_back_through_folders),
        cmocka_unit_test(what_was_made_is_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
