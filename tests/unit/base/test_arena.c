#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/number.h"
#include "torture.h"

static void memory_is_zero_aligned_and_apart(void **state)
{
    LAZ_OWNED(laz_arena_drop) struct laz_arena *a = laz_arena_new(MIB);
    uint8_t *before = NULL;

    assert_non_null(a);
    for (size_t size = 1; size < 400; size++) {
        uint8_t *p = laz_arena_get(a, size);

        assert_non_null(p);
        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xff, size);
        assert_ptr_not_equal(p, before);
        before = p;
    }
}

static void the_budget_ends_exactly(void **state)
{
    LAZ_OWNED(laz_arena_drop) struct laz_arena *a = laz_arena_new(64);

    assert_non_null(laz_arena_get(a, 48));
    assert_null(laz_arena_get(a, 17));
    assert_non_null(laz_arena_get(a, 16));
    assert_int_equal(laz_arena_used(a), 64);
    assert_null(laz_arena_get(a, 1));
    assert_non_null(laz_arena_get(a, 0));
    laz_arena_reset(a);
    assert_int_equal(laz_arena_used(a), 0);
    assert_non_null(laz_arena_get(a, 64));
}

static void sizes_that_wrap_are_refused(void **state)
{
    LAZ_OWNED(laz_arena_drop) struct laz_arena *a = laz_arena_new(SIZE_MAX);

    assert_null(laz_arena_get(a, SIZE_MAX));
    assert_null(laz_arena_get(a, SIZE_MAX - 15));
    assert_null(laz_arena_get_array(a, SIZE_MAX / 2 + 1, 2));
    assert_null(laz_arena_get_array(a, 2, SIZE_MAX));
    assert_null(laz_arena_copy(a, (struct laz_view){(const uint8_t *)"", SIZE_MAX}));
    assert_non_null(laz_arena_get_array(a, 0, SIZE_MAX));
    assert_non_null(laz_arena_get_array(a, 3, 5));
}

static void pieces_larger_than_a_block_fit(void **state)
{
    LAZ_OWNED(laz_arena_drop) struct laz_arena *a = laz_arena_new(MIB);
    uint8_t *small, *large, *again;

    small = laz_arena_get(a, 10);
    large = laz_arena_get(a, 100 * KIB);
    assert_non_null(small);
    assert_non_null(large);
    memset(large, 1, 100 * KIB);
    assert_int_equal(small[0], 0);
    laz_arena_reset(a);
    again = laz_arena_get(a, 100 * KIB);
    assert_ptr_equal(again, large); /* the newest block is kept */
    assert_int_equal(again[100 * KIB - 1], 0);
}

static void a_copy_ends_with_nul(void **state)
{
    LAZ_OWNED(laz_arena_drop) struct laz_arena *a = laz_arena_new(KIB);
    char *copy = laz_arena_copy(a, laz_view_from("abcdef", 3));

    assert_string_equal(copy, "abc");
    assert_string_equal(laz_arena_copy(a, (struct laz_view){NULL, 0}), "");
}

static void none_is_accepted_where_one_ends(void **state)
{
    struct laz_arena *none = NULL;

    laz_arena_free(NULL);
    laz_arena_drop(&none);
    assert_null(none);
}

static void no_memory_gives_null(void **state)
{
    unsigned refused = 0;

    TORTURE({
        struct laz_arena *a = laz_arena_new(MIB);

        if (a == NULL || laz_arena_get(a, 10) == NULL || laz_arena_get(a, 20 * KIB) == NULL)
            refused++;
        else
            assert_int_equal(laz_arena_used(a), 16 + 20 * KIB);
        laz_arena_drop(&a);
    });
    assert_int_equal(refused, 6);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zero_aligned_and_apart),
        cmocka_unit_test(the_budget_ends_exactly),
        cmocka_unit_test(sizes_that_wrap_are_refused),
        cmocka_unit_test(pieces_larger_than_a_block_fit),
        cmocka_unit_test(a_copy_ends_with_nul),
        cmocka_unit_test(none_is_accepted_where_one_ends),
        cmocka_unit_test(no_memory_gives_null),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
