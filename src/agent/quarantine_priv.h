/* quarantine_priv.h - what the parts of the quarantine share.
 *
 * Names in the folder: `<id>.t` being copied, `<id>.m` complete while the original is being
 * removed,
 * `<id>.q` complete, `<id>.r` an empty mark: restored; `lock`. Who puts holds the lock shared; who
 * cleans up holds it alone, so that nothing that is under way is taken for left over. */
#ifndef LAZ_AGENT_QUARANTINE_PRIV_H
#define LAZ_AGENT_QUARANTINE_PRIV_H

#include "agent/filemeta.h"
#include "agent/quarantine.h"
#include "agent/quarantine_header.h"

struct laz_quarantine {
    int dir, lock;
    struct laz_quarantine_limits limits;
    char path[512]; /* for people */
};

#define LAZ_QUARANTINE_NAME_SIZE 40
void laz_quarantine_name(const struct laz_quarantine_id *id, char kind,
                         char out[LAZ_QUARANTINE_NAME_SIZE]);

/* An entry that was opened and checked. */
struct laz_quarantine_file {
    int fd;
    struct laz_buf bytes; /* what the record's views borrow from */
    struct laz_quarantine_record record;
};
LAZ_CHECKED enum laz_status laz_quarantine_file_open(const struct laz_quarantine *q,
                                                     const char *name,
                                                     struct laz_quarantine_file *out,
                                                     struct laz_error *err);
void laz_quarantine_file_clear(struct laz_quarantine_file *f);

/* Changes len bytes of content that stand at offset, there and back. */
void laz_quarantine_transform(const uint8_t key[LAZ_QUARANTINE_KEY_SIZE], uint64_t offset,
                              uint8_t *bytes, size_t len);

#endif
