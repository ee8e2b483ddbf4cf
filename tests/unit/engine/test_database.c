#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>

#include "engine.h"
#include "match/format_known.h"

#define OBJECT "..needle..AB12CD..wide"

static const char rules[] =
    "rule a { strings: $a = \"needle\" condition: $a }\n"
    "rule b { strings: $b = { 41 42 [1-3] 43 ( 44 | 45 ) } condition: #b == 1 }\n"
    "rule c { condition: filesize > 3 }\n"
    "rule d { strings: $d = \"wide\" $e = { 2E [0-2] 6E } condition: uint8(0) == 0x2E and $d in "
    "(0..3)"
    " and $e }\n";
static const char hashes[] = "5d41402abc4b2a76b9719d911017c592:5:Hash.Hello\n";

static void build(struct engine *e)
{
    struct laz_source sources[] = {{.name = "a.yar", .text = laz_view_of(rules)},
                                   {.name = "h.hdb", .text = laz_view_of(hashes)}};

    assert_int_equal(engine_build(e, sources, 2, NULL, NULL), LAZ_OK);
}

static void scan_text(struct engine *e, struct laz_view object, char *out, size_t size)
{
    struct laz_buf found;

    laz_buf_init(&found, 4096);
    assert_int_equal(engine_scan(e, object, LAZ_TARGET_ANY, NULL, &found), LAZ_OK);
    snprintf(out, size, "%s", laz_buf_text(&found));
    laz_buf_clear(&found);
}

static void what_was_built_says_what_is_in_it(void **state)
{
    struct engine e;
    struct laz_database_info info;
    struct laz_database_source source;

    build(&e);
    laz_database_info_get(e.db, &info);
    assert_int_equal(info.format_version, LAZ_DB_VERSION);
    assert_int_equal(info.rule_count, 4);
    assert_int_equal(info.hash_count, 1);
    assert_int_equal(info.source_count, 2);
    assert_int_equal(info.built_ms, 1);
    assert_string_equal(info.name, "test");
    assert_non_null(strstr(info.platform, "BLOCK"));
    laz_database_source_get(e.db, 1, &source);
    assert_string_equal(source.name, "h.hdb");
    assert_null(source.sha256);
    engine_clear(&e);
}

static void an_empty_database_finds_nothing(void **state)
{
    struct engine e;
    char found[64];

    assert_int_equal(engine_build(&e, NULL, 0, NULL, NULL), LAZ_OK);
    scan_text(&e, laz_view_of(OBJECT), found, sizeof found);
    assert_string_equal(found, "");
    assert_int_equal(laz_database_digests_wanted(e.db, LAZ_HASH_FILE, 5), 0);
    engine_clear(&e);
}

/* Opens a copy of image that anything may have happened to: refused, or as good as the original. */
static void open_changed(struct laz_view image, const char *expected)
{
    struct engine e;
    struct laz_error err = {.status = LAZ_OK};
    char found[256];

    if (engine_open(&e, image, &err) != LAZ_OK) {
        assert_true(err.status == LAZ_DAMAGED || err.status == LAZ_VERSION);
        assert_string_not_equal(err.remedy, "");
        return;
    }
    scan_text(&e, laz_view_of(OBJECT), found, sizeof found);
    assert_string_equal(found, expected);
    engine_clear(&e);
}

static void an_image_cut_anywhere_is_refused(void **state)
{
    struct engine e, cut;

    build(&e);
    for (size_t len = 0; len < e.image_len; len += len < 8192 ? 61 : 509)
        assert_int_not_equal(engine_open(&cut, laz_view_from(e.image, len), NULL), LAZ_OK);
    engine_clear(&e);
}

static void a_flipped_bit_is_refused_or_changes_nothing(void **state)
{
    struct engine e;
    uint8_t *copy;

    build(&e);
    copy = malloc(e.image_len);
    assert_non_null(copy);
    for (size_t at = 0; at < e.image_len; at += at < 8192 ? 1 : 97) {
        memcpy(copy, e.image, e.image_len);
        copy[at] ^= (uint8_t)(1u << at % 8);
        open_changed(laz_view_from(copy, e.image_len), "a\nb\nc\n");
    }
    free(copy);
    engine_clear(&e);
}

static void put_u32(uint8_t *p, uint32_t n)
{
    for (unsigned i = 0; i < 4; i++)
        p[i] = (uint8_t)(n >> 8 * i);
}

static uint64_t get_u64(const uint8_t *p)
{
    uint64_t n = 0;

    for (unsigned i = 0; i < 8; i++)
        n |= (uint64_t)p[i] << 8 * i;
    return n;
}

/* Makes all checksums right again, as somebody would who means harm. */
static void sign_again(uint8_t *image, size_t len)
{
    for (size_t i = 0; i < LAZ_SECTIONS; i++) {
        uint8_t *entry = image + LAZ_DB_ENTRIES_AT + i * LAZ_DB_ENTRY_SIZE;
        struct laz_view section;

        if (laz_view_at(laz_view_from(image, len), get_u64(entry), get_u64(entry + 8), &section))
            put_u32(entry + 16, laz_db_checksum(section));
    }
    put_u32(image + LAZ_DB_CHECKSUM_AT, laz_db_checksum(laz_view_from(image, LAZ_DB_CHECKSUM_AT)));
}

/* Uses what opens; 1 when it did. */
static size_t use_copy(enum laz_status opened, struct engine *e)
{
    struct laz_buf found;

    if (opened != LAZ_OK)
        return 0;
    laz_buf_init(&found, 65536);
    laz_ignore(engine_scan(e, laz_view_of(OBJECT), LAZ_TARGET_ANY, NULL, &found)); /* whatever */
    laz_buf_clear(&found);
    engine_clear(e);
    return 1;
}

/* Memory safety must not hang on checksums: with them made right, every byte of our own sections is
 * changed, and what opens is used. The sanitizers are the judges. */
static void right_checksums_do_not_make_wrong_content_dangerous(void **state)
{
    static const uint8_t values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    struct engine e;
    uint8_t *copy, *entry;
    size_t matcher, opened = 0, refused = 0, late = 0;

    build(&e);
    copy = malloc(e.image_len);
    assert_non_null(copy);
    entry = (uint8_t *)e.image + LAZ_DB_ENTRIES_AT + LAZ_SECTION_MATCHER * LAZ_DB_ENTRY_SIZE;
    matcher = get_u64(entry);
    for (size_t at = 12; at < e.image_len; at++) {
        if (at == matcher)
            at += get_u64(entry + 8); /* Vectorscan's own cannot be checked so */
        if (((const uint8_t *)e.image)[at] == 0 && at % 16 != 0)
            continue; /* most are padding */
        for (size_t i = 0; i < sizeof values; i++) {
            struct laz_view image = laz_view_from(copy, e.image_len);
            struct engine changed;
            size_t was_opened;

            memcpy(copy, e.image, e.image_len);
            copy[at] = values[i];
            sign_again(copy, e.image_len);
            was_opened = use_copy(engine_open(&changed, image, NULL), &changed);
            opened += was_opened;
            refused += 1 - was_opened;
            late += use_copy(engine_open_large(&changed, image, NULL), &changed);
        }
    }
    assert_true(opened > 100 && refused > 100 && late > opened); /* all ways were walked */
    free(copy);
    engine_clear(&e);
}

static void digests_are_asked_for_only_by_sizes_that_are_listed(void **state)
{
    struct laz_buf list;
    struct engine e;
    unsigned asked = 0;

    laz_buf_init(&list, 1 << 20);
    for (unsigned i = 0; i < 1000; i++)
        laz_ignore(laz_buf_addf(&list, "%032x:%u:H.%u\n", i * 2654435761u, 1000 + i * 7, i));
    assert_int_equal(engine_build_text(&e, "h.hdb", laz_buf_text(&list), NULL), LAZ_OK);
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(laz_database_digests_wanted(e.db, LAZ_HASH_FILE, 1000 + i * 7),
                         1 << LAZ_DIGEST_MD5);
    for (unsigned i = 0; i < 10000; i++)
        asked += laz_database_digests_wanted(e.db, LAZ_HASH_FILE, 1000000 + i) != 0;
    assert_true(asked < 500); /* a filter of 10 bits a size lets about one in fifty by */
    engine_clear(&e);
    laz_buf_clear(&list);
}

static void every_digest_of_many_is_found_and_no_other(void **state)
{
    struct laz_buf list;
    struct engine e;
    struct laz_known known;
    char name[32];

    laz_buf_init(&list, 8 << 20);
    for (unsigned i = 0; i < 20000; i++)
        laz_ignore(laz_buf_addf(&list, "%08x%08x0000000000000000:*:H.%u\n", i * 2654435761u, i, i));
    assert_int_equal(engine_build_text(&e, "h.hdb", laz_buf_text(&list), NULL), LAZ_OK);
    for (unsigned i = 0; i < 20001; i++) {
        uint8_t digest[16] = {0};
        uint32_t high = i * 2654435761u;

        for (unsigned j = 0; j < 4; j++) {
            digest[j] = (uint8_t)(high >> (24 - 8 * j));
            digest[4 + j] = (uint8_t)(i >> (24 - 8 * j));
        }
        assert_int_equal(
            laz_database_find_digest(e.db, LAZ_HASH_FILE, LAZ_DIGEST_MD5, digest, 7, &known),
            i < 20000);
        snprintf(name, sizeof name, "H.%u", i);
        if (i < 20000)
            assert_string_equal(known.hit.name, name);
        digest[15] = 1;
        assert_false(
            laz_database_find_digest(e.db, LAZ_HASH_FILE, LAZ_DIGEST_MD5, digest, 7, &known));
    }
    engine_clear(&e);
    laz_buf_clear(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_built_says_what_is_in_it),
        cmocka_unit_test(an_empty_database_finds_nothing),
        cmocka_unit_test(an_image_cut_anywhere_is_refused),
        cmocka_unit_test(a_flipped_bit_is_refused_or_changes_nothing),
        cmocka_unit_test(right_checksums_do_not_make_wrong_content_dangerous),
        cmocka_unit_test(digests_are_asked_for_only_by_sizes_that_are_listed),
        cmocka_unit_test(every_digest_of_many_is_found_and_no_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
