/* known.h - what a ruleset knows by a fingerprint: digests and the entries of lists, 24 bytes each
 * while they are collected. Names are kept once. */
#ifndef LAZ_RULES_KNOWN_H
#define LAZ_RULES_KNOWN_H

#include "match/format_known.h"
#include "match/lists.h"
#include "rules/ir.h"

struct laz_known_set; /* of a ruleset: made with its first label */
void laz_known_set_free(struct laz_known_set *known);

/* The number of a name from a source (a text of the ruleset). A name that is too long is cut. */
uint32_t laz_known_label(struct laz_ruleset *set, struct laz_view name, uint32_t source);
/* As laz_known_label, with a category, which a detection says as its tags. */
uint32_t laz_known_label_in(struct laz_ruleset *set, struct laz_view name, uint32_t source,
                            struct laz_view category);

/* Each adds one entry; one that is there already stays as it is. size may be LAZ_DB_SIZE_ANY.
 * What cannot be added marks the ruleset as failed. */
void laz_known_add_digest(struct laz_ruleset *set, enum laz_hash_use use, enum laz_digest_kind kind,
                          const uint8_t *digest, uint64_t size, uint32_t label);
void laz_known_add_url(struct laz_ruleset *set, const struct laz_url *url, bool allow,
                       uint32_t label);
void laz_known_add_host(struct laz_ruleset *set, const char *host, bool allow, uint32_t label);
void laz_known_add_address(struct laz_ruleset *set, const struct laz_address *address, bool allow,
                           uint32_t label);

#endif
