/* matcher_priv.h - one object being matched: what was found of each pattern, and the work left. */
#ifndef LAZ_MATCH_MATCHER_PRIV_H
#define LAZ_MATCH_MATCHER_PRIV_H

#include <hs/hs_runtime.h>

#include "match/database_priv.h"
#include "match/matcher.h"
#include "match/program.h"
#include "match/regex.h"

/* Where a pattern was found, ascending by offset. Entries of earlier runs keep their memory. */
struct laz_places {
    uint32_t pattern;
    uint32_t count, capacity;
    bool cut; /* there may be more */
    struct laz_place *items;
};

/* Positions from which the part behind a gap is known to fail: [low, high], for one run. */
struct laz_gap_memory {
    uint32_t epoch;
    uint64_t low, high;
};

/* A rule that is looked at in this run, and what it came to. */
struct laz_rule_state {
    uint32_t rule;
    bool fired;
};

/* Whether a guard lets the object pass, for one run. */
struct laz_guard_state {
    uint32_t epoch;
    bool passes;
};

struct laz_choice {
    uint32_t pc;
    uint16_t gap;             /* UINT16_MAX: a split */
    uint64_t first, at, last; /* of the positions; at is the next to take */
};

/* Records that are checked when they are used first. */
enum laz_trust { LAZ_TRUST_RULE, LAZ_TRUST_FORM, LAZ_TRUST_ATOM, LAZ_TRUST_GUARD, LAZ_TRUST_KINDS };

/* Of patterns and rules, which are many, only those that matter in a run are known: a slot of each
 * names its entry in 'seen' or 'touched', and counts only when that entry names it back. So nothing
 * is cleared for an object, and memory that was never needed is never touched. */
struct laz_matcher {
    const struct laz_database *db;
    hs_scratch_t *scratch;
    uint32_t epoch;
    uint32_t *pattern_slots, *rule_slots;
    struct laz_places *seen; /* patterns that were found or searched for */
    uint32_t seen_count, seen_max;
    struct laz_rule_state *touched; /* rules with a place, and those that always count */
    uint32_t touched_count;
    struct laz_gap_memory *gaps; /* of each gap */
    struct laz_guard_state *guards;
    struct laz_choice choices[LAZ_VERIFY_CHOICES_MAX];
    struct laz_regex_scratch *regex;
    uint8_t *trusted[LAZ_TRUST_KINDS]; /* bits of records that were checked; NULL when all were */
    enum { LAZ_NORMAL_UNKNOWN, LAZ_NORMAL_NONE, LAZ_NORMAL_SOME } has_normal;
    struct laz_pcre_cache *pcre; /* made with the first expression that is searched for */

    /* the run */
    const struct laz_match_object *object;
    uint64_t base;                  /* of the block that the atom matcher reads */
    uint64_t steps_max, steps_left; /* of the search, and of the conditions again */
    uint32_t matches_max;
    bool is_cut;       /* the search for atoms ended early: what was not found may be there */
    bool is_unsure;    /* a condition asked for what may be there: 'undefined' may mean that */
    bool is_undecided; /* some answer was undefined because a search ended early */
    bool want_places;
    enum laz_status status;
};

/* Counts n steps. False, with the status set, when none are left. */
static inline bool laz_matcher_spend(struct laz_matcher *m, uint64_t n)
{
    if (m->steps_left >= n) {
        m->steps_left -= n;
        return true;
    }
    m->steps_left = 0;
    m->status = LAZ_LIMIT;
    return false;
}

/* trust.c: true when the record was checked, now or before. False, with the status set, when it
 * does not fit. A form brings its pattern with it. */
bool laz_matcher_check(struct laz_matcher *m, enum laz_trust kind, uint32_t index);
static inline bool laz_matcher_trusts(struct laz_matcher *m, enum laz_trust kind, uint32_t index)
{
    return m->db->is_checked || laz_matcher_check(m, kind, index);
}
bool laz_matcher_trust_new(struct laz_matcher *m);
void laz_matcher_trust_clear(struct laz_matcher *m);

/* The places of a pattern in this run; count 0 when there are none. A pattern that the atom matcher
 * does not look for is searched for at once. */
const struct laz_places *laz_matcher_places(struct laz_matcher *m, uint32_t pattern);
/* Those that are known already, or NULL. */
struct laz_places *laz_matcher_places_known(const struct laz_matcher *m, uint32_t pattern);
/* Those that are known, or a new entry without a place. */
struct laz_places *laz_matcher_places_add(struct laz_matcher *m, uint32_t pattern);
/* False when a place of the form's pattern whose atom stands at offset cannot matter. */
bool laz_matcher_wants_at(const struct laz_matcher *m, const struct laz_form *form,
                          uint64_t offset);
/* Memory that one object needed is not kept for all that follow. */
void laz_matcher_places_shrink(struct laz_matcher *m);

/* The one pass for the atoms of all groups that the object is of. */
void laz_matcher_find_atoms(struct laz_matcher *m);
/* Searches the whole object for a pattern. */
void laz_matcher_search(struct laz_matcher *m, uint32_t pattern);

/* Marks the rule as one to look at. */
void laz_matcher_touch(struct laz_matcher *m, uint32_t rule);
/* Looks at the touched rules, in the order of the database, and at those that always count. */
void laz_matcher_decide(struct laz_matcher *m, laz_hit_fn *found, void *context);
/* True when a rule that comes before the one being decided fired. */
bool laz_matcher_fired(const struct laz_matcher *m, uint32_t rule);

/* Checks form around its atom at [offset, end) and keeps the places that hold. */
void laz_matcher_verify(struct laz_matcher *m, const struct laz_form *form, uint64_t offset,
                        uint64_t end);
/* As laz_matcher_verify, for a form whose programs are expressions. */
void laz_matcher_verify_regex(struct laz_matcher *m, const struct laz_form *form, uint64_t offset,
                              uint64_t end);
/* Finds all places of a form that has no atom. */
void laz_matcher_verify_all(struct laz_matcher *m, const struct laz_form *form);
/* The same for one of Perl's expressions (pcre.h). */
void laz_matcher_search_pcre(struct laz_matcher *m, const struct laz_form *form);
void laz_pcre_cache_free(struct laz_pcre_cache *cache);
/* True when what lies between start and end is a word of its own, or need not be. */
bool laz_matcher_stands_alone(const struct laz_matcher *m, const struct laz_form *form,
                              uint64_t start, uint64_t end);
/* False when the pattern needs no more places. */
bool laz_matcher_wants(const struct laz_matcher *m, uint32_t pattern);
/* Keeps a place of the form's pattern. */
void laz_matcher_keep(struct laz_matcher *m, const struct laz_form *form, uint64_t offset,
                      uint64_t end);

/* True when the border (program.h) is at position at of the object. */
bool laz_border_is_at(struct laz_view object, uint64_t at, uint8_t border);

/* True when the rule's condition holds. Rules before it that count were evaluated. */
bool laz_matcher_condition(struct laz_matcher *m, const struct laz_rule *rule);
/* True when the object is what the guard asks for. It is asked once in a run. */
bool laz_matcher_guard(struct laz_matcher *m, uint32_t index);

#endif
