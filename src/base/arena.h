/* arena.h - memory that lives as long as one scan, within a budget of bytes. Nothing in it is freed
 * on its own. */
#ifndef LAZ_BASE_ARENA_H
#define LAZ_BASE_ARENA_H

#include "base/status.h"
#include "base/view.h"

struct laz_arena;

struct laz_arena *laz_arena_new(size_t max); /* NULL when memory ran out */
void laz_arena_free(struct laz_arena *a);
void laz_arena_drop(struct laz_arena **a);
/* Everything given so far is gone; the largest block is kept for reuse. */
void laz_arena_reset(struct laz_arena *a);

/* size zeroed bytes aligned for any object; NULL when the budget or memory ran out. */
void *laz_arena_get(struct laz_arena *a, size_t size);
/* count * size, checked. */
void *laz_arena_get_array(struct laz_arena *a, size_t count, size_t size);
/* A copy of v with a NUL behind it. */
char *laz_arena_copy(struct laz_arena *a, struct laz_view v);
size_t laz_arena_used(const struct laz_arena *a);

#endif
