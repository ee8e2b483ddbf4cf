#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "console/incident.h"

static struct laz_event make(const char *code, int severity)
{
    struct laz_event e = {.code = code,
                          .class_uid = 2004,
                          .severity = severity,
                          .time_ms = 86400000,
                          .incident_key = "",
                          .path = "",
                          .sha256 = "",
                          .verdict = ""};

    return e;
}

static void an_event_says_what_kind_of_incident_it_is(void **state)
{
    static const struct {
        const char *code, *verdict;
        uint64_t class_uid;
        enum laz_incident_kind kind;
    } cases[] = {
        {"actor.stopped", "", 2004, LAZ_INCIDENT_RANSOMWARE_STOPPED},
        {"file.rolled_back", "", 2004, LAZ_INCIDENT_RANSOMWARE_STOPPED},
        {"rollback.done", "", 2004, LAZ_INCIDENT_RANSOMWARE_STOPPED},
        {"file.blocked", "malicious", 2004, LAZ_INCIDENT_MALWARE_FOUND},
        {"file.quarantined", "malicious", 2004, LAZ_INCIDENT_MALWARE_FOUND},
        {"file.quarantine_failed", "", 2004, LAZ_INCIDENT_MALWARE_FOUND},
        {"something.new", "malicious", 2004, LAZ_INCIDENT_MALWARE_FOUND},
        {"something.new", "malicious", 6002, LAZ_INCIDENT_NONE},
        {"worker.died", "", 6002, LAZ_INCIDENT_AGENT_TROUBLE},
        {"process.died", "", 6002, LAZ_INCIDENT_AGENT_TROUBLE},
        {"spool.gap", "", 6002, LAZ_INCIDENT_AGENT_TROUBLE},
        {"content.refused", "", 6002, LAZ_INCIDENT_AGENT_TROUBLE},
        {"content.changed", "", 6002, LAZ_INCIDENT_NONE},
        {"file.incomplete", "incomplete", 2004, LAZ_INCIDENT_NONE},
        {"hold.expired", "", 2004, LAZ_INCIDENT_NONE},
        {"agent.started", "", 6002, LAZ_INCIDENT_NONE},
        {"file.restored", "malicious", 2004, LAZ_INCIDENT_NONE},
        {"file.deleted", "malicious", 2004, LAZ_INCIDENT_NONE},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct laz_event e = make(cases[i].code, 3);

        e.verdict = cases[i].verdict;
        e.class_uid = cases[i].class_uid;
        assert_int_equal(laz_incident_kind_of(&e), cases[i].kind);
    }
    assert_true(LAZ_INCIDENT_RANSOMWARE_STOPPED > LAZ_INCIDENT_MALWARE_FOUND);
    assert_true(LAZ_INCIDENT_MALWARE_FOUND > LAZ_INCIDENT_AGENT_TROUBLE);
}

static void the_key_is_the_events_or_one_for_the_day(void **state)
{
    static const struct {
        const char *code, *key, *wanted; /* NULL: none */
    } cases[] = {
        {"file.blocked", "actor:1", "actor:1"},
        {"file.incomplete", "actor:1", "actor:1"},
        {"worker.died", "", "trouble:worker.died:1"},
        {"file.blocked", "", "file:abc:1"},
        {"file.incomplete", "", NULL},
        {"agent.started", "", NULL},
    };
    char key[LAZ_INCIDENT_KEY_SIZE];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct laz_event e = make(cases[i].code, 3);

        e.incident_key = cases[i].key;
        e.sha256 = "abc";
        assert_int_equal(laz_incident_key(&e, key), cases[i].wanted != NULL);
        if (cases[i].wanted != NULL)
            assert_string_equal(key, cases[i].wanted);
    }
}

static void only_weighty_finds_open_it_again(void **state)
{
    static const struct {
        const char *code;
        int severity;
        bool reopens;
    } cases[] = {
        {"file.blocked", 4, true},     {"file.blocked", 5, true}, {"file.blocked", 3, false},
        {"file.restored", 5, false},   {"worker.died", 4, true},  {"worker.died", 1, false},
        {"file.incomplete", 5, false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct laz_event e = make(cases[i].code, cases[i].severity);

        assert_int_equal(laz_incident_reopens(&e), cases[i].reopens);
    }
}

static void files_count_when_something_happened_to_them(void **state)
{
    struct laz_event e = make("file.quarantined", 4);

    assert_false(laz_incident_counts_file(&e)); /* it names none */
    e.path = "/a";
    assert_true(laz_incident_counts_file(&e));
    e.code = "file.restored";
    assert_false(laz_incident_counts_file(&e));
}

static void reasons_are_three(void **state)
{
    assert_true(laz_incident_reason_is_valid("resolved"));
    assert_true(laz_incident_reason_is_valid("false_alarm"));
    assert_true(laz_incident_reason_is_valid("test"));
    assert_false(laz_incident_reason_is_valid(""));
    assert_false(laz_incident_reason_is_valid("Resolved"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_says_what_kind_of_incident_it_is),
        cmocka_unit_test(the_key_is_the_events_or_one_for_the_day),
        cmocka_unit_test(only_weighty_finds_open_it_again),
        cmocka_unit_test(files_count_when_something_happened_to_them),
        cmocka_unit_test(reasons_are_three),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
