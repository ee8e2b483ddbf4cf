#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/status.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void every_status_has_a_word_of_its_own(void **state)
{
    for (int s = LAZ_OK; s <= LAZ_CLOSED; s++) {
        const char *name = laz_status_name((enum laz_status)s);

        assert_string_not_equal(name, "unknown");
        for (int other = LAZ_OK; other < s; other++)
            assert_string_not_equal(name, laz_status_name((enum laz_status)other));
    }
    assert_string_equal(laz_status_name((enum laz_status)(LAZ_CLOSED + 1)), "unknown");
}

static void an_error_says_what_where_why_and_the_remedy(void **state)
{
    static const struct {
        const char *where, *why, *remedy, *text;
        uint32_t line, column;
    } cases[] = {
        {"a.conf", "is cut", "fetch it again", "lazaret: rule: a.conf: is cut (fetch it again)", 0,
         0},
        {"", "is cut", "", "lazaret: rule: is cut", 0, 0},
        {"a.yar", "is cut", "", "lazaret: rule: a.yar:3:14: is cut", 3, 14},
        {"a\x1b[2J\n", "b\nc", "", "lazaret: rule: a\\x1b[2J\\x0a: b\\x0ac", 0, 0},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct laz_error err;
        char text[1200];

        assert_int_equal(laz_fail_at(&err, LAZ_DAMAGED, "rule", cases[i].where, cases[i].line,
                                     cases[i].column, cases[i].why, cases[i].remedy),
                         LAZ_DAMAGED);
        assert_int_equal(err.status, LAZ_DAMAGED);
        laz_error_text(&err, text, sizeof text);
        assert_string_equal(text, cases[i].text);
    }
}

static void long_texts_are_cut_and_end(void **state)
{
    char longer[2000], text[10];
    struct laz_error err;

    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(laz_fail(&err, LAZ_IO, longer, longer, longer, longer), LAZ_IO);
    assert_int_equal(strlen(err.what), sizeof err.what - 1);
    assert_int_equal(strlen(err.where), sizeof err.where - 1);
    assert_int_equal(strlen(err.why), sizeof err.why - 1);
    assert_int_equal(strlen(err.remedy), sizeof err.remedy - 1);
    laz_error_text(&err, text, sizeof text);
    assert_string_equal(text, "lazaret: ");
    laz_error_text(&err, text, 1);
    assert_string_equal(text, "");
}

static void nobody_needs_to_listen(void **state)
{
    errno = ENOENT;
    assert_int_equal(laz_fail(NULL, LAZ_LIMIT, "a", "b", "c", "d"), LAZ_LIMIT);
    assert_int_equal(laz_fail_errno(NULL, "a", "b", ""), LAZ_NOT_FOUND);
}

static void errno_becomes_the_status_that_says_most(void **state)
{
    static const struct {
        int number;
        enum laz_status want;
    } cases[] = {
        {ENOMEM, LAZ_NOMEM},  {EPERM, LAZ_DENIED}, {EACCES, LAZ_DENIED}, {ENOENT, LAZ_NOT_FOUND},
        {EEXIST, LAZ_EXISTS}, {EIO, LAZ_IO},       {ENOSPC, LAZ_IO},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct laz_error err;

        errno = cases[i].number;
        assert_int_equal(laz_fail_errno(&err, "file", "f", ""), cases[i].want);
        assert_string_equal(err.why, strerror(cases[i].number));
    }
}

static void what_is_moved_is_gone(void **state)
{
    char *text = (char *)(uintptr_t) "x";
    int fd = 7;
    char *moved = laz_move(text);

    assert_string_equal(moved, "x");
    assert_null(text);
    assert_int_equal(laz_move_fd(&fd), 7);
    assert_int_equal(fd, -1);
}

static void a_broken_assertion_ends_the_process(void **state)
{
    pid_t pid = fork();
    int status = 0;

    assert_true(pid >= 0);
    if (pid == 0) {
        assert_true(close(STDERR_FILENO) == 0);
        signal(SIGABRT, SIG_DFL);
        LAZ_ASSERT(1 + 1 == 3);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_a_word_of_its_own),
        cmocka_unit_test(an_error_says_what_where_why_and_the_remedy),
        cmocka_unit_test(long_texts_are_cut_and_end),
        cmocka_unit_test(nobody_needs_to_listen),
        cmocka_unit_test(errno_becomes_the_status_that_says_most),
        cmocka_unit_test(what_is_moved_is_gone),
        cmocka_unit_test(a_broken_assertion_ends_the_process),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
