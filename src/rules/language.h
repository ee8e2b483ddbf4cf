/* language.h - in which language a source is written, told by its name's ending. */
#ifndef LAZ_RULES_LANGUAGE_H
#define LAZ_RULES_LANGUAGE_H

#include "base/view.h"

enum laz_language {
    LAZ_LANGUAGE_UNKNOWN,
    LAZ_LANGUAGE_YARA,   /* .yar, .yara */
    LAZ_LANGUAGE_CLAMAV, /* .hdb, .ndb, .ldb and the like (clamav_kind.h) */
    LAZ_LANGUAGE_PACK,   /* .cvd, .cld, .cud: many of ClamAV's lists */
    LAZ_LANGUAGE_LIST,   /* .txt, .csv, .json: digests, URLs, hosts, addresses (lists.h) */
};
#define LAZ_LANGUAGE_ENDINGS                                                                       \
    ".yar, .yara, or one of ClamAV's: .cvd, .cld, .hdb, .hsb, .mdb, .ndb, .ldb and the like, or "  \
    "a "                                                                                           \
    "list: .txt, .csv, .json"

enum laz_language laz_language_of(struct laz_view name);

#endif
