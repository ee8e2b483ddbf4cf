/* known_text.h - 128 bits that stand for a text in the table of what is known.
 *
 * Whoever knows this function can make two texts with one value. What he gains is that his own URL
 * is reported: the table holds only what is to be found. What allows is compared as text. */
#ifndef LAZ_MATCH_KNOWN_TEXT_H
#define LAZ_MATCH_KNOWN_TEXT_H

#include "base/view.h"

struct laz_text_hash {
    uint64_t a, b;
};

struct laz_text_hash laz_text_hash(struct laz_view text);

#endif
