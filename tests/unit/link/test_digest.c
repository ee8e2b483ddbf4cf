#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/text.h"
#include "sign/digest.h"

/* RFC 1321 A.5 and FIPS 180-2 appendices A and B. */
static const struct {
    enum laz_digest kind;
    const char *text, *hex;
} known[] = {
    {LAZ_MD5, "", "d41d8cd98f00b204e9800998ecf8427e"},
    {LAZ_MD5, "abc", "900150983cd24fb0d6963f7d28e17f72"},
    {LAZ_SHA1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
    {LAZ_SHA256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {LAZ_SHA256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
};

static void known_texts_have_their_published_digests(void **state)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t size = laz_digest_bytes(known[i].kind);
        uint8_t got[LAZ_DIGEST_SIZE_MAX];
        char hex[2 * LAZ_DIGEST_SIZE_MAX + 1];

        assert_int_equal(laz_digest(known[i].kind, laz_view_of(known[i].text), got), LAZ_OK);
        laz_hex_encode(laz_view_from(got, size), hex);
        assert_string_equal(hex, known[i].hex);
    }
}

static void pieces_give_the_digest_of_the_whole(void **state)
{
    static const char text[] =
        "a text that is cut at every place into two pieces, one may be empty";

    for (enum laz_digest kind = LAZ_MD5; kind < LAZ_DIGESTS; kind++) {
        uint8_t whole[LAZ_DIGEST_SIZE_MAX], pieces[LAZ_DIGEST_SIZE_MAX];

        assert_int_equal(laz_digest(kind, laz_view_of(text), whole), LAZ_OK);
        for (size_t cut = 0; cut < sizeof text; cut++) {
            struct laz_digest_job job;
            struct laz_view v = laz_view_of(text);

            assert_int_equal(laz_digest_start(&job, kind), LAZ_OK);
            assert_int_equal(laz_digest_add(&job, laz_view_first(v, cut)), LAZ_OK);
            assert_int_equal(laz_digest_add(&job, laz_view_from_offset(v, cut)), LAZ_OK);
            assert_int_equal(laz_digest_finish(&job, pieces), LAZ_OK);
            assert_memory_equal(whole, pieces, laz_digest_bytes(kind));
        }
    }
}

static void a_job_that_is_over_may_be_dropped_again(void **state)
{
    struct laz_digest_job job;

    assert_int_equal(laz_digest_start(&job, LAZ_SHA256), LAZ_OK);
    laz_digest_drop(&job);
    assert_null(job.context);
    laz_digest_drop(&job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_texts_have_their_published_digests),
        cmocka_unit_test(pieces_give_the_digest_of_the_whole),
        cmocka_unit_test(a_job_that_is_over_may_be_dropped_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
