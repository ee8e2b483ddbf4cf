/* What ClamAV's lists call a certificate by (its manual, "Trusted and Revoked Certificates"; that
 * digests are of the content without its head was seen with clamscan 1.4.6). */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "sign/authenticode_priv.h"
#include "sign/digest.h"

#define MODULUS_MAX 2048 /* bytes: 16384 bits, as OpenSSL has it */

bool laz_certificate_mark(const uint8_t *subject, const uint8_t *serial, struct laz_view modulus,
                          uint8_t out[LAZ_CERTIFICATE_MARK_SIZE])
{
    uint8_t bytes[2 * LAZ_SHA1_SIZE + MODULUS_MAX] = {0};

    while (modulus.len > 0 && modulus.data[0] == 0)
        modulus = laz_view_from_offset(modulus, 1);
    if (modulus.len == 0 || modulus.len > MODULUS_MAX)
        return false;
    memcpy(bytes, subject, LAZ_SHA1_SIZE);
    if (serial != NULL)
        memcpy(bytes + LAZ_SHA1_SIZE, serial, LAZ_SHA1_SIZE);
    memcpy(bytes + 2 * LAZ_SHA1_SIZE, modulus.data, modulus.len);
    return laz_digest(LAZ_SHA256, laz_view_from(bytes, 2 * LAZ_SHA1_SIZE + modulus.len), out) ==
           LAZ_OK;
}

static bool subject_digest(const X509 *c, uint8_t out[LAZ_SHA1_SIZE])
{
    struct laz_view whole, content;
    const unsigned char *der;
    size_t len;
    uint8_t tag;

    if (X509_NAME_get0_der(X509_get_subject_name(c), &der, &len) != 1)
        return false;
    whole = laz_view_from(der, len);
    return laz_take_der(&whole, &tag, &content) && laz_digest(LAZ_SHA1, content, out) == LAZ_OK;
}

static bool serial_digest(X509 *c, uint8_t out[LAZ_SHA1_SIZE])
{
    unsigned char *der = NULL;
    int len = i2d_ASN1_INTEGER(X509_get_serialNumber(c), &der);
    struct laz_view whole = laz_view_from(der, len < 0 ? 0 : (size_t)len), content;
    uint8_t tag;
    bool ok = laz_take_der(&whole, &tag, &content) && laz_digest(LAZ_SHA1, content, out) == LAZ_OK;

    OPENSSL_free(der);
    return ok;
}

static size_t modulus_of(const X509 *c, uint8_t out[MODULUS_MAX])
{
    EVP_PKEY *key = X509_get0_pubkey(c);
    BIGNUM *n = NULL;
    int len = -1;

    if (key != NULL && EVP_PKEY_is_a(key, "RSA") &&
        EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) == 1 &&
        BN_num_bytes(n) <= MODULUS_MAX)
        len = BN_bn2bin(n, out);
    BN_free(n);
    return len < 0 ? 0 : (size_t)len;
}

bool laz_certificate_mark_read(X509 *c, struct laz_certificate_mark *out)
{
    uint8_t subject[LAZ_SHA1_SIZE], serial[LAZ_SHA1_SIZE], modulus[MODULUS_MAX];
    struct laz_view key = laz_view_from(modulus, modulus_of(c, modulus));

    return key.len > 0 && subject_digest(c, subject) && serial_digest(c, serial) &&
           laz_certificate_mark(subject, serial, key, out->exact) &&
           laz_certificate_mark(subject, NULL, key, out->any_serial);
}
