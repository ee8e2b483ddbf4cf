#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "agent/counters.h"
#include "agent/features.h"

static void what_is_forced_off_is_off(void **state)
{
    struct laz_features f;

    assert_int_equal(laz_features_detect("pre-access,landlock", &f, NULL), LAZ_OK);
    assert_int_equal(f.state[LAZ_FEATURE_PRE_CONTENT], LAZ_FEATURE_OFF);
    assert_int_equal(f.state[LAZ_FEATURE_LANDLOCK], LAZ_FEATURE_OFF);
    assert_int_equal(f.landlock_abi, 0);
    assert_int_equal(laz_features_detect("fanotify-permission", &f, NULL), LAZ_OK);
    assert_false(laz_features_have_gate(&f));
}

static void an_unknown_name_is_refused(void **state)
{
    static const char *const wrong[] = {"x", "landlock,x", ",", "landlock;seccomp"};
    struct laz_features f;
    struct laz_error err;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(laz_features_detect(wrong[i], &f, &err), LAZ_INVALID);
}

static const char *unguarded(const struct laz_features *f, bool lacks, struct laz_buf *b)
{
    struct laz_unguarded also = {.content_missing = lacks, .part_of_disk = lacks};

    laz_buf_init(b, 4096);
    laz_features_add_unguarded(f, &also, b);
    return laz_buf_text(b);
}

static void what_is_not_guarded_is_said(void **state)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf a = {0}, b = {0}, c = {0};
    struct laz_features f = {.root = true};

    assert_non_null(strstr(unguarded(&f, false, &a), "unlink-and-rename"));
    assert_null(strstr(laz_buf_text(&a), "content-missing"));
    f.state[LAZ_FEATURE_NAMES] = LAZ_FEATURE_MISSING;
    assert_non_null(strstr(unguarded(&f, true, &b), "new-directories"));
    assert_non_null(strstr(laz_buf_text(&b), "content-missing"));
    assert_non_null(strstr(laz_buf_text(&b), "outside-hard-links"));
    f.root = false;
    assert_string_equal(unguarded(&f, true, &c), "[\"no-root\"]");
}

static void each_counter_has_a_name_of_its_own(void **state)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf b = {0};
    static struct laz_counters c;

    laz_buf_init(&b, 4096);
    laz_count(&c, LAZ_COUNT_EVENTS_DROPPED);
    laz_counters_add_json(&c, &b);
    assert_non_null(strstr(laz_buf_text(&b), "\"opens\":0"));
    assert_non_null(strstr(laz_buf_text(&b), "\"events_dropped\":1}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_forced_off_is_off),
        cmocka_unit_test(an_unknown_name_is_refused),
        cmocka_unit_test(what_is_not_guarded_is_said),
        cmocka_unit_test(each_counter_has_a_name_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
