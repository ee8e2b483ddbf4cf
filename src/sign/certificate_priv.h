/* certificate_priv.h - what certificate.c and authority.c share: OpenSSL's objects from and to PEM.
 */
#ifndef LAZ_SIGN_CERTIFICATE_PRIV_H
#define LAZ_SIGN_CERTIFICATE_PRIV_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "sign/certificate.h"

/* NULL when there is none; OpenSSL's queue of errors is left empty. */
X509 *laz_pem_certificate(struct laz_view pem);
EVP_PKEY *laz_pem_key(struct laz_view pem);
X509_REQ *laz_pem_request(struct laz_view pem);

void laz_x509_drop(X509 **p);
void laz_x509_req_drop(X509_REQ **p);
void laz_pkey_drop(EVP_PKEY **p);
void laz_bio_drop(BIO **p);

/* What laz_certificate_read tells, of a certificate that is open already. */
LAZ_CHECKED enum laz_status laz_certificate_facts(X509 *c, struct laz_certificate *out);

/* The request's key when the request shows that its sender has it, borrowed; else NULL. */
EVP_PKEY *laz_request_key(X509_REQ *r);

EVP_PKEY *laz_p256_new(void);
bool laz_is_p256(EVP_PKEY *key);

/* Appends the object's PEM form. */
LAZ_CHECKED enum laz_status laz_add_pem_certificate(struct laz_buf *out, X509 *c);
LAZ_CHECKED enum laz_status laz_add_pem_key(struct laz_buf *out, EVP_PKEY *key);
LAZ_CHECKED enum laz_status laz_add_pem_request(struct laz_buf *out, X509_REQ *r);

/* Fills err with OpenSSL's last reason and empties its queue. */
LAZ_CHECKED enum laz_status laz_fail_openssl(struct laz_error *err, enum laz_status s,
                                             const char *what, const char *remedy);

#endif
