/* known_names.h - names of labels, packed: read only when something was found.
 *
 * Labels stand in pages of LAZ_NAMES_PAGE. In a page each name is told from the one before it, the
 * first from "", by one of these, each with a number n in the low-first groups of seven bits that
 * LEB128 has:
 *   n % 4 == 0   keeps n / 4 bytes; a length in the same form and as many bytes follow
 *   n % 4 == 1   the name's number grows by n / 4
 *   n % 4 == 2   so do n / 4 names in turn, each by one
 *   n % 4 == 3   the same name (of another list)
 * A name's number is its longest run of digits, of equally long ones the last, cut to 18 digits
 * from its end: "Win.Worm.Any-6335413-0" has 6335413. It is written without zeros before it. */
#ifndef LAZ_MATCH_KNOWN_NAMES_H
#define LAZ_MATCH_KNOWN_NAMES_H

#include "base/view.h"
#include "match/known.h"

#define LAZ_NAMES_PAGE 256

enum laz_name_step { LAZ_NAME_NEW, LAZ_NAME_NEXT, LAZ_NAME_RUN, LAZ_NAME_SAME };

struct laz_name_number {
    size_t start, len; /* len 0: it has none */
    uint64_t n;
};
/* The number of a name; none when it begins with a zero and is no zero. */
struct laz_name_number laz_name_number(struct laz_view name);

/* Writes the name of this label, "" when what stands there is none. */
void laz_names_get(struct laz_view names, uint32_t label_count, uint32_t label,
                   char out[LAZ_KNOWN_NAME_SIZE]);

#endif
