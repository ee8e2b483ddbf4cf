#include <stdlib.h>

#include "rules/compiler_priv.h"

#define PARTS_MAX 64 /* that wait to be taken apart */

/* Whether what a node asks costs little and depends on the object alone. */
static bool is_cheap(uint8_t kind)
{
    switch (kind) {
    case LAZ_NODE_NUMBER:
    case LAZ_NODE_FILESIZE:
    case LAZ_NODE_READ:
        return true;
    default:
        return kind >= LAZ_NODE_NOT && kind <= LAZ_NODE_SHIFT_RIGHT;
    }
}

/* For each of the rule's nodes: it and all below it are cheap. */
static bool *find_cheap(const struct laz_ruleset *set, const struct laz_ir_rule *rule)
{
    bool *cheap = calloc(rule->node_count + 1u, sizeof *cheap);

    for (uint32_t i = 0; cheap != NULL && i < rule->node_count; i++) {
        const struct laz_node *node = laz_node_at(set, rule->node_first + i);

        cheap[i] = is_cheap(node->kind);
        for (size_t j = 0; j < 4; j++)
            if (node->child[j] != 0)
                cheap[i] = cheap[i] && cheap[node->child[j] - rule->node_first];
    }
    return cheap;
}

/* What 'and' joins at the top is taken apart; a part that lies too deep is left out. */
bool laz_guard_emit(struct laz_buf *code, const struct laz_ruleset *set,
                    const struct laz_ir_rule *rule)
{
    bool *cheap = find_cheap(set, rule);
    size_t start = code->len;
    uint32_t parts[PARTS_MAX] = {rule->condition};
    size_t count = 1;
    bool ok = cheap != NULL, is_first;

    if (laz_rule_talks(set, rule))
        count = 0;
    while (ok && count > 0) {
        uint32_t part = parts[--count];
        const struct laz_node *node = laz_node_at(set, part);

        if (!cheap[part - rule->node_first]) {
            if (node->kind == LAZ_NODE_AND && count + 2 <= PARTS_MAX) {
                parts[count++] = node->child[0];
                parts[count++] = node->child[1];
            }
            continue;
        }
        is_first = code->len == start;
        ok = laz_condition_emit_value(code, start, set, part);
        if (!is_first)
            laz_ignore(laz_buf_add_u8(code, LAZ_CONDITION_AND)); /* the buffer remembers */
    }
    free(cheap);
    if (code->len > start)
        laz_ignore(laz_buf_add_u8(code, LAZ_CONDITION_RETURN)); /* checked below */
    return ok && laz_buf_failed(code) == LAZ_OK;
}

static void widen(struct laz_span_wanted *span, uint64_t first, uint64_t last)
{
    if (!span->is_asked || first < span->first)
        span->first = first;
    if (!span->is_asked || last > span->last)
        span->last = last;
    span->is_asked = true;
}

/* A place that is a number is known now. */
static bool is_place(const struct laz_node *node)
{
    return node->kind == LAZ_NODE_NUMBER && node->n >= 0;
}

static void widen_by(struct laz_span_wanted *span, const struct laz_node *first,
                     const struct laz_node *last)
{
    if (is_place(first) && is_place(last))
        widen(span, (uint64_t)first->n, (uint64_t)last->n);
    else
        widen(span, 0, UINT64_MAX);
}

static void widen_items(const struct laz_ruleset *set, const struct laz_node *node,
                        struct laz_span_wanted *spans)
{
    bool is_at = node->kind == LAZ_NODE_OF && node->child[1] != 0;
    const struct laz_node *first = laz_node_at(set, is_at ? node->child[1] : 0);
    const struct laz_node *last =
        is_at && node->child[2] != 0 ? laz_node_at(set, node->child[2]) : first;

    for (uint32_t i = 0; i < node->item_count; i++)
        widen_by(&spans[laz_node_item(set, node, i)], first, last);
}

void laz_spans_find(const struct laz_ruleset *set, const struct laz_ir_rule *rule,
                    struct laz_span_wanted *spans)
{
    for (uint32_t i = 0; i < rule->node_count; i++) {
        const struct laz_node *node = laz_node_at(set, rule->node_first + i);

        if (node->kind == LAZ_NODE_OF || node->kind == LAZ_NODE_FOR_OF)
            widen_items(set, node, spans);
        if (node->kind < LAZ_NODE_FOUND || node->kind > LAZ_NODE_LENGTH ||
            node->operand == LAZ_NODE_LOOP_PATTERN)
            continue;
        if (node->kind == LAZ_NODE_AT)
            widen_by(&spans[node->operand], laz_node_at(set, node->child[0]),
                     laz_node_at(set, node->child[0]));
        else if (node->kind == LAZ_NODE_IN || node->kind == LAZ_NODE_COUNT_IN)
            widen_by(&spans[node->operand], laz_node_at(set, node->child[0]),
                     laz_node_at(set, node->child[1]));
        else
            widen(&spans[node->operand], 0, UINT64_MAX);
    }
}
