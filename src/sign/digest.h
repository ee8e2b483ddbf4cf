/* digest.h - MD5, SHA-1 and SHA-256 by OpenSSL. MD5 and SHA-1 only recognise known content; nothing
 * is trusted because of them. */
#ifndef LAZ_SIGN_DIGEST_H
#define LAZ_SIGN_DIGEST_H

#include "base/status.h"
#include "base/view.h"

enum laz_digest { LAZ_MD5, LAZ_SHA1, LAZ_SHA256, LAZ_DIGESTS };

#define LAZ_MD5_SIZE        16
#define LAZ_SHA1_SIZE       20
#define LAZ_SHA256_SIZE     32
#define LAZ_DIGEST_SIZE_MAX 32

/* Keeps OpenSSL from reading its configuration, which takes longer than all else that it does for a
 * process that starts, and which says nothing of digests. Comes before every other use of OpenSSL,
 * and not in processes that speak TLS. */
void laz_digest_skip_configuration(void);

/* Fetches the digests from OpenSSL once for the whole process. Call it before the sandbox closes:
 * afterwards digests need no system call but for memory. Calling it again does nothing. Ends the
 * process when OpenSSL has no digests at all. Everything below calls it by itself if it must. */
void laz_digest_init(void);

size_t laz_digest_bytes(enum laz_digest kind); /* 16, 20 or 32 */

/* The digest of v in out, laz_digest_bytes(kind) bytes. Fails only with LAZ_NOMEM. */
LAZ_CHECKED enum laz_status laz_digest(enum laz_digest kind, struct laz_view v, uint8_t *out);

/* A digest of bytes that come in pieces. start, add as often as needed, finish. A failed start
 * needs no drop. finish ends the job; one that is not finished is dropped. */
struct laz_digest_job {
    enum laz_digest kind;
    void *context; /* NULL when the job is over */
};

LAZ_CHECKED enum laz_status laz_digest_start(struct laz_digest_job *job, enum laz_digest kind);
LAZ_CHECKED enum laz_status laz_digest_add(struct laz_digest_job *job, struct laz_view v);
LAZ_CHECKED enum laz_status laz_digest_finish(struct laz_digest_job *job, uint8_t *out);
void laz_digest_drop(struct laz_digest_job *job); /* for LAZ_OWNED; accepts one that is over */

#endif
