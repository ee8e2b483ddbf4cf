#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "scan/verdict.h"

static void the_worse_verdict_wins_in_either_order(void **state)
{
    static const struct {
        enum laz_verdict_kind a, b, worse;
    } cases[] = {
        {LAZ_CLEAN, LAZ_CLEAN, LAZ_CLEAN},
        {LAZ_CLEAN, LAZ_INCOMPLETE, LAZ_INCOMPLETE},
        {LAZ_INCOMPLETE, LAZ_SUSPICIOUS, LAZ_SUSPICIOUS},
        {LAZ_INCOMPLETE, LAZ_MALICIOUS, LAZ_MALICIOUS},
        {LAZ_SUSPICIOUS, LAZ_MALICIOUS, LAZ_MALICIOUS},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(laz_verdict_worse(cases[i].a, cases[i].b), cases[i].worse);
        assert_int_equal(laz_verdict_worse(cases[i].b, cases[i].a), cases[i].worse);
    }
}

static void the_reason_is_that_of_the_worst_thing(void **state)
{
    static struct laz_verdict v;

    laz_verdict_init(&v);
    assert_string_equal(v.reason, "");
    laz_verdict_add_note(&v, LAZ_REASON_UNSUPPORTED, laz_view_of("a"), "pdf");
    assert_string_equal(v.reason, "unsupported");
    laz_verdict_add_note(&v, LAZ_REASON_LIMIT_BYTES, laz_view_of("b"), "");
    assert_string_equal(v.reason, "limit-bytes");
    laz_verdict_add_note(&v, LAZ_REASON_DAMAGED, laz_view_of("c"), "");
    assert_string_equal(v.reason, "limit-bytes");
    assert_int_equal(v.kind, LAZ_INCOMPLETE);
    laz_verdict_add_detection(&v, "R", "body", "s", laz_view_of("d"), false);
    assert_int_equal(v.kind, LAZ_MALICIOUS);
    assert_string_equal(v.reason, "detected");
    laz_verdict_add_note(&v, LAZ_REASON_LIMIT_TIME, laz_view_of("e"), "");
    assert_int_equal(v.kind, LAZ_MALICIOUS);
    assert_string_equal(v.reason, "detected");
    assert_int_equal(v.note_count, 4);
}

static void more_than_fits_is_counted_not_kept(void **state)
{
    static struct laz_verdict v;

    laz_verdict_init(&v);
    for (unsigned i = 0; i < LAZ_VERDICT_NOTES_MAX + 3; i++)
        laz_verdict_add_note(&v, LAZ_REASON_ENCRYPTED, laz_view_of("m"), "zip");
    assert_int_equal(v.note_count, LAZ_VERDICT_NOTES_MAX);
    assert_int_equal(v.notes_dropped, 3);
    for (unsigned i = 0; i < LAZ_VERDICT_DETECTIONS_MAX + 3; i++)
        laz_verdict_add_detection(&v, "R", "body", "s", laz_view_of("m"), true);
    assert_int_equal(v.detection_count, LAZ_VERDICT_DETECTIONS_MAX);
    assert_int_equal(v.kind, LAZ_SUSPICIOUS);
}

static void text_of_any_length_ends_inside(void **state)
{
    static struct laz_verdict v;
    char text[3000];

    memset(text, 'x', sizeof text);
    text[sizeof text - 2] = 'e';
    text[sizeof text - 1] = 0;
    laz_verdict_init(&v);
    laz_verdict_add_detection(&v, text, text, text, laz_view_of(text), false);
    assert_int_equal(strlen(v.detections[0].name), LAZ_VERDICT_NAME_SIZE - 1);
    assert_int_equal(strlen(v.detections[0].kind), LAZ_VERDICT_WORD_SIZE - 1);
    assert_int_equal(strlen(v.detections[0].member), LAZ_VERDICT_MEMBER_SIZE - 1);
    assert_int_equal(v.detections[0].member[LAZ_VERDICT_MEMBER_SIZE - 2], 'e');
}

static void only_stable_words_are_reasons(void **state)
{
    for (int i = 0; i < LAZ_REASONS; i++) {
        const char *name = laz_reason_name((enum laz_reason)i);

        assert_ptr_equal(laz_reason_find(laz_view_of(name)), name);
    }
    assert_null(laz_reason_find(laz_view_of("clean")));
    assert_null(laz_reason_find(laz_view_of("detected ")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worse_verdict_wins_in_either_order),
        cmocka_unit_test(the_reason_is_that_of_the_worst_thing),
        cmocka_unit_test(more_than_fits_is_counted_not_kept),
        cmocka_unit_test(text_of_any_length_ends_inside),
        cmocka_unit_test(only_stable_words_are_reasons),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
