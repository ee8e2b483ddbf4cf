/* pack.h - a pack of ClamAV's lists: checked, taken apart, and each list read as a source of its
 * own, "daily.cvd/daily.ldb". */
#ifndef LAZ_RULES_PACK_H
#define LAZ_RULES_PACK_H

#include "rules/source.h"
#include "sign/clamav.h"

/* The level of ClamAV from which on packs have a detached signature. */
#define LAZ_PACK_SIGN_LEVEL 220

struct laz_pack {
    struct laz_source source;
    struct laz_view sign_file;        /* the detached signature; empty when there is none */
    const struct laz_clamav_key *key; /* whose signature a .cvd must carry */
};

/* Checks a .cvd as a whole: its MD5, the signature in its header and, when there is one, the
 * detached one. A .cld or .cud carries none: source.is_unsigned must say that its folder was found
 * to be good. LAZ_DAMAGED or LAZ_DENIED. */
LAZ_CHECKED enum laz_status laz_pack_check(const struct laz_pack *pack, struct laz_error *err);

/* Any source, a pack or not: laz_source_prepare, of a pack when it was checked, and then, when that
 * was done with all, laz_source_read. Nothing is taken of a pack that is not whole. */
LAZ_CHECKED enum laz_status laz_pack_prepare(struct laz_ruleset *set, const struct laz_pack *pack,
                                             struct laz_error *err);
LAZ_CHECKED enum laz_status laz_pack_read(struct laz_ruleset *set, const struct laz_pack *pack,
                                          const struct laz_source_options *options,
                                          struct laz_error *err);

#endif
