/* authority.h - the certificate authority of one installation: a P-256 root that signs the
 * console's own certificate and those of its agents. Where the PEM texts are kept is the caller's
 * business. */
#ifndef LAZ_SIGN_AUTHORITY_H
#define LAZ_SIGN_AUTHORITY_H

#include "sign/certificate.h"

#define LAZ_AUTHORITY_YEARS  20
#define LAZ_SERVER_DAYS      397 /* browsers refuse longer ones */
#define LAZ_AGENT_DAYS       90
#define LAZ_SERVER_NAMES_MAX 32

struct laz_authority;

/* Makes the root: its certificate and its private key are appended to the two buffers. */
LAZ_CHECKED enum laz_status laz_authority_make(const char *organisation,
                                               struct laz_buf *certificate_pem,
                                               struct laz_buf *key_pem, struct laz_error *err);

/* LAZ_DAMAGED when the two texts do not make one authority. */
LAZ_CHECKED enum laz_status laz_authority_load(struct laz_view certificate_pem,
                                               struct laz_view key_pem, struct laz_authority **out,
                                               struct laz_error *err);
void laz_authority_drop(struct laz_authority **a); /* wipes the key */

/* The root's certificate as PEM; borrowed for a's life. */
struct laz_view laz_authority_certificate(const struct laz_authority *a);
/* SHA-256 of the root's DER form: the pin that travels with an enrolment token. */
void laz_authority_pin(const struct laz_authority *a, uint8_t out[LAZ_FINGERPRINT_SIZE]);

/* True for a host name or an IP address that a certificate can carry. */
bool laz_authority_can_name(const char *name);

/* A server's certificate with a new key. names: host names and IP addresses, 1 to
 * LAZ_SERVER_NAMES_MAX. chain_pem gets the certificate followed by the root, because an agent that
 * enrols knows the root only by its pin and must see it. */
LAZ_CHECKED enum laz_status laz_authority_issue_server(const struct laz_authority *a,
                                                       const char *const *names, size_t name_count,
                                                       int days, struct laz_buf *chain_pem,
                                                       struct laz_buf *key_pem,
                                                       struct laz_error *err);

/* A client's certificate for the key in csr_pem. Of the request only the key is used: it must be
 * P-256 and have signed the request; who the certificate names is uri and common_name, both ours.
 * LAZ_DAMAGED when the request is none, LAZ_UNSUPPORTED for another kind of key. */
LAZ_CHECKED enum laz_status laz_authority_issue_client(const struct laz_authority *a,
                                                       struct laz_view csr_pem, const char *uri,
                                                       const char *common_name, int days,
                                                       struct laz_buf *certificate_pem,
                                                       struct laz_error *err);

#endif
