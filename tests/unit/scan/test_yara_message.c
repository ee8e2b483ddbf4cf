#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wire/yara_message.h"

static void a_message_arrives_as_it_was_sent(void **state)
{
    const struct laz_yara_message messages[] = {
        {.kind = LAZ_YARA_SOURCE, .text = laz_view_of("a.yar"), .second = laz_view_of("default")},
        {.kind = LAZ_YARA_MISSING},
        {.kind = LAZ_YARA_SOURCES_END},
        {.kind = LAZ_YARA_ASK, .text = laz_view_of("b.yar"), .second = laz_view_of("a.yar")},
        {.kind = LAZ_YARA_IMPORTS, .text = laz_view_from("\0\3", 2)},
        {.kind = LAZ_YARA_READY},
        {.kind = LAZ_YARA_FAILED, .text = laz_view_of("no memory")},
        {.kind = LAZ_YARA_SHOW, .number = LAZ_YARA_SHOW_MAX, .text = laz_view_from("\0", 1)},
        {.kind = LAZ_YARA_TAG, .text = laz_view_of("tag")},
        {.kind = LAZ_YARA_IDENTIFIER, .text = laz_view_of("name")},
        {.kind = LAZ_YARA_EXTERNAL, .status = 1, .number = UINT64_MAX, .text = laz_view_of("n")},
        {.kind = LAZ_YARA_REPORT},
        {.kind = LAZ_YARA_JOB, .number = 7, .count = 3, .text = laz_view_of("dir/file")},
        {.kind = LAZ_YARA_OUT, .number = 7, .text = laz_view_of("rule dir/file\n")},
        {.kind = LAZ_YARA_DONE, .number = 7, .status = LAZ_CLOSED, .count = UINT64_MAX},
    };

    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        struct laz_yara_message back;
        struct laz_buf b;

        laz_buf_init(&b, LAZ_YARA_MESSAGE_MAX);
        assert_int_equal(laz_yara_message_write(&messages[i], &b), LAZ_OK);
        assert_int_equal(laz_yara_message_read(laz_buf_view(&b), &back), LAZ_OK);
        assert_int_equal(back.kind, messages[i].kind);
        assert_int_equal(back.status, messages[i].status);
        assert_true(back.number == messages[i].number && back.count == messages[i].count);
        assert_true(laz_view_equal(back.text, messages[i].text));
        assert_true(laz_view_equal(back.second, messages[i].second));
        for (size_t len = 0; len < b.len; len++) /* nothing that is cut is a message */
            assert_int_equal(laz_yara_message_read(laz_view_from(b.data, len), &back), LAZ_DAMAGED);
        assert_int_equal(laz_buf_add_u8(&b, 0), LAZ_OK); /* nor one with something behind it */
        assert_int_equal(laz_yara_message_read(laz_buf_view(&b), &back), LAZ_DAMAGED);
        laz_buf_clear(&b);
    }
}

static void what_a_kind_does_not_have_is_refused(void **state)
{
    static uint8_t longer[LAZ_YARA_OUT_MAX + 1];
    const struct laz_yara_message messages[] = {
        {.kind = (enum laz_yara_message_kind)0},
        {.kind = LAZ_YARA_KINDS},
        {.kind = LAZ_YARA_SOURCES_END, .text = laz_view_of("x")},
        {.kind = LAZ_YARA_READY, .number = 1},
        {.kind = LAZ_YARA_SHOW, .number = LAZ_YARA_SHOW_MAX + 1},
        {.kind = LAZ_YARA_TAG, .second = laz_view_of("x")},
        {.kind = LAZ_YARA_OUT, .count = 1},
        {.kind = LAZ_YARA_OUT, .text = {longer, sizeof longer}},
        {.kind = LAZ_YARA_DONE, .status = LAZ_CLOSED + 1},
        {.kind = LAZ_YARA_JOB, .text = {longer, LAZ_YARA_NAME_MAX + 1}},
    };

    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        struct laz_buf b;

        laz_buf_init(&b, LAZ_YARA_MESSAGE_MAX);
        assert_int_equal(laz_yara_message_write(&messages[i], &b), LAZ_INVALID);
        laz_buf_clear(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_arrives_as_it_was_sent),
        cmocka_unit_test(what_a_kind_does_not_have_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
