/* certificate.h - keys, requests and certificates as PEM text, by OpenSSL. All keys are ECDSA
 * P-256. */
#ifndef LAZ_SIGN_CERTIFICATE_H
#define LAZ_SIGN_CERTIFICATE_H

#include "base/buf.h"
#include "base/status.h"

#define LAZ_PEM_MAX              ((size_t)16 * 1024) /* a key and a short chain are 3 KiB */
#define LAZ_FINGERPRINT_SIZE     32
#define LAZ_CERTIFICATE_URI_SIZE 256

/* A new private key, appended to pem (PKCS#8, unencrypted: keep the file 0600). */
LAZ_CHECKED enum laz_status laz_key_make(struct laz_buf *pem, struct laz_error *err);

/* A certificate request for the first private key in key_pem, appended to csr_pem. */
LAZ_CHECKED enum laz_status laz_csr_make(struct laz_view key_pem, const char *common_name,
                                         struct laz_buf *csr_pem, struct laz_error *err);

/* SHA-256 of the public key that the request is about. LAZ_DAMAGED when the request cannot be read
 * or is not signed by that key: its sender has the key then. */
LAZ_CHECKED enum laz_status laz_csr_key_digest(struct laz_view csr_pem,
                                               uint8_t out[LAZ_FINGERPRINT_SIZE],
                                               struct laz_error *err);

struct laz_certificate {
    uint8_t fingerprint[LAZ_FINGERPRINT_SIZE]; /* SHA-256 of the DER form */
    int64_t not_before_ms, not_after_ms;
    char uri[LAZ_CERTIFICATE_URI_SIZE]; /* the only URI among the subject's names; "" when none */
    char serial[41];                    /* lower-case hexadecimal */
    char common_name[65];
};

/* Reads the first certificate in pem (other blocks are skipped). LAZ_DAMAGED when there is none. */
LAZ_CHECKED enum laz_status laz_certificate_read(struct laz_view pem, struct laz_certificate *out,
                                                 struct laz_error *err);

/* As laz_certificate_read, of the DER form that a TLS peer shows. */
LAZ_CHECKED enum laz_status laz_certificate_read_der(struct laz_view der,
                                                     struct laz_certificate *out,
                                                     struct laz_error *err);

/* When two thirds of the lifetime have passed: from then on it is renewed. */
int64_t laz_certificate_renew_at_ms(const struct laz_certificate *c);

/* LAZ_OK when the private key in key_pem belongs to the first certificate in certificate_pem, and
 * that was signed by ca_pem and is valid at now_ms. */
LAZ_CHECKED enum laz_status laz_certificate_check(struct laz_view certificate_pem,
                                                  struct laz_view key_pem, struct laz_view ca_pem,
                                                  int64_t now_ms, struct laz_error *err);

#endif
