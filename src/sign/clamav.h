/* clamav.h - who made a ClamAV database: the signature in its header, and the detached one that may
 * lie beside it. */
#ifndef LAZ_SIGN_CLAMAV_H
#define LAZ_SIGN_CLAMAV_H

#include "base/status.h"
#include "base/view.h"

/* An RSA key, in decimal digits, and the certificate (PEM) that detached signatures lead to. */
struct laz_clamav_key {
    const char *modulus, *exponent, *root;
};

/* The project's own, as it publishes them: libclamav/dsig.c and certs/clamav.crt. */
extern const struct laz_clamav_key laz_clamav_key;

#define LAZ_CLAMAV_MD5_SIZE 16

/* True when signature, the text in a header, is the key's over md5. */
bool laz_clamav_is_signed(const struct laz_clamav_key *key, const uint8_t md5[LAZ_CLAMAV_MD5_SIZE],
                          struct laz_view signature);

/* LAZ_OK when one of the lines of sign_file ("#clamsign-1.0", then MIN:MAX:pkcs7-pem:BASE64) that
 * are for this level is a signature over content that leads to the key's certificate. LAZ_DENIED
 * when none is, LAZ_DAMAGED with the line when it is no such file. */
LAZ_CHECKED enum laz_status laz_clamav_check_detached(const struct laz_clamav_key *key,
                                                      struct laz_view sign_file, const char *name,
                                                      struct laz_view content, uint32_t level,
                                                      struct laz_error *err);

#endif
