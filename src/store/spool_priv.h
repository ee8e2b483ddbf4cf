/* spool_priv.h - what the files of the spool share. spool.c appends and syncs, spool_files.c makes,
 * removes and recovers segments, spool_reader.c reads and acknowledges. */
#ifndef LAZ_STORE_SPOOL_PRIV_H
#define LAZ_STORE_SPOOL_PRIV_H

#include "store/spool.h"
#include "store/spool_segment.h"

#define LAZ_SEGMENT_NAME_SIZE 24                           /* 16 digits, ".seg" and a NUL */
#define LAZ_SEGMENT_FILE_MAX  ((uint64_t)64 * 1024 * 1024) /* no segment of ours is larger */
#define LAZ_SEGMENTS_MAX      4096
#define LAZ_SPOOL_MARK        "mark"
#define LAZ_SPOOL_ACK         "ack"

/* What the writer knows of a file. */
struct laz_segment {
    struct laz_segment_header header;
    uint64_t last_seq;    /* header.first_seq - 1 when it has no record */
    uint64_t bytes;       /* of the whole file */
    uint64_t plain_bytes; /* of the records that are not urgent */
    uint64_t plain_count, urgent_count;
};

struct laz_segment_list {
    struct laz_segment *items; /* by number, the oldest first; owned */
    size_t count;
    uint64_t bytes;
};

struct laz_spool {
    int dir, lock, mark;
    struct laz_spool_limits limits;
    struct laz_segment_list segments; /* without the active one */
    struct laz_segment active;
    int active_fd;          /* -1 when the next record begins a new one */
    bool dir_changed;       /* a new file's name is not durable yet */
    struct laz_buf pending; /* records that are not durable yet, as they stand in the file */
    size_t pending_written; /* bytes of it that are in the file */
    struct laz_segment pending_sums; /* what pending adds to the active segment's sums */
    uint64_t epoch, last_seq, durable_seq, next_number;
    bool published; /* the mark says what durable_seq says */
    struct laz_spool_point acked;
    struct laz_spool_loss loss;
    uint64_t dropped;
};

void laz_segment_name(uint64_t number, char out[LAZ_SEGMENT_NAME_SIZE]);
/* The numbers of the folder's segments, at most LAZ_SEGMENTS_MAX of them, in order; owned by the
 * caller (free). */
LAZ_CHECKED enum laz_status laz_segment_numbers(int dir, uint64_t **out, size_t *count,
                                                struct laz_error *err);
/* The whole file. LAZ_NOT_FOUND when it is gone. */
LAZ_CHECKED enum laz_status laz_segment_load(int dir, uint64_t number, struct laz_buf *out,
                                             struct laz_error *err);
/* A point file; {0, 0} when it is missing or damaged. */
struct laz_spool_point laz_spool_point_read(int dir, const char *name);

/* Lists what an earlier process left, cuts damaged tails off (counted in loss), makes it durable.
 */
LAZ_CHECKED enum laz_status laz_spool_recover(struct laz_spool *spool, struct laz_error *err);
LAZ_CHECKED enum laz_status laz_segment_list_add(struct laz_segment_list *list,
                                                 const struct laz_segment *segment);
/* A new active segment whose first record is first_seq. */
LAZ_CHECKED enum laz_status laz_spool_begin_segment(struct laz_spool *spool, uint64_t first_seq,
                                                    struct laz_error *err);
/* The active segment becomes one of the list. */
LAZ_CHECKED enum laz_status laz_spool_end_segment(struct laz_spool *spool, struct laz_error *err);
/* Removes files that are acknowledged to their end. */
void laz_spool_reap(struct laz_spool *spool);
/* Frees space by giving up events: the oldest that are not urgent, or, with urgent_too, else the
 * oldest of all. LAZ_NOT_FOUND when there is nothing to give up. */
LAZ_CHECKED enum laz_status laz_spool_drop_oldest(struct laz_spool *spool, bool urgent_too,
                                                  struct laz_error *err);

#endif
