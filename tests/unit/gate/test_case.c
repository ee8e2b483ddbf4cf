#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "agent/case.h"

static int any_fd(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    return fd;
}

static void a_job_is_never_used_again(void **state)
{
    struct laz_cases c;
    struct laz_case *one;
    uint64_t first;

    assert_int_equal(laz_cases_init(&c, 2, NULL), LAZ_OK);
    one = laz_case_new(&c, any_fd(), LAZ_TRIGGER_OPEN);
    first = one->job;
    assert_ptr_equal(laz_case_find(&c, first), one);
    laz_case_end(&c, one);
    assert_null(laz_case_find(&c, first));
    for (int i = 0; i < 100; i++) {
        one = laz_case_new(&c, any_fd(), LAZ_TRIGGER_OPEN);
        assert_true(one->job != first && one->job != 0);
        laz_case_end(&c, one);
    }
    laz_cases_clear(&c);
}

static void jobs_from_outside_find_nothing_wrong(void **state)
{
    static const uint64_t wrong[] = {
        0, 1, 2, 0xffff, UINT64_MAX, 1ull << 16, (1ull << 16) | 0xffff};
    struct laz_cases c;

    assert_int_equal(laz_cases_init(&c, 2, NULL), LAZ_OK);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_null(laz_case_find(&c, wrong[i]));
    laz_cases_clear(&c);
}

static void a_full_room_gives_none(void **state)
{
    struct laz_cases c;
    int surplus = any_fd();

    assert_int_equal(laz_cases_init(&c, 2, NULL), LAZ_OK);
    assert_non_null(laz_case_new(&c, any_fd(), LAZ_TRIGGER_OPEN));
    assert_non_null(laz_case_new(&c, any_fd(), LAZ_TRIGGER_OPEN));
    assert_null(laz_case_new(&c, surplus, LAZ_TRIGGER_OPEN));
    assert_int_equal(c.active_count, 2);
    close(surplus);
    laz_cases_clear(&c);
}

static void the_same_file_is_scanned_once(void **state)
{
    struct laz_cases c;
    struct laz_case *one, *other;
    struct laz_cache_key key = {.device = 1, .inode = 2, .size = 3, .mtime_ns = 4, .ctime_ns = 5};

    assert_int_equal(laz_cases_init(&c, 4, NULL), LAZ_OK);
    one = laz_case_new(&c, any_fd(), LAZ_TRIGGER_CLOSE);
    one->key = key;
    assert_null(laz_case_find_scan(&c, &key)); /* it waits for no verdict */
    one->waits = LAZ_WAIT_VERDICT;
    assert_ptr_equal(laz_case_find_scan(&c, &key), one);
    other = laz_case_new(&c, any_fd(), LAZ_TRIGGER_OPEN);
    other->key = key;
    other->waits = LAZ_WAIT_VERDICT;
    other->leader = one->job;
    assert_ptr_equal(laz_case_find_scan(&c, &key), one); /* who follows does not lead */
    key.ctime_ns++;
    assert_null(laz_case_find_scan(&c, &key)); /* changed since */
    key.ctime_ns--;
    key.name++;
    assert_null(laz_case_find_scan(&c, &key)); /* by another name */
    laz_cases_clear(&c);
}

static void a_path_is_that_of_the_file_as_long_as_it_has_a_name(void **state)
{
    char name[] = "/tmp/lazaret-case.XXXXXX", path[4096];
    int fd = mkstemp(name);

    assert_true(fd >= 0);
    laz_fd_path(fd, path, sizeof path);
    assert_string_equal(path, name);
    laz_fd_path(fd, path, 8); /* too long is none, never half */
    assert_string_equal(path, "");
    assert_int_equal(unlink(name), 0);
    laz_fd_path(fd, path, sizeof path);
    assert_string_equal(path, "");
    close(fd);
}

static void a_name_may_end_as_the_kernel_marks_those_that_are_gone(void **state)
{
    static const char name[] = "/tmp/laz_case_test (deleted)", other[] = "/tmp/laz_case_test_other";
    char path[PATH_MAX];
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    laz_fd_path(fd, path, sizeof path);
    assert_string_equal(path, name);
    assert_int_equal(link(name, other), 0);
    assert_int_equal(unlink(name), 0);
    laz_fd_path(fd, path, sizeof path);
    assert_string_equal(path, name); /* its last name, for it still has one */
    assert_int_equal(unlink(other), 0);
    laz_fd_path(fd, path, sizeof path);
    assert_string_equal(path, "");
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_is_never_used_again),
        cmocka_unit_test(jobs_from_outside_find_nothing_wrong),
        cmocka_unit_test(a_full_room_gives_none),
        cmocka_unit_test(the_same_file_is_scanned_once),
        cmocka_unit_test(a_path_is_that_of_the_file_as_long_as_it_has_a_name),
        cmocka_unit_test(a_name_may_end_as_the_kernel_marks_those_that_are_gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
