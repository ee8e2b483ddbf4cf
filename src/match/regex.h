/* regex.h - regular expressions as small machines that walk all ways at once: the time is bounded
 * by program times text, whatever the expression is, and which way wins follows the order in which
 * the expression names them, as in YARA.
 *
 * A program lies inside a database's code. All its numbers are little-endian:
 *
 *   header, LAZ_REGEX_HEAD_SIZE bytes
 *     0  step_count u32   4  set_count u32   8  state_count u32   12  flags u32 (enum
 * laz_regex_flag) 16 first[32]: the bytes of which a match that is not empty begins with one steps,
 * LAZ_REGEX_STEP_SIZE bytes each op u8, is_lazy u8, set u16, a u32, b u32 sets, LAZ_REGEX_SET_SIZE
 * bytes each: bit c % 8 of byte c / 8 stands for byte c
 *
 * The walk begins at step 0. A step is one state; a LAZ_REGEX_REPEAT has one more for each number
 * of bytes that it may have taken and remembers. */
#ifndef LAZ_MATCH_REGEX_H
#define LAZ_MATCH_REGEX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/view.h"

enum laz_regex_op {
    LAZ_REGEX_BYTE,   /* a or b */
    LAZ_REGEX_ANY,    /* whatever byte */
    LAZ_REGEX_SET,    /* one byte of set */
    LAZ_REGEX_REPEAT, /* bytes of set, LAZ_REGEX_MIN to LAZ_REGEX_MAX of a; b: the first of its
                         states */
    LAZ_REGEX_SPLIT,  /* to step a, and with less right to step b */
    LAZ_REGEX_JUMP,   /* to step a */
    LAZ_REGEX_START,  /* of the text */
    LAZ_REGEX_END,
    LAZ_REGEX_WORD, /* a border of a word; NOT_WORD: none */
    LAZ_REGEX_NOT_WORD,
    LAZ_REGEX_MATCH,
    LAZ_REGEX_OPS,
};

enum laz_regex_flag {
    LAZ_REGEX_CAN_BE_EMPTY = 1,
    LAZ_REGEX_AT_START = 2, /* only at the start of the text */
    LAZ_REGEX_IS_LONG = 4,  /* a walk may take many bytes */
    LAZ_REGEX_FLAGS_MAX = 7,
};

#define LAZ_REGEX_HEAD_SIZE  48
#define LAZ_REGEX_STEP_SIZE  12
#define LAZ_REGEX_SET_SIZE   32
#define LAZ_REGEX_STATES_MAX 65536 /* of one program */
#define LAZ_REGEX_SETS_MAX   65535
#define LAZ_REGEX_REPEAT_MAX 32767 /* YARA's own */
#define LAZ_REGEX_ENDLESS    65535 /* as a maximum */

/* a of a REPEAT; its states are as many as laz_regex_repeat_states says. */
static inline uint32_t laz_regex_repeat(uint32_t min, uint32_t max)
{
    return min | max << 16;
}
static inline uint32_t laz_regex_repeat_states(uint32_t repeat)
{
    uint32_t min = repeat & 0xffff, max = repeat >> 16;

    return max == LAZ_REGEX_ENDLESS ? min : max;
}

/* True when program is one whole program that stays inside itself. */
bool laz_regex_check(struct laz_view program);

/* What a walk needs to remember; it serves one thread and is NULL when memory ran out. No walk
 * allocates anything. */
struct laz_regex_scratch;
struct laz_regex_scratch *laz_regex_scratch_new(void);
void laz_regex_scratch_free(struct laz_regex_scratch *s);
void laz_regex_scratch_drop(struct laz_regex_scratch **s);
/* What walks remember of programs and texts, by their addresses, is not right any more. */
void laz_regex_forget(struct laz_regex_scratch *s);

/* True when a checked program matches from any byte of text on: in an empty text nothing does, and
 * what is empty is not found at the end, as in YARA. *steps_left counts down; 0 afterwards means
 * that it was not decided, and the answer is false. */
bool laz_regex_search(struct laz_view program, struct laz_view text, struct laz_regex_scratch *s,
                      uint64_t *steps_left);

/* A walk from one position of a text on. */
struct laz_regex_walk {
    struct laz_view program; /* checked */
    struct laz_view text;    /* all of it: its ends and the borders of words are told by it */
    uint64_t reach_max;      /* bytes that the walk may take */
    bool back;               /* reads the bytes before the position, from right to left */
    bool wide;               /* each character has a zero byte behind it */
};

/* Where the way with the best right ends that begins at position at. False when there is none. */
bool laz_regex_run(const struct laz_regex_walk *walk, uint64_t at, struct laz_regex_scratch *s,
                   uint64_t *steps_left, uint64_t *end);

/* Calls found with each position at which some way ends, the nearest first; false ends it. */
typedef bool laz_regex_end_fn(void *context, uint64_t end);
void laz_regex_run_all(const struct laz_regex_walk *walk, uint64_t at, struct laz_regex_scratch *s,
                       uint64_t *steps_left, laz_regex_end_fn *found, void *context);

/* Whether the byte at position at, or before it on the way back, lets a way begin there at all. */
bool laz_regex_may_begin(const struct laz_regex_walk *walk, uint64_t at);
/* Whether walks of a checked program may be long, so that cheaper questions are asked first. */
bool laz_regex_is_long(struct laz_view program);

/* The first position from at on where a way could begin; text.len when there is none. */
uint64_t laz_regex_candidate(struct laz_view program, struct laz_view text, uint64_t at);

#endif
