#include "sign/clamav.h"

#include <limits.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

#define SIGNATURE_LEN_MAX 512 /* digits of six bits: 3,072 bits */
#define SIGN_FILE_MAX     ((size_t)1 << 20)

const struct laz_clamav_key laz_clamav_key = {
    .modulus =
        "1186409955516453426030700016584531897515277744120277437465994057432431426074641447673"
        "6106064065584474976078889002228342492276248891756555100246777110966959818941043469903"
        "4532232228621591089508178591428456220796841621637175567590476666928698770143328137383"
        "952820383197532047771780196576957695822641224262693037",
    .exponent = "100001027",
    .root = "-----BEGIN CERTIFICATE-----\n"
            "MIIFhTCCA22gAwIBAgIJBJPyuFHF1b7RMA0GCSqGSIb3DQEBDQUAMF8xDjAMBgNV\n"
            "BAsTBUFyYm9yMQ4wDAYDVQQKEwVDaXNjbzE9MDsGA1UEAxM0Q2lzY28gU29mdHdh\n"
            "cmUgSWRlbnRpdHkgUm9vdCBDQSBSU0EgNDA5NiBTSEE1MTIgMjA5OTAgFw0yNDAx\n"
            "MjQxODQ1MjVaGA8yMDk5MDEyNDE4NDUyNVowXzEOMAwGA1UECxMFQXJib3IxDjAM\n"
            "BgNVBAoTBUNpc2NvMT0wOwYDVQQDEzRDaXNjbyBTb2Z0d2FyZSBJZGVudGl0eSBS\n"
            "b290IENBIFJTQSA0MDk2IFNIQTUxMiAyMDk5MIICIjANBgkqhkiG9w0BAQEFAAOC\n"
            "Ag8AMIICCgKCAgEA14hoPbzqZxPr8Wqpq2H+tOib+DkQP80mUP6zAw3uu+eNygd+\n"
            "jOBCenO6B7sp1sqCRT8QBQWQxNHVeVfMQN1vjMrqEMNh/eflVtOGy32UbkuQrVzj\n"
            "2H+G1PtjeMQKa26LD8XPDUIOpj9rzPdjKFFfz13tm21gNIiVSTI34T5BS5BNEQj1\n"
            "b+VQg+0kbANCOOTiTh+H/gxhpXRv8F3VNUrrPxA7a3WF5jhZZoPBns1LuBDW0fQ0\n"
            "av6q/uEWtfxMdSNsAxYWVhO90Nx4khOISA1Fs1h1klGsee5XZkLKdUWedZQzbUz1\n"
            "f7VPRxX+ddcK0Js2VPvxemMf2WaTbkrEi62y/cOaxqDs2xDTWEXrgOYYEfQ+RoeY\n"
            "pbzBCaErqZvCeOgrnXFSHSyyd9+dTOxJuypBH+AWKtmkQMQQ7RQJSkGvrP9NgRxD\n"
            "MXb1U4kpVn7kEEhv6telV9E8R635Zm4h/H9FQyc2LrLOuL5UPewMMWt8HqPbs2Xc\n"
            "n1kTLvpEDciDJDRvu4XuBsjgQMA0rlt5BHAmZdGO5Dq4+ARWAYrzN9+M0dK+0phT\n"
            "T9OOHItIL6wXcIiYLZBJlHfiemCByIcBBEYaRwdt3VP9tTl0F370StI2t1RMDPgt\n"
            "xHcsYqN09QG/tWzwr/yNckFhVs/+UGQWslv2/W6eiKge5REUFuxT6i7V6oUCAwEA\n"
            "AaNCMEAwDgYDVR0PAQH/BAQDAgEGMA8GA1UdEwEB/wQFMAMBAf8wHQYDVR0OBBYE\n"
            "FLd8Wz4X/JJ6Oi/+znsT0DTPuju8MA0GCSqGSIb3DQEBDQUAA4ICAQCZEut7iqp8\n"
            "39u7CHD8zMrvOMmUKtJ7G1MrhkJfdyek8g7ArG74bgcxM3ptwDusdFgKh/mmCj/m\n"
            "FU6TNjsufZ9hAyOE16ZtGflkOrRlihPQThDdGCxQjRsLVQa9S0IDkM1v1ZqvIMEc\n"
            "PJOj3rhvkIJVjpHc0AZQP/TnaT/7dKD1wFOSNYwzdvE2HKVNA8XbeS9TNpHqYPvE\n"
            "2gX6vQ7Pdn9DIF6YOmOuBobmaD1G7WbDz5Kvz5e3FdkzR+K3sGW4Qsr3OLt25dQS\n"
            "H+x7X06fihUxhEgRJJp2cPKABSKVR2hoyzKNEbzgtV25gH7lr+EHA6CQYltkVpyM\n"
            "4v1+PdX1EGY0+rAO+NsRwa6ndFteofJLh9PbvxHp0jGWnT1KF4lhmEyyka9JKbqT\n"
            "yiyGzDsw/YA9NxiAsp/Ex8aYXX1/SeM/kb6dp7tytsHewwflns1jfGqRVyrXQ41x\n"
            "CmmSioBvtZiry8BJTa8xIUWEsBL1pTl2RZrPDAw/qD10K2XJfh5HYFSkIppoIO+9\n"
            "0wN8TYcXbyY+JnU/g32AvkmA3o8lotK6nbwuf7MAFdtPHMA4F8mPM3jADc1uGu9O\n"
            "YweaA1c+P5KEOyr325cgsT04x4oeyvP3c3XMLpDpSgbzhfc9WyLYCf3R3jHlst1A\n"
            "KaDwBk2xoE3knxihYjbcRfjaaYdUkWY4mg==\n"
            "-----END CERTIFICATE-----\n",
};

/* A digit of a signature: the first one weighs least (cli_ndecode of libclamav/dsig.c). */
static int digit_value(uint8_t c)
{
    if (c >= 'a' && c <= 'z')
        return c - 'a';
    if (c >= 'A' && c <= 'Z')
        return c - 'A' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static bool read_signature(struct laz_view text, BIGNUM *out)
{
    if (text.len == 0 || text.len > SIGNATURE_LEN_MAX)
        return false;
    BN_zero(out);
    for (size_t i = text.len; i-- > 0;) {
        int digit = digit_value(text.data[i]);

        if (digit < 0 || !BN_lshift(out, out, 6) || !BN_add_word(out, (BN_ULONG)digit))
            return false;
    }
    return true;
}

/* The signed number's lowest bytes are the digest. */
static bool ends_with(const BIGNUM *number, const uint8_t md5[LAZ_CLAMAV_MD5_SIZE])
{
    uint8_t bytes[SIGNATURE_LEN_MAX];
    int len = BN_num_bytes(number);

    if (len > (int)sizeof bytes || BN_bn2binpad(number, bytes, (int)sizeof bytes) < 0)
        return false;
    return memcmp(bytes + sizeof bytes - LAZ_CLAMAV_MD5_SIZE, md5, LAZ_CLAMAV_MD5_SIZE) == 0;
}

bool laz_clamav_is_signed(const struct laz_clamav_key *key, const uint8_t md5[LAZ_CLAMAV_MD5_SIZE],
                          struct laz_view signature)
{
    BN_CTX *context = BN_CTX_new();
    BIGNUM *modulus = NULL, *exponent = NULL, *number = BN_new();
    bool ok = context != NULL && number != NULL && BN_dec2bn(&modulus, key->modulus) != 0 &&
              BN_dec2bn(&exponent, key->exponent) != 0 && read_signature(signature, number) &&
              BN_cmp(number, modulus) < 0 &&
              BN_mod_exp(number, number, exponent, modulus, context) && ends_with(number, md5);

    BN_free(modulus);
    BN_free(exponent);
    BN_free(number);
    BN_CTX_free(context);
    ERR_clear_error();
    return ok;
}

static X509_STORE *make_store(const struct laz_clamav_key *key)
{
    BIO *text = BIO_new_mem_buf(key->root, -1);
    X509 *root = text == NULL ? NULL : PEM_read_bio_X509(text, NULL, NULL, NULL);
    X509_STORE *store = X509_STORE_new();
    bool ok = root != NULL && store != NULL && X509_STORE_add_cert(store, root) == 1 &&
              X509_STORE_set_purpose(store, X509_PURPOSE_ANY) == 1;

    BIO_free(text);
    X509_free(root);
    if (ok)
        return store;
    X509_STORE_free(store);
    return NULL;
}

static PKCS7 *read_pkcs7(struct laz_view base64)
{
    uint8_t *bytes = malloc(base64.len + 1);
    const uint8_t *at = bytes;
    PKCS7 *p = NULL;
    int len = 0;

    if (bytes != NULL && base64.len > 0)
        len = EVP_DecodeBlock(bytes, base64.data, (int)base64.len);
    if (len > 0) /* padding stands behind the structure's end and is not read */
        p = d2i_PKCS7(NULL, &at, len);
    free(bytes);
    return p;
}

static bool check_one(const struct laz_clamav_key *key, struct laz_view base64,
                      struct laz_view content)
{
    X509_STORE *store = make_store(key);
    PKCS7 *p = store == NULL ? NULL : read_pkcs7(base64);
    BIO *in =
        p == NULL || content.len > INT_MAX ? NULL : BIO_new_mem_buf(content.data, (int)content.len);
    bool ok = in != NULL && PKCS7_type_is_signed(p) && PKCS7_get_detached(p) != 0 &&
              PKCS7_verify(p, NULL, store, in, NULL, PKCS7_BINARY) == 1;

    BIO_free(in);
    PKCS7_free(p);
    X509_STORE_free(store);
    ERR_clear_error();
    return ok;
}

/* MIN:MAX:pkcs7-pem:BASE64. False when the line is no signature; *base64 is empty when it is not
 * for this level or of a kind that is not known. */
static bool read_sign_line(struct laz_view line, uint32_t level, struct laz_view *base64)
{
    struct laz_view min, max, kind;
    uint64_t low, high = UINT32_MAX;

    *base64 = (struct laz_view){0};
    if (!laz_take_until(&line, ':', &min) || !laz_take_until(&line, ':', &max) ||
        !laz_take_until(&line, ':', &kind) || !laz_parse_u64(min, UINT32_MAX, &low) ||
        (max.len > 0 && !laz_parse_u64(max, UINT32_MAX, &high)))
        return false;
    if (low <= level && level <= high && laz_view_equal_text(kind, "pkcs7-pem"))
        *base64 = line;
    return true;
}

enum laz_status laz_clamav_check_detached(const struct laz_clamav_key *key,
                                          struct laz_view sign_file, const char *name,
                                          struct laz_view content, uint32_t level,
                                          struct laz_error *err)
{
    struct laz_view rest = laz_view_first(sign_file, SIGN_FILE_MAX), line, base64;
    uint32_t number = 1;

    if (!laz_take_until(&rest, '\n', &line) ||
        !laz_view_equal_text(laz_view_trim(line), "#clamsign-1.0"))
        return laz_fail_at(err, LAZ_DAMAGED, "pack", name, 1, 1, "expected #clamsign-1.0", "");
    while (laz_take_until(&rest, '\n', &line)) {
        number++;
        line = laz_view_trim(line);
        if (line.len == 0 || line.data[0] == '#')
            continue;
        if (!read_sign_line(line, level, &base64))
            return laz_fail_at(err, LAZ_DAMAGED, "pack", name, number, 1,
                               "expected MIN:MAX:pkcs7-pem:SIGNATURE", "");
        if (base64.len > 0 && check_one(key, base64, content))
            return LAZ_OK;
    }
    return laz_fail(err, LAZ_DENIED, "pack", name, "holds no signature of the pack beside it",
                    "get both again from one place");
}
