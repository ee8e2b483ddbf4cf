/* vault.h - keeps what an actor may be about to destroy, until the actor is trusted or rolled back.
 *
 * The vault is a folder: `journal`, an append-only list of what is kept for whom, `objects/`, one
 * file per kept version of a file, and `evidence/`, what attackers had put in place of files.
 *
 * What holds. When laz_vault_keep has returned LAZ_OK, the old content and its record are in the
 * kernel's hands: they survive the death of every process of ours. They are on the disk at most
 * LAZ_VAULT_SYNC_MS later (one flush for all that was kept meanwhile: flushing each copy would hold
 * every first write for 4 to 12 ms). Only a power cut within that time, after an attacker has
 * flushed its own writes, can lose a copy. A rollback is flushed file by file, and one that was
 * interrupted goes on where it stopped when the vault is opened again.
 *
 * What the vault opens on guarded trees it opens only during a rollback; otherwise it reads the
 * descriptors that it is given. The gate allows the vault's process at once. */
#ifndef LAZ_AGENT_VAULT_H
#define LAZ_AGENT_VAULT_H

#include "base/status.h"
#include "base/view.h"
#include "sys/sandbox.h"

#define LAZ_VAULT_SYNC_MS 1000

struct laz_vault_limits {
    uint64_t bytes_max;   /* of all kept content; 0: 8 GiB */
    uint64_t free_min;    /* bytes that stay free on the file system; 0: 256 MiB, or 5 % of it */
    uint64_t file_max;    /* of one file: larger ones are refused with LAZ_LIMIT; 0: 2 GiB */
    uint32_t entries_max; /* kept files; 0: 1,000,000 */
    uint32_t settle_s;  /* nothing younger is evicted before its actor is trusted; 0: 15 minutes */
    uint32_t age_max_s; /* copies of actors without suspicion are let go after; 0: 3 days */
    uint64_t evidence_max; /* bytes of attackers' versions; past it they are removed; 0: 1 GiB */
    /* For laz_vault_run alone: the guarded trees, to which the sandbox lets it write back. NULL:
     * the process is not sealed here. */
    const struct laz_sandbox_path *paths;
    size_t path_count;
};

struct laz_vault;

enum laz_vault_mode {
    LAZ_VAULT_WRITE, /* the one owner; LAZ_BUSY when there is another */
    LAZ_VAULT_READ,  /* to look and to take out, beside an owner: keep and so on are not allowed */
};

/* dir is made when it is missing, mode 0700. Interrupted copies are removed, a cut or damaged
 * journal is read as far as its records can be trusted. limits may be NULL. */
LAZ_CHECKED enum laz_status laz_vault_open(const char *dir, enum laz_vault_mode mode,
                                           const struct laz_vault_limits *limits,
                                           struct laz_vault **out, struct laz_error *err);
void laz_vault_free(struct laz_vault *v);
void laz_vault_drop(struct laz_vault **v);

struct laz_vault_kept {
    bool shared;    /* this version was kept already, for this or another actor */
    uint64_t bytes; /* copied */
};

/* Keeps the file behind fd (open for reading) for actor, who is about to write to it at path. Only
 * the first version that an actor touches is kept for it. LAZ_LIMIT: no room within the budget and
 * nothing that may be evicted; LAZ_IO: not readable; LAZ_UNSUPPORTED: not a regular file. Nothing
 * is then kept, and the failure is counted. The place of fd does not change. */
LAZ_CHECKED enum laz_status laz_vault_keep(struct laz_vault *v, struct laz_view actor, int fd,
                                           struct laz_view path, struct laz_vault_kept *out,
                                           struct laz_error *err);

/* What the actor did to names. device and inode of the renamed file when known, else 0. Written to
 * the journal; a failure loses at most the cleaning up after a rollback, never a copy. */
LAZ_CHECKED enum laz_status laz_vault_renamed(struct laz_vault *v, struct laz_view actor,
                                              struct laz_view old_path, struct laz_view new_path,
                                              uint64_t device, uint64_t inode);
LAZ_CHECKED enum laz_status laz_vault_created(struct laz_vault *v, struct laz_view actor,
                                              struct laz_view path);

/* While on, nothing of the actor is evicted, whatever its age. */
LAZ_CHECKED enum laz_status laz_vault_suspect(struct laz_vault *v, struct laz_view actor, bool on);
/* The actor is trusted: what is kept for it is no longer rolled back, and is the first to be
 * evicted when room is needed. What it writes to later is kept anew. */
LAZ_CHECKED enum laz_status laz_vault_forget(struct laz_vault *v, struct laz_view actor);

enum laz_vault_outcome {
    LAZ_VAULT_PUT_BACK,  /* the old content and metadata stand at the path again, on disk */
    LAZ_VAULT_UNCHANGED, /* the actor had not changed it */
    LAZ_VAULT_FAILED,    /* still kept; err says why; a later rollback tries again */
    LAZ_VAULT_MADE,      /* made by the actor: left where it is */
};

struct laz_vault_report {
    enum laz_vault_outcome outcome;
    struct laz_view path;
    uint64_t bytes;
    const struct laz_error *err; /* NULL unless failed */
};
/* Who hears of a rollback. pause (may be NULL) is called before each file: other actors' first
 * writes may wait meanwhile, so it may call laz_vault_keep, _open_old, _renamed, _created, _suspect
 * and _state, and nothing else of the vault. */
struct laz_vault_listener {
    void (*report)(void *context, const struct laz_vault_report *report);
    void (*pause)(void *context);
    void *context;
};

struct laz_vault_rollback {
    uint32_t restored, failed, left;
    uint64_t bytes;
};

/* Puts back every file that the actor touched, at the path at which it touched it first, with
 * owner, mode, ACL, attributes and times. The attacker's version goes to evidence (or is removed
 * when there is no room for it) only after the good one is on disk. Files the actor made are
 * reported and left. May be called again: what is done is done, what failed is tried again.
 * LAZ_NOT_FOUND when nothing is kept for the actor. */
LAZ_CHECKED enum laz_status laz_vault_roll_back(struct laz_vault *v, struct laz_view actor,
                                                const struct laz_vault_listener *listener,
                                                struct laz_vault_rollback *out,
                                                struct laz_error *err);
/* The actor of a rollback that was interrupted, or false. */
bool laz_vault_next_interrupted(const struct laz_vault *v, struct laz_view *actor);

/* A descriptor, open for reading, of what is kept for the actor of the file at path, or of the file
 * behind fd when fd is not negative. The caller's. LAZ_NOT_FOUND when nothing is kept of it. */
LAZ_CHECKED enum laz_status laz_vault_open_old(struct laz_vault *v, struct laz_view actor,
                                               struct laz_view path, int fd, int *out);

struct laz_vault_entry {
    uint64_t id, size;
    int64_t kept_ms;
    bool suspect, restored;
    struct laz_view actor, path;
};
/* Oldest first; ends early when fn returns false. */
typedef bool laz_vault_entry_fn(void *context, const struct laz_vault_entry *entry);
void laz_vault_list(struct laz_vault *v, laz_vault_entry_fn *fn, void *context);

/* Writes what is kept under id to destination (NULL: to the path that it came from). LAZ_EXISTS
 * when something stands there and replace is false. Also on a vault opened to read. */
LAZ_CHECKED enum laz_status laz_vault_take_out(struct laz_vault *v, uint64_t id,
                                               const char *destination, bool replace,
                                               struct laz_error *err);

struct laz_vault_state {
    uint32_t actors, entries, damaged;
    uint64_t bytes, bytes_max;
    uint64_t kept, shared, refused, evicted;
};
void laz_vault_state(const struct laz_vault *v, struct laz_vault_state *out);

/* Lets go of what is too old, folds the journal when most of it is past. now_ms: Unix time. */
LAZ_CHECKED enum laz_status laz_vault_tidy(struct laz_vault *v, int64_t now_ms,
                                           struct laz_error *err);
/* True when something was kept since the last flush. */
bool laz_vault_is_dirty(const struct laz_vault *v);
/* Somebody else flushes it now. */
void laz_vault_set_clean(struct laz_vault *v);
/* Flushes all that is kept to disk. */
LAZ_CHECKED enum laz_status laz_vault_sync(struct laz_vault *v, struct laz_error *err);

/* The body of the vault's process: answers the requests of wire/vault_message.h on channel
 * (blocking or not) until the other side closes it; rollbacks that were interrupted are finished
 * first, each with the messages of a rollback of job 0, its actor named by a SUSPECT message before
 * them. Returns the exit status. limits may be NULL. */
int laz_vault_run(int channel, const char *dir, const struct laz_vault_limits *limits);

#endif
