/* source.h - reads one source of content into a ruleset, by its language (language.h). */
#ifndef LAZ_RULES_SOURCE_H
#define LAZ_RULES_SOURCE_H

#include "rules/external.h"
#include "rules/ir.h"

struct laz_source {
    const char *name; /* as people know it: what errors and detections say */
    struct laz_view text;
    const uint8_t *sha256; /* of text; NULL when it is not known */
    bool is_unsigned;      /* a pack without a signature, or from one */
    const char *list;      /* which kind of list it is (lists.h); NULL: told by its name */
    /* Rules of sources with the same one see one another, and their names differ. NULL: one of its
     * own, with the source's name. */
    const char *name_space;
};

/* Told of each rule that was left out, or of what was read but looks wrong. */
typedef void laz_rule_told_fn(void *context, const struct laz_error *why);

struct laz_source_options {
    /* A rule that is wrong, or uses what is not supported, is left out and told here. Without it
     * the source is refused. */
    laz_rule_told_fn *skipped;
    laz_rule_told_fn *warned; /* may be NULL */
    bool warns_of_slow;    /* also of strings that are slow for yara itself */
    bool warns_of_escapes; /* also of escapes in expressions that stand for their own letter */
    uint64_t strings_max;  /* of a rule; 0: the default */
    /* Finds what the source with this name includes: its text lives as long as the ruleset is
     * filled. NULL: nothing can be included. */
    bool (*include)(void *context, const struct laz_source *from, struct laz_view name,
                    struct laz_source *out);
    void *context;
    /* Gets the name of the rule that is being read, "" between rules: for whoever is told. */
    char *rule;
    size_t rule_size;
    /* What names of conditions mean that stand nowhere in the rules. */
    const struct laz_external *externals;
    size_t external_count;
    const char *now;    /* 2026-01-31T00:00:00, UTC: what is over by then is not taken; or NULL */
    bool known_only;    /* of sources of rules only the names are noted (reuse.h) */
    bool want_unwanted; /* ClamAV's lists of unwanted programs too: .hdu, .ndu, .ldu, … */
};

/* Before any source is read: takes from each what others are read by (names that are left out,
 * bodies that signatures name by their group). Does nothing with most sources. */
LAZ_CHECKED enum laz_status laz_source_prepare(struct laz_ruleset *set,
                                               const struct laz_source *source,
                                               struct laz_error *err);

/* LAZ_INVALID or LAZ_UNSUPPORTED with line and column; the ruleset is then of no use. */
LAZ_CHECKED enum laz_status laz_source_read(struct laz_ruleset *set,
                                            const struct laz_source *source,
                                            const struct laz_source_options *options,
                                            struct laz_error *err);

/* Notes that something comes from the source: *name is how rules name it. False when the set
 * failed. */
bool laz_source_add(struct laz_ruleset *set, const struct laz_source *source, uint32_t *name);

/* After all sources are read: rules of YARA whose names are left out (.ign2) fire no more. Other
 * rules that ask for them still see them. */
void laz_source_finish(struct laz_ruleset *set);

#endif
