/* vault_record.h - one record of the vault's journal, as bytes. Pure; what is read is not trusted.
 */
#ifndef LAZ_AGENT_VAULT_RECORD_H
#define LAZ_AGENT_VAULT_RECORD_H

#include "base/buf.h"
#include "base/status.h"

#define LAZ_VAULT_RECORD_MAX ((size_t)1200 * 1024)

/* The numbers stand on the disk. */
enum laz_vault_record_kind {
    LAZ_VAULT_RECORD_KEPT = 1,
    LAZ_VAULT_RECORD_RENAMED = 2,
    LAZ_VAULT_RECORD_CREATED = 3,
    LAZ_VAULT_RECORD_SUSPECT = 4,
    LAZ_VAULT_RECORD_FORGOTTEN = 5,
    LAZ_VAULT_RECORD_ROLLBACK = 6,    /* begun */
    LAZ_VAULT_RECORD_PUT_BACK = 7,    /* one entry is done */
    LAZ_VAULT_RECORD_ROLLED_BACK = 8, /* ended */
    LAZ_VAULT_RECORD_EVICTED = 9,
};

/* Which file it is: the number of an inode is used again, its time of birth is not. */
struct laz_vault_file_id {
    uint64_t device, inode;
    int64_t born_ns; /* 0 where the file system does not say */
};

/* Which content it has. */
struct laz_vault_version {
    struct laz_vault_file_id file;
    uint64_t size;
    int64_t modified_ns, changed_ns;
};

struct laz_vault_folder {
    uint32_t mode, uid, gid;
};

struct laz_vault_record {
    enum laz_vault_record_kind kind;
    struct laz_view actor; /* not of PUT_BACK, EVICTED */
    struct laz_view path;  /* KEPT, CREATED; RENAMED: the old one */
    struct laz_view new_path;
    uint64_t entry;  /* KEPT, PUT_BACK, EVICTED */
    uint64_t object; /* KEPT: the file in objects/; 0: the content is empty */
    int64_t time_ms; /* KEPT */
    bool on;         /* SUSPECT; KEPT: the version may not be shared, it was too young to tell */
    bool trusted;    /* KEPT: of an actor that is trusted since */
    struct laz_vault_version version; /* KEPT; RENAMED: file alone */
    struct laz_vault_folder folder;   /* KEPT: the one that the file stands in */
    struct laz_view meta;             /* KEPT: for laz_file_meta_parse */
};

/* Adds the record; the buffer's own mark says whether it fits. */
void laz_vault_record_write(const struct laz_vault_record *r, struct laz_buf *b);
/* All of v. Views are borrowed from it. */
LAZ_CHECKED enum laz_status laz_vault_record_parse(struct laz_view v, struct laz_vault_record *out);

/* The journal's frame around a record. */
#define LAZ_VAULT_FRAME_SIZE 24u

/* Adds frame and record. */
void laz_vault_frame_write(uint64_t sequence, const struct laz_vault_record *r,
                           struct laz_buf *out);
/* Takes the next frame from the front of v. False when what stands there is not a whole and sound
 * one; v has not changed then. */
bool laz_vault_frame_take(struct laz_view *v, uint64_t *sequence, struct laz_vault_record *out);
/* Where in v the next frame may begin, from offset 1 on; v.len when nowhere. */
size_t laz_vault_frame_find(struct laz_view v);

#endif
