#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "pe_cases.h"
#include "pe_sign.h"
#include "sign/authenticode.h"
#include "torture.h"

#define ARENA_MAX ((size_t)16 * 1024 * 1024)

#define SIGNER_LINES                                                                               \
    "pe.is_signed = 1\n"                                                                           \
    "pe.signatures[0].subject = \"/C=FR/O=Tests / Built/CN=Signer of Tests\"\n"                    \
    "pe.signatures[0].issuer = \"/C=FR/O=Tests / Built/CN=Root of Tests\"\n"                       \
    "pe.signatures[0].version = 3\n"                                                               \
    "pe.signatures[0].algorithm = \"ecdsa-with-SHA256\"\n"                                         \
    "pe.signatures[0].algorithm_oid = \"1.2.840.10045.4.3.2\"\n"                                   \
    "pe.signatures[0].serial = \"22:02\"\n"                                                        \
    "pe.signatures[0].not_before = 1699999000\n"                                                   \
    "pe.signatures[0].not_after = 1700001000\n"                                                    \
    "pe.signatures[0].valid_on(1699998999) = 0\n"                                                  \
    "pe.signatures[0].valid_on(1699999000) = 1\n"                                                  \
    "pe.signatures[0].valid_on(1700001000) = 1\n"                                                  \
    "pe.signatures[0].valid_on(1700001001) = 0\n"                                                  \
    "pe.signatures[0].verified = 1\n"                                                              \
    "pe.signatures[0].digest_alg = \"sha256\"\n"                                                   \
    "pe.signatures[0].signer_info.digest_alg = \"sha256\"\n"                                       \
    "pe.signatures[0].signer_info.length_of_chain = 2\n"                                           \
    "pe.signatures[0].signer_info.chain[#] = 2\n"                                                  \
    "pe.signatures[0].signer_info.chain[1].subject = \"/C=FR/O=Tests / Built/CN=Root of Tests\"\n" \
    "pe.signatures[0].signer_info.chain[1].serial = \"11\"\n"                                      \
    "pe.signatures[0].signer_info.chain[2].serial = undefined\n"

static void signatures_tell_who_signed(void **state)
{
    static const struct {
        struct pe_signing how;
        const char *lines;
    } cases[] = {
        {{PE_STAMP_NONE, false, NULL},
         "pe.number_of_signatures = 1\n"
         "pe.signatures[#] = 1\n"
         "pe.signatures[0].number_of_certificates = 2\n"
         "pe.signatures[0].certificates[2].subject = undefined\n"
         "pe.signatures[0].signer_info.program_name = undefined\n"
         "pe.signatures[0].number_of_countersignatures = 0\n"
         "pe.signatures[0].countersignatures[0].verified = "
         "undefined\n"
         "pe.signatures[1].subject = undefined\n"},
        {{PE_STAMP_PKCS9, false, "Built Program"},
         "pe.number_of_signatures = 1\n"
         "pe.signatures[0].number_of_certificates = 3\n"
         "pe.signatures[0].signer_info.program_name = \"Built Program\"\n"
         "pe.signatures[0].number_of_countersignatures = 1\n"
         "pe.signatures[0].countersignatures[#] = 1\n"
         "pe.signatures[0].countersignatures[0].verified = 1\n"
         "pe.signatures[0].countersignatures[0].sign_time = 1700000000\n"
         "pe.signatures[0].countersignatures[0].digest_alg = \"sha256\"\n"
         "pe.signatures[0].countersignatures[0].length_of_chain = 2\n"
         "pe.signatures[0].countersignatures[0].chain[0].subject = \"/C=FR/O=Tests / "
         "Built/CN=Old Stamps\"\n"
         "pe.signatures[0].countersignatures[0].chain[1].serial = \"11\"\n"},
        {{PE_STAMP_RFC3161, true, NULL},
         "pe.number_of_signatures = 2\n"
         "pe.signatures[0].number_of_certificates = 3\n"
         "pe.signatures[0].number_of_countersignatures = 1\n"
         "pe.signatures[0].countersignatures[0].verified = 1\n"
         "pe.signatures[0].countersignatures[0].sign_time = 1700000000\n"
         "pe.signatures[0].countersignatures[0].chain[#] = 1\n"
         "pe.signatures[0].countersignatures[0].chain[0].serial = \"44\"\n"
         "pe.signatures[1].verified = 1\n"
         "pe.signatures[1].subject = \"/C=FR/O=Tests / Built/CN=Signer of Tests\"\n"
         "pe.signatures[2].subject = undefined\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pe_case c;

        pe_case_open(&c, &(struct pe_shape){i != 1, PE_IMPORTS});
        assert_true(pe_sign(&c.program, &cases[i].how));
        pe_case_restart(&c);
        pe_case_check(&c, cases[i].lines);
        pe_case_check(&c, SIGNER_LINES);
        pe_case_close(&c);
    }
}

/* Checking one of RSA with such an exponent takes long, and a file may hold
 * many. */
static void keys_that_are_slow_on_purpose_prove_nothing(void **state)
{
    struct pe_case c;

    (void)state;
    pe_case_open(&c, &(struct pe_shape){true, 0});
    assert_true(pe_sign(&c.program, &(struct pe_signing){.has_slow_key = true}));
    pe_case_restart(&c);
    pe_case_check(&c, "pe.number_of_signatures = 1\n"
                      "pe.is_signed = 0\n"
                      "pe.signatures[0].verified = 0\n");
    pe_case_close(&c);
}

/* A byte of the program that the signature does not leave out. */
static void a_changed_program_is_not_verified(void **state)
{
    struct pe_case c;

    (void)state;
    pe_case_open(&c, &(struct pe_shape){true, 0});
    assert_true(pe_sign(&c.program, &(struct pe_signing){PE_STAMP_PKCS9, true, NULL}));
    c.program.data[PE_TEXT_PLACE + 1] ^= 1;
    pe_case_restart(&c);
    pe_case_check(&c, "pe.number_of_signatures = 2\n"
                      "pe.is_signed = 0\n"
                      "pe.signatures[0].verified = 0\n"
                      "pe.signatures[1].verified = 0\n"
                      "pe.signatures[0].countersignatures[0].verified = 1\n");
    c.program.data[PE_TEXT_PLACE + 1] ^= 1;
    pe_patch(&c.program, 0x80 + 24 + 64, 0xABCDEF); /* the checksum may change */
    pe_case_restart(&c);
    pe_case_check(&c, "pe.is_signed = 1\n");
    pe_case_close(&c);
}

static struct laz_authenticode_list read_message(const struct laz_buf *message,
                                                 struct laz_arena *arena)
{
    static const uint8_t content[] = "what is signed";
    struct laz_signed_parts parts = {.parts = {{content, sizeof content}}, .count = 1};
    struct laz_authenticode_list list;

    laz_ignore(!laz_authenticode_read(laz_buf_view(message), &parts, arena,
                                      &list)); /* what was read before is there */
    return list;
}

static void make_message(struct laz_buf *out, const struct pe_signing *how)
{
    static const uint8_t digest[32] = {1, 2, 3};

    laz_buf_init(out, PE_BUILD_MAX);
    assert_true(pe_sign_message(digest, how, out));
}

static void messages_may_end_at_every_byte_and_lie(void **state)
{
    static const uint8_t changes[] = {0x01, 0x80};
    struct laz_arena *arena = laz_arena_new(ARENA_MAX);
    struct laz_buf message;

    (void)state;
    make_message(&message, &(struct pe_signing){PE_STAMP_PKCS9, true, "x"});
    for (size_t i = 0; i < message.len; i++) {
        struct laz_buf part;

        laz_buf_init(&part, PE_BUILD_MAX);
        laz_buf_add(&part, laz_view_from(message.data, i));
        assert_int_equal(read_message(&part, arena).count, 0);
        laz_buf_clear(&part);
        for (size_t j = 0; j < sizeof changes; j++) {
            message.data[i] ^= changes[j];
            assert_true(read_message(&message, arena).count <= LAZ_AUTHENTICODE_MAX);
            message.data[i] ^= changes[j];
        }
        laz_arena_reset(arena);
    }
    laz_buf_clear(&message);
    laz_arena_free(arena);
}

static void stamps_may_lie(void **state)
{
    struct laz_arena *arena = laz_arena_new(ARENA_MAX);
    struct laz_buf message;

    (void)state;
    make_message(&message, &(struct pe_signing){PE_STAMP_RFC3161, false, NULL});
    for (size_t i = 0; i < message.len; i++) {
        message.data[i] ^= 0x04;
        assert_true(read_message(&message, arena).count <= 1);
        message.data[i] ^= 0x04;
        laz_arena_reset(arena);
    }
    laz_buf_clear(&message);
    laz_arena_free(arena);
}

/* Of many signatures in one another the first LAZ_AUTHENTICODE_MAX are read. */
static void a_large_message_is_not_read(void **state)
{
    struct laz_arena *arena = laz_arena_new(ARENA_MAX);
    struct laz_authenticode_list list;
    struct laz_buf message;
    uint8_t *more;

    (void)state;
    make_message(&message, &(struct pe_signing){0});
    message.max = 2 * LAZ_AUTHENTICODE_BYTES_MAX;
    assert_int_equal(read_message(&message, arena).count, 1);
    assert_int_equal(laz_buf_extend(&message, LAZ_AUTHENTICODE_BYTES_MAX - message.len, &more),
                     LAZ_OK);
    assert_int_equal(read_message(&message, arena).count, 1); /* what follows is not looked at */
    laz_buf_add_u8(&message, 0);
    assert_true(laz_authenticode_read(laz_buf_view(&message), NULL, arena, &list));
    assert_int_equal(list.count, 0);
    laz_buf_clear(&message);
    laz_arena_free(arena);
}

static void a_full_arena_is_told(void **state)
{
    struct laz_authenticode_list list;
    struct laz_buf message;
    bool ok = false;

    (void)state;
    make_message(&message, &(struct pe_signing){PE_STAMP_RFC3161, true, "x"});
    for (size_t max = 0; max < 24 * 1024; max += 256) {
        struct laz_arena *arena = laz_arena_new(max);

        assert_non_null(arena);
        ok = laz_authenticode_read(laz_buf_view(&message), NULL, arena, &list);
        laz_arena_free(arena);
    }
    assert_true(ok);
    assert_int_equal(list.count, 2);
    laz_buf_clear(&message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signatures_tell_who_signed),
        cmocka_unit_test(keys_that_are_slow_on_purpose_prove_nothing),
        cmocka_unit_test(a_changed_program_is_not_verified),
        cmocka_unit_test(messages_may_end_at_every_byte_and_lie),
        cmocka_unit_test(stamps_may_lie),
        cmocka_unit_test(a_large_message_is_not_read),
        cmocka_unit_test(a_full_arena_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
