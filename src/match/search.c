#include "match/search.h"

#include <string.h>

#include "match/format.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* The needle's first and last byte are compared at many places at once; what both allow is compared
 * whole. Of a letter in either case the bit that tells its case is set before. */
struct pair {
    uint8_t first, last;
    uint8_t first_case, last_case; /* 0x20 or 0 */
};

static bool is_letter(uint8_t c)
{
    return c >= 'a' && c <= 'z';
}

static struct pair pair_of(const struct laz_needle *n)
{
    uint8_t first = n->bytes[0], last = n->bytes[n->len - 1];

    return (struct pair){first, last, n->nocase && is_letter(first) ? 0x20 : 0,
                         n->nocase && is_letter(last) ? 0x20 : 0};
}

static bool stands_at(const uint8_t *p, const struct laz_needle *n)
{
    if (!n->nocase)
        return memcmp(p, n->bytes, n->len) == 0;
    for (size_t i = 0; i < n->len; i++)
        if ((uint8_t)(p[i] | (is_letter(n->bytes[i]) ? 0x20 : 0)) != n->bytes[i])
            return false;
    return true;
}

/* Starts at from and behind it, one by one; count is how many places there are. */
static size_t find_plain(const uint8_t *p, size_t from, size_t count, const struct laz_needle *n,
                         struct pair pair)
{
    for (size_t i = from; i < count; i++)
        if ((p[i] | pair.first_case) == pair.first &&
            (p[i + n->len - 1] | pair.last_case) == pair.last && stands_at(p + i, n))
            return i;
    return count;
}

#if defined(__x86_64__)
/* The first of the places that bits name, from base on, where the whole needle stands. */
static bool check_bits(const uint8_t *p, size_t base, uint32_t bits, const struct laz_needle *n,
                       size_t *out)
{
    for (; bits != 0; bits &= bits - 1) {
        *out = base + (size_t)__builtin_ctz(bits);
        if (stands_at(p + *out, n))
            return true;
    }
    return false;
}

__attribute__((target("avx2"))) static size_t find_avx2(const uint8_t *p, size_t count,
                                                        const struct laz_needle *n,
                                                        struct pair pair)
{
    const __m256i first = _mm256_set1_epi8((char)pair.first);
    const __m256i last = _mm256_set1_epi8((char)pair.last);
    const __m256i first_case = _mm256_set1_epi8((char)pair.first_case);
    const __m256i last_case = _mm256_set1_epi8((char)pair.last_case);
    size_t i = 0, at;

    for (; i + 32 <= count; i += 32) {
        __m256i a = _mm256_loadu_si256((const void *)(p + i));
        __m256i b = _mm256_loadu_si256((const void *)(p + i + n->len - 1));
        __m256i both = _mm256_and_si256(_mm256_cmpeq_epi8(_mm256_or_si256(a, first_case), first),
                                        _mm256_cmpeq_epi8(_mm256_or_si256(b, last_case), last));

        if (check_bits(p, i, (uint32_t)_mm256_movemask_epi8(both), n, &at))
            return at;
    }
    return find_plain(p, i, count, n, pair);
}

static size_t find_sse2(const uint8_t *p, size_t count, const struct laz_needle *n,
                        struct pair pair)
{
    const __m128i first = _mm_set1_epi8((char)pair.first);
    const __m128i last = _mm_set1_epi8((char)pair.last);
    const __m128i first_case = _mm_set1_epi8((char)pair.first_case);
    const __m128i last_case = _mm_set1_epi8((char)pair.last_case);
    size_t i = 0, at;

    for (; i + 16 <= count; i += 16) {
        __m128i a = _mm_loadu_si128((const void *)(p + i));
        __m128i b = _mm_loadu_si128((const void *)(p + i + n->len - 1));
        __m128i both = _mm_and_si128(_mm_cmpeq_epi8(_mm_or_si128(a, first_case), first),
                                     _mm_cmpeq_epi8(_mm_or_si128(b, last_case), last));

        if (check_bits(p, i, (uint32_t)_mm_movemask_epi8(both), n, &at))
            return at;
    }
    return find_plain(p, i, count, n, pair);
}
#endif

size_t laz_search_find(struct laz_view text, const struct laz_needle *needle)
{
    struct pair pair = pair_of(needle);
    size_t count, at;

    if (text.len < needle->len)
        return text.len;
    count = text.len - needle->len + 1;
#if defined(__x86_64__)
    at = (needle->features & LAZ_FEATURE_AVX2) != 0 ? find_avx2(text.data, count, needle, pair)
                                                    : find_sse2(text.data, count, needle, pair);
#else
    at = find_plain(text.data, 0, count, needle, pair);
#endif
    return at < count ? at : text.len;
}
