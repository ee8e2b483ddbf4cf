#include <stdlib.h>

#include "rules/compiler.h"
#include "rules/known_priv.h"

/* As many buckets as entries times 2/3; a block is full at 160 entries, far beyond its usual 96. */
static uint64_t block_count_of(size_t count)
{
    return count * 2 / 3 / LAZ_KNOWN_BLOCK_BUCKETS + 1;
}

/* The places of all items for a seed, made of those for the seed before; in order, each once. */
static void place_all(struct laz_list *items)
{
    struct laz_known_item *item = items->items;
    size_t kept = 0;

    for (size_t i = 0; i < items->count; i++) {
        struct laz_known_key key = {item[i].place, laz_known_item_tail(&item[i])};

        item[i].place = laz_known_spread(key, 0);
    }
    laz_known_sort(item, items->count);
    for (size_t i = 0; i < items->count; i++)
        if (kept == 0 || item[kept - 1].place != item[i].place ||
            laz_known_item_tail(&item[kept - 1]) != laz_known_item_tail(&item[i]))
            item[kept++] = item[i];
    items->count = kept;
}

static uint64_t bucket_of(const struct laz_known_item *item, uint64_t block_count)
{
    return laz_known_bucket(item->place, block_count * LAZ_KNOWN_BLOCK_BUCKETS);
}

/* Sets the ones of the items of one block, from *at on. False when they are too many. */
static bool fill_block(const struct laz_list *items, uint64_t block, uint64_t block_count,
                       size_t *at, uint8_t *bits)
{
    unsigned bit = 0;

    for (unsigned i = 0; i < LAZ_KNOWN_BLOCK_BUCKETS; i++, bit++) {
        uint64_t bucket = block * LAZ_KNOWN_BLOCK_BUCKETS + i;

        for (unsigned n = 0;
             *at < items->count &&
             bucket_of(laz_list_at(struct laz_known_item, items, *at), block_count) == bucket;
             n++, ++*at, bit++) {
            if (n == LAZ_KNOWN_BUCKET_MAX ||
                bit + (LAZ_KNOWN_BLOCK_BUCKETS - i) >= LAZ_KNOWN_BLOCK_BITS)
                return false;
            bits[bit / 8] |= (uint8_t)(1u << bit % 8);
        }
    }
    return true;
}

static void put_u32(uint8_t *p, uint32_t n)
{
    for (unsigned i = 0; i < 4; i++)
        p[i] = (uint8_t)(n >> 8 * i);
}

/* False, with *full set, when a block overflows. */
static bool write_blocks(const struct laz_list *items, struct laz_buf *out, bool *full)
{
    uint64_t block_count = block_count_of(items->count);
    size_t at = 0;
    uint8_t *blocks;

    if (laz_buf_extend(out, block_count * LAZ_KNOWN_BLOCK_SIZE, &blocks) != LAZ_OK)
        return false;
    for (uint64_t i = 0; i < block_count; i++, blocks += LAZ_KNOWN_BLOCK_SIZE) {
        put_u32(blocks, (uint32_t)at);
        if (!fill_block(items, i, block_count, &at, blocks + 4)) {
            *full = true;
            return false;
        }
    }
    return true;
}

static unsigned bits_for(size_t label_count)
{
    unsigned bits = 0;

    while (((size_t)1 << bits) < label_count)
        bits++;
    return bits;
}

static void write_head(const struct laz_known_set *known, uint32_t seed, struct laz_buf *out)
{
    /* the buffer remembers a refusal */
    laz_ignore(laz_buf_add_u32le(out, (uint32_t)known->items.count));
    laz_ignore(laz_buf_add_u32le(out, seed));
    laz_ignore(laz_buf_add_u32le(out, (uint32_t)known->labels.count));
    laz_ignore(laz_buf_add_u32le(out, bits_for(known->labels.count)));
    laz_ignore(laz_buf_add_u64le(out, 0)); /* lists and zero: written when all is counted */
    for (unsigned i = 0; i < 3; i++)
        laz_ignore(laz_buf_add_u64le(out, known->prefixes[i]));
    laz_ignore(laz_buf_add_u64le(out, 0));
    laz_ignore(laz_buf_add_u64le(out, 0));
}

static bool write_known(struct laz_known_set *known, struct laz_buf *out)
{
    for (uint32_t seed = 0; seed < LAZ_KNOWN_SEEDS; seed++) {
        bool full = false;

        place_all(&known->items);
        laz_buf_reset(out);
        write_head(known, seed, out);
        if (write_blocks(&known->items, out, &full))
            return true;
        if (!full)
            return false;
    }
    return false;
}

static void put_bits(uint8_t *bytes, uint64_t bit, uint32_t value)
{
    uint64_t shifted = (uint64_t)value << bit % 8;

    for (unsigned i = 0; shifted != 0; i++, shifted >>= 8)
        bytes[bit / 8 + i] |= (uint8_t)shifted;
}

/* Tails and labels in the order of the blocks; counts what each entry is. */
static bool write_entries(const struct laz_known_set *known, const uint32_t *numbers,
                          struct laz_image *image, uint64_t *counts)
{
    size_t count = known->items.count;
    unsigned bits = bits_for(known->labels.count);
    uint8_t *tails, *labels;

    if (laz_buf_extend(&image->sections[LAZ_SECTION_TAILS],
                       count * LAZ_KNOWN_TAIL_SIZE + LAZ_KNOWN_PADDING, &tails) != LAZ_OK ||
        laz_buf_extend(&image->sections[LAZ_SECTION_LABELS],
                       (count * bits + 7) / 8 + LAZ_KNOWN_PADDING, &labels) != LAZ_OK)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct laz_known_item *item = laz_list_at(struct laz_known_item, &known->items, i);

        put_u32(tails + i * LAZ_KNOWN_TAIL_SIZE, item->tail_low);
        tails[i * LAZ_KNOWN_TAIL_SIZE + 4] = item->tail_high;
        put_bits(labels, (uint64_t)i * bits, numbers[item->label]);
        counts[item->what]++;
    }
    return true;
}

static uint32_t filter_blocks(const struct laz_size_set *sizes)
{
    return sizes->count == 0
               ? 0
               : (uint32_t)(sizes->count * LAZ_SIZES_BITS_EACH / (LAZ_SIZES_BLOCK_SIZE * 8) + 1);
}

static bool write_filter(const struct laz_size_set *sizes, struct laz_buf *out)
{
    uint32_t block_count = filter_blocks(sizes);
    uint8_t *blocks;

    if (laz_buf_extend(out, (size_t)block_count * LAZ_SIZES_BLOCK_SIZE, &blocks) != LAZ_OK)
        return false;
    for (size_t i = 0; i < sizes->capacity; i++) {
        struct laz_size_bits b;

        if (sizes->places[i] == 0)
            continue;
        b = laz_size_bits_of(sizes->places[i] - 1, block_count);
        for (unsigned j = 0; j < 3; j++)
            blocks[(size_t)b.block * LAZ_SIZES_BLOCK_SIZE + b.bits[j] / 8] |=
                (uint8_t)(1u << b.bits[j] % 8);
    }
    return true;
}

static bool write_sizes(const struct laz_known_set *known, struct laz_buf *out)
{
    uint32_t first = 0;

    for (size_t i = 0; i < LAZ_SIZES_COUNT; i++) {
        const struct laz_size_set *sizes = &known->sizes[i];

        /* the buffer remembers a refusal */
        laz_ignore(laz_buf_add_u32le(out, (sizes->any ? LAZ_SIZES_ANY : 0) |
                                              (sizes->count > 0 ? LAZ_SIZES_GIVEN : 0)));
        laz_ignore(laz_buf_add_u32le(out, 0));
        laz_ignore(laz_buf_add_u32le(out, first));
        laz_ignore(laz_buf_add_u32le(out, filter_blocks(sizes)));
        first += filter_blocks(sizes);
    }
    for (size_t i = 0; i < LAZ_SIZES_COUNT; i++)
        if (!write_filter(&known->sizes[i], out))
            return false;
    return true;
}

static int compare_allow(const void *p, const void *q)
{
    const struct laz_allow_item *x = p, *y = q;
    int order = memcmp(x->bytes, y->bytes, sizeof x->bytes);

    if (order == 0)
        order = (x->what > y->what) - (x->what < y->what);
    return order != 0 ? order : (x->size > y->size) - (x->size < y->size);
}

static void write_allow(const struct laz_known_set *known, const uint32_t *numbers,
                        struct laz_buf *out, uint64_t *counts)
{
    const struct laz_allow_item *item = known->allow.items;

    if (known->allow.count > 0)
        qsort(known->allow.items, known->allow.count, sizeof *item, compare_allow);
    for (size_t i = 0; i < known->allow.count; i++) {
        if (i > 0 && compare_allow(&item[i - 1], &item[i]) == 0)
            continue;
        /* the buffer remembers a refusal */
        laz_ignore(laz_buf_add_u32le(out, item[i].what));
        laz_ignore(laz_buf_add_u32le(out, numbers[item[i].label]));
        laz_ignore(laz_buf_add_u64le(out, item[i].size));
        laz_ignore(laz_buf_add(out, laz_view_from(item[i].bytes, sizeof item[i].bytes)));
        counts[item[i].what < LAZ_SIZES_COUNT ? item[i].what : LAZ_SIZES_COUNT + LAZ_LIST_KINDS]++;
    }
}

static int compare_texts(const void *p, const void *q, void *context)
{
    const struct laz_ruleset *set = context;

    return strcmp(laz_ruleset_text_at(set, *(const uint32_t *)p),
                  laz_ruleset_text_at(set, *(const uint32_t *)q));
}

static void write_allow_texts(const struct laz_ruleset *set, struct laz_buf *out, uint64_t *counts)
{
    const struct laz_list *texts = &set->known->allow_texts;

    if (texts->count > 0)
        qsort_r(texts->items, texts->count, sizeof(uint32_t), compare_texts,
                (void *)(uintptr_t)set);
    for (size_t i = 0; i < texts->count; i++)
        laz_ignore(
            laz_buf_add_u32le(out, *laz_list_at(uint32_t, texts, i))); /* it remembers a refusal */
    counts[LAZ_SIZES_COUNT + LAZ_LIST_KINDS] += texts->count;
}

/* Which lists have an entry, and how many each has. */
static void write_counts(const uint64_t *counts, struct laz_image *image)
{
    struct laz_buf *out = &image->sections[LAZ_SECTION_COUNTS];
    uint32_t lists = 0;

    for (unsigned i = 0; i < LAZ_LIST_KINDS; i++)
        lists |= counts[LAZ_SIZES_COUNT + i] > 0 ? 1u << i : 0;
    put_u32(image->sections[LAZ_SECTION_KNOWN].data + 16, lists);
    for (unsigned i = 0; i < LAZ_SIZES_COUNT + LAZ_LIST_KINDS + 1; i++)
        laz_ignore(laz_buf_add_u64le(out, counts[i])); /* it remembers a refusal */
}

static bool write_all(struct laz_ruleset *set, uint32_t *numbers, struct laz_image *image)
{
    uint64_t counts[LAZ_SIZES_COUNT + LAZ_LIST_KINDS + 1] = {0};
    struct laz_known_set *known = set->known;

    if (!laz_labels_write(known, image, numbers) ||
        !write_known(known, &image->sections[LAZ_SECTION_KNOWN]) ||
        !write_entries(known, numbers, image, counts) ||
        !write_sizes(known, &image->sections[LAZ_SECTION_SIZES]))
        return false;
    write_allow(known, numbers, &image->sections[LAZ_SECTION_ALLOW], counts);
    write_allow_texts(set, &image->sections[LAZ_SECTION_ALLOW_TEXTS], counts);
    write_counts(counts, image);
    return true;
}

enum laz_status laz_known_write(struct laz_ruleset *set, struct laz_image *image,
                                struct laz_error *err)
{
    uint32_t *numbers;
    bool ok;

    if (set->known == NULL)
        return LAZ_OK;
    numbers = calloc(set->known->labels.count + 1, sizeof *numbers);
    ok = numbers != NULL && write_all(set, numbers, image);
    free(numbers);
    laz_known_set_free(set->known);
    set->known = NULL;
    if (ok)
        return LAZ_OK;
    return laz_fail(err, LAZ_LIMIT, "database", "", "has too many hashes",
                    "build fewer sources into one database");
}
