#include <stdlib.h>

#include "rules/ir.h"

/* Rules by name space and name: a table of indices in the set and 1, with open addressing. What was
 * taken back from the set may still stand there: an entry counts only when its rule has the name.
 */

static uint32_t hash_of(uint32_t name_space, struct laz_view name)
{
    uint32_t hash = 2166136261u ^ name_space;

    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ name.data[i]) * 16777619u; /* FNV-1a */
    return hash ^ hash >> 15;
}

static struct laz_view name_of(const struct laz_ruleset *set, uint32_t index)
{
    const struct laz_ir_rule *rule = laz_list_at(struct laz_ir_rule, &set->rules, index);

    return laz_view_of(laz_ruleset_text_at(set, rule->name));
}

int64_t laz_rule_find(const struct laz_ruleset *set, uint32_t name_space, struct laz_view name)
{
    uint32_t mask = set->names.size - 1;

    if (set->names.size == 0)
        return -1;
    for (uint32_t at = hash_of(name_space, name) & mask; set->names.items[at] != 0;
         at = (at + 1) & mask) {
        uint32_t index = set->names.items[at] - 1;

        if (index < set->rules.count &&
            laz_list_at(struct laz_ir_rule, &set->rules, index)->name_space == name_space &&
            laz_view_equal(name_of(set, index), name))
            return index;
    }
    return -1;
}

static void put(struct laz_ruleset *set, uint32_t index)
{
    uint32_t mask = set->names.size - 1;
    uint32_t at = hash_of(laz_list_at(struct laz_ir_rule, &set->rules, index)->name_space,
                          name_of(set, index)) &
                  mask;

    while (set->names.items[at] != 0)
        at = (at + 1) & mask;
    set->names.items[at] = index + 1;
    set->names.used++;
}

/* A table twice as large, with the rules that are in the set. */
static bool grow(struct laz_ruleset *set)
{
    uint32_t size = set->names.size == 0 ? 1024 : 2 * set->names.size;
    uint32_t *items = calloc(size, sizeof *items);

    if (items == NULL)
        return false;
    free(set->names.items);
    set->names = (struct laz_rule_names){.items = items, .size = size};
    for (uint32_t i = 0; i < set->rules.count; i++)
        if (laz_list_at(struct laz_ir_rule, &set->rules, i)->name_space != 0)
            put(set, i);
    return true;
}

void laz_rule_note(struct laz_ruleset *set, uint32_t index)
{
    if (set->names.used < set->names.size / 2)
        put(set, index);
    else if (!grow(set)) /* which takes the rule in */
        set->failed = true;
}
