#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/view.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const uint8_t four[4] = {1, 2, 3, 4};

static void offsets_from_the_file_cannot_escape(void **state)
{
    static const struct {
        uint64_t offset, len;
        bool ok;
    } cases[] = {
        {0, 0, true},           {0, 4, true},           {4, 0, true},
        {3, 1, true},           {0, 5, false},          {2, 3, false},
        {4, 1, false},          {5, 0, false},          {UINT64_MAX, 0, false},
        {UINT64_MAX, 2, false}, {2, UINT64_MAX, false}, {UINT64_MAX, UINT64_MAX, false},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct laz_view whole = laz_view_from(four, sizeof four);
        struct laz_view part = {NULL, 99};

        assert_int_equal(laz_view_at(whole, cases[i].offset, cases[i].len, &part), cases[i].ok);
        if (cases[i].ok) {
            assert_ptr_equal(part.data, four + cases[i].offset);
            assert_int_equal(part.len, cases[i].len);
        } else {
            assert_null(part.data);
            assert_int_equal(part.len, 99);
        }
    }
}

static void an_empty_view_needs_no_bytes(void **state)
{
    struct laz_view empty = {NULL, 0}, part = {four, 4};
    uint8_t n;

    assert_true(laz_view_at(empty, 0, 0, &part));
    assert_int_equal(part.len, 0);
    assert_false(laz_view_at(empty, 0, 1, &part));
    assert_false(laz_view_at(empty, 1, 0, &part));
    assert_false(laz_take_u8(&empty, &n));
    assert_true(laz_skip(&empty, 0));
    assert_true(laz_take_bytes(&empty, &n, 0));
    assert_true(laz_view_equal(empty, laz_view_of("")));
    assert_int_equal(laz_view_find_byte(empty, 0), 0);
    assert_int_equal(laz_view_find(empty, laz_view_of("x")), 0);
    assert_int_equal(laz_view_trim(empty).len, 0);
}

static void what_is_past_the_end_is_empty(void **state)
{
    static const struct {
        uint64_t offset;
        size_t left;
    } cases[] = {{0, 4}, {1, 3}, {3, 1}, {4, 0}, {5, 0}, {UINT64_MAX, 0}};

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct laz_view v = laz_view_from(four, sizeof four);

        assert_int_equal(laz_view_from_offset(v, cases[i].offset).len, cases[i].left);
    }
}

static void the_first_bytes_are_at_most_all(void **state)
{
    static const struct {
        uint64_t len;
        size_t got;
    } cases[] = {{0, 0}, {1, 1}, {4, 4}, {5, 4}, {UINT64_MAX, 4}};

    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(laz_view_first(laz_view_from(four, 4), cases[i].len).len, cases[i].got);
}

static void numbers_have_the_byte_order_of_their_name(void **state)
{
    static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8};
    uint16_t n16;
    uint32_t n32;
    uint64_t n64;
    struct laz_view v;

    v = laz_view_from(bytes, 8);
    assert_true(laz_take_u16le(&v, &n16) && n16 == 0x0201 && v.len == 6);
    v = laz_view_from(bytes, 8);
    assert_true(laz_take_u16be(&v, &n16) && n16 == 0x0102 && v.len == 6);
    v = laz_view_from(bytes, 8);
    assert_true(laz_take_u32le(&v, &n32) && n32 == 0x04030201 && v.len == 4);
    v = laz_view_from(bytes, 8);
    assert_true(laz_take_u32be(&v, &n32) && n32 == 0x01020304 && v.len == 4);
    v = laz_view_from(bytes, 8);
    assert_true(laz_take_u64le(&v, &n64) && n64 == 0x0807060504030201 && v.len == 0);
    v = laz_view_from(bytes, 8);
    assert_true(laz_take_u64be(&v, &n64) && n64 == 0x0102030405060708 && v.len == 0);
}

static void a_number_that_is_cut_takes_nothing(void **state)
{
    static const uint8_t bytes[8];
    uint16_t n16 = 7;
    uint32_t n32 = 7;
    uint64_t n64 = 7;

    for (size_t len = 0; len < 8; len++) {
        struct laz_view v = laz_view_from(bytes, len);

        assert_false(laz_take_u64le(&v, &n64) || laz_take_u64be(&v, &n64));
        assert_int_equal(v.len, len);
        if (len < 4)
            assert_false(laz_take_u32le(&v, &n32) || laz_take_u32be(&v, &n32));
        if (len < 2)
            assert_false(laz_take_u16le(&v, &n16) || laz_take_u16be(&v, &n16));
        assert_int_equal(v.len, len);
    }
    assert_int_equal(n16, 7);
    assert_int_equal(n32, 7);
    assert_int_equal(n64, 7);
}

static void taking_moves_the_front(void **state)
{
    struct laz_view v = laz_view_of("headbody"), head;
    char body[4];

    assert_true(laz_take(&v, 4, &head));
    assert_true(laz_view_equal_text(head, "head"));
    assert_false(laz_take(&v, 5, &head));
    assert_true(laz_view_equal_text(head, "head"));
    assert_false(laz_take_bytes(&v, body, 5));
    assert_true(laz_take_bytes(&v, body, 4));
    assert_memory_equal(body, "body", 4);
    assert_int_equal(v.len, 0);
    assert_false(laz_skip(&v, 1));
}

static void lines_are_taken_one_by_one(void **state)
{
    static const struct {
        const char *text, *parts[4];
    } cases[] = {
        {"", {NULL}},         {"a", {"a"}}, {"a\n", {"a"}},
        {"a\nb", {"a", "b"}}, {"\n", {""}}, {"\n\na", {"", "", "a"}},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct laz_view v = laz_view_of(cases[i].text), part;

        for (size_t k = 0; cases[i].parts[k] != NULL; k++) {
            assert_true(laz_take_until(&v, '\n', &part));
            assert_true(laz_view_equal_text(part, cases[i].parts[k]));
        }
        assert_false(laz_take_until(&v, '\n', &part));
    }
}

static void order_is_by_bytes_and_then_by_length(void **state)
{
    static const struct {
        const char *a, *b;
        int order;
    } cases[] = {
        {"", "", 0},    {"a", "a", 0},   {"a", "b", -1},       {"b", "a", 1},
        {"", "a", -1},  {"a", "", 1},    {"a", "ab", -1},      {"ab", "a", 1},
        {"b", "ab", 1}, {"ab", "b", -1}, {"\x7f", "\x80", -1}, {"\xff", "\x01", 1},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        int order = laz_view_compare(laz_view_of(cases[i].a), laz_view_of(cases[i].b));

        assert_int_equal((order > 0) - (order < 0), cases[i].order);
        assert_int_equal(laz_view_equal(laz_view_of(cases[i].a), laz_view_of(cases[i].b)),
                         cases[i].order == 0);
    }
}

static void ends_are_compared_within_the_length(void **state)
{
    static const struct {
        const char *text, *part;
        bool starts, ends;
    } cases[] = {
        {"", "", true, true},          {"abc", "", true, true},    {"", "a", false, false},
        {"abc", "abc", true, true},    {"abc", "ab", true, false}, {"abc", "bc", false, true},
        {"abc", "abcd", false, false}, {"abc", "b", false, false},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct laz_view v = laz_view_of(cases[i].text);

        assert_int_equal(laz_view_starts(v, laz_view_of(cases[i].part)), cases[i].starts);
        assert_int_equal(laz_view_ends_text(v, cases[i].part), cases[i].ends);
    }
}

static void what_is_not_found_lies_at_the_end(void **state)
{
    static const struct {
        const char *text, *needle;
        size_t at;
    } cases[] = {
        {"abcabc", "a", 0}, {"abcabc", "c", 2}, {"abcabc", "ca", 2}, {"abcabc", "abcabc", 0},
        {"abc", "abcd", 3}, {"abcabc", "x", 6}, {"abcabc", "", 6},   {"aab", "ab", 1},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct laz_view v = laz_view_of(cases[i].text);

        assert_int_equal(laz_view_find(v, laz_view_of(cases[i].needle)), cases[i].at);
        if (cases[i].needle[0] != '\0' && cases[i].needle[1] == '\0')
            assert_int_equal(laz_view_find_byte(v, (uint8_t)cases[i].needle[0]), cases[i].at);
    }
}

static void blanks_are_trimmed_at_both_ends_only(void **state)
{
    static const struct {
        const char *text, *trimmed;
    } cases[] = {
        {"a", "a"}, {" \t\r\na b\n \t", "a b"}, {" \t\r\n", ""}, {"\va", "\va"}, {"a\f", "a\f"},
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        assert_true(
            laz_view_equal_text(laz_view_trim(laz_view_of(cases[i].text)), cases[i].trimmed));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_from_the_file_cannot_escape),
        cmocka_unit_test(an_empty_view_needs_no_bytes),
        cmocka_unit_test(what_is_past_the_end_is_empty),
        cmocka_unit_test(the_first_bytes_are_at_most_all),
        cmocka_unit_test(numbers_have_the_byte_order_of_their_name),
        cmocka_unit_test(a_number_that_is_cut_takes_nothing),
        cmocka_unit_test(taking_moves_the_front),
        cmocka_unit_test(lines_are_taken_one_by_one),
        cmocka_unit_test(order_is_by_bytes_and_then_by_length),
        cmocka_unit_test(ends_are_compared_within_the_length),
        cmocka_unit_test(what_is_not_found_lies_at_the_end),
        cmocka_unit_test(blanks_are_trimmed_at_both_ends_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
