#include "match/database_priv.h"

size_t laz_digest_size(enum laz_digest_kind kind)
{
    switch (kind) {
    case LAZ_DIGEST_MD5:
        return 16;
    case LAZ_DIGEST_SHA1:
        return 20;
    case LAZ_DIGEST_SHA256:
    case LAZ_DIGEST_KINDS:
        break;
    }
    return 32;
}

static bool size_may_be_known(struct laz_view filter, uint64_t size)
{
    const uint8_t *bits = filter.data + LAZ_SIZES_HEAD_SIZE;
    struct laz_size_bits b;

    if (filter.len == 0)
        return false;
    if ((laz_load_u64(filter.data) & LAZ_SIZES_ANY) != 0)
        return true;
    b = laz_size_bits_of(size, (uint64_t)(filter.len - LAZ_SIZES_HEAD_SIZE) * 8);
    return (bits[b.first / 8] >> b.first % 8 & 1) != 0 &&
           (bits[b.second / 8] >> b.second % 8 & 1) != 0;
}

unsigned laz_database_digests_wanted(const struct laz_database *db, uint64_t size)
{
    unsigned wanted = 0;

    for (unsigned kind = 0; kind < LAZ_DIGEST_KINDS; kind++)
        if (size_may_be_known(db->sections[LAZ_SECTION_SIZES + kind], size))
            wanted |= 1u << kind;
    return wanted;
}

static uint64_t first_bytes(const uint8_t *digest)
{
    uint64_t n = 0;

    for (unsigned i = 0; i < 8; i++)
        n = n << 8 | digest[i];
    return n;
}

/* The first of the ascending tails [low, high) that is not below tail. */
static uint32_t find_tail(const uint8_t *tails, uint32_t low, uint32_t high, uint32_t tail)
{
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (laz_load_u32(tails + (size_t)middle * LAZ_TAIL_SIZE) < tail)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool record_is(const uint8_t *p, const uint8_t *digest, size_t len, uint64_t size)
{
    uint64_t known_size = laz_load_u64(p + len);

    return memcmp(p, digest, len) == 0 && (known_size == LAZ_DB_SIZE_ANY || known_size == size);
}

bool laz_database_find_digest(const struct laz_database *db, enum laz_digest_kind kind,
                              const uint8_t *digest, uint64_t size, struct laz_hit *out)
{
    const uint8_t *directory = db->sections[LAZ_SECTION_DIRECTORY + kind].data;
    const uint8_t *tails = db->sections[LAZ_SECTION_TAILS + kind].data;
    size_t len = laz_digest_size(kind);
    uint64_t first = first_bytes(digest);
    uint32_t bits, bucket, at, end, tail;

    if (db->digest_counts[kind] == 0)
        return false;
    bits = laz_load_u32(directory);
    bucket = laz_digest_bucket(first, bits);
    tail = laz_digest_tail(first, bits);
    end = laz_load_u32(directory + 4 + (size_t)(bucket + 1) * 4);
    at = find_tail(tails, laz_load_u32(directory + 4 + (size_t)bucket * 4), end, tail);
    for (; at < end && laz_load_u32(tails + (size_t)at * LAZ_TAIL_SIZE) == tail; at++) {
        const uint8_t *p =
            db->sections[LAZ_SECTION_DIGESTS + kind].data + (size_t)at * (len + LAZ_DIGEST_EXTRA);

        if (!record_is(p, digest, len, size))
            continue;
        *out = (struct laz_hit){laz_database_text(db, laz_load_u32(p + len + 8)), "hash",
                                laz_database_text(db, laz_load_u32(p + len + 12)), ""};
        return true;
    }
    return false;
}

static bool sizes_fit(struct laz_view filter)
{
    size_t bytes = filter.len - LAZ_SIZES_HEAD_SIZE;

    return filter.len >= LAZ_SIZES_HEAD_SIZE + 8 && (bytes & (bytes - 1)) == 0;
}

/* Buckets follow one another from the first tail to the last. */
static bool directory_fits(struct laz_view directory, uint32_t count)
{
    uint32_t bits, start, before = 0;

    if (!laz_take_u32le(&directory, &bits) || bits > LAZ_DB_DIRECTORY_BITS ||
        directory.len != (((size_t)1 << bits) + 1) * 4 || laz_load_u32(directory.data) != 0)
        return false;
    while (laz_take_u32le(&directory, &start)) {
        if (start < before)
            return false;
        before = start;
    }
    return before == count;
}

static bool kind_fits(const struct laz_database *db, enum laz_digest_kind kind)
{
    uint32_t count = db->digest_counts[kind];
    struct laz_view sizes = db->sections[LAZ_SECTION_SIZES + kind];
    struct laz_view directory = db->sections[LAZ_SECTION_DIRECTORY + kind];
    struct laz_view digests = db->sections[LAZ_SECTION_DIGESTS + kind];

    if (count == 0)
        return sizes.len == 0 && directory.len == 0 && digests.len == 0;
    return sizes_fit(sizes) && directory_fits(directory, count) &&
           digests.len == (size_t)count * (laz_digest_size(kind) + LAZ_DIGEST_EXTRA);
}

bool laz_database_check_digests(const struct laz_database *db)
{
    for (unsigned kind = 0; kind < LAZ_DIGEST_KINDS; kind++)
        if (!kind_fits(db, (enum laz_digest_kind)kind))
            return false;
    return true;
}
