/* authenticode.h - the signatures in a program (Microsoft's "Windows Authenticode Portable
 * Executable Signature Format"): a PKCS #7 message, more of them nested in it, and what time
 * stampers countersigned. All of it comes from files that may be hostile: sizes and counts are
 * bounded, and a signature that is "verified" fits the file and itself; who made it is not judged.
 */
#ifndef LAZ_SIGN_AUTHENTICODE_H
#define LAZ_SIGN_AUTHENTICODE_H

#include "base/arena.h"
#include "base/status.h"
#include "base/view.h"

#define LAZ_AUTHENTICODE_BYTES_MAX    ((size_t)4 * 1024 * 1024) /* more is not read */
#define LAZ_AUTHENTICODE_MAX          16 /* signatures of one file, nested ones counted */
#define LAZ_AUTHENTICODE_COUNTERS_MAX 16 /* of one signature */
#define LAZ_CERTIFICATES_MAX          64 /* of one message */
#define LAZ_SIGNED_PARTS_MAX          4

#define LAZ_CERTIFICATE_MARK_SIZE 32

/* A certificate as ClamAV's lists name it: a digest of its subject, its key, and its serial number
 * or any. */
struct laz_certificate_mark {
    uint8_t exact[LAZ_CERTIFICATE_MARK_SIZE], any_serial[LAZ_CERTIFICATE_MARK_SIZE];
};

/* Texts lie in the arena; data is NULL when there is none. */
struct laz_certificate_text {
    bool has_mark; /* it has a key of RSA's */
    struct laz_certificate_mark mark;
    struct laz_view thumbprint; /* SHA-1 of the whole, hexadecimal */
    struct laz_view issuer, subject;
    struct laz_view algorithm, algorithm_oid, serial;
    int64_t version;
    int64_t not_before_s, not_after_s;
};

struct laz_certificate_list {
    const struct laz_certificate_text *items;
    uint32_t count;
};

struct laz_countersignature {
    bool is_verified; /* only where verification was asked for */
    bool has_time;
    int64_t time_s;
    struct laz_view digest_algorithm, digest;
    struct laz_certificate_list chain;
};

struct laz_authenticode {
    bool is_verified; /* only where verification was asked for; so has file_digest */
    struct laz_view digest_algorithm, digest, file_digest;
    struct laz_certificate_list certificates, chain; /* the signer's own comes first in chain */
    uint32_t proved_count; /* of a verified one: the first of chain, each signed by the next one */
    struct laz_view program_name, signer_digest_algorithm, signer_digest;
    const struct laz_countersignature *counters;
    uint32_t counter_count;
};

struct laz_authenticode_list {
    const struct laz_authenticode *items;
    uint32_t count;
};

/* What is signed: the file in the order of its bytes, without the places that a signature changes.
 */
struct laz_signed_parts {
    struct laz_view parts[LAZ_SIGNED_PARTS_MAX];
    uint32_t count;
};

/* The signatures in message, the outer one first. With signed parts each is verified too, which
 * reads all of them. False when memory ran out; what cannot be read is not in the list. */
bool laz_authenticode_read(struct laz_view message, const struct laz_signed_parts *signed_parts,
                           struct laz_arena *arena, struct laz_authenticode_list *out);

/* The mark of what a list names: SHA-1 of the subject's content and of the serial number's (NULL:
 * any), and the modulus of the key. False when that is too long, or without memory. */
bool laz_certificate_mark(const uint8_t *subject, const uint8_t *serial, struct laz_view modulus,
                          uint8_t out[LAZ_CERTIFICATE_MARK_SIZE]);

#endif
