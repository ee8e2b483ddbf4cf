/* matcher.h - the hot path: one pass over an object's bytes for atoms, verification of the few
 * hits, then only the conditions that can still be true. A matcher belongs to one thread; the
 * database that it reads is shared. */
#ifndef LAZ_MATCH_MATCHER_H
#define LAZ_MATCH_MATCHER_H

#include "match/database.h"
#include "match/value.h"

struct laz_matcher;

/* Targets of ClamAV's .ndb (its manual, "Target types"): which kinds of object a rule is for.
 * scan maps the type that it recognised to one of them. */
enum laz_target {
    LAZ_TARGET_ANY = 0,
    LAZ_TARGET_PE = 1,
    LAZ_TARGET_OLE2 = 2,
    LAZ_TARGET_HTML = 3,
    LAZ_TARGET_MAIL = 4,
    LAZ_TARGET_GRAPHICS = 5,
    LAZ_TARGET_ELF = 6,
    LAZ_TARGET_TEXT = 7,
    LAZ_TARGET_MACHO = 9,
    LAZ_TARGET_PDF = 10,
    LAZ_TARGET_FLASH = 11,
    LAZ_TARGET_JAVA = 12,
    LAZ_TARGET_INTERNAL = 13,
    LAZ_TARGET_OTHER = 14,
};

/* A name that rules get from outside, with what it means for this object. */
struct laz_external_value {
    struct laz_view name;
    struct laz_value value;
};

struct laz_match_object {
    struct laz_view bytes;
    enum laz_target target;
    /* The bytes are a form that a text or page was brought into, for which only ClamAV's signatures
     * are written. */
    bool is_normal;
    /* A field of a module ("pe.entry_point"…) by its number in match/fields.h; args are as many and
     * of the types that its row there names. Filled lazily by scan: a text that it gives lives
     * until the run ends. NULL, or false, means undefined. */
    bool (*field)(void *context, uint32_t field, const struct laz_value *args,
                  struct laz_value *out);
    void *context;
    const bool *is_field_cut; /* true once a value is missing for want of time; NULL: never */
    const struct laz_external_value *externals; /* they override what the database has */
    size_t external_count;
};

/* Bounds for one object, so that no rule runs away with a file. */
struct laz_match_limits {
    uint64_t steps_max;   /* of verifiers and conditions; 0: the default */
    uint32_t matches_max; /* kept for each string; 0: the default */
    /* All places of all patterns of rules that fire: laz_matcher_pattern. Where a string has more
     * than are kept, conditions take those for all, as in yara: laz_matcher_next_cut. */
    bool want_places;
};

/* Called for each rule that fired, in no order. False ends the matching. */
typedef bool laz_hit_fn(void *context, const struct laz_hit *hit);

/* Where a pattern was found. */
struct laz_place {
    uint64_t offset, len;
};
struct laz_pattern_places {
    const char *name; /* "$a", "" when it has none; borrowed from the database */
    bool is_private, is_hex;
    bool exists_only; /* the condition does not ask where or how often */
    bool is_xor; /* a text under a key: that of a place is its first byte ^ first */
    uint8_t first;
    bool cut;                       /* there may be more than these */
    const struct laz_place *places; /* ascending; until the next call of the matcher */
    uint32_t count;
};

/* db is borrowed for the matcher's life. */
LAZ_CHECKED enum laz_status laz_matcher_new(const struct laz_database *db, struct laz_matcher **out,
                                            struct laz_error *err);
void laz_matcher_free(struct laz_matcher *m);
void laz_matcher_drop(struct laz_matcher **m);

/* Whether some rule is one of ClamAV's signatures. */
bool laz_matcher_has_normal(struct laz_matcher *m);

/* LAZ_OK when every rule was decided or found ended it; LAZ_LIMIT when a bound ran out: what was
 * reported stands, the rest is unknown. */
LAZ_CHECKED enum laz_status laz_matcher_run(struct laz_matcher *m,
                                            const struct laz_match_object *object,
                                            const struct laz_match_limits *limits,
                                            laz_hit_fn *found, void *context);

/* While found is called, in a run that wants places: the patterns of the rule that fired, in the
 * order of its source. index is below the count. */
uint32_t laz_matcher_pattern_count(const struct laz_matcher *m, const struct laz_hit *hit);
void laz_matcher_pattern(struct laz_matcher *m, const struct laz_hit *hit, uint32_t index,
                         struct laz_pattern_places *out);
/* Behind a run with want_places: the next string, from *at on, of which not all places were kept,
 * and its rule. False when there are no more. */
bool laz_matcher_next_cut(const struct laz_matcher *m, uint32_t *at, const char **rule,
                          const char **string);

#endif
