#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "link/backoff.h"
#include "link/event_batch.h"
#include "link/json.h"

static struct laz_buf make_buf(void)
{
    struct laz_buf b;

    laz_buf_init(&b, 2 * LAZ_EVENT_BATCH_LINES_MAX);
    return b;
}

static enum laz_status through(struct laz_view lines, uint64_t count, struct laz_buf *out)
{
    struct laz_buf frame = make_buf();
    enum laz_status s = laz_event_batch_encode(lines, &frame, NULL);

    if (s == LAZ_OK)
        s = laz_event_batch_decode(laz_buf_view(&frame), count, out, NULL);
    laz_buf_clear(&frame);
    return s;
}

static void lines_come_out_as_they_went_in(void **state)
{
    struct laz_buf out = make_buf();
    struct laz_view v, line;

    assert_int_equal(through(laz_view_of("{\"a\":1}\n{\"b\":\"\xc3\xa9\"}\n"), 2, &out), LAZ_OK);
    v = laz_buf_view(&out);
    assert_true(laz_event_batch_next(&v, &line));
    assert_true(laz_view_equal_text(line, "{\"a\":1}"));
    assert_true(laz_event_batch_next(&v, &line));
    assert_true(laz_view_equal_text(line, "{\"b\":\"\xc3\xa9\"}"));
    assert_false(laz_event_batch_next(&v, &line));
    laz_buf_clear(&out);
}

static void what_are_not_exactly_so_many_lines_is_refused(void **state)
{
    static const struct {
        const char *lines;
        uint64_t count;
        enum laz_status status;
    } cases[] = {
        {"{}\n", 1, LAZ_OK},          {"{}\n", 2, LAZ_DAMAGED},
        {"{}\n{}\n", 1, LAZ_DAMAGED}, {"{}", 1, LAZ_DAMAGED},
        {"\n", 1, LAZ_DAMAGED},       {"{}\n\n", 2, LAZ_DAMAGED},
        {"{\t}\n", 1, LAZ_DAMAGED},   {"{\xff}\n", 1, LAZ_DAMAGED},
        {"{}\n", 0, LAZ_DAMAGED},     {"{}\n", LAZ_EVENT_BATCH_COUNT_MAX + 1, LAZ_LIMIT},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct laz_buf out = make_buf();

        assert_int_equal(through(laz_view_of(cases[i].lines), cases[i].count, &out),
                         cases[i].status);
        laz_buf_clear(&out);
    }
}

static void a_frame_that_unpacks_to_more_is_refused_before_memory_is_taken(void **state)
{
    size_t size = 64 * 1024 * 1024, room = ZSTD_compressBound(size), len;
    uint8_t *zeros = calloc(1, size), *frame = malloc(room);
    struct laz_buf out = make_buf();

    assert_non_null(zeros);
    assert_non_null(frame);
    len = ZSTD_compress(frame, room, zeros, size, 1);
    assert_true(len < LAZ_EVENT_BATCH_MAX);
    assert_int_equal(laz_event_batch_decode(laz_view_from(frame, len), 1, &out, NULL), LAZ_LIMIT);
    assert_int_equal(out.capacity, 0);
    free(zeros);
    free(frame);
    laz_buf_clear(&out);
}

static void every_cut_and_every_changed_byte_of_a_frame_is_refused_or_harmless(void **state)
{
    struct laz_buf frame = make_buf(), out = make_buf();

    assert_int_equal(laz_event_batch_encode(laz_view_of("{\"a\":1}\n{\"a\":2}\n"), &frame, NULL),
                     LAZ_OK);
    for (size_t len = 0; len < frame.len; len++)
        assert_int_not_equal(
            laz_event_batch_decode(laz_view_first(laz_buf_view(&frame), len), 2, &out, NULL),
            LAZ_OK);
    assert_int_equal(laz_buf_add_u8(&frame, 0), LAZ_OK);
    assert_int_equal(laz_event_batch_decode(laz_buf_view(&frame), 2, &out, NULL), LAZ_DAMAGED);
    for (size_t i = 0; i < 8 * (frame.len - 1); i++) {
        frame.data[i / 8] ^= (uint8_t)(1u << i % 8);
        if (laz_event_batch_decode(laz_view_first(laz_buf_view(&frame), frame.len - 1), 2, &out,
                                   NULL) == LAZ_OK)
            assert_int_equal(out.len, 16);
        frame.data[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    laz_buf_clear(&frame);
    laz_buf_clear(&out);
}

static void json_from_outside_is_one_object_and_not_deep(void **state)
{
    static const struct {
        const char *text;
        bool ok;
    } cases[] = {
        {"{}", true},
        {" {\"a\":[1,2]} \n", true},
        {"[]", false},
        {"{} {}", false},
        {"{\"a\":1", false},
        {"", false},
        {"{\"a\":\"\xff\"}", false},
        {"{\"a\":[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]}", true},
        {"{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]}", false},
        {"{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[[[\"}", true},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cJSON *json = laz_json_parse_object(laz_view_of(cases[i].text));

        if ((json != NULL) != cases[i].ok)
            fail_msg("%s", cases[i].text);
        laz_json_drop(&json);
    }
}

static void members_have_the_type_that_is_asked_for(void **state)
{
    LAZ_OWNED(laz_json_drop)
    cJSON *json = laz_json_parse_object(laz_view_of(
        "{\"t\":\"text\",\"n\":9007199254740991,\"f\":1.5,\"m\":-1,\"b\":true,\"big\":1e30}"));
    const char *text;
    uint64_t n;
    bool b;

    assert_non_null(json);
    assert_true(laz_json_text(json, "t", 4, &text));
    assert_string_equal(text, "text");
    assert_false(laz_json_text(json, "t", 3, &text));
    assert_string_equal(text, "");
    assert_false(laz_json_text(json, "n", 30, &text));
    assert_true(laz_json_u64(json, "n", UINT64_MAX, &n));
    assert_int_equal(n, 9007199254740991);
    assert_false(laz_json_u64(json, "n", 9007199254740990, &n));
    assert_false(laz_json_u64(json, "f", UINT64_MAX, &n));
    assert_false(laz_json_u64(json, "m", UINT64_MAX, &n));
    assert_false(laz_json_u64(json, "big", UINT64_MAX, &n));
    assert_true(laz_json_bool(json, "b", &b) && b);
    assert_false(laz_json_bool(json, "t", &b));
}

static void waits_double_up_to_their_maximum_and_are_never_shorter_than_asked(void **state)
{
    struct laz_backoff b = {1000, 60000, 0};

    for (unsigned i = 0; i < 100; i++) {
        int64_t full = i < 6 ? 1000 << i : 60000;
        int64_t wait = laz_backoff_next(&b, 0);

        assert_in_range(wait, full / 2, full);
    }
    assert_in_range(laz_backoff_next(&b, 100000), 100000, 100000);
    laz_backoff_reset(&b);
    assert_in_range(laz_backoff_next(&b, 0), 500, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_out_as_they_went_in),
        cmocka_unit_test(what_are_not_exactly_so_many_lines_is_refused),
        cmocka_unit_test(a_frame_that_unpacks_to_more_is_refused_before_memory_is_taken),
        cmocka_unit_test(every_cut_and_every_changed_byte_of_a_frame_is_refused_or_harmless),
        cmocka_unit_test(json_from_outside_is_one_object_and_not_deep),
        cmocka_unit_test(members_have_the_type_that_is_asked_for),
        cmocka_unit_test(waits_double_up_to_their_maximum_and_are_never_shorter_than_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
