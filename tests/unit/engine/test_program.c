#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "match/program.h"

struct program {
    const char *bytes;
    size_t len;
    bool ok;
};
#define PROGRAM(text, ok)                                                                          \
    {                                                                                              \
        text, sizeof text - 1, ok                                                                  \
    }

static void a_verifier_that_leaves_itself_is_refused(void **state)
{
    static const struct program programs[] = {
        PROGRAM("\0", true),
        PROGRAM("", false),
        PROGRAM("\1\1A\0", true),
        PROGRAM("\1\1A", false),  /* no end */
        PROGRAM("\1\2A", false),  /* bytes run out */
        PROGRAM("\1\0\0", false), /* no bytes */
        PROGRAM("\0\0", false),   /* the end in the middle */
        PROGRAM("\x0a\0", false), /* no such operation */
        PROGRAM("\5\2\1AB\0", true),
        PROGRAM("\5\2\2AB\0", false),
        PROGRAM("\7\0\0\0\0\0\0\1\0\0\0\0", true),
        PROGRAM("\7\1\0\0\0\0\0\1\0\0\0\0", false), /* gap 1 of one gap */
        PROGRAM("\7\0\0\2\0\0\0\1\0\0\0\0", false), /* ends before it starts */
        PROGRAM("\x8\7\0\0\0\1\1A\0", false),       /* into an operation */
        PROGRAM("\x8\5\0\0\0\1\1A\0", true),
        PROGRAM("\x8\0\0\0\0\1\1A\0", false), /* backwards */
        PROGRAM("\x9\5\0\0\0\0", true),
        PROGRAM("\x9\6\0\0\0\0", false), /* past the end */
    };

    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        assert_int_equal(
            laz_verify_code_check(laz_view_from(programs[i].bytes, programs[i].len), 1),
            programs[i].ok);
}

static void a_condition_that_leaves_its_stack_is_refused(void **state)
{
    static const struct program programs[] = {
        PROGRAM("", false),
        PROGRAM("\0", false),                      /* nothing to return */
        PROGRAM("\2\0", true),                     /* filesize */
        PROGRAM("\2\2\0", false),                  /* two values */
        PROGRAM("\2", false),                      /* no end */
        PROGRAM("\2\0\2\0", false),                /* the end in the middle */
        PROGRAM("\3\0\0\0", true),                 /* pattern 0 */
        PROGRAM("\3\1\0\0", false),                /* pattern 1 of one */
        PROGRAM("\x0a\0\0\0\0\0", true),           /* rule 0 asked by rule 1 */
        PROGRAM("\x0a\1\0\0\0\0", false),          /* a rule asks itself */
        PROGRAM("\2\x0b\1\0", true),               /* uint8(filesize) */
        PROGRAM("\2\x0b\3\0", false),              /* three bytes */
        PROGRAM("\2\x0c\x8\0\0\0\2\x0e\0", true),  /* a and b */
        PROGRAM("\2\x0c\7\0\0\0\2\x0e\0", false),  /* lands with too many values */
        PROGRAM("\2\x0c\2\0\0\0\2\x0e\0", false),  /* into itself */
        PROGRAM("\2\x0c\x9\0\0\0\2\x0e\0", false), /* past the end */
        PROGRAM("\x0e\0", false),                  /* nothing to join */
        PROGRAM("\x7f\0", false),
    };

    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        if (laz_condition_code_check(laz_view_from(programs[i].bytes, programs[i].len), 1, 1) !=
            programs[i].ok)
            fail_msg("program %zu", i);
}

static void a_stack_that_grows_too_high_is_refused(void **state)
{
    uint8_t code[2 * LAZ_CONDITION_STACK_MAX + 4];
    size_t len = 0;

    for (unsigned high = LAZ_CONDITION_STACK_MAX; high <= LAZ_CONDITION_STACK_MAX + 1; high++) {
        len = 0;
        for (unsigned i = 0; i < high; i++)
            code[len++] = LAZ_CONDITION_FILESIZE;
        for (unsigned i = 1; i < high; i++)
            code[len++] = LAZ_CONDITION_ADD;
        code[len++] = LAZ_CONDITION_RETURN;
        assert_int_equal(laz_condition_code_check(laz_view_from(code, len), 0, 0),
                         high <= LAZ_CONDITION_STACK_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_verifier_that_leaves_itself_is_refused),
        cmocka_unit_test(a_condition_that_leaves_its_stack_is_refused),
        cmocka_unit_test(a_stack_that_grows_too_high_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
