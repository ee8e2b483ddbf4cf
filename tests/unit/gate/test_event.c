#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "agent/event.h"
#include "link/json.h"
#include "scan/verdict.h"

static const cJSON *at(const cJSON *json, const char *a, const char *b, const char *c)
{
    json = cJSON_GetObjectItemCaseSensitive(json, a);
    if (b != NULL)
        json = cJSON_GetObjectItemCaseSensitive(json, b);
    return c == NULL ? json : cJSON_GetObjectItemCaseSensitive(json, c);
}

static cJSON *parse(const struct laz_event *e)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf b = {0};
    cJSON *json;

    laz_buf_init(&b, 64 * 1024);
    laz_event_add_json(e, &b);
    assert_int_equal(laz_buf_failed(&b), LAZ_OK);
    assert_int_equal(laz_view_find_byte(laz_buf_view(&b), '\n'), b.len); /* one line */
    json = laz_json_parse_object(laz_buf_view(&b));
    assert_non_null(json);
    return json;
}

static void a_finding_says_who_did_what_to_which_file(void **state)
{
    static const uint8_t digest[32] = {0xde, 0xad};
    struct laz_event_actor who = {.pid = 7,
                                  .parent = 1,
                                  .uid = 33,
                                  .created_ms = 5,
                                  .name = laz_view_of("cp"),
                                  .exe = laz_view_of("/usr/bin/cp"),
                                  .command = laz_view_of("cp \"a\" b"),
                                  .user = laz_view_of("www-data")};
    struct laz_event e = {.code = LAZ_REPORT_FILE_QUARANTINED,
                          .time_ms = 1700000000123,
                          .trigger = LAZ_TRIGGER_CLOSE,
                          .action = LAZ_ACTION_QUARANTINED,
                          .verdict = LAZ_MALICIOUS,
                          .hostname = laz_view_of("ward-3"),
                          .incident = laz_view_of("actor:01234567:7:99"),
                          .actor = &who,
                          .path = laz_view_of("/share/in voice.com"),
                          .size = 68,
                          .sha256 = digest,
                          .reason = laz_view_of("detected"),
                          .members = laz_view_of("\"quarantine_id\":\"ab\",\"detections\":[]")};
    LAZ_OWNED(laz_json_drop) cJSON *json = parse(&e);

    assert_int_equal(at(json, "class_uid", NULL, NULL)->valueint, 2004);
    assert_int_equal(at(json, "type_uid", NULL, NULL)->valueint, 200401);
    assert_string_equal(at(json, "metadata", "event_code", NULL)->valuestring, "file.quarantined");
    assert_int_equal(strlen(at(json, "metadata", "uid", NULL)->valuestring), 32);
    assert_string_equal(at(json, "finding_info", "uid", NULL)->valuestring, "actor:01234567:7:99");
    assert_string_equal(at(json, "actor", "process", "cmd_line")->valuestring, "cp \"a\" b");
    assert_string_equal(at(json, "file", "name", NULL)->valuestring, "in voice.com");
    assert_string_equal(at(json, "unmapped", "trigger", NULL)->valuestring, "close");
    assert_string_equal(at(json, "unmapped", "verdict", NULL)->valuestring, "malicious");
    assert_string_equal(at(json, "unmapped", "quarantine_id", NULL)->valuestring, "ab");
}

static void hostile_text_cannot_break_out(void **state)
{
    struct laz_event e = {.code = LAZ_REPORT_FILE_BLOCKED,
                          .verdict = LAZ_EVENT_NO_VERDICT,
                          .path = laz_view_of("/x/\"},\"evil\":{\n\x01\xff\xfe"),
                          .reason = laz_view_of("\"")};
    LAZ_OWNED(laz_json_drop) cJSON *json = parse(&e);

    assert_null(at(json, "evil", NULL, NULL));
    assert_non_null(at(json, "file", "path_b64", NULL));
    assert_null(at(json, "actor", NULL, NULL));
    assert_null(at(json, "unmapped", "verdict", NULL));
}

static void what_concerns_the_agent_itself_is_no_finding(void **state)
{
    for (int code = LAZ_REPORT_NONE + 1; code < LAZ_REPORT_CODES; code++) {
        struct laz_event e = {.code = (enum laz_report_code)code, .verdict = LAZ_EVENT_NO_VERDICT};
        LAZ_OWNED(laz_json_drop) cJSON *json = parse(&e);
        bool finding = laz_event_is_finding(e.code);

        assert_int_equal(at(json, "class_uid", NULL, NULL)->valueint, finding ? 2004 : 6002);
        assert_int_equal(at(json, "finding_info", NULL, NULL) != NULL, finding);
        assert_in_range(at(json, "severity_id", NULL, NULL)->valueint, 1, 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_finding_says_who_did_what_to_which_file),
        cmocka_unit_test(hostile_text_cannot_break_out),
        cmocka_unit_test(what_concerns_the_agent_itself_is_no_finding),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
