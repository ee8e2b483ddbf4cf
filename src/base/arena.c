#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

#include "base/number.h"

#define BLOCK_SIZE ((size_t)16 * 1024)
#define ALIGNMENT  _Alignof(max_align_t)

struct block {
    struct block *next;
    size_t capacity, used;
    _Alignas(max_align_t) uint8_t bytes[];
};

struct laz_arena {
    struct block *blocks; /* the newest first */
    size_t used, max;
};

struct laz_arena *laz_arena_new(size_t max)
{
    struct laz_arena *a = calloc(1, sizeof *a);

    if (a != NULL)
        a->max = max;
    return a;
}

static void free_blocks(struct block *b)
{
    while (b != NULL) {
        struct block *next = b->next;

        free(b);
        b = next;
    }
}

void laz_arena_free(struct laz_arena *a)
{
    if (a == NULL)
        return;
    free_blocks(a->blocks);
    free(a);
}

void laz_arena_drop(struct laz_arena **a)
{
    laz_arena_free(*a);
    *a = NULL;
}

void laz_arena_reset(struct laz_arena *a)
{
    struct block *kept = a->blocks;

    if (kept != NULL) {
        free_blocks(kept->next);
        kept->next = NULL;
        kept->used = 0;
    }
    a->used = 0;
}

static struct block *add_block(struct laz_arena *a, size_t size)
{
    size_t capacity = size > BLOCK_SIZE ? size : BLOCK_SIZE;
    size_t total;
    struct block *b;

    if (laz_ckd_add(&total, capacity, sizeof *b))
        return NULL;
    b = malloc(total);
    if (b == NULL)
        return NULL;
    b->next = a->blocks;
    b->capacity = capacity;
    b->used = 0;
    a->blocks = b;
    return b;
}

void *laz_arena_get(struct laz_arena *a, size_t size)
{
    struct block *b = a->blocks;
    size_t rounded, total;
    void *p;

    if (laz_ckd_add(&rounded, size, ALIGNMENT - 1))
        return NULL;
    rounded &= ~(ALIGNMENT - 1);
    if (laz_ckd_add(&total, a->used, rounded) || total > a->max)
        return NULL;
    if (b == NULL || b->capacity - b->used < rounded)
        b = add_block(a, rounded);
    if (b == NULL)
        return NULL;
    p = b->bytes + b->used;
    memset(p, 0, rounded);
    b->used += rounded;
    a->used = total;
    return p;
}

void *laz_arena_get_array(struct laz_arena *a, size_t count, size_t size)
{
    size_t total;

    return laz_ckd_mul(&total, count, size) ? NULL : laz_arena_get(a, total);
}

char *laz_arena_copy(struct laz_arena *a, struct laz_view v)
{
    size_t size;
    char *copy;

    if (laz_ckd_add(&size, v.len, (size_t)1))
        return NULL;
    copy = laz_arena_get(a, size);
    if (copy != NULL && v.len > 0)
        memcpy(copy, v.data, v.len);
    return copy;
}

size_t laz_arena_used(const struct laz_arena *a)
{
    return a->used;
}
