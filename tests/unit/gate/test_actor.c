#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/actor.h"
#include "agent/stop.h"
#include "sys/clock.h"

static void this_process_is_identified(void **state)
{
    struct laz_boot boot;
    struct laz_actor me;
    uint64_t ticks;
    pid_t pid;

    laz_boot_read(&boot);
    assert_int_equal(strlen(boot.id), 8);
    assert_true(laz_actor_identify(&boot, getpid(), &me));
    assert_int_equal(me.pid, getpid());
    assert_int_equal(me.parent, getppid());
    assert_int_equal(me.uid, getuid());
    assert_true(me.created_ms <= laz_now_ms() + 1000);
    assert_true(me.created_ms > laz_now_ms() - 3600 * 1000);
    laz_actor_describe(&me);
    assert_non_null(strstr(me.exe, "test_actor"));
    assert_non_null(strstr(me.command, "test_actor"));
    assert_true(laz_actor_key_parse(&boot, laz_view_of(me.key), &pid, &ticks));
    assert_int_equal(pid, getpid());
    assert_true(ticks == me.ticks);
}

static void a_name_with_parentheses_does_not_confuse(void **state)
{
    uint64_t ticks, again;
    pid_t parent;

    assert_true(laz_process_read(getpid(), &parent, &ticks));
    assert_int_equal(prctl(PR_SET_NAME, ") 1 S 1 1"), 0);
    assert_true(laz_process_read(getpid(), &parent, &again));
    assert_int_equal(parent, getppid());
    assert_true(ticks == again);
}

static void keys_of_others_are_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        "actor",
        "actor:01234567",
        "actor:01234567:1",
        "actor:01234567:1:",
        "actor:01234567:x:1",
        "file:01234567:1:1",
        "actor:0123456:1:1",
        "actor:01234567:1:1:1",
        "actor:01234567:-1:1",
        "actor:01234567:99999999999:1",
    };
    struct laz_boot boot = {.id = "01234567", .ticks_per_s = 100};
    uint64_t ticks;
    pid_t pid;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(laz_actor_key_parse(&boot, laz_view_of(wrong[i]), &pid, &ticks));
    assert_true(laz_actor_key_parse(&boot, laz_view_of("actor:01234567:12:34"), &pid, &ticks));
}

/* A child with a child of its own; both sleep. */
static pid_t start_family(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        if (fork() >= 0)
            for (;;)
                pause();
        _exit(1);
    }
    laz_sleep_ms(100);
    return pid;
}

static void a_process_is_ended_with_its_descendants(void **state)
{
    uint64_t ticks;
    pid_t parent, pid = start_family();
    uint32_t count;
    int status;

    assert_true(laz_process_read(pid, &parent, &ticks));
    assert_int_equal(laz_stop_process(pid, ticks + 1, 1, 2000, &count), LAZ_NOT_FOUND);
    assert_int_equal(laz_stop_process(pid, ticks, getpid(), 2000, &count), LAZ_DENIED);
    assert_int_equal(laz_stop_process(pid, ticks, 1, 2000, &count), LAZ_OK);
    assert_int_equal(count, 2);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void who_must_never_be_ended_is_not(void **state)
{
    uint64_t ticks = 0;
    pid_t parent;
    uint32_t count;

    assert_int_equal(laz_stop_process(1, 0, 2, 10, &count), LAZ_DENIED);
    assert_int_equal(laz_stop_process(0, 0, 2, 10, &count), LAZ_DENIED);
    assert_int_equal(laz_stop_process(-5, 0, 2, 10, &count), LAZ_DENIED);
    assert_true(laz_process_read(getpid(), &parent, &ticks));
    assert_int_equal(laz_stop_process(getpid(), ticks, 2, 10, &count), LAZ_DENIED);
    assert_int_equal(count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(this_process_is_identified),
        cmocka_unit_test(a_name_with_parentheses_does_not_confuse),
        cmocka_unit_test(keys_of_others_are_refused),
        cmocka_unit_test(a_process_is_ended_with_its_descendants),
        cmocka_unit_test(who_must_never_be_ended_is_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
