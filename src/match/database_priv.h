/* database_priv.h - how the parts of this folder read a database that laz_database_open accepted.
 * Indices and code were checked there; texts are checked where they are taken. */
#ifndef LAZ_MATCH_DATABASE_PRIV_H
#define LAZ_MATCH_DATABASE_PRIV_H

#include <string.h>

#include "match/format.h"

struct laz_database {
    struct laz_view sections[LAZ_SECTIONS];
    uint32_t rule_count, pattern_count, form_count, atom_count, always_count, source_count;
    uint32_t guard_count, late_count;
    uint32_t gap_count; /* of all forms */
    uint32_t name, platform; /* texts */
    uint64_t built_ms;
};

struct laz_rule {
    uint32_t name, source, tags; /* texts */
    uint32_t pattern_first, pattern_count;
    uint32_t code, code_len;
    uint32_t flags;
};

struct laz_form {
    uint32_t pattern, flags;
    uint32_t back, back_len, ahead, ahead_len;
    uint32_t gap_first, gap_count;
    uint32_t lead; /* bytes from the form's start to its atom, or LAZ_LEAD_NONE */
    uint32_t guard, guard_run;
};

struct laz_guard {
    uint32_t code, code_len, target;
};

/* Where a pattern's places matter. */
struct laz_span {
    uint64_t first, last;
};

struct laz_atom {
    uint32_t form_first, form_count, len, late;
};

static inline uint16_t laz_load_u16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}
static inline uint32_t laz_load_u32(const uint8_t *p)
{
    return (uint32_t)laz_load_u16(p) | (uint32_t)laz_load_u16(p + 2) << 16;
}
static inline uint64_t laz_load_u64(const uint8_t *p)
{
    return laz_load_u32(p) | (uint64_t)laz_load_u32(p + 4) << 32;
}

/* "" when there is no such text. */
const char *laz_database_text(const struct laz_database *db, uint32_t text);
/* index is below the section's count. */
struct laz_rule laz_database_rule(const struct laz_database *db, uint32_t index);
struct laz_form laz_database_form(const struct laz_database *db, uint32_t index);
struct laz_atom laz_database_atom(const struct laz_database *db, uint32_t index);
uint32_t laz_database_always(const struct laz_database *db, uint32_t index);
uint32_t laz_database_pattern_rule(const struct laz_database *db, uint32_t pattern);
uint32_t laz_database_pattern_flags(const struct laz_database *db, uint32_t pattern);
struct laz_span laz_database_pattern_span(const struct laz_database *db, uint32_t pattern);
struct laz_guard laz_database_guard(const struct laz_database *db, uint32_t index);
const uint8_t *laz_database_code(const struct laz_database *db, uint32_t offset);

static inline uint8_t laz_rule_target(const struct laz_rule *rule)
{
    return (uint8_t)(rule->flags >> LAZ_RULE_TARGET_SHIFT);
}

/* The borders of opening: records and programs, and digests. False when anything does not fit. */
bool laz_database_check_rules(struct laz_database *db);
bool laz_database_check_digests(const struct laz_database *db);

#endif
