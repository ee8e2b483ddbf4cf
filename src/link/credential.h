/* credential.h - what makes this machine an endpoint: its key and certificate, the console that it
 * belongs to, and that console's root. One file, replaced as a whole, readable for nobody else. */
#ifndef LAZ_LINK_CREDENTIAL_H
#define LAZ_LINK_CREDENTIAL_H

#include "base/buf.h"
#include "base/status.h"
#include "sign/certificate.h"
#include "sign/token.h"

#define LAZ_URL_SIZE 512

struct laz_credential {
    char url[LAZ_URL_SIZE]; /* "https://host:port", nothing behind it */
    char endpoint_id[LAZ_UUID_TEXT_SIZE];
    uint8_t pin[LAZ_FINGERPRINT_SIZE];  /* of the root */
    struct laz_buf ca_pem;              /* the root */
    struct laz_buf key_pem;             /* ours, private */
    struct laz_buf certificate_pem;     /* ours */
    struct laz_certificate certificate; /* what it says */
};

void laz_credential_init(struct laz_credential *c);
void laz_credential_drop(struct laz_credential *c); /* wipes the key; for LAZ_OWNED */

/* LAZ_NOT_FOUND when this machine has not enrolled; LAZ_DAMAGED when the file's parts do not belong
 * together (whether the certificate is still valid is not asked here). */
LAZ_CHECKED enum laz_status laz_credential_load(const char *dir, struct laz_credential *out,
                                                struct laz_error *err);
/* Reads the root's pin and the certificate out of the PEM texts, checks that all fits at now_ms,
 * and stores. */
LAZ_CHECKED enum laz_status laz_credential_store(const char *dir, struct laz_credential *c,
                                                 int64_t now_ms, struct laz_error *err);

/* The key with which an enrolment was begun, made when there is none: the same until it succeeds,
 * so that an answer that was lost on the way costs nothing. Appended to key_pem. */
LAZ_CHECKED enum laz_status laz_credential_pending_key(const char *dir, struct laz_buf *key_pem,
                                                       struct laz_error *err);

/* "https://", a host and perhaps a port; no user, path or query. */
bool laz_url_is_console(const char *url);

#endif
