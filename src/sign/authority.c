#include "sign/authority.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "sign/certificate_priv.h"

#define SECONDS_PER_DAY 86400L
/* A certificate is valid from a while ago, so that a machine whose clock is a little behind takes
 * it. */
#define BACKDATED_SECONDS (15L * 60)
#define DAYS_PER_YEAR     365
#define NAME_MAX_LEN      253

struct laz_authority {
    X509 *certificate;
    EVP_PKEY *key;
    struct laz_buf pem;
    uint8_t pin[LAZ_FINGERPRINT_SIZE];
};

/* What distinguishes one kind of certificate from another: its extensions, as OpenSSL's text. */
struct extension {
    int nid;
    const char *value;
};

static bool add_extension(X509 *c, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *e;
    bool ok;

    X509V3_set_ctx(&context, issuer, c, NULL, NULL, 0);
    e = X509V3_EXT_nconf_nid(NULL, &context, nid, value);
    ok = e != NULL && X509_add_ext(c, e, -1) == 1;
    X509_EXTENSION_free(e);
    return ok;
}

static bool add_extensions(X509 *c, X509 *issuer, const struct extension *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!add_extension(c, issuer, list[i].nid, list[i].value))
            return false;
    return true;
}

/* 127 random bits: positive, and no two alike. */
static bool set_serial(X509 *c)
{
    uint8_t bytes[16];
    BIGNUM *n;
    bool ok;

    if (RAND_bytes(bytes, sizeof bytes) != 1)
        return false;
    bytes[0] = (uint8_t)((bytes[0] & 0x7f) | 0x40);
    n = BN_bin2bn(bytes, sizeof bytes, NULL);
    ok = n != NULL && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(c)) != NULL;
    BN_free(n);
    return ok;
}

static bool add_name(X509_NAME *name, const char *kind, const char *value)
{
    return X509_NAME_add_entry_by_txt(name, kind, MBSTRING_UTF8, (const uint8_t *)value, -1, -1,
                                      0) == 1;
}

static bool set_validity(X509 *c, int days)
{
    return X509_gmtime_adj(X509_getm_notBefore(c), -BACKDATED_SECONDS) != NULL &&
           X509_time_adj_ex(X509_getm_notAfter(c), days, 0, NULL) != NULL;
}

static X509 *new_certificate(EVP_PKEY *key, int days)
{
    LAZ_OWNED(laz_x509_drop) X509 *c = X509_new();

    if (c == NULL || X509_set_version(c, X509_VERSION_3) != 1 || !set_serial(c) ||
        !set_validity(c, days) || X509_set_pubkey(c, key) != 1)
        return NULL;
    return laz_move(c);
}

static bool make_root(X509 *c, EVP_PKEY *key, const char *organisation)
{
    static const struct extension extensions[] = {
        {NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
        {NID_key_usage, "critical,keyCertSign,cRLSign"},
        {NID_subject_key_identifier, "hash"},
    };
    X509_NAME *name = X509_get_subject_name(c);

    return add_name(name, "O", organisation) && add_name(name, "CN", "Lazaret root") &&
           X509_set_issuer_name(c, name) == 1 &&
           add_extensions(c, c, extensions, sizeof extensions / sizeof *extensions) &&
           X509_sign(c, key, EVP_sha256()) > 0;
}

enum laz_status laz_authority_make(const char *organisation, struct laz_buf *certificate_pem,
                                   struct laz_buf *key_pem, struct laz_error *err)
{
    LAZ_OWNED(laz_pkey_drop) EVP_PKEY *key = laz_p256_new();
    LAZ_OWNED(laz_x509_drop)
    X509 *c = key == NULL ? NULL : new_certificate(key, LAZ_AUTHORITY_YEARS * DAYS_PER_YEAR);

    if (c == NULL || !make_root(c, key, organisation))
        return laz_fail_openssl(err, LAZ_INVALID, "authority",
                                "name the organisation in 1 to 64 characters");
    if (laz_add_pem_certificate(certificate_pem, c) != LAZ_OK ||
        laz_add_pem_key(key_pem, key) != LAZ_OK)
        return laz_fail_openssl(err, LAZ_NOMEM, "authority", "");
    return LAZ_OK;
}

static bool is_authority(X509 *c, EVP_PKEY *key)
{
    bool ok = X509_check_private_key(c, key) == 1 && X509_check_ca(c) == 1;

    ERR_clear_error();
    return ok;
}

static enum laz_status keep(struct laz_authority *a)
{
    struct laz_certificate facts;
    enum laz_status s = laz_certificate_facts(a->certificate, &facts);

    if (s != LAZ_OK)
        return s;
    memcpy(a->pin, facts.fingerprint, sizeof a->pin);
    return laz_add_pem_certificate(&a->pem, a->certificate);
}

enum laz_status laz_authority_load(struct laz_view certificate_pem, struct laz_view key_pem,
                                   struct laz_authority **out, struct laz_error *err)
{
    LAZ_OWNED(laz_authority_drop) struct laz_authority *a = calloc(1, sizeof *a);

    if (a == NULL)
        return laz_fail(err, LAZ_NOMEM, "authority", "", "no memory", "");
    laz_buf_init(&a->pem, LAZ_PEM_MAX);
    a->certificate = laz_pem_certificate(certificate_pem);
    a->key = laz_pem_key(key_pem);
    if (a->certificate == NULL || a->key == NULL || !is_authority(a->certificate, a->key))
        return laz_fail(err, LAZ_DAMAGED, "authority", "",
                        "its certificate and its key cannot be read or do not belong together",
                        "restore them from a backup");
    if (keep(a) != LAZ_OK)
        return laz_fail(err, LAZ_NOMEM, "authority", "", "no memory", "");
    *out = laz_move(a);
    return LAZ_OK;
}

void laz_authority_drop(struct laz_authority **a)
{
    if (*a == NULL)
        return;
    laz_x509_drop(&(*a)->certificate);
    laz_pkey_drop(&(*a)->key); /* OpenSSL overwrites private numbers when it frees them */
    laz_buf_clear(&(*a)->pem);
    free(*a);
    *a = NULL;
}

struct laz_view laz_authority_certificate(const struct laz_authority *a)
{
    return laz_buf_view(&a->pem);
}

void laz_authority_pin(const struct laz_authority *a, uint8_t out[LAZ_FINGERPRINT_SIZE])
{
    memcpy(out, a->pin, sizeof a->pin);
}

/* Signs what new_certificate began. names is the subjectAltName in OpenSSL's text. */
static bool finish_leaf(const struct laz_authority *a, X509 *c, const char *common_name,
                        const char *usage, const char *names)
{
    const struct extension extensions[] = {
        {NID_basic_constraints, "critical,CA:FALSE"},
        {NID_key_usage, "critical,digitalSignature"},
        {NID_ext_key_usage, usage},
        {NID_subject_alt_name, names},
        {NID_subject_key_identifier, "hash"},
        {NID_authority_key_identifier, "keyid:always"},
    };

    return add_name(X509_get_subject_name(c), "CN", common_name) &&
           X509_set_issuer_name(c, X509_get_subject_name(a->certificate)) == 1 &&
           add_extensions(c, a->certificate, extensions, sizeof extensions / sizeof *extensions) &&
           X509_sign(c, a->key, EVP_sha256()) > 0;
}

/* Only what stands in host names and addresses: it becomes part of OpenSSL's little language. */
static bool is_name(const char *name)
{
    size_t len = strnlen(name, NAME_MAX_LEN + 1);

    return len > 0 && len <= NAME_MAX_LEN &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:") ==
               len;
}

static bool is_address(const char *name)
{
    struct in6_addr any;

    return inet_pton(AF_INET, name, &any) == 1 || inet_pton(AF_INET6, name, &any) == 1;
}

bool laz_authority_can_name(const char *name)
{
    return is_name(name) && (is_address(name) || strchr(name, ':') == NULL);
}

static enum laz_status add_names(struct laz_buf *out, const char *const *names, size_t count,
                                 struct laz_error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!laz_authority_can_name(names[i]))
            return laz_fail(err, LAZ_INVALID, "certificate", names[i],
                            "is neither a host name nor an address", "");
        if (laz_buf_addf(out, "%s%s:%s", i == 0 ? "" : ",", is_address(names[i]) ? "IP" : "DNS",
                         names[i]) != LAZ_OK)
            return laz_fail(err, LAZ_LIMIT, "certificate", "", "has too many names", "");
    }
    return LAZ_OK;
}

enum laz_status laz_authority_issue_server(const struct laz_authority *a, const char *const *names,
                                           size_t name_count, int days, struct laz_buf *chain_pem,
                                           struct laz_buf *key_pem, struct laz_error *err)
{
    LAZ_OWNED(laz_pkey_drop) EVP_PKEY *key = laz_p256_new();
    LAZ_OWNED(laz_x509_drop) X509 *c = key == NULL ? NULL : new_certificate(key, days);
    LAZ_OWNED(laz_buf_drop) struct laz_buf list = {0};
    enum laz_status s;

    LAZ_ASSERT(name_count > 0 && name_count <= LAZ_SERVER_NAMES_MAX);
    laz_buf_init(&list, (NAME_MAX_LEN + 8) * LAZ_SERVER_NAMES_MAX);
    s = add_names(&list, names, name_count, err);
    if (s != LAZ_OK)
        return s;
    if (c == NULL || !finish_leaf(a, c, "Lazaret console", "serverAuth", laz_buf_text(&list)))
        return laz_fail_openssl(err, LAZ_INVALID, "certificate", "");
    if (laz_add_pem_certificate(chain_pem, c) != LAZ_OK ||
        laz_add_pem_certificate(chain_pem, a->certificate) != LAZ_OK ||
        laz_add_pem_key(key_pem, key) != LAZ_OK)
        return laz_fail_openssl(err, LAZ_NOMEM, "certificate", "");
    return LAZ_OK;
}

static bool is_uri(const char *uri)
{
    size_t len = strnlen(uri, LAZ_CERTIFICATE_URI_SIZE);

    return len > 0 && len < LAZ_CERTIFICATE_URI_SIZE &&
           strspn(uri, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:") == len;
}

enum laz_status laz_authority_issue_client(const struct laz_authority *a, struct laz_view csr_pem,
                                           const char *uri, const char *common_name, int days,
                                           struct laz_buf *certificate_pem, struct laz_error *err)
{
    LAZ_OWNED(laz_x509_req_drop) X509_REQ *r = laz_pem_request(csr_pem);
    EVP_PKEY *key = r == NULL ? NULL : laz_request_key(r);
    LAZ_OWNED(laz_x509_drop) X509 *c = NULL;
    char names[LAZ_CERTIFICATE_URI_SIZE + 8];

    LAZ_ASSERT(is_uri(uri));
    if (key == NULL)
        return laz_fail(err, LAZ_DAMAGED, "certificate request", "",
                        "cannot be read or is not signed by its own key", "");
    if (!laz_is_p256(key))
        return laz_fail(err, LAZ_UNSUPPORTED, "certificate request", "", "its key is not P-256",
                        "make an ECDSA P-256 key");
    c = new_certificate(key, days);
    snprintf(names, sizeof names, "URI:%s", uri);
    if (c == NULL || !finish_leaf(a, c, common_name, "clientAuth", names))
        return laz_fail_openssl(err, LAZ_INVALID, "certificate", "");
    if (laz_add_pem_certificate(certificate_pem, c) != LAZ_OK)
        return laz_fail_openssl(err, LAZ_NOMEM, "certificate", "");
    return LAZ_OK;
}
