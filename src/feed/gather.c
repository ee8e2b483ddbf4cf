#include "feed/gather.h"

#include <stdlib.h>
#include <string.h>

#include "sys/fd.h"

#define WAITING_MAX ((size_t)1 << 18)

void laz_gather_init(struct laz_gather *g, int fd, uint64_t size_max)
{
    memset(g, 0, sizeof *g);
    g->fd = fd;
    g->size_max = size_max;
    laz_buf_init(&g->waiting, WAITING_MAX);
}

void laz_gather_clear(struct laz_gather *g)
{
    laz_buf_clear(&g->waiting);
    free(g->known);
    g->known = NULL;
}

static void fail(struct laz_gather *g, enum laz_status s)
{
    if (g->failed == LAZ_OK)
        g->failed = s;
}

static void flush(struct laz_gather *g)
{
    if (g->failed == LAZ_OK && laz_write_all(g->fd, laz_buf_view(&g->waiting), NULL) != LAZ_OK)
        fail(g, LAZ_IO);
    laz_buf_reset(&g->waiting);
}

static void add(struct laz_gather *g, struct laz_view v)
{
    if (g->failed != LAZ_OK)
        return;
    if (v.len > g->size_max - g->size) {
        fail(g, LAZ_LIMIT);
        return;
    }
    g->size += v.len;
    if (g->waiting.len + v.len > WAITING_MAX)
        flush(g);
    if (v.len > WAITING_MAX) {
        if (g->failed == LAZ_OK && laz_write_all(g->fd, v, NULL) != LAZ_OK)
            fail(g, LAZ_IO);
    } else if (laz_buf_add(&g->waiting, v) != LAZ_OK) {
        fail(g, LAZ_NOMEM);
    }
}

void laz_gather_text(struct laz_gather *g, const char *text)
{
    add(g, laz_view_of(text));
}

void laz_gather_item(struct laz_gather *g, struct laz_view item)
{
    if (g->item_count == LAZ_GATHER_ITEMS_MAX)
        fail(g, LAZ_LIMIT);
    if (g->item_count++ > 0)
        laz_gather_text(g, ",\n");
    add(g, item);
}

enum laz_status laz_gather_end(struct laz_gather *g)
{
    flush(g);
    return g->failed;
}

/* ---------------------------------------------------------------- names */

struct key {
    uint64_t first, second; /* first is never 0 */
};

/* Two FNV-1a of different beginnings: a source can only mix up its own items. */
static struct key key_of(struct laz_view name)
{
    struct key k = {14695981039346656037ULL, 0x9E3779B97F4A7C15ULL};

    for (size_t i = 0; i < name.len; i++) {
        k.first = (k.first ^ name.data[i]) * 1099511628211ULL;
        k.second = (k.second ^ name.data[i]) * 1099511628211ULL;
    }
    if (k.first == 0)
        k.first = 1;
    return k;
}

/* The key's place, or the free one that it would get. */
static size_t slot_of(const uint64_t *table, size_t capacity, struct key k)
{
    size_t at = (size_t)(k.first ^ k.second >> 32) & (capacity - 1);

    while (table[2 * at] != 0 && (table[2 * at] != k.first || table[2 * at + 1] != k.second))
        at = (at + 1) & (capacity - 1);
    return at;
}

static bool grow(struct laz_gather *g)
{
    size_t capacity = g->known_capacity == 0 ? 1024 : 2 * g->known_capacity;
    uint64_t *table = calloc(capacity, 2 * sizeof *table);

    if (table == NULL)
        return false;
    for (size_t i = 0; i < g->known_capacity; i++) {
        struct key k = {g->known[2 * i], g->known[2 * i + 1]};
        size_t at;

        if (k.first == 0)
            continue;
        at = slot_of(table, capacity, k);
        table[2 * at] = k.first;
        table[2 * at + 1] = k.second;
    }
    free(g->known);
    g->known = table;
    g->known_capacity = capacity;
    return true;
}

bool laz_gather_has(const struct laz_gather *g, struct laz_view name)
{
    return g->known_capacity > 0 &&
           g->known[2 * slot_of(g->known, g->known_capacity, key_of(name))] != 0;
}

bool laz_gather_name(struct laz_gather *g, struct laz_view name)
{
    struct key k = key_of(name);
    size_t at;

    if (2 * (g->known_count + 1) > g->known_capacity && !grow(g)) {
        fail(g, LAZ_NOMEM);
        return false;
    }
    at = slot_of(g->known, g->known_capacity, k);
    if (g->known[2 * at] != 0)
        return false;
    g->known[2 * at] = k.first;
    g->known[2 * at + 1] = k.second;
    g->known_count++;
    return true;
}
