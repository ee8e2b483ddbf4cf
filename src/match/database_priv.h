/* database_priv.h - how the parts of this folder read a database that laz_database_open accepted.
 * Indices and code were checked there; texts are checked where they are taken. */
#ifndef LAZ_MATCH_DATABASE_PRIV_H
#define LAZ_MATCH_DATABASE_PRIV_H

#include <string.h>

#include "match/format.h"
#include "match/value.h"

struct laz_database {
    struct laz_view sections[LAZ_SECTIONS];
    uint32_t rule_count, pattern_count, form_count, atom_count, use_count, guard_count;
    uint32_t always_count, waiter_count, group_count, meta_count, source_count, external_count;
    uint32_t modules;        /* whose fields conditions ask for: bits 1 << enum laz_module */
    uint32_t gap_count;      /* of all forms */
    uint32_t features;       /* of the processor that it was built for */
    uint32_t name, platform; /* texts */
    uint64_t built_ms;
    bool is_checked; /* all records: else a matcher checks each that it uses */
};

struct laz_rule {
    uint32_t name, source, tags, name_space; /* texts */
    uint32_t pattern_first, pattern_count;
    uint32_t code, code_len;
    uint32_t flags;
    uint32_t meta_first, meta_count;
    uint32_t waiter_first, waiter_count;
    uint32_t globals; /* see laz_database_globals */
};

/* A name that runs may bring a value for. */
struct laz_db_external {
    const char *name;
    struct laz_value value; /* where they do not */
};

/* Where a pattern's places matter. */
struct laz_span {
    uint64_t first, last;
};

struct laz_pattern_record {
    uint32_t rule, name, flags, form_first, form_count;
    struct laz_span span;
};

struct laz_form {
    uint32_t pattern, flags;
    uint32_t back, back_len, ahead, ahead_len;
    uint32_t gap_first, gap_count;
    uint32_t lead;       /* bytes from the form's start to its atom, or LAZ_LEAD_NONE */
    uint32_t atom_len;   /* 0: the form has no atom */
    const uint8_t *atom; /* in lower case when LAZ_FORM_ATOM_NOCASE is set */
};

struct laz_atom {
    uint32_t use_first, use_count, len;
};

struct laz_use {
    uint32_t form, guard, run;
};

struct laz_guard {
    uint32_t code, code_len, target;
};

struct laz_always {
    uint32_t rule, guard;
};

struct laz_group {
    uint32_t target;
    struct laz_view magic;
    struct laz_view matcher;
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
struct laz_pattern_record laz_database_pattern(const struct laz_database *db, uint32_t index);
struct laz_form laz_database_form(const struct laz_database *db, uint32_t index);
struct laz_atom laz_database_atom(const struct laz_database *db, uint32_t index);
struct laz_use laz_database_use(const struct laz_database *db, uint32_t index);
struct laz_db_external laz_database_external(const struct laz_database *db, uint32_t index);
/* The rules that must hold for rule too: *count of them, each a u32. */
const uint8_t *laz_database_globals(const struct laz_database *db, const struct laz_rule *rule,
                                    uint32_t *count);
struct laz_guard laz_database_guard(const struct laz_database *db, uint32_t index);
struct laz_always laz_database_always(const struct laz_database *db, uint32_t index);
uint32_t laz_database_waiter(const struct laz_database *db, uint32_t index);
/* The matcher may lie outside of its section until the group was checked: then it is empty. */
struct laz_group laz_database_group(const struct laz_database *db, uint32_t index);
const uint8_t *laz_database_code(const struct laz_database *db, uint32_t offset);

static inline uint8_t laz_rule_target(const struct laz_rule *rule)
{
    return (uint8_t)(rule->flags >> LAZ_RULE_TARGET_SHIFT);
}

/* As laz_database_open, but as if the tables were large: records are checked when they are used. */
LAZ_CHECKED enum laz_status laz_database_open_large(struct laz_view image,
                                                    struct laz_database **out,
                                                    struct laz_error *err);

/* The bytes of a record. */
const uint8_t *laz_database_record(const struct laz_database *db, enum laz_section section,
                                   uint32_t index, size_t size);

/* True when the record, and what belongs to it alone, names only what is there. */
bool laz_database_rule_fits(const struct laz_database *db, uint32_t index);
bool laz_database_pattern_fits(const struct laz_database *db, uint32_t index);
bool laz_database_form_fits(const struct laz_database *db, uint32_t index);
bool laz_database_atom_fits(const struct laz_database *db, uint32_t index);
bool laz_database_guard_fits(const struct laz_database *db, uint32_t index);

/* The borders of opening: records and programs, and digests. False when anything does not fit. */
bool laz_database_check_tables(const struct laz_database *db);
bool laz_database_check_rules(const struct laz_database *db);
bool laz_database_check_digests(const struct laz_database *db);

#endif
