/* quarantine.h - where removed files wait. Everything put in comes back byte for byte, holes
 * included, with owner, mode, ACL, attributes and times.
 *
 * One folder, one file `<id>.q` per removed file: a checked header, then the content in a changed
 * form, so that nothing executes it and no other scanner trips over it. Several processes may use
 * the folder at once: each operation takes its own file locks.
 *
 * kill -9 at any moment leaves the content at its original place, in quarantine, or in both, never
 * in neither. Half-written entries are removed when the folder is opened.
 *
 * put reads the given descriptor and looks at folders by O_PATH, which raises no fanotify event;
 * restore makes a file in the folder that it restores to, so the process which answers for that
 * tree must not be the one that calls it. */
#ifndef LAZ_AGENT_QUARANTINE_H
#define LAZ_AGENT_QUARANTINE_H

#include "base/status.h"
#include "base/view.h"

#define LAZ_QUARANTINE_TEXT_MAX 4096u

/* 32 hexadecimal digits: what people type to get a file back. */
struct laz_quarantine_id {
    char text[33];
};
/* False when text is not an id. */
bool laz_quarantine_id_parse(const char *text, struct laz_quarantine_id *out);

struct laz_quarantine_limits {
    uint64_t bytes_max;   /* of all content; 0: 16 GiB */
    uint64_t file_max;    /* of one file; 0: 4 GiB */
    uint64_t free_min;    /* bytes that stay free on the file system; 0: 64 MiB, or 5 % of it */
    uint32_t entries_max; /* 0: 100,000 */
};

struct laz_quarantine;

/* dir is made when it is missing, mode 0700. limits may be NULL. */
LAZ_CHECKED enum laz_status laz_quarantine_open(const char *dir,
                                                const struct laz_quarantine_limits *limits,
                                                struct laz_quarantine **out, struct laz_error *err);
void laz_quarantine_free(struct laz_quarantine *q);
void laz_quarantine_drop(struct laz_quarantine **q);

/* What is known of a file that is put in. */
struct laz_quarantine_meta {
    /* Of the content that was judged, when known. Content with another digest is not taken:
     * LAZ_BUSY, because the file has changed since and must be judged again. */
    bool has_sha256;
    uint8_t sha256[32];
    struct laz_view detections; /* JSON array or text, at most LAZ_QUARANTINE_TEXT_MAX bytes */
    struct laz_view actor;      /* likewise */
    struct laz_view reason;     /* likewise; a stable word */
};

struct laz_quarantine_put {
    struct laz_quarantine_id id;
    uint64_t size;
    uint8_t sha256[32]; /* of what was taken */
    /* Other names that the same content still has: hard links, which stay where they are. */
    uint64_t links_left;
};

/* Moves the file behind fd (a regular file, open for reading) into quarantine; path is where it
 * stands, as exact bytes with a NUL. The original is unlinked only after the copy is on disk, and
 * only if the name still stands for the same file: a path whose last or other part was swapped for
 * a link or another file removes nothing else. The place of fd does not change.
 *
 * LAZ_LIMIT: the quarantine or the disk is full. LAZ_BUSY: the file kept changing while it was
 * copied, is not what was judged, or its name does not stand for it (any more). LAZ_NOT_FOUND: it
 * has no name any more. LAZ_DENIED: it cannot be removed. In all these cases nothing has changed.
 */
LAZ_CHECKED enum laz_status laz_quarantine_put(struct laz_quarantine *q, int fd, const char *path,
                                               const struct laz_quarantine_meta *meta,
                                               struct laz_quarantine_put *out,
                                               struct laz_error *err);

/* Puts the file back at destination, or where it came from when destination is NULL. Unless replace
 * is set, LAZ_EXISTS when something stands there. LAZ_NOT_FOUND: no such id, or the folder is
 * missing: err says which. The entry stays and is marked as restored; restoring again is possible
 * until it is deleted. */
LAZ_CHECKED enum laz_status laz_quarantine_restore(struct laz_quarantine *q,
                                                   const struct laz_quarantine_id *id,
                                                   const char *destination, bool replace,
                                                   struct laz_error *err);

/* Removes the entry for good. */
LAZ_CHECKED enum laz_status laz_quarantine_delete(struct laz_quarantine *q,
                                                  const struct laz_quarantine_id *id,
                                                  struct laz_error *err);

struct laz_quarantine_entry {
    struct laz_quarantine_id id;
    bool restored;
    bool damaged;    /* its header cannot be trusted: only id and size say anything */
    int64_t time_ms; /* Unix time of the removal */
    uint64_t size;
    uint8_t sha256[32];
    uint32_t mode, uid, gid;
    struct laz_view path, detections, actor, reason;
};
/* Ends early when fn returns false. The views live as long as the call. */
typedef bool laz_quarantine_entry_fn(void *context, const struct laz_quarantine_entry *entry);
/* Oldest first. */
LAZ_CHECKED enum laz_status laz_quarantine_list(struct laz_quarantine *q,
                                                laz_quarantine_entry_fn *fn, void *context,
                                                struct laz_error *err);
/* One entry; LAZ_NOT_FOUND when there is none, LAZ_DAMAGED when its header cannot be trusted. */
LAZ_CHECKED enum laz_status laz_quarantine_find(struct laz_quarantine *q,
                                                const struct laz_quarantine_id *id,
                                                laz_quarantine_entry_fn *fn, void *context,
                                                struct laz_error *err);

#endif
