/* normal.h - texts and pages in the one form in which ClamAV matches signatures with target 7 and
 * 3: small letters, single blanks, no comments. As clamscan 1.4 writes it (sigtool
 * --ascii-normalise and
 * --html-normalise); scripts inside of pages are not rewritten. */
#ifndef LAZ_SCAN_NORMAL_H
#define LAZ_SCAN_NORMAL_H

#include "base/buf.h"

#define LAZ_NORMAL_MAX ((size_t)20 << 20) /* bytes: what is larger is not brought into this form   \
                                           */

/* Adds it to out. LAZ_LIMIT or LAZ_NOMEM when that has no room. */
LAZ_CHECKED enum laz_status laz_normal_text(struct laz_view text, struct laz_buf *out);
/* The page with its tags, and then again only what it shows. */
LAZ_CHECKED enum laz_status laz_normal_page(struct laz_view page, struct laz_buf *out);
LAZ_CHECKED enum laz_status laz_normal_shown(struct laz_view page, struct laz_buf *out);

#endif
