/* number.h - arithmetic on sizes from outside, and text to number. */
#ifndef LAZ_BASE_NUMBER_H
#define LAZ_BASE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/view.h"

#define KIB ((uint64_t)1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

/* True when the result does not fit *out. The order of arguments is that of C23's ckd_*. */
#define laz_ckd_add(out, a, b) __builtin_add_overflow((a), (b), (out))
#define laz_ckd_sub(out, a, b) __builtin_sub_overflow((a), (b), (out))
#define laz_ckd_mul(out, a, b) __builtin_mul_overflow((a), (b), (out))

/* The whole of v as a decimal number of at most max. No sign, no blanks. */
bool laz_parse_u64(struct laz_view v, uint64_t max, uint64_t *out);
/* As laz_parse_u64, in hexadecimal digits without a prefix. */
bool laz_parse_hex_u64(struct laz_view v, uint64_t max, uint64_t *out);
/* A number of bytes: digits and optionally K, M or G (1024 each) at the end. */
bool laz_parse_size(struct laz_view v, uint64_t max, uint64_t *out);

#endif
