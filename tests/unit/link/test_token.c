#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "sign/token.h"

static void a_token_is_valid_and_never_the_same(void **state)
{
    char first[LAZ_TOKEN_TEXT_SIZE], second[LAZ_TOKEN_TEXT_SIZE];

    laz_token_make(first);
    laz_token_make(second);
    assert_true(laz_token_is_valid(laz_view_of(first)));
    assert_string_not_equal(first, second);
}

static void what_is_no_token_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        "0123456789abcdef0123456789abcde",
        "0123456789abcdef0123456789abcdef0",
        "0123456789ABCDEF0123456789ABCDEF",
        "0123456789abcdef0123456789abcdeg",
        " 123456789abcdef0123456789abcdef",
    };
    uint8_t digest[LAZ_TOKEN_DIGEST_SIZE];

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(laz_token_digest(laz_view_of(wrong[i]), digest), LAZ_INVALID);
}

static void a_uuid_has_the_form_of_version_four(void **state)
{
    char uuid[LAZ_UUID_TEXT_SIZE];

    for (unsigned i = 0; i < 100; i++) {
        laz_uuid_make(uuid);
        assert_true(laz_uuid_is_valid(laz_view_of(uuid)));
        assert_int_equal(uuid[14], '4');
        assert_non_null(strchr("89ab", uuid[19]));
    }
    assert_false(laz_uuid_is_valid(laz_view_of("0123456789abcdef0123456789abcdef0123")));
}

static void a_first_password_has_no_letters_that_look_alike(void **state)
{
    char password[LAZ_FIRST_PASSWORD_SIZE];

    for (unsigned i = 0; i < 100; i++) {
        laz_first_password_make(password);
        assert_int_equal(strlen(password), LAZ_FIRST_PASSWORD_SIZE - 1);
        assert_null(strpbrk(password, "ilouILOU"));
        assert_int_equal(password[4], '-');
    }
}

static void secrets_are_equal_only_as_a_whole(void **state)
{
    assert_true(laz_secret_equal(laz_view_of("abc"), laz_view_of("abc")));
    assert_true(laz_secret_equal(laz_view_of(""), laz_view_of("")));
    assert_false(laz_secret_equal(laz_view_of("abc"), laz_view_of("abd")));
    assert_false(laz_secret_equal(laz_view_of("abc"), laz_view_of("ab")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_is_valid_and_never_the_same),
        cmocka_unit_test(what_is_no_token_is_refused),
        cmocka_unit_test(a_uuid_has_the_form_of_version_four),
        cmocka_unit_test(a_first_password_has_no_letters_that_look_alike),
        cmocka_unit_test(secrets_are_equal_only_as_a_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
