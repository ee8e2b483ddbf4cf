/* regex_priv.h - the parts of the parser of regular expressions. */
#ifndef LAZ_RULES_REGEX_PRIV_H
#define LAZ_RULES_REGEX_PRIV_H

#include "rules/regex.h"

struct laz_regex_parser {
    struct laz_view text, rest;
    struct laz_regex_flags flags;
    struct laz_regex_tree *out;
    struct laz_regex_problem *problem;
    enum laz_status status;
    unsigned depth;
};

struct laz_regex_range {
    uint16_t min, max; /* LAZ_REGEX_ENDLESS */
    bool is_lazy;
};

/* Notes the first problem, at what comes next. Always false. */
bool laz_regex_refuse(struct laz_regex_parser *p, const char *why);
bool laz_regex_take(struct laz_regex_parser *p, uint8_t c);
/* The byte that an escape means, behind its letter; what has no meaning of its own stands for
 * itself. */
bool laz_regex_take_escaped(struct laz_regex_parser *p, uint8_t name, uint8_t *out);
/* Behind '['. */
bool laz_regex_take_class(struct laz_regex_parser *p, uint8_t *set, bool *is_negated);
/* {n}, {n,}, {,m}, {n,m}, {,}. Anything else in braces stands for itself, and nothing is taken.
 * False with a problem when the numbers are wrong. */
bool laz_regex_take_range(struct laz_regex_parser *p, struct laz_regex_range *out);

#endif
