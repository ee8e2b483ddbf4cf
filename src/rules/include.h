/* include.h - what files of YARA rules include, for whoever puts them into a bundle and whoever
 * takes them out of it. */
#ifndef LAZ_RULES_INCLUDE_H
#define LAZ_RULES_INCLUDE_H

#include "base/buf.h"

/* The kind of list (source.h) by which a bundle says: this is no source, others include it. */
#define LAZ_INCLUDED "included"

/* The next name that text may include: what stands in quotes behind the word, also in a comment.
 * False when there is none. text is consumed. */
bool laz_include_next(struct laz_view *text, struct laz_view *name);
/* The path of the file that from means by name: beside it, or name when that begins with a slash.
 */
LAZ_CHECKED enum laz_status laz_include_path(const char *from, struct laz_view name,
                                             struct laz_buf *out);

#endif
