/* Packs of ClamAV's lists: signed by a key of the test's own, and everything that is wrong with
 * one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/bn.h>

#include "base/text.h"
#include "rules/pack.h"
#include "sign/digest.h"
#include "torture.h"

/* An RSA key of 512 bits, made for this test alone. */
#define MODULUS                                                                                    \
    "1151148686802294213530632824498384573463222719609986866573524811974632311604458920938270"     \
    "2659668438532473145888737322377528544292297361678633027417729363311"
#define PRIVATE                                                                                    \
    "1673580525176962519877301303358501032387443134785534105118108001357141258368109637766879"     \
    "146078258465088767281640400309968166488579382131524935072496680961"

static const struct laz_clamav_key test_key = {.modulus = MODULUS, .exponent = "65537", .root = ""};

/* A file in a tape: its name, its size, its bytes (POSIX.1, ustar). */
static void add_file(struct laz_buf *tape, const char *name, const char *text)
{
    size_t len = strlen(text), start = tape->len;
    unsigned sum = 0;
    uint8_t *head;
    char field[32];

    assert_int_equal(laz_buf_extend(tape, 512, &head), LAZ_OK);
    memcpy(head, name, strlen(name));
    memcpy(head + 100, "0000644", 7);
    memcpy(head + 108, "0000000", 7);
    memcpy(head + 116, "0000000", 7);
    snprintf(field, sizeof field, "%011zo", len);
    memcpy(head + 124, field, 11);
    memcpy(head + 136, "00000000000", 11);
    memset(head + 148, ' ', 8);
    head[156] = '0';
    memcpy(head + 257, "ustar", 6);
    memcpy(head + 263, "00", 2);
    for (size_t i = 0; i < 512; i++)
        sum += head[i];
    snprintf(field, sizeof field, "%06o", sum);
    memcpy(head + 148, field, 7);
    assert_int_equal(laz_buf_add_text(tape, text), LAZ_OK);
    while ((tape->len - start) % 512 != 0)
        assert_int_equal(laz_buf_add_u8(tape, 0), LAZ_OK);
}

/* The digits of md5 raised to the key's private exponent. */
static void sign(const uint8_t md5[16], char out[200])
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/";
    BN_CTX *context = BN_CTX_new();
    BIGNUM *n = NULL, *d = NULL, *m = BN_bin2bn(md5, 16, NULL);
    size_t len = 0;

    assert_true(BN_dec2bn(&n, MODULUS) > 0 && BN_dec2bn(&d, PRIVATE) > 0);
    assert_int_equal(BN_mod_exp(m, m, d, n, context), 1);
    while (!BN_is_zero(m))
        out[len++] = digits[BN_div_word(m, 64)];
    out[len] = '\0';
    BN_free(n);
    BN_free(d);
    BN_free(m);
    BN_CTX_free(context);
}

static void make_pack(struct laz_buf *out, bool is_signed)
{
    struct laz_buf tape;
    uint8_t md5[LAZ_DIGEST_SIZE_MAX], *rest;
    char signature[200] = "X", digits[2 * 16 + 1] = "X";

    laz_buf_init(&tape, 65536);
    add_file(&tape, "COPYING", "words\n");
    add_file(&tape, "test.ndb", "T.Body:0:*:4142434445464748\nT.Left:0:*:5152535455565758\n");
    add_file(&tape, "test.ign2", "T.Left\n");
    add_file(&tape, "test.ldb", "T.Logical;Engine:51-255,Target:0;0&1;41424344;45464748\n");
    assert_int_equal(laz_buf_extend(&tape, 1024, &rest), LAZ_OK);
    assert_int_equal(laz_digest(LAZ_MD5, laz_buf_view(&tape), md5), LAZ_OK);
    if (is_signed) {
        sign(md5, signature);
        laz_hex_encode(laz_view_from(md5, 16), digits);
    }
    laz_buf_init(out, 131072);
    laz_ignore(laz_buf_addf(out, "ClamAV-VDB:24 Nov 2026 08-00 +0000:7:3:90:%s:%s:test:1", digits,
                            signature));
    while (out->len < 512)
        assert_int_equal(laz_buf_add_u8(out, ' '), LAZ_OK);
    assert_int_equal(laz_buf_add(out, laz_buf_view(&tape)), LAZ_OK);
    laz_buf_clear(&tape);
}

static enum laz_status read_pack(struct laz_ruleset *set, const char *name, struct laz_view bytes,
                                 bool is_unsigned, struct laz_error *err)
{
    struct laz_pack pack = {.source = {.name = name, .text = bytes, .is_unsigned = is_unsigned},
                            .key = &test_key};
    struct laz_source_options options = {.skipped = NULL};
    enum laz_status s = laz_pack_prepare(set, &pack, err);

    return s == LAZ_OK ? laz_pack_read(set, &pack, &options, err) : s;
}

static void a_signed_pack_is_taken_list_by_list(void **state)
{
    struct laz_ruleset set;
    struct laz_buf pack;
    struct laz_error err;

    make_pack(&pack, true);
    laz_ruleset_init(&set);
    assert_int_equal(read_pack(&set, "test.cvd", laz_buf_view(&pack), false, &err), LAZ_OK);
    assert_int_equal(set.rules.count, 2);
    assert_int_equal(set.fates[LAZ_CLAMAV_BODIES][LAZ_FATE_TAKEN], 1);
    assert_int_equal(set.fates[LAZ_CLAMAV_BODIES][LAZ_FATE_IGNORED], 1);
    assert_string_equal(
        laz_ruleset_text_at(&set, laz_list_at(struct laz_ir_rule, &set.rules, 1)->source),
        "test.cvd/test.ldb");
    laz_ruleset_clear(&set);
    laz_buf_clear(&pack);
}

/* Nothing is taken of one with a single changed byte, wherever it is. */
static void a_changed_pack_is_refused(void **state)
{
    struct laz_buf pack;

    make_pack(&pack, true);
    for (size_t i = 0; i < pack.len; i += i < 512 ? 1 : 97) {
        struct laz_ruleset set;
        struct laz_error err = {.status = LAZ_OK};
        bool matters = i >= 512 || (i >= 42 && i < 155); /* the MD5 and its signature */

        if (!matters)
            continue;
        pack.data[i] ^= 1;
        laz_ruleset_init(&set);
        assert_int_not_equal(read_pack(&set, "test.cvd", laz_buf_view(&pack), false, &err), LAZ_OK);
        assert_int_equal(set.rules.count, 0);
        assert_string_not_equal(err.why, "");
        laz_ruleset_clear(&set);
        pack.data[i] ^= 1;
    }
    laz_buf_clear(&pack);
}

static void a_cut_pack_is_refused(void **state)
{
    struct laz_buf pack;

    make_pack(&pack, true);
    for (size_t len = 0; len < pack.len; len += 61) {
        struct laz_ruleset set;
        struct laz_error err;

        laz_ruleset_init(&set);
        assert_int_not_equal(
            read_pack(&set, "test.cvd", laz_view_first(laz_buf_view(&pack), len), false, &err),
            LAZ_OK);
        assert_int_equal(set.rules.count, 0);
        laz_ruleset_clear(&set);
    }
    laz_buf_clear(&pack);
}

static void what_carries_no_signature_needs_a_good_folder(void **state)
{
    static const struct {
        const char *name;
        bool is_signed, is_unsigned;
        enum laz_status expected;
    } cases[] = {
        {"test.cld", false, true, LAZ_OK},      {"test.cud", false, true, LAZ_OK},
        {"test.cld", false, false, LAZ_DENIED}, {"test.cvd", false, true, LAZ_DAMAGED},
        {"test.cvd", true, true, LAZ_OK},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct laz_ruleset set;
        struct laz_buf pack;
        struct laz_error err;

        make_pack(&pack, cases[i].is_signed);
        laz_ruleset_init(&set);
        assert_int_equal(
            read_pack(&set, cases[i].name, laz_buf_view(&pack), cases[i].is_unsigned, &err),
            cases[i].expected);
        laz_ruleset_clear(&set);
        laz_buf_clear(&pack);
    }
}

static void the_published_key_signs_nothing_of_ours(void **state)
{
    uint8_t md5[16] = {1};

    assert_false(laz_clamav_is_signed(&laz_clamav_key, md5, laz_view_of("abc")));
    assert_false(laz_clamav_is_signed(&laz_clamav_key, md5, laz_view_of("")));
    assert_false(laz_clamav_is_signed(&laz_clamav_key, md5, laz_view_of("a b")));
}

static void memory_may_run_out(void **state)
{
    struct laz_buf pack;

    make_pack(&pack, true);
    TORTURE({
        struct laz_ruleset set;
        struct laz_error err;

        laz_ruleset_init(&set);
        if (read_pack(&set, "test.cvd", laz_buf_view(&pack), false, &err) == LAZ_OK)
            assert_int_equal(set.rules.count, 2);
        laz_ruleset_clear(&set);
    });
    laz_buf_clear(&pack);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signed_pack_is_taken_list_by_list),
        cmocka_unit_test(a_changed_pack_is_refused),
        cmocka_unit_test(a_cut_pack_is_refused),
        cmocka_unit_test(what_carries_no_signature_needs_a_good_folder),
        cmocka_unit_test(the_published_key_signs_nothing_of_ours),
        cmocka_unit_test(memory_may_run_out),
    };

    laz_digest_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
