#include "box/cache.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/number.h"

#define WAYS 8u /* entries of one set */

struct entry {
    struct laz_cache_key key;
    uint64_t used; /* tick of the last use; 0: free */
    enum laz_verdict_kind kind;
};

struct laz_cache {
    struct entry *entries;
    size_t set_count; /* a power of two */
    uint64_t tick;
};

struct laz_cache *laz_cache_new(size_t entry_count)
{
    struct laz_cache *c = calloc(1, sizeof *c);

    if (c == NULL)
        return NULL;
    c->set_count = 1;
    while (c->set_count * WAYS < entry_count && c->set_count < SIZE_MAX / 64 / sizeof *c->entries)
        c->set_count *= 2;
    c->entries = calloc(c->set_count * WAYS, sizeof *c->entries);
    if (c->entries == NULL)
        laz_cache_drop(&c);
    return c;
}

void laz_cache_free(struct laz_cache *c)
{
    if (c == NULL)
        return;
    free(c->entries);
    free(c);
}

void laz_cache_drop(struct laz_cache **c)
{
    laz_cache_free(*c);
    *c = NULL;
}

bool laz_cache_key_of(int fd, uint64_t database, struct laz_cache_key *out)
{
    struct stat st;

    if (fstat(fd, &st) != 0 || database == 0)
        return false;
    *out = (struct laz_cache_key){
        .device = st.st_dev,
        .inode = st.st_ino,
        .size = (uint64_t)st.st_size,
        .mtime_ns = st.st_mtim.tv_sec * 1000000000LL + st.st_mtim.tv_nsec,
        .ctime_ns = st.st_ctim.tv_sec * 1000000000LL + st.st_ctim.tv_nsec,
        .database = database,
    };
    return true;
}

static bool equal(const struct laz_cache_key *a, const struct laz_cache_key *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns && a->database == b->database &&
           a->name == b->name;
}

/* By the file alone: its older states share a set with it and are what is forgotten first. */
static struct entry *set_of(struct laz_cache *c, const struct laz_cache_key *key)
{
    uint64_t h = (key->inode ^ key->device << 32 ^ key->device >> 32) * 0x9E3779B97F4A7C15ULL;

    return &c->entries[((h >> 32) & (c->set_count - 1)) * WAYS];
}

bool laz_cache_find(struct laz_cache *c, const struct laz_cache_key *key,
                    enum laz_verdict_kind *out)
{
    struct entry *set = set_of(c, key);

    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].used == 0 || !equal(&set[i].key, key))
            continue;
        set[i].used = ++c->tick;
        *out = set[i].kind;
        return true;
    }
    return false;
}

static bool same_file(const struct laz_cache_key *a, const struct laz_cache_key *b)
{
    return a->device == b->device && a->inode == b->inode;
}

void laz_cache_put(struct laz_cache *c, const struct laz_cache_key *key, enum laz_verdict_kind kind)
{
    struct entry *set = set_of(c, key), *victim = set;

    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].used != 0 && same_file(&set[i].key, key)) {
            victim = &set[i];
            break;
        }
        if (set[i].used < victim->used)
            victim = &set[i];
    }
    *victim = (struct entry){*key, ++c->tick, kind};
}

void laz_cache_clear(struct laz_cache *c)
{
    memset(c->entries, 0, c->set_count * WAYS * sizeof *c->entries);
}
