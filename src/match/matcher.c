#include "match/matcher.h"

#include <stdlib.h>

#include "match/matcher_priv.h"

#define STEPS_MAX   (UINT64_C(200) * 1000 * 1000) /* about half a second */
#define MATCHES_MAX 65536

static void start(struct laz_matcher *m, const struct laz_match_object *object,
                  const struct laz_match_limits *limits)
{
    m->epoch++;
    if (m->epoch == 0) { /* after 2^32 objects: what the old numbers said is forgotten */
        memset(m->gaps, 0, m->db->gap_count * sizeof *m->gaps);
        memset(m->guards, 0, m->db->guard_count * sizeof *m->guards);
        m->epoch = 1;
    }
    laz_regex_forget(m->regex);
    m->object = object;
    m->touched_count = 0;
    m->seen_count = 0;
    m->status = LAZ_OK;
    m->is_cut = m->is_unsure = false;
    m->want_places = limits != NULL && limits->want_places;
    m->steps_max = limits != NULL && limits->steps_max > 0 ? limits->steps_max : STEPS_MAX;
    m->steps_left = m->steps_max;
    m->matches_max = limits != NULL && limits->matches_max > 0 ? limits->matches_max : MATCHES_MAX;
}

enum laz_status laz_matcher_run(struct laz_matcher *m, const struct laz_match_object *object,
                                const struct laz_match_limits *limits, laz_hit_fn *found,
                                void *context)
{
    enum laz_status search;

    start(m, object, limits);
    laz_matcher_find_atoms(m);
    search = m->status;
    if (search == LAZ_LIMIT) { /* a search without end must not keep the rules from firing */
        m->is_cut = true;
        m->status = LAZ_OK;
    }
    m->steps_left = m->steps_max;
    if (m->status == LAZ_OK)
        laz_matcher_decide(m, found, context);
    laz_matcher_places_shrink(m);
    m->object = NULL;
    return m->status == LAZ_OK ? search : m->status;
}

static bool allocate(struct laz_matcher *m)
{
    const struct laz_database *db = m->db;

    m->pattern_slots = calloc(db->pattern_count + 1, sizeof *m->pattern_slots);
    m->seen = calloc(db->pattern_count + 1, sizeof *m->seen);
    m->rule_slots = calloc(db->rule_count + 1, sizeof *m->rule_slots);
    m->touched = calloc(db->rule_count + 1, sizeof *m->touched);
    m->gaps = calloc(db->gap_count + 1, sizeof *m->gaps);
    m->guards = calloc(db->guard_count + 1, sizeof *m->guards);
    m->regex = laz_regex_scratch_new();
    return m->pattern_slots != NULL && m->seen != NULL && m->rule_slots != NULL &&
           m->touched != NULL && m->gaps != NULL && m->guards != NULL && m->regex != NULL;
}

/* One serves the matchers of all groups. */
static enum laz_status make_scratch(struct laz_matcher *m, struct laz_error *err)
{
    for (uint32_t i = 0; i < m->db->group_count; i++) {
        struct laz_group group = laz_database_group(m->db, i);
        const hs_database_t *blob = (const void *)group.matcher.data;

        switch (hs_alloc_scratch(blob, &m->scratch)) {
        case HS_SUCCESS:
            break;
        case HS_NOMEM:
            return laz_fail(err, LAZ_NOMEM, "matcher", "", "no memory", "");
        default:
            return laz_fail(err, LAZ_VERSION, "matcher", "",
                            "the database does not fit this machine",
                            "build it anew with 'lazaret db build'");
        }
    }
    return LAZ_OK;
}

enum laz_status laz_matcher_new(const struct laz_database *db, struct laz_matcher **out,
                                struct laz_error *err)
{
    LAZ_OWNED(laz_matcher_drop) struct laz_matcher *m = calloc(1, sizeof *m);
    enum laz_status s;

    if (m == NULL)
        return laz_fail(err, LAZ_NOMEM, "matcher", "", "no memory", "");
    m->db = db;
    if (!allocate(m) || !laz_matcher_trust_new(m))
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
    for (uint32_t i = 0; m->seen != NULL && i < m->seen_max; i++)
        free(m->seen[i].items);
    free(m->pattern_slots);
    free(m->seen);
    free(m->rule_slots);
    free(m->touched);
    free(m->gaps);
    free(m->guards);
    laz_matcher_trust_clear(m);
    laz_regex_scratch_free(m->regex);
    laz_pcre_cache_free(m->pcre);
    if (m->scratch != NULL)
        laz_ignore(hs_free_scratch(m->scratch) != HS_SUCCESS); /* it is ours */
    free(m);
}

void laz_matcher_drop(struct laz_matcher **m)
{
    laz_matcher_free(*m);
    *m = NULL;
}
