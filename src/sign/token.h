/* token.h - secrets that are drawn by lot: one-time tokens, session ids, first passwords. What is
 * stored of a token is its digest, so that a stolen database opens nothing. */
#ifndef LAZ_SIGN_TOKEN_H
#define LAZ_SIGN_TOKEN_H

#include "base/status.h"
#include "base/view.h"

#define LAZ_TOKEN_TEXT_SIZE     33 /* 128 bits as 32 digits, and a NUL */
#define LAZ_TOKEN_DIGEST_SIZE   32
#define LAZ_UUID_TEXT_SIZE      37
#define LAZ_FIRST_PASSWORD_SIZE 25 /* five groups of four characters, and a NUL: 100 bits */

void laz_token_make(char out[LAZ_TOKEN_TEXT_SIZE]);
/* 32 lower-case hexadecimal digits and nothing else. */
bool laz_token_is_valid(struct laz_view token);
/* SHA-256 of the token's text: look tokens up by it. LAZ_INVALID when it is no token. */
LAZ_CHECKED enum laz_status laz_token_digest(struct laz_view token,
                                             uint8_t out[LAZ_TOKEN_DIGEST_SIZE]);

/* RFC 9562 version 4, lower case. */
void laz_uuid_make(char out[LAZ_UUID_TEXT_SIZE]);
bool laz_uuid_is_valid(struct laz_view uuid);

/* A password that a person can read out and type: no letter looks like another. */
void laz_first_password_make(char out[LAZ_FIRST_PASSWORD_SIZE]);

/* Takes the same time wherever the difference is. Lengths are no secret. */
bool laz_secret_equal(struct laz_view a, struct laz_view b);
/* Overwrites a secret in a way that the compiler keeps. */
void laz_secret_wipe(void *secret, size_t len);

#endif
