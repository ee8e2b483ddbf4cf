/* fetcher.h - has lazaret-feed get a source's content, and believes nothing that it says. */
#ifndef LAZ_FEED_FETCHER_H
#define LAZ_FEED_FETCHER_H

#include "feed/message.h"

struct laz_feed_order {
    const struct laz_feed_source *source;
    int part_fd, old_fd; /* open for reading and writing; for reading, or -1 */
    bool whole;          /* ask for all, also for what we have */
    uint32_t slow_s;     /* 0: LAZ_FEED_SLOW_S */
};

#define LAZ_FEED_SLOW_S  60
#define LAZ_FEED_TOTAL_S 7200

/* Asks the source once. Always fills out: what we could not do ourselves is LAZ_FEED_FAILED. */
void laz_feed_fetch(const struct laz_feed_order *order, struct laz_feed_report *out);

/* Takes the content out of a package, in a process that is sealed: parts (parts.h) go to out_fd.
 * problem says why it failed. LAZ_DAMAGED for anything that is wrong with the package. */
LAZ_CHECKED enum laz_status laz_feed_unpack(int package_fd, const struct laz_feed_source *source,
                                            int out_fd, char problem[LAZ_FEED_TEXT_SIZE]);

#endif
