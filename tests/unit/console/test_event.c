#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "console/event_store.h"
#include "console/incident.h"

#define HEAD                                                                                       \
    "{\"time\":1000,\"class_uid\":2004,\"severity_id\":4,\"metadata\":{\"event_code\":\"file."     \
    "blocked\"}"

static enum laz_status parse(const char *text, struct laz_event *out)
{
    return laz_event_parse(laz_view_of(text), out);
}

static void an_event_gives_what_we_use(void **state)
{
    struct laz_event e;

    assert_int_equal(
        parse(HEAD
              ",\"finding_info\":{\"uid\":\"actor:1\"},"
              "\"actor\":{\"process\":{\"pid\":7,\"name\":\"cp\",\"cmd_line\":\"cp a b\",\"file\":{"
              "\"path\":\"/bin/cp\"},\"user\":{\"uid\":\"0\",\"name\":\"root\"}}},"
              "\"file\":{\"path\":\"/"
              "a\",\"size\":68,\"hashes\":[{\"algorithm_id\":1,\"value\":\"x\"},{"
              "\"algorithm_id\":3,\"value\":\"ab\"}]},"
              "\"unmapped\":{\"trigger\":\"open\",\"action\":\"denied\",\"verdict\":\"malicious\","
              "\"reason\":\"detected\",\"quarantine_id\":\"q\",\"detections\":[{\"name\":\"N\","
              "\"kind\":"
              "\"hash\",\"member\":\"m\",\"source\":\"s\"}],\"files_restored\":3}}",
              &e),
        LAZ_OK);
    assert_int_equal(e.time_ms, 1000);
    assert_int_equal(e.severity, 4);
    assert_string_equal(e.code, "file.blocked");
    assert_string_equal(e.incident_key, "actor:1");
    assert_int_equal(e.pid, 7);
    assert_string_equal(e.process_path, "/bin/cp");
    assert_string_equal(e.user, "root");
    assert_string_equal(e.path, "/a");
    assert_int_equal(e.file_size, 68);
    assert_string_equal(e.sha256, "ab");
    assert_string_equal(e.quarantine_id, "q");
    assert_int_equal(e.detection_count, 1);
    assert_string_equal(e.detections[0].member, "m");
    assert_int_equal(e.files_restored, 3);
    laz_event_clear(&e);
}

static void a_detection_may_say_why_and_older_agents_do_not(void **state)
{
    static const struct {
        const char *members, *reason, *attack;
    } cases[] = {
        {"", "", ""},
        {",\"reason\":\"it encrypts\",\"attack\":\"T1486\"", "it encrypts", "T1486"},
        {",\"reason\":\"it encrypts\"", "it encrypts", ""},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct laz_event e;
        char text[512];

        snprintf(text, sizeof text,
                 HEAD ",\"unmapped\":{\"detections\":[{\"name\":\"N\",\"kind\":\"yara\","
                      "\"member\":\"\",\"source\":\"s\"%s}]}}",
                 cases[i].members);
        assert_int_equal(parse(text, &e), LAZ_OK);
        assert_int_equal(e.detection_count, 1);
        assert_string_equal(e.detections[0].reason, cases[i].reason);
        assert_string_equal(e.detections[0].attack, cases[i].attack);
        laz_event_clear(&e);
    }
}

static void what_is_missing_is_empty(void **state)
{
    struct laz_event e;

    assert_int_equal(parse(HEAD "}", &e), LAZ_OK);
    assert_string_equal(e.path, "");
    assert_string_equal(e.incident_key, "");
    assert_false(e.has_process);
    assert_int_equal(e.detection_count, 0);
    laz_event_clear(&e);
}

static void what_is_no_event_is_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "{}",
        "[]",
        "null",
        "{",
        HEAD,
        HEAD "} x",
        "{\"time\":-1,\"class_uid\":2004,\"severity_id\":4,\"metadata\":{\"event_code\":\"x\"}}",
        "{\"time\":1e300,\"class_uid\":2004,\"severity_id\":4,\"metadata\":{\"event_code\":\"x\"}}",
        "{\"time\":\"1\",\"class_uid\":2004,\"severity_id\":4,\"metadata\":{\"event_code\":\"x\"}}",
        "{\"time\":1,\"severity_id\":4,\"metadata\":{\"event_code\":\"x\"}}",
        "{\"time\":1,\"class_uid\":2004,\"severity_id\":7,\"metadata\":{\"event_code\":\"x\"}}",
        "{\"time\":1,\"class_uid\":2004,\"severity_id\":4,\"metadata\":{\"event_code\":\"\"}}",
        "{\"time\":1,\"class_uid\":2004,\"severity_id\":4,\"metadata\":{\"event_code\":5}}",
        "{\"time\":1,\"class_uid\":2004,\"severity_id\":4,\"metadata\":[]}",
        "{\"time\":1,\"class_uid\":2004,\"severity_id\":4}",
        HEAD ",\"file\":7}",
        HEAD ",\"file\":{\"path\":7}}",
        HEAD ",\"file\":{\"size\":-1}}",
        HEAD ",\"file\":{\"hashes\":{}}}",
        HEAD ",\"file\":{\"hashes\":[7]}}",
        HEAD ",\"actor\":[]}",
        HEAD ",\"actor\":{\"process\":{\"pid\":\"x\"}}}",
        HEAD ",\"actor\":{\"process\":{\"user\":\"root\"}}}",
        HEAD ",\"unmapped\":{\"detections\":7}}",
        HEAD ",\"unmapped\":{\"detections\":[\"x\"]}}",
        HEAD ",\"unmapped\":{\"action\":{}}}",
        HEAD ",\"unmapped\":{\"quarantine_id\":"
             "\"00000000000000000000000000000000000000000000000000000000000000000\"}}",
        HEAD ",\"a\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}",
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct laz_event e;

        if (parse(cases[i], &e) == LAZ_OK)
            fail_msg("taken: %s", cases[i]);
    }
}

static void nesting_is_allowed_up_to_its_limit(void **state)
{
    struct laz_event e;

    assert_int_equal(parse(HEAD ",\"a\":[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]}", &e), LAZ_OK); /* 16 */
    laz_event_clear(&e);
    assert_int_equal(parse(HEAD ",\"a\":\"[[[[[[[[[[[[[[[[[[[[[[{\\\"[\"}", &e), LAZ_OK); /* text */
    laz_event_clear(&e);
}

static void only_so_many_detections_are_kept(void **state)
{
    struct laz_buf text;
    struct laz_event e;

    laz_buf_init(&text, LAZ_REPLY_MAX);
    laz_buf_add_text(&text, HEAD ",\"unmapped\":{\"detections\":[{\"name\":\"0\"}");
    for (int i = 1; i < 40; i++)
        laz_buf_addf(&text, ",{\"name\":\"%d\"}", i);
    laz_buf_add_text(&text, "]}}");
    assert_int_equal(laz_event_parse(laz_buf_view(&text), &e), LAZ_OK);
    assert_int_equal(e.detection_count, LAZ_EVENT_DETECTIONS_MAX);
    assert_string_equal(e.detections[15].name, "15");
    laz_event_clear(&e);
    laz_buf_clear(&text);
}

static void a_summary_is_json_and_keeps_the_rest_as_parameters(void **state)
{
    const struct laz_event_place place = {.id = 5,
                                          .incident_id = 9,
                                          .time_ms = 77,
                                          .count = 3,
                                          .endpoint_id = laz_view_of("e"),
                                          .endpoint_name = laz_view_of("<ward>")};
    struct laz_json_out out = {0};
    struct laz_buf text;
    struct laz_event e;
    cJSON *json, *params;

    laz_buf_init(&text, LAZ_REPLY_MAX);
    out.buf = &text;
    assert_int_equal(
        parse(HEAD ",\"unmapped\":{\"action\":\"denied\",\"hold_ms\":12,\"odd \\u0001 \\\"name\":"
                   "[1,{\"x\":null}]}}",
              &e),
        LAZ_OK);
    laz_event_put_summary(&out, &e, &place);
    laz_event_clear(&e);
    json = laz_json_parse_object(laz_buf_view(&text));
    assert_non_null(json);
    assert_string_equal(cJSON_GetObjectItem(json, "incident")->valuestring, "9");
    assert_int_equal(cJSON_GetObjectItem(json, "count")->valueint, 3);
    assert_string_equal(cJSON_GetObjectItem(json, "action")->valuestring, "denied");
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(json, "path")));
    params = cJSON_GetObjectItem(json, "params");
    assert_int_equal(cJSON_GetArraySize(params), 2);
    assert_int_equal(cJSON_GetObjectItem(params, "hold_ms")->valueint, 12);
    assert_non_null(cJSON_GetObjectItem(params, "odd \001 \"name"));
    assert_null(strstr(laz_buf_text(&text), "<ward>")); /* safe inside a script */
    cJSON_Delete(json);
    laz_buf_clear(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_gives_what_we_use),
        cmocka_unit_test(a_detection_may_say_why_and_older_agents_do_not),
        cmocka_unit_test(what_is_missing_is_empty),
        cmocka_unit_test(what_is_no_event_is_refused),
        cmocka_unit_test(nesting_is_allowed_up_to_its_limit),
        cmocka_unit_test(only_so_many_detections_are_kept),
        cmocka_unit_test(a_summary_is_json_and_keeps_the_rest_as_parameters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
