/* parts.h - many files in one: what the boxed unpacker hands back. One after another: name_len u32,
 * len u64, name, bytes. Pure. */
#ifndef LAZ_FEED_PARTS_H
#define LAZ_FEED_PARTS_H

#include "base/buf.h"

#define LAZ_PARTS_NAME_MAX 512

/* Descriptors of lazaret-feed when it unpacks. */
#define LAZ_UNPACK_PACKAGE_FD 3
#define LAZ_UNPACK_OUTPUT_FD  4 /* parts */
#define LAZ_UNPACK_PROBLEM_FD 5 /* why it could not, as a text */

/* Whether the bytes are a package: a zip, tar, gzip… */
bool laz_feed_is_package(struct laz_view bytes);

/* A relative path without "..", empty steps, backslashes and bytes that are no printable UTF-8. */
bool laz_parts_name_is_safe(struct laz_view name);
/* What stands before the bytes of a part. */
LAZ_CHECKED enum laz_status laz_parts_add_head(struct laz_buf *b, struct laz_view name,
                                               uint64_t len);
/* The next part, borrowed from v. False when it is not whole or its name is not safe. */
bool laz_parts_take(struct laz_view *v, struct laz_view *name, struct laz_view *bytes);

#endif
