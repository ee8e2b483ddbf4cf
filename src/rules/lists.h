/* lists.h - lists of what is known to be bad, or good: digests, URLs, hosts, addresses.
 *
 * Forms, told by the content: one a line (with comments, or as a file of hosts: "0.0.0.0 NAME"),
 * CSV (with a header, which may be a comment, or without), JSON: STIX 2.1, MISP, and objects with
 * the members that the columns of CSV have. */
#ifndef LAZ_RULES_LISTS_H
#define LAZ_RULES_LISTS_H

#include "rules/ir.h"

struct laz_source;
struct laz_source_options;

/* What a list holds: any of the kinds, or one alone. */
enum laz_list_content {
    LAZ_LIST_OF_ANY,
    LAZ_LIST_OF_HASHES,
    LAZ_LIST_OF_URLS,
    LAZ_LIST_OF_HOSTS,
    LAZ_LIST_OF_ADDRESSES
};
struct laz_list_kind_wanted {
    enum laz_list_content content;
    bool allow; /* what it lists is known to be good */
};
#define LAZ_LIST_KIND_WORDS "list, hashes, urls, hosts, addresses, or allow- and one of these"

/* Reads "[allow-]KIND[=NAME]"; *name is empty when there is none. False when it is no kind. */
bool laz_list_kind_read(struct laz_view text, struct laz_list_kind_wanted *out,
                        struct laz_view *name);

/* True when the beginning of a file looks like a list: most of its first lines are entries. */
bool laz_list_looks_like(struct laz_view text);

/* Adds the entries of a source, and says what became of them: fates has LAZ_SOURCE_FATES. */
LAZ_CHECKED enum laz_status laz_list_read(struct laz_ruleset *set, const struct laz_source *source,
                                          const struct laz_source_options *options,
                                          uint32_t source_text, uint32_t *fates,
                                          struct laz_error *err);

#endif
