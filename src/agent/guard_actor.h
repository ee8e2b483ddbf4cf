/* guard_actor.h - what the guard remembers of one actor: which files it spoiled and how much each
 * weighs, and its last deeds. Pure. */
#ifndef LAZ_AGENT_GUARD_ACTOR_H
#define LAZ_AGENT_GUARD_ACTOR_H

#include "base/status.h"
#include "wire/vault_message.h"

enum laz_guard_reason {
    LAZ_GUARD_ENTROPY_RISE,
    LAZ_GUARD_TYPE_LOST,
    LAZ_GUARD_TYPE_CHANGED,
    LAZ_GUARD_CONTENT_LOST,
    LAZ_GUARD_PARTLY_ENCRYPTED,
    LAZ_GUARD_HEADER_DESTROYED,
    LAZ_GUARD_RENAMED_EXTENSION,
    LAZ_GUARD_DELETED_AFTER_COPY,
    LAZ_GUARD_NOTE_DROPPED,
    LAZ_GUARD_MANY_FILES,
    LAZ_GUARD_REASONS,
};

/* Points by reason. */
struct laz_guard_weight {
    float of[LAZ_GUARD_REASONS];
};

#define LAZ_GUARD_FILES_MAX 2048u /* of one actor; by then it was stopped, or nothing weighs */
#define LAZ_GUARD_RECENT    128u

/* A file made or deleted lately: by hashes of its path, its folder, and its path without the last
 * extension. */
struct laz_guard_recent {
    uint64_t path, folder, stem;
    int64_t time_ms;
    bool made, encrypted; /* made: else deleted */
    bool known;           /* deleted: it had a type that is known */
    bool used;            /* paired already */
};

struct laz_guard_file {
    uint64_t path; /* hash; 0: free */
    float weight;
};

struct laz_guard_actor_state {
    char key[LAZ_VAULT_ACTOR_MAX + 1];
    int64_t time_ms; /* of the score */
    double score;
    struct laz_guard_weight reasons; /* summed, without decay: for people */
    struct laz_guard_file *files;    /* open addressing; owned */
    uint32_t file_count, file_room;
    struct laz_guard_recent recent[LAZ_GUARD_RECENT];
    uint32_t recent_at;
    float notes;   /* points given for notes */
    bool many;     /* the bonus for many files was given */
    uint64_t tree; /* hash of the tree it did most of it in */
};

uint64_t laz_guard_hash(struct laz_view v);
struct laz_guard_actor_state *laz_guard_actor_new(struct laz_view key);
void laz_guard_actor_free(struct laz_guard_actor_state *a);

/* The weight that the file has; a new file has 0. NULL when there is no room or memory. */
float *laz_guard_file_weight(struct laz_guard_actor_state *a, uint64_t path);
float laz_guard_file_find(const struct laz_guard_actor_state *a, uint64_t path);
/* The file has another name now. */
void laz_guard_file_renamed(struct laz_guard_actor_state *a, uint64_t from, uint64_t to);

struct laz_guard_recent laz_guard_recent_of(struct laz_view path, int64_t time_ms);
void laz_guard_recent_add(struct laz_guard_actor_state *a, const struct laz_guard_recent *r);
/* Whether the actor made this file lately. */
bool laz_guard_recent_made(const struct laz_guard_actor_state *a, uint64_t path);
/* The unused counterpart of r: a deleted file whose name an encrypted one carries on, or the other
 * way round; failing that, when loose is set, one in the same folder. NULL when there is none. */
struct laz_guard_recent *laz_guard_recent_pair(struct laz_guard_actor_state *a,
                                               const struct laz_guard_recent *r, int64_t after_ms,
                                               bool *same_name);

#endif
