#include "pe_sign.h"

#include <openssl/rsa.h>
#include <openssl/evp.h>
#include <openssl/pkcs7.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "format/pe.h"
#include "pe_build.h"
#include "sign/digest.h"

#define OID_INDIRECT_DATA "1.3.6.1.4.1.311.2.1.4"
#define OID_IMAGE_DATA    "1.3.6.1.4.1.311.2.1.15"
#define OID_OPUS_INFO     "1.3.6.1.4.1.311.2.1.12"
#define OID_NESTED        "1.3.6.1.4.1.311.2.4.1"
#define OID_STAMP         "1.3.6.1.4.1.311.3.3.1"

/* Who signs: a certificate with its key, and who issued it. */
struct signer {
    EVP_PKEY *key;
    X509 *certificate;
};

static X509 *make_certificate(const char *name, const char *usage, long serial,
                              const struct signer *issuer, EVP_PKEY *key)
{
    X509 *c = X509_new();
    X509_NAME *n = X509_get_subject_name(c);
    X509_EXTENSION *e;
    X509V3_CTX context;

    X509_set_version(c, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(c), serial);
    ASN1_TIME_set(X509_getm_notBefore(c), PE_SIGN_TIME - 1000);
    ASN1_TIME_set(X509_getm_notAfter(c), PE_SIGN_TIME + 1000);
    X509_set_pubkey(c, key);
    X509_NAME_add_entry_by_txt(n, "C", MBSTRING_ASC, (const uint8_t *)"FR", -1, -1, 0);
    X509_NAME_add_entry_by_txt(n, "O", MBSTRING_ASC, (const uint8_t *)"Tests / Built", -1, -1, 0);
    X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_ASC, (const uint8_t *)name, -1, -1, 0);
    X509_set_issuer_name(c, issuer == NULL ? n : X509_get_subject_name(issuer->certificate));
    if (usage != NULL) {
        X509V3_set_ctx(&context, c, c, NULL, NULL, 0);
        e = X509V3_EXT_conf_nid(NULL, &context, NID_ext_key_usage, usage);
        X509_add_ext(c, e, -1);
        X509_EXTENSION_free(e);
    }
    X509_sign(c, issuer == NULL ? key : issuer->key, EVP_sha256());
    return c;
}

/* RSA with an exponent of 128 bits: any odd number will do. */
static EVP_PKEY *slow_key(void)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    BIGNUM *e = BN_new();
    EVP_PKEY *key = NULL;

    if (context != NULL && e != NULL && BN_set_bit(e, 127) == 1 && BN_add_word(e, 643) == 1 &&
        EVP_PKEY_keygen_init(context) == 1 && EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context, e) == 1)
        laz_ignore(EVP_PKEY_generate(context, &key) != 1); /* no key is seen */
    BN_free(e);
    EVP_PKEY_CTX_free(context);
    return key;
}

static struct signer make_signer(const char *name, const char *usage, long serial,
                                 const struct signer *issuer, EVP_PKEY *key)
{
    struct signer s = {.key = key};

    s.certificate = make_certificate(name, usage, serial, issuer, s.key);
    return s;
}

static void drop_signer(struct signer *s)
{
    X509_free(s->certificate);
    EVP_PKEY_free(s->key);
}

/* DER with a head of one length byte or two. */
static void add_der(struct laz_buf *b, uint8_t tag, struct laz_view content)
{
    laz_buf_add_u8(b, tag);
    if (content.len >= 0x80)
        laz_buf_add_u8(b, 0x81);
    laz_buf_add_u8(b, (uint8_t)content.len);
    laz_buf_add(b, content);
}

static void add_oid(struct laz_buf *b, const char *oid)
{
    ASN1_OBJECT *o = OBJ_txt2obj(oid, 1);

    add_der(b, 6, laz_view_from(OBJ_get0_data(o), OBJ_length(o)));
    ASN1_OBJECT_free(o);
}

/* SpcIndirectDataContent: that it is a program, and its digest. */
static void make_content(const uint8_t digest[32], struct laz_buf *out)
{
    struct laz_buf kind, info, method;

    laz_buf_init(&kind, 256);
    laz_buf_init(&info, 256);
    laz_buf_init(&method, 256);
    add_oid(&kind, OID_IMAGE_DATA);
    add_oid(&method, "2.16.840.1.101.3.4.2.1");
    add_der(&method, 5, laz_view_from(NULL, 0));
    add_der(&info, 0x30, laz_buf_view(&method));
    add_der(&info, 4, laz_view_from(digest, 32));
    add_der(out, 0x30, laz_buf_view(&kind));
    add_der(out, 0x30, laz_buf_view(&info));
    laz_buf_clear(&kind);
    laz_buf_clear(&info);
    laz_buf_clear(&method);
}

static ASN1_STRING *sequence_of(struct laz_view content)
{
    struct laz_buf whole;
    ASN1_STRING *s = ASN1_STRING_type_new(V_ASN1_SEQUENCE);

    laz_buf_init(&whole, 64 * 1024);
    add_der(&whole, 0x30, content);
    ASN1_STRING_set(s, whole.data, (int)whole.len);
    laz_buf_clear(&whole);
    return s;
}

static void add_attribute(STACK_OF(X509_ATTRIBUTE) * *to, const char *oid, int type,
                          const void *bytes, int len)
{
    ASN1_OBJECT *o = OBJ_txt2obj(oid, 1);

    X509at_add1_attr_by_OBJ(to, o, type, bytes, len);
    ASN1_OBJECT_free(o);
}

static void add_program_name(PKCS7_SIGNER_INFO *signer, const char *name)
{
    struct laz_buf wide, text, holder;
    ASN1_STRING *s;

    laz_buf_init(&wide, 256);
    laz_buf_init(&text, 256);
    laz_buf_init(&holder, 256);
    for (size_t i = 0; name[i] != '\0'; i++) {
        laz_buf_add_u8(&wide, 0);
        laz_buf_add_u8(&wide, (uint8_t)name[i]);
    }
    add_der(&text, 0x80, laz_buf_view(&wide));
    add_der(&holder, 0xA0, laz_buf_view(&text));
    s = sequence_of(laz_buf_view(&holder));
    add_attribute(&signer->auth_attr, OID_OPUS_INFO, V_ASN1_SEQUENCE, s->data, s->length);
    ASN1_STRING_free(s);
    laz_buf_clear(&wide);
    laz_buf_clear(&text);
    laz_buf_clear(&holder);
}

static void add_pkcs9_stamp(PKCS7 *message, PKCS7_SIGNER_INFO *signer, const struct signer *root)
{
    struct signer stamper =
        make_signer("Old Stamps", "timeStamping", 0x33, root, EVP_EC_gen("P-256"));
    PKCS7_SIGNER_INFO *counter = PKCS7_SIGNER_INFO_new();
    uint8_t digest[32], *der = NULL;
    int len;

    PKCS7_SIGNER_INFO_set(counter, stamper.certificate, stamper.key, EVP_sha256());
    laz_ignore(laz_digest(
        LAZ_SHA256, laz_view_from(signer->enc_digest->data, (size_t)signer->enc_digest->length),
        digest)); /* a wrong one is seen */
    PKCS7_add_attrib_content_type(counter, NULL);
    PKCS7_add0_attrib_signing_time(counter, ASN1_TIME_set(NULL, PE_SIGN_TIME));
    PKCS7_add1_attrib_digest(counter, digest, sizeof digest);
    PKCS7_SIGNER_INFO_sign(counter);
    len = i2d_PKCS7_SIGNER_INFO(counter, &der);
    add_attribute(&signer->unauth_attr, "1.2.840.113549.1.9.6", V_ASN1_SEQUENCE, der, len);
    PKCS7_add_certificate(message, stamper.certificate);
    OPENSSL_free(der);
    PKCS7_SIGNER_INFO_free(counter);
    drop_signer(&stamper);
}

static ASN1_INTEGER *stamp_serial(struct TS_resp_ctx *context, void *data)
{
    ASN1_INTEGER *n = ASN1_INTEGER_new();

    (void)context;
    (void)data;
    ASN1_INTEGER_set(n, 1);
    return n;
}

static int stamp_time(struct TS_resp_ctx *context, void *data, long *seconds, long *micros)
{
    (void)context;
    (void)data;
    *seconds = PE_SIGN_TIME;
    *micros = 0;
    return 1;
}

/* A request for the digest of the signature. */
static BIO *stamp_request(const PKCS7_SIGNER_INFO *signer)
{
    TS_REQ *request = TS_REQ_new();
    TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
    X509_ALGOR *method = X509_ALGOR_new();
    BIO *out = BIO_new(BIO_s_mem());
    uint8_t digest[32];

    laz_ignore(laz_digest(
        LAZ_SHA256, laz_view_from(signer->enc_digest->data, (size_t)signer->enc_digest->length),
        digest)); /* a wrong one is seen */
    X509_ALGOR_set0(method, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL);
    TS_MSG_IMPRINT_set_algo(imprint, method);
    TS_MSG_IMPRINT_set_msg(imprint, digest, sizeof digest);
    TS_REQ_set_version(request, 1);
    TS_REQ_set_msg_imprint(request, imprint);
    TS_REQ_set_cert_req(request, 1);
    i2d_TS_REQ_bio(out, request);
    X509_ALGOR_free(method);
    TS_MSG_IMPRINT_free(imprint);
    TS_REQ_free(request);
    return out;
}

static void add_rfc3161_stamp(PKCS7_SIGNER_INFO *signer, const struct signer *root)
{
    struct signer stamper =
        make_signer("New Stamps", "critical,timeStamping", 0x44, root, EVP_EC_gen("P-256"));
    ASN1_OBJECT *policy = OBJ_txt2obj("1.2.3.4.1", 1);
    TS_RESP_CTX *context = TS_RESP_CTX_new();
    BIO *request = stamp_request(signer);
    TS_RESP *response;
    uint8_t *der = NULL;
    int len;

    TS_RESP_CTX_set_signer_cert(context, stamper.certificate);
    TS_RESP_CTX_set_signer_key(context, stamper.key);
    TS_RESP_CTX_set_signer_digest(context, EVP_sha256());
    TS_RESP_CTX_set_def_policy(context, policy);
    TS_RESP_CTX_add_md(context, EVP_sha256());
    TS_RESP_CTX_set_serial_cb(context, stamp_serial, NULL);
    TS_RESP_CTX_set_time_cb(context, stamp_time, NULL);
    response = TS_RESP_create_response(context, request);
    len = i2d_PKCS7(TS_RESP_get_token(response), &der);
    add_attribute(&signer->unauth_attr, OID_STAMP, V_ASN1_SEQUENCE, der, len);
    OPENSSL_free(der);
    TS_RESP_free(response);
    TS_RESP_CTX_free(context);
    ASN1_OBJECT_free(policy);
    BIO_free(request);
    drop_signer(&stamper);
}

static void add_nested(PKCS7_SIGNER_INFO *signer, const uint8_t digest[32])
{
    struct laz_buf inner;

    laz_buf_init(&inner, PE_BUILD_MAX);
    if (pe_sign_message(digest, &(struct pe_signing){0}, &inner))
        add_attribute(&signer->unauth_attr, OID_NESTED, V_ASN1_SEQUENCE, inner.data,
                      (int)inner.len);
    laz_buf_clear(&inner);
}

static void set_content(PKCS7 *message, struct laz_view content)
{
    PKCS7 *inner = PKCS7_new();

    inner->type = OBJ_txt2obj(OID_INDIRECT_DATA, 1);
    inner->d.other = ASN1_TYPE_new();
    ASN1_TYPE_set(inner->d.other, V_ASN1_SEQUENCE, sequence_of(content));
    PKCS7_set_content(message, inner);
}

static PKCS7_SIGNER_INFO *add_signer(PKCS7 *message, const struct signer *signer,
                                     struct laz_view content, const char *program_name)
{
    PKCS7_SIGNER_INFO *si =
        PKCS7_add_signature(message, signer->certificate, signer->key, EVP_sha256());
    uint8_t digest[32];

    laz_ignore(laz_digest(LAZ_SHA256, content, digest)); /* a wrong one is seen */
    PKCS7_add_attrib_content_type(si, OBJ_txt2obj(OID_INDIRECT_DATA, 1));
    PKCS7_add1_attrib_digest(si, digest, sizeof digest);
    if (program_name != NULL)
        add_program_name(si, program_name);
    PKCS7_SIGNER_INFO_sign(si);
    return si;
}

bool pe_sign_message(const uint8_t digest[32], const struct pe_signing *how, struct laz_buf *out)
{
    struct signer root = make_signer("Root of Tests", NULL, 0x11, NULL, EVP_EC_gen("P-256"));
    struct signer signer = make_signer("Signer of Tests", "codeSigning", 0x2202, &root,
                                       how->has_slow_key ? slow_key() : EVP_EC_gen("P-256"));
    PKCS7 *message = PKCS7_new();
    PKCS7_SIGNER_INFO *si;
    struct laz_buf content;
    uint8_t *der = NULL;
    int len;

    laz_buf_init(&content, 512);
    make_content(digest, &content);
    PKCS7_set_type(message, NID_pkcs7_signed);
    set_content(message, laz_buf_view(&content));
    si = add_signer(message, &signer, laz_buf_view(&content), how->program_name);
    PKCS7_add_certificate(message, signer.certificate);
    PKCS7_add_certificate(message, root.certificate);
    if (how->stamp == PE_STAMP_PKCS9)
        add_pkcs9_stamp(message, si, &root);
    if (how->stamp == PE_STAMP_RFC3161)
        add_rfc3161_stamp(si, &root);
    if (how->is_nested)
        add_nested(si, digest);
    len = i2d_PKCS7(message, &der);
    if (len > 0)
        laz_buf_add(out, laz_view_from(der, (size_t)len));
    OPENSSL_free(der);
    PKCS7_free(message);
    laz_buf_clear(&content);
    drop_signer(&signer);
    drop_signer(&root);
    return len > 0 && laz_buf_failed(out) == LAZ_OK;
}

/* As a signer computes it: without the checksum and the entry of the signature. */
static bool digest_program(const struct laz_buf *program, const struct laz_pe *pe,
                           uint8_t digest[32])
{
    size_t checksum = pe->optional_offset + 64;
    size_t entry = pe->optional_offset + (pe->is_64bit ? 144 : 128);
    struct laz_digest_job job;

    return laz_digest_start(&job, LAZ_SHA256) == LAZ_OK &&
           laz_digest_add(&job, laz_view_from(program->data, checksum)) == LAZ_OK &&
           laz_digest_add(
               &job, laz_view_from(program->data + checksum + 4, entry - checksum - 4)) == LAZ_OK &&
           laz_digest_add(&job, laz_view_from(program->data + entry + 8,
                                              program->len - entry - 8)) == LAZ_OK &&
           laz_digest_finish(&job, digest) == LAZ_OK;
}

bool pe_sign(struct laz_buf *program, const struct pe_signing *how)
{
    struct laz_buf message;
    uint8_t digest[32];
    struct laz_pe pe;
    size_t entry, start;
    bool ok;

    pe_align(program, 8);
    start = program->len;
    laz_buf_init(&message, PE_BUILD_MAX);
    ok = laz_pe_read(laz_buf_view(program), &pe) && digest_program(program, &pe, digest) &&
         pe_sign_message(digest, how, &message);
    if (ok) {
        entry = pe.optional_offset + (pe.is_64bit ? 144 : 128);
        laz_buf_add_u32le(program, (uint32_t)message.len + 8);
        laz_buf_add_u16le(program, 0x0200);
        laz_buf_add_u16le(program, 2);
        laz_buf_add(program, laz_buf_view(&message));
        pe_align(program, 8);
        pe_patch(program, entry, (uint32_t)start);
        pe_patch(program, entry + 4, (uint32_t)(program->len - start));
    }
    laz_buf_clear(&message);
    return ok && laz_buf_failed(program) == LAZ_OK;
}
