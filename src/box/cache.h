/* cache.h - verdicts of files that have not changed since. Fixed memory; a full set forgets its
 * oldest entry. Only verdicts that cannot change by another look belong here: clean and malicious.
 */
#ifndef LAZ_BOX_CACHE_H
#define LAZ_BOX_CACHE_H

#include "scan/verdict.h"

/* ctime cannot be set by who is not root, and changes with every write: it is what makes the key
 * safe. The times are taken from the descriptor that was scanned, before the scan. */
struct laz_cache_key {
    uint64_t device, inode, size;
    int64_t mtime_ns, ctime_ns;
    uint64_t database; /* laz_database_file_id */
    /* Of the path by which it was judged, for who tells rules the path: rules may ask for it, and
     * one file may have several. 0 where no path is told. */
    uint64_t name;
};

struct laz_cache; /* belongs to one thread */

struct laz_cache *laz_cache_new(size_t entry_count); /* NULL when memory ran out */
void laz_cache_free(struct laz_cache *c);
void laz_cache_drop(struct laz_cache **c);

/* Fills key from an open file. False when it cannot be told. */
bool laz_cache_key_of(int fd, uint64_t database, struct laz_cache_key *out);

bool laz_cache_find(struct laz_cache *c, const struct laz_cache_key *key,
                    enum laz_verdict_kind *out);
void laz_cache_put(struct laz_cache *c, const struct laz_cache_key *key,
                   enum laz_verdict_kind kind);
void laz_cache_clear(struct laz_cache *c); /* forgets everything */

#endif
