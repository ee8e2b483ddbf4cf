#include "sign/certificate_priv.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

void laz_x509_drop(X509 **p)
{
    X509_free(*p);
    *p = NULL;
}

void laz_x509_req_drop(X509_REQ **p)
{
    X509_REQ_free(*p);
    *p = NULL;
}

void laz_pkey_drop(EVP_PKEY **p)
{
    EVP_PKEY_free(*p);
    *p = NULL;
}

void laz_bio_drop(BIO **p)
{
    BIO_free_all(*p);
    *p = NULL;
}

/* A key of ours has no pass phrase, and a daemon has nobody to ask for one. */
static int no_pass_phrase(char *out, int size, int writing, void *context)
{
    return -1;
}

static BIO *bio_over(struct laz_view pem)
{
    return pem.len == 0 || pem.len > 8 * LAZ_PEM_MAX ? NULL
                                                     : BIO_new_mem_buf(pem.data, (int)pem.len);
}

X509 *laz_pem_certificate(struct laz_view pem)
{
    LAZ_OWNED(laz_bio_drop) BIO *bio = bio_over(pem);
    X509 *c = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, no_pass_phrase, NULL);

    ERR_clear_error();
    return c;
}

EVP_PKEY *laz_pem_key(struct laz_view pem)
{
    LAZ_OWNED(laz_bio_drop) BIO *bio = bio_over(pem);
    EVP_PKEY *key = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, no_pass_phrase, NULL);

    ERR_clear_error();
    return key;
}

X509_REQ *laz_pem_request(struct laz_view pem)
{
    LAZ_OWNED(laz_bio_drop) BIO *bio = bio_over(pem);
    X509_REQ *r = bio == NULL ? NULL : PEM_read_bio_X509_REQ(bio, NULL, no_pass_phrase, NULL);

    ERR_clear_error();
    return r;
}

EVP_PKEY *laz_p256_new(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");

    ERR_clear_error();
    return key;
}

bool laz_is_p256(EVP_PKEY *key)
{
    char group[32];

    return key != NULL && EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
           EVP_PKEY_get_group_name(key, group, sizeof group, NULL) == 1 &&
           strcmp(group, "prime256v1") == 0;
}

static enum laz_status add_bio(struct laz_buf *out, BIO *bio)
{
    char *text = NULL;
    long len = BIO_get_mem_data(bio, &text);

    return len <= 0 ? LAZ_NOMEM : laz_buf_add(out, laz_view_from(text, (size_t)len));
}

enum laz_status laz_add_pem_certificate(struct laz_buf *out, X509 *c)
{
    LAZ_OWNED(laz_bio_drop) BIO *bio = BIO_new(BIO_s_mem());

    return bio == NULL || PEM_write_bio_X509(bio, c) != 1 ? LAZ_NOMEM : add_bio(out, bio);
}

enum laz_status laz_add_pem_key(struct laz_buf *out, EVP_PKEY *key)
{
    LAZ_OWNED(laz_bio_drop) BIO *bio = BIO_new(BIO_s_secmem());

    return bio == NULL || PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1
               ? LAZ_NOMEM
               : add_bio(out, bio);
}

enum laz_status laz_add_pem_request(struct laz_buf *out, X509_REQ *r)
{
    LAZ_OWNED(laz_bio_drop) BIO *bio = BIO_new(BIO_s_mem());

    return bio == NULL || PEM_write_bio_X509_REQ(bio, r) != 1 ? LAZ_NOMEM : add_bio(out, bio);
}

enum laz_status laz_fail_openssl(struct laz_error *err, enum laz_status s, const char *what,
                                 const char *remedy)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());

    s = laz_fail(err, s, what, "", reason == NULL ? "is not as it must be" : reason, remedy);
    ERR_clear_error();
    return s;
}
