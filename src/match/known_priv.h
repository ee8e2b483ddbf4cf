/* known_priv.h - what look-ups of digests and of lists share. */
#ifndef LAZ_MATCH_KNOWN_PRIV_H
#define LAZ_MATCH_KNOWN_PRIV_H

#include "match/database_priv.h"
#include "match/format_known.h"
#include "match/known_names.h"

struct laz_known_head {
    uint32_t count, seed, label_count, label_bits;
};

/* The label of the entry with this key. */
bool laz_known_find(const struct laz_database *db, struct laz_known_key key, uint32_t *label);
/* The same among what is compared wholly. bytes is padded with zeros. */
bool laz_known_allows(const struct laz_database *db, uint32_t what, const uint8_t bytes[32],
                      uint64_t size, uint32_t *label);
void laz_known_fill(const struct laz_database *db, uint32_t label, const char *kind,
                    struct laz_known *out);
/* The number at index of COUNTS. */
uint64_t laz_known_count(const struct laz_database *db, unsigned index);

#endif
