#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "scan/change.h"
#include "sys/clock.h"

#define SIZE ((size_t)100000)

static uint8_t text[SIZE], noise[SIZE];

static void fill(void)
{
    static const char words[] = "the patient was seen on the ward and left in good health; ";
    uint32_t n = 1;

    for (size_t i = 0; i < SIZE; i++) {
        n = n * 1664525u + 1013904223u;
        text[i] = (uint8_t)words[(i + (n >> 30)) % (sizeof words - 1)];
        noise[i] = (uint8_t)(n >> 24);
    }
}

static struct laz_view all(const uint8_t *bytes)
{
    return laz_view_from(bytes, SIZE);
}

static bool starts_with_t(struct laz_view content, char type[LAZ_CHANGE_TYPE_SIZE])
{
    bool known = content.len > 0 && content.data[0] == text[0];

    memcpy(type, known ? "t" : "data", known ? 2 : 5);
    return known;
}

static void encryption_is_measured(void **state)
{
    struct laz_change c;

    (void)state;
    laz_change_measure(all(text), all(noise), starts_with_t, &c);
    assert_true(c.old_entropy < 5 && c.new_entropy > 7.9 && c.new_entropy_max > 7.9);
    assert_true(c.new_chi2 > 150 && c.new_chi2 < 350);
    assert_true(c.encrypted_share > 0.9);
    assert_true(c.similarity < 0.02);
    assert_true(c.old_known_type && !c.new_known_type && !c.header_only);
    assert_string_equal(c.old_type, "t");
    assert_string_equal(c.new_type, "data");
}

static void the_same_is_the_same(void **state)
{
    struct laz_change c;

    (void)state;
    laz_change_measure(all(text), all(text), NULL, &c);
    assert_true(c.similarity == 1.0 && c.encrypted_share == 0.0);
    assert_false(c.header_only || c.old_known_type);
    assert_string_equal(c.old_type, "");
}

static void nothing_and_little_are_no_trouble(void **state)
{
    static const size_t lens[] = {0, 1, 15, 16, 255, 256, 4095, 4096, 4097};
    struct laz_change c;

    (void)state;
    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
        for (size_t k = 0; k < sizeof lens / sizeof *lens; k++) {
            laz_change_measure(laz_view_from(text, lens[i]), laz_view_from(noise, lens[k]),
                               starts_with_t, &c);
            assert_int_equal(c.old_size, lens[i]);
            assert_int_equal(c.new_size, lens[k]);
            assert_true(c.new_entropy >= 0 && c.new_entropy <= 8);
            assert_true(c.similarity >= 0 && c.similarity <= 1);
            assert_true(c.encrypted_share >= 0 && c.encrypted_share <= 1);
        }
    }
}

static void an_insertion_keeps_the_content_similar(void **state)
{
    uint8_t *changed = malloc(SIZE + 7);
    struct laz_change c;

    (void)state;
    assert_non_null(changed);
    memcpy(changed, text, 50);
    memcpy(changed + 50, "so sad!", 7);
    memcpy(changed + 57, text + 50, SIZE - 50);
    laz_change_measure(all(text), laz_view_from(changed, SIZE + 7), NULL, &c);
    assert_true(c.similarity > 0.8);
    free(changed);
}

static void a_destroyed_header_is_seen(void **state)
{
    uint8_t *changed = malloc(SIZE);
    struct laz_change c;

    (void)state;
    assert_non_null(changed);
    memcpy(changed, text, SIZE);
    memcpy(changed, noise, 512);
    laz_change_measure(all(text), all(changed), starts_with_t, &c);
    assert_true(c.header_only);
    changed[50000] ^= 1; /* and something else */
    laz_change_measure(all(text), all(changed), starts_with_t, &c);
    assert_false(c.header_only);
    free(changed);
}

static void stripes_are_seen(void **state)
{
    uint8_t *changed = malloc(SIZE);
    struct laz_change c;

    (void)state;
    assert_non_null(changed);
    memcpy(changed, text, SIZE);
    for (size_t at = 4096; at + 4096 < SIZE; at += (size_t)8 * 4096)
        memcpy(changed + at, noise + at, 4096);
    laz_change_measure(all(text), all(changed), starts_with_t, &c);
    assert_true(c.new_entropy < 7 && c.new_entropy_max > 7.9);
    assert_true(c.encrypted_share > 0.05 && c.encrypted_share < 0.2);
    assert_true(c.similarity > 0.7);
    free(changed);
}

/* However large the contents are, only samples are looked at. */
static void the_cost_is_bounded(void **state)
{
    size_t len = (size_t)(256 * MIB);
    uint8_t *large = calloc(1, len), *other = calloc(1, len);
    int64_t start = laz_monotonic_ms();
    struct laz_change c;

    (void)state;
    assert_non_null(large);
    assert_non_null(other);
    other[len - 1] = 1; /* so that they are not equal, which only the end says */
    laz_change_measure(laz_view_from(large, len), laz_view_from(other, len), NULL, &c);
    assert_true(laz_monotonic_ms() - start < 1000);
    assert_true(c.similarity > 0.9);
    free(large);
    free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encryption_is_measured),
        cmocka_unit_test(the_same_is_the_same),
        cmocka_unit_test(nothing_and_little_are_no_trouble),
        cmocka_unit_test(an_insertion_keeps_the_content_similar),
        cmocka_unit_test(a_destroyed_header_is_seen),
        cmocka_unit_test(stripes_are_seen),
        cmocka_unit_test(the_cost_is_bounded),
    };

    fill();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
