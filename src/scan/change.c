#include "scan/change.h"

#include <math.h>
#include <string.h>

#define BLOCK_SIZE   ((size_t)4096)
#define BLOCKS_MAX   (LAZ_CHANGE_SAMPLE_MAX / BLOCK_SIZE)
#define CHI2_LEN_MIN 256u /* fewer bytes than values say nothing */
#define VALUES       256u
#define EVEN_CHI2_MAX                                                                              \
    350.0 /* 255 + 4.2 standard deviations of chi-square with 255 degrees: one of 100,000 */
#define SHINGLE_LEN  16u
#define SHINGLES_MAX 2048u /* remembered of the old content */
#define SHINGLE_MASK                                                                               \
    31u /* one of 32 is taken, chosen by its own hash, so that shifts do not matter */

/* How often each byte value occurs. */
struct counts {
    uint32_t of[VALUES];
    size_t len;
};

static void count(struct counts *c, struct laz_view v)
{
    for (size_t i = 0; i < v.len; i++)
        c->of[v.data[i]]++;
    c->len += v.len;
}

static double entropy(const struct counts *c)
{
    double bits = 0;

    for (size_t i = 0; i < VALUES; i++) {
        double p = c->len == 0 ? 0 : (double)c->of[i] / (double)c->len;

        if (c->of[i] > 0)
            bits -= p * log2(p);
    }
    return bits < 0 ? 0 : bits; /* -0 of a single value */
}

static double chi_square(const struct counts *c)
{
    double expected = (double)c->len / VALUES, sum = 0;

    if (c->len < CHI2_LEN_MIN)
        return 0;
    for (size_t i = 0; i < VALUES; i++) {
        double off = (double)c->of[i] - expected;

        sum += off * off / expected;
    }
    return sum;
}

/* The blocks that are looked at: the first ones, the last one, and others evenly between, at the
 * same places in both contents. */
struct sample {
    uint64_t at[BLOCKS_MAX];
    size_t count;
};

static void choose(uint64_t len, struct sample *out)
{
    uint64_t blocks = (len + BLOCK_SIZE - 1) / BLOCK_SIZE;
    size_t last = BLOCKS_MAX - 1;

    out->count = blocks < BLOCKS_MAX ? (size_t)blocks : BLOCKS_MAX;
    for (size_t i = 0; i < out->count; i++) {
        uint64_t block =
            blocks <= BLOCKS_MAX ? i : (uint64_t)((double)i * (double)(blocks - 1) / (double)last);

        out->at[i] = block * BLOCK_SIZE;
    }
}

static struct laz_view block_of(struct laz_view v, uint64_t at)
{
    return laz_view_first(laz_view_from_offset(v, at), BLOCK_SIZE);
}

static bool looks_encrypted(const struct counts *c, double *chi2)
{
    *chi2 = chi_square(c);
    return *chi2 > 0 && *chi2 < EVEN_CHI2_MAX;
}

static double measure_old(struct laz_view old)
{
    struct counts all = {.len = 0};
    struct sample sample;

    choose(old.len, &sample);
    for (size_t i = 0; i < sample.count; i++)
        count(&all, block_of(old, sample.at[i]));
    return entropy(&all);
}

/* What stands block by block: the new content alone, and what it replaced. */
static void measure_blocks(struct laz_view old, struct laz_view new_, struct laz_change *out)
{
    struct counts all = {.len = 0};
    struct sample sample;
    size_t judged = 0, encrypted = 0, changed = 0;
    double chi2, least = 0;

    choose(new_.len, &sample);
    for (size_t i = 0; i < sample.count; i++) {
        struct laz_view block = block_of(new_, sample.at[i]), before = block_of(old, sample.at[i]);
        struct counts one = {.len = 0};
        bool even, differs = !laz_view_equal(block, before);

        count(&one, block);
        count(&all, block);
        even = looks_encrypted(&one, &chi2);
        out->new_entropy_max = fmax(out->new_entropy_max, entropy(&one));
        if (chi2 > 0 && (least <= 0 || chi2 < least))
            least = chi2;
        changed += differs ? 1 : 0;
        if (before.len == 0 || chi2 <= 0)
            continue;
        judged++;
        encrypted += even && differs ? 1 : 0;
    }
    out->new_entropy = entropy(&all);
    out->new_chi2 = least;
    out->encrypted_share = judged == 0 ? 0 : (double)encrypted / (double)judged;
    out->header_only = changed == 1 && sample.count > 1 && old.len == new_.len &&
                       !laz_view_equal(block_of(old, 0), block_of(new_, 0));
}

static uint64_t hash_shingle(const uint8_t *p)
{
    uint64_t h = 0xcbf29ce484222325u; /* FNV-1a */

    for (size_t i = 0; i < SHINGLE_LEN; i++)
        h = (h ^ p[i]) * 0x100000001b3u;
    return h ^ h >> 29;
}

/* Chosen pieces of the old content, in a table of hashes. */
struct shingles {
    uint64_t slot[SHINGLES_MAX * 2];
    size_t count;
};

static bool shingle_has(const struct shingles *s, uint64_t h)
{
    size_t i = (size_t)(h % (SHINGLES_MAX * 2));

    while (s->slot[i] != 0 && s->slot[i] != h)
        i = (i + 1) % (SHINGLES_MAX * 2);
    return s->slot[i] == h;
}

static void shingle_add(struct shingles *s, uint64_t h)
{
    size_t i = (size_t)(h % (SHINGLES_MAX * 2));

    if (s->count == SHINGLES_MAX)
        return;
    while (s->slot[i] != 0 && s->slot[i] != h)
        i = (i + 1) % (SHINGLES_MAX * 2);
    s->count += s->slot[i] == 0 ? 1 : 0;
    s->slot[i] = h;
}

/* Whether all bytes of a piece are one: fillings are found anywhere and say nothing. */
static bool is_filling(const uint8_t *p)
{
    for (size_t i = 1; i < SHINGLE_LEN; i++)
        if (p[i] != p[0])
            return false;
    return true;
}

static bool is_chosen(const uint8_t *p, uint64_t *h)
{
    *h = hash_shingle(p);
    return (*h & SHINGLE_MASK) == 0 && *h != 0 && !is_filling(p);
}

static void add_shingles(struct shingles *s, struct laz_view v)
{
    uint64_t h;

    for (size_t i = 0; i + SHINGLE_LEN <= v.len; i++)
        if (is_chosen(v.data + i, &h))
            shingle_add(s, h);
}

static size_t count_found(const struct shingles *s, struct laz_view v, size_t *chosen)
{
    size_t found = 0;
    uint64_t h;

    for (size_t i = 0; i + SHINGLE_LEN <= v.len; i++) {
        if (!is_chosen(v.data + i, &h))
            continue;
        (*chosen)++;
        found += shingle_has(s, h) ? 1 : 0;
    }
    return found;
}

/* Small contents give too few pieces: they are compared byte by byte. */
static double same_bytes(struct laz_view a, struct laz_view b)
{
    size_t len = a.len > b.len ? a.len : b.len, same = 0;

    for (size_t i = 0; i < a.len && i < b.len; i++)
        same += a.data[i] == b.data[i] ? 1 : 0;
    return len == 0 ? 1 : (double)same / (double)len;
}

/* The share of the old content's blocks that stand in the new one unmoved. */
static double same_blocks(struct laz_view old, struct laz_view new_)
{
    struct sample sample;
    size_t same = 0;

    choose(old.len, &sample);
    for (size_t i = 0; i < sample.count; i++)
        same += laz_view_equal(block_of(old, sample.at[i]), block_of(new_, sample.at[i])) ? 1 : 0;
    return sample.count == 0 ? 0 : (double)same / (double)sample.count;
}

static double similarity(struct laz_view old, struct laz_view new_)
{
    struct shingles shingles = {.count = 0};
    struct laz_view some = laz_view_first(old, LAZ_CHANGE_SAMPLE_MAX / 4);
    struct laz_view others = laz_view_first(new_, LAZ_CHANGE_SAMPLE_MAX / 2);
    size_t chosen = 0, found;
    double blocks;

    if (old.len == 0 || new_.len == 0)
        return old.len == new_.len ? 1 : 0;
    blocks = same_blocks(old, new_);
    if (blocks >= 1 && old.len == new_.len)
        return 1;
    add_shingles(&shingles, some);
    if (shingles.count < 8)
        return fmax(blocks,
                    same_bytes(laz_view_first(old, BLOCK_SIZE), laz_view_first(new_, BLOCK_SIZE)));
    found = count_found(&shingles, others, &chosen);
    return fmax(blocks, fmin(1, (double)found / (double)shingles.count));
}

void laz_change_measure(struct laz_view old, struct laz_view new_, laz_change_identify_fn *identify,
                        struct laz_change *out)
{
    *out = (struct laz_change){.old_size = old.len, .new_size = new_.len};
    out->old_entropy = measure_old(old);
    measure_blocks(old, new_, out);
    out->similarity = similarity(old, new_);
    if (identify == NULL)
        return;
    out->old_known_type = old.len > 0 && identify(old, out->old_type);
    out->new_known_type = new_.len > 0 && identify(new_, out->new_type);
    out->header_only = out->header_only && out->old_known_type && !out->new_known_type;
}
