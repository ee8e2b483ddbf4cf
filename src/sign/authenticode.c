#include "sign/authenticode.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

#include "sign/authenticode_priv.h"

#define OID_INDIRECT_DATA "1.3.6.1.4.1.311.2.1.4"
#define OID_OPUS_INFO     "1.3.6.1.4.1.311.2.1.12"
#define OID_NESTED        "1.3.6.1.4.1.311.2.4.1"
#define OID_SIZE          64

#define DER_SEQUENCE 0x30
#define DER_EXPLICIT 0xA0 /* [0], with a value in it */
#define DER_UNICODE  0x80 /* [0] in place of a BMPString's own tag */
#define DER_ASCII    0x81

#define READ_SIZE 4096

/* Messages that wait to be read: the outer one and those found in it. */
struct queue {
    struct laz_view messages[LAZ_AUTHENTICODE_MAX];
    PKCS7 *opened[LAZ_AUTHENTICODE_MAX]; /* messages of nested ones lie in those that hold them */
    uint32_t count;
};

struct reader {
    struct laz_arena *arena;
    const struct laz_signed_parts *signed_parts;
    struct queue queue;
    struct laz_authenticode *items;
    uint32_t count;
    bool out_of_memory;
};

static void close_all(struct reader *r)
{
    for (uint32_t i = 0; i < r->queue.count; i++)
        PKCS7_free(r->queue.opened[i]);
    ERR_clear_error();
}

bool laz_take_der(struct laz_view *v, uint8_t *tag, struct laz_view *content)
{
    uint64_t len = 0;
    uint8_t first, byte;

    if (!laz_take_u8(v, tag) || !laz_take_u8(v, &first))
        return false;
    if (first < 0x80)
        return laz_take(v, first, content);
    if (first == 0x80 || first > 0x84) /* without a length, or with one that no file has */
        return false;
    for (int i = 0; i < first - 0x80; i++) {
        if (!laz_take_u8(v, &byte))
            return false;
        len = len << 8 | byte;
    }
    return laz_take(v, len, content);
}

static bool has_oid(const ASN1_OBJECT *object, const char *oid)
{
    char text[OID_SIZE];
    int len = OBJ_obj2txt(text, sizeof text, object, 1);

    return len > 0 && (size_t)len < sizeof text && strcmp(text, oid) == 0;
}

X509_ATTRIBUTE *laz_find_attribute(const STACK_OF(X509_ATTRIBUTE) * attributes, const char *oid)
{
    for (int i = 0; i < X509at_get_attr_count(attributes); i++) {
        X509_ATTRIBUTE *a = X509at_get_attr(attributes, i);

        if (has_oid(X509_ATTRIBUTE_get0_object(a), oid))
            return a;
    }
    return NULL;
}

bool laz_attribute_sequence(X509_ATTRIBUTE *attribute, int n, struct laz_view *out)
{
    ASN1_TYPE *value = attribute == NULL ? NULL : X509_ATTRIBUTE_get0_type(attribute, n);

    if (value == NULL || ASN1_TYPE_get(value) != V_ASN1_SEQUENCE)
        return false;
    *out = laz_asn1_bytes(value->value.sequence);
    return out->data != NULL;
}

size_t laz_digest_by_name(const ASN1_OBJECT *algorithm, const struct laz_signed_parts *parts,
                          uint8_t out[EVP_MAX_MD_SIZE])
{
    const EVP_MD *md = EVP_get_digestbyobj(algorithm);
    EVP_MD_CTX *context = md == NULL ? NULL : EVP_MD_CTX_new();
    bool ok = context != NULL && EVP_DigestInit_ex(context, md, NULL) == 1;
    unsigned len = 0;

    for (uint32_t i = 0; ok && i < parts->count; i++)
        ok = EVP_DigestUpdate(context, parts->parts[i].data, parts->parts[i].len) == 1;
    ok = ok && EVP_DigestFinal_ex(context, out, &len) == 1;
    EVP_MD_CTX_free(context);
    return ok ? len : 0;
}

static void enqueue(struct reader *r, struct laz_view message)
{
    struct queue *q = &r->queue;

    if (q->count < LAZ_AUTHENTICODE_MAX && message.len <= LAZ_AUTHENTICODE_BYTES_MAX)
        q->messages[q->count++] = message;
}

/* The signed content: SpcIndirectDataContent, a sequence that begins with what kind of file it is
 * about and ends with the digest of the file. */
static bool signed_content(const PKCS7 *message, struct laz_view *out)
{
    const PKCS7 *contents = message->d.sign->contents;
    const ASN1_TYPE *other;

    if (contents == NULL || !has_oid(contents->type, OID_INDIRECT_DATA))
        return false;
    other = contents->d.other;
    if (other == NULL || ASN1_TYPE_get(other) != V_ASN1_SEQUENCE)
        return false;
    *out = laz_asn1_bytes(other->value.sequence);
    return out->data != NULL;
}

/* A SEQUENCE of a SEQUENCE that we skip and a DigestInfo. */
static X509_SIG *open_digest_info(struct laz_view content)
{
    struct laz_view sequence, skipped;
    const uint8_t *data;
    uint8_t tag;

    if (!laz_take_der(&content, &tag, &sequence) || tag != DER_SEQUENCE ||
        !laz_take_der(&sequence, &tag, &skipped) || sequence.len == 0)
        return NULL;
    data = sequence.data;
    return d2i_X509_SIG(NULL, &data, (long)sequence.len);
}

static bool is_first_of_its_digest(const struct reader *r, const struct laz_authenticode *a,
                                   struct laz_view *known)
{
    for (const struct laz_authenticode *other = r->items; other < a; other++)
        if (other->file_digest.data != NULL &&
            laz_view_equal(other->digest_algorithm, a->digest_algorithm)) {
            *known = other->file_digest;
            return false;
        }
    return true;
}

/* Each other method would be one more pass over the file. */
static bool is_usual_digest(const ASN1_OBJECT *method)
{
    static const int usual[] = {NID_md5, NID_sha1, NID_sha256, NID_sha384, NID_sha512};

    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (OBJ_obj2nid(method) == usual[i])
            return true;
    return false;
}

/* The file's own digest, once for all signatures with the same method. */
static void add_file_digest(struct reader *r, const ASN1_OBJECT *method, struct laz_authenticode *a)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    size_t len;

    if (r->signed_parts == NULL || !is_usual_digest(method) ||
        !is_first_of_its_digest(r, a, &a->file_digest))
        return;
    len = laz_digest_by_name(method, r->signed_parts, digest);
    if (len > 0)
        a->file_digest = laz_arena_hex(r->arena, laz_view_from(digest, len));
}

static bool read_content(struct reader *r, const PKCS7 *message, struct laz_authenticode *a)
{
    const ASN1_OCTET_STRING *digest;
    const X509_ALGOR *method;
    const ASN1_OBJECT *name;
    struct laz_view content;
    X509_SIG *info;

    if (!signed_content(message, &content))
        return false;
    info = open_digest_info(content);
    if (info == NULL)
        return false;
    X509_SIG_get0(info, &method, &digest);
    X509_ALGOR_get0(&name, NULL, NULL, method);
    a->digest_algorithm = laz_arena_algorithm(r->arena, name);
    a->digest = laz_arena_hex(r->arena, laz_asn1_bytes(digest));
    add_file_digest(r, name, a);
    X509_SIG_free(info);
    return true;
}

static void find_nested(struct reader *r, PKCS7_SIGNER_INFO *signer)
{
    X509_ATTRIBUTE *a = laz_find_attribute(signer->unauth_attr, OID_NESTED);
    struct laz_view message;

    for (int i = 0; a != NULL && i < X509_ATTRIBUTE_count(a) && i < LAZ_AUTHENTICODE_MAX; i++)
        if (laz_attribute_sequence(a, i, &message))
            enqueue(r, message);
}

/* A text of 16-bit characters, the high byte first, as UTF-8. */
static struct laz_view to_utf8(struct laz_arena *arena, struct laz_view wide)
{
    uint8_t *out = laz_arena_get(arena, wide.len / 2 * 3 + 1);
    size_t len = 0;
    uint16_t c;

    while (out != NULL && laz_take_u16be(&wide, &c)) {
        if (c < 0x80) {
            out[len++] = (uint8_t)c;
        } else if (c < 0x800) {
            out[len++] = (uint8_t)(0xC0 | c >> 6);
            out[len++] = (uint8_t)(0x80 | (c & 0x3F));
        } else {
            out[len++] = (uint8_t)(0xE0 | c >> 12);
            out[len++] = (uint8_t)(0x80 | (c >> 6 & 0x3F));
            out[len++] = (uint8_t)(0x80 | (c & 0x3F));
        }
    }
    return laz_view_from(out, len);
}

/* SpcSpOpusInfo: the name that the signer gave the program, when there is one. */
static struct laz_view program_name(struct laz_arena *arena, PKCS7_SIGNER_INFO *signer)
{
    X509_ATTRIBUTE *a = laz_find_attribute(signer->auth_attr, OID_OPUS_INFO);
    struct laz_view v, sequence, holder, name;
    char *copy;
    uint8_t tag;

    if (!laz_attribute_sequence(a, 0, &v) || !laz_take_der(&v, &tag, &sequence) ||
        !laz_take_der(&sequence, &tag, &holder) || tag != DER_EXPLICIT ||
        !laz_take_der(&holder, &tag, &name))
        return laz_view_from(NULL, 0);
    if (tag == DER_UNICODE)
        return to_utf8(arena, name);
    copy = tag == DER_ASCII ? laz_arena_copy(arena, name) : NULL;
    return laz_view_from(copy, copy == NULL ? 0 : name.len);
}

/* The digest that the signer's attributes hold, and their signature. */
static bool is_signature_good(PKCS7 *message, PKCS7_SIGNER_INFO *signer, X509 *certificate)
{
    struct laz_view content, inner;
    BIO *from = NULL, *chain = NULL;
    uint8_t buffer[READ_SIZE], tag;
    bool ok = false;

    if (!laz_certificate_key_is_usual(certificate) || !signed_content(message, &content))
        return false;
    /* The first version signs what is in the sequence, without its own head. */
    if (ASN1_INTEGER_get(message->d.sign->version) == 1 && laz_take_der(&content, &tag, &inner))
        content = inner;
    from = BIO_new_mem_buf(content.data, (int)content.len);
    chain = from == NULL ? NULL : PKCS7_dataInit(message, from);
    if (chain != NULL) {
        while (BIO_read(chain, buffer, sizeof buffer) > 0)
            ;
        ok = PKCS7_signatureVerify(chain, message, signer, certificate) == 1;
        BIO_free_all(chain);
    } else {
        BIO_free(from);
    }
    return ok;
}

static X509 *find_signer(PKCS7 *message)
{
    STACK_OF(X509) *signers = PKCS7_get0_signers(message, message->d.sign->cert, 0);
    X509 *first = sk_X509_value(signers, 0);

    sk_X509_free(signers);
    return first;
}

static void read_signer(struct reader *r, PKCS7 *message, PKCS7_SIGNER_INFO *signer,
                        X509 *certificate, struct laz_authenticode *a)
{
    ASN1_TYPE *digest = PKCS7_get_signed_attribute(signer, NID_pkcs9_messageDigest);
    const ASN1_OBJECT *method;

    if (digest == NULL || ASN1_TYPE_get(digest) != V_ASN1_OCTET_STRING)
        return;
    X509_ALGOR_get0(&method, NULL, NULL, signer->digest_alg);
    a->signer_digest_algorithm = laz_arena_algorithm(r->arena, method);
    a->signer_digest = laz_arena_hex(r->arena, laz_asn1_bytes(digest->value.octet_string));
    a->program_name = program_name(r->arena, signer);
    if (r->signed_parts != NULL)
        a->is_verified = is_signature_good(message, signer, certificate) &&
                         a->file_digest.data != NULL && laz_view_equal(a->file_digest, a->digest);
    if (a->is_verified)
        a->proved_count = laz_certificates_proved(certificate, message->d.sign->cert);
}

/* False: not in the list, as it has no signer, or memory ran out. */
static bool read_parts(struct reader *r, PKCS7 *message, struct laz_authenticode *a)
{
    PKCS7_SIGNER_INFO *signer;
    X509 *certificate;

    r->out_of_memory =
        !laz_certificates_describe(message->d.sign->cert, r->arena, &a->certificates);
    if (r->out_of_memory)
        return false;
    if (!read_content(r, message, a))
        return true; /* signed, but what: nobody knows */
    signer = sk_PKCS7_SIGNER_INFO_value(PKCS7_get_signer_info(message), 0);
    if (signer == NULL)
        return false;
    find_nested(r, signer);
    r->out_of_memory = !laz_counters_read(message, signer, r->signed_parts != NULL, r->arena, a);
    certificate = r->out_of_memory ? NULL : find_signer(message);
    if (certificate == NULL)
        return false;
    r->out_of_memory =
        !laz_certificates_chain(certificate, message->d.sign->cert, r->arena, &a->chain);
    if (!r->out_of_memory)
        read_signer(r, message, signer, certificate, a);
    return !r->out_of_memory;
}

static void read_next(struct reader *r, uint32_t n)
{
    const uint8_t *data = r->queue.messages[n].data;
    PKCS7 *message = d2i_PKCS7(NULL, &data, (long)r->queue.messages[n].len);
    struct laz_authenticode *a = &r->items[r->count];

    r->queue.opened[n] = message;
    if (message == NULL || !PKCS7_type_is_signed(message) || message->d.sign == NULL)
        return;
    *a = (struct laz_authenticode){0};
    if (read_parts(r, message, a))
        r->count++;
}

bool laz_authenticode_read(struct laz_view message, const struct laz_signed_parts *signed_parts,
                           struct laz_arena *arena, struct laz_authenticode_list *out)
{
    struct reader r = {.arena = arena, .signed_parts = signed_parts};

    *out = (struct laz_authenticode_list){0};
    r.items = laz_arena_get_array(arena, LAZ_AUTHENTICODE_MAX, sizeof *r.items);
    if (r.items == NULL)
        return false;
    enqueue(&r, message);
    for (uint32_t n = 0; n < r.queue.count && !r.out_of_memory; n++)
        read_next(&r, n);
    close_all(&r);
    out->items = r.items;
    out->count = r.count;
    return !r.out_of_memory;
}
