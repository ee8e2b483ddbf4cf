#include "rules/compiler_priv.h"

static void write_space(struct laz_ruleset *set, uint32_t index, struct laz_buf *out)
{
    struct laz_name_space *space = laz_list_at(struct laz_name_space, &set->name_spaces, index);

    space->globals = (uint32_t)(out->len / 4 + 1);
    laz_ignore(laz_buf_add_u32le(out, space->global_count)); /* the buffer remembers a refusal */
    for (uint32_t i = 0; i < set->rules.count; i++) {
        const struct laz_ir_rule *rule = laz_list_at(struct laz_ir_rule, &set->rules, i);

        if (rule->is_global && rule->name_space == index)
            laz_ignore(laz_buf_add_u32le(out, i)); /* as above */
    }
}

void laz_globals_write(struct laz_ruleset *set, struct laz_image *image)
{
    for (uint32_t i = 0; i < set->rules.count; i++) {
        const struct laz_ir_rule *rule = laz_list_at(struct laz_ir_rule, &set->rules, i);

        if (rule->is_global)
            laz_list_at(struct laz_name_space, &set->name_spaces, rule->name_space)->global_count++;
    }
    for (uint32_t i = 0; i < set->name_spaces.count; i++)
        if (laz_list_at(struct laz_name_space, &set->name_spaces, i)->global_count > 0)
            write_space(set, i, &image->sections[LAZ_SECTION_GLOBALS]);
}

void laz_externals_write(const struct laz_ruleset *set, struct laz_image *image)
{
    struct laz_buf *out = &image->sections[LAZ_SECTION_EXTERNALS];

    for (size_t i = 0; i < set->externals.count; i++) {
        const struct laz_ir_external *e = laz_list_at(struct laz_ir_external, &set->externals, i);
        uint64_t value = (uint64_t)e->text_len << 32 | e->text;

        if (e->kind != LAZ_VALUE_TEXT)
            memcpy(&value, &e->n, sizeof value);
        /* the buffer remembers a refusal */
        laz_ignore(laz_buf_add_u32le(out, e->name));
        laz_ignore(laz_buf_add_u32le(out, e->kind));
        laz_ignore(laz_buf_add_u64le(out, value));
    }
}

void laz_imports_write(const struct laz_ruleset *set, struct laz_image *image)
{
    laz_ignore(laz_buf_add(&image->sections[LAZ_SECTION_IMPORTS], /* it remembers a refusal */
                           laz_view_from(set->imports.items, set->imports.count)));
}
