/* language.h - in which language a source is written, told by its name's ending. */
#ifndef LAZ_RULES_LANGUAGE_H
#define LAZ_RULES_LANGUAGE_H

#include "base/view.h"

enum laz_language {
    LAZ_LANGUAGE_UNKNOWN,
    LAZ_LANGUAGE_YARA,   /* .yar, .yara */
    LAZ_LANGUAGE_HASHES, /* .hdb, .hsb */
    LAZ_LANGUAGE_BODIES, /* .ndb */
};
#define LAZ_LANGUAGE_ENDINGS ".yar, .yara, .hdb, .hsb or .ndb"

enum laz_language laz_language_of(struct laz_view name);

#endif
