#include "base/number.h"
#include "match/database_priv.h"
#include "match/program.h"

/* Where instructions begin, as bits. Programs of a condition may be long, so it is given room. */
struct starts {
    uint8_t bits[LAZ_VERIFY_CODE_MAX / 8];
};

static void mark(struct starts *starts, size_t at)
{
    starts->bits[at / 8] |= (uint8_t)(1u << at % 8);
}

static bool is_start(const struct starts *starts, size_t at)
{
    return (starts->bits[at / 8] >> at % 8 & 1) != 0;
}

/* What of one instruction of verification matters to the check. */
struct step {
    uint8_t op;
    uint32_t target; /* 0: none */
    bool is_choice;
    uint16_t gap;
};

static bool take_blob(struct laz_view *v, unsigned item_len)
{
    uint8_t n;

    return laz_take_u8(v, &n) && n > 0 && laz_skip(v, (uint64_t)n * item_len);
}

static bool take_not_any(struct laz_view *v)
{
    uint8_t len;

    return laz_take_u8(v, &len) && len > 0 && take_blob(v, len);
}

static bool take_gap(struct laz_view *v, struct step *step)
{
    uint32_t min, max;

    step->is_choice = true;
    return laz_take_u16le(v, &step->gap) && laz_take_u32le(v, &min) && laz_take_u32le(v, &max) &&
           min <= max;
}

static bool take_step(struct laz_view *v, struct step *step)
{
    *step = (struct step){0};
    if (!laz_take_u8(v, &step->op) || step->op >= LAZ_VERIFY_OPS)
        return false;
    switch ((enum laz_verify_op)step->op) {
    case LAZ_VERIFY_MATCH:
        return v->len == 0;
    case LAZ_VERIFY_BYTES:
    case LAZ_VERIFY_NOCASE:
        return take_blob(v, 1);
    case LAZ_VERIFY_MASKED:
        return take_blob(v, 2);
    case LAZ_VERIFY_NOT_MASKED:
        return laz_skip(v, 2);
    case LAZ_VERIFY_NOT_ANY:
        return take_not_any(v);
    case LAZ_VERIFY_SKIP:
        return laz_skip(v, 4);
    case LAZ_VERIFY_GAP:
        return take_gap(v, step);
    case LAZ_VERIFY_SPLIT:
        step->is_choice = true;
        return laz_take_u32le(v, &step->target);
    case LAZ_VERIFY_JUMP:
        return laz_take_u32le(v, &step->target);
    case LAZ_VERIFY_OPS:
        break;
    }
    return false;
}

/* Every instruction is whole, the last one and no other is MATCH. */
static bool scan_steps(struct laz_view code, uint32_t gap_count, struct starts *starts)
{
    struct laz_view rest = code;
    struct step step = {.op = LAZ_VERIFY_OPS};
    uint32_t choices = 0;

    while (rest.len > 0) {
        mark(starts, code.len - rest.len);
        if (!take_step(&rest, &step) || (step.op == LAZ_VERIFY_GAP && step.gap >= gap_count))
            return false;
        choices += step.is_choice;
    }
    return step.op == LAZ_VERIFY_MATCH && choices <= LAZ_VERIFY_CHOICES_MAX;
}

bool laz_verify_code_check(struct laz_view code, uint32_t gap_count)
{
    struct starts starts;
    struct laz_view rest = code;
    struct step step;

    if (code.len == 0 || code.len > LAZ_VERIFY_CODE_MAX)
        return false;
    memset(starts.bits, 0,
           code.len / 8 + 1 < sizeof starts.bits ? code.len / 8 + 1 : sizeof starts.bits);
    if (!scan_steps(code, gap_count, &starts))
        return false;
    while (rest.len > 0 && take_step(&rest, &step))
        if ((step.op == LAZ_VERIFY_SPLIT || step.op == LAZ_VERIFY_JUMP) &&
            (step.target < code.len - rest.len || step.target >= code.len ||
             !is_start(&starts, step.target)))
            return false;
    return true;
}

static bool forms_fit(const struct laz_database *db)
{
    struct laz_view all = db->sections[LAZ_SECTION_CODE], back, ahead;

    for (uint32_t i = 0; i < db->form_count; i++) {
        struct laz_form form = laz_database_form(db, i);
        uint32_t gap_end;

        if (form.pattern >= db->pattern_count || form.guard >= db->guard_count ||
            laz_ckd_add(&gap_end, form.gap_first, form.gap_count) || gap_end > db->gap_count ||
            !laz_view_at(all, form.back, form.back_len, &back) ||
            !laz_view_at(all, form.ahead, form.ahead_len, &ahead) ||
            !laz_verify_code_check(back, form.gap_count) ||
            !laz_verify_code_check(ahead, form.gap_count))
            return false;
    }
    return true;
}

/* Runs of forms with the same guard stay inside their atom, and name one guard. */
static bool runs_fit(const struct laz_database *db, struct laz_atom atom)
{
    uint32_t end = atom.form_first + atom.form_count;

    for (uint32_t i = atom.form_first; i < end; i++) {
        struct laz_form form = laz_database_form(db, i);

        if (form.guard_run == 0 || form.guard_run > end - i)
            return false;
        if (form.guard_run > 1) {
            struct laz_form next = laz_database_form(db, i + 1);

            if (next.guard != form.guard || next.guard_run != form.guard_run - 1)
                return false;
        }
    }
    return true;
}

static bool guards_fit(const struct laz_database *db)
{
    struct laz_condition_bounds bounds = {.text_len = db->sections[LAZ_SECTION_TEXT].len};
    struct laz_view all = db->sections[LAZ_SECTION_CODE], code;

    for (uint32_t i = 0; i < db->guard_count; i++) {
        struct laz_guard guard = laz_database_guard(db, i);

        if (!laz_view_at(all, guard.code, guard.code_len, &code) ||
            (guard.code_len > 0 && !laz_condition_code_check(code, &bounds)))
            return false;
    }
    return true;
}

/* Each atom has its own run of the forms, one behind the other. */
static bool atoms_fit(struct laz_database *db)
{
    uint32_t next = 0;

    for (uint32_t i = 0; i < db->atom_count; i++) {
        struct laz_atom atom = laz_database_atom(db, i);

        if (atom.form_first != next || atom.form_count == 0 || atom.len == 0 ||
            laz_ckd_add(&next, next, atom.form_count) || next > db->form_count ||
            !runs_fit(db, atom))
            return false;
        if (atom.late == 0)
            continue;
        if (atom.late >> 8 != 1 || atom.len != 1 || db->late_count != i)
            return false;
        db->late_count++;
    }
    return next == db->form_count;
}

static bool patterns_fit(const struct laz_database *db)
{
    for (uint32_t i = 0; i < db->pattern_count; i++) {
        uint32_t rule_index = laz_database_pattern_rule(db, i);
        struct laz_rule rule;

        if (rule_index >= db->rule_count)
            return false;
        rule = laz_database_rule(db, rule_index);
        if (i < rule.pattern_first || i - rule.pattern_first >= rule.pattern_count)
            return false;
    }
    return true;
}

static bool rules_fit(const struct laz_database *db)
{
    struct laz_view all = db->sections[LAZ_SECTION_CODE], code;

    for (uint32_t i = 0; i < db->rule_count; i++) {
        struct laz_rule rule = laz_database_rule(db, i);
        struct laz_condition_bounds bounds = {
            .pattern_count = rule.pattern_count,
            .rule_index = i,
            .text_len = db->sections[LAZ_SECTION_TEXT].len,
        };

        if (rule.pattern_first > db->pattern_count ||
            rule.pattern_count > db->pattern_count - rule.pattern_first ||
            !laz_view_at(all, rule.code, rule.code_len, &code) ||
            !laz_condition_code_check(code, &bounds))
            return false;
    }
    return true;
}

static bool always_fits(const struct laz_database *db)
{
    uint32_t next = 0; /* ascending, each once */

    for (uint32_t i = 0; i < db->always_count; i++) {
        uint32_t rule = laz_database_always(db, i);

        if (rule < next || rule >= db->rule_count)
            return false;
        next = rule + 1;
    }
    return true;
}

bool laz_database_check_rules(struct laz_database *db)
{
    return db->gap_count <= db->sections[LAZ_SECTION_CODE].len && rules_fit(db) &&
           patterns_fit(db) && guards_fit(db) && forms_fit(db) && atoms_fit(db) && always_fits(db);
}
