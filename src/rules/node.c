#include "rules/node.h"

#include "rules/ir.h"

uint32_t laz_node_add(struct laz_ruleset *set, struct laz_node node)
{
    struct laz_node *item = laz_list_add(set, &set->nodes, sizeof *item);

    if (item == NULL)
        return 0;
    *item = node;
    return (uint32_t)(set->nodes.count - 1);
}

uint32_t laz_node_add_number(struct laz_ruleset *set, int64_t n)
{
    return laz_node_add(
        set, (struct laz_node){.kind = LAZ_NODE_NUMBER, .type = LAZ_VALUE_NUMBER, .n = n});
}

uint32_t laz_node_add_text(struct laz_ruleset *set, struct laz_view v)
{
    return laz_node_add(set, (struct laz_node){
                                 .kind = LAZ_NODE_TEXT,
                                 .type = LAZ_VALUE_TEXT,
                                 .operand = laz_ruleset_text(set, v),
                                 .n = (int64_t)v.len,
                             });
}

uint32_t laz_node_join(struct laz_ruleset *set, enum laz_node_kind kind, uint32_t a, uint32_t b)
{
    return laz_node_ask(set, kind, 0, a, b);
}

uint32_t laz_node_ask(struct laz_ruleset *set, enum laz_node_kind kind, uint32_t pattern,
                      uint32_t a, uint32_t b)
{
    return laz_node_add(set, (struct laz_node){
                                 .kind = (uint8_t)kind,
                                 .type = LAZ_VALUE_NUMBER,
                                 .operand = pattern,
                                 .child = {a, b},
                             });
}

uint32_t laz_node_add_items(struct laz_ruleset *set, const uint32_t *items, size_t count)
{
    uint32_t first = (uint32_t)set->node_items.count;

    for (size_t i = 0; i < count && !set->failed; i++) {
        uint32_t *item = laz_list_add(set, &set->node_items, sizeof *item);

        if (item != NULL)
            *item = items[i];
    }
    return first;
}

const struct laz_node *laz_node_at(const struct laz_ruleset *set, uint32_t index)
{
    static const struct laz_node none;

    if (index == 0)
        return &none;
    LAZ_ASSERT(index < set->nodes.count);
    return laz_list_at(struct laz_node, &set->nodes, index);
}

uint32_t laz_node_item(const struct laz_ruleset *set, const struct laz_node *node, uint32_t i)
{
    LAZ_ASSERT(i < node->item_count && node->item_first + i < set->node_items.count);
    return *laz_list_at(uint32_t, &set->node_items, node->item_first + i);
}
