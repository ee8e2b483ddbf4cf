/* program.h - the byte code of a database. Jumps only lead forward, so every program ends; operands
 * are little-endian and follow their operation. A jump's target counts from the program's start. */
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
    LAZ_VERIFY_OPS,
};

#define LAZ_GAP_MAX            UINT32_MAX
#define LAZ_VERIFY_CODE_MAX    65536 /* bytes of one program */
#define LAZ_VERIFY_CHOICES_MAX 512   /* gaps and splits of one program */

/* A rule's condition: a stack of integers that may be undefined. Patterns are numbered within their
 * rule. Truth is an integer that is defined and not 0. */
enum laz_condition_op {
    LAZ_CONDITION_RETURN,        /* the end, and only there, with one value */
    LAZ_CONDITION_PUSH,          /* n u64: +1 */
    LAZ_CONDITION_FILESIZE,      /* +1 */
    LAZ_CONDITION_FOUND,         /* pattern u16: +1 */
    LAZ_CONDITION_AT,            /* pattern u16: offset -> truth */
    LAZ_CONDITION_IN,            /* pattern u16: first, last -> truth */
    LAZ_CONDITION_COUNT,         /* pattern u16: +1 */
    LAZ_CONDITION_COUNT_IN,      /* pattern u16: first, last -> count */
    LAZ_CONDITION_OFFSET,        /* pattern u16: index from 1 -> offset */
    LAZ_CONDITION_LENGTH,        /* pattern u16: index from 1 -> length */
    LAZ_CONDITION_RULE,          /* rule u32, one that comes before: +1 */
    LAZ_CONDITION_READ,          /* enum laz_read u8: offset -> value */
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
    LAZ_CONDITION_NOT, /* one -> one, as all below */
    LAZ_CONDITION_NEGATE,
    LAZ_CONDITION_BIT_NOT,
    LAZ_CONDITION_TRUTH,   /* 1 when true, else 0, never undefined */
    LAZ_CONDITION_DEFINED, /* 1 when defined, else 0 */
    LAZ_CONDITION_OPS,
};

/* How LAZ_CONDITION_READ reads: width in bytes, and these. */
enum laz_read { LAZ_READ_WIDTH = 7, LAZ_READ_BIG_ENDIAN = 8, LAZ_READ_SIGNED = 16 };

#define LAZ_CONDITION_CODE_MAX  (1 << 20)
#define LAZ_CONDITION_STACK_MAX 64

/* How many values op takes from the stack, and how many bytes of operands follow it. It leaves one
 * value, but for the jumps and RETURN, which leave what they took. */
struct laz_condition_shape {
    uint8_t takes, operand_len;
};
struct laz_condition_shape laz_condition_shape(uint8_t op);

/* True when code is one whole program that stays inside itself, its stack and the given counts. */
bool laz_verify_code_check(struct laz_view code, uint32_t gap_count);
bool laz_condition_code_check(struct laz_view code, uint32_t pattern_count, uint32_t rule_index);

#endif
