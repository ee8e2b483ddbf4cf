#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>

#include <cmocka.h>

#include "wire/scan_message.h"

static void fill_verdict(struct laz_scan_message *m)
{
    memset(m, 0, sizeof *m);
    m->kind = LAZ_SCAN_VERDICT;
    m->verdict = (struct laz_scan_verdict_message){
        .job = 7,
        .kind = 2,
        .reason = laz_view_of("detected"),
        .type = laz_view_of("zip"),
        .size = 100,
        .read = 300,
        .skipped = 5,
        .objects = 2,
        .has_sha256 = true,
        .detection_count = 1,
        .note_count = 1,
    };
    m->verdict.detections[0] = (struct laz_scan_detection_message){
        laz_view_of("Rule"),  laz_view_of("body"),     laz_view_of("a/b"),
        laz_view_of("x.ndb"), laz_view_of("a reason"), laz_view_of("T1486")};
    m->verdict.notes[0] = (struct laz_scan_note_message){laz_view_of("c"), laz_view_of("encrypted"),
                                                         laz_view_of("zip")};
}

static void write(const struct laz_scan_message *m, struct laz_buf *b)
{
    laz_buf_init(b, LAZ_SCAN_MESSAGE_MAX);
    assert_int_equal(laz_scan_message_write(m, b), LAZ_OK);
}

static void a_verdict_arrives_as_it_was_sent(void **state)
{
    struct laz_scan_message sent, got;
    struct laz_buf b;

    fill_verdict(&sent);
    write(&sent, &b);
    assert_int_equal(laz_scan_message_read(laz_buf_view(&b), &got), LAZ_OK);
    assert_int_equal(got.kind, LAZ_SCAN_VERDICT);
    assert_int_equal(got.verdict.job, 7);
    assert_int_equal(got.verdict.read, 300);
    assert_true(got.verdict.has_sha256);
    assert_int_equal(got.verdict.detection_count, 1);
    assert_true(laz_view_equal_text(got.verdict.detections[0].member, "a/b"));
    assert_true(laz_view_equal_text(got.verdict.detections[0].about, "a reason"));
    assert_true(laz_view_equal_text(got.verdict.detections[0].attack, "T1486"));
    assert_true(laz_view_equal_text(got.verdict.notes[0].reason, "encrypted"));
    laz_buf_clear(&b);
}

static void a_job_and_a_change_arrive_as_they_were_sent(void **state)
{
    struct laz_scan_message job = {.kind = LAZ_SCAN_JOB}, change = {.kind = LAZ_SCAN_CHANGE}, got;
    struct laz_buf b;

    job.job = (struct laz_scan_job_message){1, 2, 3, 4, 5, true, laz_view_of("a/b.exe")};
    write(&job, &b);
    assert_int_equal(laz_scan_message_read(laz_buf_view(&b), &got), LAZ_OK);
    assert_memory_equal(&got.job, &job.job, offsetof(struct laz_scan_job_message, want_sha256));
    assert_true(got.job.want_sha256);
    assert_true(laz_view_equal_text(got.job.path, "a/b.exe"));
    laz_buf_clear(&b);
    change.change = (struct laz_scan_change_message){.job = 9,
                                                     .new_entropy = 7.5,
                                                     .similarity = 1.0,
                                                     .old_type = laz_view_of("pdf"),
                                                     .old_known_type = true,
                                                     .header_only = true};
    write(&change, &b);
    assert_int_equal(laz_scan_message_read(laz_buf_view(&b), &got), LAZ_OK);
    assert_true(got.change.new_entropy > 7.4 && got.change.header_only);
    assert_true(got.change.old_known_type && !got.change.new_known_type);
    laz_buf_clear(&b);
}

static void every_cut_and_every_surplus_is_refused(void **state)
{
    struct laz_scan_message m, got;
    struct laz_buf b;

    fill_verdict(&m);
    write(&m, &b);
    for (size_t len = 0; len < b.len; len++)
        assert_int_equal(laz_scan_message_read(laz_view_first(laz_buf_view(&b), len), &got),
                         LAZ_DAMAGED);
    assert_int_equal(laz_buf_add_u8(&b, 0), LAZ_OK);
    assert_int_equal(laz_scan_message_read(laz_buf_view(&b), &got), LAZ_DAMAGED);
    laz_buf_clear(&b);
}

static void numbers_outside_their_range_are_refused(void **state)
{
    static const double reals[] = {8.5, -1.0, NAN, INFINITY};
    struct laz_scan_message m, got;
    struct laz_buf b;

    for (size_t i = 0; i < sizeof reals / sizeof *reals; i++) {
        m = (struct laz_scan_message){.kind = LAZ_SCAN_CHANGE};
        m.change.old_entropy = reals[i];
        write(&m, &b);
        assert_int_equal(laz_scan_message_read(laz_buf_view(&b), &got), LAZ_DAMAGED);
        laz_buf_clear(&b);
    }
    fill_verdict(&m);
    m.verdict.kind = 4;
    write(&m, &b);
    assert_int_equal(laz_scan_message_read(laz_buf_view(&b), &got), LAZ_DAMAGED);
    laz_buf_clear(&b);
    fill_verdict(&m);
    m.verdict.reason = laz_view_from("a\0b", 3);
    write(&m, &b);
    assert_int_equal(laz_scan_message_read(laz_buf_view(&b), &got), LAZ_DAMAGED);
    laz_buf_clear(&b);
}

static void long_text_is_cut_where_it_says_least(void **state)
{
    char text[2000];
    struct laz_scan_message m, got;
    struct laz_buf b;

    memset(text, 'a', sizeof text);
    text[0] = 's';
    text[sizeof text - 1] = 'e';
    fill_verdict(&m);
    m.verdict.detections[0].name = laz_view_from(text, sizeof text);
    m.verdict.detections[0].member = laz_view_from(text, sizeof text);
    write(&m, &b);
    assert_int_equal(laz_scan_message_read(laz_buf_view(&b), &got), LAZ_OK);
    assert_int_equal(got.verdict.detections[0].name.len, LAZ_SCAN_NAME_MAX);
    assert_int_equal(got.verdict.detections[0].name.data[0], 's');
    assert_int_equal(got.verdict.detections[0].member.len, LAZ_SCAN_MEMBER_MAX);
    assert_int_equal(got.verdict.detections[0].member.data[LAZ_SCAN_MEMBER_MAX - 1], 'e');
    laz_buf_clear(&b);
}

static void the_largest_verdict_fits(void **state)
{
    static char text[2000];
    struct laz_view v = {(const uint8_t *)text, sizeof text};
    struct laz_scan_message m;
    struct laz_buf b;

    memset(text, 'a', sizeof text);
    fill_verdict(&m);
    m.verdict.detection_count = LAZ_SCAN_DETECTIONS_MAX;
    m.verdict.note_count = LAZ_SCAN_NOTES_MAX;
    for (size_t i = 0; i < LAZ_SCAN_DETECTIONS_MAX; i++)
        m.verdict.detections[i] = (struct laz_scan_detection_message){v, v, v, v, v, v};
    for (size_t i = 0; i < LAZ_SCAN_NOTES_MAX; i++)
        m.verdict.notes[i] = (struct laz_scan_note_message){v, v, v};
    write(&m, &b);
    laz_buf_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_verdict_arrives_as_it_was_sent),
        cmocka_unit_test(a_job_and_a_change_arrive_as_they_were_sent),
        cmocka_unit_test(every_cut_and_every_surplus_is_refused),
        cmocka_unit_test(numbers_outside_their_range_are_refused),
        cmocka_unit_test(long_text_is_cut_where_it_says_least),
        cmocka_unit_test(the_largest_verdict_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
