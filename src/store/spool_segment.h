/* spool_segment.h - the bytes of a spool's files. Pure. Every number is covered by a checksum, so
 * that a record is read as it was written or not at all. */
#ifndef LAZ_STORE_SPOOL_SEGMENT_H
#define LAZ_STORE_SPOOL_SEGMENT_H

#include "base/buf.h"
#include "base/status.h"

#define LAZ_SEGMENT_HEADER_SIZE 48
#define LAZ_SEGMENT_RECORD_SIZE 24 /* without its JSON */

struct laz_segment_header {
    uint64_t number; /* also the file's name */
    uint64_t epoch;
    uint64_t first_seq; /* no record of the file has a smaller number */
};

enum laz_status laz_segment_add_header(struct laz_buf *out, const struct laz_segment_header *h);
/* LAZ_DAMAGED, or LAZ_VERSION when it was written by a later version. */
LAZ_CHECKED enum laz_status laz_segment_take_header(struct laz_view *v,
                                                    struct laz_segment_header *out);

struct laz_segment_record {
    uint64_t seq;
    bool urgent;
    struct laz_view json; /* borrowed */
};

enum laz_status laz_segment_add_record(struct laz_buf *out, uint64_t epoch,
                                       const struct laz_segment_record *r);
/* The next record, whose number is at least seq_min. LAZ_NOT_FOUND at the end of v; LAZ_DAMAGED for
 * anything else that is no such record, also one that is cut: nothing behind it can be believed. v
 * is moved only on LAZ_OK. */
LAZ_CHECKED enum laz_status laz_segment_take_record(struct laz_view *v, uint64_t epoch,
                                                    uint64_t seq_min,
                                                    struct laz_segment_record *out);

/* A place in the numbers, as the files "mark" (what is durable) and "ack" hold it. */
struct laz_spool_point {
    uint64_t epoch, seq;
};
#define LAZ_SPOOL_POINT_SIZE 24

enum laz_status laz_spool_point_add(struct laz_buf *out, const struct laz_spool_point *p);
bool laz_spool_point_take(struct laz_view *v, struct laz_spool_point *out);

#endif
