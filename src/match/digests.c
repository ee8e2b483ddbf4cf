#include "match/known_priv.h"

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

/* Which entries a digest of something of this size could meet: LAZ_SIZES_ANY, LAZ_SIZES_GIVEN. */
static unsigned sizes_wanted(const struct laz_database *db, uint32_t what, uint64_t size)
{
    struct laz_view all = db->sections[LAZ_SECTION_SIZES];
    const uint8_t *head = all.data + (size_t)what * LAZ_SIZES_HEAD_SIZE, *block;
    struct laz_size_bits b;
    unsigned flags;
    uint32_t block_count;

    if (all.len == 0)
        return 0;
    flags = laz_load_u32(head);
    block_count = laz_load_u32(head + 12);
    if ((flags & LAZ_SIZES_GIVEN) == 0 || block_count == 0)
        return flags & LAZ_SIZES_ANY;
    b = laz_size_bits_of(size, block_count);
    block = all.data + (size_t)LAZ_SIZES_COUNT * LAZ_SIZES_HEAD_SIZE +
            ((size_t)laz_load_u32(head + 8) + b.block) * LAZ_SIZES_BLOCK_SIZE;
    for (unsigned i = 0; i < 3; i++)
        if ((block[b.bits[i] / 8] >> b.bits[i] % 8 & 1) == 0)
            return flags & LAZ_SIZES_ANY;
    return flags & (LAZ_SIZES_ANY | LAZ_SIZES_GIVEN);
}

unsigned laz_database_digests_wanted(const struct laz_database *db, enum laz_hash_use use,
                                     uint64_t size)
{
    unsigned wanted = 0;

    for (unsigned kind = 0; kind < LAZ_DIGEST_KINDS; kind++)
        if (sizes_wanted(db, laz_known_what_digest(use, (enum laz_digest_kind)kind), size) != 0)
            wanted |= 1u << kind;
    return wanted;
}

static bool find(const struct laz_database *db, uint32_t what, const uint8_t bytes[32],
                 uint64_t size, uint32_t *label)
{
    if (what / LAZ_DIGEST_KINDS == LAZ_HASH_ALLOW)
        return laz_known_allows(db, what, bytes, size, label);
    return laz_known_find(db, laz_known_key_of(bytes, what, size), label);
}

bool laz_database_find_digest(const struct laz_database *db, enum laz_hash_use use,
                              enum laz_digest_kind kind, const uint8_t *digest, uint64_t size,
                              struct laz_known *out)
{
    uint32_t what = laz_known_what_digest(use, kind), label;
    unsigned wanted = sizes_wanted(db, what, size);
    uint8_t bytes[32] = {0};

    memcpy(bytes, digest, laz_digest_size(kind));
    if (((wanted & LAZ_SIZES_GIVEN) == 0 || !find(db, what, bytes, size, &label)) &&
        ((wanted & LAZ_SIZES_ANY) == 0 || !find(db, what, bytes, LAZ_DB_SIZE_ANY, &label)))
        return false;
    laz_known_fill(db, label, "hash", out);
    return true;
}

uint64_t laz_known_count(const struct laz_database *db, unsigned index)
{
    struct laz_view counts =
        laz_view_from_offset(db->sections[LAZ_SECTION_COUNTS], (uint64_t)index * 8);
    uint64_t count = 0;

    laz_ignore(laz_take_u64le(&counts, &count)); /* none when the section is empty */
    return count;
}

uint64_t laz_database_digest_count(const struct laz_database *db, enum laz_hash_use use)
{
    uint64_t count = 0;

    for (unsigned kind = 0; kind < LAZ_DIGEST_KINDS; kind++)
        count += laz_known_count(db, laz_known_what_digest(use, (enum laz_digest_kind)kind));
    return count;
}

/* Head, blocks, tails and labels have the lengths that their numbers say. What the blocks say of
 * entries is checked where it is used. */
static bool known_fits(const struct laz_database *db)
{
    struct laz_view known = db->sections[LAZ_SECTION_KNOWN];
    struct laz_known_head h;
    struct laz_view head = known;
    uint64_t blocks;

    if (known.len == 0)
        return true;
    if (!laz_take_u32le(&head, &h.count) || !laz_take_u32le(&head, &h.seed) ||
        !laz_take_u32le(&head, &h.label_count) || !laz_take_u32le(&head, &h.label_bits))
        return false;
    blocks = known.len - LAZ_KNOWN_HEAD_SIZE;
    return known.len > LAZ_KNOWN_HEAD_SIZE && blocks % LAZ_KNOWN_BLOCK_SIZE == 0 &&
           h.label_bits <= 32 &&
           db->sections[LAZ_SECTION_TAILS].len ==
               (uint64_t)h.count * LAZ_KNOWN_TAIL_SIZE + LAZ_KNOWN_PADDING &&
           db->sections[LAZ_SECTION_LABELS].len ==
               ((uint64_t)h.count * h.label_bits + 7) / 8 + LAZ_KNOWN_PADDING;
}

static bool sizes_fit(struct laz_view sizes)
{
    uint64_t block_count;
    struct laz_view heads = sizes;

    if (sizes.len == 0)
        return true;
    if (!laz_skip(&sizes, (uint64_t)LAZ_SIZES_COUNT * LAZ_SIZES_HEAD_SIZE) ||
        sizes.len % LAZ_SIZES_BLOCK_SIZE != 0)
        return false;
    block_count = sizes.len / LAZ_SIZES_BLOCK_SIZE;
    for (unsigned i = 0; i < LAZ_SIZES_COUNT; i++) {
        uint32_t flags, zero, first, count;

        if (!laz_take_u32le(&heads, &flags) || !laz_take_u32le(&heads, &zero) ||
            !laz_take_u32le(&heads, &first) || !laz_take_u32le(&heads, &count) ||
            first > block_count || count > block_count - first)
            return false;
    }
    return true;
}

bool laz_database_check_digests(const struct laz_database *db)
{
    return known_fits(db) && sizes_fit(db->sections[LAZ_SECTION_SIZES]) &&
           (db->sections[LAZ_SECTION_KNOWN].len > 0 || db->sections[LAZ_SECTION_ALLOW].len == 0) &&
           db->sections[LAZ_SECTION_LISTS].len % LAZ_KNOWN_LIST_SIZE == 0 &&
           db->sections[LAZ_SECTION_ALLOW].len % LAZ_ALLOW_SIZE == 0;
}
