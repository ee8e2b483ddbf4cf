/* Countersignatures: what a time stamper says of a signature. Older ones are a signer's block of
 * PKCS #9 inside the same message; newer ones are a time stamp of RFC 3161 with certificates of its
 * own. */
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/ts.h>
#include <string.h>

#include "sign/authenticode_priv.h"

#define OID_PKCS9_COUNTER     "1.2.840.113549.1.9.6"
#define OID_MICROSOFT_COUNTER "1.3.6.1.4.1.311.3.3.1"
#define READ_SIZE             4096

struct reader {
    PKCS7 *message;
    struct laz_view signature; /* of the signer, which is what is countersigned */
    bool verifies;
    struct laz_arena *arena;
    struct laz_countersignature *items;
    uint32_t count;
};

/* Whether the digest in a countersignature is that of the signature. */
static bool fits_signature(const struct reader *r, const ASN1_OBJECT *method,
                           struct laz_view digest)
{
    struct laz_signed_parts parts = {.parts = {r->signature}, .count = 1};
    uint8_t own[EVP_MAX_MD_SIZE];
    size_t len = laz_digest_by_name(method, &parts, own);

    return len > 0 && laz_view_equal(laz_view_from(own, len), digest);
}

/* A signer's block signs the DER form of its attributes. */
static bool attributes_are_signed(PKCS7_SIGNER_INFO *signer, X509 *certificate)
{
    const EVP_MD *md = EVP_get_digestbyobj(signer->digest_alg->algorithm);
    EVP_PKEY *key = X509_get0_pubkey(certificate);
    struct laz_view signature = laz_asn1_bytes(signer->enc_digest);
    bool can_check = md != NULL && laz_certificate_key_is_usual(certificate);
    EVP_MD_CTX *context = can_check ? EVP_MD_CTX_new() : NULL;
    uint8_t *der = NULL;
    int len = context == NULL ? 0
                              : ASN1_item_i2d((const ASN1_VALUE *)signer->auth_attr, &der,
                                              ASN1_ITEM_rptr(PKCS7_ATTR_VERIFY));
    bool ok = len > 0 && EVP_DigestVerifyInit(context, NULL, md, NULL, key) == 1 &&
              EVP_DigestVerify(context, signature.data, signature.len, der, (size_t)len) == 1;

    OPENSSL_free(der);
    EVP_MD_CTX_free(context);
    return ok;
}

static bool read_pkcs9_signer(struct reader *r, PKCS7_SIGNER_INFO *signer,
                              struct laz_countersignature *c)
{
    ASN1_TYPE *time = PKCS7_get_signed_attribute(signer, NID_pkcs9_signingTime);
    ASN1_TYPE *digest = PKCS7_get_signed_attribute(signer, NID_pkcs9_messageDigest);
    struct laz_view bytes;
    X509 *certificate;

    c->digest_algorithm = laz_arena_algorithm(r->arena, signer->digest_alg->algorithm);
    if (time == NULL ||
        (ASN1_TYPE_get(time) != V_ASN1_UTCTIME && ASN1_TYPE_get(time) != V_ASN1_GENERALIZEDTIME))
        return true;
    c->has_time = true;
    c->time_s = laz_asn1_time_s(time->value.asn1_string);
    certificate =
        X509_find_by_issuer_and_serial(r->message->d.sign->cert, signer->issuer_and_serial->issuer,
                                       signer->issuer_and_serial->serial);
    if (certificate == NULL)
        return true;
    if (!laz_certificates_chain(certificate, r->message->d.sign->cert, r->arena, &c->chain))
        return false;
    if (digest == NULL || ASN1_TYPE_get(digest) != V_ASN1_OCTET_STRING)
        return true;
    bytes = laz_asn1_bytes(digest->value.octet_string);
    if (bytes.len == 0)
        return true;
    c->digest = laz_arena_hex(r->arena, bytes);
    c->is_verified = r->verifies && attributes_are_signed(signer, certificate) &&
                     fits_signature(r, signer->digest_alg->algorithm, bytes);
    return true;
}

static bool read_pkcs9(struct reader *r, struct laz_view block)
{
    const uint8_t *data = block.data;
    PKCS7_SIGNER_INFO *signer = d2i_PKCS7_SIGNER_INFO(NULL, &data, (long)block.len);
    bool ok = signer == NULL || read_pkcs9_signer(r, signer, &r->items[r->count]);

    PKCS7_SIGNER_INFO_free(signer);
    r->count++; /* also one that cannot be read: it is there */
    return ok;
}

static X509 *find_stamper(CMS_SignerInfo *signer, const STACK_OF(X509) * certificates)
{
    for (int i = 0; i < sk_X509_num(certificates) && i < LAZ_CERTIFICATES_MAX; i++)
        if (CMS_SignerInfo_cert_cmp(signer, sk_X509_value(certificates, i)) == 0)
            return sk_X509_value(certificates, i);
    return NULL;
}

/* The stamp's content has the digest in its attributes, and these are signed. */
static bool stamp_is_signed(CMS_ContentInfo *stamp, CMS_SignerInfo *signer, X509 *certificate)
{
    BIO *content = laz_certificate_key_is_usual(certificate) ? CMS_dataInit(stamp, NULL) : NULL;
    uint8_t buffer[READ_SIZE];
    bool ok = false;

    if (content == NULL)
        return false;
    while (BIO_read(content, buffer, sizeof buffer) > 0)
        ;
    CMS_SignerInfo_set1_signer_cert(signer, certificate);
    ok = CMS_SignerInfo_verify(signer) == 1 && CMS_SignerInfo_verify_content(signer, content) == 1;
    BIO_free_all(content);
    return ok;
}

static bool read_stamp_signer(struct reader *r, CMS_ContentInfo *stamp, TS_TST_INFO *info,
                              const STACK_OF(X509) * certificates, struct laz_countersignature *c)
{
    CMS_SignerInfo *signer = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(stamp), 0);
    X509 *certificate = signer == NULL ? NULL : find_stamper(signer, certificates);
    TS_MSG_IMPRINT *imprint = TS_TST_INFO_get_msg_imprint(info);
    const ASN1_OBJECT *method;
    struct laz_view digest;

    if (certificate == NULL || imprint == NULL)
        return true;
    if (!laz_certificates_chain(certificate, certificates, r->arena, &c->chain))
        return false;
    X509_ALGOR_get0(&method, NULL, NULL, TS_MSG_IMPRINT_get_algo(imprint));
    c->digest_algorithm = laz_arena_algorithm(r->arena, method);
    digest = laz_asn1_bytes(TS_MSG_IMPRINT_get_msg(imprint));
    if (digest.len == 0)
        return true;
    c->digest = laz_arena_hex(r->arena, digest);
    c->is_verified = r->verifies && TS_TST_INFO_get_version(info) == 1 &&
                     fits_signature(r, method, digest) &&
                     stamp_is_signed(stamp, signer, certificate);
    return true;
}

static TS_TST_INFO *open_stamp_info(CMS_ContentInfo *stamp)
{
    ASN1_OCTET_STRING **content;
    struct laz_view bytes;
    const uint8_t *data;

    if (OBJ_obj2nid(CMS_get0_type(stamp)) != NID_pkcs7_signed ||
        OBJ_obj2nid(CMS_get0_eContentType(stamp)) != NID_id_smime_ct_TSTInfo)
        return NULL;
    content = CMS_get0_content(stamp);
    bytes = content == NULL ? laz_view_from(NULL, 0) : laz_asn1_bytes(*content);
    data = bytes.data;
    return bytes.len == 0 ? NULL : d2i_TS_TST_INFO(NULL, &data, (long)bytes.len);
}

/* Adds the stamp's certificates to those of the signature, so that both kinds are told alike. */
static bool add_certificates(struct reader *r, const STACK_OF(X509) * certificates,
                             struct laz_certificate_list *list)
{
    struct laz_certificate_list more;
    struct laz_certificate_text *all;

    if (!laz_certificates_describe(certificates, r->arena, &more))
        return false;
    if (more.count == 0)
        return true;
    all = laz_arena_get_array(r->arena, (size_t)list->count + more.count, sizeof *all);
    if (all == NULL)
        return false;
    if (list->count > 0)
        memcpy(all, list->items, list->count * sizeof *all);
    memcpy(all + list->count, more.items, more.count * sizeof *all);
    list->items = all;
    list->count += more.count;
    return true;
}

static bool read_stamp(struct reader *r, struct laz_view bytes, struct laz_certificate_list *list)
{
    const uint8_t *data = bytes.data;
    CMS_ContentInfo *stamp = d2i_CMS_ContentInfo(NULL, &data, (long)bytes.len);
    TS_TST_INFO *info = stamp == NULL ? NULL : open_stamp_info(stamp);
    STACK_OF(X509) *certificates = info == NULL ? NULL : CMS_get1_certs(stamp);
    struct laz_countersignature *c = &r->items[r->count];
    bool ok = true;

    if (info != NULL) {
        const ASN1_GENERALIZEDTIME *time = TS_TST_INFO_get_time(info);

        c->has_time = time != NULL;
        c->time_s = laz_asn1_time_s(time);
        ok = read_stamp_signer(r, stamp, info, certificates, c) &&
             add_certificates(r, certificates, list);
    }
    r->count++;
    sk_X509_pop_free(certificates, X509_free);
    TS_TST_INFO_free(info);
    CMS_ContentInfo_free(stamp);
    return ok;
}

static int values_of(const X509_ATTRIBUTE *a)
{
    return a == NULL ? 0 : X509_ATTRIBUTE_count(a);
}

bool laz_counters_read(PKCS7 *message, PKCS7_SIGNER_INFO *signer, bool verifies,
                       struct laz_arena *arena, struct laz_authenticode *out)
{
    X509_ATTRIBUTE *old = laz_find_attribute(signer->unauth_attr, OID_PKCS9_COUNTER);
    X509_ATTRIBUTE *stamps = laz_find_attribute(signer->unauth_attr, OID_MICROSOFT_COUNTER);
    struct reader r = {message, laz_asn1_bytes(signer->enc_digest), verifies, arena, NULL, 0};
    struct laz_view value;
    bool ok = true;

    if (values_of(old) + values_of(stamps) == 0)
        return true;
    r.items = laz_arena_get_array(arena, LAZ_AUTHENTICODE_COUNTERS_MAX, sizeof *r.items);
    if (r.items == NULL)
        return false;
    for (int i = 0; ok && i < values_of(old) && r.count < LAZ_AUTHENTICODE_COUNTERS_MAX; i++)
        if (laz_attribute_sequence(old, i, &value))
            ok = read_pkcs9(&r, value);
    for (int i = 0; ok && i < values_of(stamps) && r.count < LAZ_AUTHENTICODE_COUNTERS_MAX; i++)
        if (laz_attribute_sequence(stamps, i, &value))
            ok = read_stamp(&r, value, &out->certificates);
    ERR_clear_error();
    out->counters = r.items;
    out->counter_count = r.count;
    return ok;
}
