/* gzip.h - what libarchive does not tell of gzip streams. */
#ifndef LAZ_FORMAT_GZIP_H
#define LAZ_FORMAT_GZIP_H

#include "base/view.h"

/* True for one whole stream, and nothing behind it, of no bytes: a log that was turned over when
 * nothing stood in it. libarchive cannot tell it from one that is damaged. */
bool laz_gzip_is_empty(struct laz_view bytes);

#endif
