#include "front_end.h"

#include <stdlib.h>

#include "match/pcre.h"
#include "match/regex.h"
#include "rules/compiler_priv.h"

#define SOURCE_SIZE_MAX 65536
#define CODE_MAX        ((size_t)64 << 20)

static void check_programs(const struct laz_ruleset *set, const struct laz_cut_form *form)
{
    struct laz_view all = laz_buf_view(&set->programs), program;

    LAZ_ASSERT(form->atom_len == 0 || form->atom[0] != 0);
    LAZ_ASSERT(laz_view_at(all, form->back, form->back_len, &program) && laz_regex_check(program));
    LAZ_ASSERT(laz_view_at(all, form->ahead, form->ahead_len, &program) &&
               laz_regex_check(program));
}

static void check_forms(const struct laz_ruleset *set, const struct laz_list *forms)
{
    for (size_t i = 0; i < forms->count; i++) {
        const struct laz_cut_form *form = laz_list_at(struct laz_cut_form, forms, i);
        struct laz_buf code;
        uint32_t gap_count = 0;

        if (form->is_pcre) {
            struct laz_view program;

            LAZ_ASSERT(
                laz_view_at(laz_buf_view(&set->programs), form->ahead, form->ahead_len, &program) &&
                laz_pcre_check(program) && form->atom_len == 0);
            continue;
        }
        if (form->is_regex) {
            check_programs(set, form);
            continue;
        }
        LAZ_ASSERT(form->atom_len > 0 && form->atom[0] != 0);
        for (unsigned ahead = 0; ahead < 2; ahead++) {
            laz_buf_init(&code, CODE_MAX);
            if (laz_verify_emit(&code, set, form, ahead == 1, &gap_count))
                LAZ_ASSERT(laz_verify_code_check(laz_buf_view(&code), gap_count) ||
                           code.len > LAZ_VERIFY_CODE_MAX / 2);
            laz_buf_clear(&code);
        }
    }
}

static void check_rule(struct laz_ruleset *set, uint32_t index)
{
    struct laz_ir_rule rule = *laz_list_at(struct laz_ir_rule, &set->rules, index);
    struct laz_list forms = {0};
    struct laz_buf code;
    size_t start;
    bool cut = true;

    for (uint32_t i = 0; cut && i < rule.pattern_count; i++) {
        const char *why;

        cut = laz_forms_cut(set, rule.pattern_first + i, &forms, &why, NULL) == LAZ_OK;
    }
    check_forms(set, &forms);
    free(forms.items);
    laz_buf_init(&code, CODE_MAX);
    if (laz_condition_emit(&code, set, &rule, &start)) {
        struct laz_view all = laz_buf_view(&code);
        struct laz_condition_bounds bounds = laz_condition_bounds_of(set, &rule, index, all);

        /* what front ends take was checked so before */
        LAZ_ASSERT(laz_condition_code_check(laz_view_from_offset(all, start), &bounds));
    }
    laz_buf_clear(&code);
}

static void count_skipped(void *context, const struct laz_error *why)
{
    LAZ_ASSERT(why->status == LAZ_UNSUPPORTED || why->status == LAZ_INVALID);
    LAZ_ASSERT(why->line > 0 && why->column > 0 && why->why[0] != '\0');
    ++*(size_t *)context;
}

static void note_warning(void *context, const struct laz_error *why)
{
    (void)context;
    LAZ_ASSERT(why->line > 0 && why->column > 0 && why->why[0] != '\0');
}

/* Every file can be included: it includes itself, or has one more rule. */
static bool include(void *context, const struct laz_source *from, struct laz_view name,
                    struct laz_source *out)
{
    static const char rule[] = "rule included { condition: true }";

    (void)context;
    *out = *from;
    if (laz_view_equal_text(name, "self"))
        return true;
    out->name = "other.yar";
    out->text = laz_view_of(rule);
    return name.len < 8;
}

/* Once as it stands, and once with what is not supported left out: then every rule is one that the
 * compiler takes. */
static void read_source(const struct laz_source *source, bool with_skipping)
{
    size_t skipped = 0;
    struct laz_external externals[] = {
        {laz_view_of("n"), laz_view_of(""), LAZ_EXTERNAL_NUMBER, 3},
        {laz_view_of("t"), laz_view_of("some Text.exe"), LAZ_EXTERNAL_TEXT, 0},
    };
    struct laz_source_options options = {
        .skipped = with_skipping ? count_skipped : NULL,
        .warned = note_warning,
        .include = include,
        .context = &skipped,
        .externals = externals,
        .external_count = 2,
    };
    struct laz_ruleset set;
    struct laz_error err = {.status = LAZ_OK};

    laz_ruleset_init(&set);
    if (laz_source_read(&set, source, &options, &err) == LAZ_OK)
        for (uint32_t i = 0; i < set.rules.count; i++)
            check_rule(&set, i);
    else
        LAZ_ASSERT(err.why[0] != '\0' && err.line > 0 && err.column > 0 &&
                   !(with_skipping && err.status == LAZ_UNSUPPORTED));
    laz_ruleset_clear(&set);
}

void fuzz_source(const char *name, const uint8_t *data, size_t size)
{
    struct laz_source source = {.name = name, .text = laz_view_from(data, size)};

    if (size > SOURCE_SIZE_MAX)
        return;
    read_source(&source, false);
    read_source(&source, true);
}
