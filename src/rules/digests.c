#include <stdlib.h>

#include "rules/compiler.h"
#include "rules/compiler_priv.h"

#define TAILS_PER_BUCKET 16
#define BITS_PER_SIZE    16

static int compare_hashes(const void *a, const void *b)
{
    const struct laz_hash *x = a, *y = b;
    int order = memcmp(x->digest, y->digest, sizeof x->digest);

    return order != 0 ? order : (x->size > y->size) - (x->size < y->size);
}

static bool is_same(const struct laz_hash *a, const struct laz_hash *b)
{
    return compare_hashes(a, b) == 0;
}

static void drop_doubles(struct laz_list *hashes)
{
    struct laz_hash *items = hashes->items;
    size_t kept = 0;

    for (size_t i = 0; i < hashes->count; i++)
        if (kept == 0 || !is_same(&items[kept - 1], &items[i]))
            items[kept++] = items[i];
    hashes->count = kept;
}

static uint64_t first_bytes(const struct laz_hash *hash)
{
    uint64_t n = 0;

    for (unsigned i = 0; i < 8; i++)
        n = n << 8 | hash->digest[i];
    return n;
}

static uint64_t power_of_two_from(uint64_t n)
{
    uint64_t power = 64;

    while (power < n)
        power *= 2;
    return power;
}

static bool write_sizes(const struct laz_list *hashes, struct laz_buf *out)
{
    uint64_t bit_count = power_of_two_from((uint64_t)hashes->count * BITS_PER_SIZE);
    uint64_t flags = 0;
    uint8_t *bits;

    for (size_t i = 0; i < hashes->count; i++)
        if (laz_list_at(struct laz_hash, hashes, i)->size == LAZ_DB_SIZE_ANY)
            flags = LAZ_SIZES_ANY;
    if (flags == LAZ_SIZES_ANY)
        bit_count = 64;
    if (laz_buf_add_u64le(out, flags) != LAZ_OK ||
        laz_buf_extend(out, bit_count / 8, &bits) != LAZ_OK)
        return false;
    for (size_t i = 0; i < hashes->count && flags == 0; i++) {
        struct laz_size_bits b =
            laz_size_bits_of(laz_list_at(struct laz_hash, hashes, i)->size, bit_count);

        bits[b.first / 8] |= (uint8_t)(1u << b.first % 8);
        bits[b.second / 8] |= (uint8_t)(1u << b.second % 8);
    }
    return true;
}

static unsigned directory_bits(size_t count)
{
    unsigned bits = 0;

    while (bits < LAZ_DB_DIRECTORY_BITS && ((size_t)TAILS_PER_BUCKET << bits) < count)
        bits++;
    return bits;
}

static bool write_directory(const struct laz_list *hashes, unsigned bits, struct laz_buf *out)
{
    size_t at = 0;

    laz_ignore(laz_buf_add_u32le(out, bits)); /* the buffer remembers a refusal */
    for (uint64_t bucket = 0; bucket <= (uint64_t)1 << bits; bucket++) {
        while (at < hashes->count &&
               laz_digest_bucket(first_bytes(laz_list_at(struct laz_hash, hashes, at)), bits) <
                   bucket)
            at++;
        laz_ignore(laz_buf_add_u32le(out, (uint32_t)at)); /* remembered */
    }
    return laz_buf_failed(out) == LAZ_OK;
}

static bool write_records(const struct laz_list *hashes, enum laz_digest_kind kind, unsigned bits,
                          struct laz_buf *tails, struct laz_buf *digests)
{
    for (size_t i = 0; i < hashes->count; i++) {
        const struct laz_hash *hash = laz_list_at(struct laz_hash, hashes, i);

        /* the buffers remember a refusal */
        laz_ignore(laz_buf_add_u32le(tails, laz_digest_tail(first_bytes(hash), bits)));
        laz_ignore(laz_buf_add(digests, laz_view_from(hash->digest, laz_digest_size(kind))));
        laz_ignore(laz_buf_add_u64le(digests, hash->size));
        laz_ignore(laz_buf_add_u32le(digests, hash->name));
        laz_ignore(laz_buf_add_u32le(digests, hash->source));
    }
    return laz_buf_failed(tails) == LAZ_OK && laz_buf_failed(digests) == LAZ_OK;
}

enum laz_status laz_digests_write(struct laz_list *hashes, enum laz_digest_kind kind,
                                  struct laz_image *image, struct laz_error *err)
{
    unsigned bits;

    if (hashes->count == 0)
        return LAZ_OK;
    qsort(hashes->items, hashes->count, sizeof(struct laz_hash), compare_hashes);
    drop_doubles(hashes);
    bits = directory_bits(hashes->count);
    if (write_sizes(hashes, &image->sections[LAZ_SECTION_SIZES + kind]) &&
        write_directory(hashes, bits, &image->sections[LAZ_SECTION_DIRECTORY + kind]) &&
        write_records(hashes, kind, bits, &image->sections[LAZ_SECTION_TAILS + kind],
                      &image->sections[LAZ_SECTION_DIGESTS + kind]))
        return LAZ_OK;
    return laz_fail(err, LAZ_LIMIT, "database", "", "has too many hashes",
                    "build fewer sources into one database");
}
