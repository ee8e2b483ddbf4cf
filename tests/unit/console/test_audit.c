#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "console/audit.h"
#include "place.h"

static struct place place;
static const struct laz_scope first = {1}, second = {2};

static int make(void **state)
{
    place_make(&place);
    return 0;
}

static int drop(void **state)
{
    place_remove(&place);
    return 0;
}

static void add(struct laz_scope scope, const char *who, const char *object)
{
    const struct laz_audit_entry e = {who, "incident.closed", object, ""};

    assert_int_equal(laz_audit_add(place.db, scope, &e, NULL), LAZ_OK);
}

static enum laz_status verify(struct laz_scope scope, struct laz_audit_check *check,
                              struct laz_error *err)
{
    *check = (struct laz_audit_check){.wanted = check->wanted};
    return laz_audit_verify(place.db, scope, check, err);
}

static void an_empty_log_and_a_long_one_are_intact(void **state)
{
    struct laz_audit_check check = {0};

    assert_int_equal(verify(first, &check, NULL), LAZ_OK);
    assert_int_equal(check.entries, 0);
    for (int i = 0; i < 50; i++)
        add(first, "admin", "7");
    assert_int_equal(verify(first, &check, NULL), LAZ_OK);
    assert_int_equal(check.entries, 50);
}

static void each_organisation_has_its_own(void **state)
{
    struct laz_audit_check check = {0};

    add(first, "a", "1");
    add(second, "b", "2");
    add(first, "a", "3");
    assert_int_equal(verify(first, &check, NULL), LAZ_OK);
    assert_int_equal(check.entries, 2);
    assert_int_equal(verify(second, &check, NULL), LAZ_OK);
    assert_int_equal(check.entries, 1);
}

static void the_database_refuses_changes(void **state)
{
    add(first, "a", "1");
    assert_int_not_equal(laz_db_run(place.db, "UPDATE audit SET who = 'b'", NULL), LAZ_OK);
    assert_int_not_equal(laz_db_run(place.db, "DELETE FROM audit", NULL), LAZ_OK);
}

static void whoever_changes_the_file_itself_is_found_out(void **state)
{
    static const char *const forgeries[] = {
        "UPDATE audit SET who = 'b' WHERE seq = 3",
        "UPDATE audit SET time = time + 1 WHERE seq = 3",
        "UPDATE audit SET verb = '' WHERE seq = 3",
        "UPDATE audit SET object = 'incident' || object WHERE seq = 3",
        "UPDATE audit SET who = who || verb, verb = '' WHERE seq = 3",
        "UPDATE audit SET hash = zeroblob(32) WHERE seq = 3",
        "UPDATE audit SET hash = x'' WHERE seq = 3",
        "UPDATE audit SET seq = 33 WHERE seq = 3",
        "DELETE FROM audit WHERE seq = 3",
        "DELETE FROM audit WHERE seq = 1",
        "UPDATE audit SET organisation_id = 2",
    };

    for (size_t i = 0; i < sizeof forgeries / sizeof *forgeries; i++) {
        struct laz_audit_check check = {0};
        struct laz_scope scope = {i + 1 == sizeof forgeries / sizeof *forgeries ? 2 : 1};
        struct laz_error err;

        for (int k = 0; k < 5; k++)
            add(first, "admin", "7");
        place_run(&place, "DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_not_removed");
        place_run(&place, forgeries[i]);
        if (verify(scope, &check, &err) != LAZ_DAMAGED)
            fail_msg("not found: %s", forgeries[i]);
        place_remove(&place);
        place_make(&place);
    }
}

static void a_cut_end_is_found_by_whoever_kept_the_head(void **state)
{
    char head[65];
    struct laz_audit_check check = {0};

    for (int i = 0; i < 5; i++)
        add(first, "admin", "7");
    assert_int_equal(verify(first, &check, NULL), LAZ_OK);
    for (size_t i = 0; i < sizeof check.head; i++)
        snprintf(head + 2 * i, 3, "%02x", check.head[i]);
    check.wanted = head;
    add(first, "admin", "8");
    assert_int_equal(verify(first, &check, NULL), LAZ_OK);
    assert_true(check.wanted_found);
    place_run(&place, "DROP TRIGGER audit_is_not_removed; DELETE FROM audit WHERE seq > 3");
    assert_int_equal(verify(first, &check, NULL), LAZ_OK);
    assert_false(check.wanted_found);
}

static void long_texts_are_cut_at_a_character(void **state)
{
    char text[1100];
    struct laz_audit_check check = {0};

    for (int shift = 0; shift < 3; shift++) {
        memset(text, 'x', sizeof text);
        for (size_t i = (size_t)shift; i + 2 < sizeof text; i += 2)
            memcpy(text + i, "\xc3\xa9", 2);
        text[sizeof text - 1] = '\0';
        add(first, "admin", text);
    }
    assert_int_equal(verify(first, &check, NULL), LAZ_OK);
    assert_in_range(place_number(&place, "SELECT max(length(CAST(object AS BLOB))) FROM audit"),
                    500, 512);
    assert_in_range(place_number(&place, "SELECT min(length(CAST(object AS BLOB))) FROM audit"),
                    500, 512);
}

static int64_t list(int64_t after, int64_t limit, cJSON **items)
{
    struct laz_buf text;
    struct laz_json_out out = {&text, false};
    const cJSON *next;
    int64_t n;
    cJSON *json;

    laz_buf_init(&text, 1 << 20);
    assert_int_equal(laz_audit_list(place.db, first, after, limit, &out, NULL), LAZ_OK);
    json = cJSON_Parse(laz_buf_text(&text));
    assert_non_null(json);
    *items = cJSON_DetachItemFromObject(json, "items");
    next = cJSON_GetObjectItem(json, "next");
    n = cJSON_IsNull(next) ? 0 : (int64_t)next->valuedouble;
    cJSON_Delete(json);
    laz_buf_clear(&text);
    return n;
}

static void lists_are_walked_without_a_gap(void **state)
{
    int64_t after = 0, wanted = 25;

    for (int i = 0; i < 25; i++)
        add(first, "admin", "7");
    do {
        cJSON *items, *item;

        after = list(after, 10, &items);
        cJSON_ArrayForEach(item, items)
        {
            assert_int_equal(cJSON_GetObjectItem(item, "seq")->valueint, wanted);
            wanted--;
        }
        cJSON_Delete(items);
    } while (after != 0);
    assert_int_equal(wanted, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_empty_log_and_a_long_one_are_intact, make, drop),
        cmocka_unit_test_setup_teardown(each_organisation_has_its_own, make, drop),
        cmocka_unit_test_setup_teardown(the_database_refuses_changes, make, drop),
        cmocka_unit_test_setup_teardown(whoever_changes_the_file_itself_is_found_out, make, drop),
        cmocka_unit_test_setup_teardown(a_cut_end_is_found_by_whoever_kept_the_head, make, drop),
        cmocka_unit_test_setup_teardown(long_texts_are_cut_at_a_character, make, drop),
        cmocka_unit_test_setup_teardown(lists_are_walked_without_a_gap, make, drop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
