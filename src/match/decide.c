#include <stdlib.h>

#include "match/matcher_priv.h"

static struct laz_rule_state *state_of(const struct laz_matcher *m, uint32_t rule)
{
    uint32_t slot = m->rule_slots[rule];

    return slot < m->touched_count && m->touched[slot].rule == rule ? &m->touched[slot] : NULL;
}

void laz_matcher_touch(struct laz_matcher *m, uint32_t rule)
{
    if (state_of(m, rule) != NULL)
        return;
    m->rule_slots[rule] = m->touched_count;
    m->touched[m->touched_count++] = (struct laz_rule_state){rule, false};
}

bool laz_matcher_fired(const struct laz_matcher *m, uint32_t rule)
{
    const struct laz_rule_state *state = state_of(m, rule);

    return state != NULL && state->fired;
}

/* They stand in the order of their guards, so that a guard that fails passes over all of its own.
 */
static void touch_always(struct laz_matcher *m)
{
    struct laz_always before = {0, UINT32_MAX};
    bool passes = false;

    for (uint32_t i = 0; i < m->db->always_count && m->status == LAZ_OK; i++) {
        struct laz_always always = laz_database_always(m->db, i);

        if (always.rule >= m->db->rule_count || always.guard >= m->db->guard_count) {
            m->status = LAZ_DAMAGED;
            return;
        }
        if (always.guard != before.guard)
            passes = laz_matcher_guard(m, always.guard);
        before = always;
        if (passes)
            laz_matcher_touch(m, always.rule);
    }
}

/* What is touched on the way is looked at too. */
static void touch_waiters(struct laz_matcher *m)
{
    for (uint32_t i = 0; i < m->touched_count; i++) {
        struct laz_rule rule;

        if (!laz_matcher_trusts(m, LAZ_TRUST_RULE, m->touched[i].rule))
            return;
        rule = laz_database_rule(m->db, m->touched[i].rule);

        for (uint32_t j = 0; j < rule.waiter_count; j++)
            laz_matcher_touch(m, laz_database_waiter(m->db, rule.waiter_first + j));
    }
}

static int compare_rules(const void *a, const void *b)
{
    const struct laz_rule_state *x = a, *y = b;

    return (x->rule > y->rule) - (x->rule < y->rule);
}

/* In the order of the database, so that a rule that another one asks for comes before it. */
static void sort_touched(struct laz_matcher *m)
{
    if (m->touched_count > 1)
        qsort(m->touched, m->touched_count, sizeof *m->touched, compare_rules);
    for (uint32_t i = 0; i < m->touched_count; i++)
        m->rule_slots[m->touched[i].rule] = i;
}

/* Reports the rule when it fired and is for people. False when they have seen enough. */
static bool report(const struct laz_matcher *m, uint32_t index, laz_hit_fn *found, void *context)
{
    struct laz_hit hit;

    return !laz_database_rule_get(m->db, index, &hit) || found(context, &hit);
}

/* Global rules hold for all rules of their name space, also for those before them. */
static bool globals_hold(const struct laz_matcher *m, const struct laz_rule *rule)
{
    uint32_t count;
    const uint8_t *p = laz_database_globals(m->db, rule, &count);

    for (uint32_t i = 0; i < count; i++)
        if (!laz_matcher_fired(m, laz_load_u32(p + 4 * (size_t)i)))
            return false;
    return true;
}

/* Reports what fired when all rules were asked. */
static void report_all(const struct laz_matcher *m, laz_hit_fn *found, void *context)
{
    for (uint32_t i = 0; i < m->touched_count; i++) {
        struct laz_rule rule = laz_database_rule(m->db, m->touched[i].rule);

        if (m->touched[i].fired && globals_hold(m, &rule) &&
            !report(m, m->touched[i].rule, found, context))
            return;
    }
}

bool laz_matcher_has_normal(struct laz_matcher *m)
{
    if (m->has_normal != LAZ_NORMAL_UNKNOWN)
        return m->has_normal == LAZ_NORMAL_SOME;
    m->has_normal = LAZ_NORMAL_NONE;
    for (uint32_t i = 0; i < m->db->rule_count && m->has_normal == LAZ_NORMAL_NONE; i++)
        if ((laz_database_rule(m->db, i).flags & LAZ_RULE_YARA) == 0)
            m->has_normal = LAZ_NORMAL_SOME;
    return m->has_normal == LAZ_NORMAL_SOME;
}

void laz_matcher_decide(struct laz_matcher *m, laz_hit_fn *found, void *context)
{
    bool has_globals = m->db->sections[LAZ_SECTION_GLOBALS].len > 0;

    m->is_undecided = false;
    touch_always(m);
    touch_waiters(m);
    if (m->status == LAZ_DAMAGED)
        return;
    sort_touched(m);
    for (uint32_t i = 0; i < m->touched_count; i++) {
        struct laz_rule_state *state = &m->touched[i];
        struct laz_rule rule = laz_database_rule(m->db, state->rule);
        uint8_t target = laz_rule_target(&rule);
        bool fits = (target == LAZ_TARGET_ANY || target == m->object->target) &&
                    !(m->object->is_normal && (rule.flags & LAZ_RULE_YARA) != 0);

        state->fired = fits && laz_matcher_condition(m, &rule);
        if (!has_globals && state->fired && !report(m, state->rule, found, context))
            return;
    }
    if (has_globals)
        report_all(m, found, context);
    if (m->is_undecided && m->status == LAZ_OK)
        m->status = LAZ_LIMIT;
}
