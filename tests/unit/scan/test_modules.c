/* What modules learn from a file when memory runs out on the way. CORPUS names the fuzz corpora. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "scan/modules.h"
#include "sign/digest.h"
#include "sys/fd.h"
#include "torture.h"

#define FILE_MAX (1 << 20)
#define OUT_MAX  ((size_t)1 << 20)

static void read_file(const char *name, struct laz_buf *out)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%s", CORPUS, name);
    laz_buf_init(out, FILE_MAX);
    assert_int_equal(laz_read_file(path, out, NULL), LAZ_OK);
}

/* A function without arguments; false: undefined, or no memory. */
static bool ask(struct laz_modules *m, const char *path, const struct laz_value *args,
                struct laz_value *out)
{
    struct laz_view name = laz_view_of(path);
    enum laz_module module = laz_module_find(laz_view_first(name, laz_view_find_byte(name, '.')));
    uint32_t number;

    assert_int_not_equal(module, LAZ_MODULE_NONE);
    assert_true(laz_field_find(module, name, 0, &number));
    return laz_modules_field(m, number, args, out);
}

static const struct {
    const char *file, *path, *known; /* known: what it is when there is memory */
} cases[] = {
    {"fuzz_elf/64-little-executable", "elf.import_md5()", "a2ad7b12045af3c3b2175f26825b9e2d"},
    {"fuzz_macho/fat", "macho.file[].segments[].segname", "__TEXT"},
    {"fuzz_dex/plain", "dex.method[].name", "main"},
};

static void without_memory_there_is_no_answer_and_never_a_wrong_one(void **state)
{
    struct laz_value args[2] = {laz_value_number(0), laz_value_number(0)};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct laz_buf file;

        read_file(cases[i].file, &file);
        if (strcmp(cases[i].path, "dex.method[].name") == 0)
            args[0] = laz_value_number(1);
        TORTURE({
            struct laz_modules_input input = {.bytes = laz_buf_view(&file)};
            struct laz_modules *m = NULL;
            struct laz_value value;

            if (laz_modules_new(&m) == LAZ_OK) {
                laz_modules_start(m, &input);
                if (ask(m, cases[i].path, args, &value))
                    assert_true(laz_view_equal_text(value.text, cases[i].known));
            }
            laz_modules_free(m);
        });
        laz_buf_clear(&file);
    }
}

static void with_memory_there_is_the_answer(void **state)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct laz_value args[2] = {laz_value_number(i == 2), laz_value_number(0)}, value;
        struct laz_modules_input input = {.bytes = {NULL, 0}};
        struct laz_modules *m = NULL;
        struct laz_buf file;

        read_file(cases[i].file, &file);
        input.bytes = laz_buf_view(&file);
        assert_int_equal(laz_modules_new(&m), LAZ_OK);
        laz_modules_start(m, &input);
        assert_true(ask(m, cases[i].path, args, &value));
        assert_true(laz_view_equal_text(value.text, cases[i].known));
        laz_modules_free(m);
        laz_buf_clear(&file);
    }
}

static void nothing_is_left_of_the_object_before(void **state)
{
    struct laz_value args[2] = {laz_value_number(0), laz_value_number(0)}, value;
    struct laz_modules_input input = {.bytes = {NULL, 0}};
    struct laz_modules *m = NULL;
    struct laz_buf file;

    read_file(cases[0].file, &file);
    input.bytes = laz_buf_view(&file);
    assert_int_equal(laz_modules_new(&m), LAZ_OK);
    laz_modules_start(m, &input);
    assert_true(ask(m, "elf.type", args, &value));
    input.bytes = laz_view_of("no program");
    laz_modules_start(m, &input);
    assert_false(ask(m, "elf.type", args, &value));
    laz_modules_free(m);
    laz_buf_clear(&file);
}

static void what_has_no_answer_gives_none(void **state)
{
    struct laz_value args[2] = {laz_value_undefined(), laz_value_number(1)}, value;
    struct laz_modules_input input = {.bytes = laz_view_of("text")};
    struct laz_modules *m = NULL;

    assert_int_equal(laz_modules_new(&m), LAZ_OK);
    laz_modules_start(m, &input);
    assert_false(ask(m, "hash.md5()", args, &value));
    args[0] = laz_value_number(0);
    assert_true(ask(m, "hash.md5()", args, &value));
    assert_false(laz_modules_field(m, UINT32_MAX, args, &value));
    laz_modules_free(m);
}

/* Each of these asks for another part, so that nothing that is kept helps. */
static void reading_an_object_again_and_again_ends(void **state)
{
    enum { LEN = 16 << 20, ROUNDS_MAX = 200 };
    uint8_t *bytes = calloc(LEN, 1);
    struct laz_modules_input input = {.bytes = laz_view_from(bytes, LEN)};
    struct laz_value args[2] = {laz_value_number(0), laz_value_number(LEN)}, value;
    struct laz_modules *m = NULL;
    unsigned rounds = 0;

    assert_non_null(bytes);
    assert_int_equal(laz_modules_new(&m), LAZ_OK);
    laz_modules_start(m, &input);
    while (rounds < ROUNDS_MAX && ask(m, "hash.checksum32()", args, &value))
        args[0] = laz_value_number(++rounds);
    assert_in_range(rounds, 8, ROUNDS_MAX - 1);
    assert_true(*laz_modules_cut(m));
    laz_modules_start(m, &input);
    assert_false(*laz_modules_cut(m));
    assert_true(ask(m, "hash.checksum32()", args, &value));
    laz_modules_free(m);
    free(bytes);
}

static void keep_line(void *context, struct laz_view line)
{
    struct laz_buf *out = context;

    assert_int_equal(laz_buf_add(out, line), LAZ_OK);
    assert_int_equal(laz_buf_add_text(out, "\n"), LAZ_OK);
}

static void the_console_says_lines(void **state)
{
    struct laz_modules_input input = {.bytes = laz_view_of("x"), .say = keep_line};
    struct laz_value args[2] = {laz_value_text(laz_view_of("a: ")), laz_value_number(-1)}, value;
    struct laz_modules *m = NULL;
    struct laz_buf out;
    uint32_t number = 0;

    laz_buf_init(&out, OUT_MAX);
    input.context = &out;
    assert_int_equal(laz_modules_new(&m), LAZ_OK);
    laz_modules_start(m, &input);
    for (uint32_t from = 0;
         laz_field_find(LAZ_MODULE_CONSOLE, laz_view_of("console.log()"), from, &number);
         from = number + 1)
        if (strcmp(laz_field_get(number)->args, "si") == 0)
            assert_true(laz_modules_field(m, number, args, &value) && value.n == 1);
    for (uint32_t from = 0;
         laz_field_find(LAZ_MODULE_CONSOLE, laz_view_of("console.hex()"), from, &number);
         from = number + 1)
        if (strcmp(laz_field_get(number)->args, "si") == 0)
            assert_true(laz_modules_field(m, number, args, &value) && value.n == 1);
    assert_string_equal(laz_buf_text(&out), "a: -1\na: 0xffffffffffffffff\n");
    laz_modules_free(m);
    laz_buf_clear(&out);
}

static void the_table_of_file_types_is_the_systems(void **state)
{
    struct laz_modules_input input = {.bytes = laz_view_of("%PDF-1.4\n")};
    struct laz_modules *m = NULL;
    struct laz_value value;

    assert_int_equal(laz_modules_new(&m), LAZ_OK);
    assert_int_equal(laz_modules_load_magic(m, NULL), LAZ_OK);
    assert_int_equal(laz_modules_load_magic(m, NULL), LAZ_OK);
    for (size_t i = 0; i < 2; i++) {
        laz_modules_start(m, &input);
        assert_true(ask(m, "magic.mime_type()", NULL, &value));
        assert_true(laz_view_equal_text(value.text, "application/pdf"));
        assert_true(ask(m, "magic.type()", NULL, &value));
        assert_true(laz_view_starts(value.text, laz_view_of("PDF document")));
    }
    laz_modules_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_memory_there_is_the_answer),
        cmocka_unit_test(without_memory_there_is_no_answer_and_never_a_wrong_one),
        cmocka_unit_test(nothing_is_left_of_the_object_before),
        cmocka_unit_test(what_has_no_answer_gives_none),
        cmocka_unit_test(reading_an_object_again_and_again_ends),
        cmocka_unit_test(the_console_says_lines),
        cmocka_unit_test(the_table_of_file_types_is_the_systems),
    };

    laz_digest_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
