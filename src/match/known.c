#include "match/known.h"

#include "match/known_priv.h"

#if defined(__x86_64__)
#define COUNTING __attribute__((target("popcnt"))) /* which Vectorscan needs in any case */
#else
#define COUNTING
#endif

#define WORDS 4 /* of a block's bits; the last has 32 of them */

static uint64_t zeros_of(const uint8_t *block, unsigned word)
{
    const uint8_t *bits = block + 4;

    return word < WORDS - 1 ? ~laz_load_u64(bits + (size_t)word * 8)
                            : (uint32_t)~laz_load_u32(bits + (size_t)word * 8);
}

/* The place of the one with this number, from 0, in a word that has so many. */
COUNTING static unsigned select_bit(uint64_t word, unsigned number)
{
    unsigned place = 0;

    for (unsigned half = 32; half > 0; half /= 2) {
        unsigned low = (unsigned)__builtin_popcountll(word >> place & ((UINT64_C(1) << half) - 1));
        unsigned up = (unsigned)(number >= low); /* no branch: neither way is the usual one */

        number -= low * up;
        place += half * up;
    }
    return place;
}

/* The place of the zero with this number, from 0; LAZ_KNOWN_BLOCK_BITS when there is none. */
COUNTING static unsigned find_zero(const uint8_t *block, unsigned number)
{
    for (unsigned word = 0; word < WORDS; word++) {
        uint64_t zeros = zeros_of(block, word);
        unsigned count = (unsigned)__builtin_popcountll(zeros);

        if (number < count)
            return word * 64 + select_bit(zeros, number);
        number -= count;
    }
    return LAZ_KNOWN_BLOCK_BITS;
}

/* How many ones follow from this place on; at most LAZ_KNOWN_BUCKET_MAX are told. */
static unsigned count_ones(const uint8_t *block, unsigned place)
{
    uint64_t zeros = zeros_of(block, place / 64) >> place % 64;

    if (place % 64 > 0 && place / 64 + 1 < WORDS)
        zeros |= zeros_of(block, place / 64 + 1) << (64 - place % 64);
    zeros |= UINT64_C(1) << LAZ_KNOWN_BUCKET_MAX;
    return (unsigned)__builtin_ctzll(zeros);
}

/* The entries [*first, *end) of a bucket. */
static void find_bucket(const uint8_t *block, unsigned bucket, uint32_t *first, uint32_t *end)
{
    unsigned start = bucket == 0 ? 0 : find_zero(block, bucket - 1) + 1;
    uint64_t before = laz_load_u32(block);

    *first = (uint32_t)(before + start - bucket);
    *end = *first + (start < LAZ_KNOWN_BLOCK_BITS ? count_ones(block, start) : 0);
}

static struct laz_known_head head_of(const struct laz_database *db)
{
    const uint8_t *p = db->sections[LAZ_SECTION_KNOWN].data;

    return (struct laz_known_head){laz_load_u32(p), laz_load_u32(p + 4), laz_load_u32(p + 8),
                                   laz_load_u32(p + 12)};
}

static uint32_t label_of(const struct laz_database *db, const struct laz_known_head *h,
                         uint32_t entry)
{
    uint64_t bit = (uint64_t)entry * h->label_bits;
    uint64_t word = laz_load_u64(db->sections[LAZ_SECTION_LABELS].data + bit / 8);

    return (uint32_t)(word >> bit % 8 & ((UINT64_C(1) << h->label_bits) - 1));
}

bool laz_known_find(const struct laz_database *db, struct laz_known_key key, uint32_t *label)
{
    struct laz_view known = db->sections[LAZ_SECTION_KNOWN];
    const uint8_t *tails = db->sections[LAZ_SECTION_TAILS].data;
    struct laz_known_head h;
    uint64_t bucket, block_count;
    uint32_t at, end;

    if (known.len == 0)
        return false;
    h = head_of(db);
    block_count = (known.len - LAZ_KNOWN_HEAD_SIZE) / LAZ_KNOWN_BLOCK_SIZE;
    bucket = laz_known_bucket(laz_known_spread(key, h.seed), block_count * LAZ_KNOWN_BLOCK_BUCKETS);
    find_bucket(known.data + LAZ_KNOWN_HEAD_SIZE +
                    (size_t)(bucket / LAZ_KNOWN_BLOCK_BUCKETS) * LAZ_KNOWN_BLOCK_SIZE,
                bucket % LAZ_KNOWN_BLOCK_BUCKETS, &at, &end);
    for (; at < end && at < h.count; at++) {
        const uint8_t *tail = tails + (size_t)at * LAZ_KNOWN_TAIL_SIZE;

        if ((laz_load_u64(tail) & LAZ_KNOWN_TAIL_MASK) != key.tail)
            continue;
        *label = label_of(db, &h, at);
        return true;
    }
    return false;
}

/* The record of the list that the label comes from: the last one whose first label is not above. */
static const uint8_t *list_of(struct laz_view lists, uint32_t label)
{
    size_t low = 0, high = lists.len / LAZ_KNOWN_LIST_SIZE;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (laz_load_u32(lists.data + middle * LAZ_KNOWN_LIST_SIZE) <= label)
            low = middle;
        else
            high = middle;
    }
    return high > low ? lists.data + low * LAZ_KNOWN_LIST_SIZE : NULL;
}

void laz_known_fill(const struct laz_database *db, uint32_t label, const char *kind,
                    struct laz_known *out)
{
    const uint8_t *list = list_of(db->sections[LAZ_SECTION_LISTS], label);

    laz_names_get(db->sections[LAZ_SECTION_NAMES], head_of(db).label_count, label, out->name);
    out->hit = (struct laz_hit){
        .name = out->name,
        .kind = kind,
        .source = list == NULL ? "" : laz_database_text(db, laz_load_u32(list + 4)),
        .tags = list == NULL ? "" : laz_database_text(db, laz_load_u32(list + 8)),
    };
}

static int compare_allow(const uint8_t *record, uint32_t what, const uint8_t *bytes, uint64_t size)
{
    int order = memcmp(record + 16, bytes, 32);
    uint32_t its_what = laz_load_u32(record);
    uint64_t its_size = laz_load_u64(record + 8);

    if (order == 0)
        order = (its_what > what) - (its_what < what);
    return order != 0 ? order : (its_size > size) - (its_size < size);
}

bool laz_known_allows(const struct laz_database *db, uint32_t what, const uint8_t bytes[32],
                      uint64_t size, uint32_t *label)
{
    struct laz_view allow = db->sections[LAZ_SECTION_ALLOW];
    size_t low = 0, high = allow.len / LAZ_ALLOW_SIZE;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const uint8_t *record = allow.data + middle * LAZ_ALLOW_SIZE;
        int order = compare_allow(record, what, bytes, size);

        if (order == 0) {
            *label = laz_load_u32(record + 4);
            return true;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}
