#include <stdlib.h>
#include <string.h>

#include "rules/compiler_priv.h"

#define BUCKETS 4096

struct known {
    uint32_t next; /* index in items and 1; 0: none */
    uint32_t code, code_len, target;
};

struct laz_guards {
    struct laz_image *image;
    struct known *items;
    uint32_t count, capacity;
    uint32_t buckets[BUCKETS]; /* index in items and 1; 0: none */
};

struct laz_guards *laz_guards_new(struct laz_image *image)
{
    struct laz_guards *g = calloc(1, sizeof *g);

    if (g != NULL)
        g->image = image;
    return g;
}

void laz_guards_free(struct laz_guards *g)
{
    if (g != NULL)
        free(g->items);
    free(g);
}

void laz_guards_drop(struct laz_guards **g)
{
    laz_guards_free(*g);
    *g = NULL;
}

static uint32_t bucket_of(struct laz_view code, uint32_t target)
{
    uint32_t hash = target + 2166136261u;

    for (size_t i = 0; i < code.len; i++)
        hash = (hash ^ code.data[i]) * 16777619u;
    return hash % BUCKETS;
}

static bool is_same(const struct laz_guards *g, const struct known *k, struct laz_view code,
                    uint32_t target)
{
    return k->code_len == code.len && k->target == target &&
           (code.len == 0 ||
            memcmp(g->image->sections[LAZ_SECTION_CODE].data + k->code, code.data, code.len) == 0);
}

static bool make_room(struct laz_guards *g)
{
    uint32_t capacity = g->capacity == 0 ? 64 : g->capacity * 2;
    struct known *items;

    if (g->count < g->capacity)
        return true;
    items = realloc(g->items, capacity * sizeof *items);
    if (items == NULL)
        return false;
    g->items = items;
    g->capacity = capacity;
    return true;
}

static bool write_guard(struct laz_guards *g, const struct known *k, struct laz_view code)
{
    struct laz_buf *out = &g->image->sections[LAZ_SECTION_GUARDS];

    /* the buffer remembers a refusal */
    laz_ignore(laz_buf_add(&g->image->sections[LAZ_SECTION_CODE], code));
    laz_ignore(laz_buf_add_u32le(out, k->code));
    laz_ignore(laz_buf_add_u32le(out, k->code_len));
    laz_ignore(laz_buf_add_u32le(out, k->target));
    return laz_buf_failed(out) == LAZ_OK;
}

static bool find_or_add(struct laz_guards *g, struct laz_view code, uint32_t target,
                        uint32_t *index)
{
    uint32_t *bucket = &g->buckets[bucket_of(code, target)];

    for (uint32_t at = *bucket; at != 0; at = g->items[at - 1].next) {
        *index = at - 1;
        if (is_same(g, &g->items[at - 1], code, target))
            return true;
    }
    if (!make_room(g))
        return false;
    g->items[g->count] = (struct known){*bucket, (uint32_t)g->image->sections[LAZ_SECTION_CODE].len,
                                        (uint32_t)code.len, target};
    *index = g->count;
    *bucket = ++g->count;
    return write_guard(g, &g->items[*index], code);
}

bool laz_guards_add(struct laz_guards *g, const struct laz_ruleset *set,
                    const struct laz_ir_rule *rule, uint32_t *index)
{
    struct laz_condition_bounds none = {.text_len = set->text.len};
    struct laz_buf code;
    bool ok;

    laz_buf_init(&code, LAZ_CONDITION_CODE_MAX);
    ok = laz_guard_emit(&code, set, rule);
    if (!ok || !laz_condition_code_check(laz_buf_view(&code), &none))
        laz_buf_reset(&code); /* a guard may be missing: the condition asks all of it again */
    ok = find_or_add(g, laz_buf_view(&code), (uint32_t)rule->flags >> LAZ_RULE_TARGET_SHIFT, index);
    laz_buf_clear(&code);
    return ok;
}
