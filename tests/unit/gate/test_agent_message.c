#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "wire/agent_message.h"

/* Every kind that exists. */
static const enum laz_agent_kind kinds[] = {
    LAZ_AGENT_PEER,    LAZ_AGENT_NOTE,    LAZ_AGENT_READY,   LAZ_AGENT_GUARDING, LAZ_AGENT_STUCK,
    LAZ_AGENT_ACTOR,   LAZ_AGENT_SCAN,    LAZ_AGENT_CHANGED, LAZ_AGENT_RENAMED,  LAZ_AGENT_DELETED,
    LAZ_AGENT_REPORT,  LAZ_AGENT_VERDICT, LAZ_AGENT_STOP,    LAZ_AGENT_LOCK,     LAZ_AGENT_ALLOW,
    LAZ_AGENT_UNDO,    LAZ_AGENT_GLASS,   LAZ_AGENT_RESTORE, LAZ_AGENT_REMOVE,   LAZ_AGENT_DONE,
    LAZ_AGENT_CONTENT, LAZ_AGENT_NEXT,    LAZ_AGENT_SOURCES, LAZ_AGENT_PUT,      LAZ_AGENT_PUTTED,
    LAZ_AGENT_KILL,    LAZ_AGENT_KILLED,
};

static struct laz_agent_message full(enum laz_agent_kind kind)
{
    struct laz_agent_message m = {.kind = kind,
                                  .job = 0x1122334455667788u,
                                  .value = 42,
                                  .extra = 7,
                                  .number = 3,
                                  .pid = 4711,
                                  .status = LAZ_LIMIT};

    memset(m.digest, 0xab, sizeof m.digest);
    m.actor = laz_view_of("actor:01234567:4711:99");
    m.name = laz_view_of("name");
    m.path = laz_view_of("/a/path");
    m.other = laz_view_of("/another path");
    m.text = laz_view_of("[{\"name\":\"x\"}]");
    return m;
}

static void every_kind_comes_back_with_its_fields(void **state)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        LAZ_OWNED(laz_buf_drop) struct laz_buf first = {0}, second = {0};
        struct laz_agent_message m = full(kinds[i]), back;

        laz_buf_init(&first, LAZ_AGENT_MESSAGE_MAX);
        laz_buf_init(&second, LAZ_AGENT_MESSAGE_MAX);
        assert_int_equal(laz_agent_message_write(&m, &first), LAZ_OK);
        assert_int_equal(laz_agent_message_read(laz_buf_view(&first), &back), LAZ_OK);
        assert_int_equal(back.kind, kinds[i]);
        assert_int_equal(laz_agent_message_write(&back, &second), LAZ_OK);
        assert_true(laz_view_equal(laz_buf_view(&first), laz_buf_view(&second)));
    }
}

static void a_message_that_is_cut_or_longer_is_refused(void **state)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        LAZ_OWNED(laz_buf_drop) struct laz_buf b = {0};
        struct laz_agent_message m = full(kinds[i]), back;

        laz_buf_init(&b, LAZ_AGENT_MESSAGE_MAX);
        assert_int_equal(laz_agent_message_write(&m, &b), LAZ_OK);
        for (size_t len = 0; len < b.len; len++)
            assert_int_equal(laz_agent_message_read(laz_view_first(laz_buf_view(&b), len), &back),
                             LAZ_DAMAGED);
        assert_int_equal(laz_buf_add_u8(&b, 0), LAZ_OK);
        assert_int_equal(laz_agent_message_read(laz_buf_view(&b), &back), LAZ_DAMAGED);
    }
}

static void unknown_kinds_are_refused(void **state)
{
    for (unsigned kind = 0; kind < 256; kind++) {
        uint8_t bytes[1] = {(uint8_t)kind};
        struct laz_agent_message back;

        assert_int_equal(laz_agent_message_read(laz_view_from(bytes, 1), &back), LAZ_DAMAGED);
    }
}

static void what_is_too_long_is_not_sent(void **state)
{
    static char path[LAZ_AGENT_PATH_MAX + 2], text[LAZ_AGENT_TEXT_MAX + 2];
    LAZ_OWNED(laz_buf_drop) struct laz_buf b = {0};
    struct laz_agent_message m = full(LAZ_AGENT_REPORT), back;

    memset(path, 'p', sizeof path - 1);
    memset(text, 't', sizeof text - 1);
    laz_buf_init(&b, LAZ_AGENT_MESSAGE_MAX);
    m.path = laz_view_from(path, LAZ_AGENT_PATH_MAX + 1);
    assert_int_equal(laz_agent_message_write(&m, &b), LAZ_INVALID);
    m.path = laz_view_from(path, LAZ_AGENT_PATH_MAX);
    m.text = laz_view_from(text, LAZ_AGENT_TEXT_MAX + 1);
    laz_buf_reset(&b);
    assert_int_equal(laz_agent_message_write(&m, &b), LAZ_OK);
    assert_int_equal(laz_agent_message_read(laz_buf_view(&b), &back), LAZ_OK);
    assert_int_equal(back.path.len, LAZ_AGENT_PATH_MAX);
    assert_int_equal(back.text.len, LAZ_AGENT_TEXT_MAX);
}

static void a_nul_inside_a_text_is_refused(void **state)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf b = {0};
    struct laz_agent_message m = full(LAZ_AGENT_ALLOW), back;

    laz_buf_init(&b, LAZ_AGENT_MESSAGE_MAX);
    m.path = laz_view_from("/a\0b", 4);
    assert_int_equal(laz_agent_message_write(&m, &b), LAZ_OK);
    assert_int_equal(laz_agent_message_read(laz_buf_view(&b), &back), LAZ_DAMAGED);
}

static void every_code_trigger_and_action_has_a_name(void **state)
{
    for (int i = LAZ_REPORT_NONE + 1; i < LAZ_REPORT_CODES; i++)
        assert_string_not_equal(laz_report_code_name((enum laz_report_code)i), "");
    for (int i = LAZ_TRIGGER_NONE + 1; i < LAZ_TRIGGERS; i++)
        assert_string_not_equal(laz_trigger_name((enum laz_trigger)i), "");
    for (int i = 0; i < LAZ_ACTIONS; i++)
        assert_string_not_equal(laz_action_name((enum laz_action)i), "");
    assert_string_equal(laz_report_code_name(LAZ_REPORT_CODES), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_comes_back_with_its_fields),
        cmocka_unit_test(a_message_that_is_cut_or_longer_is_refused),
        cmocka_unit_test(unknown_kinds_are_refused),
        cmocka_unit_test(what_is_too_long_is_not_sent),
        cmocka_unit_test(a_nul_inside_a_text_is_refused),
        cmocka_unit_test(every_code_trigger_and_action_has_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
