/* value.h - what a condition computes with: numbers of 64 bits, reals, texts, and nothing. */
#ifndef LAZ_MATCH_VALUE_H
#define LAZ_MATCH_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/view.h"

enum laz_value_kind {
    LAZ_VALUE_UNDEFINED, /* what has no answer, and what is computed with it */
    LAZ_VALUE_NUMBER,    /* also a truth: 0 or 1 */
    LAZ_VALUE_REAL,
    LAZ_VALUE_TEXT,  /* any bytes; borrowed from the database, the object or the run */
    LAZ_VALUE_REGEX, /* a program of match/regex.h, in text: only an argument of functions */
};

struct laz_value {
    uint8_t kind; /* enum laz_value_kind */
    union {
        int64_t n;
        double real;
        struct laz_view text;
    };
};

static inline struct laz_value laz_value_undefined(void)
{
    return (struct laz_value){.kind = LAZ_VALUE_UNDEFINED, .n = 0};
}
static inline struct laz_value laz_value_number(int64_t n)
{
    return (struct laz_value){.kind = LAZ_VALUE_NUMBER, .n = n};
}
static inline struct laz_value laz_value_real(double real)
{
    return (struct laz_value){.kind = LAZ_VALUE_REAL, .real = real};
}
static inline struct laz_value laz_value_text(struct laz_view text)
{
    return (struct laz_value){.kind = LAZ_VALUE_TEXT, .text = text};
}

#endif
