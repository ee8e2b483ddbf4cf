/* quarantine_header.h - the form of a file in quarantine. Pure; what is read is not trusted.
 *
 *   0                  prologue: magic, version, place and SHA-256 of the record
 *   4096               the content, XORed with the ChaCha20 stream of the record's key; holes stay
 *   4096 + size        the record: everything else
 *
 * The key stands in the file: the change keeps content from being executed, indexed or found by
 * other scanners by accident. It is no secrecy; that is what the folder's mode is for. */
#ifndef LAZ_AGENT_QUARANTINE_HEADER_H
#define LAZ_AGENT_QUARANTINE_HEADER_H

#include "base/buf.h"
#include "base/status.h"

#define LAZ_QUARANTINE_CONTENT_AT    4096u
#define LAZ_QUARANTINE_PROLOGUE_SIZE 56u
#define LAZ_QUARANTINE_RECORD_MAX    ((size_t)4 * 1024 * 1024)
#define LAZ_QUARANTINE_RUNS_MAX      65536u
#define LAZ_QUARANTINE_KEY_SIZE      32u

struct laz_quarantine_prologue {
    uint64_t record_at, record_len;
    uint8_t record_sha256[32];
};

struct laz_quarantine_record {
    int64_t time_ms;
    uint64_t size;
    uint64_t device, inode; /* of the original */
    uint8_t key[LAZ_QUARANTINE_KEY_SIZE];
    uint8_t sha256[32];
    struct laz_view path; /* absolute, without a NUL, 1 to 4,095 bytes */
    struct laz_view detections, actor, reason;
    struct laz_view meta; /* for laz_file_meta_parse */
    struct laz_view
        runs; /* of data: u64le offset, u64le len; in order, apart, not empty, inside size */
};

void laz_quarantine_prologue_write(const struct laz_quarantine_prologue *p, struct laz_buf *out);
/* LAZ_VERSION when another version wrote it. */
LAZ_CHECKED enum laz_status laz_quarantine_prologue_parse(struct laz_view v,
                                                          struct laz_quarantine_prologue *out);

void laz_quarantine_record_write(const struct laz_quarantine_record *r, struct laz_buf *out);
/* All of v. Views are borrowed from it. */
LAZ_CHECKED enum laz_status laz_quarantine_record_parse(struct laz_view v,
                                                        struct laz_quarantine_record *out);
/* The next run, or false. */
bool laz_quarantine_take_run(struct laz_view *runs, uint64_t *offset, uint64_t *len);

#endif
