#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "console/command.h"
#include "console/enrolment.h"
#include "console/event_store.h"
#include "console/ingest_store.h"
#include "console/incident_store.h"
#include "console/quarantine_list.h"
#include "place.h"
#include "sys/clock.h"

static struct place place;
static struct laz_endpoint ours, theirs;

static int make(void **state)
{
    place_make(&place);
    place_add_endpoint(&place, 1, "ours", &ours);
    place_add_endpoint(&place, 2, "theirs", &theirs);
    return 0;
}

static int drop(void **state)
{
    place_remove(&place);
    return 0;
}

static void add_line(struct laz_buf *b, const char *code, int severity, const char *rest)
{
    laz_buf_addf(b,
                 "{\"time\":%lld,\"class_uid\":2004,\"severity_id\":%d,\"metadata\":{\"event_"
                 "code\":\"%s\"}%s}\n",
                 (long long)laz_now_ms(), severity, code, rest);
}

/* One batch of one line, in a transaction of its own. */
static struct laz_batch_plan store(const struct laz_endpoint *from, uint64_t first,
                                   const char *code, int severity, const char *rest)
{
    struct laz_changes changes = {0};
    struct laz_ingest_batch batch = {
        .endpoint = *from, .epoch = "ab", .range = {first, 1, false, 0, 0}};
    struct laz_batch_plan plan;
    struct laz_buf lines;

    laz_buf_init(&lines, 1 << 20);
    add_line(&lines, code, severity, rest);
    batch.lines = laz_buf_view(&lines);
    assert_int_equal(laz_db_begin(place.db, NULL), LAZ_OK);
    assert_int_equal(laz_ingest_store(place.db, &batch, laz_now_ms(), &plan, &changes, NULL),
                     LAZ_OK);
    assert_int_equal(laz_db_commit(place.db, NULL), LAZ_OK);
    laz_buf_clear(&lines);
    return plan;
}

#define KEY ",\"finding_info\":{\"uid\":\"k\"}"
#define FOUND                                                                                      \
    KEY ",\"file\":{\"path\":\"/a\",\"size\":1},\"unmapped\":{\"quarantine_id\":\"q\",\"action\":" \
        "\"quarantined\"}"

static void an_event_counts_once_however_often_it_comes(void **state)
{
    for (int i = 0; i < 3; i++)
        assert_int_equal(store(&ours, 1, "file.quarantined", 4, FOUND).seq, 1);
    assert_int_equal(place_number(&place, "SELECT count(*) FROM event"), 1);
    assert_int_equal(place_number(&place, "SELECT count(*) FROM quarantine"), 1);
    assert_int_equal(place_number(&place, "SELECT sum(events) FROM incident"), 1);
    assert_int_equal(place_number(&place, "SELECT sum(detections) FROM activity"), 1);
}

static void a_hole_stores_nothing(void **state)
{
    assert_true(store(&ours, 2, "file.quarantined", 4, FOUND).refused);
    assert_int_equal(place_number(&place, "SELECT count(*) FROM event"), 0);
}

static void the_same_keys_of_two_organisations_do_not_meet(void **state)
{
    store(&ours, 1, "file.quarantined", 4, FOUND);
    store(&theirs, 1, "file.quarantined", 4, FOUND);
    store(&theirs, 2, "file.deleted", 2, ",\"unmapped\":{\"quarantine_id\":\"q\"}");
    assert_int_equal(place_number(&place, "SELECT count(*) FROM incident"), 2);
    assert_int_equal(
        place_number(
            &place, "SELECT count(*) FROM quarantine WHERE organisation_id = 1 AND state = 'held'"),
        1);
    assert_int_equal(
        place_number(
            &place,
            "SELECT count(*) FROM quarantine WHERE organisation_id = 2 AND state = 'deleted'"),
        1);
}

static void a_find_opens_a_closed_incident_only_when_it_weighs(void **state)
{
    store(&ours, 1, "file.quarantined", 4, FOUND);
    place_run(&place, "UPDATE incident SET state = 'closed', close_reason = 'test', closed = 1");
    store(&ours, 2, "file.blocked", 3, KEY);
    assert_int_equal(place_number(&place, "SELECT count(*) FROM incident WHERE state = 'closed'"),
                     1);
    store(&ours, 3, "file.restored", 5, KEY);
    assert_int_equal(place_number(&place, "SELECT count(*) FROM incident WHERE state = 'closed'"),
                     1);
    store(&ours, 4, "file.blocked", 4, KEY);
    assert_int_equal(
        place_number(&place,
                     "SELECT count(*) FROM incident WHERE state = 'open' AND close_reason IS NULL"),
        1);
    assert_int_equal(place_number(&place, "SELECT events FROM incident"), 4);
}

static void events_of_no_weight_open_no_incident(void **state)
{
    store(&ours, 1, "file.incomplete", 3, KEY);
    assert_int_equal(place_number(&place, "SELECT count(*) FROM incident"), 0);
    store(&ours, 2, "file.blocked", 4, KEY);
    store(&ours, 3, "file.incomplete", 3, KEY);
    assert_int_equal(place_number(&place, "SELECT events FROM incident"), 2);
}

static void a_clock_that_is_wrong_does_not_hide_events(void **state)
{
    struct laz_changes changes = {0};
    struct laz_ingest_batch batch = {.endpoint = ours, .epoch = "ab", .range = {1, 2, false, 0, 0}};
    struct laz_batch_plan plan;

    batch.lines = laz_view_of(
        "{\"time\":0,\"class_uid\":2004,\"severity_id\":1,\"metadata\":{\"event_code\":\"a\"}}\n"
        "{\"time\":9000000000000,\"class_uid\":2004,\"severity_id\":1,\"metadata\":{\"event_code\":"
        "\"a\"}}\n");
    assert_int_equal(laz_ingest_store(place.db, &batch, 1800000000000, &plan, &changes, NULL),
                     LAZ_OK);
    assert_int_equal(place_number(&place, "SELECT count(*) FROM event WHERE time = 1800000000000"),
                     2);
}

static int64_t take(const struct laz_endpoint *at, int64_t now)
{
    struct laz_buf text;
    struct laz_json_out out = {&text, false};
    int64_t count;

    laz_buf_init(&text, 1 << 16);
    assert_int_equal(laz_command_take(place.db, at, now, &out, &count, NULL), LAZ_OK);
    laz_buf_clear(&text);
    return count;
}

static void give(const char *state_name, char uuid[LAZ_UUID_TEXT_SIZE])
{
    struct laz_view q = laz_view_of("q");

    assert_int_equal(laz_quarantine_order(place.db, &ours, q, state_name, NULL), LAZ_OK);
    assert_int_equal(laz_command_add(place.db, &ours, "quarantine.restore", q, "admin", uuid, NULL),
                     LAZ_OK);
}

static void an_order_goes_to_its_endpoint_and_again_when_no_result_comes(void **state)
{
    char uuid[LAZ_UUID_TEXT_SIZE];
    int64_t now = laz_now_ms();

    store(&ours, 1, "file.quarantined", 4, FOUND);
    give("restoring", uuid);
    assert_int_equal(take(&theirs, now), 0);
    assert_int_equal(take(&ours, now), 1);
    assert_int_equal(take(&ours, now + LAZ_COMMAND_RESEND_MS - 1), 0);
    assert_int_equal(take(&ours, now + LAZ_COMMAND_RESEND_MS), 1);
    assert_int_equal(take(&ours, now - 3600000), 1); /* the clock was set back */
}

static void a_result_ends_its_order_once(void **state)
{
    char uuid[LAZ_UUID_TEXT_SIZE], rest[256];

    store(&ours, 1, "file.quarantined", 4, FOUND);
    give("restoring", uuid);
    snprintf(rest, sizeof rest,
             ",\"unmapped\":{\"command_id\":\"%s\",\"ok\":false,\"code\":\"io\"}", uuid);
    store(&theirs, 1, "command.done", 1, rest); /* of somebody else: nothing happens */
    assert_int_equal(
        place_number(&place, "SELECT count(*) FROM quarantine WHERE state = 'restoring'"), 1);
    store(&ours, 2, "command.done", 1, rest);
    assert_int_equal(
        place_number(&place,
                     "SELECT count(*) FROM quarantine WHERE state = 'failed' AND error = 'io'"),
        1);
    assert_int_equal(take(&ours, laz_now_ms() + 10 * LAZ_COMMAND_RESEND_MS), 0);
    give("restoring", uuid); /* what failed may be ordered again */
    snprintf(rest, sizeof rest, ",\"unmapped\":{\"command_id\":\"%s\",\"ok\":true,\"code\":\"\"}",
             uuid);
    store(&ours, 3, "command.done", 1, rest);
    assert_int_equal(
        place_number(&place, "SELECT count(*) FROM quarantine WHERE state = 'restored'"), 1);
    assert_int_equal(laz_quarantine_order(place.db, &ours, laz_view_of("q"), "restoring", NULL),
                     LAZ_EXISTS);
    assert_int_equal(laz_quarantine_order(place.db, &theirs, laz_view_of("q"), "restoring", NULL),
                     LAZ_NOT_FOUND);
}

static void an_order_that_nobody_takes_fails_in_the_end(void **state)
{
    struct laz_changes changes = {0};
    char uuid[LAZ_UUID_TEXT_SIZE];

    store(&ours, 1, "file.quarantined", 4, FOUND);
    give("restoring", uuid);
    assert_int_equal(
        laz_command_expire(place.db, laz_now_ms() + LAZ_COMMAND_EXPIRES_MS / 2, &changes, NULL),
        LAZ_OK);
    assert_int_equal(
        place_number(&place, "SELECT count(*) FROM quarantine WHERE state = 'restoring'"), 1);
    assert_int_equal(
        laz_command_expire(place.db, laz_now_ms() + LAZ_COMMAND_EXPIRES_MS + 1, &changes, NULL),
        LAZ_OK);
    assert_int_equal(place_number(&place,
                                  "SELECT count(*) FROM quarantine WHERE state = 'failed' AND "
                                  "error = 'command.expired'"),
                     1);
    assert_int_equal(changes.count, 1);
}

static void old_events_go_a_few_at_a_time(void **state)
{
    struct laz_retention r = {.age_ms = 1000, .events_max = 1000000};
    int64_t removed = 0;

    for (uint64_t i = 1; i <= 20; i++)
        store(&ours, i, "agent.started", 1, "");
    assert_int_equal(laz_event_expire(place.db, &r, laz_now_ms(), 8, &removed, NULL), LAZ_OK);
    assert_int_equal(removed, 0);
    assert_int_equal(laz_event_expire(place.db, &r, laz_now_ms() + 60000, 8, &removed, NULL),
                     LAZ_OK);
    assert_int_equal(removed, 8);
    r = (struct laz_retention){.age_ms = INT64_MAX / 2, .events_max = 5};
    for (int i = 0; i < 3; i++)
        assert_int_equal(laz_event_expire(place.db, &r, laz_now_ms(), 4, &removed, NULL), LAZ_OK);
    assert_int_equal(place_number(&place, "SELECT count(*) FROM event"), 5);
    assert_int_equal(place_number(&place, "SELECT min(seq) FROM event"), 16);
}

static void what_is_read_is_only_of_the_organisation(void **state)
{
    struct laz_buf text;
    struct laz_json_out out = {&text, false};
    struct laz_endpoint found;
    const struct laz_scope first = {1};

    store(&theirs, 1, "file.quarantined", 4, FOUND);
    laz_buf_init(&text, LAZ_REPLY_MAX);
    assert_int_equal(laz_incident_get(place.db, first, 1, &out, NULL), LAZ_NOT_FOUND);
    assert_int_equal(laz_incident_close(place.db, first, 1, "test", NULL, NULL), LAZ_NOT_FOUND);
    assert_int_equal(laz_endpoint_find(place.db, first, laz_view_of(theirs.uuid), &found, NULL),
                     LAZ_NOT_FOUND);
    assert_int_equal(text.len, 0);
    assert_int_equal(laz_incident_list(place.db, first, LAZ_INCIDENTS_ALL, 0, 10, &out, NULL),
                     LAZ_OK);
    assert_int_equal(laz_quarantine_list(place.db, first, 0, 10, &out, NULL), LAZ_OK);
    assert_int_equal(laz_event_list_recent(place.db, first, 10, &out, NULL), LAZ_OK);
    assert_int_equal(laz_event_list_incident(place.db, first, 1, 10, 10, &out, NULL), LAZ_OK);
    assert_null(strstr(laz_buf_text(&text), "theirs"));
    assert_null(strstr(laz_buf_text(&text), "file.quarantined"));
    laz_buf_clear(&text);
}

/* The codes and counts of the list of recent events. */
static void expect_recent(const char *wanted)
{
    struct laz_buf text, found;
    struct laz_json_out out = {&text, false};
    const struct laz_scope first = {1};
    cJSON *list, *item;

    laz_buf_init(&text, LAZ_REPLY_MAX);
    laz_buf_init(&found, 4096);
    assert_int_equal(laz_event_list_recent(place.db, first, 10, &out, NULL), LAZ_OK);
    list = cJSON_ParseWithLength((const char *)text.data, text.len);
    assert_non_null(list);
    cJSON_ArrayForEach(item, list)
    {
        laz_buf_addf(&found, "%s*%d ", cJSON_GetObjectItem(item, "code")->valuestring,
                     cJSON_GetObjectItem(item, "count")->valueint);
    }
    assert_string_equal(laz_buf_text(&found), wanted);
    cJSON_Delete(list);
    laz_buf_clear(&found);
    laz_buf_clear(&text);
}

static void a_burst_is_one_line_and_hides_nothing_that_weighs(void **state)
{
    uint64_t seq = 1;
    char rest[64];

    store(&ours, seq++, "file.quarantined", 4, FOUND);
    store(&ours, seq++, "file.quarantined", 4, FOUND);
    for (int i = 0; i < 40; i++)
        store(&ours, seq++, "file.incomplete", 2, "");
    store(&ours, seq++, "hold.expired", 3, "");
    store(&ours, seq++, "file.incomplete", 2, "");
    expect_recent("file.incomplete*41 hold.expired*1 file.quarantined*2 ");
    /* bursts of many kinds leave seven places of the ten */
    for (int i = 0; i < 30; i++) {
        snprintf(rest, sizeof rest, ",\"finding_info\":{\"uid\":\"k%d\"}", i);
        store(&ours, seq++, i < 9 ? "actor.stopped" : "file.incomplete", i < 9 ? 5 : 2, rest);
    }
    for (int i = 0; i < 12; i++) {
        snprintf(rest, sizeof rest, "odd.code-%d", i);
        store(&ours, seq++, rest, 1, "");
    }
    expect_recent("odd.code-11*1 odd.code-10*1 odd.code-9*1 actor.stopped*1 actor.stopped*1 "
                  "actor.stopped*1 actor.stopped*1 actor.stopped*1 actor.stopped*1 "
                  "actor.stopped*1 ");
    /* nor does a burst that is longer than what is looked at */
    for (int i = 0; i <= LAZ_EVENT_LOOK_BACK; i++)
        store(&ours, seq++, "file.incomplete", 2, "");
    expect_recent("file.incomplete*500 actor.stopped*1 actor.stopped*1 actor.stopped*1 "
                  "actor.stopped*1 actor.stopped*1 actor.stopped*1 actor.stopped*1 "
                  "actor.stopped*1 actor.stopped*1 ");
}

static void a_long_time_line_says_what_it_leaves_out(void **state)
{
    const struct laz_scope first = {1};
    uint64_t seq = 1;

    for (int round = 0; round < 2; round++) {
        struct laz_buf text;
        struct laz_json_out out = {&text, false};
        cJSON *incident;

        while (seq <= (round == 0 ? 1000 : 1007))
            store(&ours, seq++, "file.blocked", 4, KEY);
        laz_buf_init(&text, LAZ_REPLY_MAX);
        assert_int_equal(laz_incident_get(place.db, first, 1, &out, NULL), LAZ_OK);
        incident = cJSON_ParseWithLength((const char *)text.data, text.len);
        assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(incident, "timeline")), 1000);
        if (round == 0) {
            assert_true(cJSON_IsNull(cJSON_GetObjectItem(incident, "timeline_hole")));
        } else {
            char *hole = cJSON_PrintUnformatted(cJSON_GetObjectItem(incident, "timeline_hole"));

            assert_string_equal(hole, "{\"after\":200,\"events\":7}");
            cJSON_free(hole);
        }
        cJSON_Delete(incident);
        laz_buf_clear(&text);
    }
}

/* A machine with a key of its own, as its request's digest shows it. */
static struct laz_enrolment_grant enrol(const char *token, uint8_t key_byte)
{
    struct laz_enrolment_grant grant;
    uint8_t key[LAZ_FINGERPRINT_SIZE];

    memset(key, key_byte, sizeof key);
    assert_int_equal(laz_enrolment_token_use(place.db, laz_view_of(token), key, &grant, NULL),
                     LAZ_OK);
    return grant;
}

static void a_token_serves_one_machine_however_often_it_asks(void **state)
{
    const struct laz_scope second = {2};
    struct laz_enrolment_grant grant, again;
    char token[LAZ_TOKEN_TEXT_SIZE];
    int64_t expires;

    assert_int_equal(laz_enrolment_token_make(place.db, second, "admin", token, &expires, NULL),
                     LAZ_OK);
    assert_int_equal(enrol("00000000000000000000000000000000", 1).refusal, LAZ_ENROL_TOKEN_WRONG);
    grant = enrol(token, 1);
    assert_int_equal(grant.refusal, LAZ_ENROL_OK);
    assert_int_equal(grant.scope.organisation_id, 2);
    assert_false(grant.again);
    assert_int_equal(enrol(token, 2).refusal, LAZ_ENROL_TOKEN_USED);
    again = enrol(token, 1); /* our answer was lost */
    assert_int_equal(again.refusal, LAZ_ENROL_OK);
    assert_int_equal(again.scope.organisation_id, 2);
    assert_true(again.again);
    assert_string_equal(again.uuid, grant.uuid);
    assert_int_equal(enrol(token, 2).refusal, LAZ_ENROL_TOKEN_USED);
    place_run(&place, "UPDATE enrolment_token SET expires = 1");
    assert_int_equal(enrol(token, 1).refusal, LAZ_ENROL_TOKEN_EXPIRED);
    assert_int_equal(enrol(token, 2).refusal, LAZ_ENROL_TOKEN_USED);
    /* one that was used before keys were noted */
    place_run(&place, "UPDATE enrolment_token SET expires = 1 << 60, key_digest = NULL");
    assert_int_equal(enrol(token, 1).refusal, LAZ_ENROL_TOKEN_USED);
}

static void a_certificate_is_of_the_endpoint_that_it_names(void **state)
{
    static const char *const wrong[] = {
        "",
        "urn:lazaret:",
        "urn:lazaret:1:agent:",
        "urn:lazaret:1:agent:x",
        "urn:other:1:agent:",
        "urn:lazaret:0:agent:",
        "urn:lazaret:-1:agent:",
    };
    struct laz_endpoint found;
    char uri[128];

    laz_endpoint_uri(ours.scope, ours.uuid, uri, sizeof uri);
    assert_int_equal(laz_endpoint_of_uri(place.db, uri, &found, NULL), LAZ_OK);
    assert_int_equal(found.id, ours.id);
    laz_endpoint_uri(ours.scope, theirs.uuid, uri, sizeof uri);
    assert_int_equal(laz_endpoint_of_uri(place.db, uri, &found, NULL), LAZ_DENIED);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(laz_endpoint_of_uri(place.db, wrong[i], &found, NULL), LAZ_DENIED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_event_counts_once_however_often_it_comes, make, drop),
        cmocka_unit_test_setup_teardown(a_hole_stores_nothing, make, drop),
        cmocka_unit_test_setup_teardown(the_same_keys_of_two_organisations_do_not_meet, make, drop),
        cmocka_unit_test_setup_teardown(a_find_opens_a_closed_incident_only_when_it_weighs, make,
                                        drop),
        cmocka_unit_test_setup_teardown(events_of_no_weight_open_no_incident, make, drop),
        cmocka_unit_test_setup_teardown(a_clock_that_is_wrong_does_not_hide_events, make, drop),
        cmocka_unit_test_setup_teardown(
            an_order_goes_to_its_endpoint_and_again_when_no_result_comes, make, drop),
        cmocka_unit_test_setup_teardown(a_result_ends_its_order_once, make, drop),
        cmocka_unit_test_setup_teardown(an_order_that_nobody_takes_fails_in_the_end, make, drop),
        cmocka_unit_test_setup_teardown(old_events_go_a_few_at_a_time, make, drop),
        cmocka_unit_test_setup_teardown(what_is_read_is_only_of_the_organisation, make, drop),
        cmocka_unit_test_setup_teardown(a_burst_is_one_line_and_hides_nothing_that_weighs, make,
                                        drop),
        cmocka_unit_test_setup_teardown(a_long_time_line_says_what_it_leaves_out, make, drop),
        cmocka_unit_test_setup_teardown(a_token_serves_one_machine_however_often_it_asks, make,
                                        drop),
        cmocka_unit_test_setup_teardown(a_certificate_is_of_the_endpoint_that_it_names, make, drop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
