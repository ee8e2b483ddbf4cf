/* regex.h - regular expressions as YARA writes them, as a small machine that walks all ways at
 * once: time is bounded by program times text, whatever the expression is. */
#ifndef LAZ_RULES_REGEX_H
#define LAZ_RULES_REGEX_H

#include "base/status.h"
#include "base/view.h"

#define LAZ_REGEX_STEPS_MAX 4096 /* of one program */

enum laz_regex_op {
    LAZ_REGEX_SET,   /* one byte of the set */
    LAZ_REGEX_SPLIT, /* both ways: to and to_other */
    LAZ_REGEX_JUMP,
    LAZ_REGEX_START, /* of the text */
    LAZ_REGEX_END,
    LAZ_REGEX_WORD, /* a border of a word; NOT_WORD: none */
    LAZ_REGEX_NOT_WORD,
    LAZ_REGEX_MATCH,
};

struct laz_regex_step {
    uint8_t op;       /* enum laz_regex_op */
    int to, to_other; /* counted from the step itself, and added modulo a size_t */
    uint8_t set[32];
};

struct laz_regex {
    struct laz_regex_step *steps;
    size_t count;
};

struct laz_regex_flags {
    bool nocase, dot_all;
};

/* LAZ_INVALID, or LAZ_UNSUPPORTED when it is too large: *why says what was expected and *at where
 * in text. out is the caller's to clear. */
LAZ_CHECKED enum laz_status laz_regex_parse(struct laz_view text, struct laz_regex_flags flags,
                                            struct laz_regex *out, const char **why, size_t *at);
void laz_regex_clear(struct laz_regex *r);
/* True when the expression matches from any byte of text on: in an empty text nothing does, and
 * what is empty is not found at the end, as in YARA. False also when memory ran out, with *ok. */
bool laz_regex_search(const struct laz_regex *r, struct laz_view text, bool *ok);

#endif
