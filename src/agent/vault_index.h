/* vault_index.h - what the vault keeps, in memory: actors, their entries, the objects that hold
 * content. An entry's path and metadata stay in the journal. Pure; filled again from the journal at
 * each start. */
#ifndef LAZ_AGENT_VAULT_INDEX_H
#define LAZ_AGENT_VAULT_INDEX_H

#include "agent/vault_record.h"
#include "wire/vault_message.h"

struct laz_vault_actor {
    struct laz_vault_actor *next; /* in its bucket */
    char key[LAZ_VAULT_ACTOR_MAX + 1];
    bool suspect, rolling; /* rolling: a rollback has begun and not ended */
    uint32_t entries, notes;
    uint64_t suspect_at;                 /* place in the journal of the record that says it */
    int64_t seen_ms;                     /* when it last did something */
    struct laz_vault_item *first, *last; /* in the order of the journal */
    struct laz_vault_note *first_note, *last_note;
};

/* A copy of content. */
struct laz_vault_object {
    struct laz_vault_object *next; /* in its bucket */
    uint64_t number, bytes;
    struct laz_vault_version version;
    uint32_t users; /* entries */
    bool young;     /* may not be shared: it could have been changed within the clock's last tick */
};

/* What is kept of one file for one actor. */
struct laz_vault_item {
    struct laz_vault_item *next;           /* in its bucket of files */
    struct laz_vault_item *next_by_number; /* in its bucket of entries */
    struct laz_vault_item *before, *after; /* in the actor's list */
    struct laz_vault_item *older, *newer;  /* in its list of age */
    struct laz_vault_actor *actor;         /* NULL: trusted */
    struct laz_vault_object *object;       /* NULL: empty content */
    struct laz_vault_file_id file;
    uint64_t number, at; /* at: in the journal */
    uint64_t size;
    int64_t kept_ms;
    bool put_back;
};

/* A record of what an actor did to names. */
struct laz_vault_note {
    struct laz_vault_note *next;
    uint64_t at;
};

/* A list by age. */
struct laz_vault_age {
    struct laz_vault_item *oldest, *newest;
};

struct laz_vault_buckets {
    void **heads;
    uint32_t count; /* a power of two */
    uint32_t used;
};

struct laz_vault_index {
    struct laz_vault_buckets actors, files, entries, versions;
    struct laz_vault_age guarded, trusted; /* trusted ones are let go first */
    uint32_t actor_count, entry_count;
    uint64_t bytes;                       /* of objects */
    uint64_t entry_number, object_number; /* the last ones given */
};

LAZ_CHECKED enum laz_status laz_vault_index_init(struct laz_vault_index *x);
void laz_vault_index_clear(struct laz_vault_index *x);

struct laz_vault_actor *laz_vault_actor_find(const struct laz_vault_index *x, struct laz_view key);
/* Found or made; NULL when memory ran out. */
struct laz_vault_actor *laz_vault_actor_get(struct laz_vault_index *x, struct laz_view key);
/* Any actor whose rollback did not end, or NULL. */
struct laz_vault_actor *laz_vault_actor_find_rolling(const struct laz_vault_index *x);
/* Goes when nothing is known of it any more. */
void laz_vault_actor_release(struct laz_vault_index *x, struct laz_vault_actor *a);
LAZ_CHECKED enum laz_status laz_vault_actor_note(struct laz_vault_actor *a, uint64_t at);
void laz_vault_actor_forget_notes(struct laz_vault_actor *a);

/* What is kept of the file for the actor and was not put back since, or NULL. */
struct laz_vault_item *laz_vault_item_find(const struct laz_vault_index *x,
                                           const struct laz_vault_actor *a,
                                           const struct laz_vault_file_id *file);
struct laz_vault_item *laz_vault_item_by_number(const struct laz_vault_index *x, uint64_t number);
/* A new entry of the actor, the newest of all; NULL when memory ran out. */
struct laz_vault_item *laz_vault_item_add(struct laz_vault_index *x, struct laz_vault_actor *a,
                                          struct laz_vault_object *object,
                                          const struct laz_vault_record *kept, uint64_t at);
/* The entry is no longer the actor's: it goes to the trusted ones. */
void laz_vault_item_trust(struct laz_vault_index *x, struct laz_vault_item *item);
/* Forgets the entry. The object that nobody needs any more is returned: the caller removes its file
 * and calls laz_vault_object_free. Else NULL. */
struct laz_vault_object *laz_vault_item_remove(struct laz_vault_index *x,
                                               struct laz_vault_item *item);

/* An object that holds exactly this version and may be shared, or NULL. */
struct laz_vault_object *laz_vault_object_find(const struct laz_vault_index *x,
                                               const struct laz_vault_version *version);
struct laz_vault_object *laz_vault_object_by_number(const struct laz_vault_index *x,
                                                    const struct laz_vault_version *version,
                                                    uint64_t number);
struct laz_vault_object *laz_vault_object_add(struct laz_vault_index *x, uint64_t number,
                                              const struct laz_vault_version *version, bool young);
/* What it takes on the disk, once that is known. */
void laz_vault_object_measure(struct laz_vault_index *x, struct laz_vault_object *o,
                              uint64_t bytes);
void laz_vault_object_free(struct laz_vault_index *x, struct laz_vault_object *o);

#endif
