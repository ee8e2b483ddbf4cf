/* spool.h - where events wait for the console, on disk. One process writes (the agent's broker),
 * one other reads, sends and acknowledges (the uplink); they share only the folder.
 *
 * Every event has a number, counted from 1 within an epoch: a random number that is drawn anew each
 * time the spool is opened for writing, so that (epoch, seq) never names two different events, not
 * even when a machine is set back to an earlier state of its disk. The reader sees only events that
 * are on disk. What is not acknowledged is kept until the budget is used up; then the oldest events
 * that are not urgent go first, and the hole in the numbers tells everybody that they are missing.
 */
#ifndef LAZ_STORE_SPOOL_H
#define LAZ_STORE_SPOOL_H

#include "base/buf.h"
#include "base/number.h"
#include "base/status.h"

#define LAZ_SPOOL_EVENT_MAX ((size_t)64 * 1024) /* bytes of one event */

struct laz_spool_limits {
    uint64_t bytes_max;      /* 0: 256 MiB */
    uint64_t urgent_reserve; /* of bytes_max, for urgent events only; 0: an eighth */
    uint64_t segment_max;    /* bytes of one file; 0: a 64th of bytes_max, 64 KiB to 4 MiB */
};

/* ------------------------------------------------------------------ the writer */
struct laz_spool;

/* Opens the spool in dir, which must exist, and recovers what an earlier process left. limits may
 * be NULL. LAZ_BUSY when another process writes to it. A damaged tail is given up (and told by
 * laz_spool_take_loss), it never makes opening fail. */
LAZ_CHECKED enum laz_status laz_spool_open(const char *dir, const struct laz_spool_limits *limits,
                                           struct laz_spool **out, struct laz_error *err);
/* Syncs what can be synced and closes. */
void laz_spool_drop(struct laz_spool **spool);

/* Takes one event: JSON in one line, without control bytes, at most LAZ_SPOOL_EVENT_MAX.
 * LAZ_OK     it has its number (*seq, which may be NULL). When urgent it is on disk; else it is
 * after the next laz_spool_sync, which you call at least once a second. LAZ_IO     it has been
 * taken and is kept in memory, but the disk refused it (full, broken). Each sync tries again: do
 * not append it again. *seq is set. LAZ_LIMIT  it has been dropped and counted: the spool is full
 * of urgent events, or the disk has refused for so long that the memory for waiting events is full.
 * LAZ_INVALID it is no such line. Nothing has changed. */
LAZ_CHECKED enum laz_status laz_spool_append(struct laz_spool *spool, struct laz_view json,
                                             bool urgent, uint64_t *seq, struct laz_error *err);

/* Makes everything appended so far durable, shows it to the reader, and removes what has been
 * acknowledged. Cheap when there is nothing to do. After a failed sync of the disk a file is never
 * trusted again: the events are written to a new one. */
LAZ_CHECKED enum laz_status laz_spool_sync(struct laz_spool *spool, struct laz_error *err);

/* True once for each loss since the last call: write the event spool.gap about it. */
struct laz_spool_loss {
    uint64_t events; /* dropped because the spool was full; 0 for damage */
    uint64_t bytes;  /* given up as damaged when the spool was opened; 0 for a drop */
};
bool laz_spool_take_loss(struct laz_spool *spool, struct laz_spool_loss *out);

struct laz_spool_state {
    uint64_t epoch;
    uint64_t last_seq;    /* 0 while this epoch has no event */
    uint64_t durable_seq; /* up to here the reader sees events */
    uint64_t acked_epoch, acked_seq;
    uint64_t bytes;   /* in files */
    uint64_t dropped; /* events, since opening */
};
void laz_spool_state_get(const struct laz_spool *spool, struct laz_spool_state *out);

/* ------------------------------------------------------------------ the reader */
struct laz_spool_reader;

/* LAZ_NOT_FOUND when dir is missing. A spool that nobody has written to yet is empty. */
LAZ_CHECKED enum laz_status laz_spool_reader_open(const char *dir, struct laz_spool_reader **out,
                                                  struct laz_error *err);
void laz_spool_reader_drop(struct laz_spool_reader **reader);

/* Consecutive events of one epoch, ready to send. */
struct laz_spool_batch {
    uint64_t epoch;
    uint64_t first;            /* number of the first event */
    uint64_t count;            /* 0: nothing new */
    uint64_t gap_from, gap_to; /* numbers before first that are gone for good; 0 when none */
    struct laz_buf lines;      /* count events, each followed by a newline; owned */
};
void laz_spool_batch_init(struct laz_spool_batch *batch);
void laz_spool_batch_drop(struct laz_spool_batch *batch);

/* The events after the reader's place, as many as fit bytes_max and count_max (at least one). The
 * place does not move. Asking with nothing new costs two small reads: poll once a second, or when
 * the writer says so. */
LAZ_CHECKED enum laz_status laz_spool_read(struct laz_spool_reader *reader, size_t bytes_max,
                                           size_t count_max, struct laz_spool_batch *batch,
                                           struct laz_error *err);

/* The console has stored everything up to seq of epoch. Durable on return; the place moves there.
 * An acknowledgement behind the present one changes nothing; one of an unknown epoch is
 * LAZ_INVALID. */
LAZ_CHECKED enum laz_status laz_spool_ack(struct laz_spool_reader *reader, uint64_t epoch,
                                          uint64_t seq, struct laz_error *err);

/* Moves the place back to just after seq of epoch, because the console has forgotten (a backup was
 * restored): what is still on disk is read again, what is not becomes a gap. */
void laz_spool_seek(struct laz_spool_reader *reader, uint64_t epoch, uint64_t seq);

/* Leaves out everything up to seq of epoch, because the console will not take it: it becomes a gap
 * of the next batch. */
void laz_spool_skip(struct laz_spool_reader *reader, uint64_t epoch, uint64_t seq);

#endif
