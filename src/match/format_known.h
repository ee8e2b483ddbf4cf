/* format_known.h - how a database holds what is known by a fingerprint: digests of files, sections
 * and imports, URLs, hosts and addresses, ten million of them and more, in one table.
 *
 *   KNOWN   head of LAZ_KNOWN_HEAD_SIZE bytes: count u32, seed u32, label_count u32, label_bits
 * u32, lists u32 (bit for each enum laz_list_kind that has an entry), zero u32, prefixes u64[3]
 * (bit for each length of a network's prefix), zeros; then blocks of 32 bytes, each for 64 buckets:
 * first u32, the number of entries before this block; 224 bits that say for each bucket in turn how
 * many entries it has: as many ones, then a zero. Bits count from the lowest of the first byte.
 *   TAILS   5 bytes for each entry, bucket after bucket: 40 bits of its key; then zeros
 *   LABELS  label_bits bits for each entry: the number of its label; then zeros
 *   NAMES   u32 for each LAZ_NAMES_PAGE labels: where their names begin (known_names.h); names
 *   LISTS   label_first u32, source text, category text, zero u32: the label of that number and
 *           those behind it, up to the next record's, come from there; ascending
 *   SIZES   for each use (enum laz_hash_use) and kind of digest: flags u32, zero u32, first u32,
 *           block_count u32: a filter of the sizes that are listed, whose blocks of 64 bytes begin
 *           first blocks behind the heads; then those blocks
 *   ALLOW   what u32, label u32, size u64, bytes[32], ascending by bytes, what, size: entries that
 *           are compared wholly
 *   COUNTS  u64 for each use and kind of digest, for each kind of list, and for what lists allow:
 *           how many entries
 *
 * A key is 104 bits made of the digest (or of 128 bits that stand for a text), of what it is a
 * digest of and of the size, if the size is listed with it. So no size is stored: a look-up asks
 * for the key with the size and for the key without. A hash of the key chooses one of as many
 * buckets as there are entries times 2/3; then 40 bits are compared, with the 1.5 entries that a
 * bucket has. For n entries that is log2(n) + 39.4 bits: 61 for five millions. The odds that a
 * digest that is not listed is taken for one that is are 1.5 / 2^40 = 1.4 in 10^12 for each key
 * asked for, however many are listed. They are taken by chance only: whoever tries 2^40 files to
 * meet a listed one has made a file that is reported. What allows must not be met by trying: it is
 * compared wholly (ALLOW, ALLOW_TEXTS).
 *
 * Cost: 5 bytes of tail, 1/3 of directory, label_bits / 8 (nothing when all have one name; the
 * names of ClamAV's, each with its number, take as many bits as numbers need), and 10 bits for each
 * different size.
 *
 * These sections may be very large, and a checksum reads its section wholly. So those of more than
 * LAZ_DB_EAGER_MAX bytes are not summed when a database is opened, but by laz_database_verify, when
 * it was built and when it is installed. That opens nothing to an
 * attacker, who could write any checksum: every look-up here stays inside its section whatever
 * stands in it. A bit that a disk turned later costs the entry that it belongs to. */
#ifndef LAZ_MATCH_FORMAT_KNOWN_H
#define LAZ_MATCH_FORMAT_KNOWN_H

#include "match/format.h"
#include "match/known.h"

enum laz_known_size {
    LAZ_KNOWN_HEAD_SIZE = 64,
    LAZ_KNOWN_BLOCK_SIZE = 32,
    LAZ_KNOWN_BLOCK_BUCKETS = 64,
    LAZ_KNOWN_BLOCK_BITS = 224,
    LAZ_KNOWN_BUCKET_MAX = 32, /* entries; the builder takes another seed when there are more */
    LAZ_KNOWN_TAIL_SIZE = 5,
    LAZ_KNOWN_PADDING = 8, /* zeros behind TAILS and LABELS, so that words can be read */
    LAZ_KNOWN_SEEDS = 8,
    LAZ_KNOWN_LIST_SIZE = 16,
    LAZ_SIZES_HEAD_SIZE = 16, /* of one filter */
    LAZ_SIZES_BLOCK_SIZE = 64,
    LAZ_SIZES_BITS_EACH = 10,
    LAZ_ALLOW_SIZE = 48,
};

#define LAZ_SIZES_ANY   1 /* flag: some entry has no size */
#define LAZ_SIZES_GIVEN 2 /* flag: some entry has one */
#define LAZ_SIZES_COUNT (LAZ_HASH_USES * LAZ_DIGEST_KINDS)

#define LAZ_KNOWN_TAIL_MASK ((UINT64_C(1) << 40) - 1)

/* What the key of an entry is made for, besides its bytes. */
static inline uint32_t laz_known_what_digest(enum laz_hash_use use, enum laz_digest_kind kind)
{
    return (uint32_t)use * LAZ_DIGEST_KINDS + (uint32_t)kind;
}
static inline uint32_t laz_known_what_list(unsigned list_kind)
{
    return 0x100 + list_kind;
}

struct laz_known_key {
    uint64_t place, tail; /* tail has 40 bits */
};

/* Both halves of a product: each bit of the arguments moves half of the result's. */
static inline uint64_t laz_fold(uint64_t a, uint64_t b)
{
    __extension__ unsigned __int128 product = (unsigned __int128)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline struct laz_known_key laz_known_key(uint64_t a, uint64_t b, uint32_t what,
                                                 uint64_t size)
{
    uint64_t kind =
        laz_fold(size ^ UINT64_C(0x8bb84b93962eacc9), what ^ UINT64_C(0x2d358dccaa6c78a5));

    return (struct laz_known_key){
        laz_fold(a ^ kind, b ^ UINT64_C(0x4b33a62ed433d4a3)),
        laz_fold(b ^ kind, a ^ UINT64_C(0x4d5a2da51de1aa47)) & LAZ_KNOWN_TAIL_MASK,
    };
}

/* A word of eight bytes, little-endian. */
static inline uint64_t laz_known_word(const uint8_t *p)
{
    uint64_t word = 0;

    for (unsigned i = 8; i > 0; i--)
        word = word << 8 | p[i - 1];
    return word;
}

/* The key of 32 bytes: a digest or an address, with zeros behind it. */
static inline struct laz_known_key laz_known_key_of(const uint8_t bytes[32], uint32_t what,
                                                    uint64_t size)
{
    return laz_known_key(laz_known_word(bytes) ^ laz_known_word(bytes + 16),
                         laz_known_word(bytes + 8) ^ laz_known_word(bytes + 24), what, size);
}

/* Where among all buckets a key stands: the upper bits of this, times their number. Each seed is
 * made of the one before, so that a builder can go on from there. */
static inline uint64_t laz_known_spread(struct laz_known_key key, uint32_t seed)
{
    uint64_t spread = key.place;

    for (uint32_t i = 0; i <= seed; i++)
        spread = laz_fold(spread ^ UINT64_C(0x9e3779b97f4a7c15),
                          key.tail ^ UINT64_C(0xd6e8feb86659fd93));
    return spread;
}
static inline uint64_t laz_known_bucket(uint64_t spread, uint64_t bucket_count)
{
    __extension__ unsigned __int128 product = (unsigned __int128)spread * bucket_count;

    return (uint64_t)(product >> 64);
}

/* The bits of a filter that stand for a size: three in one of its blocks. */
struct laz_size_bits {
    uint32_t block;
    uint16_t bits[3]; /* below LAZ_SIZES_BLOCK_SIZE * 8 */
};
static inline struct laz_size_bits laz_size_bits_of(uint64_t size, uint32_t block_count)
{
    uint64_t mixed = laz_fold(size ^ UINT64_C(0x9e3779b97f4a7c15), UINT64_C(0xd1342543de82ef95));

    return (struct laz_size_bits){
        (uint32_t)((mixed >> 32) * block_count >> 32),
        {mixed & 511, mixed >> 9 & 511, mixed >> 18 & 511},
    };
}

#endif
