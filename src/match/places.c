#include <stdlib.h>

#include "match/matcher_priv.h"

#define PLACES_KEPT 64 /* memory of an entry that stays for the next object */

static const struct laz_places no_places;

struct laz_places *laz_matcher_places_known(const struct laz_matcher *m, uint32_t pattern)
{
    uint32_t slot = m->pattern_slots[pattern];

    return slot < m->seen_count && m->seen[slot].pattern == pattern ? &m->seen[slot] : NULL;
}

struct laz_places *laz_matcher_places_add(struct laz_matcher *m, uint32_t pattern)
{
    struct laz_places *places = laz_matcher_places_known(m, pattern);

    if (places != NULL)
        return places;
    m->pattern_slots[pattern] = m->seen_count;
    places = &m->seen[m->seen_count++];
    places->pattern = pattern;
    places->count = 0;
    places->cut = false;
    return places;
}

const struct laz_places *laz_matcher_places(struct laz_matcher *m, uint32_t pattern)
{
    const struct laz_places *places = laz_matcher_places_known(m, pattern);

    if (places != NULL)
        return places;
    if ((laz_database_pattern(m->db, pattern).flags & LAZ_PATTERN_EAGER) != 0)
        return &no_places;
    laz_matcher_search(m, pattern);
    return laz_matcher_places_known(m, pattern);
}

static bool make_room(struct laz_matcher *m, struct laz_places *places)
{
    uint32_t capacity = places->capacity == 0 ? 4 : places->capacity * 2;
    struct laz_place *items;

    if (places->count < places->capacity)
        return true;
    items = realloc(places->items, capacity * sizeof *items);
    if (items == NULL) {
        m->status = LAZ_NOMEM;
        return false;
    }
    places->items = items;
    places->capacity = capacity;
    return true;
}

/* Places come almost in order: the few that do not are moved down. Of two lengths from one start,
 * in whatever order they are found, the longer stays of a greedy expression, the shorter of all
 * else. */
static void insert(struct laz_matcher *m, struct laz_places *places, struct laz_place place,
                   bool prefers_long)
{
    uint32_t at = places->count;

    while (at > 0 && places->items[at - 1].offset > place.offset)
        at--;
    if (at > 0 && places->items[at - 1].offset == place.offset) {
        if (prefers_long ? place.len > places->items[at - 1].len
                         : place.len < places->items[at - 1].len)
            places->items[at - 1] = place;
        return;
    }
    if (places->count >= m->matches_max) {
        places->cut = true;
        return;
    }
    if (!laz_matcher_spend(m, 1 + (places->count - at) / 8) || !make_room(m, places))
        return;
    memmove(places->items + at + 1, places->items + at, (places->count - at) * sizeof place);
    places->items[at] = place;
    places->count++;
}

void laz_matcher_keep(struct laz_matcher *m, const struct laz_form *form, uint64_t offset,
                      uint64_t end)
{
    struct laz_pattern_record pattern = laz_database_pattern(m->db, form->pattern);

    if (offset < pattern.span.first || offset > pattern.span.last)
        return;
    insert(m, laz_matcher_places_add(m, form->pattern), (struct laz_place){offset, end - offset},
           (form->flags & LAZ_FORM_GREEDY) != 0);
    if ((pattern.flags & LAZ_PATTERN_EAGER) != 0)
        laz_matcher_touch(m, pattern.rule);
}

static bool needs_more(const struct laz_matcher *m, uint32_t pattern, uint32_t flags)
{
    const struct laz_places *places;

    if ((flags & LAZ_PATTERN_EXISTS_ONLY) == 0 || m->want_places)
        return true;
    places = laz_matcher_places_known(m, pattern);
    return places == NULL || places->count == 0;
}

bool laz_matcher_wants(const struct laz_matcher *m, uint32_t pattern)
{
    return needs_more(m, pattern, laz_database_pattern(m->db, pattern).flags);
}

bool laz_matcher_wants_at(const struct laz_matcher *m, const struct laz_form *form, uint64_t offset)
{
    struct laz_pattern_record pattern = laz_database_pattern(m->db, form->pattern);
    uint64_t start = form->lead == LAZ_LEAD_NONE ? offset : offset - form->lead;

    if (form->lead != LAZ_LEAD_NONE && form->lead > offset)
        return false;
    if (start < pattern.span.first || (form->lead != LAZ_LEAD_NONE && start > pattern.span.last))
        return false;
    return needs_more(m, form->pattern, pattern.flags);
}

void laz_matcher_places_shrink(struct laz_matcher *m)
{
    if (m->seen_count > m->seen_max)
        m->seen_max = m->seen_count;
    for (uint32_t i = 0; i < m->seen_count; i++) {
        struct laz_places *places = &m->seen[i];

        if (places->capacity <= PLACES_KEPT)
            continue;
        free(places->items);
        places->items = NULL;
        places->capacity = places->count = 0;
    }
}

uint32_t laz_matcher_pattern_count(const struct laz_matcher *m, const struct laz_hit *hit)
{
    return laz_database_rule(m->db, hit->rule).pattern_count;
}

void laz_matcher_pattern(struct laz_matcher *m, const struct laz_hit *hit, uint32_t index,
                         struct laz_pattern_places *out)
{
    struct laz_rule rule = laz_database_rule(m->db, hit->rule);
    struct laz_pattern_record pattern;
    const struct laz_places *places;

    LAZ_ASSERT(m->want_places && index < rule.pattern_count);
    pattern = laz_database_pattern(m->db, rule.pattern_first + index);
    places = laz_matcher_places(m, rule.pattern_first + index);
    *out = (struct laz_pattern_places){
        .name = laz_database_text(m->db, pattern.name),
        .is_private = (pattern.flags & LAZ_PATTERN_PRIVATE) != 0,
        .exists_only = (pattern.flags & LAZ_PATTERN_EXISTS_ONLY) != 0,
        .is_hex = (pattern.flags & LAZ_PATTERN_HEX) != 0,
        .is_xor = (pattern.flags & LAZ_PATTERN_XOR) != 0,
        .first = (uint8_t)(pattern.flags >> LAZ_PATTERN_FIRST_SHIFT),
        .cut = places->cut,
        .places = places->items,
        .count = places->count,
    };
}

static const char *rule_of(const struct laz_database *db, uint32_t pattern)
{
    for (uint32_t i = 0; i < db->rule_count; i++) {
        struct laz_rule rule = laz_database_rule(db, i);

        if (pattern >= rule.pattern_first && pattern - rule.pattern_first < rule.pattern_count)
            return laz_database_text(db, rule.name);
    }
    return "";
}

bool laz_matcher_next_cut(const struct laz_matcher *m, uint32_t *at, const char **rule,
                          const char **string)
{
    while (*at < m->seen_count) {
        const struct laz_places *places = &m->seen[(*at)++];

        if (!places->cut)
            continue;
        *rule = rule_of(m->db, places->pattern);
        *string = laz_database_text(m->db, laz_database_pattern(m->db, places->pattern).name);
        return true;
    }
    return false;
}
