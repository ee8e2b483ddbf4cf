/* vault_priv.h - what the parts of the vault share. */
#ifndef LAZ_AGENT_VAULT_PRIV_H
#define LAZ_AGENT_VAULT_PRIV_H

#include <sys/stat.h>

#include "agent/filemeta.h"
#include "agent/vault.h"
#include "agent/vault_index.h"
#include "agent/vault_journal.h"

struct laz_vault {
    enum laz_vault_mode mode;
    int dir, objects, evidence, lock;
    struct laz_vault_limits limits;
    struct laz_vault_index index;
    struct laz_vault_journal journal;
    uint64_t kept, shared, refused, evicted, evidence_bytes;
    uint32_t lost; /* entries whose object is missing or cut */
    bool dirty;
    char path[512]; /* for people */
};

#define LAZ_VAULT_OBJECT_NAME_SIZE 20
void laz_vault_object_name(uint64_t number, char out[LAZ_VAULT_OBJECT_NAME_SIZE]);

/* Fills the index from the journal; the vault's folders are open. */
LAZ_CHECKED enum laz_status laz_vault_load(struct laz_vault *v, struct laz_error *err);

/* Which file and content fd stands for. */
LAZ_CHECKED enum laz_status laz_vault_version_of(int fd, struct laz_vault_version *out);

/* Adds a record. Full: LAZ_LIMIT. */
LAZ_CHECKED enum laz_status laz_vault_add(struct laz_vault *v, const struct laz_vault_record *r,
                                          uint64_t *at, struct laz_error *err);
/* Writes that the entry goes, and lets it go with its object. */
LAZ_CHECKED enum laz_status laz_vault_evict(struct laz_vault *v, struct laz_vault_item *item,
                                            struct laz_error *err);

/* Entry i with its record: path, metadata and content. */
struct laz_vault_copy {
    struct laz_vault_record record; /* its path and meta are cleared: use those below */
    char *path;                     /* owned */
    struct laz_file_meta meta;
    int content; /* -1: empty */
};
LAZ_CHECKED enum laz_status laz_vault_copy_open(struct laz_vault *v,
                                                const struct laz_vault_item *item,
                                                struct laz_vault_copy *out, struct laz_error *err);
void laz_vault_copy_clear(struct laz_vault_copy *c);

/* One file that is to go back. */
struct laz_vault_return {
    const struct laz_vault_copy *copy;
    const char *target; /* where it belongs; lives until the way is ended */
    const char
        *moved_to;     /* likewise: where the changed file stands now if not at target, or NULL */
    bool resumed;      /* it may have been put back already: compare first */
    bool replace;      /* false: refuse when something stands at target */
    bool make_folders; /* else a missing folder is LAZ_NOT_FOUND */
    uint64_t number;   /* of the entry */
};

/* One file on its way back. Many are begun, then flushed at once, then ended: a flush for each
 * would take most of the time. Until it is ended, the attacker's version stands beside it. */
struct laz_vault_way {
    struct laz_vault *v;
    const char *target, *moved_to, *name; /* name: the last part of target */
    struct laz_vault_file_id file;
    int parent;   /* the folder of target; -1 when the way is over */
    bool changed; /* false when nothing had to be done */
    bool swapped; /* what stood there has the name aside */
    char tag[24], aside[64], temporary[64];
};
/* Puts the content and metadata in place. On failure nothing has to be ended. */
LAZ_CHECKED enum laz_status laz_vault_way_begin(struct laz_vault *v,
                                                const struct laz_vault_return *r,
                                                struct laz_vault_way *out, struct laz_error *err);
/* Flushes the file system that this one lies on, with all that were begun on it. */
LAZ_CHECKED enum laz_status laz_vault_way_flush(const struct laz_vault_way *w,
                                                struct laz_error *err);
/* Moves to evidence what stood there. */
LAZ_CHECKED enum laz_status laz_vault_way_end(struct laz_vault_way *w, struct laz_error *err);
void laz_vault_way_clear(struct laz_vault_way *w);

#endif
