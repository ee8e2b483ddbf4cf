/* reuse.h - an incremental build: where the sources of rules are the same as those of the last
 * database, its rules, patterns and matchers are taken over as they are, and only what is known by
 * a fingerprint is read anew. */
#ifndef LAZ_RULES_REUSE_H
#define LAZ_RULES_REUSE_H

#include "match/database.h"
#include "rules/source.h"
#include "sign/digest.h"

/* Whether the source makes rules, so that it belongs to the key. Packs hold some. */
bool laz_source_makes_rules(const struct laz_source *source);

/* The key of all that decides what rules become: a digest of this program's version, the options,
 * and the sources of rules in their order. False when memory ran out or a source has no digest. */
LAZ_CHECKED bool laz_rules_key_start(struct laz_digest_job *job, bool skips, bool wants_unwanted);
LAZ_CHECKED bool laz_rules_key_add(struct laz_digest_job *job, const struct laz_source *source);
LAZ_CHECKED bool laz_rules_key_add_text(struct laz_digest_job *job, const char *text);

/* Into an empty ruleset: the rules of previous, which was opened and checked and must stay until
 * the ruleset is compiled. False when they were not made of what key stands for, or when so many
 * builds were added to it that a new one is due: then nothing has changed. */
bool laz_ruleset_reuse(struct laz_ruleset *set, const struct laz_database *previous,
                       const uint8_t key[32]);

#endif
