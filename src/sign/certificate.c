#include "sign/certificate.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "sign/certificate_priv.h"
#include "sign/digest.h"

#define MS_PER_SECOND 1000

enum laz_status laz_key_make(struct laz_buf *pem, struct laz_error *err)
{
    LAZ_OWNED(laz_pkey_drop) EVP_PKEY *key = laz_p256_new();

    if (key == NULL || laz_add_pem_key(pem, key) != LAZ_OK)
        return laz_fail_openssl(err, LAZ_NOMEM, "key", "free some memory");
    return LAZ_OK;
}

static bool fill_request(X509_REQ *r, EVP_PKEY *key, const char *common_name)
{
    X509_NAME *name = X509_REQ_get_subject_name(r);

    return X509_REQ_set_version(r, X509_REQ_VERSION_1) == 1 &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const uint8_t *)common_name, -1,
                                      -1, 0) == 1 &&
           X509_REQ_set_pubkey(r, key) == 1 && X509_REQ_sign(r, key, EVP_sha256()) > 0;
}

enum laz_status laz_csr_make(struct laz_view key_pem, const char *common_name,
                             struct laz_buf *csr_pem, struct laz_error *err)
{
    LAZ_OWNED(laz_pkey_drop) EVP_PKEY *key = laz_pem_key(key_pem);
    LAZ_OWNED(laz_x509_req_drop) X509_REQ *r = X509_REQ_new();

    if (key == NULL)
        return laz_fail(err, LAZ_DAMAGED, "key", "", "cannot be read", "enrol again");
    if (r == NULL || !fill_request(r, key, common_name))
        return laz_fail_openssl(err, LAZ_INVALID, "certificate request", "");
    if (laz_add_pem_request(csr_pem, r) != LAZ_OK)
        return laz_fail_openssl(err, LAZ_NOMEM, "certificate request", "");
    return LAZ_OK;
}

EVP_PKEY *laz_request_key(X509_REQ *r)
{
    EVP_PKEY *key = X509_REQ_get0_pubkey(r);
    bool ok = key != NULL && X509_REQ_verify(r, key) == 1;

    ERR_clear_error();
    return ok ? key : NULL;
}

enum laz_status laz_csr_key_digest(struct laz_view csr_pem, uint8_t out[LAZ_FINGERPRINT_SIZE],
                                   struct laz_error *err)
{
    LAZ_OWNED(laz_x509_req_drop) X509_REQ *r = laz_pem_request(csr_pem);
    EVP_PKEY *key = r == NULL ? NULL : laz_request_key(r);
    uint8_t *der = NULL;
    int len = key == NULL ? 0 : i2d_PUBKEY(key, &der);
    enum laz_status s;

    if (len <= 0) {
        ERR_clear_error();
        return laz_fail(err, LAZ_DAMAGED, "certificate request", "",
                        "cannot be read or is not signed by its own key", "");
    }
    s = laz_digest(LAZ_SHA256, laz_view_from(der, (size_t)len), out);
    OPENSSL_free(der);
    return s == LAZ_OK ? s : laz_fail(err, s, "certificate request", "", "no memory", "");
}

static int64_t time_ms(const ASN1_TIME *t)
{
    struct tm tm = {0};

    return ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) * MS_PER_SECOND : 0;
}

/* The name's text when it is short enough and holds no NUL; else "". */
static void copy_asn1(const ASN1_STRING *from, char *out, size_t size)
{
    const uint8_t *data = from == NULL ? NULL : ASN1_STRING_get0_data(from);
    int len = from == NULL ? 0 : ASN1_STRING_length(from);

    out[0] = '\0';
    if (data == NULL || len <= 0 || (size_t)len >= size || memchr(data, 0, (size_t)len) != NULL)
        return;
    memcpy(out, data, (size_t)len);
    out[len] = '\0';
}

/* Two URIs would leave open which one counts: then none does. */
static void copy_only_uri(const X509 *c, char *out, size_t size)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(c, NID_subject_alt_name, NULL, NULL);
    const ASN1_STRING *uri = NULL;
    int count = 0;

    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

        if (name->type != GEN_URI)
            continue;
        uri = name->d.uniformResourceIdentifier;
        count++;
    }
    copy_asn1(count == 1 ? uri : NULL, out, size);
    GENERAL_NAMES_free(names);
}

static void copy_serial(const X509 *c, char *out, size_t size)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(c);
    int len = serial == NULL ? 0 : ASN1_STRING_length(serial);

    out[0] = '\0';
    if (len > 0 && 2 * (size_t)len < size)
        laz_hex_encode(laz_view_from(ASN1_STRING_get0_data(serial), (size_t)len), out);
}

static void copy_common_name(const X509 *c, char *out, size_t size)
{
    const X509_NAME *name = X509_get_subject_name(c);
    int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    const X509_NAME_ENTRY *entry = at < 0 ? NULL : X509_NAME_get_entry(name, at);

    copy_asn1(entry == NULL ? NULL : X509_NAME_ENTRY_get_data(entry), out, size);
}

enum laz_status laz_certificate_facts(X509 *c, struct laz_certificate *out)
{
    unsigned len = 0;

    *out = (struct laz_certificate){
        .not_before_ms = time_ms(X509_get0_notBefore(c)),
        .not_after_ms = time_ms(X509_get0_notAfter(c)),
    };
    if (X509_digest(c, EVP_sha256(), out->fingerprint, &len) != 1 || len != LAZ_FINGERPRINT_SIZE)
        return LAZ_NOMEM;
    copy_only_uri(c, out->uri, sizeof out->uri);
    copy_serial(c, out->serial, sizeof out->serial);
    copy_common_name(c, out->common_name, sizeof out->common_name);
    ERR_clear_error();
    return LAZ_OK;
}

enum laz_status laz_certificate_read(struct laz_view pem, struct laz_certificate *out,
                                     struct laz_error *err)
{
    LAZ_OWNED(laz_x509_drop) X509 *c = laz_pem_certificate(pem);

    if (c == NULL)
        return laz_fail(err, LAZ_DAMAGED, "certificate", "", "cannot be read", "");
    if (laz_certificate_facts(c, out) != LAZ_OK)
        return laz_fail_openssl(err, LAZ_NOMEM, "certificate", "");
    return LAZ_OK;
}

enum laz_status laz_certificate_read_der(struct laz_view der, struct laz_certificate *out,
                                         struct laz_error *err)
{
    const uint8_t *at = der.data;
    LAZ_OWNED(laz_x509_drop)
    X509 *c = der.len > LAZ_PEM_MAX ? NULL : d2i_X509(NULL, &at, (long)der.len);

    ERR_clear_error();
    if (c == NULL || at != der.data + der.len)
        return laz_fail(err, LAZ_DAMAGED, "certificate", "", "cannot be read", "");
    if (laz_certificate_facts(c, out) != LAZ_OK)
        return laz_fail_openssl(err, LAZ_NOMEM, "certificate", "");
    return LAZ_OK;
}

int64_t laz_certificate_renew_at_ms(const struct laz_certificate *c)
{
    return c->not_before_ms + (c->not_after_ms - c->not_before_ms) / 3 * 2;
}

static bool chain_holds(X509 *c, X509 *root, int64_t now_ms)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    bool ok = store != NULL && context != NULL && X509_STORE_add_cert(store, root) == 1 &&
              X509_STORE_CTX_init(context, store, c, NULL) == 1;

    if (ok) {
        X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(context),
                                   (time_t)(now_ms / MS_PER_SECOND));
        ok = X509_verify_cert(context) == 1;
    }
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    ERR_clear_error();
    return ok;
}

enum laz_status laz_certificate_check(struct laz_view certificate_pem, struct laz_view key_pem,
                                      struct laz_view ca_pem, int64_t now_ms, struct laz_error *err)
{
    LAZ_OWNED(laz_x509_drop) X509 *c = laz_pem_certificate(certificate_pem);
    LAZ_OWNED(laz_x509_drop) X509 *root = laz_pem_certificate(ca_pem);
    LAZ_OWNED(laz_pkey_drop) EVP_PKEY *key = laz_pem_key(key_pem);

    if (c == NULL || root == NULL || key == NULL)
        return laz_fail(err, LAZ_DAMAGED, "certificate", "", "or its key cannot be read", "");
    if (X509_check_private_key(c, key) != 1) {
        ERR_clear_error();
        return laz_fail(err, LAZ_DENIED, "certificate", "", "belongs to another key", "");
    }
    if (!chain_holds(c, root, now_ms))
        return laz_fail(err, LAZ_DENIED, "certificate", "",
                        "is expired, not yet valid, or of another authority",
                        "check this machine's clock");
    return LAZ_OK;
}
