/* vault_message.h - what the vault and the process that asks it say to each other, one message a
 * packet. Paths are exact bytes, at most LAZ_VAULT_PATH_MAX, absolute and without symbolic links.
 * Each side refuses what breaks the form: LAZ_DAMAGED. */
#ifndef LAZ_WIRE_VAULT_MESSAGE_H
#define LAZ_WIRE_VAULT_MESSAGE_H

#include "base/buf.h"
#include "base/status.h"

#define LAZ_VAULT_PATH_MAX    4096u
#define LAZ_VAULT_ACTOR_MAX   64u /* of an actor's key */
#define LAZ_VAULT_MESSAGE_MAX ((size_t)16 * 1024)

/* The numbers stand on the wire. */
enum laz_vault_message_kind {
    /* Requests. */
    LAZ_VAULT_KEEP = 1,     /* with one descriptor, open for reading */
    LAZ_VAULT_RENAMED = 2,  /* no answer */
    LAZ_VAULT_CREATED = 3,  /* no answer */
    LAZ_VAULT_SUSPECT = 4,  /* no answer */
    LAZ_VAULT_FORGET = 5,   /* no answer */
    LAZ_VAULT_ROLLBACK = 6, /* answers: RESTORED and LEFT, many; then one ROLLED_BACK */
    LAZ_VAULT_OPEN = 7,     /* answer: OPENED */
    LAZ_VAULT_LIST = 8,     /* answers: ENTRY, many; then one LISTED */
    LAZ_VAULT_STATE = 9,    /* answer: STATED */
    /* Answers. */
    LAZ_VAULT_KEPT = 32,
    LAZ_VAULT_RESTORED = 33,
    LAZ_VAULT_LEFT = 34,
    LAZ_VAULT_ROLLED_BACK = 35,
    LAZ_VAULT_OPENED = 36, /* with one descriptor of the old content when status is LAZ_OK */
    LAZ_VAULT_ENTRY = 37,
    LAZ_VAULT_LISTED = 38,
    LAZ_VAULT_STATED = 39,
};

/* KEEP: copy the file behind the descriptor, which stands at path, before actor may write to it.
 * The answer KEPT has the same job. OPEN: the old content that is kept of the file at path for the
 * actor; with one descriptor of the file itself (any mode, O_PATH too) the file is found by its
 * inode instead, also after a rename. */
struct laz_vault_file_message {
    uint64_t job;
    struct laz_view actor, path;
};

/* device and inode of what was renamed, when known: both 0 when not. */
struct laz_vault_renamed_message {
    struct laz_view actor, old_path, new_path;
    uint64_t device, inode;
};

/* CREATED: the actor made this file. FORGET: the actor is trusted or gone; copies that only it
 * needs may be evicted at once. SUSPECT: nothing of this actor may be evicted while on. */
struct laz_vault_actor_message {
    uint64_t job;                /* ROLLBACK only; else 0 */
    struct laz_view actor, path; /* path: CREATED only; else empty */
    bool on;                     /* SUSPECT only; else false */
};

struct laz_vault_kept_message {
    uint64_t job;
    enum laz_status
        status;     /* LAZ_LIMIT: no room; LAZ_IO: not readable. The write was not prepared */
    bool shared;    /* it was kept already: nothing was copied */
    uint64_t bytes; /* copied */
};

/* One file of a rollback. LEFT has status LAZ_OK: a file that the actor made and that stays. */
struct laz_vault_restored_message {
    uint64_t job;
    enum laz_status status;
    bool unchanged; /* the actor had not changed it: nothing was written */
    uint64_t bytes; /* of content put back */
    struct laz_view path,
        why; /* why: text for people when status is not LAZ_OK, at most 255 bytes */
};

struct laz_vault_rolled_back_message {
    uint64_t job;
    enum laz_status status; /* LAZ_NOT_FOUND: nothing is kept for this actor */
    uint32_t restored, failed, left;
    uint64_t bytes;
};

struct laz_vault_entry_message {
    uint64_t job, id, size;
    int64_t kept_ms; /* Unix time */
    bool suspect;
    struct laz_view actor, path;
};

struct laz_vault_stated_message {
    uint64_t job;
    uint32_t actors, entries;
    uint64_t bytes, bytes_max;      /* of kept content */
    uint64_t kept, shared, refused; /* since the process started */
    uint64_t evicted;
    uint32_t damaged; /* journal records that could not be read */
};

/* LISTED, OPENED, LIST, STATE. */
struct laz_vault_job_message {
    uint64_t job;
    enum laz_status status; /* answers only; else LAZ_OK */
};

struct laz_vault_message {
    enum laz_vault_message_kind kind;
    union {
        struct laz_vault_file_message file;       /* KEEP, OPEN */
        struct laz_vault_renamed_message renamed; /* RENAMED */
        struct laz_vault_actor_message actor;     /* CREATED, SUSPECT, FORGET, ROLLBACK */
        struct laz_vault_job_message job;         /* LIST, STATE, OPENED, LISTED */
        struct laz_vault_kept_message kept;
        struct laz_vault_restored_message restored; /* RESTORED, LEFT */
        struct laz_vault_rolled_back_message rolled_back;
        struct laz_vault_entry_message entry;
        struct laz_vault_stated_message stated;
    };
};

/* Adds m to out. LAZ_INVALID when a path or a key is empty or too long: such a request cannot be
 * made. The text of why is cut. */
LAZ_CHECKED enum laz_status laz_vault_message_write(const struct laz_vault_message *m,
                                                    struct laz_buf *out);
/* The views of *out are borrowed from bytes. */
LAZ_CHECKED enum laz_status laz_vault_message_read(struct laz_view bytes,
                                                   struct laz_vault_message *out);

#endif
