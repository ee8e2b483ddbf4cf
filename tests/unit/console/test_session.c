#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "console/session.h"
#include "place.h"

static struct place place;
static struct laz_account account;
static const struct laz_session_times times = {LAZ_SESSION_IDLE_MS, LAZ_SESSION_ABSOLUTE_MS};

static int make(void **state)
{
    place_make(&place);
    place_add_account(&place, 2, "doctor", &account);
    return 0;
}

static int drop(void **state)
{
    place_remove(&place);
    return 0;
}

static enum laz_status find(const char *text, struct laz_session *out)
{
    return laz_session_find(place.db, laz_view_of(text), &times, out, NULL);
}

static void open_session(char text[LAZ_SESSION_TEXT_SIZE], struct laz_session *out)
{
    assert_int_equal(laz_session_open(place.db, &account, "127.0.0.1", &times, text, out, NULL),
                     LAZ_OK);
}

static void a_cookie_opens_its_session_and_says_whose_it_is(void **state)
{
    char text[LAZ_SESSION_TEXT_SIZE];
    struct laz_session made, found;

    open_session(text, &made);
    assert_true(laz_session_text_is_valid(laz_view_of(text)));
    assert_int_equal(find(text, &found), LAZ_OK);
    assert_int_equal(found.account.scope.organisation_id, 2);
    assert_string_equal(found.account.name, "doctor");
    assert_string_equal(found.csrf, made.csrf);
    assert_int_equal(strlen(found.csrf), 64);
    assert_null(strstr(text, found.csrf));
}

static void other_cookies_open_nothing(void **state)
{
    char text[LAZ_SESSION_TEXT_SIZE];
    struct laz_session s;

    open_session(text, &s);
    assert_int_equal(find("", &s), LAZ_DENIED);
    assert_int_equal(find("x' OR 1=1 --", &s), LAZ_DENIED);
    assert_int_equal(find("0000000000000000000000000000000000000000000000000000000000000000", &s),
                     LAZ_DENIED);
    text[5] = text[5] == 'a' ? 'b' : 'a';
    assert_int_equal(find(text, &s), LAZ_DENIED);
    text[5] = 'A';
    assert_int_equal(find(text, &s), LAZ_DENIED);
}

static void the_secret_itself_is_not_stored(void **state)
{
    char text[LAZ_SESSION_TEXT_SIZE], sql[256];
    struct laz_session s;

    open_session(text, &s);
    snprintf(sql, sizeof sql, "SELECT count(*) FROM session WHERE digest = x'%s' OR digest = '%s'",
             text, text);
    assert_int_equal(place_number(&place, sql), 0);
}

static void its_time_ends(void **state)
{
    static const struct {
        const char *sql;
        enum laz_status wanted;
    } cases[] = {
        {"UPDATE session SET seen = seen - 11 * 3600000, created = created - 11 * 3600000", LAZ_OK},
        {"UPDATE session SET seen = seen - 12 * 3600000", LAZ_DENIED},
        {"UPDATE session SET created = created - 23 * 3600000", LAZ_OK},
        {"UPDATE session SET created = created - 24 * 3600000", LAZ_DENIED},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[LAZ_SESSION_TEXT_SIZE];
        struct laz_session s;

        open_session(text, &s);
        place_run(&place, cases[i].sql);
        assert_int_equal(find(text, &s), cases[i].wanted);
        place_run(&place, "DELETE FROM session");
    }
}

static void use_keeps_it_open(void **state)
{
    char text[LAZ_SESSION_TEXT_SIZE];
    struct laz_session s;

    open_session(text, &s);
    place_run(&place, "UPDATE session SET seen = seen - 11 * 3600000");
    assert_int_equal(find(text, &s), LAZ_OK);
    place_run(&place, "UPDATE session SET seen = seen - 11 * 3600000");
    assert_int_equal(find(text, &s), LAZ_OK);
}

static void the_others_end(void **state)
{
    char keep[LAZ_SESSION_TEXT_SIZE], end[LAZ_SESSION_TEXT_SIZE];
    struct laz_session kept, other, s;
    bool stands = true;

    open_session(keep, &kept);
    open_session(end, &other);
    assert_int_equal(laz_session_close_others(place.db, &account, &kept, NULL), LAZ_OK);
    assert_int_equal(find(keep, &s), LAZ_OK);
    assert_int_equal(find(end, &s), LAZ_DENIED);
    assert_int_equal(laz_session_stands(place.db, account.scope,
                                        laz_view_from(other.digest, sizeof other.digest), &stands,
                                        NULL),
                     LAZ_OK);
    assert_false(stands);
    assert_int_equal(laz_session_close_others(place.db, &account, NULL, NULL), LAZ_OK);
    assert_int_equal(find(keep, &s), LAZ_DENIED);
}

static void one_account_has_only_so_many(void **state)
{
    char text[LAZ_SESSION_TEXT_SIZE];
    struct laz_session s;

    for (int i = 0; i < 60; i++)
        open_session(text, &s);
    assert_int_equal(place_number(&place, "SELECT count(*) FROM session"), 50);
    assert_int_equal(find(text, &s), LAZ_OK);
}

static void what_is_over_is_swept(void **state)
{
    char text[LAZ_SESSION_TEXT_SIZE];
    struct laz_session s;

    open_session(text, &s);
    place_run(&place, "UPDATE session SET seen = seen - 13 * 3600000");
    open_session(text, &s);
    assert_int_equal(laz_session_sweep(place.db, &times, NULL), LAZ_OK);
    assert_int_equal(place_number(&place, "SELECT count(*) FROM session"), 1);
    assert_int_equal(find(text, &s), LAZ_OK);
}

static void passwords_that_are_too_easy_are_refused(void **state)
{
    static const struct {
        const char *password;
        bool good;
    } cases[] = {
        {"", false},
        {"elevenchars", false},
        {"twelve chars", true},
        {"correct horse battery", true},
        {"aaaaaaaaaaaaaaaa", false},
        {"abababababababab", false},
        {"Administrator", false},
        {"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", false}, /* seven characters */
        {"mot de passe d\xc3\xa9\x6a\xc3\xa0 long", true},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(laz_password_is_good(laz_view_of(cases[i].password), "administrator"),
                         cases[i].good);
}

static void a_source_is_known_after_it_has_opened_the_account(void **state)
{
    bool knows = true;

    assert_int_equal(laz_account_knows(place.db, &account, "10.0.0.1", &knows, NULL), LAZ_OK);
    assert_false(knows);
    assert_int_equal(laz_account_learn(place.db, &account, "10.0.0.1", NULL), LAZ_OK);
    assert_int_equal(laz_account_learn(place.db, &account, "10.0.0.1", NULL), LAZ_OK);
    assert_int_equal(laz_account_knows(place.db, &account, "10.0.0.1", &knows, NULL), LAZ_OK);
    assert_true(knows);
    place_run(&place, "UPDATE account_source SET seen = seen - 91 * 86400000");
    assert_int_equal(laz_account_knows(place.db, &account, "10.0.0.1", &knows, NULL), LAZ_OK);
    assert_false(knows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_cookie_opens_its_session_and_says_whose_it_is, make,
                                        drop),
        cmocka_unit_test_setup_teardown(other_cookies_open_nothing, make, drop),
        cmocka_unit_test_setup_teardown(the_secret_itself_is_not_stored, make, drop),
        cmocka_unit_test_setup_teardown(its_time_ends, make, drop),
        cmocka_unit_test_setup_teardown(use_keeps_it_open, make, drop),
        cmocka_unit_test_setup_teardown(the_others_end, make, drop),
        cmocka_unit_test_setup_teardown(one_account_has_only_so_many, make, drop),
        cmocka_unit_test_setup_teardown(what_is_over_is_swept, make, drop),
        cmocka_unit_test(passwords_that_are_too_easy_are_refused),
        cmocka_unit_test_setup_teardown(a_source_is_known_after_it_has_opened_the_account, make,
                                        drop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
