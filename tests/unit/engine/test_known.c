#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>

#include "engine.h"
#include "match/format_known.h"
#include "match/known_names.h"
#include "match/lists.h"
#include "rules/compiler.h"
#include "rules/known.h"
#include "rules/reuse.h"
#include "torture.h"

#define LIST_MAX ((size_t)64 << 20)

static void the_number_of_a_name_is_its_longest_run_of_digits(void **state)
{
    static const struct {
        const char *name;
        size_t start, len;
        uint64_t n;
    } cases[] = {
        {"Win.Worm.Any-6335413-0", 13, 7, 6335413},
        {"A-7", 2, 1, 7},
        {"A1-B2", 4, 1, 2},
        {"A12-B3", 1, 2, 12},
        {"None", 0, 0, 0},
        {"", 0, 0, 0},
        {"A-0", 2, 1, 0},
        {"A-007", 0, 0, 0},
        {"1234567890123456789", 1, 18, 234567890123456789},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct laz_name_number number = laz_name_number(laz_view_of(cases[i].name));

        assert_int_equal(number.len, cases[i].len);
        if (cases[i].len > 0) {
            assert_int_equal(number.start, cases[i].start);
            assert_int_equal(number.n, cases[i].n);
        }
    }
}

/* A digest that is made of a number. */
static void make_digest(uint64_t n, uint8_t digest[LAZ_DIGEST_SIZE_MAX])
{
    for (unsigned i = 0; i < LAZ_DIGEST_SIZE_MAX; i++) {
        n = n * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        digest[i] = (uint8_t)(n >> 56);
    }
}

typedef void fill_fn(struct laz_ruleset *set, uint32_t source);

static void build_image(fill_fn *fill, struct laz_buf *image)
{
    struct laz_ruleset set;

    laz_ruleset_init(&set);
    laz_buf_init(image, LAZ_IMAGE_MAX);
    fill(&set, laz_ruleset_text(&set, laz_view_of("source")));
    assert_int_equal(laz_compile(&set, "", 1, image, NULL), LAZ_OK);
    laz_ruleset_clear(&set);
}

static void build(fill_fn *fill, struct engine *e)
{
    struct laz_buf image;

    build_image(fill, &image);
    assert_int_equal(engine_open(e, laz_buf_view(&image), NULL), LAZ_OK);
    laz_buf_clear(&image);
}

/* Names of many shapes, some of them the same. */
static void make_name(uint32_t i, char *name, size_t size)
{
    static const char *const before[] = {"Fam.A-", "Fam.B-", "Plain", "Zero-00", "", "a"};
    static const char *const behind[] = {"-0", "", "", "", "", "b3"};

    snprintf(name, size, "%s%u%s", before[i % 6], i % 6 == 2 ? 0 : i / (i % 5 + 1), behind[i % 6]);
}

static void add_names(struct laz_ruleset *set, uint32_t source)
{
    for (uint32_t i = 0; i < 6000; i++) {
        uint8_t digest[LAZ_DIGEST_SIZE_MAX];
        char name[64];

        make_name(i, name, sizeof name);
        make_digest(i, digest);
        laz_known_add_digest(set, LAZ_HASH_FILE, (enum laz_digest_kind)(i % 3), digest, i,
                             laz_known_label(set, laz_view_of(name), source));
    }
}

static void every_name_comes_back(void **state)
{
    struct engine e;
    struct laz_known known;

    build(add_names, &e);
    for (uint32_t i = 0; i < 6000; i++) {
        uint8_t digest[LAZ_DIGEST_SIZE_MAX];
        char name[64];

        make_name(i, name, sizeof name);
        make_digest(i, digest);
        assert_true(laz_database_find_digest(e.db, LAZ_HASH_FILE, (enum laz_digest_kind)(i % 3),
                                             digest, i, &known));
        assert_string_equal(known.hit.name, name);
        assert_string_equal(known.hit.source, "source");
        assert_string_equal(known.hit.kind, "hash");
    }
    engine_clear(&e);
}

static void add_uses(struct laz_ruleset *set, uint32_t source)
{
    uint8_t digest[LAZ_DIGEST_SIZE_MAX];

    make_digest(1, digest);
    for (unsigned use = 0; use < LAZ_HASH_USES; use++) {
        char name[8];

        snprintf(name, sizeof name, "U%u", use);
        laz_known_add_digest(set, (enum laz_hash_use)use, LAZ_DIGEST_SHA256, digest, 100 + use,
                             laz_known_label(set, laz_view_of(name), source));
    }
}

static void a_digest_is_found_for_its_use_and_size_only(void **state)
{
    struct engine e;
    struct laz_known known;
    uint8_t digest[LAZ_DIGEST_SIZE_MAX];
    char name[8];

    build(add_uses, &e);
    make_digest(1, digest);
    for (unsigned use = 0; use < LAZ_HASH_USES; use++) {
        enum laz_hash_use u = (enum laz_hash_use)use;

        assert_int_equal(laz_database_digest_count(e.db, u), 1);
        assert_int_equal(laz_database_digests_wanted(e.db, u, 100 + use), 1 << LAZ_DIGEST_SHA256);
        assert_true(
            laz_database_find_digest(e.db, u, LAZ_DIGEST_SHA256, digest, 100 + use, &known));
        snprintf(name, sizeof name, "U%u", use);
        assert_string_equal(known.hit.name, name);
        assert_false(
            laz_database_find_digest(e.db, u, LAZ_DIGEST_SHA256, digest, 101 + use, &known));
        assert_false(laz_database_find_digest(e.db, u, LAZ_DIGEST_MD5, digest, 100 + use, &known));
    }
    engine_clear(&e);
}

static void every_byte_of_a_digest_counts(void **state)
{
    static const enum laz_hash_use uses[] = {LAZ_HASH_FILE, LAZ_HASH_ALLOW};
    struct engine e;
    struct laz_known known;

    build(add_uses, &e);
    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++)
        for (unsigned at = 0; at < LAZ_DIGEST_SIZE_MAX; at++) {
            uint8_t digest[LAZ_DIGEST_SIZE_MAX];

            make_digest(1, digest);
            digest[at] ^= 1;
            assert_false(laz_database_find_digest(e.db, uses[i], LAZ_DIGEST_SHA256, digest,
                                                  100 + (uint64_t)uses[i], &known));
        }
    engine_clear(&e);
}

static void add_many_times(struct laz_ruleset *set, uint32_t source)
{
    uint8_t digest[LAZ_DIGEST_SIZE_MAX];
    uint32_t label = laz_known_label(set, laz_view_of("First"), source);
    uint32_t second = laz_known_label(set, laz_view_of("Second"), source);

    make_digest(1, digest);
    for (unsigned i = 0; i < 5000; i++)
        laz_known_add_digest(set, LAZ_HASH_FILE, LAZ_DIGEST_MD5, digest, LAZ_DB_SIZE_ANY,
                             i == 0 ? label : second);
}

static void what_comes_many_times_is_there_once(void **state)
{
    struct engine e;
    struct laz_known known;
    uint8_t digest[LAZ_DIGEST_SIZE_MAX];

    build(add_many_times, &e);
    make_digest(1, digest);
    assert_int_equal(laz_database_digest_count(e.db, LAZ_HASH_FILE), 1);
    assert_true(laz_database_find_digest(e.db, LAZ_HASH_FILE, LAZ_DIGEST_MD5, digest, 9, &known));
    assert_string_equal(known.hit.name, "First");
    engine_clear(&e);
}

#define MANY 200000u

static void add_many(struct laz_ruleset *set, uint32_t source)
{
    uint32_t label = laz_known_label(set, laz_view_of("Many"), source);

    for (uint32_t i = 0; i < MANY; i++) {
        uint8_t digest[LAZ_DIGEST_SIZE_MAX];

        make_digest(i, digest);
        laz_known_add_digest(set, LAZ_HASH_FILE, LAZ_DIGEST_SHA256, digest, 1000 + i % 5000, label);
    }
}

static void an_entry_costs_less_than_six_bytes(void **state)
{
    struct laz_buf image;

    build_image(add_many, &image);
    assert_true(image.len < MANY * 6);
    laz_buf_clear(&image);
}

static void many_are_found_and_none_that_is_not_there(void **state)
{
    struct engine e;
    struct laz_known known;
    uint8_t digest[LAZ_DIGEST_SIZE_MAX];

    build(add_many, &e);
    assert_int_equal(laz_database_digest_count(e.db, LAZ_HASH_FILE), MANY);
    for (uint32_t i = 0; i < 2 * MANY; i++) {
        make_digest(i, digest);
        assert_int_equal(laz_database_find_digest(e.db, LAZ_HASH_FILE, LAZ_DIGEST_SHA256, digest,
                                                  1000 + i % 5000, &known),
                         i < MANY);
    }
    engine_clear(&e);
}

static struct laz_view section_of(const struct engine *e, enum laz_section section)
{
    return laz_database_section(e->db, section);
}

#define LAZY 220000u /* enough that TAILS is not summed at opening */

static void add_lazy(struct laz_ruleset *set, uint32_t source)
{
    uint32_t label = laz_known_label(set, laz_view_of("Many"), source);

    for (uint32_t i = 0; i < LAZY; i++) {
        uint8_t digest[LAZ_DIGEST_SIZE_MAX];

        make_digest(i, digest);
        laz_known_add_digest(set, LAZ_HASH_FILE, LAZ_DIGEST_SHA256, digest, 7, label);
    }
}

static void a_large_section_is_summed_when_asked(void **state)
{
    struct laz_buf image;
    struct engine e, changed;
    size_t at;

    build_image(add_lazy, &image);
    assert_int_equal(engine_open(&e, laz_buf_view(&image), NULL), LAZ_OK);
    assert_true(section_of(&e, LAZ_SECTION_TAILS).len > LAZ_DB_EAGER_MAX);
    assert_true(laz_database_verify(e.db, laz_view_from(e.image, e.image_len)));
    at = (size_t)(section_of(&e, LAZ_SECTION_TAILS).data - (const uint8_t *)e.image);
    image.data[at + 17] ^= 1;
    assert_int_equal(engine_open(&changed, laz_buf_view(&image), NULL), LAZ_OK);
    assert_false(laz_database_verify(changed.db, laz_view_from(changed.image, changed.image_len)));
    engine_clear(&e);
    engine_clear(&changed);
    laz_buf_clear(&image);
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Nothing that stands in these sections may lead a look-up outside of them. The sanitizers are the
 * judges. */
static void wrong_content_is_harmless(void **state)
{
    static const enum laz_section sections[] = {LAZ_SECTION_KNOWN,  LAZ_SECTION_TAILS,
                                                LAZ_SECTION_LABELS, LAZ_SECTION_NAMES,
                                                LAZ_SECTION_LISTS,  LAZ_SECTION_COUNTS};
    struct laz_buf image;
    uint64_t random = 88172645463325252u;
    size_t found = 0;

    build_image(add_names, &image);
    for (unsigned round = 0; round < 90; round++) {
        struct engine e;
        enum laz_section which = sections[round % (sizeof sections / sizeof *sections)];
        struct laz_view section;
        uint8_t *bytes;

        assert_int_equal(engine_open(&e, laz_buf_view(&image), NULL), LAZ_OK);
        section = section_of(&e, which);
        bytes = (uint8_t *)e.image + (section.data - (const uint8_t *)e.image);
        for (unsigned i = 0; i < 200 && section.len > LAZ_KNOWN_HEAD_SIZE; i++) /* heads stay */
            bytes[(which == LAZ_SECTION_KNOWN ? LAZ_KNOWN_HEAD_SIZE : 0) +
                  next_random(&random) % (section.len - LAZ_KNOWN_HEAD_SIZE)] =
                (uint8_t)next_random(&random);
        for (uint32_t i = 0; i < 3000; i++) {
            uint8_t digest[LAZ_DIGEST_SIZE_MAX];
            struct laz_known known;

            make_digest(i, digest);
            if (laz_database_find_digest(e.db, LAZ_HASH_FILE, (enum laz_digest_kind)(i % 3), digest,
                                         i, &known))
                found += strlen(known.hit.name) < sizeof known.name;
        }
        engine_clear(&e);
    }
    assert_true(found > 1000); /* much was left as it was */
    laz_buf_clear(&image);
}

static const char rules[] =
    "rule a { meta: x = \"y\" strings: $a = \"needle\" $b = { 41 42 ?? 43 } "
    "condition: any of them }";

static struct laz_source source_of(const char *name, const char *text, const uint8_t *sha256)
{
    return (struct laz_source){.name = name, .text = laz_view_of(text), .sha256 = sha256};
}

/* A key of rules.yar with this digest. */
static void make_key(const uint8_t sha256[32], uint8_t key[32])
{
    struct laz_digest_job job;
    struct laz_source source = source_of("rules.yar", rules, sha256);

    assert_true(laz_rules_key_start(&job, true, false) && laz_rules_key_add(&job, &source) &&
                laz_digest_finish(&job, key) == LAZ_OK);
}

static void build_with(struct engine *e, const struct laz_database *previous,
                       const uint8_t sha256[32], const char *list, bool *reused)
{
    struct laz_source_options options = {.skipped = NULL};
    struct laz_source sources[] = {source_of("rules.yar", rules, sha256),
                                   source_of("list.txt", list, NULL)};
    struct laz_ruleset set;
    struct laz_buf image;
    uint8_t key[32];

    make_key(sha256, key);
    laz_ruleset_init(&set);
    laz_buf_init(&image, LAZ_IMAGE_MAX);
    memcpy(set.rules_key, key, sizeof key);
    *reused = previous != NULL && laz_ruleset_reuse(&set, previous, key);
    options.known_only = *reused;
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(laz_source_read(&set, &sources[i], &options, NULL), LAZ_OK);
    assert_int_equal(laz_compile(&set, "", 1, &image, NULL), LAZ_OK);
    assert_int_equal(engine_open(e, laz_buf_view(&image), NULL), LAZ_OK);
    laz_ruleset_clear(&set);
    laz_buf_clear(&image);
}

static void expect_found(struct engine *e, const char *object, const char *expected)
{
    struct laz_buf found;

    laz_buf_init(&found, 4096);
    assert_int_equal(engine_scan(e, laz_view_of(object), LAZ_TARGET_ANY, NULL, &found), LAZ_OK);
    assert_string_equal(laz_buf_text(&found), expected);
    laz_buf_clear(&found);
}

static void rules_are_taken_over_where_only_a_list_changed(void **state)
{
    static const uint8_t first[32] = {1}, second[32] = {2};
    struct engine old, same, other;
    struct laz_database_source source;
    bool reused;

    build_with(&old, NULL, first, "5d41402abc4b2a76b9719d911017c592\n", &reused);
    assert_false(reused);
    build_with(&same, old.db, first, "7d793037a0760186574b0282f2f435e7\n", &reused);
    assert_true(reused);
    for (unsigned i = LAZ_SECTION_SOURCES + 1; i < LAZ_SECTION_KNOWN; i++)
        assert_true(laz_view_equal(section_of(&old, (enum laz_section)i),
                                   section_of(&same, (enum laz_section)i)));
    expect_found(&same, "a needle", "a\n");
    expect_found(&same, "world", "list\n");
    expect_found(&same, "hello", "");
    laz_database_source_get(same.db, 0, &source);
    assert_string_equal(source.name, "rules.yar");
    assert_int_equal(source.fates[LAZ_SOURCE_TAKEN], 1);
    build_with(&other, old.db, second, "7d793037a0760186574b0282f2f435e7\n", &reused);
    assert_false(reused);
    expect_found(&other, "a needle", "a\n");
    engine_clear(&old);
    engine_clear(&same);
    engine_clear(&other);
}

static void building_lists_survives_failing_allocations(void **state)
{
    struct laz_source source =
        source_of("l.csv",
                  "md5,signature,threat\n5d41402abc4b2a76b9719d911017c592,A-1,x\n"
                  "7d793037a0760186574b0282f2f435e7,A-2,\"y \"\"z\"\"\"\n",
                  NULL);
    struct laz_source json = source_of(
        "l.json",
        "{\"type\":\"bundle\",\"objects\":[{\"type\":\"indicator\",\"name\":\"n\",\"pattern\":"
        "\"[domain-name:value = 'a.example.com']\"}]}",
        NULL);
    struct laz_source allow = source_of("g.txt", "good.example.com\n192.0.2.0/24\n", NULL);
    struct laz_source_options options = {.skipped = NULL};

    allow.list = "allow-list";
    TORTURE({
        struct laz_ruleset set;
        struct laz_buf image;

        laz_ruleset_init(&set);
        laz_buf_init(&image, LAZ_IMAGE_MAX);
        if (laz_source_read(&set, &source, &options, NULL) == LAZ_OK &&
            laz_source_read(&set, &json, &options, NULL) == LAZ_OK &&
            laz_source_read(&set, &allow, &options, NULL) == LAZ_OK &&
            laz_compile(&set, "", 1, &image, NULL) == LAZ_OK) {
            struct laz_database *db = NULL;
            void *copy = NULL;

            if (posix_memalign(&copy, 4096, image.len) == 0) {
                memcpy(copy, image.data, image.len);
                if (laz_database_open(laz_view_from(copy, image.len), &db, NULL) == LAZ_OK)
                    assert_int_equal(laz_database_digest_count(db, LAZ_HASH_FILE), 2);
            }
            laz_database_free(db);
            free(copy);
        }
        laz_ruleset_clear(&set);
        laz_buf_clear(&image);
    });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_number_of_a_name_is_its_longest_run_of_digits),
        cmocka_unit_test(every_name_comes_back),
        cmocka_unit_test(a_digest_is_found_for_its_use_and_size_only),
        cmocka_unit_test(every_byte_of_a_digest_counts),
        cmocka_unit_test(what_comes_many_times_is_there_once),
        cmocka_unit_test(an_entry_costs_less_than_six_bytes),
        cmocka_unit_test(many_are_found_and_none_that_is_not_there),
        cmocka_unit_test(a_large_section_is_summed_when_asked),
        cmocka_unit_test(wrong_content_is_harmless),
        cmocka_unit_test(rules_are_taken_over_where_only_a_list_changed),
        cmocka_unit_test(building_lists_survives_failing_allocations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
