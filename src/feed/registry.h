/* registry.h - which sources an installation follows, in one text file that people can read. It is
 * written by 'lazaret content'; what is wrong in it is refused with its line. */
#ifndef LAZ_FEED_REGISTRY_H
#define LAZ_FEED_REGISTRY_H

#include "base/buf.h"
#include "feed/source.h"

#define LAZ_FEED_SOURCES_MAX  256
#define LAZ_FEED_REGISTRY_MAX ((size_t)4 << 20)

struct laz_feed_registry {
    struct laz_feed_source *sources; /* owned */
    size_t count, capacity;
    /* Somebody took the database back: until a person says otherwise nothing is put in its place.
     * 0, or when. */
    uint64_t held_ms;
    uint64_t built_ms;                 /* the last time that a database was put in place */
    uint64_t left_out;                 /* rules that the proof left out of it */
    char inputs[LAZ_FEED_DIGEST_SIZE]; /* of all that it was built of; "" before the first */
};

void laz_feed_registry_init(struct laz_feed_registry *r);
void laz_feed_registry_clear(struct laz_feed_registry *r); /* for LAZ_OWNED too */

/* NULL when there is none. */
struct laz_feed_source *laz_feed_registry_find(const struct laz_feed_registry *r, const char *id);
/* Copies source to the end. LAZ_EXISTS, LAZ_LIMIT or LAZ_NOMEM. */
LAZ_CHECKED enum laz_status laz_feed_registry_add(struct laz_feed_registry *r,
                                                  const struct laz_feed_source *source,
                                                  struct laz_error *err);
void laz_feed_registry_remove(struct laz_feed_registry *r, struct laz_feed_source *source);

/* Pure. out is initialised, and holds what was read before the failure. name is the file's. */
LAZ_CHECKED enum laz_status laz_feed_registry_parse(struct laz_feed_registry *out,
                                                    struct laz_view text, const char *name,
                                                    struct laz_error *err);
LAZ_CHECKED enum laz_status laz_feed_registry_write(const struct laz_feed_registry *r,
                                                    struct laz_buf *out);

/* "sources.conf" in the folder. One that is missing is an empty registry. */
LAZ_CHECKED enum laz_status laz_feed_registry_load(struct laz_feed_registry *out, int dir_fd,
                                                   struct laz_error *err);
LAZ_CHECKED enum laz_status laz_feed_registry_save(const struct laz_feed_registry *r, int dir_fd,
                                                   struct laz_error *err);

#endif
