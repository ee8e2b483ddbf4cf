#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>

#include "agent/intent.h"

static struct laz_intent parse(const char *line, enum laz_intent_place *place, uint64_t *address)
{
    struct laz_intent intent;

    *place = laz_intent_parse(laz_view_of(line), &intent, address);
    return intent;
}

static void flags_say_what_an_open_is_for(void **state)
{
    static const struct {
        uint64_t flags;
        bool reads, writes, creates;
    } cases[] = {
        {O_RDONLY, true, false, false},
        {O_RDONLY | O_CLOEXEC | O_NONBLOCK, true, false, false},
        {O_WRONLY, false, true, false},
        {O_RDWR, true, true, false},
        {O_RDONLY | O_TRUNC, true, true, false},
        {O_WRONLY | O_CREAT | O_TRUNC, false, true, true},
        {O_RDONLY | O_CREAT, true, false, true},
        {O_WRONLY | O_APPEND, false, true, false},
        {O_ACCMODE, true, true, false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct laz_intent intent = laz_intent_of_flags(cases[i].flags);

        assert_int_equal(intent.reads, cases[i].reads);
        assert_int_equal(intent.writes, cases[i].writes);
        assert_int_equal(intent.creates, cases[i].creates);
    }
}

static void the_calls_that_open_are_understood(void **state)
{
    char line[256];
    struct laz_intent intent;
    enum laz_intent_place place;
    uint64_t address = 0;

    snprintf(line, sizeof line, "%d 0xffffff9c 0x7ffd1000 0x%x 0x0 0x0 0x0 0x7ffd0000 0x7f00\n",
             SYS_openat, (unsigned)(O_RDONLY | O_CLOEXEC));
    intent = parse(line, &place, &address);
    assert_int_equal(place, LAZ_INTENT_KNOWN);
    assert_false(intent.writes);
    snprintf(line, sizeof line, "%d 0xffffff9c 0x7ffd1000 0x%x 0x1a4 0x0 0x0 0x7ffd0000 0x7f00\n",
             SYS_openat, (unsigned)(O_WRONLY | O_CREAT));
    intent = parse(line, &place, &address);
    assert_true(intent.writes && intent.creates && !intent.reads);
    snprintf(line, sizeof line, "%d 0x3 0x7ffd1000 0x7ffd2000 0x18 0x0 0x0 0x7ffd0000 0x7f00\n",
             SYS_openat2);
    parse(line, &place, &address);
    assert_int_equal(place, LAZ_INTENT_IN_MEMORY);
    assert_true(address == 0x7ffd2000);
    snprintf(line, sizeof line, "%d 0x7ffd1000 0x7ffd2000 0x7ffd3000 0x0 0x0 0x0 0x0 0x0\n",
             SYS_execve);
    intent = parse(line, &place, &address);
    assert_false(intent.writes);
}

static void what_cannot_be_told_counts_as_writing(void **state)
{
    static const char *const lines[] = {
        "",
        "running",
        "-1 0x7ffd 0x7f00",
        "257",
        "257 0xffffff9c",
        "257 0xffffff9c 0x1 0x 0x0 0x0 0x0 0x0 0x0",
        "257 0xffffff9c 0x1 0xzz 0x0 0x0 0x0 0x0 0x0",
        "99999999999999999999 0x0 0x0 0x0 0x0 0x0 0x0 0x0 0x0",
        "426 0x3 0x1 0x0 0x0 0x0 0x0 0x0 0x0", /* io_uring_enter */
        "5 0x1 0x0 0x0 0x0 0x0 0x0 0x0 0x0",   /* open of 32-bit programs; fstat here */
    };

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        enum laz_intent_place place;
        uint64_t address;
        struct laz_intent intent = parse(lines[i], &place, &address);

        assert_int_equal(place, LAZ_INTENT_KNOWN);
        assert_true(intent.reads && intent.writes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_say_what_an_open_is_for),
        cmocka_unit_test(the_calls_that_open_are_understood),
        cmocka_unit_test(what_cannot_be_told_counts_as_writing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
