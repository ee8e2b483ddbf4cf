/* condition_priv.h - the parts of the machine that runs a rule's condition (program.h). Its code
 * was checked when the database was opened. */
#ifndef LAZ_MATCH_CONDITION_PRIV_H
#define LAZ_MATCH_CONDITION_PRIV_H

#include "match/matcher_priv.h"

/* How many of those asked hold, and of how many nothing is known. */
struct laz_condition_tally {
    uint8_t quantity;
    int64_t needed;
    uint64_t rounds, holding, unknown;
};

/* A loop that runs. */
struct laz_condition_loop {
    uint8_t op, quantity, slot;
    bool is_over;                /* the last of a range was taken */
    uint32_t body, end;          /* in the code */
    uint32_t items;              /* in the code: what a list holds */
    uint32_t round, round_count; /* of lists */
    int64_t at, last;            /* of ranges */
    struct laz_condition_tally tally;
    uint32_t outer_pattern; /* what the loop around it asks for */
};

struct laz_condition {
    struct laz_matcher *m;
    const struct laz_rule *rule;
    const uint8_t *code;
    uint32_t pc, depth, loop_count;
    uint32_t loop_pattern;
    struct laz_value stack[LAZ_CONDITION_STACK_MAX];
    struct laz_value slots[LAZ_CONDITION_SLOTS];
    struct laz_condition_loop loops[LAZ_CONDITION_LOOPS_MAX];
};

bool laz_condition_is_true(struct laz_value v);
/* What is undefined only because a search was cut could be anything. */
bool laz_condition_is_unknown(const struct laz_matcher *m, struct laz_value v);

/* op has two sides, and is not AND or OR; or one side. */
struct laz_value laz_condition_calculate(struct laz_matcher *m, uint8_t op, struct laz_value a,
                                         struct laz_value b);
struct laz_value laz_condition_turn(uint8_t op, struct laz_value v);
struct laz_value laz_condition_compare_texts(struct laz_matcher *m, uint8_t op, struct laz_view a,
                                             struct laz_view b);

/* op is one of FOUND to LENGTH; pattern is numbered in the database. */
struct laz_value laz_condition_ask(struct laz_matcher *m, uint8_t op, uint32_t pattern,
                                   const struct laz_value *args);
struct laz_value laz_condition_ask_rule(const struct laz_matcher *m, uint32_t rule);

/* Operations whose operands c->pc points to; they leave c->pc behind them, or where the loop goes
 * on. laz_condition_of is false when the steps ran out. */
bool laz_condition_of(struct laz_condition *c, uint8_t op);
void laz_condition_begin_loop(struct laz_condition *c, uint8_t op);
void laz_condition_end_item(struct laz_condition *c);
void laz_condition_next(struct laz_condition *c);

/* Takes one more into account. True when the answer is known already. */
bool laz_condition_tally_add(const struct laz_matcher *m, struct laz_condition_tally *t,
                             struct laz_value v);
struct laz_value laz_condition_tally_answer(const struct laz_condition_tally *t);
/* quantity of count with the number that was given for it. False when there is none: undefined. */
bool laz_condition_tally_start(struct laz_condition_tally *t, uint8_t quantity, uint64_t count,
                               struct laz_value number);

static inline void laz_condition_push(struct laz_condition *c, struct laz_value v)
{
    c->stack[c->depth++] = v;
}

#endif
