#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "sign/password.h"

static void a_hash_opens_only_to_its_password(void **state)
{
    char hash[LAZ_PASSWORD_HASH_SIZE], again[LAZ_PASSWORD_HASH_SIZE];

    assert_int_equal(laz_password_hash(laz_view_of("correct horse"), hash, NULL), LAZ_OK);
    assert_int_equal(laz_password_check(laz_view_of("correct horse"), hash), LAZ_OK);
    assert_int_equal(laz_password_check(laz_view_of("correct horsf"), hash), LAZ_DENIED);
    assert_int_equal(laz_password_check(laz_view_of(""), hash), LAZ_DENIED);
    assert_int_equal(laz_password_hash(laz_view_of("correct horse"), again, NULL), LAZ_OK);
    assert_string_not_equal(hash, again);
}

static void the_costs_are_those_of_the_design(void **state)
{
    char hash[LAZ_PASSWORD_HASH_SIZE];

    assert_int_equal(laz_password_hash(laz_view_of("x"), hash, NULL), LAZ_OK);
    assert_memory_equal(hash, "$argon2id$v=19$m=65536,t=3,p=1$", 31);
    assert_false(laz_password_is_outdated(hash));
    assert_true(laz_password_is_outdated("$argon2id$v=19$m=8192,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA"
                                         "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
}

static void nobody_has_todays_costs_and_no_password(void **state)
{
    assert_false(laz_password_is_outdated(laz_password_nobody()));
    assert_int_equal(laz_password_check(laz_view_of(""), laz_password_nobody()), LAZ_DENIED);
    assert_int_equal(laz_password_check(laz_view_of("nobody"), laz_password_nobody()), LAZ_DENIED);
}

static void what_cannot_be_a_password_or_a_hash_is_refused(void **state)
{
    static const char long_hash[400] = "$argon2id$v=19$m=65536,t=3,p=1$";
    uint8_t long_password[LAZ_PASSWORD_MAX + 1];
    char hash[LAZ_PASSWORD_HASH_SIZE], endless[400];

    memset(long_password, 'a', sizeof long_password);
    memset(endless, 'a', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    assert_int_equal(laz_password_hash(laz_view_of(""), hash, NULL), LAZ_INVALID);
    assert_int_equal(
        laz_password_hash(laz_view_from(long_password, sizeof long_password), hash, NULL),
        LAZ_INVALID);
    assert_int_equal(laz_password_hash(laz_view_from(long_password, LAZ_PASSWORD_MAX), hash, NULL),
                     LAZ_OK);
    assert_int_equal(laz_password_check(laz_view_of("x"), ""), LAZ_DENIED);
    assert_int_equal(laz_password_check(laz_view_of("x"), long_hash), LAZ_DENIED);
    assert_int_equal(laz_password_check(laz_view_of("x"), endless), LAZ_DENIED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hash_opens_only_to_its_password),
        cmocka_unit_test(the_costs_are_those_of_the_design),
        cmocka_unit_test(nobody_has_todays_costs_and_no_password),
        cmocka_unit_test(what_cannot_be_a_password_or_a_hash_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
