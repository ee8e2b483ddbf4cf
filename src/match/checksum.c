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

#define LANES 4

static uint64_t word_at(struct laz_view v, size_t at)
{
    size_t left = v.len - at;
    uint64_t word = 0;

    memcpy(&word, v.data + at, left < sizeof word ? left : sizeof word);
    return word;
}

HARDWARE uint32_t laz_db_checksum(struct laz_view v)
{
    uint32_t lanes[LANES] = {1, 2, 3, 4}, crc = UINT32_MAX;
    size_t at = 0;

    for (; v.len - at >= LANES * sizeof(uint64_t); at += LANES * sizeof(uint64_t))
        for (size_t i = 0; i < LANES; i++)
            lanes[i] = crc_u64(lanes[i], word_at(v, at + i * sizeof(uint64_t)));
    for (; at < v.len; at += sizeof(uint64_t))
        lanes[0] = crc_u64(lanes[0], word_at(v, at));
    for (size_t i = 0; i < LANES; i++)
        crc = crc_u64(crc, lanes[i]);
    return crc_u64(crc, v.len);
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
