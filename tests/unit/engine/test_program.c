#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
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

/* Programs of conditions, written with the names of their operations. */
struct condition {
    uint8_t bytes[48];
    size_t len;
    bool ok;
};
#define CODE(ok, ...)                                                                              \
    {                                                                                              \
        {__VA_ARGS__}, sizeof((uint8_t[]){__VA_ARGS__}), ok                                        \
    }
#define OP(name) LAZ_CONDITION_##name
#define U16(n)   (n) & 0xff, (n) >> 8
#define U32(n)   (n) & 0xff, (n) >> 8 & 0xff, 0, 0

/* Of rule 1, with two patterns, an external and eight bytes of text. */
static const struct laz_condition_bounds bounds = {
    .pattern_count = 2,
    .rule_index = 1,
    .external_count = 1,
    .text_len = 8,
};

static void check_programs(const struct condition *programs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (laz_condition_code_check(laz_view_from(programs[i].bytes, programs[i].len), &bounds) !=
            programs[i].ok)
            fail_msg("program %zu", i);
}

static void a_condition_that_leaves_its_stack_is_refused(void **state)
{
    static const struct condition programs[] = {
        CODE(false, OP(RETURN)), /* nothing to return */
        CODE(true, OP(FILESIZE), OP(RETURN)),
        CODE(false, OP(FILESIZE), OP(FILESIZE), OP(RETURN)), /* two values */
        CODE(false, OP(FILESIZE)),                           /* no end */
        CODE(false, OP(FILESIZE), OP(RETURN), OP(FILESIZE), OP(RETURN)),
        CODE(true, OP(FOUND), U16(1), OP(RETURN)),
        CODE(false, OP(FOUND), U16(2), OP(RETURN)), /* pattern 2 of two */
        CODE(false, OP(FOUND), 1),                  /* cut short */
        CODE(true, OP(RULE), U32(0), OP(RETURN)),
        CODE(false, OP(RULE), U32(1), OP(RETURN)), /* a rule asks itself */
        CODE(true, OP(FILESIZE), OP(READ), 1, OP(RETURN)),
        CODE(false, OP(FILESIZE), OP(READ), 3, OP(RETURN)), /* three bytes */
        CODE(true, OP(TEXT), U32(3), U32(5), OP(RETURN)),
        CODE(false, OP(TEXT), U32(4), U32(5), OP(RETURN)), /* past the texts */
        CODE(false, OP(TEXT), U32(9), U32(0), OP(RETURN)),
        CODE(true, OP(EXTERNAL), U16(0), OP(RETURN)),
        CODE(false, OP(EXTERNAL), U16(1), OP(RETURN)),
        CODE(false, OP(REGEX), U32(0), U32(4), OP(RETURN)), /* there is no code for it */
        CODE(false, OP(AND), OP(RETURN)),                   /* nothing to join */
        CODE(false, OP(OPS), OP(RETURN)),
        CODE(false, 0xff, OP(RETURN)),
        CODE(false, OP(LOAD), 0, OP(RETURN)), /* outside of a loop */
        CODE(false, OP(FOUND), U16(0xffff), OP(RETURN)),
        CODE(false, OP(FIELD), 0xff, 0xff, 0xff, 0xff, OP(RETURN)), /* no such field */
        CODE(false, OP(NEXT), OP(RETURN)),
        CODE(false, OP(FILESIZE), OP(NEXT), OP(RETURN)),
        CODE(false, OP(FILESIZE), OP(ITEM), OP(RETURN)),
    };

    assert_false(laz_condition_code_check(laz_view_from("", 0), &bounds));
    check_programs(programs, sizeof programs / sizeof *programs);
}

static void a_jump_lands_where_the_stack_is_as_it_left_it(void **state)
{
    static const struct condition programs[] = {
        CODE(true, OP(FILESIZE), OP(JUMP_IF_FALSE), U32(8), OP(FILESIZE), OP(AND), OP(RETURN)),
        CODE(false, OP(FILESIZE), OP(JUMP_IF_FALSE), U32(7), OP(FILESIZE), OP(AND), OP(RETURN)),
        CODE(false, OP(FILESIZE), OP(JUMP_IF_FALSE), U32(2), OP(FILESIZE), OP(AND), OP(RETURN)),
        CODE(false, OP(FILESIZE), OP(JUMP_IF_FALSE), U32(9), OP(FILESIZE), OP(AND), OP(RETURN)),
        CODE(false, OP(FILESIZE), OP(JUMP_IF_FALSE), U32(0), OP(FILESIZE), OP(AND), OP(RETURN)),
    };

    check_programs(programs, sizeof programs / sizeof *programs);
}

static void a_set_names_what_the_rule_has(void **state)
{
    static const struct condition programs[] = {
        CODE(true, OP(OF), LAZ_QUANTITY_ANY, LAZ_OF_FOUND, U16(2), U16(0), U16(1), OP(RETURN)),
        CODE(false, OP(OF), LAZ_QUANTITY_ANY, LAZ_OF_FOUND, U16(2), U16(0), U16(2), OP(RETURN)),
        CODE(false, OP(OF), LAZ_QUANTITY_ANY, LAZ_OF_FOUND, U16(0), OP(RETURN)), /* empty */
        CODE(false, OP(OF), LAZ_QUANTITY_ANY, LAZ_OF_FOUND, U16(2), U16(0), OP(RETURN)),
        CODE(false, OP(OF), LAZ_QUANTITIES, LAZ_OF_FOUND, U16(1), U16(0), OP(RETURN)),
        CODE(false, OP(OF), LAZ_QUANTITY_ANY, LAZ_OF_WAYS, U16(1), U16(0), OP(RETURN)),
        CODE(false, OP(OF), LAZ_QUANTITY_SOME, LAZ_OF_FOUND, U16(1), U16(0), OP(RETURN)),
        CODE(true, OP(FILESIZE), OP(OF), LAZ_QUANTITY_SOME, LAZ_OF_FOUND, U16(1), U16(0),
             OP(RETURN)),
        CODE(false, OP(FILESIZE), OP(OF), LAZ_QUANTITY_ANY, LAZ_OF_IN, U16(1), U16(0), OP(RETURN)),
        CODE(true, OP(FILESIZE), OP(FILESIZE), OP(OF), LAZ_QUANTITY_ANY, LAZ_OF_IN, U16(1), U16(0),
             OP(RETURN)),
        CODE(true, OP(OF_RULES), LAZ_QUANTITY_ALL, U16(1), U32(0), OP(RETURN)),
        CODE(false, OP(OF_RULES), LAZ_QUANTITY_ALL, U16(1), U32(1), OP(RETURN)),
    };

    check_programs(programs, sizeof programs / sizeof *programs);
}

static void a_loop_ends_where_it_says_and_nothing_jumps_out_of_it(void **state)
{
    static const struct condition programs[] = {
        /* for any of (0): ($) */
        CODE(true, OP(LOOP_PATTERNS), LAZ_QUANTITY_ANY, U32(14), U16(1), U16(0), OP(FOUND),
             U16(0xffff), OP(NEXT), OP(RETURN)),
        CODE(false, OP(LOOP_PATTERNS), LAZ_QUANTITY_ANY, U32(13), U16(1), U16(0), OP(FOUND),
             U16(0xffff), OP(NEXT), OP(RETURN)), /* ends inside */
        CODE(false, OP(LOOP_PATTERNS), LAZ_QUANTITY_ANY, U32(15), U16(1), U16(0), OP(FOUND),
             U16(0xffff), OP(NEXT), OP(RETURN)), /* ends behind the end */
        CODE(false, OP(LOOP_PATTERNS), LAZ_QUANTITY_ANY, U32(11), U16(1), U16(0), OP(NEXT),
             OP(RETURN)), /* no body */
        CODE(false, OP(LOOP_PATTERNS), LAZ_QUANTITY_ANY, U32(14), U16(1), U16(0), OP(FOUND),
             U16(0xffff), OP(RETURN)), /* no end */
        /* for any i in (filesize..filesize): (i) */
        CODE(true, OP(FILESIZE), OP(FILESIZE), OP(LOOP_RANGE), LAZ_QUANTITY_ANY, 0, U32(12),
             OP(LOAD), 0, OP(NEXT), OP(RETURN)),
        CODE(false, OP(FILESIZE), OP(FILESIZE), OP(LOOP_RANGE), LAZ_QUANTITY_ANY, 0, U32(12),
             OP(LOAD), 1, OP(NEXT), OP(RETURN)), /* another's variable */
        CODE(false, OP(FILESIZE), OP(FILESIZE), OP(LOOP_RANGE), LAZ_QUANTITY_ANY,
             LAZ_CONDITION_SLOTS, U32(12), OP(FILESIZE), OP(FILESIZE), OP(NEXT), OP(RETURN)),
        CODE(false, OP(FILESIZE), OP(LOOP_RANGE), LAZ_QUANTITY_ANY, 0, U32(11), OP(LOAD), 0,
             OP(NEXT), OP(RETURN)), /* no last */
        CODE(true, OP(FILESIZE), OP(LOOP_COUNT), LAZ_QUANTITY_ANY, 0, U32(11), OP(LOAD), 0,
             OP(NEXT), OP(RETURN)),
        /* a jump out of the body, past its end */
        CODE(false, OP(FILESIZE), OP(LOOP_COUNT), LAZ_QUANTITY_ANY, 0, U32(16), OP(LOAD), 0,
             OP(JUMP_IF_TRUE), U32(16), OP(NEXT), OP(RETURN)),
        CODE(true, OP(FILESIZE), OP(LOOP_COUNT), LAZ_QUANTITY_ANY, 0, U32(16), OP(LOAD), 0,
             OP(JUMP_IF_TRUE), U32(15), OP(NEXT), OP(RETURN)),
    };

    check_programs(programs, sizeof programs / sizeof *programs);
}

static void a_list_has_a_program_for_each_item(void **state)
{
    static const struct condition programs[] = {
        /* for any i in (filesize, filesize): (i), its items at 21 and 23, its body at 25 */
        CODE(true, OP(LOOP_LIST), LAZ_QUANTITY_ANY, 0, U32(28), U32(25), U16(2), U32(21), U32(23),
             OP(FILESIZE), OP(ITEM), OP(FILESIZE), OP(ITEM), OP(LOAD), 0, OP(NEXT), OP(RETURN)),
        CODE(false, OP(LOOP_LIST), LAZ_QUANTITY_ANY, 0, U32(28), U32(25), U16(2), U32(22), U32(23),
             OP(FILESIZE), OP(ITEM), OP(FILESIZE), OP(ITEM), OP(LOAD), 0, OP(NEXT), OP(RETURN)),
        CODE(false, OP(LOOP_LIST), LAZ_QUANTITY_ANY, 0, U32(28), U32(25), U16(2), U32(21), U32(22),
             OP(FILESIZE), OP(ITEM), OP(FILESIZE), OP(ITEM), OP(LOAD), 0, OP(NEXT), OP(RETURN)),
        CODE(false, OP(LOOP_LIST), LAZ_QUANTITY_ANY, 0, U32(28), U32(24), U16(2), U32(21), U32(23),
             OP(FILESIZE), OP(ITEM), OP(FILESIZE), OP(ITEM), OP(LOAD), 0, OP(NEXT), OP(RETURN)),
        CODE(false, OP(LOOP_LIST), LAZ_QUANTITY_ANY, 0, U32(26), U32(23), U16(2), U32(21), U32(23),
             OP(FILESIZE), OP(ITEM), OP(LOAD), 0, OP(NEXT), OP(RETURN)), /* one is missing */
        CODE(false, OP(LOOP_LIST), LAZ_QUANTITY_ANY, 0, U32(28), U32(25), U16(2), U32(21), U32(23),
             OP(FILESIZE), OP(ITEM), OP(LOAD), 0, OP(ITEM), OP(FILESIZE), OP(NEXT),
             OP(RETURN)), /* an item asks for the item */
    };

    check_programs(programs, sizeof programs / sizeof *programs);
}

static void loops_nest_only_so_deep(void **state)
{
    for (unsigned deep = LAZ_CONDITION_LOOPS_MAX; deep <= LAZ_CONDITION_LOOPS_MAX + 1; deep++) {
        uint8_t code[16 * (LAZ_CONDITION_LOOPS_MAX + 1) + 8];
        size_t len = 0, end = 8 * deep + 1 + deep;

        for (unsigned i = 0; i < deep; i++, end--) {
            const uint8_t head[] = {OP(FILESIZE),
                                    OP(LOOP_COUNT),
                                    LAZ_QUANTITY_ANY,
                                    0,
                                    (uint8_t)end,
                                    (uint8_t)(end >> 8),
                                    0,
                                    0};

            memcpy(code + len, head, sizeof head);
            len += sizeof head;
        }
        code[len++] = OP(FILESIZE);
        memset(code + len, OP(NEXT), deep);
        len += deep;
        code[len++] = OP(RETURN);
        assert_int_equal(laz_condition_code_check(laz_view_from(code, len), &bounds),
                         deep <= LAZ_CONDITION_LOOPS_MAX);
    }
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
        assert_int_equal(laz_condition_code_check(laz_view_from(code, len), &bounds),
                         high <= LAZ_CONDITION_STACK_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_verifier_that_leaves_itself_is_refused),
        cmocka_unit_test(a_condition_that_leaves_its_stack_is_refused),
        cmocka_unit_test(a_jump_lands_where_the_stack_is_as_it_left_it),
        cmocka_unit_test(a_set_names_what_the_rule_has),
        cmocka_unit_test(a_loop_ends_where_it_says_and_nothing_jumps_out_of_it),
        cmocka_unit_test(a_list_has_a_program_for_each_item),
        cmocka_unit_test(loops_nest_only_so_deep),
        cmocka_unit_test(a_stack_that_grows_too_high_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
