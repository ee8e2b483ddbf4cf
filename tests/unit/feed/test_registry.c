#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "feed/recommended.h"
#include "feed/registry.h"
#include "torture.h"

static enum laz_status parse(const char *text, struct laz_feed_registry *r, struct laz_error *err)
{
    laz_feed_registry_init(r);
    return laz_feed_registry_parse(r, laz_view_of(text), "sources.conf", err);
}

static void what_is_written_is_read_back(void **state)
{
    struct laz_feed_registry first, second;
    struct laz_buf a, b;

    laz_feed_registry_init(&first);
    laz_buf_init(&a, LAZ_FEED_REGISTRY_MAX);
    laz_buf_init(&b, LAZ_FEED_REGISTRY_MAX);
    first.held_ms = 17;
    first.built_ms = INT64_MAX;
    memset(first.inputs, 'a', 64);
    for (size_t i = 0; i < laz_feed_recommended_count; i++) {
        struct laz_feed_source s;
        struct laz_error err;

        laz_feed_recommended_fill(&laz_feed_recommended[i], &s);
        if (laz_feed_recommended[i].needs_key)
            snprintf(s.secret_file, sizeof s.secret_file, "/etc/key");
        snprintf(s.etag, sizeof s.etag, "W/\"a = b # c\"");
        snprintf(s.error, sizeof s.error, "went wrong: \xC3\xA9");
        memset(s.digest, '0', 64);
        s.outcome = (enum laz_feed_outcome)(i % LAZ_FEED_OUTCOMES);
        s.failures = i;
        s.enabled = i % 2 == 0;
        s.next_ms = INT64_MAX;
        assert_int_equal(laz_feed_registry_add(&first, &s, &err), LAZ_OK);
    }
    assert_int_equal(laz_feed_registry_write(&first, &a), LAZ_OK);
    assert_int_equal(parse(laz_buf_text(&a), &second, NULL), LAZ_OK);
    assert_int_equal(second.count, first.count);
    assert_int_equal(second.held_ms, 17);
    assert_string_equal(second.inputs, first.inputs);
    assert_memory_equal(second.sources, first.sources, first.count * sizeof *first.sources);
    assert_int_equal(laz_feed_registry_write(&second, &b), LAZ_OK);
    assert_string_equal(laz_buf_text(&a), laz_buf_text(&b));
    laz_feed_registry_clear(&first);
    laz_feed_registry_clear(&second);
    laz_buf_clear(&a);
    laz_buf_clear(&b);
}

#define GOOD "[a]\nkind = list\nlocation = https://x.example/l.txt\n"

static void what_is_wrong_is_told_with_its_line(void **state)
{
    static const struct {
        const char *text;
        uint32_t line; /* 0: it is right */
    } cases[] = {
        {"", 0},
        {"# nothing\n\n", 0},
        {GOOD, 0},
        {"held = 5\n" GOOD "every = 300\n", 0},
        {GOOD "\n[b]\nkind = folder\nlocation = /srv\n", 0},
        {"held = -5\n", 1},
        {"\nkind = list\n", 2},
        {"inputs = 12\n", 1},
        {"[]\n", 1},
        {"[a\n", 1},
        {"[a b]\n", 1},
        {"[-a]\n", 1},
        {"[abcdefghijklmnopqrstuvwxyz0123456]\n", 1},
        {"nonsense\n", 1},
        {GOOD "colour = red\n", 4},
        {GOOD "kind = list\n", 4},
        {GOOD "every = often\n", 4},
        {GOOD "every = 299\n", 1},
        {GOOD "max-size = 0\n", 1},
        {GOOD "max-size = 3000000000\n", 1},
        {GOOD "enabled = maybe\n", 4},
        {GOOD "outcome = odd\n", 4},
        {GOOD "next = 99999999999999999999\n", 4},
        {GOOD "digest = 00\n", 1},
        {GOOD "etag = a\x01z\n", 4},
        {GOOD "etag = \xFF\n", 4},
        {GOOD GOOD, 4},
        {"[a]\nlocation = /x\n", 1},
        {"[a]\nkind = list\n", 1},
        {"[a]\nkind = list\nlocation = relative\n", 1},
        {"[a]\nkind = list\nlocation = http://x.example/\n", 1},
        {"[a]\nkind = folder\nlocation = https://x.example/\n", 1},
        {"[a]\nkind = taxii\nlocation = /srv\n", 1},
        {"[a]\nkind = list\nlocation = https://x.example/{key}/\n", 1},
        {"[a]\nkind = list\nlocation = https://x.example/a b\n", 1},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct laz_feed_registry r;
        struct laz_error err = {.status = LAZ_OK};
        enum laz_status s = parse(cases[i].text, &r, &err);

        assert_int_equal(s, cases[i].line == 0 ? LAZ_OK : LAZ_INVALID);
        assert_int_equal(err.line, cases[i].line);
        laz_feed_registry_clear(&r);
    }
}

static void there_is_an_end_to_sources(void **state)
{
    struct laz_feed_registry r;
    struct laz_feed_source s;
    struct laz_error err;

    laz_feed_registry_init(&r);
    for (size_t i = 0; i <= LAZ_FEED_SOURCES_MAX; i++) {
        char id[16];

        snprintf(id, sizeof id, "s%zu", i);
        laz_feed_source_init(&s, id, LAZ_FEED_FOLDER);
        assert_int_equal(laz_feed_registry_add(&r, &s, &err),
                         i < LAZ_FEED_SOURCES_MAX ? LAZ_OK : LAZ_LIMIT);
    }
    laz_feed_registry_remove(&r, laz_feed_registry_find(&r, "s7"));
    assert_null(laz_feed_registry_find(&r, "s7"));
    assert_string_equal(r.sources[7].id, "s8");
    snprintf(s.id, sizeof s.id, "s9");
    assert_int_equal(laz_feed_registry_add(&r, &s, &err), LAZ_EXISTS);
    laz_feed_registry_clear(&r);
}

static void a_url_is_safe_when_it_is_encrypted_or_our_own(void **state)
{
    static const struct {
        const char *url;
        bool safe;
    } cases[] = {
        {"https://x.example/", true},
        {"http://127.0.0.1/", true},
        {"http://127.0.0.1:80/x@y", true},
        {"http://localhost", true},
        {"http://[::1]:8080/", true},
        {"http://127.0.0.1.example/", false},
        {"http://127.0.0.1@x.example/", false},
        {"http://localhost:x@y.example/", false},
        {"http://localhosts/", false},
        {"http://x.example/", false},
        {"ftp://127.0.0.1/", false},
        {"file:///etc/passwd", false},
        {"", false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(laz_feed_url_is_safe(laz_view_of(cases[i].url)), cases[i].safe);
}

static void intervals_have_units(void **state)
{
    static const struct {
        const char *text;
        uint64_t seconds; /* 0: none */
    } cases[] = {{"30m", 1800}, {"6h", 21600}, {"1d", 86400}, {"90", 0},      {"d", 0},
                 {"1w", 0},     {"-1d", 0},    {"", 0},       {"1000001d", 0}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t seconds = 0;
        char text[24];

        assert_int_equal(laz_feed_interval_parse(laz_view_of(cases[i].text), &seconds),
                         cases[i].seconds > 0);
        assert_int_equal(seconds, cases[i].seconds);
        laz_feed_interval_text(seconds, text);
        if (seconds > 0)
            assert_string_equal(text, cases[i].text);
    }
}

static void every_recommended_source_makes_sense(void **state)
{
    for (size_t i = 0; i < laz_feed_recommended_count; i++) {
        struct laz_feed_source s;
        const char *why;

        laz_feed_recommended_fill(&laz_feed_recommended[i], &s);
        if (laz_feed_recommended[i].needs_key)
            snprintf(s.secret_file, sizeof s.secret_file, "/etc/key");
        assert_true(laz_feed_source_check(&s, &why));
        assert_true(s.licence[0] != '\0');
        assert_string_equal(s.location, laz_feed_recommended[i].location); /* nothing was cut */
        assert_string_equal(s.terms, laz_feed_recommended[i].terms);
    }
}

static void memory_that_runs_out_is_told(void **state)
{
    TORTURE({
        struct laz_feed_registry r;
        struct laz_buf text;
        enum laz_status s = parse(GOOD "[b]\nkind = folder\nlocation = /srv\n", &r, NULL);

        laz_buf_init(&text, LAZ_FEED_REGISTRY_MAX);
        if (s == LAZ_OK && laz_feed_registry_write(&r, &text) == LAZ_OK)
            assert_int_equal(r.count, 2);
        else
            assert_true(s == LAZ_OK || s == LAZ_NOMEM);
        laz_buf_clear(&text);
        laz_feed_registry_clear(&r);
    });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(what_is_wrong_is_told_with_its_line),
        cmocka_unit_test(there_is_an_end_to_sources),
        cmocka_unit_test(a_url_is_safe_when_it_is_encrypted_or_our_own),
        cmocka_unit_test(intervals_have_units),
        cmocka_unit_test(every_recommended_source_makes_sense),
        cmocka_unit_test(memory_that_runs_out_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
