#include "format/tlsh.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define BUCKETS  128u
#define CODE_LEN (BUCKETS / 4)
#define LEN_MIN  50u
#define WINDOW   5u
#define USED_MIN (BUCKETS / 2 + 1) /* buckets that are not empty */
#define HEAD_LEN 3u                /* checksum, length, ratios */

/* P. K. Pearson: "Fast Hashing of Variable-Length Text Strings", CACM 33 (1990) 6, table I. */
static const uint8_t pearson[256] = {
    1,   87,  49,  12,  176, 178, 102, 166, 121, 193, 6,   84,  249, 230, 44,  163, 14,  197, 213,
    181, 161, 85,  218, 80,  64,  239, 24,  226, 236, 142, 38,  200, 110, 177, 104, 103, 141, 253,
    255, 50,  77,  101, 81,  18,  45,  96,  31,  222, 25,  107, 190, 70,  86,  237, 240, 34,  72,
    242, 20,  214, 244, 227, 149, 235, 97,  234, 57,  22,  60,  250, 82,  175, 208, 5,   127, 199,
    111, 62,  135, 248, 174, 169, 211, 58,  66,  154, 106, 195, 245, 171, 17,  187, 182, 179, 0,
    243, 132, 56,  148, 75,  128, 133, 158, 100, 130, 126, 91,  13,  153, 246, 216, 219, 119, 68,
    223, 78,  83,  88,  201, 99,  122, 11,  92,  32,  136, 114, 52,  10,  138, 30,  48,  183, 156,
    35,  61,  26,  143, 74,  251, 94,  129, 162, 63,  152, 170, 7,   115, 167, 241, 206, 3,   150,
    55,  59,  151, 220, 90,  53,  23,  131, 125, 173, 15,  238, 79,  95,  89,  16,  105, 137, 225,
    224, 217, 160, 37,  123, 118, 73,  2,   157, 46,  116, 9,   145, 134, 228, 207, 212, 202, 215,
    69,  229, 27,  188, 67,  124, 168, 252, 42,  4,   29,  108, 21,  247, 19,  205, 39,  203, 233,
    40,  186, 147, 198, 192, 155, 33,  164, 191, 98,  204, 165, 180, 117, 76,  140, 36,  210, 172,
    41,  54,  159, 8,   185, 232, 113, 196, 231, 47,  146, 120, 51,  65,  28,  144, 254, 221, 93,
    189, 194, 139, 112, 43,  71,  109, 184, 209,
};

static uint8_t mix(uint8_t salt, uint8_t a, uint8_t b, uint8_t c)
{
    return pearson[pearson[pearson[salt ^ a] ^ b] ^ c];
}

/* The six triplets of a window that have its newest byte. The salts are the table's values at the
 * primes 2, 3, 5, 7, 11 and 13. */
static void count_window(const uint8_t *newest, uint32_t buckets[256])
{
    static const struct {
        uint8_t salt, second, third;
    } triplets[] = {{49, 1, 2}, {12, 1, 3}, {178, 2, 3}, {166, 2, 4}, {84, 1, 4}, {230, 3, 4}};

    for (size_t i = 0; i < sizeof triplets / sizeof *triplets; i++)
        buckets[mix(triplets[i].salt, newest[0], *(newest - triplets[i].second),
                    *(newest - triplets[i].third))]++;
}

static int order(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

    return (left > right) - (left < right);
}

/* The length on a scale that is logarithmic in three parts, as the reference defines it. */
static uint8_t scaled_len(size_t len)
{
    double l = log((double)len);

    if (len <= 656)
        return (uint8_t)(unsigned)floor(l / 0.4054651);
    if (len <= 3199)
        return (uint8_t)(unsigned)floor(l / 0.26236426 - 8.72777);
    return (uint8_t)(unsigned)floor(l / 0.095310180 - 62.5472);
}

static bool quartiles(const uint32_t *buckets, uint32_t q[3])
{
    uint32_t sorted[BUCKETS];
    size_t used = 0;

    for (size_t i = 0; i < BUCKETS; i++)
        used += buckets[i] != 0;
    memcpy(sorted, buckets, sizeof sorted);
    qsort(sorted, BUCKETS, sizeof *sorted, order);
    for (size_t i = 0; i < 3; i++)
        q[i] = sorted[BUCKETS / 4 * (i + 1) - 1];
    return used >= USED_MIN && q[2] != 0;
}

static uint8_t ratio(uint32_t q, uint32_t q3)
{
    return (uint8_t)((uint32_t)((float)(q * 100) / (float)q3) % 16);
}

static uint8_t swap_digits(uint8_t byte)
{
    return (uint8_t)(byte << 4 | byte >> 4);
}

/* Two bits say in which quarter of all buckets a bucket's count lies. */
static void write_code(const uint32_t *buckets, const uint32_t q[3], uint8_t *out)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        unsigned quarter = (buckets[i] > q[0]) + (buckets[i] > q[1]) + (buckets[i] > q[2]);

        out[CODE_LEN - 1 - i / 4] |= (uint8_t)(quarter << i % 4 * 2);
    }
}

bool laz_tlsh(struct laz_view v, char out[LAZ_TLSH_SIZE])
{
    uint8_t digest[HEAD_LEN + CODE_LEN] = {0};
    uint32_t buckets[256] = {0}, q[3];
    uint8_t checksum = 0;

    if (v.len < LEN_MIN || v.len > UINT32_MAX / 100)
        return false;
    for (size_t i = WINDOW - 1; i < v.len; i++) {
        checksum = mix(pearson[0], v.data[i], v.data[i - 1], checksum);
        count_window(v.data + i, buckets);
    }
    if (!quartiles(buckets, q))
        return false;
    digest[0] = swap_digits(checksum);
    digest[1] = swap_digits(scaled_len(v.len));
    digest[2] = (uint8_t)(ratio(q[0], q[2]) << 4 | ratio(q[1], q[2]));
    write_code(buckets, q, digest + HEAD_LEN);
    memcpy(out, "T1", 2);
    laz_hex_encode(laz_view_from(digest, sizeof digest), out + 2);
    for (char *c = out + 2; *c != '\0'; c++)
        if (*c >= 'a' && *c <= 'f')
            *c = (char)(*c - 'a' + 'A');
    return true;
}
