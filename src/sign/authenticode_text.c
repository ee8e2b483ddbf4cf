#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "sign/authenticode_priv.h"

#define NAME_SIZE      256 /* YARA cuts names here, and rules hold names that were cut */
#define OID_SIZE       128
#define SERIAL_LEN_MAX 20 /* RFC 5280, 4.1.2.2; longer ones are not told */
#define CHAIN_MAX      16 /* certificates; real chains have up to five */

#define RSA_BITS_MAX      8192
#define EXPONENT_BITS_MAX 64
#define OTHER_BITS_MAX    3072 /* of DSA; curves have up to 571 */
#define SHA1_SIZE         20

struct laz_view laz_arena_text(struct laz_arena *arena, const char *text)
{
    char *copy = text == NULL ? NULL : laz_arena_copy(arena, laz_view_of(text));

    return laz_view_from(copy, copy == NULL ? 0 : strlen(text));
}

struct laz_view laz_arena_hex(struct laz_arena *arena, struct laz_view bytes)
{
    char *text = laz_arena_get(arena, 2 * bytes.len + 1);

    if (text == NULL)
        return laz_view_from(NULL, 0);
    laz_hex_encode(bytes, text);
    return laz_view_from(text, 2 * bytes.len);
}

struct laz_view laz_arena_algorithm(struct laz_arena *arena, const ASN1_OBJECT *algorithm)
{
    return laz_arena_text(arena, OBJ_nid2ln(OBJ_obj2nid(algorithm)));
}

struct laz_view laz_asn1_bytes(const ASN1_STRING *s)
{
    int len = s == NULL ? 0 : ASN1_STRING_length(s);

    return len <= 0 ? laz_view_from(NULL, 0) : laz_view_from(ASN1_STRING_get0_data(s), (size_t)len);
}

int64_t laz_asn1_time_s(const ASN1_TIME *t)
{
    struct tm tm = {0};

    return t != NULL && ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

/* OpenSSL puts a backslash before a slash inside a name since version 3; rules have none. */
static void unescape_slashes(char *name)
{
    char *to = name;

    for (const char *from = name; *from != '\0'; from++)
        if (from[0] != '\\' || from[1] != '/')
            *to++ = *from;
    *to = '\0';
}

static struct laz_view name_text(struct laz_arena *arena, const X509_NAME *name)
{
    char text[NAME_SIZE] = "";

    if (name == NULL || X509_NAME_oneline(name, text, sizeof text) == NULL)
        return laz_view_from(NULL, 0);
    unescape_slashes(text);
    return laz_arena_text(arena, text);
}

/* The number's bytes as DER holds them: a 0 before a high first bit, two's complement else. */
static struct laz_view serial_text(struct laz_arena *arena, ASN1_INTEGER *serial)
{
    uint8_t der[SERIAL_LEN_MAX + 2], *end = der;
    char text[3 * SERIAL_LEN_MAX + 1];
    int len = i2d_ASN1_INTEGER(serial, NULL);

    if (len <= 2 || (size_t)len > sizeof der || i2d_ASN1_INTEGER(serial, &end) != len)
        return laz_view_from(NULL, 0);
    for (int i = 2; i < len; i++)
        snprintf(text + (size_t)3 * (size_t)(i - 2), 4, "%02x:", der[i]);
    text[3 * (len - 2) - 1] = '\0'; /* the last colon */
    return laz_arena_text(arena, text);
}

static struct laz_view thumbprint(struct laz_arena *arena, X509 *c)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (X509_digest(c, EVP_sha1(), digest, &len) != 1 || len != SHA1_SIZE)
        return laz_view_from(NULL, 0);
    return laz_arena_hex(arena, laz_view_from(digest, len));
}

bool laz_certificate_describe(X509 *c, struct laz_arena *arena, struct laz_certificate_text *out)
{
    int method = X509_get_signature_nid(c);
    char oid[OID_SIZE] = "";

    OBJ_obj2txt(oid, sizeof oid, OBJ_nid2obj(method), 1);
    out->thumbprint = thumbprint(arena, c);
    out->issuer = name_text(arena, X509_get_issuer_name(c));
    out->subject = name_text(arena, X509_get_subject_name(c));
    out->version = X509_get_version(c) + 1; /* counted from 0 in the certificate */
    out->algorithm = laz_arena_text(arena, OBJ_nid2ln(method));
    out->algorithm_oid = laz_arena_text(arena, oid);
    out->serial = serial_text(arena, X509_get_serialNumber(c));
    out->not_before_s = laz_asn1_time_s(X509_get0_notBefore(c));
    out->not_after_s = laz_asn1_time_s(X509_get0_notAfter(c));
    out->has_mark = laz_certificate_mark_read(c, &out->mark);
    ERR_clear_error();
    return out->subject.data != NULL && out->algorithm_oid.data != NULL;
}

bool laz_certificates_describe(const STACK_OF(X509) * from, struct laz_arena *arena,
                               struct laz_certificate_list *out)
{
    int count = sk_X509_num(from) < LAZ_CERTIFICATES_MAX ? sk_X509_num(from) : LAZ_CERTIFICATES_MAX;
    struct laz_certificate_text *items;

    *out = (struct laz_certificate_list){0};
    if (count <= 0)
        return true;
    items = laz_arena_get_array(arena, (size_t)count, sizeof *items);
    if (items == NULL)
        return false;
    for (int i = 0; i < count; i++)
        if (!laz_certificate_describe(sk_X509_value(from, i), arena, &items[i]))
            return false;
    out->items = items;
    out->count = (uint32_t)count;
    return true;
}

/* Of several that may have issued c, the one that is valid longest. */
static X509 *find_issuer(X509 *c, const STACK_OF(X509) * from)
{
    X509 *best = NULL;

    for (int i = 0; i < sk_X509_num(from) && i < LAZ_CERTIFICATES_MAX; i++) {
        X509 *other = sk_X509_value(from, i);

        if (X509_check_issued(other, c) != X509_V_OK)
            continue;
        if (best == NULL ||
            ASN1_TIME_compare(X509_get0_notAfter(other), X509_get0_notAfter(best)) > 0)
            best = other;
    }
    return best;
}

static bool is_in_chain(X509 *const *chain, uint32_t count, const X509 *c)
{
    for (uint32_t i = 0; i < count; i++)
        if (X509_cmp(chain[i], c) == 0)
            return true;
    return false;
}

static uint32_t walk_chain(X509 *first, const STACK_OF(X509) * from, X509 *chain[CHAIN_MAX])
{
    X509 *next = first;
    uint32_t count = 0;

    while (next != NULL && count < CHAIN_MAX && !is_in_chain(chain, count, next)) {
        chain[count++] = next;
        next = X509_check_issued(next, next) == X509_V_OK ? NULL : find_issuer(next, from);
    }
    return count;
}

/* An RSA check costs a multiplication for each bit of the exponent, which usually has 17. */
static bool exponent_is_usual(const EVP_PKEY *key)
{
    BIGNUM *e = NULL;
    bool ok = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1 &&
              BN_num_bits(e) <= EXPONENT_BITS_MAX;

    BN_free(e);
    return ok;
}

bool laz_certificate_key_is_usual(const X509 *c)
{
    const EVP_PKEY *key = X509_get0_pubkey(c);

    if (key == NULL)
        return false;
    if (EVP_PKEY_is_a(key, "RSA"))
        return EVP_PKEY_get_bits(key) <= RSA_BITS_MAX && exponent_is_usual(key);
    return EVP_PKEY_get_bits(key) <= OTHER_BITS_MAX;
}

uint32_t laz_certificates_proved(X509 *first, const STACK_OF(X509) * from)
{
    X509 *chain[CHAIN_MAX];
    uint32_t count = walk_chain(first, from, chain), proved = 1;

    while (proved < count && laz_certificate_key_is_usual(chain[proved]) &&
           X509_verify(chain[proved - 1], X509_get0_pubkey(chain[proved])) == 1)
        proved++;
    return proved;
}

bool laz_certificates_chain(X509 *first, const STACK_OF(X509) * from, struct laz_arena *arena,
                            struct laz_certificate_list *out)
{
    X509 *chain[CHAIN_MAX];
    struct laz_certificate_text *items;
    uint32_t count = walk_chain(first, from, chain);

    *out = (struct laz_certificate_list){0};
    items = laz_arena_get_array(arena, count, sizeof *items);
    if (items == NULL)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!laz_certificate_describe(chain[i], arena, &items[i]))
            return false;
    out->items = items;
    out->count = count;
    ERR_clear_error();
    return true;
}
