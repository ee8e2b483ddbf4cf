/* Every record names only what is there. Small tables are checked when a database is opened; of
 * large ones each record is when a matcher uses it for the first time. */
#include "base/number.h"
#include "match/database_priv.h"
#include "match/fields.h"
#include "match/pcre.h"
#include "match/program.h"
#include "match/regex.h"

/* [first, first + count) lies below end. */
static bool run_fits(uint32_t first, uint32_t count, uint32_t end)
{
    return first <= end && count <= end - first;
}

static bool condition_fits(const struct laz_database *db, uint32_t code, uint32_t code_len,
                           uint32_t pattern_count, uint32_t rule)
{
    struct laz_condition_bounds bounds = {
        .pattern_count = pattern_count,
        .rule_index = rule,
        .external_count = db->external_count,
        .text_len = db->sections[LAZ_SECTION_TEXT].len,
        .code = db->sections[LAZ_SECTION_CODE],
    };
    struct laz_view part;

    return laz_view_at(db->sections[LAZ_SECTION_CODE], code, code_len, &part) &&
           laz_condition_code_check(part, &bounds);
}

/* Those that wait for a rule come behind it. */
static bool waiters_fit(const struct laz_database *db, uint32_t rule, const struct laz_rule *r)
{
    if (!run_fits(r->waiter_first, r->waiter_count, db->waiter_count))
        return false;
    for (uint32_t i = 0; i < r->waiter_count; i++) {
        uint32_t waiter = laz_database_waiter(db, r->waiter_first + i);

        if (waiter <= rule || waiter >= db->rule_count)
            return false;
    }
    return true;
}

static bool globals_fit(const struct laz_database *db, const struct laz_rule *rule)
{
    struct laz_view rest = db->sections[LAZ_SECTION_GLOBALS];
    uint32_t count, index;

    if (rule->globals == 0)
        return true;
    if (!laz_skip(&rest, 4 * ((uint64_t)rule->globals - 1)) || !laz_take_u32le(&rest, &count) ||
        count > rest.len / 4)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!laz_take_u32le(&rest, &index) || index >= db->rule_count)
            return false;
    return true;
}

static bool externals_fit(const struct laz_database *db)
{
    for (uint32_t i = 0; i < db->external_count; i++) {
        uint8_t kind = laz_database_external(db, i).value.kind;

        if (kind != LAZ_VALUE_NUMBER && kind != LAZ_VALUE_REAL && kind != LAZ_VALUE_TEXT)
            return false;
    }
    return true;
}

static bool imports_fit(const struct laz_database *db)
{
    struct laz_view imports = db->sections[LAZ_SECTION_IMPORTS];

    for (size_t i = 0; i < imports.len; i++)
        if (imports.data[i] >= LAZ_MODULES)
            return false;
    return true;
}

bool laz_database_rule_fits(const struct laz_database *db, uint32_t index)
{
    struct laz_rule rule = laz_database_rule(db, index);

    return run_fits(rule.pattern_first, rule.pattern_count, db->pattern_count) &&
           run_fits(rule.meta_first, rule.meta_count, db->meta_count) &&
           waiters_fit(db, index, &rule) && globals_fit(db, &rule) &&
           condition_fits(db, rule.code, rule.code_len, rule.pattern_count, index);
}

bool laz_database_pattern_fits(const struct laz_database *db, uint32_t index)
{
    struct laz_pattern_record pattern = laz_database_pattern(db, index);
    struct laz_rule rule;

    if (pattern.rule >= db->rule_count ||
        !run_fits(pattern.form_first, pattern.form_count, db->form_count) ||
        pattern.span.first > pattern.span.last)
        return false;
    rule = laz_database_rule(db, pattern.rule);
    if (index < rule.pattern_first || index - rule.pattern_first >= rule.pattern_count)
        return false;
    for (uint32_t i = 0; i < pattern.form_count; i++)
        if (laz_database_form(db, pattern.form_first + i).pattern != index)
            return false;
    return true;
}

/* Only an expression says where it may begin without an atom. */
static bool programs_fit(const struct laz_form *form, struct laz_view back, struct laz_view ahead)
{
    if ((form->flags & LAZ_FORM_REGEX) != 0)
        return laz_regex_check(back) && laz_regex_check(ahead);
    if ((form->flags & LAZ_FORM_PCRE) != 0)
        return form->atom_len == 0 && back.len == 0 && laz_pcre_check(ahead);
    return form->atom_len > 0 && laz_verify_code_check(back, form->gap_count) &&
           laz_verify_code_check(ahead, form->gap_count);
}

bool laz_database_form_fits(const struct laz_database *db, uint32_t index)
{
    struct laz_view all = db->sections[LAZ_SECTION_CODE], back, ahead;
    struct laz_form form = laz_database_form(db, index);

    return form.pattern < db->pattern_count && form.atom_len <= LAZ_ATOM_MAX &&
           run_fits(form.gap_first, form.gap_count, db->gap_count) &&
           laz_view_at(all, form.back, form.back_len, &back) &&
           laz_view_at(all, form.ahead, form.ahead_len, &ahead) && programs_fit(&form, back, ahead);
}

/* Runs of uses with the same guard stay inside their atom, and name one guard. */
static bool uses_fit(const struct laz_database *db, struct laz_atom atom)
{
    uint32_t end = atom.use_first + atom.use_count;

    for (uint32_t i = atom.use_first; i < end; i++) {
        struct laz_use use = laz_database_use(db, i);

        if (use.form >= db->form_count || laz_database_form(db, use.form).atom_len != atom.len ||
            use.guard >= db->guard_count || use.run == 0 || use.run > end - i)
            return false;
        if (use.run > 1) {
            struct laz_use next = laz_database_use(db, i + 1);

            if (next.guard != use.guard || next.run != use.run - 1)
                return false;
        }
    }
    return true;
}

bool laz_database_atom_fits(const struct laz_database *db, uint32_t index)
{
    struct laz_atom atom = laz_database_atom(db, index);

    return atom.use_count > 0 && atom.len > 0 &&
           run_fits(atom.use_first, atom.use_count, db->use_count) && uses_fit(db, atom);
}

bool laz_database_guard_fits(const struct laz_database *db, uint32_t index)
{
    struct laz_guard guard = laz_database_guard(db, index);

    return guard.code_len == 0 || condition_fits(db, guard.code, guard.code_len, 0, 0);
}

static bool always_fits(const struct laz_database *db)
{
    for (uint32_t i = 0; i < db->always_count; i++) {
        struct laz_always always = laz_database_always(db, i);

        if (always.rule >= db->rule_count || always.guard >= db->guard_count)
            return false;
    }
    return true;
}

static bool groups_fit(const struct laz_database *db)
{
    if (db->group_count > LAZ_GROUPS_MAX)
        return false;
    for (uint32_t i = 0; i < db->group_count; i++)
        if (laz_database_group(db, i).matcher.len == 0)
            return false;
    return true;
}

static bool metas_fit(const struct laz_database *db)
{
    for (uint32_t i = 0; i < db->meta_count; i++)
        if (laz_load_u32(laz_database_record(db, LAZ_SECTION_METAS, i, LAZ_META_SIZE) + 4) >=
            LAZ_META_KINDS)
            return false;
    return true;
}

static bool all_fit(const struct laz_database *db, uint32_t count,
                    bool (*fits)(const struct laz_database *db, uint32_t index))
{
    for (uint32_t i = 0; i < count; i++)
        if (!fits(db, i))
            return false;
    return true;
}

bool laz_database_check_tables(const struct laz_database *db)
{
    return db->gap_count <= db->sections[LAZ_SECTION_CODE].len && externals_fit(db) &&
           imports_fit(db) && groups_fit(db);
}

bool laz_database_check_rules(const struct laz_database *db)
{
    return all_fit(db, db->rule_count, laz_database_rule_fits) &&
           all_fit(db, db->pattern_count, laz_database_pattern_fits) &&
           all_fit(db, db->guard_count, laz_database_guard_fits) &&
           all_fit(db, db->form_count, laz_database_form_fits) &&
           all_fit(db, db->atom_count, laz_database_atom_fits) && always_fits(db) && metas_fit(db);
}
