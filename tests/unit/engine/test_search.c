#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine.h"
#include "match/format.h"
#include "match/search.h"

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static size_t find_slowly(struct laz_view text, const struct laz_needle *n)
{
    for (size_t i = 0; i + n->len <= text.len; i++) {
        size_t same = 0;

        while (same < n->len &&
               (n->nocase ? lower(text.data[i + same]) : text.data[i + same]) == n->bytes[same])
            same++;
        if (same == n->len)
            return i;
    }
    return text.len;
}

static void every_width_finds_what_a_plain_search_finds(void **state)
{
    static const uint8_t letters[] = {'a', 'B', 'b', '@', '`', 0, 0xff, '['};
    static const uint32_t features[] = {0, LAZ_FEATURE_AVX2};
    uint32_t seed = 5;

    for (unsigned round = 0; round < 20000; round++) {
        size_t len = next_random(&seed) % 200, needle_len = 1 + next_random(&seed) % 8;
        uint8_t *bytes = malloc(len + 1); /* of its own, so that reading past it is seen */
        uint8_t needle[8];
        struct laz_needle n = {needle, needle_len, round % 2 == 0, 0};
        struct laz_view text = {bytes, len};

        assert_non_null(bytes);
        for (size_t i = 0; i < len; i++)
            bytes[i] = letters[next_random(&seed) % (round % 7 == 0 ? 2 : 8)];
        for (size_t i = 0; i < needle_len; i++) {
            needle[i] = letters[next_random(&seed) % (round % 7 == 0 ? 2 : 8)];
            needle[i] = n.nocase ? lower(needle[i]) : needle[i];
        }
        for (size_t i = 0; i < 2; i++) {
            n.features = features[i] & laz_db_features();
            assert_int_equal(laz_search_find(text, &n), find_slowly(text, &n));
        }
        free(bytes);
    }
}

/* The places of the one pattern of the rules "eager" and "lazy", as text. */
struct seen {
    struct laz_matcher *m;
    char eager[65536], lazy[65536];
};

static bool note(void *context, const struct laz_hit *hit)
{
    struct seen *seen = context;
    char *out = strcmp(hit->name, "eager") == 0 ? seen->eager : seen->lazy;
    struct laz_pattern_places p;
    size_t len = 0;

    assert_int_equal(laz_matcher_pattern_count(seen->m, hit), 1);
    laz_matcher_pattern(seen->m, hit, 0, &p);
    assert_string_equal(p.name, "$a");
    for (uint32_t i = 0; i < p.count && len < sizeof seen->eager - 64; i++)
        len += (size_t)snprintf(out + len, sizeof seen->eager - len, "%u+%u ",
                                (unsigned)p.places[i].offset, (unsigned)p.places[i].len);
    return true;
}

static void make_pattern(uint32_t *seed, char *out, size_t size)
{
    static const char *const parts[] = {"AB ", "41 ", "?? ", "[0-4] ", "( 42 | 43 41 ) ", "4? "};
    unsigned count = 1 + next_random(seed) % 4;

    snprintf(out, size, "{ 41 42 ");
    for (unsigned i = 0; i < count; i++)
        snprintf(out + strlen(out), size - strlen(out), "%s", parts[next_random(seed) % 6]);
    snprintf(out + strlen(out), size - strlen(out), "43 41 }");
}

/* '#a > 0' makes the pattern a trigger, '#a >= 0' can be true without it. */
static void a_search_on_demand_finds_the_same_places(void **state)
{
    struct laz_match_limits limits = {.want_places = true};
    struct seen *seen = calloc(1, sizeof *seen);
    uint32_t seed = 77;
    size_t with_places = 0;

    assert_non_null(seen);
    for (unsigned round = 0; round < 300; round++) {
        char pattern[256], rules[1024];
        uint8_t bytes[600];
        struct laz_match_object object = {.bytes = {bytes, sizeof bytes}};
        struct engine e;

        make_pattern(&seed, pattern, sizeof pattern);
        snprintf(rules, sizeof rules,
                 "rule eager { strings: $a = %s condition: #a > 0 }\n"
                 "rule lazy { strings: $a = %s condition: #a >= 0 }\n",
                 pattern, pattern);
        assert_int_equal(engine_build_text(&e, "s.yar", rules, NULL), LAZ_OK);
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)("ABC\xab"[next_random(&seed) % 4]);
        seen->m = e.matcher;
        *seen->eager = *seen->lazy = '\0';
        assert_int_equal(laz_matcher_run(e.matcher, &object, &limits, note, seen), LAZ_OK);
        assert_string_equal(seen->eager, seen->lazy);
        with_places += *seen->lazy != '\0';
        engine_clear(&e);
    }
    assert_true(with_places > 100);
    free(seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_width_finds_what_a_plain_search_finds),
        cmocka_unit_test(a_search_on_demand_finds_the_same_places),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
