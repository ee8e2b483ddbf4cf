#include <string.h>

#include "match/format.h"

#if defined(__x86_64__)
#include <nmmintrin.h>
#define HARDWARE __attribute__((target("sse4.2"))) /* which Vectorscan needs in any case */

HARDWARE static uint32_t crc_u64(uint32_t crc, uint64_t word)
{
    return (uint32_t)_mm_crc32_u64(crc, word);
}
#else
#define HARDWARE

static uint32_t crc_u64(uint32_t crc, uint64_t word)
{
    for (unsigned bit = 0; bit < 64; bit++, word >>= 1)
        crc = crc >> 1 ^ (((crc ^ (uint32_t)word) & 1) != 0 ? UINT32_C(0x82f63b78) : 0);
    return crc;
}
#endif

static uint64_t whole_word_at(struct laz_view v, size_t at)
{
    uint64_t word;

    memcpy(&word, v.data + at, sizeof word);
    return word;
}

/* What is missing of it at the end of v counts as zero. */
static uint64_t word_at(struct laz_view v, size_t at)
{
    size_t left = v.len - at;
    uint64_t word = 0;

    memcpy(&word, v.data + at, left < sizeof word ? left : sizeof word);
    return word;
}

/* Four sums, each of every fourth word: one alone would wait for its last step. They have names of
 * their own to stay in registers. */
HARDWARE uint32_t laz_db_checksum(struct laz_view v)
{
    uint32_t a = 1, b = 2, c = 3, d = 4;
    size_t at = 0;

    for (; v.len - at >= 32; at += 32) {
        a = crc_u64(a, whole_word_at(v, at));
        b = crc_u64(b, whole_word_at(v, at + 8));
        c = crc_u64(c, whole_word_at(v, at + 16));
        d = crc_u64(d, whole_word_at(v, at + 24));
    }
    for (; at < v.len; at += sizeof(uint64_t))
        a = crc_u64(a, word_at(v, at));
    return crc_u64(crc_u64(crc_u64(crc_u64(crc_u64(UINT32_MAX, a), b), c), d), v.len);
}

uint32_t laz_db_features(void)
{
    uint32_t features = 0;

#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2"))
        features |= LAZ_FEATURE_AVX2;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw"))
        features |= LAZ_FEATURE_AVX512;
    if (__builtin_cpu_supports("avx512vbmi"))
        features |= LAZ_FEATURE_AVX512VBMI;
#endif
    return features;
}
