#include <stdlib.h>

#include "match/matcher_priv.h"

static uint32_t count_of(const struct laz_database *db, enum laz_trust kind)
{
    switch (kind) {
    case LAZ_TRUST_RULE:
        return db->rule_count;
    case LAZ_TRUST_FORM:
        return db->form_count;
    case LAZ_TRUST_ATOM:
        return db->atom_count;
    case LAZ_TRUST_GUARD:
    case LAZ_TRUST_KINDS:
        break;
    }
    return db->guard_count;
}

static bool fits(const struct laz_database *db, enum laz_trust kind, uint32_t index)
{
    switch (kind) {
    case LAZ_TRUST_RULE:
        return laz_database_rule_fits(db, index);
    case LAZ_TRUST_FORM:
        return laz_database_form_fits(db, index) &&
               laz_database_pattern_fits(db, laz_database_form(db, index).pattern);
    case LAZ_TRUST_ATOM:
        return laz_database_atom_fits(db, index);
    case LAZ_TRUST_GUARD:
    case LAZ_TRUST_KINDS:
        break;
    }
    return laz_database_guard_fits(db, index);
}

bool laz_matcher_check(struct laz_matcher *m, enum laz_trust kind, uint32_t index)
{
    uint8_t *byte, bit = (uint8_t)(1u << index % 8);

    if (index < count_of(m->db, kind)) {
        byte = &m->trusted[kind][index / 8];
        if ((*byte & bit) != 0)
            return true;
        if (fits(m->db, kind, index)) {
            *byte |= bit;
            return true;
        }
    }
    m->status = LAZ_DAMAGED;
    return false;
}

bool laz_matcher_trust_new(struct laz_matcher *m)
{
    for (unsigned kind = 0; kind < LAZ_TRUST_KINDS && !m->db->is_checked; kind++) {
        m->trusted[kind] = calloc(count_of(m->db, (enum laz_trust)kind) / 8 + 1, 1);
        if (m->trusted[kind] == NULL)
            return false;
    }
    return true;
}

void laz_matcher_trust_clear(struct laz_matcher *m)
{
    for (unsigned kind = 0; kind < LAZ_TRUST_KINDS; kind++)
        free(m->trusted[kind]);
}
