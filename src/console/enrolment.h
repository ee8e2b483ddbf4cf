/* enrolment.h - one-time tokens with which a machine becomes an endpoint. */
#ifndef LAZ_CONSOLE_ENROLMENT_H
#define LAZ_CONSOLE_ENROLMENT_H

#include "console/endpoint.h"
#include "sign/certificate.h"

#define LAZ_ENROLMENT_TOKEN_MS ((int64_t)3600 * 1000)

/* A token that is good for one machine, for an hour. Audited under who. */
LAZ_CHECKED enum laz_status laz_enrolment_token_make(struct laz_db *db, struct laz_scope scope,
                                                     const char *who,
                                                     char token[LAZ_TOKEN_TEXT_SIZE],
                                                     int64_t *expires_ms, struct laz_error *err);

enum laz_enrolment_refusal {
    LAZ_ENROL_OK,
    LAZ_ENROL_TOKEN_WRONG,
    LAZ_ENROL_TOKEN_USED,
    LAZ_ENROL_TOKEN_EXPIRED,
};
/* "enrol.token_used" and so on. */
const char *laz_enrolment_code(enum laz_enrolment_refusal r);

/* What a token gives. */
struct laz_enrolment_grant {
    enum laz_enrolment_refusal refusal; /* the rest holds when this is LAZ_ENROL_OK */
    struct laz_scope scope;             /* the organisation that the token is for */
    bool again;                         /* uuid is an endpoint that is there already */
    char uuid[LAZ_UUID_TEXT_SIZE];
};

/* Inside a transaction: uses the token up for a new endpoint. The machine that has used it already,
 * known by its key, may use it again while it lasts and is the same endpoint: our answer to it may
 * have been lost. Nobody else may. */
LAZ_CHECKED enum laz_status laz_enrolment_token_use(struct laz_db *db, struct laz_view token,
                                                    const uint8_t key_digest[LAZ_FINGERPRINT_SIZE],
                                                    struct laz_enrolment_grant *out,
                                                    struct laz_error *err);

/* Tokens that are long over. */
LAZ_CHECKED enum laz_status laz_enrolment_sweep(struct laz_db *db, struct laz_error *err);

#endif
