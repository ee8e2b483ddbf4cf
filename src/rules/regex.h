/* regex.h - regular expressions as YARA's documentation describes them, as a tree that the compiler
 * reasons about, and the program that is made of it (match/regex.h). Hex strings become the same
 * trees where no whole byte of theirs can be looked for. */
#ifndef LAZ_RULES_REGEX_H
#define LAZ_RULES_REGEX_H

#include "base/buf.h"
#include "match/regex.h"

enum laz_regex_kind {
    LAZ_REGEX_NOTHING,  /* what is empty */
    LAZ_REGEX_ONE,      /* one byte of set */
    LAZ_REGEX_SEQUENCE, /* its children, one behind the other */
    LAZ_REGEX_EITHER,   /* one of its children, the first with the best right */
    LAZ_REGEX_TIMES,    /* its child, min to max times */
    LAZ_REGEX_BORDER,   /* op: START, END, WORD or NOT_WORD */
};

/* Children stand in a list; 0 is no node. */
struct laz_regex_node {
    uint8_t kind; /* enum laz_regex_kind */
    uint8_t op;
    bool is_lazy;
    uint16_t min, max; /* LAZ_REGEX_ENDLESS */
    uint32_t parent, first, last, next, prev;
    uint8_t set[LAZ_REGEX_SET_SIZE];
};

#define LAZ_REGEX_NODES_MAX 65536
#define LAZ_REGEX_DEPTH_MAX 100 /* of groups inside one another */

struct laz_regex_tree {
    struct laz_regex_node *nodes;
    uint32_t count, capacity; /* node 0 is none */
    uint32_t root;
    bool has_greedy, has_lazy; /* quantifiers */
    enum laz_status status;    /* LAZ_NOMEM, or LAZ_LIMIT when it has too many nodes */
};

/* A new node, the last child of parent (0: of none). 0 when there is no room: see status. */
uint32_t laz_regex_add(struct laz_regex_tree *t, uint32_t parent, enum laz_regex_kind kind);
/* Takes node out of its parent's children, and makes it the last child of another. */
void laz_regex_move(struct laz_regex_tree *t, uint32_t node, uint32_t parent);
void laz_regex_clear(struct laz_regex_tree *t);

static inline void laz_regex_set_add(uint8_t *set, unsigned c)
{
    set[c / 8] |= (uint8_t)(1u << c % 8);
}
static inline bool laz_regex_set_has(const uint8_t *set, unsigned c)
{
    return (set[c / 8] >> c % 8 & 1) != 0;
}
static inline void laz_regex_set_invert(uint8_t *set)
{
    for (unsigned i = 0; i < LAZ_REGEX_SET_SIZE; i++)
        set[i] = (uint8_t)~set[i];
}
/* With both cases of each letter in it. */
void laz_regex_set_fold(uint8_t *set);
/* \d \s \w and their opposites; false when name is none of them. */
bool laz_regex_set_class(uint8_t *set, uint8_t name);

struct laz_regex_flags {
    bool nocase, dot_all;
};

/* What is wrong with an expression, and at which of its bytes. */
struct laz_regex_problem {
    const char *why;
    size_t at;
};

/* LAZ_INVALID, or LAZ_UNSUPPORTED when it is too large. out is the caller's to clear. */
LAZ_CHECKED enum laz_status laz_regex_parse(struct laz_view text, struct laz_regex_flags flags,
                                            struct laz_regex_tree *out,
                                            struct laz_regex_problem *problem);

/* Which part of a tree becomes a program. */
enum laz_regex_part {
    LAZ_REGEX_WHOLE,  /* node itself */
    LAZ_REGEX_BEHIND, /* all that follows node, up to the end of the expression */
    LAZ_REGEX_FROM,   /* node and all that follows it */
    LAZ_REGEX_BEFORE, /* all that stands before node, read from right to left */
};
/* Adds the program. In what is repeated, node stands in its first turn. False when it is too large
 * or memory ran out. */
bool laz_regex_emit(struct laz_buf *code, const struct laz_regex_tree *t, uint32_t node,
                    enum laz_regex_part part);

/* From text to the program for 'matches'. */
LAZ_CHECKED enum laz_status laz_regex_compile(struct laz_view text, struct laz_regex_flags flags,
                                              struct laz_buf *code,
                                              struct laz_regex_problem *problem);

#endif
