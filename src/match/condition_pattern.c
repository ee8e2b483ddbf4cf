#include "match/condition_priv.h"

static bool spend_search(struct laz_matcher *m, const struct laz_places *places)
{
    return laz_matcher_spend(m, 1 + places->count / 1024);
}

/* The first place at or behind offset: an index, or count. */
static uint32_t find_place(const struct laz_places *places, uint64_t offset)
{
    uint32_t low = 0, high = places->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (places->items[middle].offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* True when there may be more places than are known: an answer that would need them is undefined,
 * and the object counts as not fully matched. */
static bool is_cut(struct laz_matcher *m, const struct laz_places *places)
{
    bool is_missing = places->cut && !m->want_places;

    m->is_undecided = m->is_undecided || is_missing;
    if (is_missing || m->is_cut)
        m->is_unsure = true;
    return is_missing || m->is_cut;
}

static struct laz_value count_in(struct laz_matcher *m, uint32_t pattern, struct laz_value first,
                                 struct laz_value last, bool as_truth)
{
    const struct laz_places *places = laz_matcher_places(m, pattern);
    uint32_t from, to;

    if (first.kind != LAZ_VALUE_NUMBER || last.kind != LAZ_VALUE_NUMBER)
        return laz_value_undefined();
    if (last.n < first.n || last.n < 0 || !spend_search(m, places))
        return laz_value_number(0);
    from = find_place(places, first.n < 0 ? 0 : (uint64_t)first.n);
    to = last.n == INT64_MAX ? places->count : find_place(places, (uint64_t)last.n + 1);
    if ((from == to || !as_truth) && is_cut(m, places))
        return laz_value_undefined();
    return laz_value_number(as_truth ? to > from : to - from);
}

static struct laz_value place_of(struct laz_matcher *m, uint32_t pattern, struct laz_value index,
                                 bool len)
{
    const struct laz_places *places = laz_matcher_places(m, pattern);

    if (index.kind != LAZ_VALUE_NUMBER || index.n < 1)
        return laz_value_undefined();
    if (is_cut(m, places) || (uint64_t)index.n > places->count)
        return laz_value_undefined();
    return laz_value_number(len ? (int64_t)places->items[index.n - 1].len
                                : (int64_t)places->items[index.n - 1].offset);
}

static struct laz_value count_of(struct laz_matcher *m, uint32_t pattern)
{
    const struct laz_places *places = laz_matcher_places(m, pattern);

    return is_cut(m, places) ? laz_value_undefined() : laz_value_number(places->count);
}

static struct laz_value found(struct laz_matcher *m, uint32_t pattern)
{
    const struct laz_places *places = laz_matcher_places(m, pattern);

    return places->count == 0 && is_cut(m, places) ? laz_value_undefined()
                                                   : laz_value_number(places->count > 0);
}

struct laz_value laz_condition_ask(struct laz_matcher *m, uint8_t op, uint32_t pattern,
                                   const struct laz_value *args)
{
    switch (op) {
    case LAZ_CONDITION_FOUND:
        return found(m, pattern);
    case LAZ_CONDITION_AT: /* no place is not that place */
        if (args[0].kind != LAZ_VALUE_NUMBER && !m->is_unsure)
            return laz_value_number(0);
        return count_in(m, pattern, args[0], args[0], true);
    case LAZ_CONDITION_IN:
        return count_in(m, pattern, args[0], args[1], true);
    case LAZ_CONDITION_COUNT:
        return count_of(m, pattern);
    case LAZ_CONDITION_COUNT_IN:
        return count_in(m, pattern, args[0], args[1], false);
    default:
        return place_of(m, pattern, args[0], op == LAZ_CONDITION_LENGTH);
    }
}

struct laz_value laz_condition_ask_rule(const struct laz_matcher *m, uint32_t rule)
{
    return laz_value_number(laz_matcher_fired(m, rule));
}
