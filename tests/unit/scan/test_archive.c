#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "format/archive.h"

/* "hello\n" packed by gzip; a cpio (odc) with one member "f" that holds "hi". */
static const uint8_t gzip[] = {0x1f, 0x8b, 0x08, 0,    0,    0,    0,    0,    0,
                               3,    0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0xe7, 0x02, 0x00,
                               0x20, 0x30, 0x3a, 0x36, 6,    0,    0,    0};
static const char cpio[] = "070707"
                           "000001"
                           "000001"
                           "100644"
                           "000000"
                           "000000"
                           "000001"
                           "000000"
                           "00000000000"
                           "000002"
                           "00000000002"
                           "f\0hi"
                           "070707"
                           "000000"
                           "000000"
                           "000000"
                           "000000"
                           "000000"
                           "000001"
                           "000000"
                           "00000000000"
                           "000013"
                           "00000000000"
                           "TRAILER!!!";

static struct laz_archive *open(struct laz_view v)
{
    struct laz_archive *a = NULL;

    assert_int_equal(laz_archive_open(laz_identify(v), v, NULL, NULL, &a), LAZ_OK);
    return a;
}

static void a_stream_is_one_member(void **state)
{
    struct laz_archive *a = open(laz_view_from(gzip, sizeof gzip));
    struct laz_member m;
    uint8_t out[16];
    size_t len;

    assert_int_equal(laz_archive_next(a, &m), LAZ_OK);
    assert_true(m.has_data);
    assert_int_equal(laz_archive_read(a, out, sizeof out, &len), LAZ_OK);
    assert_int_equal(len, 6);
    assert_memory_equal(out, "hello\n", 6);
    assert_int_equal(laz_archive_read(a, out, sizeof out, &len), LAZ_OK);
    assert_int_equal(len, 0);
    assert_int_equal(laz_archive_next(a, &m), LAZ_NOT_FOUND);
    laz_archive_free(a);
}

static void members_have_names_and_sizes(void **state)
{
    struct laz_archive *a = open(laz_view_from(cpio, sizeof cpio));
    struct laz_member m;
    uint8_t out[16];
    size_t len;

    assert_int_equal(laz_archive_next(a, &m), LAZ_OK);
    assert_true(laz_view_equal_text(m.name, "f"));
    assert_int_equal(m.size, 2);
    assert_int_equal(laz_archive_read(a, out, 1, &len), LAZ_OK); /* in pieces */
    assert_int_equal(len, 1);
    assert_int_equal(laz_archive_read(a, out + 1, 15, &len), LAZ_OK);
    assert_int_equal(len, 1);
    assert_memory_equal(out, "hi", 2);
    assert_int_equal(laz_archive_next(a, &m), LAZ_NOT_FOUND);
    laz_archive_free(a);
}

static void a_cut_stream_is_damaged_and_never_whole(void **state)
{
    for (size_t len = 12; len < sizeof gzip - 8; len++) {
        struct laz_view v = laz_view_from(gzip, len);
        struct laz_archive *a = NULL;
        struct laz_member m;
        uint8_t out[16];
        size_t got = 1;
        enum laz_status s = laz_archive_open(laz_identify(v), v, NULL, NULL, &a);

        if (s == LAZ_OK)
            s = laz_archive_next(a, &m);
        while (s == LAZ_OK && got > 0)
            s = laz_archive_read(a, out, sizeof out, &got);
        assert_int_equal(s, LAZ_DAMAGED);
        laz_archive_free(a);
    }
}

static bool stop_now(void *context)
{
    return true;
}

static void who_is_told_to_stop_stops(void **state)
{
    struct laz_view v = laz_view_from(gzip, sizeof gzip);
    struct laz_archive *a = NULL;
    struct laz_member m;
    enum laz_status s = laz_archive_open(laz_identify(v), v, stop_now, NULL, &a);

    if (s == LAZ_OK)
        s = laz_archive_next(a, &m);
    assert_int_equal(s, LAZ_LIMIT);
    laz_archive_free(a);
}

static void what_is_no_archive_is_not_opened(void **state)
{
    struct laz_view v = laz_view_of("text");
    struct laz_archive *a = NULL;

    assert_int_equal(laz_archive_open(laz_identify(v), v, NULL, NULL, &a), LAZ_UNSUPPORTED);
    assert_null(a);
    laz_archive_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_is_one_member),
        cmocka_unit_test(members_have_names_and_sizes),
        cmocka_unit_test(a_cut_stream_is_damaged_and_never_whole),
        cmocka_unit_test(who_is_told_to_stop_stops),
        cmocka_unit_test(what_is_no_archive_is_not_opened),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
