/* gather.h - one JSON document put together of many answers: new items first, then those of the old
 * document that no new one replaces. */
#ifndef LAZ_FEED_GATHER_H
#define LAZ_FEED_GATHER_H

#include "base/buf.h"
#include "feed/slice.h"

#define LAZ_GATHER_ITEMS_MAX ((size_t)1 << 22)

struct laz_gather {
    int fd;
    uint64_t size, size_max;
    struct laz_buf waiting; /* not written yet */
    uint64_t *known;        /* pairs of 64 bits: a hash table of names; owned */
    size_t known_count, known_capacity;
    size_t item_count;
    enum laz_status failed; /* LAZ_LIMIT: too large; LAZ_NOMEM; LAZ_IO */
};

void laz_gather_init(struct laz_gather *g, int fd, uint64_t size_max);
void laz_gather_clear(struct laz_gather *g);

/* Text that stands between or around the items. */
void laz_gather_text(struct laz_gather *g, const char *text);
/* One more item of the array, with a comma before it if it is not the first. */
void laz_gather_item(struct laz_gather *g, struct laz_view item);
/* Notes that there is an item of that name; false when there was one already. */
bool laz_gather_name(struct laz_gather *g, struct laz_view name);
bool laz_gather_has(const struct laz_gather *g, struct laz_view name);
/* Writes what waits. What failed before shows here. */
LAZ_CHECKED enum laz_status laz_gather_end(struct laz_gather *g);

#endif
