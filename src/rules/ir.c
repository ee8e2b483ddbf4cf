#include "rules/ir.h"

#include <stdlib.h>

#include "base/number.h"
#include "rules/known.h"

#define TEXT_MAX     (2 * GIB) /* texts are named by 32 bits */
#define PROGRAMS_MAX GIB
#define ITEMS_MAX    ((size_t)1 << 28)

void laz_ruleset_init(struct laz_ruleset *set)
{
    *set = (struct laz_ruleset){.failed = false};
    laz_buf_init(&set->text, TEXT_MAX);
    laz_buf_init(&set->programs, PROGRAMS_MAX);
    set->failed = laz_buf_add_u8(&set->text, 0) != LAZ_OK; /* text 0 is "" */
    /* 0 is none, and the name space of what has no names of its own; the set remembers a refusal */
    laz_ignore(laz_list_add(set, &set->nodes, sizeof(struct laz_node)) != NULL);
    laz_ignore(laz_list_add(set, &set->name_spaces, sizeof(struct laz_name_space)) != NULL);
}

void laz_ruleset_clear(struct laz_ruleset *set)
{
    laz_buf_clear(&set->text);
    laz_buf_clear(&set->programs);
    free(set->rules.items);
    free(set->patterns.items);
    free(set->bodies.items);
    free(set->tokens.items);
    free(set->nodes.items);
    free(set->node_items.items);
    free(set->expressions.items);
    free(set->externals.items);
    free(set->metas.items);
    free(set->imports.items);
    free(set->wildcards.items);
    free(set->name_spaces.items);
    free(set->names.items);
    free(set->sources.items);
    free(set->ignored.items);
    free(set->macros.items);
    laz_known_set_free(set->known);
    *set = (struct laz_ruleset){.failed = true};
}

static bool grow(struct laz_list *list, size_t item_size)
{
    size_t capacity = list->capacity == 0 ? 64 : list->capacity * 2;
    void *items;
    size_t size;

    if (capacity > ITEMS_MAX || laz_ckd_mul(&size, capacity, item_size))
        return false;
    items = realloc(list->items, size);
    if (items == NULL)
        return false;
    list->items = items;
    list->capacity = capacity;
    return true;
}

void *laz_list_add(struct laz_ruleset *set, struct laz_list *list, size_t item_size)
{
    uint8_t *item;

    if (list->count == list->capacity && !grow(list, item_size)) {
        set->failed = true;
        return NULL;
    }
    item = (uint8_t *)list->items + list->count * item_size;
    memset(item, 0, item_size);
    list->count++;
    return item;
}

uint32_t laz_ruleset_text(struct laz_ruleset *set, struct laz_view v)
{
    uint32_t at = (uint32_t)set->text.len;

    if (v.len == 0)
        return 0;
    laz_ignore(laz_buf_add(&set->text, v)); /* the buffer remembers a refusal */
    laz_ignore(laz_buf_add_u8(&set->text, 0));
    if (laz_buf_failed(&set->text) != LAZ_OK) {
        set->failed = true;
        return 0;
    }
    return at;
}

const char *laz_ruleset_text_at(const struct laz_ruleset *set, uint32_t text)
{
    return text < set->text.len ? (const char *)set->text.data + text : "";
}

void laz_ruleset_add_token(struct laz_ruleset *set, struct laz_token token)
{
    struct laz_token *item = laz_list_add(set, &set->tokens, sizeof *item);

    if (item != NULL)
        *item = token;
}

struct laz_ruleset_mark laz_ruleset_mark(const struct laz_ruleset *set)
{
    return (struct laz_ruleset_mark){
        set->rules.count,  set->patterns.count,   set->bodies.count,      set->tokens.count,
        set->nodes.count,  set->node_items.count, set->expressions.count, set->metas.count,
        set->programs.len, set->wildcards.count};
}

void laz_ruleset_rewind(struct laz_ruleset *set, struct laz_ruleset_mark mark)
{
    set->rules.count = mark.rules;
    set->patterns.count = mark.patterns;
    set->bodies.count = mark.bodies;
    set->tokens.count = mark.tokens;
    set->nodes.count = mark.nodes;
    set->node_items.count = mark.node_items;
    set->expressions.count = mark.expressions;
    set->metas.count = mark.metas;
    set->programs.len = mark.programs;
    set->wildcards.count = mark.wildcards;
}

enum laz_status laz_ruleset_failed(const struct laz_ruleset *set, struct laz_error *err)
{
    if (!set->failed)
        return LAZ_OK;
    return laz_fail(err, LAZ_LIMIT, "database", "", "the content is too large for this machine",
                    "build fewer sources into one database");
}
