#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "console/endpoint_report.h"

#define NOW  ((int64_t)1800000000000)
#define FULL "{\"mode\":\"full\",\"protected\":[\"/srv\"]"

static enum laz_status read_text(const char *text, struct laz_report *out)
{
    cJSON *json = laz_json_parse_object(laz_view_of(text));
    enum laz_status s;

    assert_non_null(json);
    s = laz_report_read(json, out);
    cJSON_Delete(json);
    return s;
}

static void what_an_agent_says_decides_its_state(void **state)
{
    static const struct {
        const char *text, *state;
    } cases[] = {
        {FULL "}", "protected"},
        {FULL ",\"unguarded\":[\"truncate-by-path\",\"unlink-and-rename\"]}", "protected"},
        {FULL ",\"unguarded\":[\"no-permission\"]}", "degraded"},
        {FULL ",\"unguarded\":[\"no-root\"]}", "degraded"},
        {FULL ",\"unguarded\":[\"unlink-and-rename\",\"no-vault\"]}", "degraded"},
        {"{\"mode\":\"no-gate\",\"protected\":[\"/srv\"]}", "degraded"},
        {"{}", "degraded"},
        /* an agent in good health that guards no folder protects nothing */
        {"{\"mode\":\"full\"}", "degraded"},
        {"{\"mode\":\"full\",\"protected\":[]}", "degraded"},
        {"{\"mode\":\"full\",\"protected\":[\"\"]}", "degraded"},
        /* seconds or milliseconds; a month is too old, a week is not */
        {FULL ",\"content\":{\"built\":1799300000}}", "protected"},
        {FULL ",\"content\":{\"built\":1799300000000}}", "protected"},
        {FULL ",\"content\":{\"built\":1790000000}}", "degraded"},
        {FULL ",\"content\":null}", "protected"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct laz_report r;

        assert_int_equal(read_text(cases[i].text, &r), LAZ_OK);
        assert_string_equal(laz_report_state(&r, NOW), cases[i].state);
        laz_report_clear(&r);
    }
}

static void only_what_is_known_is_kept(void **state)
{
    struct laz_report r;

    assert_int_equal(
        read_text("{\"hostname\":\"h\",\"features\":[{\"name\":\"landlock\",\"state\":\"on\","
                  "\"detail\":\"ABI 7\",\"more\":1}],\"protected\":[\"/srv\"],\"evil\":\"<x>\","
                  "\"content\":{\"name\":\"c\",\"built\":5,\"rules\":1,\"hashes\":2},"
                  "\"counters\":{\"opens\":9,\"evil\":1,\"scanned\":0}}",
                  &r),
        LAZ_OK);
    assert_string_equal(r.name, "h");
    assert_string_equal(
        laz_buf_text(&r.details),
        "{\"features\":[{\"name\":\"landlock\",\"state\":\"on\",\"detail\":\"ABI 7\"}],"
        "\"protected\":[\"/srv\"],\"unguarded\":[],\"content\":{\"name\":\"c\",\"built\":"
        "5000,\"rules\":1,\"hashes\":2}}");
    assert_string_equal(laz_buf_text(&r.counters), "{\"opens\":9,\"scanned\":0}");
    laz_report_clear(&r);
}

static void each_source_of_content_is_told_with_what_is_known(void **state)
{
    struct laz_report r;

    assert_int_equal(
        read_text(
            "{\"content\":{\"built\":5,\"sources\":1,\"failing\":1,\"problem\":\"gone\",\"list\":["
            "{\"id\":\"forge\",\"kind\":\"yara-package\",\"licence\":\"GPL\",\"evil\":1,"
            "\"error\":\"gone\",\"outcome\":\"gone\",\"checked\":7,\"failing\":6}]}}",
            &r),
        LAZ_OK);
    assert_non_null(strstr(
        laz_buf_text(&r.details),
        "\"held\":false,\"problem\":\"gone\",\"list\":[{\"id\":\"forge\",\"kind\":\"yara-package\","
        "\"licence\":\"GPL\",\"error\":\"gone\",\"outcome\":\"gone\",\"checked\":7000,\"good\":0,"
        "\"failing\":6000}]"));
    laz_report_clear(&r);
}

static void other_types_are_refused(void **state)
{
    static const char *const cases[] = {
        "{\"hostname\":7}",
        "{\"mode\":\"a mode that is too long\"}",
        "{\"features\":{}}",
        "{\"features\":[7]}",
        "{\"features\":[{\"name\":\"x\"}]}",
        "{\"protected\":\"x\"}",
        "{\"protected\":[1]}",
        "{\"unguarded\":[null]}",
        "{\"content\":[]}",
        "{\"content\":{\"name\":1}}",
        "{\"counters\":[]}",
        "{\"counters\":{\"opens\":-1}}",
        "{\"counters\":{\"opens\":\"1\"}}",
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct laz_report r;

        if (read_text(cases[i], &r) == LAZ_OK)
            fail_msg("taken: %s", cases[i]);
        assert_null(r.details.data); /* whoever refuses has nothing to free */
        assert_null(r.counters.data);
    }
}

/* A page that is asked to show a time after the last one that its language knows breaks. */
static void a_time_that_no_calendar_has_is_none(void **state)
{
    static const struct {
        const char *built;
        int64_t ms;
    } cases[] = {
        {"253402300799999", 253402300799999},
        {"253402300800000", 0},
        {"9007199254740992", 0},
        {"-1", 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[128];
        struct laz_report r;

        snprintf(text, sizeof text, "{\"content\":{\"built\":%s}}", cases[i].built);
        assert_int_equal(read_text(text, &r), LAZ_OK);
        assert_int_equal(r.content_built_ms, cases[i].ms);
        laz_report_clear(&r);
    }
}

static void long_lists_are_cut(void **state)
{
    struct laz_buf text;
    struct laz_report r;
    cJSON *json;

    laz_buf_init(&text, 1 << 20);
    laz_buf_add_text(&text, "{\"protected\":[\"/0\"");
    for (int i = 1; i < 2000; i++)
        laz_buf_addf(&text, ",\"/%d\"", i);
    laz_buf_add_text(&text, "]}");
    assert_int_equal(read_text(laz_buf_text(&text), &r), LAZ_OK);
    json = laz_json_parse_object(laz_buf_view(&r.details));
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(json, "protected")), 256);
    cJSON_Delete(json);
    laz_report_clear(&r);
    laz_buf_clear(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_an_agent_says_decides_its_state),
        cmocka_unit_test(only_what_is_known_is_kept),
        cmocka_unit_test(each_source_of_content_is_told_with_what_is_known),
        cmocka_unit_test(other_types_are_refused),
        cmocka_unit_test(a_time_that_no_calendar_has_is_none),
        cmocka_unit_test(long_lists_are_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
