/* enrol.h - the two ways to a certificate: with a one-time token, or with the one that is about to
 * expire. Here stand the messages; who sends them and when is the uplink's. */
#ifndef LAZ_LINK_ENROL_H
#define LAZ_LINK_ENROL_H

#include "link/client.h"
#include "link/credential.h"

struct laz_enrol_facts {
    const char *token, *hostname, *os, *kernel, *version;
};

/* The body of POST /agent/v1/enrol for the key. */
LAZ_CHECKED enum laz_status laz_enrol_request(const struct laz_enrol_facts *facts,
                                              struct laz_view key_pem, struct laz_buf *out,
                                              struct laz_error *err);

/* The answer {endpoint_id, certificate, ca}, into c, whose url and key are set already. LAZ_DENIED
 * when the root in it has another pin. Nothing is stored. */
LAZ_CHECKED enum laz_status laz_enrol_accept(struct laz_view answer, const uint8_t *pin,
                                             struct laz_credential *c, struct laz_error *err);

/* POST /agent/v1/renew {csr}, for a new key; the answer is {certificate}. */
LAZ_CHECKED enum laz_status laz_renew_request(const char *endpoint_id, struct laz_view key_pem,
                                              struct laz_buf *out, struct laz_error *err);
LAZ_CHECKED enum laz_status laz_renew_accept(struct laz_view answer, struct laz_credential *c,
                                             struct laz_error *err);

/* The code of an answer {"error":{"code":…}} when it is one, a plain word like "enrol.token_used";
 * "" otherwise. */
#define LAZ_ERROR_CODE_SIZE 64
void laz_error_code_of(struct laz_view answer, char out[LAZ_ERROR_CODE_SIZE]);

#endif
