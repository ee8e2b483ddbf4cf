#include "match/condition_priv.h"

bool laz_condition_tally_start(struct laz_condition_tally *t, uint8_t quantity, uint64_t count,
                               struct laz_value number)
{
    *t = (struct laz_condition_tally){.quantity = quantity};
    switch ((enum laz_quantity)quantity) {
    case LAZ_QUANTITY_ANY:
        t->needed = 1;
        return true;
    case LAZ_QUANTITY_ALL:
    case LAZ_QUANTITY_NONE:
    case LAZ_QUANTITIES:
        return true;
    case LAZ_QUANTITY_SOME:
        t->needed = number.n;
        break;
    case LAZ_QUANTITY_PERCENT: /* of at most 2^16, rounded up */
        t->needed = number.n > 100 ? (int64_t)count + 1
                    : number.n < 0 ? -1
                                   : ((int64_t)count * number.n + 99) / 100;
        break;
    }
    if (quantity == LAZ_QUANTITY_SOME && t->needed == 0)
        t->quantity = LAZ_QUANTITY_NONE;
    return number.kind == LAZ_VALUE_NUMBER;
}

bool laz_condition_tally_add(const struct laz_matcher *m, struct laz_condition_tally *t,
                             struct laz_value v)
{
    bool holds = laz_condition_is_true(v);

    t->rounds++;
    t->holding += holds;
    t->unknown += laz_condition_is_unknown(m, v);
    switch ((enum laz_quantity)t->quantity) {
    case LAZ_QUANTITY_ALL:
        return t->holding + t->unknown < t->rounds;
    case LAZ_QUANTITY_NONE:
        return holds;
    case LAZ_QUANTITY_ANY:
    case LAZ_QUANTITY_SOME:
    case LAZ_QUANTITY_PERCENT:
    case LAZ_QUANTITIES:
        break;
    }
    return (int64_t)t->holding >= t->needed;
}

/* Where nothing was asked, nothing holds. */
struct laz_value laz_condition_tally_answer(const struct laz_condition_tally *t)
{
    if (t->rounds == 0)
        return laz_value_number(0);
    switch ((enum laz_quantity)t->quantity) {
    case LAZ_QUANTITY_ALL:
        if (t->holding + t->unknown < t->rounds)
            return laz_value_number(0);
        return t->unknown > 0 ? laz_value_undefined() : laz_value_number(1);
    case LAZ_QUANTITY_NONE:
        if (t->holding > 0)
            return laz_value_number(0);
        return t->unknown > 0 ? laz_value_undefined() : laz_value_number(1);
    case LAZ_QUANTITY_ANY:
    case LAZ_QUANTITY_SOME:
    case LAZ_QUANTITY_PERCENT:
    case LAZ_QUANTITIES:
        break;
    }
    if ((int64_t)t->holding >= t->needed)
        return laz_value_number(1);
    return t->unknown > 0 ? laz_value_undefined() : laz_value_number(0);
}

static bool has_number(uint8_t quantity)
{
    return quantity == LAZ_QUANTITY_SOME || quantity == LAZ_QUANTITY_PERCENT;
}

/* What is asked of each. False when a place is no number: nothing can be said. */
static bool are_places(const struct laz_value *args, uint8_t how)
{
    for (uint8_t i = 0; i < how; i++)
        if (args[i].kind != LAZ_VALUE_NUMBER)
            return false;
    return true;
}

/* Too few are left to be asked. */
static bool is_hopeless(const struct laz_condition_tally *t, uint32_t left)
{
    switch ((enum laz_quantity)t->quantity) {
    case LAZ_QUANTITY_ALL:
    case LAZ_QUANTITY_NONE:
        return false;
    case LAZ_QUANTITY_ANY:
    case LAZ_QUANTITY_SOME:
    case LAZ_QUANTITY_PERCENT:
    case LAZ_QUANTITIES:
        break;
    }
    return t->unknown == 0 && (int64_t)(t->holding + left) < t->needed;
}

/* quantity u8, what laz_of says u8, count u16, patterns; or without the way, and rules. */
bool laz_condition_of(struct laz_condition *c, uint8_t op)
{
    static const uint8_t ask[] = {LAZ_CONDITION_FOUND, LAZ_CONDITION_AT, LAZ_CONDITION_IN};
    const uint8_t *p = c->code + c->pc;
    bool of_rules = op == LAZ_CONDITION_OF_RULES, decided = false;
    uint8_t quantity = p[0], how = of_rules ? LAZ_OF_FOUND : p[1];
    const uint8_t *items = p + (of_rules ? 3 : 4);
    uint32_t count = laz_load_u16(items - 2);
    const struct laz_value *args;
    struct laz_condition_tally tally;
    struct laz_value answer = laz_value_undefined();

    c->pc += (of_rules ? 3 : 4) + count * (of_rules ? 4 : 2);
    c->depth -= how;
    args = c->stack + c->depth;
    if (has_number(quantity))
        c->depth--;
    if (laz_condition_tally_start(&tally, quantity, count, c->stack[c->depth]) &&
        are_places(args, how)) {
        for (uint32_t i = 0; !decided && i < count; i++) {
            struct laz_value v =
                of_rules ? laz_condition_ask_rule(c->m, laz_load_u32(items + 4 * (size_t)i))
                         : laz_condition_ask(
                               c->m, ask[how],
                               c->rule->pattern_first + laz_load_u16(items + 2 * (size_t)i), args);

            if (!laz_matcher_spend(c->m, 1))
                return false;
            decided =
                laz_condition_tally_add(c->m, &tally, v) || is_hopeless(&tally, count - i - 1);
        }
        answer = laz_condition_tally_answer(&tally);
    }
    laz_condition_push(c, answer);
    return true;
}

static struct laz_condition_loop *top(struct laz_condition *c)
{
    return &c->loops[c->loop_count - 1];
}

static void end_loop(struct laz_condition *c, struct laz_value answer)
{
    struct laz_condition_loop *loop = top(c);

    c->pc = loop->end;
    c->loop_pattern = loop->outer_pattern;
    c->loop_count--;
    laz_condition_push(c, answer);
}

/* Prepares the loop's next round. False when there is none. */
static bool next_round(struct laz_condition *c)
{
    struct laz_condition_loop *loop = top(c);

    switch (loop->op) {
    case LAZ_CONDITION_LOOP_RANGE:
    case LAZ_CONDITION_LOOP_COUNT:
        if (loop->is_over || loop->at > loop->last)
            return false;
        c->slots[loop->slot] = laz_value_number(loop->at);
        loop->is_over = loop->at == loop->last; /* which may be the largest number */
        if (!loop->is_over)
            loop->at++;
        c->pc = loop->body;
        return true;
    case LAZ_CONDITION_LOOP_PATTERNS:
        if (loop->round == loop->round_count)
            return false;
        c->loop_pattern = laz_load_u16(c->code + loop->items + 2 * (size_t)loop->round++);
        c->pc = loop->body;
        return true;
    default:
        if (loop->round == loop->round_count)
            return false;
        c->pc = laz_load_u32(c->code + loop->items + 4 * (size_t)loop->round++);
        return true;
    }
}

/* Takes the operands apart; where c->pc stands behind them. */
static void read_loop(struct laz_condition *c, struct laz_condition_loop *loop)
{
    const uint8_t *p = c->code + c->pc;

    loop->quantity = p[0];
    switch (loop->op) {
    case LAZ_CONDITION_LOOP_RANGE:
    case LAZ_CONDITION_LOOP_COUNT:
        loop->slot = p[1];
        loop->end = laz_load_u32(p + 2);
        c->pc += 6;
        break;
    case LAZ_CONDITION_LOOP_PATTERNS:
        loop->end = laz_load_u32(p + 1);
        loop->round_count = laz_load_u16(p + 5);
        loop->items = c->pc + 7;
        c->pc = loop->items + 2 * loop->round_count;
        break;
    default:
        loop->slot = p[1];
        loop->end = laz_load_u32(p + 2);
        loop->round_count = laz_load_u16(p + 10);
        loop->items = c->pc + 12;
        loop->body = laz_load_u32(p + 6);
        c->pc = loop->items + 4 * loop->round_count;
        return;
    }
    loop->body = c->pc;
}

/* The range's ends, from the stack. False when one is no number. */
static bool take_range(struct laz_condition *c, struct laz_condition_loop *loop)
{
    const struct laz_value *v;

    c->depth -= loop->op == LAZ_CONDITION_LOOP_RANGE ? 2 : 1;
    v = c->stack + c->depth;
    if (v[0].kind != LAZ_VALUE_NUMBER)
        return false;
    if (loop->op == LAZ_CONDITION_LOOP_COUNT) {
        loop->last = v[0].n > 0 ? v[0].n - 1 : -1;
        return true;
    }
    loop->at = v[0].n;
    loop->last = v[1].n;
    return v[1].kind == LAZ_VALUE_NUMBER;
}

static struct laz_value nothing(const struct laz_matcher *m)
{
    return m->is_unsure ? laz_value_undefined() : laz_value_number(0);
}

void laz_condition_begin_loop(struct laz_condition *c, uint8_t op)
{
    struct laz_condition_loop *loop = &c->loops[c->loop_count++];
    bool has_rounds = true;

    *loop = (struct laz_condition_loop){.op = op, .outer_pattern = c->loop_pattern};
    read_loop(c, loop);
    if (op == LAZ_CONDITION_LOOP_RANGE || op == LAZ_CONDITION_LOOP_COUNT)
        has_rounds = take_range(c, loop);
    if (has_number(loop->quantity))
        c->depth--;
    if (!laz_condition_tally_start(&loop->tally, loop->quantity, loop->round_count,
                                   c->stack[c->depth]))
        end_loop(c, laz_value_undefined());
    else if (!has_rounds || !next_round(c))
        end_loop(c, nothing(c->m));
}

void laz_condition_end_item(struct laz_condition *c)
{
    struct laz_condition_loop *loop = top(c);

    c->slots[loop->slot] = c->stack[--c->depth];
    c->pc = loop->body;
}

void laz_condition_next(struct laz_condition *c)
{
    struct laz_condition_loop *loop = top(c);
    bool decided = laz_condition_tally_add(c->m, &loop->tally, c->stack[--c->depth]);

    if (decided || !next_round(c))
        end_loop(c, laz_condition_tally_answer(&loop->tally));
}
