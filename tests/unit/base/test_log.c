#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "sys/log.h"

#define TIME_LEN strlen("2026-01-01T00:00:00.000Z ")

static char logged[32768];
static int kept_stderr = -1;

/* Standard error goes to memory until the line is read back. */
static void begin_capture(void)
{
    int memory = memfd_create("log", MFD_CLOEXEC);

    assert_true(memory >= 0);
    kept_stderr = dup(STDERR_FILENO);
    assert_true(dup2(memory, STDERR_FILENO) >= 0);
    assert_int_equal(close(memory), 0);
}

static const char *end_capture(void)
{
    ssize_t len = pread(STDERR_FILENO, logged, sizeof logged - 1, 0);

    assert_true(dup2(kept_stderr, STDERR_FILENO) >= 0);
    assert_int_equal(close(kept_stderr), 0);
    assert_true(len >= 0);
    logged[len] = '\0';
    return logged;
}

static void a_line_has_time_program_level_event_and_text(void **state)
{
    laz_log_open("test", LAZ_DEBUG);
    begin_capture();
    laz_log(LAZ_WARN, "scan.limit", "job=%u budget=%s", 7u, "depth");
    assert_string_equal(end_capture() + TIME_LEN, "test warn scan.limit job=7 budget=depth\n");
    assert_int_equal(logged[TIME_LEN - 1], ' ');
    assert_int_equal(logged[10], 'T');
}

static void each_level_has_its_word(void **state)
{
    laz_log_open("test", LAZ_DEBUG);
    begin_capture();
    for (int level = LAZ_DEBUG; level <= LAZ_ERROR; level++)
        laz_log((enum laz_log_level)level, "e", "x");
    end_capture();
    assert_non_null(strstr(logged, " debug e x\n"));
    assert_non_null(strstr(logged, " info e x\n"));
    assert_non_null(strstr(logged, " warn e x\n"));
    assert_non_null(strstr(logged, " error e x\n"));
}

static void what_is_below_the_level_is_not_written(void **state)
{
    laz_log_open("test", LAZ_WARN);
    begin_capture();
    laz_log(LAZ_DEBUG, "a", "x");
    laz_log(LAZ_INFO, "b", "x");
    laz_log(LAZ_ERROR, "c", "x");
    assert_string_equal(end_capture() + TIME_LEN, "test error c x\n");
}

static void nobody_can_forge_a_second_line(void **state)
{
    laz_log_open("test", LAZ_INFO);
    begin_capture();
    laz_log(LAZ_INFO, "file", "name=%s", "a\n2026 test error forged\x1b[31m");
    assert_string_equal(end_capture() + TIME_LEN,
                        "test info file name=a\\x0a2026 test error forged\\x1b[31m\n");
}

static void a_text_too_long_leaves_its_event(void **state)
{
    static char longer[8192];

    memset(longer, 'x', sizeof longer - 1);
    laz_log_open("test", LAZ_INFO);
    begin_capture();
    laz_log(LAZ_INFO, "event", "%s", longer);
    end_capture();
    assert_non_null(strstr(logged, "test info event "));
    assert_int_equal(logged[strlen(logged) - 1], '\n');
}

static void an_error_is_logged_as_people_read_it(void **state)
{
    struct laz_error err;

    laz_log_open("test", LAZ_INFO);
    laz_ignore(laz_fail(&err, LAZ_IO, "disk", "/data", "is full", "make room"));
    begin_capture();
    laz_log_error(LAZ_ERROR, "store", &err);
    assert_string_equal(end_capture() + TIME_LEN,
                        "test error store lazaret: disk: /data: is full (make room)\n");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_has_time_program_level_event_and_text),
        cmocka_unit_test(each_level_has_its_word),
        cmocka_unit_test(what_is_below_the_level_is_not_written),
        cmocka_unit_test(nobody_can_forge_a_second_line),
        cmocka_unit_test(a_text_too_long_leaves_its_event),
        cmocka_unit_test(an_error_is_logged_as_people_read_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
