#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "torture.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void it_grows_up_to_its_largest_size_and_not_past_it(void **state)
{
    static const size_t sizes[] = {0, 1, 63, 64, 65, 127, 128, 1000};

    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct laz_buf b;

        laz_buf_init(&b, sizes[i]);
        for (size_t k = 0; k < sizes[i]; k++)
            assert_int_equal(laz_buf_add_u8(&b, (uint8_t)('a' + k % 26)), LAZ_OK);
        assert_int_equal(laz_buf_failed(&b), LAZ_OK);
        assert_int_equal(laz_buf_add_u8(&b, '!'), LAZ_LIMIT);
        assert_int_equal(laz_buf_failed(&b), LAZ_LIMIT);
        assert_int_equal(b.len, sizes[i]);
        assert_int_equal(strlen(laz_buf_text(&b)), sizes[i]);
        laz_buf_clear(&b);
    }
}

static void a_refused_addition_leaves_what_was_there(void **state)
{
    struct laz_buf b;
    uint8_t *room = NULL;

    laz_buf_init(&b, 8);
    assert_int_equal(laz_buf_add_text(&b, "12345"), LAZ_OK);
    assert_int_equal(laz_buf_add_text(&b, "6789"), LAZ_LIMIT);
    assert_int_equal(laz_buf_addf(&b, "%d", 6789), LAZ_LIMIT);
    assert_int_equal(laz_buf_add_u32le(&b, 1), LAZ_LIMIT);
    assert_int_equal(laz_buf_extend(&b, SIZE_MAX, &room), LAZ_LIMIT);
    assert_int_equal(laz_buf_extend(&b, SIZE_MAX - 5, &room), LAZ_LIMIT);
    assert_null(room);
    assert_string_equal(laz_buf_text(&b), "12345");
    assert_int_equal(laz_buf_add_text(&b, "678"), LAZ_OK); /* what fits is still taken */
    assert_int_equal(laz_buf_failed(&b), LAZ_LIMIT);       /* and the refusal still told */
    assert_null(laz_buf_take_text(&b));
    laz_buf_reset(&b);
    assert_int_equal(laz_buf_failed(&b), LAZ_OK);
    assert_string_equal(laz_buf_text(&b), "");
    laz_buf_clear(&b);
}

static void numbers_are_little_endian(void **state)
{
    static const uint8_t want[] = {0x01, 0x23, 0x01, 0x67, 0x45, 0x23, 0x01, 0xef,
                                   0xcd, 0xab, 0x89, 0x67, 0x45, 0x23, 0x01};
    struct laz_buf b;

    laz_buf_init(&b, 100);
    laz_ignore(laz_buf_add_u8(&b, 0x01)); /* b remembers a refusal */
    laz_ignore(laz_buf_add_u16le(&b, 0x0123));
    laz_ignore(laz_buf_add_u32le(&b, 0x01234567));
    laz_ignore(laz_buf_add_u64le(&b, 0x0123456789abcdef));
    assert_int_equal(laz_buf_failed(&b), LAZ_OK);
    assert_int_equal(b.len, sizeof want);
    assert_memory_equal(b.data, want, sizeof want);
    laz_buf_clear(&b);
}

static void what_is_extended_is_zero(void **state)
{
    struct laz_buf b;
    uint8_t *room;

    laz_buf_init(&b, 200);
    assert_int_equal(laz_buf_add_text(&b, "................................"), LAZ_OK);
    laz_buf_reset(&b);
    assert_int_equal(laz_buf_extend(&b, 100, &room), LAZ_OK);
    assert_ptr_equal(room, b.data);
    for (size_t i = 0; i <= 100; i++)
        assert_int_equal(b.data[i], 0);
    assert_int_equal(laz_buf_extend(&b, 0, &room), LAZ_OK);
    assert_int_equal(b.len, 100);
    laz_buf_clear(&b);
}

static void formatted_text_fits_to_the_byte(void **state)
{
    struct laz_buf b;

    laz_buf_init(&b, 10);
    assert_int_equal(laz_buf_addf(&b, "%s-%03d", "abcde", 7), LAZ_OK);
    assert_string_equal(laz_buf_text(&b), "abcde-007");
    assert_int_equal(laz_buf_addf(&b, "%s", ""), LAZ_OK);
    assert_int_equal(laz_buf_addf(&b, "%c", '!'), LAZ_OK);
    assert_int_equal(laz_buf_addf(&b, "%c", '!'), LAZ_LIMIT);
    assert_string_equal(laz_buf_text(&b), "abcde-007!");
    laz_buf_clear(&b);
}

static void taken_text_belongs_to_the_caller(void **state)
{
    struct laz_buf b;
    char *text;

    laz_buf_init(&b, 10);
    text = laz_buf_take_text(&b);
    assert_string_equal(text, "");
    free(text);
    assert_int_equal(laz_buf_add_text(&b, "mine"), LAZ_OK);
    text = laz_buf_take_text(&b);
    assert_string_equal(text, "mine");
    assert_int_equal(b.len, 0);
    assert_null(b.data);
    assert_int_equal(b.max, 10);
    free(text);
}

static void a_cleared_one_is_as_new(void **state)
{
    struct laz_buf b;

    laz_buf_init(&b, 4);
    assert_int_equal(laz_buf_add_text(&b, "12345"), LAZ_LIMIT);
    laz_buf_clear(&b);
    assert_int_equal(laz_buf_failed(&b), LAZ_OK);
    assert_int_equal(laz_buf_add_text(&b, "1234"), LAZ_OK);
    laz_buf_drop(&b);
    laz_buf_drop(&b);
    assert_null(b.data);
}

static void no_memory_is_told_and_loses_nothing(void **state)
{
    unsigned refused = 0, filled = 0;

    TORTURE({
        struct laz_buf b;
        char *text;

        laz_buf_init(&b, 1000);
        for (unsigned i = 0; i < 100; i++)
            if (laz_buf_addf(&b, "%u,", i) != LAZ_OK)
                break;
        if (laz_buf_failed(&b) == LAZ_OK) {
            assert_int_equal(b.len, 290);
            filled++;
        } else {
            assert_int_equal(laz_buf_failed(&b), LAZ_NOMEM);
            assert_true(b.len == 0 || b.data[b.len - 1] == ',');
            refused++;
        }
        text = laz_buf_take_text(&b);
        free(text);
        laz_buf_clear(&b);
    });
    assert_true(refused >= 6); /* 64, 128, 256, 512, each failing alone and with all after it */
    assert_int_equal(filled, 2);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_grows_up_to_its_largest_size_and_not_past_it),
        cmocka_unit_test(a_refused_addition_leaves_what_was_there),
        cmocka_unit_test(numbers_are_little_endian),
        cmocka_unit_test(what_is_extended_is_zero),
        cmocka_unit_test(formatted_text_fits_to_the_byte),
        cmocka_unit_test(taken_text_belongs_to_the_caller),
        cmocka_unit_test(a_cleared_one_is_as_new),
        cmocka_unit_test(no_memory_is_told_and_loses_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
