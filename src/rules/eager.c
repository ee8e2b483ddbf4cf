#include <stdlib.h>

#include "rules/compiler_priv.h"

/* An atom that is met more often costs more than a search for its pattern on demand: a hit about 40
 * ns, a search 0.1 ns a byte. */
#define RATE_MAX   (1.0 / 400)
#define ATOM_COST  (1.0 / (1 << 26)) /* of an atom that is never met: the matcher grows by it */
#define TOUCH_COST 100 /* of a pattern that is found, in hits: others are searched for */
#define WORTH_MAX  160 /* what is rarer is not met */
#define RUN_MAX    64
#define SPAN_SMALL 4096         /* a search in so few bytes costs nothing */
#define SLOW_RATE  (1.0 / 2000) /* 500 times in a million bytes */
#define SPAN_WORTH 32           /* of an atom that is rare enough nevertheless */

/* How often something of this worth (-2 log2) is met in a byte. */
static double rate_of(unsigned worth)
{
    double rate = (worth & 1) != 0 ? 0.70710678118654752 : 1;

    for (unsigned i = 0; i < worth / 2 && i < WORTH_MAX / 2; i++)
        rate /= 2;
    return rate;
}

/* How much the form tells as a whole: at least what its whole bytes do. */
static unsigned worth_of(const struct laz_bodies *b, const struct laz_cut_form *form)
{
    bool nocase = laz_list_at(struct laz_body, &b->set->bodies, form->body)->nocase;
    uint8_t run[RUN_MAX];
    size_t len = 0;
    unsigned worth = 0, depth = 0;

    for (uint32_t i = 0; i < form->token_count && worth < WORTH_MAX; i++) {
        struct laz_token token =
            *laz_list_at(struct laz_token, &b->set->tokens, form->token_first + i);

        depth += token.kind == LAZ_TOKEN_OPEN || token.kind == LAZ_TOKEN_OPEN_NOT;
        depth -= token.kind == LAZ_TOKEN_CLOSE;
        if (depth == 0 && token.kind == LAZ_TOKEN_BYTE && token.mask == 0xff && len < RUN_MAX) {
            run[len++] = token.value;
            continue;
        }
        worth += laz_run_worth(run, len, nocase);
        len = 0;
    }
    worth += laz_run_worth(run, len, nocase);
    return worth > form->worth ? worth : form->worth;
}

static double cost_of(const struct laz_bodies *b, uint32_t pattern,
                      const struct laz_span_wanted *span)
{
    bool is_small =
        span->is_asked && span->last >= span->first && span->last - span->first < SPAN_SMALL;
    double rate = 0, cost = 0;

    for (uint32_t i = b->form_firsts[pattern]; i < b->form_firsts[pattern + 1]; i++) {
        const struct laz_cut_form *form = laz_list_at(struct laz_cut_form, &b->forms, i);

        if (form->atom_len == 0 || (is_small && form->worth < SPAN_WORTH))
            return LAZ_TRIGGER_NEVER;
        rate += rate_of(form->worth);
        cost += TOUCH_COST * rate_of(worth_of(b, form)) + ATOM_COST;
    }
    return rate > RATE_MAX ? LAZ_TRIGGER_NEVER : rate + cost;
}

/* Whether some pattern that the rule asks for is searched for in the whole object. */
static bool searches_all(const struct laz_bodies *b, const struct laz_ir_rule *rule,
                         const struct laz_span_wanted *spans)
{
    for (uint32_t i = 0; i < rule->pattern_count; i++)
        if (!b->is_eager[rule->pattern_first + i] &&
            (!spans[i].is_asked || spans[i].last - spans[i].first >= SPAN_SMALL))
            return true;
    return false;
}

/* Names a rule that costs much although an object is clean. */
static void tell_slow(const struct laz_bodies *b, uint32_t index,
                      const struct laz_span_wanted *spans)
{
    const struct laz_ir_rule *rule = laz_list_at(struct laz_ir_rule, &b->set->rules, index);
    bool is_always = b->rule_costs[index] >= LAZ_TRIGGER_NEVER;
    struct laz_group_key key;
    struct laz_error why;

    laz_group_find(b->set, rule, &key);
    if (b->set->slow == NULL || key.target != LAZ_TARGET_ANY || key.magic_len > 0 ||
        (is_always ? !searches_all(b, rule, spans) : b->rule_costs[index] < SLOW_RATE))
        return;
    laz_ignore(laz_fail_at(&why, LAZ_LIMIT, "slow rule", laz_ruleset_text_at(b->set, rule->source),
                           rule->line, rule->column,
                           is_always ? "its strings are searched for in every object"
                                     : "its strings are met often in clean objects",
                           "ask for a rare string too, or for how objects of that kind begin"));
    b->set->slow(b->set->slow_context, &why);
}

static bool add_waits(struct laz_bodies *b, uint32_t rule, const struct laz_triggers *triggers)
{
    for (size_t i = 0; i < triggers->rules.count; i++) {
        struct laz_wait *wait = laz_list_add(b->set, &b->waits, sizeof *wait);

        if (wait == NULL)
            return false;
        *wait = (struct laz_wait){*laz_list_at(uint32_t, &triggers->rules, i), rule};
    }
    return true;
}

static bool choose(struct laz_bodies *b, uint32_t index)
{
    const struct laz_ir_rule *rule = laz_list_at(struct laz_ir_rule, &b->set->rules, index);
    struct laz_span_wanted *spans = calloc(rule->pattern_count + 1u, sizeof *spans);
    struct laz_triggers triggers = {.patterns = b->is_eager + rule->pattern_first};
    struct laz_trigger_costs costs = {b->costs + rule->pattern_first, b->rule_costs};
    bool ok = spans != NULL;

    if (ok)
        laz_spans_find(b->set, rule, spans);
    for (uint32_t i = 0; ok && i < rule->pattern_count; i++)
        b->costs[rule->pattern_first + i] = cost_of(b, rule->pattern_first + i, &spans[i]);
    ok = ok && laz_triggers_choose(b->set, rule, &costs, &triggers);
    b->rule_costs[index] = triggers.cost;
    ok = ok && add_waits(b, index, &triggers);
    if (ok)
        tell_slow(b, index, spans);
    free(spans);
    free(triggers.rules.items);
    return ok;
}

bool laz_eager_choose(struct laz_bodies *b)
{
    for (uint32_t i = 0; i < b->set->rules.count; i++)
        if (!choose(b, i))
            return false;
    return true;
}
