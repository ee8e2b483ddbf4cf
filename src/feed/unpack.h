/* unpack.h - takes the files that are content out of a package, within limits. By libarchive, for a
 * process that is sealed. */
#ifndef LAZ_FEED_UNPACK_H
#define LAZ_FEED_UNPACK_H

#include "base/status.h"
#include "base/view.h"
#include "feed/source.h"

#define LAZ_UNPACK_FILES_MAX 20000u
#define LAZ_UNPACK_RATIO_MAX 200u /* bytes out for each byte in, above the first 16 MiB */

/* Whether a member is content of that kind, by its ending. */
bool laz_unpack_wants(enum laz_feed_kind kind, struct laz_view name);

/* Writes the members to out as parts (parts.h). LAZ_DENIED: a member's name leads outside.
 * LAZ_LIMIT: too much comes out. LAZ_DAMAGED, LAZ_ENCRYPTED, LAZ_NOT_FOUND: no member is wanted. */
LAZ_CHECKED enum laz_status laz_unpack(struct laz_view package, enum laz_feed_kind kind,
                                       uint64_t size_max, int out, struct laz_error *err);

#endif
