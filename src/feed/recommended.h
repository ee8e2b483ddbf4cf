/* recommended.h - the sources that one command turns on, each with where its publisher says that it
 * stands, its licence and terms. Pure. */
#ifndef LAZ_FEED_RECOMMENDED_H
#define LAZ_FEED_RECOMMENDED_H

#include "feed/source.h"

struct laz_feed_recommended {
    const char *id;
    enum laz_feed_kind kind;
    const char *location, *licence, *terms;
    uint32_t every_s;
    uint64_t size_max;
    bool needs_key;      /* abuse.ch's Auth-Key */
    bool needs_location; /* only where the folder is there */
};

extern const struct laz_feed_recommended laz_feed_recommended[];
extern const size_t laz_feed_recommended_count;

void laz_feed_recommended_fill(const struct laz_feed_recommended *r, struct laz_feed_source *out);

#endif
