/* bundle.h - many sources in one file: how `lazaret db build` hands them to `lazaret-compile`.
 * One after another: name_len u32, name and a NUL, list_len u32, kind of list and a NUL, sha256[32],
 * text_len u64, text. */
#ifndef LAZ_RULES_BUNDLE_H
#define LAZ_RULES_BUNDLE_H

#include "base/buf.h"
#include "rules/source.h"

/* What stands before the text of a source; the text follows. */
/* list may be NULL. */
enum laz_status laz_bundle_add_head(struct laz_buf *b, const char *name, const char *list,
                                    const uint8_t *sha256, uint64_t text_len);
/* The next source, borrowed from v. False when it is not whole. */
bool laz_bundle_take(struct laz_view *v, struct laz_source *out);

#endif
