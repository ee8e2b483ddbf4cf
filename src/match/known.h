/* known.h - content that is known by a fingerprint: digests of objects and of their parts. Whether
 * an object is hashed at all is decided by its size first. */
#ifndef LAZ_MATCH_KNOWN_H
#define LAZ_MATCH_KNOWN_H

#include "match/database.h"

/* Of what a digest is. */
enum laz_hash_use {
    LAZ_HASH_FILE,    /* a whole object */
    LAZ_HASH_SECTION, /* the raw bytes of a PE section; size is theirs */
    LAZ_HASH_IMPORT,  /* the text of a PE's imports; size is its length */
    LAZ_HASH_URL,     /* a canonical URL or host */
    LAZ_HASH_ALLOW,   /* a whole object that is known to be clean */
    LAZ_HASH_USES
};

/* Instead of a size, which no object has: the digest (SHA-256) is of a certificate. Programs that
 * carry a blocked one are found (LAZ_HASH_FILE); those of a trusted signer, or of a signer whose
 * certificate a trusted issuer signed, are known to be clean (LAZ_HASH_ALLOW). */
enum laz_certificate_use {
    LAZ_CERTIFICATE_BLOCKED,
    LAZ_CERTIFICATE_SIGNER,
    LAZ_CERTIFICATE_ISSUER,
};
static inline uint64_t laz_certificate_size(enum laz_certificate_use use)
{
    return UINT64_MAX - 16 - (uint64_t)use;
}

#define LAZ_KNOWN_NAME_SIZE 256

/* What is known of something. hit's name lives here, so the struct is not copied. */
struct laz_known {
    struct laz_hit hit;
    char name[LAZ_KNOWN_NAME_SIZE];
};

/* Which digests the database could know of something of this size: bit 1 << kind. 0 for most sizes
 * that it does not list, so most objects are never hashed. */
unsigned laz_database_digests_wanted(const struct laz_database *db, enum laz_hash_use use,
                                     uint64_t size);

/* True when the database lists this digest of something of this size. For LAZ_HASH_ALLOW the whole
 * digest is compared. For all others about 61 bits of it are: of a million million digests that are
 * not listed, one or two are taken for one that is (format_known.h). */
bool laz_database_find_digest(const struct laz_database *db, enum laz_hash_use use,
                              enum laz_digest_kind kind, const uint8_t *digest, uint64_t size,
                              struct laz_known *out);

/* How many are listed, of all kinds. */
uint64_t laz_database_digest_count(const struct laz_database *db, enum laz_hash_use use);

#endif
