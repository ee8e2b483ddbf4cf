/* pcre.h - Perl's regular expressions, by libpcre2, as ClamAV's signatures use them. A program in a
 * database is the expression's text and how it is searched for; it is compiled when a condition
 * asks for it first, and kept. Time and memory of a search are bounded; it runs without making
 * code.
 *
 *   program
 *     0 options u32 (enum laz_pcre_option)   4 anchor u32 (enum laz_pcre_anchor)
 *     8 n u64   16 shift u64   24 section u32   28 text */
#ifndef LAZ_MATCH_PCRE_H
#define LAZ_MATCH_PCRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/view.h"

enum laz_pcre_option {
    LAZ_PCRE_NOCASE = 1,
    LAZ_PCRE_DOT_ALL = 2,
    LAZ_PCRE_LINES = 4,
    LAZ_PCRE_EXTENDED = 8,
    LAZ_PCRE_ANCHORED = 16,
    LAZ_PCRE_DOLLAR_END = 32,
    LAZ_PCRE_UNGREEDY = 64,
    LAZ_PCRE_ALL = 128,      /* all matches, not only the first */
    LAZ_PCRE_ROLLING = 256,  /* an offset is where the search begins, not where the match does */
    LAZ_PCRE_CONFINED = 512, /* the match ends before offset + shift */
    LAZ_PCRE_SHIFT = 1024,   /* there is a shift */
    LAZ_PCRE_OPTIONS_MAX = 2047,
};

enum laz_pcre_anchor {
    LAZ_PCRE_ANYWHERE,
    LAZ_PCRE_FROM_START,
    LAZ_PCRE_FROM_END,
    LAZ_PCRE_FROM_ENTRY,
    LAZ_PCRE_BEFORE_ENTRY,
    LAZ_PCRE_FROM_SECTION,
    LAZ_PCRE_FROM_LAST_SECTION,
    LAZ_PCRE_ANCHORS,
};

#define LAZ_PCRE_HEAD_SIZE 28
#define LAZ_PCRE_TEXT_MAX  65536

/* The borders of opening: of the text only the length is checked, which libpcre2 is given. */
bool laz_pcre_check(struct laz_view program);
/* Compiles the text and throws it away. False with what is wrong, in a buffer of size bytes, and
 * where in the text. */
bool laz_pcre_try(struct laz_view program, char *why, size_t size, size_t *at);

#endif
