/* archive.h - members of archives and compressed streams, read by libarchive one after another from
 * memory, without temporary files and without another program. Nothing is written anywhere. */
#ifndef LAZ_FORMAT_ARCHIVE_H
#define LAZ_FORMAT_ARCHIVE_H

#include "base/status.h"
#include "format/identify.h"

struct laz_archive;

/* After the last member come those that stand in the bytes as they are, found by other means than
 * the archive's own: entries that a zip's directory does not name, what follows a stream's end, the
 * programs in a program. */
struct laz_member {
    struct laz_view name; /* hostile; borrowed until the next call; may be empty */
    bool has_data;        /* false for folders, links and the like */
    bool encrypted;
    bool has_size;
    uint64_t size;            /* what the archive says, true or not */
    struct laz_view in_place; /* part of the bytes that were opened; then has_data is false */
};

/* Asked between pieces of input: true ends the reading, with LAZ_LIMIT. */
typedef bool laz_archive_stop_fn(void *context);

/* Opens bytes, which are borrowed until the end, as an archive or stream of *type and no other, or
 * as a program that carries others.
 * LAZ_UNSUPPORTED when nothing here reads that type, LAZ_NOMEM. */
LAZ_CHECKED enum laz_status laz_archive_open(const struct laz_type *type, struct laz_view bytes,
                                             laz_archive_stop_fn *stop, void *context,
                                             struct laz_archive **out);
/* A stream whose content is a tape (LAZ_TYPE_TAR, LAZ_TYPE_CPIO) that is too large to be unpacked
 * whole: its members come straight from the stream. */
LAZ_CHECKED enum laz_status laz_archive_open_tape(const struct laz_type *type,
                                                  enum laz_type_id tape, struct laz_view bytes,
                                                  laz_archive_stop_fn *stop, void *context,
                                                  struct laz_archive **out);
void laz_archive_free(struct laz_archive *a);
void laz_archive_drop(struct laz_archive **a);

/* The next member. LAZ_NOT_FOUND at the end; LAZ_DAMAGED, LAZ_ENCRYPTED, LAZ_UNSUPPORTED, LAZ_NOMEM
 * or LAZ_LIMIT when nothing more can be read. */
LAZ_CHECKED enum laz_status laz_archive_next(struct laz_archive *a, struct laz_member *out);

/* Up to size bytes of the member's data. LAZ_OK with *len 0 is its end. On failure, as above, *len
 * bytes were still read before it; other members may follow. */
LAZ_CHECKED enum laz_status laz_archive_read(struct laz_archive *a, uint8_t *out, size_t size,
                                             size_t *len);

/* True once damage was seen that did not stop the reading: a sum that is wrong, a header that was
 * passed over. */
bool laz_archive_is_damaged(const struct laz_archive *a);

#endif
