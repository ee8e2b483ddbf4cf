#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/number.h"
#include "sys/fd.h"
#include "torture.h"

/* Each test has a folder of its own, and works in it. */
static int enter_folder(void **state)
{
    char *folder = strdup("/tmp/lazaret-test.XXXXXX");

    if (folder == NULL || mkdtemp(folder) == NULL || chdir(folder) != 0)
        return -1;
    *state = folder;
    return 0;
}

static int leave_folder(void **state)
{
    char *folder = *state;
    int result = chdir("/") | rmdir(folder); /* fails when something was left behind */

    free(folder);
    return result;
}

static void put(const char *path, const char *text)
{
    struct laz_error err;

    assert_int_equal(laz_replace_file(AT_FDCWD, path, laz_view_of(text), 0600, &err), LAZ_OK);
}

static void check_content(const char *path, const char *want)
{
    struct laz_error err;
    struct laz_buf b;

    laz_buf_init(&b, KIB);
    assert_int_equal(laz_read_file(path, &b, &err), LAZ_OK);
    assert_string_equal(laz_buf_text(&b), want);
    laz_buf_clear(&b);
}

static void a_closed_descriptor_is_minus_one_and_errno_stays(void **state)
{
    int fd = laz_open_dir(".");

    assert_true(fd >= 0);
    assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    errno = EDOM;
    laz_fd_drop(&fd);
    assert_int_equal(fd, -1);
    laz_fd_drop(&fd);
    assert_int_equal(errno, EDOM);
}

static void opening_a_fifo_does_not_wait(void **state)
{
    int fd;

    assert_int_equal(mkfifo("fifo", 0600), 0);
    fd = laz_open_read("fifo");
    assert_true(fd >= 0);
    laz_fd_drop(&fd);
    assert_int_equal(unlink("fifo"), 0);
    assert_int_equal(laz_open_read("absent"), -1);
    assert_int_equal(errno, ENOENT);
}

static void folders_are_made_with_their_parents(void **state)
{
    struct laz_error err;
    struct stat st;

    assert_int_equal(laz_make_dir("a/b/c", 0700, &err), LAZ_OK);
    assert_int_equal(stat("a/b/c", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(laz_make_dir("a/b/c", 0700, &err), LAZ_OK); /* it is there already */
    put("a/file", "x");
    assert_int_equal(laz_make_dir("a/file", 0700, &err), LAZ_IO);
    assert_string_equal(err.why, strerror(ENOTDIR));
    assert_int_equal(laz_make_dir("a/file/below", 0700, &err), LAZ_IO);
    assert_int_equal(laz_make_dir("", 0700, &err), LAZ_INVALID);
    assert_int_equal(unlink("a/file") | rmdir("a/b/c") | rmdir("a/b") | rmdir("a"), 0);
}

static void a_replaced_file_is_whole_and_leaves_nothing_beside_it(void **state)
{
    struct laz_error err;
    struct stat st;

    put("file", "old");
    assert_int_equal(laz_replace_file(AT_FDCWD, "file", laz_view_of("new content"), 0640, &err),
                     LAZ_OK);
    check_content("file", "new content");
    assert_int_equal(stat("file", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    assert_int_equal(unlink("file"), 0);
    assert_int_equal(laz_replace_file(AT_FDCWD, "absent/file", laz_view_of("x"), 0600, &err),
                     LAZ_NOT_FOUND);
    assert_int_equal(mkdir("folder", 0700), 0);
    assert_int_not_equal(laz_replace_file(AT_FDCWD, "folder", laz_view_of("x"), 0600, &err),
                         LAZ_OK);
    assert_int_equal(rmdir("folder"), 0);
    /* leave_folder fails when a temporary file stayed */
}

static void a_file_can_be_replaced_below_a_directory(void **state)
{
    LAZ_OWNED(laz_fd_drop) int folder = -1;
    struct laz_error err;

    assert_int_equal(mkdir("d", 0700) | mkdir("d/e", 0700), 0);
    folder = laz_open_dir("d");
    assert_int_equal(laz_replace_file(folder, "e/file", laz_view_of("x"), 0600, &err), LAZ_OK);
    assert_int_equal(laz_replace_file(folder, "file", laz_view_of("y"), 0600, &err), LAZ_OK);
    check_content("d/e/file", "x");
    check_content("d/file", "y");
    assert_int_equal(unlink("d/e/file") | unlink("d/file") | rmdir("d/e") | rmdir("d"), 0);
}

static void a_name_too_long_for_its_temporary_is_refused(void **state)
{
    char name[NAME_MAX + 1];
    struct laz_error err;

    memset(name, 'n', NAME_MAX);
    name[NAME_MAX] = '\0';
    assert_int_equal(laz_replace_file(AT_FDCWD, name, laz_view_of("x"), 0600, &err), LAZ_INVALID);
}

static void a_full_disk_keeps_the_old_content(void **state)
{
    struct rlimit small = {4, RLIM_INFINITY}, old;
    struct laz_error err;

    put("file", "old");
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small.rlim_max = old.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_int_equal(laz_replace_file(AT_FDCWD, "file", laz_view_of("longer"), 0600, &err), LAZ_IO);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    check_content("file", "old");
    assert_int_equal(unlink("file"), 0);
}

static void reading_stops_at_the_named_size(void **state)
{
    struct laz_error err;
    struct laz_buf b;

    put("file", "12345");
    laz_buf_init(&b, 5);
    assert_int_equal(laz_read_file("file", &b, &err), LAZ_OK);
    assert_int_equal(b.len, 5);
    laz_buf_clear(&b);
    laz_buf_init(&b, 4);
    assert_int_equal(laz_read_file("file", &b, &err), LAZ_LIMIT);
    assert_string_equal(err.where, "file");
    laz_buf_clear(&b);
    assert_int_equal(laz_read_file("absent", &b, &err), LAZ_NOT_FOUND);
    assert_int_equal(laz_read_file(".", &b, &err), LAZ_IO);
    assert_int_equal(unlink("file"), 0);
}

static void a_mapped_file_is_its_bytes(void **state)
{
    struct laz_mapping m;
    struct laz_error err;
    int fd;

    put("file", "bytes");
    put("empty", "");
    fd = laz_open_read("file");
    assert_int_equal(laz_map_fd(fd, &m, &err), LAZ_OK);
    laz_fd_drop(&fd);
    assert_true(laz_view_equal_text(m.bytes, "bytes"));
    laz_mapping_clear(&m);
    laz_mapping_clear(&m);
    fd = laz_open_read("empty");
    assert_int_equal(laz_map_fd(fd, &m, &err), LAZ_OK);
    assert_int_equal(m.bytes.len, 0);
    laz_mapping_clear(&m);
    laz_fd_drop(&fd);
    fd = laz_open_dir(".");
    assert_int_equal(laz_map_fd(fd, &m, &err), LAZ_INVALID);
    laz_fd_drop(&fd);
    assert_int_not_equal(laz_map_fd(-1, &m, &err), LAZ_OK);
    assert_int_equal(unlink("file") | unlink("empty"), 0);
}

static void a_program_knows_where_it_stands(void **state)
{
    char path[PATH_MAX], program[PATH_MAX];
    struct laz_error err;
    struct stat st;

    assert_int_equal(laz_program_dir(path, sizeof path, &err), LAZ_OK);
    assert_true(snprintf(program, sizeof program, "%s/test_fd", path) < PATH_MAX);
    assert_int_equal(stat(program, &st), 0);
    assert_int_equal(laz_program_dir(path, strlen(path), &err), LAZ_LIMIT);
    assert_int_equal(laz_program_dir(path, strlen(path) + 1, &err), LAZ_OK);
}

static void no_memory_is_told_while_reading(void **state)
{
    unsigned refused = 0;

    put("file", "some bytes that are read");
    TORTURE({
        struct laz_error err;
        struct laz_buf b;

        laz_buf_init(&b, KIB);
        if (laz_read_file("file", &b, &err) != LAZ_OK) {
            assert_int_equal(err.status, LAZ_NOMEM);
            refused++;
        }
        laz_buf_clear(&b);
    });
    assert_int_equal(refused, 2);
    assert_int_equal(unlink("file"), 0);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave_folder)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        IN_FOLDER(a_closed_descriptor_is_minus_one_and_errno_stays),
        IN_FOLDER(opening_a_fifo_does_not_wait),
        IN_FOLDER(folders_are_made_with_their_parents),
        IN_FOLDER(a_replaced_file_is_whole_and_leaves_nothing_beside_it),
        IN_FOLDER(a_file_can_be_replaced_below_a_directory),
        IN_FOLDER(a_name_too_long_for_its_temporary_is_refused),
        IN_FOLDER(a_full_disk_keeps_the_old_content),
        IN_FOLDER(reading_stops_at_the_named_size),
        IN_FOLDER(a_mapped_file_is_its_bytes),
        IN_FOLDER(a_program_knows_where_it_stands),
        IN_FOLDER(no_memory_is_told_while_reading),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
