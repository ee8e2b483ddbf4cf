/* search.h - finds the places of one short run of bytes, for patterns that the atom matcher does
 * not look for because hardly any object makes a rule ask for them. */
#ifndef LAZ_MATCH_SEARCH_H
#define LAZ_MATCH_SEARCH_H

#include "base/view.h"

struct laz_needle {
    const uint8_t *bytes; /* in lower case when nocase */
    size_t len;           /* at least 1 */
    bool nocase;
    uint32_t features; /* that may be used: enum laz_db_feature */
};

/* Where the needle begins first in text; text.len when it does not stand there. */
size_t laz_search_find(struct laz_view text, const struct laz_needle *needle);

#endif
