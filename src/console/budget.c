#include "console/budget.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "base/status.h"

static_assert(crypto_shorthash_KEYBYTES == 16, "the secret of the keys has 16 bytes");

void laz_budget_init(struct laz_budget *b, int64_t burst, int64_t refill_ms)
{
    LAZ_ASSERT(burst > 0 && refill_ms > 0);
    memset(b, 0, sizeof *b);
    b->rule = (struct laz_budget_rule){burst, refill_ms};
}

static void refill(const struct laz_budget *b, struct laz_budget_bucket *k, int64_t now_ms)
{
    int64_t gained;

    if (now_ms < k->since_ms) /* the clock was set back */
        k->since_ms = now_ms;
    gained = (now_ms - k->since_ms) / b->rule.refill_ms;
    k->since_ms += gained * b->rule.refill_ms;
    k->used = gained >= k->used ? 0 : k->used - gained;
    if (k->used == 0)
        k->since_ms = now_ms;
}

static struct laz_budget_bucket *find(struct laz_budget *b, uint64_t key)
{
    for (size_t i = 0; i < LAZ_BUDGET_KEYS; i++)
        if (b->buckets[i].key == key)
            return &b->buckets[i];
    return NULL;
}

/* A free bucket, or the one that is used least. */
static struct laz_budget_bucket *make(struct laz_budget *b, uint64_t key, int64_t now_ms)
{
    struct laz_budget_bucket *best = &b->buckets[0];

    for (size_t i = 0; i < LAZ_BUDGET_KEYS && best->key != 0; i++) {
        if (b->buckets[i].key != 0)
            refill(b, &b->buckets[i], now_ms);
        if (b->buckets[i].key == 0 || b->buckets[i].used < best->used)
            best = &b->buckets[i];
    }
    *best = (struct laz_budget_bucket){.key = key, .since_ms = now_ms};
    return best;
}

int64_t laz_budget_wait_ms(struct laz_budget *b, uint64_t key, int64_t now_ms)
{
    struct laz_budget_bucket *k = find(b, key);

    if (k == NULL)
        return 0;
    refill(b, k, now_ms);
    if (k->used < b->rule.burst)
        return 0;
    return k->since_ms + b->rule.refill_ms - now_ms;
}

void laz_budget_take(struct laz_budget *b, uint64_t key, int64_t now_ms)
{
    struct laz_budget_bucket *k = find(b, key);

    if (k == NULL)
        k = make(b, key, now_ms);
    refill(b, k, now_ms);
    LAZ_ASSERT(k->used < b->rule.burst);
    k->used++;
}

void laz_budget_give_back(struct laz_budget *b, uint64_t key, int64_t now_ms)
{
    struct laz_budget_bucket *k = find(b, key);

    if (k == NULL)
        return;
    refill(b, k, now_ms);
    if (k->used > 0)
        k->used--;
}

uint64_t laz_budget_key(const uint8_t secret[16], const char *kind, struct laz_view text)
{
    unsigned char input[16 + 256] = {0}, out[crypto_shorthash_BYTES];
    size_t kind_len = strlen(kind), text_len = text.len < 256 ? text.len : 256;
    uint64_t key;

    LAZ_ASSERT(kind_len <= 16);
    memcpy(input, kind, kind_len);
    if (text_len > 0)
        memcpy(input + 16, text.data, text_len);
    crypto_shorthash(out, input, 16 + text_len, secret);
    memcpy(&key, out, sizeof key);
    return key == 0 ? 1 : key;
}
