#include "rules/yara_priv.h"

static bool add_external(struct laz_ruleset *set, const struct laz_external *external)
{
    struct laz_ir_external *item = laz_list_add(set, &set->externals, sizeof *item);

    if (item == NULL)
        return false;
    item->name = laz_ruleset_text(set, external->name);
    switch (external->kind) {
    case LAZ_EXTERNAL_TEXT:
        item->kind = LAZ_VALUE_TEXT;
        item->text = laz_ruleset_text(set, external->text);
        item->text_len = (uint32_t)external->text.len;
        break;
    case LAZ_EXTERNAL_REAL:
        item->kind = LAZ_VALUE_REAL;
        item->real = external->real;
        break;
    case LAZ_EXTERNAL_NUMBER:
    case LAZ_EXTERNAL_TRUTH:
        item->kind = LAZ_VALUE_NUMBER;
        item->n = external->number;
        break;
    }
    return !set->failed;
}

/* Its index in the set, where each name stands once. */
static bool find_or_add(struct laz_yara *y, struct laz_view name, uint32_t *index)
{
    struct laz_external external;

    for (uint32_t i = 0; i < y->set->externals.count; i++) {
        const struct laz_ir_external *e =
            laz_list_at(struct laz_ir_external, &y->set->externals, i);

        if (laz_view_equal_text(name, laz_ruleset_text_at(y->set, e->name))) {
            *index = i;
            return true;
        }
    }
    *index = (uint32_t)y->set->externals.count;
    return *index < UINT16_MAX &&
           laz_external_find(y->options->externals, y->options->external_count, name, &external) &&
           add_external(y->set, &external);
}

bool laz_yara_external(struct laz_yara *y, struct laz_view name, struct laz_yara_term *out)
{
    const struct laz_ir_external *e;
    uint32_t index;

    if (!find_or_add(y, name, &index))
        return false;
    e = laz_list_at(struct laz_ir_external, &y->set->externals, index);
    out->type = e->kind == LAZ_VALUE_TEXT   ? LAZ_YARA_IS_TEXT
                : e->kind == LAZ_VALUE_REAL ? LAZ_YARA_IS_REAL
                                            : LAZ_YARA_IS_NUMBER; /* also of a truth: 0 or 1 */
    out->node = laz_node_add(
        y->set, (struct laz_node){.kind = LAZ_NODE_EXTERNAL, .type = e->kind, .operand = index});
    return true;
}
