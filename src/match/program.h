/* program.h - the byte code of a database. Jumps only lead forward, and what a loop of a condition
 * may cost is bounded where it runs, so every program ends; operands are little-endian and follow
 * their operation. A jump's target counts from the program's start. */
#ifndef LAZ_MATCH_PROGRAM_H
#define LAZ_MATCH_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/view.h"

/* Verification of a form around its atom. The same operations serve both ways: ahead from the
 * atom's end to the right, back from its first byte to the left. */
enum laz_verify_op {
    LAZ_VERIFY_MATCH,      /* the end, and only there */
    LAZ_VERIFY_BYTES,      /* n u8, bytes[n] */
    LAZ_VERIFY_NOCASE,     /* n u8, bytes[n] in lower case */
    LAZ_VERIFY_MASKED,     /* n u8, n times mask u8, value u8 */
    LAZ_VERIFY_NOT_MASKED, /* mask u8, value u8: one byte that differs */
    LAZ_VERIFY_NOT_ANY,    /* len u8, n u8, n times bytes[len]: len bytes that are none of these */
    LAZ_VERIFY_SKIP,       /* n u32 */
    LAZ_VERIFY_GAP,        /* gap u16 of the form, min u32, max u32 (LAZ_GAP_MAX: to the end) */
    LAZ_VERIFY_SPLIT,      /* target u32: tried when what follows fails */
    LAZ_VERIFY_JUMP,       /* target u32 */
    LAZ_VERIFY_BORDER,     /* enum laz_border u8: takes no bytes */
    LAZ_VERIFY_OPS,
};

/* What stands beside a position: ClamAV's (B), (L) and (W) at the ends of a body. The object's ends
 * are borders of all kinds. */
enum laz_border {
    LAZ_BORDER_WORD_BEGINS, /* looks at the byte before */
    LAZ_BORDER_LINE_BEGINS,
    LAZ_BORDER_NO_LETTER_BEFORE,
    LAZ_BORDER_NO_WIDE_LETTER_BEFORE, /* a letter and a zero byte */
    LAZ_BORDER_WORD_ENDS,             /* looks at the bytes behind */
    LAZ_BORDER_LINE_ENDS,
    LAZ_BORDER_NO_LETTER_BEHIND,
    LAZ_BORDER_NO_WIDE_LETTER_BEHIND,
    LAZ_BORDER_KINDS,
    LAZ_BORDER_NOT = 8, /* with one of them: it is none */
};

#define LAZ_GAP_MAX            UINT32_MAX
#define LAZ_VERIFY_CODE_MAX    65536 /* bytes of one program */
#define LAZ_VERIFY_CHOICES_MAX 512   /* gaps and splits of one program */

/* A rule's condition: a stack of values (match/value.h), slots for the variables of loops, and a
 * stack of loops. Patterns are numbered within their rule; LAZ_CONDITION_LOOP_PATTERN is that of
 * the innermost loop over patterns. What has the wrong type is undefined. Truth is what is defined
 * and neither 0 nor an empty text.
 *
 * Jumps lead forward only. A loop's body stands behind its LOOP operation and ends with NEXT, which
 * goes back as long as the loop is not decided; 'end' of LOOP is what follows NEXT. */
enum laz_condition_op {
    LAZ_CONDITION_RETURN,   /* the end, and only there, with one value */
    LAZ_CONDITION_NUMBER,   /* n u64: +1 */
    LAZ_CONDITION_REAL,     /* bits u64 of a double: +1 */
    LAZ_CONDITION_TEXT,     /* offset u32, len u32 in the section of texts: +1 */
    LAZ_CONDITION_REGEX,    /* offset u32, len u32 in the section of code: +1 */
    LAZ_CONDITION_FILESIZE, /* +1 */
    LAZ_CONDITION_EXTERNAL, /* index u16: +1 */
    LAZ_CONDITION_LOAD,     /* slot u8: +1 */
    LAZ_CONDITION_FOUND,    /* pattern u16: +1 */
    LAZ_CONDITION_AT,       /* pattern u16: offset -> truth */
    LAZ_CONDITION_IN,       /* pattern u16: first, last -> truth */
    LAZ_CONDITION_COUNT,    /* pattern u16: +1 */
    LAZ_CONDITION_COUNT_IN, /* pattern u16: first, last -> count */
    LAZ_CONDITION_OFFSET,   /* pattern u16: index from 1 -> offset */
    LAZ_CONDITION_LENGTH,   /* pattern u16: index from 1 -> length */
    LAZ_CONDITION_RULE,     /* rule u32, one that comes before: +1 */
    LAZ_CONDITION_READ,     /* enum laz_read u8: offset -> value */
    LAZ_CONDITION_FIELD,    /* number u32 (match/fields.h): its arguments -> value */

    /* Where the quantity is SOME or PERCENT, its number lies below all else that they take. */
    LAZ_CONDITION_OF,            /* quantity u8, enum laz_of u8, count u16, count times pattern u16:
                                    what laz_of says -> truth */
    LAZ_CONDITION_OF_RULES,      /* quantity u8, count u16, count times rule u32: -> truth */
    LAZ_CONDITION_LOOP_PATTERNS, /* quantity u8, end u32, count u16, count times pattern u16 */
    LAZ_CONDITION_LOOP_RANGE,    /* quantity u8, slot u8, end u32: first, last */
    LAZ_CONDITION_LOOP_COUNT, /* quantity u8, slot u8, end u32: count; from 0 to what is below it */
    LAZ_CONDITION_LOOP_LIST,  /* quantity u8, slot u8, end u32, body u32, count u16, count times
                                 target u32: each item's program stands before the body */
    LAZ_CONDITION_ITEM,       /* the end of an item's program: value -> slot; to the body */
    LAZ_CONDITION_NEXT,       /* what the body says -> the next round, or truth of the loop */

    LAZ_CONDITION_JUMP_IF_FALSE, /* target u32: keeps the value */
    LAZ_CONDITION_JUMP_IF_TRUE,  /* target u32: keeps the value */
    LAZ_CONDITION_AND,           /* two -> one, as all below */
    LAZ_CONDITION_OR,
    LAZ_CONDITION_EQUAL,
    LAZ_CONDITION_UNEQUAL,
    LAZ_CONDITION_LESS,
    LAZ_CONDITION_LESS_EQUAL,
    LAZ_CONDITION_GREATER,
    LAZ_CONDITION_GREATER_EQUAL,
    LAZ_CONDITION_ADD,
    LAZ_CONDITION_SUBTRACT,
    LAZ_CONDITION_MULTIPLY,
    LAZ_CONDITION_DIVIDE,
    LAZ_CONDITION_REMAINDER,
    LAZ_CONDITION_BIT_AND,
    LAZ_CONDITION_BIT_OR,
    LAZ_CONDITION_BIT_XOR,
    LAZ_CONDITION_SHIFT_LEFT,
    LAZ_CONDITION_SHIFT_RIGHT,
    LAZ_CONDITION_CONTAINS, /* of texts, as all to MATCHES */
    LAZ_CONDITION_ICONTAINS,
    LAZ_CONDITION_STARTSWITH,
    LAZ_CONDITION_ISTARTSWITH,
    LAZ_CONDITION_ENDSWITH,
    LAZ_CONDITION_IENDSWITH,
    LAZ_CONDITION_IEQUALS,
    LAZ_CONDITION_MATCHES, /* of a text and an expression */
    LAZ_CONDITION_NOT,     /* one -> one, as all below */
    LAZ_CONDITION_NEGATE,
    LAZ_CONDITION_BIT_NOT,
    LAZ_CONDITION_DEFINED, /* 1 when defined, else 0 */
    LAZ_CONDITION_OPS,
};

/* How LAZ_CONDITION_READ reads: width in bytes, and these. */
enum laz_read { LAZ_READ_WIDTH = 7, LAZ_READ_BIG_ENDIAN = 8, LAZ_READ_SIGNED = 16 };

/* How many of a set must hold. */
enum laz_quantity {
    LAZ_QUANTITY_ANY,
    LAZ_QUANTITY_ALL,
    LAZ_QUANTITY_NONE,
    LAZ_QUANTITY_SOME,    /* at least so many; 0 is none */
    LAZ_QUANTITY_PERCENT, /* at least that share */
    LAZ_QUANTITIES,
};

/* How LAZ_CONDITION_OF asks for each pattern, and how many values it takes for that. */
enum laz_of { LAZ_OF_FOUND, LAZ_OF_AT, LAZ_OF_IN, LAZ_OF_WAYS };

#define LAZ_CONDITION_CODE_MAX     (1 << 20)
#define LAZ_CONDITION_STACK_MAX    128
#define LAZ_CONDITION_SLOTS        16
#define LAZ_CONDITION_LOOPS_MAX    16 /* inside one another */
#define LAZ_CONDITION_LOOP_PATTERN UINT16_MAX

/* What the operation that begins code is like: how many values it takes from the stack, and how
 * many bytes it has with its operands. It leaves one value, but for the jumps and RETURN, which
 * leave what they took, and the loops. False when it is none, or is cut short. */
struct laz_condition_shape {
    uint32_t takes, len;
};
bool laz_condition_shape(struct laz_view code, struct laz_condition_shape *out);

/* What a condition may name. */
struct laz_condition_bounds {
    uint32_t pattern_count, rule_index, external_count;
    uint64_t text_len;
    struct laz_view code; /* all of it: regular expressions stand there */
    uint32_t *modules;    /* NULL, or gets the bits of the modules whose fields are asked for */
};

/* True when code is one whole program that stays inside itself, its stack and the given counts. */
bool laz_verify_code_check(struct laz_view code, uint32_t gap_count);
bool laz_condition_code_check(struct laz_view code, const struct laz_condition_bounds *bounds);

#endif
