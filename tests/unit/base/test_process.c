#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/process.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const struct laz_child no_child = {.pid = 0, .pidfd = -1};

/* Runs a shell command with its output in a pipe, and gives back what it wrote. */
static void shell_output(const char *command, const struct laz_spawn *with, char *out, size_t size)
{
    const char *argv[] = {"sh", "-c", command, NULL};
    struct laz_spawn spawn = *with;
    struct laz_child child;
    struct laz_error err;
    struct laz_buf b;
    int ends[2], wait_status;

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    spawn.path = "/bin/sh";
    spawn.argv = argv;
    spawn.output = ends[1];
    assert_int_equal(laz_child_spawn(&spawn, &child, &err), LAZ_OK);
    laz_fd_drop(&ends[1]);
    laz_buf_init(&b, size - 1);
    assert_int_equal(laz_read_all(ends[0], &b, &err), LAZ_OK);
    laz_fd_drop(&ends[0]);
    memcpy(out, laz_buf_text(&b), b.len + 1);
    laz_buf_clear(&b);
    assert_int_equal(laz_child_wait(&child, -1, &wait_status), LAZ_OK);
    assert_int_equal(child.pidfd, -1);
}

static struct laz_child start_shell(const char *command)
{
    const char *argv[] = {"sh", "-c", command, NULL};
    struct laz_spawn spawn = {.path = "/bin/sh", .argv = argv};
    struct laz_child child = no_child;
    struct laz_error err;

    assert_int_equal(laz_child_spawn(&spawn, &child, &err), LAZ_OK);
    return child;
}

static void the_exit_status_comes_back(void **state)
{
    struct laz_child child = start_shell("exit 7");
    int wait_status = 0;

    assert_int_equal(laz_child_wait(&child, 10000, &wait_status), LAZ_OK);
    assert_true(WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 7);
    assert_int_equal(child.pidfd, -1);
}

static void what_cannot_be_executed_is_known_at_once(void **state)
{
    static const struct {
        const char *path;
        enum laz_status want;
    } cases[] = {{"/absent/program", LAZ_NOT_FOUND}, {"/etc", LAZ_DENIED}};

    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *argv[] = {"x", NULL};
        struct laz_spawn spawn = {.path = cases[i].path, .argv = argv};
        struct laz_child child = no_child;
        struct laz_error err;

        assert_int_equal(laz_child_spawn(&spawn, &child, &err), cases[i].want);
        assert_string_equal(err.where, cases[i].path);
        assert_int_equal(child.pidfd, -1);
        assert_true(waitpid(-1, NULL, WNOHANG) < 0); /* no zombie stays */
    }
}

static void the_environment_is_three_variables(void **state)
{
    static const struct laz_spawn plain = {0};
    char out[1000];

    assert_int_equal(setenv("LD_PRELOAD_SECRET", "x", 1), 0);
    shell_output("env", &plain, out, sizeof out);
    assert_non_null(strstr(out, "LANG=C.UTF-8\n"));
    assert_non_null(strstr(out, "PATH=/usr/sbin:/usr/bin:/sbin:/bin\n"));
    assert_non_null(strstr(out, "TZ=UTC\n"));
    assert_null(strstr(out, "SECRET"));
}

static void descriptors_arrive_in_order_and_no_other(void **state)
{
    int fds[3], stray;
    struct laz_spawn spawn = {.fds = fds, .fd_count = 3};
    char out[1000];

    stray = open("/dev/null", O_RDONLY); /* not close-on-exec, as a library might open it */
    assert_true(stray >= 0);
    /* Given in an order in which each would overwrite the next, were they moved one by one. */
    fds[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    fds[1] = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    fds[2] = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    shell_output("for n in 3 4 5 6 7 8 9; do readlink /proc/$$/fd/$n; done", &spawn, out,
                 sizeof out);
    assert_string_equal(out, "/dev/null\n/dev/zero\n/etc/passwd\n");
    for (size_t i = 0; i < 3; i++)
        laz_fd_drop(&fds[i]);
    laz_fd_drop(&stray);
}

static void low_descriptors_given_backwards_arrive_in_order(void **state)
{
    int fds[2], low[2];
    struct laz_spawn spawn = {.fds = fds, .fd_count = 2};
    char out[200];

    low[0] = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    low[1] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    fds[0] = low[1];
    fds[1] = low[0];
    shell_output("readlink /proc/$$/fd/3; readlink /proc/$$/fd/4", &spawn, out, sizeof out);
    assert_string_equal(out, "/dev/null\n/dev/zero\n");
    laz_fd_drop(&low[0]);
    laz_fd_drop(&low[1]);
}

static void standard_input_is_empty_and_signals_are_as_new(void **state)
{
    static const struct laz_spawn plain = {0};
    sigset_t blocked, old;
    char out[300];

    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    assert_int_equal(sigprocmask(SIG_BLOCK, &blocked, &old), 0);
    signal(SIGPIPE, SIG_IGN);
    shell_output("readlink /proc/$$/fd/0; grep -E 'SigBlk|SigIgn' /proc/self/status", &plain, out,
                 sizeof out);
    assert_int_equal(sigprocmask(SIG_SETMASK, &old, NULL), 0);
    signal(SIGPIPE, SIG_DFL);
    assert_non_null(strstr(out, "/dev/null\n"));
    assert_non_null(strstr(out, "SigBlk:\t0000000000000000"));
    assert_null(strstr(out, "SigIgn:\t0000000000001")); /* SIGPIPE is bit 12 */
}

static void a_child_that_runs_is_not_waited_for_past_the_time(void **state)
{
    struct laz_child child = start_shell("exec sleep 100");
    int64_t start = laz_monotonic_ms();
    int wait_status = 0;

    assert_int_equal(laz_child_wait(&child, 0, &wait_status), LAZ_TIMEOUT);
    assert_int_equal(laz_child_wait(&child, 50, &wait_status), LAZ_TIMEOUT);
    assert_true(laz_monotonic_ms() - start >= 50);
    assert_true(child.pidfd >= 0);
    assert_int_equal(laz_child_signal(&child, SIGKILL), LAZ_OK);
    assert_int_equal(laz_child_wait(&child, -1, &wait_status), LAZ_OK);
    assert_true(WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGKILL);
    assert_int_equal(laz_child_signal(&child, SIGKILL), LAZ_CLOSED);
}

static void one_that_does_not_listen_is_killed_after_its_grace(void **state)
{
    struct laz_child child = start_shell("trap '' TERM; while :; do sleep 1; done");
    int64_t start = laz_monotonic_ms();

    laz_sleep_ms(100); /* until the trap is set */
    laz_child_stop(&child, 100);
    assert_int_equal(child.pidfd, -1);
    assert_true(laz_monotonic_ms() - start < 5000);
    laz_child_stop(&child, 100); /* accepts one that is gone */
}

static void one_that_listens_is_not_killed(void **state)
{
    struct laz_child child = start_shell("exec sleep 100");
    int64_t start = laz_monotonic_ms();

    laz_child_stop(&child, 60000);
    assert_true(laz_monotonic_ms() - start < 30000);
}

static void it_dies_with_its_parent_when_asked(void **state)
{
    const char *argv[] = {"sleep", "100", NULL};
    int ends[2], wait_status = 0;
    pid_t middle, last = 0;
    char at[64];

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    middle = fork();
    assert_true(middle >= 0);
    if (middle == 0) {
        struct laz_spawn spawn = {.path = "/bin/sleep", .argv = argv, .dies_with_parent = true};
        struct laz_child child = no_child;
        enum laz_status s = laz_child_spawn(&spawn, &child, NULL);

        _exit(s == LAZ_OK && write(ends[1], &child.pid, sizeof child.pid) > 0 ? 0 : 1);
    }
    assert_int_equal(waitpid(middle, &wait_status, 0), middle);
    assert_int_equal(wait_status, 0);
    assert_int_equal(read(ends[0], &last, sizeof last), sizeof last);
    laz_fd_drop(&ends[0]);
    laz_fd_drop(&ends[1]);
    assert_true(last > 1);
    snprintf(at, sizeof at, "/proc/%ld/cmdline", (long)last);
    for (int i = 0; i < 100; i++) {
        struct laz_buf b;
        struct laz_error err;
        bool is_gone;

        laz_buf_init(&b, 1000);
        is_gone = laz_read_file(at, &b, &err) != LAZ_OK || strcmp(laz_buf_text(&b), "sleep") != 0;
        laz_buf_clear(&b);
        if (is_gone)
            return;
        laz_sleep_ms(50);
    }
    fail_msg("the child outlived its parent");
}

static void a_group_of_its_own_is_one(void **state)
{
    static const struct laz_spawn grouped = {.new_group = true}, plain = {0};
    char out[100], group[32];

    snprintf(group, sizeof group, "%ld\n", (long)getpgrp());
    shell_output("ps -o pgid= -p $$ | tr -d ' '", &plain, out, sizeof out);
    assert_string_equal(out, group);
    shell_output("[ $(ps -o pgid= -p $$) -eq $$ ] && echo own", &grouped, out, sizeof out);
    assert_string_equal(out, "own\n");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_exit_status_comes_back),
        cmocka_unit_test(what_cannot_be_executed_is_known_at_once),
        cmocka_unit_test(the_environment_is_three_variables),
        cmocka_unit_test(descriptors_arrive_in_order_and_no_other),
        cmocka_unit_test(low_descriptors_given_backwards_arrive_in_order),
        cmocka_unit_test(standard_input_is_empty_and_signals_are_as_new),
        cmocka_unit_test(a_child_that_runs_is_not_waited_for_past_the_time),
        cmocka_unit_test(one_that_does_not_listen_is_killed_after_its_grace),
        cmocka_unit_test(one_that_listens_is_not_killed),
        cmocka_unit_test(it_dies_with_its_parent_when_asked),
        cmocka_unit_test(a_group_of_its_own_is_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
