#include "match/matcher.h"

#include <stdlib.h>

#include "base/number.h"
#include "match/matcher_priv.h"

#define STEPS_MAX     (UINT64_C(200) * 1000 * 1000) /* about half a second */
#define MATCHES_MAX   65536
#define BLOCK_SIZE    (GIB / 2) /* the atom matcher's lengths have 32 bits */
#define BLOCK_OVERLAP 256       /* an atom has fewer bytes */
#define PLACES_KEPT   64        /* memory of a pattern that stays for the next object */

static const struct laz_places no_places;

const struct laz_places *laz_matcher_places(const struct laz_matcher *m, uint32_t pattern)
{
    const struct laz_places *places = &m->places[pattern];

    return places->epoch == m->epoch ? places : &no_places;
}

static void touch(struct laz_matcher *m, uint32_t rule)
{
    struct laz_rule_state *state = &m->rules[rule];

    if (state->epoch == m->epoch)
        return;
    *state = (struct laz_rule_state){.epoch = m->epoch};
    m->touched[m->touched_count++] = rule;
}

static struct laz_places *places_of(struct laz_matcher *m, uint32_t pattern)
{
    struct laz_places *places = &m->places[pattern];

    if (places->epoch != m->epoch) {
        places->epoch = m->epoch;
        places->count = 0;
        places->cut = false;
        m->seen[m->seen_count++] = pattern;
        touch(m, laz_database_pattern_rule(m->db, pattern));
    }
    return places;
}

static bool make_room(struct laz_matcher *m, struct laz_places *places)
{
    uint32_t capacity = places->capacity == 0 ? 4 : places->capacity * 2;
    struct laz_place *items;

    if (places->count < places->capacity)
        return true;
    items = realloc(places->items, capacity * sizeof *items);
    if (items == NULL) {
        m->status = LAZ_NOMEM;
        return false;
    }
    places->items = items;
    places->capacity = capacity;
    return true;
}

/* Places come almost in order: the few that do not are moved down. */
static void insert(struct laz_matcher *m, struct laz_places *places, struct laz_place place)
{
    uint32_t at = places->count;

    while (at > 0 && places->items[at - 1].offset > place.offset)
        at--;
    if (at > 0 && places->items[at - 1].offset == place.offset)
        return;
    if (places->count >= m->matches_max) {
        places->cut = true;
        return;
    }
    if (!laz_matcher_spend(m, 1 + (places->count - at) / 8) || !make_room(m, places))
        return;
    memmove(places->items + at + 1, places->items + at, (places->count - at) * sizeof place);
    places->items[at] = place;
    places->count++;
}

void laz_matcher_keep(struct laz_matcher *m, const struct laz_form *form, uint64_t offset,
                      uint64_t end)
{
    struct laz_span span = laz_database_pattern_span(m->db, form->pattern);

    if (offset < span.first || offset > span.last)
        return;
    insert(m, places_of(m, form->pattern), (struct laz_place){offset, end - offset});
}

bool laz_matcher_wants(const struct laz_matcher *m, uint32_t pattern)
{
    return (laz_database_pattern_flags(m->db, pattern) & LAZ_PATTERN_EXISTS_ONLY) == 0 ||
           laz_matcher_places(m, pattern)->count == 0;
}

/* False when the form's pattern needs no more places, or none that starts where this one does. */
static bool is_wanted(const struct laz_matcher *m, const struct laz_form *form, uint64_t offset)
{
    struct laz_span span = laz_database_pattern_span(m->db, form->pattern);
    uint64_t start = form->lead == LAZ_LEAD_NONE ? offset : offset - form->lead;

    if (form->lead != LAZ_LEAD_NONE && form->lead > offset)
        return false;
    if (start < span.first || (form->lead != LAZ_LEAD_NONE && start > span.last))
        return false;
    return laz_matcher_wants(m, form->pattern);
}

/* Vectorscan's callback; 0 goes on. */
static int atom_found(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                      void *context)
{
    struct laz_matcher *m = context;
    uint64_t end = m->base + to;
    struct laz_atom atom;

    if (id >= m->db->atom_count)
        return 0;
    atom = laz_database_atom(m->db, id);
    if (end < atom.len || end > m->object->bytes.len)
        return 0;
    for (uint32_t i = 0; i < atom.form_count && m->status == LAZ_OK;) {
        struct laz_form form = laz_database_form(m->db, atom.form_first + i);
        bool passes = laz_matcher_spend(m, 1) && laz_matcher_guard(m, form.guard);

        if (passes && is_wanted(m, &form, end - atom.len))
            laz_matcher_verify(m, &form, end - atom.len, end);
        i += passes ? 1 : form.guard_run;
    }
    return m->status != LAZ_OK;
}

static bool any_passes(struct laz_matcher *m, const struct laz_atom *atom)
{
    for (uint32_t i = 0; i < atom->form_count;) {
        struct laz_form form = laz_database_form(m->db, atom->form_first + i);

        if (laz_matcher_guard(m, form.guard))
            return true;
        i += form.guard_run;
    }
    return false;
}

/* Atoms of one byte, each by its own pass, when the object is such that they matter. */
static void find_late_atoms(struct laz_matcher *m)
{
    struct laz_view object = m->object->bytes;

    m->base = 0;
    for (uint32_t id = 0; id < m->db->late_count && m->status == LAZ_OK; id++) {
        struct laz_atom atom = laz_database_atom(m->db, id);
        struct laz_view rest = object;

        if (!any_passes(m, &atom) || !laz_matcher_spend(m, 1 + object.len / 64))
            continue;
        while (laz_skip(&rest, laz_view_find_byte(rest, (uint8_t)atom.late)) && laz_skip(&rest, 1))
            if (atom_found(id, 0, object.len - rest.len, 0, m) != 0)
                break;
    }
}

static void find_atoms(struct laz_matcher *m)
{
    const hs_database_t *blob = (const void *)m->db->sections[LAZ_SECTION_MATCHER].data;
    struct laz_view block, object = m->object->bytes;

    for (m->base = 0; m->base < object.len && m->status == LAZ_OK;
         m->base += BLOCK_SIZE - BLOCK_OVERLAP) {
        hs_error_t e;

        block = laz_view_first(laz_view_from_offset(object, m->base), BLOCK_SIZE);
        e = hs_scan(blob, (const char *)block.data, (unsigned)block.len, 0, m->scratch, atom_found,
                    m);
        if (e != HS_SUCCESS && e != HS_SCAN_TERMINATED)
            m->status = LAZ_DAMAGED;
        if (m->base + block.len == object.len)
            return;
    }
}

static int compare_rules(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* Reports the rule when it fired and is for people. False when they have seen enough. */
static bool report(struct laz_matcher *m, const struct laz_rule *rule, laz_hit_fn *found,
                   void *context)
{
    struct laz_hit hit = {
        .name = laz_database_text(m->db, rule->name),
        .kind = (rule->flags & LAZ_RULE_YARA) != 0 ? "yara" : "body",
        .source = laz_database_text(m->db, rule->source),
        .tags = laz_database_text(m->db, rule->tags),
    };

    return (rule->flags & LAZ_RULE_PRIVATE) != 0 || found(context, &hit);
}

/* In the order of the database, so that a rule that another one asks for comes before it. */
static void decide(struct laz_matcher *m, laz_hit_fn *found, void *context)
{
    for (uint32_t i = 0; i < m->db->always_count; i++)
        touch(m, laz_database_always(m->db, i));
    if (m->touched_count > 0)
        qsort(m->touched, m->touched_count, sizeof *m->touched, compare_rules);
    for (uint32_t i = 0; i < m->touched_count; i++) {
        struct laz_rule rule = laz_database_rule(m->db, m->touched[i]);
        uint8_t target = laz_rule_target(&rule);
        bool fits = target == LAZ_TARGET_ANY || target == m->object->target;

        m->rules[m->touched[i]].fired = fits && laz_matcher_condition(m, &rule);
        if (m->rules[m->touched[i]].fired && !report(m, &rule, found, context))
            return;
    }
}

/* Memory that one object needed is not kept for all that follow. */
static void shrink(struct laz_matcher *m)
{
    for (uint32_t i = 0; i < m->seen_count; i++) {
        struct laz_places *places = &m->places[m->seen[i]];

        if (places->capacity <= PLACES_KEPT)
            continue;
        free(places->items);
        *places = (struct laz_places){0};
    }
}

static void start(struct laz_matcher *m, const struct laz_match_object *object,
                  const struct laz_match_limits *limits)
{
    m->epoch++;
    if (m->epoch == 0) { /* after 2^32 objects: what the old numbers said is forgotten */
        for (uint32_t i = 0; i < m->db->pattern_count; i++)
            m->places[i].epoch = 0;
        memset(m->gaps, 0, m->db->gap_count * sizeof *m->gaps);
        memset(m->guards, 0, m->db->guard_count * sizeof *m->guards);
        memset(m->rules, 0, m->db->rule_count * sizeof *m->rules);
        m->epoch = 1;
    }
    m->object = object;
    m->touched_count = 0;
    m->seen_count = 0;
    m->status = LAZ_OK;
    m->is_cut = m->is_unsure = false;
    m->steps_max = limits != NULL && limits->steps_max > 0 ? limits->steps_max : STEPS_MAX;
    m->steps_left = m->steps_max;
    m->matches_max = limits != NULL && limits->matches_max > 0 ? limits->matches_max : MATCHES_MAX;
}

enum laz_status laz_matcher_run(struct laz_matcher *m, const struct laz_match_object *object,
                                const struct laz_match_limits *limits, laz_hit_fn *found,
                                void *context)
{
    start(m, object, limits);
    if (m->db->atom_count > m->db->late_count)
        find_atoms(m);
    if (m->status == LAZ_OK)
        find_late_atoms(m);
    m->is_cut = m->status != LAZ_OK;
    m->steps_left = m->steps_max; /* a search without end must not keep the rules from firing */
    if (m->status == LAZ_OK || m->status == LAZ_LIMIT)
        decide(m, found, context);
    shrink(m);
    m->object = NULL;
    return m->status;
}

static bool allocate(struct laz_matcher *m)
{
    const struct laz_database *db = m->db;

    m->places = calloc(db->pattern_count + 1, sizeof *m->places);
    m->seen = calloc(db->pattern_count + 1, sizeof *m->seen);
    m->gaps = calloc(db->gap_count + 1, sizeof *m->gaps);
    m->rules = calloc(db->rule_count + 1, sizeof *m->rules);
    m->guards = calloc(db->guard_count + 1, sizeof *m->guards);
    m->touched = calloc(db->rule_count + 1, sizeof *m->touched);
    return m->places != NULL && m->seen != NULL && m->gaps != NULL && m->rules != NULL &&
           m->guards != NULL && m->touched != NULL;
}

static enum laz_status make_scratch(struct laz_matcher *m, struct laz_error *err)
{
    const hs_database_t *blob = (const void *)m->db->sections[LAZ_SECTION_MATCHER].data;

    if (m->db->atom_count == m->db->late_count)
        return LAZ_OK;
    switch (hs_alloc_scratch(blob, &m->scratch)) {
    case HS_SUCCESS:
        return LAZ_OK;
    case HS_NOMEM:
        return laz_fail(err, LAZ_NOMEM, "matcher", "", "no memory", "");
    default:
        return laz_fail(err, LAZ_VERSION, "matcher", "", "the database does not fit this machine",
                        "build it anew with 'lazaret db build'");
    }
}

enum laz_status laz_matcher_new(const struct laz_database *db, struct laz_matcher **out,
                                struct laz_error *err)
{
    LAZ_OWNED(laz_matcher_drop) struct laz_matcher *m = calloc(1, sizeof *m);
    enum laz_status s;

    if (m == NULL)
        return laz_fail(err, LAZ_NOMEM, "matcher", "", "no memory", "");
    m->db = db;
    if (!allocate(m))
        return laz_fail(err, LAZ_NOMEM, "matcher", "", "no memory", "");
    s = make_scratch(m, err);
    if (s != LAZ_OK)
        return s;
    *out = laz_move(m);
    return LAZ_OK;
}

void laz_matcher_free(struct laz_matcher *m)
{
    if (m == NULL)
        return;
    for (uint32_t i = 0; m->places != NULL && i < m->db->pattern_count; i++)
        free(m->places[i].items);
    free(m->places);
    free(m->seen);
    free(m->gaps);
    free(m->rules);
    free(m->guards);
    free(m->touched);
    if (m->scratch != NULL)
        laz_ignore(hs_free_scratch(m->scratch) != HS_SUCCESS); /* it is ours */
    free(m);
}

void laz_matcher_drop(struct laz_matcher **m)
{
    laz_matcher_free(*m);
    *m = NULL;
}
