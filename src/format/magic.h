/* magic.h - what the file command says of bytes, by libmagic and the system's own table. */
#ifndef LAZ_FORMAT_MAGIC_H
#define LAZ_FORMAT_MAGIC_H

#include "base/status.h"
#include "base/view.h"

struct laz_magic; /* belongs to one thread */

/* Reads the table, so it comes before a sandbox closes; afterwards nothing is opened. LAZ_NOT_FOUND
 * when the system has none. */
LAZ_CHECKED enum laz_status laz_magic_new(struct laz_magic **out, struct laz_error *err);
void laz_magic_free(struct laz_magic *m);
void laz_magic_drop(struct laz_magic **m);

/* "application/pdf", or "PDF document, version 1.4". Borrowed until the next call; false when
 * libmagic has no answer. */
bool laz_magic_tell(struct laz_magic *m, struct laz_view bytes, bool as_mime, const char **out);

#endif
