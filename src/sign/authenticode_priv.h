/* authenticode_priv.h - what the files of authenticode share. */
#ifndef LAZ_SIGN_AUTHENTICODE_PRIV_H
#define LAZ_SIGN_AUTHENTICODE_PRIV_H

#include <openssl/pkcs7.h>
#include <openssl/x509.h>

#include "sign/authenticode.h"

/* authenticode_text.c: all in the arena; an empty view without data when memory ran out. */
struct laz_view laz_arena_text(struct laz_arena *arena, const char *text);
struct laz_view laz_arena_hex(struct laz_arena *arena, struct laz_view bytes);
/* The long name of a digest or of a signature's method. */
struct laz_view laz_arena_algorithm(struct laz_arena *arena, const ASN1_OBJECT *algorithm);
int64_t laz_asn1_time_s(const ASN1_TIME *t);
struct laz_view laz_asn1_bytes(const ASN1_STRING *s);
bool laz_certificate_describe(X509 *c, struct laz_arena *arena, struct laz_certificate_text *out);
bool laz_certificates_describe(const STACK_OF(X509) * from, struct laz_arena *arena,
                               struct laz_certificate_list *out);
/* The certificate, who issued it, and so on, as far as they are among from. */
bool laz_certificates_chain(X509 *first, const STACK_OF(X509) * from, struct laz_arena *arena,
                            struct laz_certificate_list *out);
/* False for keys that no one uses and that take long to check with: nothing is proved by them. */
bool laz_certificate_key_is_usual(const X509 *c);
/* How many of that chain are signed by the next one, from the first on. */
uint32_t laz_certificates_proved(X509 *first, const STACK_OF(X509) * from);

/* authenticode_mark.c: false for keys that are not RSA's. */
bool laz_certificate_mark_read(X509 *c, struct laz_certificate_mark *out);

/* authenticode_counter.c */
bool laz_counters_read(PKCS7 *message, PKCS7_SIGNER_INFO *signer, bool verifies,
                       struct laz_arena *arena, struct laz_authenticode *out);

/* The next value of DER in v, with its tag (one byte) and its content. */
bool laz_take_der(struct laz_view *v, uint8_t *tag, struct laz_view *content);
/* Digests of other kinds than sign/digest.h's; 0 when it cannot be. */
size_t laz_digest_by_name(const ASN1_OBJECT *algorithm, const struct laz_signed_parts *parts,
                          uint8_t out[EVP_MAX_MD_SIZE]);

/* The attribute with this name among attributes; NULL when there is none. */
X509_ATTRIBUTE *laz_find_attribute(const STACK_OF(X509_ATTRIBUTE) * attributes, const char *oid);
/* The n-th value of attribute when it is a SEQUENCE. */
bool laz_attribute_sequence(X509_ATTRIBUTE *attribute, int n, struct laz_view *out);

#endif
