/* external.h - values that come from outside of the rules and hold for a whole build. */
#ifndef LAZ_RULES_EXTERNAL_H
#define LAZ_RULES_EXTERNAL_H

#include "base/view.h"

enum laz_external_kind {
    LAZ_EXTERNAL_TEXT,
    LAZ_EXTERNAL_NUMBER,
    LAZ_EXTERNAL_REAL,
    LAZ_EXTERNAL_TRUTH
};

struct laz_external {
    struct laz_view name, text; /* borrowed */
    enum laz_external_kind kind;
    int64_t number; /* also of a truth */
    double real;
};

/* NAME=VALUE: digits are a number, with a point a real one, true and false are a truth, all else is
 * a text. False when it is
 * none. out borrows from text. */
bool laz_external_parse(struct laz_view text, struct laz_external *out);
/* digits '.' digits */
bool laz_external_parse_real(struct laz_view text, double *out);
/* The external with this name; what public rules expect everywhere is an empty text by default. */
bool laz_external_find(const struct laz_external *items, size_t count, struct laz_view name,
                       struct laz_external *out);

#endif
