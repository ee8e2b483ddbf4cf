#include "match/database_priv.h"

const uint8_t *laz_database_record(const struct laz_database *db, enum laz_section section,
                                   uint32_t index, size_t size)
{
    LAZ_ASSERT((size_t)index < db->sections[section].len / size);
    return db->sections[section].data + (size_t)index * size;
}

const char *laz_database_text(const struct laz_database *db, uint32_t text)
{
    struct laz_view all = db->sections[LAZ_SECTION_TEXT];

    return text < all.len ? (const char *)all.data + text : "";
}

struct laz_rule laz_database_rule(const struct laz_database *db, uint32_t index)
{
    const uint8_t *p = laz_database_record(db, LAZ_SECTION_RULES, index, LAZ_RULE_SIZE);

    return (struct laz_rule){
        .name = laz_load_u32(p),
        .source = laz_load_u32(p + 4),
        .tags = laz_load_u32(p + 8),
        .name_space = laz_load_u32(p + 12),
        .pattern_first = laz_load_u32(p + 16),
        .pattern_count = laz_load_u16(p + 20),
        .flags = laz_load_u16(p + 22),
        .code = laz_load_u32(p + 24),
        .code_len = laz_load_u32(p + 28),
        .meta_first = laz_load_u32(p + 32),
        .meta_count = laz_load_u32(p + 36),
        .waiter_first = laz_load_u32(p + 40),
        .waiter_count = laz_load_u32(p + 44),
        .globals = laz_load_u32(p + 48),
    };
}

struct laz_pattern_record laz_database_pattern(const struct laz_database *db, uint32_t index)
{
    const uint8_t *p = laz_database_record(db, LAZ_SECTION_PATTERNS, index, LAZ_PATTERN_SIZE);

    return (struct laz_pattern_record){
        .rule = laz_load_u32(p),
        .name = laz_load_u32(p + 4),
        .flags = laz_load_u32(p + 8),
        .form_first = laz_load_u32(p + 12),
        .form_count = laz_load_u32(p + 16),
        .span = {laz_load_u64(p + 24), laz_load_u64(p + 32)},
    };
}

struct laz_form laz_database_form(const struct laz_database *db, uint32_t index)
{
    const uint8_t *p = laz_database_record(db, LAZ_SECTION_FORMS, index, LAZ_FORM_SIZE);

    return (struct laz_form){
        .pattern = laz_load_u32(p),
        .flags = laz_load_u32(p + 4),
        .atom_len = laz_load_u32(p + 8),
        .back = laz_load_u32(p + 12),
        .back_len = laz_load_u32(p + 16),
        .ahead = laz_load_u32(p + 20),
        .ahead_len = laz_load_u32(p + 24),
        .gap_first = laz_load_u32(p + 28),
        .gap_count = laz_load_u32(p + 32),
        .lead = laz_load_u32(p + 36),
        .atom = p + 40,
    };
}

struct laz_atom laz_database_atom(const struct laz_database *db, uint32_t index)
{
    const uint8_t *p = laz_database_record(db, LAZ_SECTION_ATOMS, index, LAZ_ATOM_SIZE);

    return (struct laz_atom){laz_load_u32(p), laz_load_u32(p + 4), laz_load_u32(p + 8)};
}

struct laz_use laz_database_use(const struct laz_database *db, uint32_t index)
{
    const uint8_t *p = laz_database_record(db, LAZ_SECTION_USES, index, LAZ_USE_SIZE);

    return (struct laz_use){laz_load_u32(p), laz_load_u32(p + 4), laz_load_u32(p + 8)};
}

struct laz_guard laz_database_guard(const struct laz_database *db, uint32_t index)
{
    const uint8_t *p = laz_database_record(db, LAZ_SECTION_GUARDS, index, LAZ_GUARD_SIZE);

    return (struct laz_guard){laz_load_u32(p), laz_load_u32(p + 4), laz_load_u32(p + 8)};
}

struct laz_always laz_database_always(const struct laz_database *db, uint32_t index)
{
    const uint8_t *p = laz_database_record(db, LAZ_SECTION_ALWAYS, index, LAZ_ALWAYS_SIZE);

    return (struct laz_always){laz_load_u32(p), laz_load_u32(p + 4)};
}

uint32_t laz_database_waiter(const struct laz_database *db, uint32_t index)
{
    return laz_load_u32(laz_database_record(db, LAZ_SECTION_WAITERS, index, LAZ_WAITER_SIZE));
}

struct laz_db_external laz_database_external(const struct laz_database *db, uint32_t index)
{
    const uint8_t *p = laz_database_record(db, LAZ_SECTION_EXTERNALS, index, LAZ_EXTERNAL_SIZE);
    struct laz_view all = db->sections[LAZ_SECTION_TEXT];
    uint64_t n = laz_load_u64(p + 8);
    struct laz_db_external e = {.name = laz_database_text(db, laz_load_u32(p))};

    e.value.kind = (uint8_t)laz_load_u32(p + 4);
    if (e.value.kind == LAZ_VALUE_TEXT)
        e.value.text = laz_view_first(laz_view_from_offset(all, n & UINT32_MAX), n >> 32);
    else
        memcpy(&e.value.n, &n, sizeof n); /* the bits of a number or of a double */
    return e;
}

const uint8_t *laz_database_globals(const struct laz_database *db, const struct laz_rule *rule,
                                    uint32_t *count)
{
    const uint8_t *p = db->sections[LAZ_SECTION_GLOBALS].data;

    *count = 0;
    if (rule->globals == 0)
        return p;
    p += 4 * ((size_t)rule->globals - 1);
    *count = laz_load_u32(p);
    return p + 4;
}

const uint8_t *laz_database_imports(const struct laz_database *db, size_t *count)
{
    *count = db->sections[LAZ_SECTION_IMPORTS].len;
    return db->sections[LAZ_SECTION_IMPORTS].data;
}

unsigned laz_database_modules(const struct laz_database *db)
{
    return db->modules;
}

struct laz_group laz_database_group(const struct laz_database *db, uint32_t index)
{
    const uint8_t *p = laz_database_record(db, LAZ_SECTION_GROUPS, index, LAZ_GROUP_SIZE);
    struct laz_group group = {.target = laz_load_u32(p)};
    struct laz_view matcher = {NULL, 0};

    if (laz_view_at(db->sections[LAZ_SECTION_MATCHER], laz_load_u32(p + 16), laz_load_u32(p + 20),
                    &matcher))
        group.matcher = matcher;
    group.magic = laz_view_first(laz_view_from(p + 8, LAZ_MAGIC_MAX), laz_load_u32(p + 4));
    return group;
}

const uint8_t *laz_database_code(const struct laz_database *db, uint32_t offset)
{
    return db->sections[LAZ_SECTION_CODE].data + offset;
}

uint32_t laz_database_meta_count(const struct laz_database *db, uint32_t rule)
{
    return laz_database_rule(db, rule).meta_count;
}

uint32_t laz_database_rule_count(const struct laz_database *db)
{
    return db->rule_count;
}

bool laz_database_rule_get(const struct laz_database *db, uint32_t index, struct laz_hit *out)
{
    struct laz_rule rule = laz_database_rule(db, index);

    *out = (struct laz_hit){
        .name = laz_database_text(db, rule.name),
        .kind = (rule.flags & LAZ_RULE_YARA) != 0 ? "yara" : "body",
        .source = laz_database_text(db, rule.source),
        .tags = laz_database_text(db, rule.tags),
        .name_space = laz_database_text(db, rule.name_space),
        .is_rule = true,
        .rule = index,
    };
    return (rule.flags & LAZ_RULE_PRIVATE) == 0;
}

void laz_database_meta_get(const struct laz_database *db, uint32_t rule, uint32_t index,
                           struct laz_meta *out)
{
    struct laz_rule r = laz_database_rule(db, rule);
    const uint8_t *p;
    struct laz_view all = db->sections[LAZ_SECTION_TEXT];

    *out = (struct laz_meta){.name = ""};
    if (index >= r.meta_count || r.meta_first > db->meta_count ||
        index >= db->meta_count - r.meta_first)
        return;
    p = laz_database_record(db, LAZ_SECTION_METAS, r.meta_first + index, LAZ_META_SIZE);
    *out = (struct laz_meta){
        .name = laz_database_text(db, laz_load_u32(p)),
        .is_truth = laz_load_u32(p + 4) == LAZ_META_TRUTH,
    };
    if (laz_load_u32(p + 4) == LAZ_META_TEXT)
        out->value = laz_value_text(
            laz_view_first(laz_view_from_offset(all, laz_load_u32(p + 8)), laz_load_u32(p + 12)));
    else
        out->value = laz_value_number((int64_t)laz_load_u64(p + 8));
}
