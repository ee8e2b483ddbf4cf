/* budget.h - how often something may be tried: a bucket for each key (an account's name, a source's
 * address) that fills slowly. Fixed memory: when the table is full, the fullest bucket makes room,
 * which has the least to remember. Pure: the time is an argument. */
#ifndef LAZ_CONSOLE_BUDGET_H
#define LAZ_CONSOLE_BUDGET_H

#include "base/view.h"

#define LAZ_BUDGET_KEYS 1024

struct laz_budget_rule {
    int64_t burst;     /* so many at once */
    int64_t refill_ms; /* and one more each so often */
};

struct laz_budget_bucket {
    uint64_t key;     /* 0: free */
    int64_t used;     /* 0 to burst */
    int64_t since_ms; /* the last refill that was counted */
};

struct laz_budget {
    struct laz_budget_rule rule;
    struct laz_budget_bucket buckets[LAZ_BUDGET_KEYS];
};

void laz_budget_init(struct laz_budget *b, int64_t burst, int64_t refill_ms);

/* Milliseconds until one more may be tried; 0: now. Takes nothing. */
int64_t laz_budget_wait_ms(struct laz_budget *b, uint64_t key, int64_t now_ms);
/* Takes one; asserts that the wait is over. */
void laz_budget_take(struct laz_budget *b, uint64_t key, int64_t now_ms);
/* Gives one back, when it turned out that it was right. */
void laz_budget_give_back(struct laz_budget *b, uint64_t key, int64_t now_ms);

/* A key for a text and a kind of key; never 0. secret: drawn at start, so that nobody can choose
 * texts that share a bucket. */
uint64_t laz_budget_key(const uint8_t secret[16], const char *kind, struct laz_view text);

#endif
