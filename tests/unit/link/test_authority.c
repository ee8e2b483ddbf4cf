#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "sign/authority.h"
#include "sign/digest.h"
#include "sys/clock.h"

#define DAY_MS ((int64_t)86400 * 1000)
#define URI    "urn:lazaret:default:agent:0b6e7a6e-1111-4222-8333-444455556666"

static struct laz_buf make_buf(void)
{
    struct laz_buf b;

    laz_buf_init(&b, LAZ_PEM_MAX);
    return b;
}

static struct laz_authority *make_authority(void)
{
    struct laz_buf certificate = make_buf(), key = make_buf();
    struct laz_authority *a = NULL;

    assert_int_equal(laz_authority_make("Test Hospital", &certificate, &key, NULL), LAZ_OK);
    assert_int_equal(laz_authority_load(laz_buf_view(&certificate), laz_buf_view(&key), &a, NULL),
                     LAZ_OK);
    laz_buf_clear(&certificate);
    laz_buf_clear(&key);
    return a;
}

static void the_pin_is_the_digest_of_the_root(void **state)
{
    LAZ_OWNED(laz_authority_drop) struct laz_authority *a = make_authority();
    struct laz_certificate facts;
    uint8_t pin[LAZ_FINGERPRINT_SIZE];

    laz_authority_pin(a, pin);
    assert_int_equal(laz_certificate_read(laz_authority_certificate(a), &facts, NULL), LAZ_OK);
    assert_memory_equal(pin, facts.fingerprint, sizeof pin);
    assert_true(facts.not_after_ms - facts.not_before_ms > 19 * 365 * DAY_MS);
}

static void a_client_is_named_by_us_and_not_by_its_request(void **state)
{
    LAZ_OWNED(laz_authority_drop) struct laz_authority *a = make_authority();
    struct laz_buf key = make_buf(), csr = make_buf(), certificate = make_buf();
    struct laz_certificate facts;
    int64_t now = laz_now_ms();

    assert_int_equal(laz_key_make(&key, NULL), LAZ_OK);
    assert_int_equal(laz_csr_make(laz_buf_view(&key), "administrator", &csr, NULL), LAZ_OK);
    assert_int_equal(
        laz_authority_issue_client(a, laz_buf_view(&csr), URI, "ward-3", 90, &certificate, NULL),
        LAZ_OK);
    assert_int_equal(laz_certificate_read(laz_buf_view(&certificate), &facts, NULL), LAZ_OK);
    assert_string_equal(facts.uri, URI);
    assert_string_equal(facts.common_name, "ward-3");
    assert_true(facts.not_before_ms <= now);
    assert_in_range(facts.not_after_ms, now + 90 * DAY_MS - 5000, now + 90 * DAY_MS + 5000);
    assert_in_range(laz_certificate_renew_at_ms(&facts), now + 59 * DAY_MS, now + 61 * DAY_MS);
    assert_int_equal(laz_certificate_check(laz_buf_view(&certificate), laz_buf_view(&key),
                                           laz_authority_certificate(a), now, NULL),
                     LAZ_OK);
    laz_buf_clear(&key);
    laz_buf_clear(&csr);
    laz_buf_clear(&certificate);
}

static void a_certificate_is_refused_when_anything_does_not_fit(void **state)
{
    LAZ_OWNED(laz_authority_drop) struct laz_authority *a = make_authority();
    LAZ_OWNED(laz_authority_drop) struct laz_authority *other = make_authority();
    struct laz_buf key = make_buf(), other_key = make_buf(), csr = make_buf();
    struct laz_buf certificate = make_buf();
    struct laz_view c, k;
    int64_t now = laz_now_ms();

    assert_int_equal(laz_key_make(&key, NULL), LAZ_OK);
    assert_int_equal(laz_key_make(&other_key, NULL), LAZ_OK);
    assert_int_equal(laz_csr_make(laz_buf_view(&key), "x", &csr, NULL), LAZ_OK);
    assert_int_equal(
        laz_authority_issue_client(a, laz_buf_view(&csr), URI, "x", 90, &certificate, NULL),
        LAZ_OK);
    c = laz_buf_view(&certificate);
    k = laz_buf_view(&key);
    assert_int_equal(
        laz_certificate_check(c, laz_buf_view(&other_key), laz_authority_certificate(a), now, NULL),
        LAZ_DENIED);
    assert_int_equal(laz_certificate_check(c, k, laz_authority_certificate(other), now, NULL),
                     LAZ_DENIED);
    assert_int_equal(
        laz_certificate_check(c, k, laz_authority_certificate(a), now + 91 * DAY_MS, NULL),
        LAZ_DENIED);
    assert_int_equal(laz_certificate_check(c, k, laz_authority_certificate(a), now - DAY_MS, NULL),
                     LAZ_DENIED);
    assert_int_equal(
        laz_certificate_check(laz_view_of("x"), k, laz_authority_certificate(a), now, NULL),
        LAZ_DAMAGED);
    laz_buf_clear(&key);
    laz_buf_clear(&other_key);
    laz_buf_clear(&csr);
    laz_buf_clear(&certificate);
}

/* An RSA key, made by `openssl req -newkey rsa:1024`: another kind than ours. */
static const char rsa_request[] =
    "-----BEGIN CERTIFICATE REQUEST-----\n"
    "MIIBSzCBtQIBADAMMQowCAYDVQQDDAF4MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCB\n"
    "iQKBgQDbLz9B8OEk/HKWB2hHyw7QlcSdNBCLrZIA15x2dgDgnfDDPUFXyTmD02XK\n"
    "1NlWN4DZ0FiXw1WFLNIouRnCuyytEoQLKUq3FgIIJNdz5uRuOA9VJqMDYOUuNLd5\n"
    "sIJLowOP/+BvFVK+oQ9Gp+9GyxjhB+TLccoQdJgQ78cEePXaQwIDAQABoAAwDQYJ\n"
    "KoZIhvcNAQELBQADgYEALIdtHkEpcNXJngCiaaDFaqkIQ6pXn029f3PSdvce551U\n"
    "Y/1gPHuz+YgHPlj2mAkhi52wrM4TLwBarTHbT2OyaTq3X42z/aPDUT1f4EVrrQhy\n"
    "gKRHf2jh8gTInyR0D5G5afjtXrvU+fmip2ItlOk4/6F5515jxszCjGGZ4ENhm4Q=\n"
    "-----END CERTIFICATE REQUEST-----\n";

static void a_request_of_another_kind_or_damaged_is_refused(void **state)
{
    LAZ_OWNED(laz_authority_drop) struct laz_authority *a = make_authority();
    struct laz_buf key = make_buf(), csr = make_buf(), out = make_buf();
    unsigned refused = 0;

    assert_int_equal(
        laz_authority_issue_client(a, laz_view_of(rsa_request), URI, "x", 90, &out, NULL),
        LAZ_UNSUPPORTED);
    assert_int_equal(laz_authority_issue_client(a, laz_view_of(""), URI, "x", 90, &out, NULL),
                     LAZ_DAMAGED);
    assert_int_equal(laz_key_make(&key, NULL), LAZ_OK);
    assert_int_equal(laz_csr_make(laz_buf_view(&key), "x", &csr, NULL), LAZ_OK);
    for (size_t i = 40; i < csr.len - 40; i++) {
        uint8_t kept = csr.data[i];

        csr.data[i] = kept == 'A' ? 'B' : 'A';
        if (laz_authority_issue_client(a, laz_buf_view(&csr), URI, "x", 90, &out, NULL) != LAZ_OK)
            refused++;
        csr.data[i] = kept;
        laz_buf_reset(&out);
    }
    assert_int_equal(refused, csr.len - 80);
    laz_buf_clear(&key);
    laz_buf_clear(&csr);
    laz_buf_clear(&out);
}

static void only_what_a_certificate_can_carry_is_a_name(void **state)
{
    static const char *const good[] = {"srv-1", "srv_pacs", "console.ward.example", "127.0.0.1",
                                       "::1"};
    static const char *const bad[] = {"",    "(none)", "a b",           "a,b",
                                      "a:b", "ward\n", "h\xc3\xb4pital"};

    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(laz_authority_can_name(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(laz_authority_can_name(bad[i]));
}

static void a_server_certificate_names_hosts_and_addresses_and_brings_its_root(void **state)
{
    static const char *const names[] = {"127.0.0.1", "::1", "localhost", "console.ward.example"};
    static const char *const wrong[] = {"a,DNS:b"};
    LAZ_OWNED(laz_authority_drop) struct laz_authority *a = make_authority();
    struct laz_buf chain = make_buf(), key = make_buf();
    struct laz_view v;

    assert_int_equal(laz_authority_issue_server(a, names, 4, LAZ_SERVER_DAYS, &chain, &key, NULL),
                     LAZ_OK);
    assert_int_equal(laz_certificate_check(laz_buf_view(&chain), laz_buf_view(&key),
                                           laz_authority_certificate(a), laz_now_ms(), NULL),
                     LAZ_OK);
    v = laz_buf_view(&chain);
    assert_true(laz_view_find(v, laz_authority_certificate(a)) < v.len);
    laz_buf_reset(&chain);
    laz_buf_reset(&key);
    assert_int_equal(laz_authority_issue_server(a, wrong, 1, LAZ_SERVER_DAYS, &chain, &key, NULL),
                     LAZ_INVALID);
    laz_buf_clear(&chain);
    laz_buf_clear(&key);
}

static void halves_of_two_authorities_are_none(void **state)
{
    struct laz_buf certificate = make_buf(), key = make_buf(), other = make_buf();
    struct laz_authority *a = NULL;

    assert_int_equal(laz_authority_make("A", &certificate, &key, NULL), LAZ_OK);
    assert_int_equal(laz_key_make(&other, NULL), LAZ_OK);
    assert_int_equal(laz_authority_load(laz_buf_view(&certificate), laz_buf_view(&other), &a, NULL),
                     LAZ_DAMAGED);
    assert_null(a);
    laz_buf_clear(&certificate);
    laz_buf_clear(&key);
    laz_buf_clear(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_pin_is_the_digest_of_the_root),
        cmocka_unit_test(a_client_is_named_by_us_and_not_by_its_request),
        cmocka_unit_test(a_certificate_is_refused_when_anything_does_not_fit),
        cmocka_unit_test(a_request_of_another_kind_or_damaged_is_refused),
        cmocka_unit_test(only_what_a_certificate_can_carry_is_a_name),
        cmocka_unit_test(a_server_certificate_names_hosts_and_addresses_and_brings_its_root),
        cmocka_unit_test(halves_of_two_authorities_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
