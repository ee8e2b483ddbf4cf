#include <stdlib.h>

#include "rules/compiler_priv.h"

#define CODE_MAX ((size_t)16 << 20) /* of one condition with its expressions */

/* The forms' programs, written to be thrown away. */
static bool forms_fit(const struct laz_ruleset *set, const struct laz_list *forms)
{
    struct laz_buf code;
    bool ok = true;

    laz_buf_init(&code, 4 * (size_t)LAZ_VERIFY_CODE_MAX);
    for (size_t i = 0; ok && i < forms->count; i++) {
        const struct laz_cut_form *form = laz_list_at(struct laz_cut_form, forms, i);
        uint32_t gap_count = 0;

        if (form->is_regex || form->is_pcre)
            continue;
        laz_buf_reset(&code);
        ok = laz_verify_emit(&code, set, form, false, &gap_count) &&
             laz_verify_emit(&code, set, form, true, &gap_count);
    }
    laz_buf_clear(&code);
    return ok;
}

static enum laz_status check_pattern(struct laz_ruleset *set, const struct laz_ir_rule *rule,
                                     uint32_t pattern, struct laz_error *err)
{
    struct laz_pattern p = *laz_list_at(struct laz_pattern, &set->patterns, pattern);
    struct laz_list forms = {0};
    size_t tokens = set->tokens.count, programs = set->programs.len;
    const char *why = NULL;
    enum laz_status s = laz_forms_cut(set, pattern, &forms, &why, err);

    if (s == LAZ_OK && !forms_fit(set, &forms)) {
        s = LAZ_UNSUPPORTED;
        why = "the pattern is too large";
    }
    set->tokens.count = tokens; /* of forms that were unfolded */
    set->programs.len = programs;
    free(forms.items);
    if (s != LAZ_UNSUPPORTED)
        return s;
    return laz_fail_at(err, s, "rule", laz_ruleset_text_at(set, rule->source), p.line, p.column,
                       why, "make the pattern more definite");
}

static enum laz_status check_condition(const struct laz_ruleset *set,
                                       const struct laz_ir_rule *rule, struct laz_error *err)
{
    struct laz_condition_bounds bounds;
    struct laz_buf code;
    size_t start;
    bool ok;

    laz_buf_init(&code, CODE_MAX);
    ok = laz_condition_emit(&code, set, rule, &start);
    bounds = laz_condition_bounds_of(set, rule, (uint32_t)set->rules.count, laz_buf_view(&code));
    ok = ok && laz_condition_code_check(laz_view_from_offset(laz_buf_view(&code), start), &bounds);
    laz_buf_clear(&code);
    if (ok)
        return LAZ_OK;
    return laz_fail_at(err, LAZ_UNSUPPORTED, "rule", laz_ruleset_text_at(set, rule->source),
                       rule->line, rule->column, "the condition is too large", "divide the rule");
}

enum laz_status laz_rule_check(struct laz_ruleset *set, const struct laz_ir_rule *rule,
                               struct laz_error *err)
{
    enum laz_status s = laz_ruleset_failed(set, err);

    for (uint32_t i = 0; s == LAZ_OK && i < rule->pattern_count; i++)
        s = check_pattern(set, rule, rule->pattern_first + i, err);
    return s == LAZ_OK ? check_condition(set, rule, err) : s;
}
