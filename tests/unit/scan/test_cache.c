#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "box/cache.h"

static const struct laz_cache_key file = {1, 2, 3, 4, 5, 6, 7};

static void a_verdict_is_found_again(void **state)
{
    struct laz_cache *c = laz_cache_new(64);
    enum laz_verdict_kind kind;

    assert_false(laz_cache_find(c, &file, &kind));
    laz_cache_put(c, &file, LAZ_MALICIOUS);
    assert_true(laz_cache_find(c, &file, &kind));
    assert_int_equal(kind, LAZ_MALICIOUS);
    laz_cache_clear(c);
    assert_false(laz_cache_find(c, &file, &kind));
    laz_cache_free(c);
}

static void any_change_makes_it_another_file(void **state)
{
    struct laz_cache *c = laz_cache_new(64);
    enum laz_verdict_kind kind;
    struct laz_cache_key changed[7] = {file, file, file, file, file, file, file};

    changed[0].device++;
    changed[1].inode++;
    changed[2].size++;
    changed[3].mtime_ns++;
    changed[4].ctime_ns++;
    changed[5].database++;
    changed[6].name++; /* rules may ask for it */
    laz_cache_put(c, &file, LAZ_CLEAN);
    for (size_t i = 0; i < 7; i++)
        assert_false(laz_cache_find(c, &changed[i], &kind));
    laz_cache_free(c);
}

static void a_new_state_replaces_the_old_one(void **state)
{
    struct laz_cache *c = laz_cache_new(8);
    struct laz_cache_key newer = file;
    enum laz_verdict_kind kind;

    newer.ctime_ns++;
    laz_cache_put(c, &file, LAZ_CLEAN);
    laz_cache_put(c, &newer, LAZ_MALICIOUS);
    assert_false(laz_cache_find(c, &file, &kind));
    assert_true(laz_cache_find(c, &newer, &kind));
    laz_cache_free(c);
}

static void memory_is_fixed_and_the_oldest_is_forgotten(void **state)
{
    struct laz_cache *c = laz_cache_new(8); /* one set */
    struct laz_cache_key key = file;
    enum laz_verdict_kind kind;

    for (uint64_t i = 0; i < 8; i++) {
        key.inode = i;
        laz_cache_put(c, &key, LAZ_CLEAN);
    }
    key.inode = 0;
    assert_true(laz_cache_find(c, &key, &kind)); /* used again: now the youngest */
    key.inode = 100;
    laz_cache_put(c, &key, LAZ_CLEAN);
    key.inode = 0;
    assert_true(laz_cache_find(c, &key, &kind));
    key.inode = 1;
    assert_false(laz_cache_find(c, &key, &kind));
    laz_cache_free(c);
}

static void a_write_changes_the_key(void **state)
{
    FILE *f = tmpfile();
    struct laz_cache_key before, after;

    assert_non_null(f);
    assert_true(laz_cache_key_of(fileno(f), 1, &before));
    assert_int_equal(write(fileno(f), "x", 1), 1);
    assert_true(laz_cache_key_of(fileno(f), 1, &after));
    assert_int_not_equal(before.size, after.size);
    assert_false(laz_cache_key_of(fileno(f), 0, &after)); /* no database, nothing to remember */
    assert_false(laz_cache_key_of(-1, 1, &after));
    fclose(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_verdict_is_found_again),
        cmocka_unit_test(any_change_makes_it_another_file),
        cmocka_unit_test(a_new_state_replaces_the_old_one),
        cmocka_unit_test(memory_is_fixed_and_the_oldest_is_forgotten),
        cmocka_unit_test(a_write_changes_the_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
