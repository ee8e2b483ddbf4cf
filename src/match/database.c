#include "match/database.h"

#include <hs/hs_runtime.h>
#include <stdlib.h>

#include "match/fields.h"
#include "match/known_priv.h"
#include "match/lists.h"

#define REMEDY "build it anew with 'lazaret db build'"

#define CHECKED_MAX 4096 /* rules and forms that are checked at opening */

struct header {
    uint32_t version, section_count, fields;
    uint64_t file_len;
};

static bool take_header(struct laz_view page, struct header *h, struct laz_database *db)
{
    return laz_skip(&page, LAZ_DB_MAGIC_SIZE) && laz_take_u32le(&page, &h->version) &&
           laz_take_u32le(&page, &h->section_count) && laz_take_u64le(&page, &h->file_len) &&
           laz_take_u64le(&page, &db->built_ms) && laz_take_u32le(&page, &db->name) &&
           laz_take_u32le(&page, &db->platform) && laz_take_u32le(&page, &db->features) &&
           laz_take_u32le(&page, &db->gap_count) && laz_take_u32le(&page, &db->modules) &&
           laz_take_u32le(&page, &h->fields);
}

static bool take_entry(struct laz_view image, struct laz_view *entries, struct laz_view *out,
                       uint32_t *checksum)
{
    uint64_t offset, len;
    uint32_t zero;

    return laz_take_u64le(entries, &offset) && laz_take_u64le(entries, &len) &&
           laz_take_u32le(entries, checksum) && laz_take_u32le(entries, &zero) && zero == 0 &&
           offset % LAZ_DB_PAGE == 0 && laz_view_at(image, offset, len, out);
}

/* A section that is not summed at opening: what is used of it is checked then (see also
 * format_known.h). Of Vectorscan's part nothing can be. */
static bool is_lazy(enum laz_section section, struct laz_view v)
{
    return section != LAZ_SECTION_MATCHER && v.len > LAZ_DB_EAGER_MAX;
}

static struct laz_view entries_of(struct laz_view image)
{
    return laz_view_from_offset(laz_view_first(image, LAZ_DB_PAGE), LAZ_DB_ENTRIES_AT);
}

static bool take_sections(struct laz_view image, struct laz_database *db)
{
    struct laz_view entries = entries_of(image);

    for (unsigned i = 0; i < LAZ_SECTIONS; i++) {
        struct laz_view *section = &db->sections[i];
        uint32_t checksum;

        if (!take_entry(image, &entries, section, &checksum) ||
            (!is_lazy((enum laz_section)i, *section) && laz_db_checksum(*section) != checksum))
            return false;
    }
    return true;
}

bool laz_database_verify(const struct laz_database *db, struct laz_view image)
{
    struct laz_view entries = entries_of(image), section;
    uint32_t checksum;

    for (unsigned i = 0; i < LAZ_SECTIONS; i++)
        if (!take_entry(image, &entries, &section, &checksum) ||
            (is_lazy((enum laz_section)i, section) && laz_db_checksum(section) != checksum))
            return false;
    return db->is_checked || laz_database_check_rules(db);
}

/* A section of records of one size has a whole number of them. */
static bool count_records(const struct laz_database *db, enum laz_section section, size_t size,
                          uint32_t *out)
{
    size_t len = db->sections[section].len;

    if (len % size != 0 || len / size > UINT32_MAX)
        return false;
    *out = (uint32_t)(len / size);
    return true;
}

static bool count_all(struct laz_database *db)
{
    return count_records(db, LAZ_SECTION_SOURCES, LAZ_SOURCE_SIZE, &db->source_count) &&
           count_records(db, LAZ_SECTION_RULES, LAZ_RULE_SIZE, &db->rule_count) &&
           count_records(db, LAZ_SECTION_PATTERNS, LAZ_PATTERN_SIZE, &db->pattern_count) &&
           count_records(db, LAZ_SECTION_FORMS, LAZ_FORM_SIZE, &db->form_count) &&
           count_records(db, LAZ_SECTION_ATOMS, LAZ_ATOM_SIZE, &db->atom_count) &&
           count_records(db, LAZ_SECTION_USES, LAZ_USE_SIZE, &db->use_count) &&
           count_records(db, LAZ_SECTION_EXTERNALS, LAZ_EXTERNAL_SIZE, &db->external_count) &&
           count_records(db, LAZ_SECTION_GUARDS, LAZ_GUARD_SIZE, &db->guard_count) &&
           count_records(db, LAZ_SECTION_ALWAYS, LAZ_ALWAYS_SIZE, &db->always_count) &&
           count_records(db, LAZ_SECTION_WAITERS, LAZ_WAITER_SIZE, &db->waiter_count) &&
           count_records(db, LAZ_SECTION_GROUPS, LAZ_GROUP_SIZE, &db->group_count) &&
           count_records(db, LAZ_SECTION_METAS, LAZ_META_SIZE, &db->meta_count);
}

static bool text_ends(const struct laz_database *db)
{
    struct laz_view text = db->sections[LAZ_SECTION_TEXT];

    return text.len > 0 && text.len <= UINT32_MAX && text.data[text.len - 1] == '\0';
}

/* What of a Vectorscan database can be checked from outside: its head and its length. */
static bool matcher_fits(struct laz_view blob)
{
    size_t size;

    return blob.len >= LAZ_DB_MATCHER_HEAD_SIZE && (uintptr_t)blob.data % 64 == 0 &&
           hs_database_size((const hs_database_t *)(const void *)blob.data, &size) == HS_SUCCESS &&
           size == blob.len;
}

static bool matchers_fit(const struct laz_database *db)
{
    for (uint32_t i = 0; i < db->group_count; i++)
        if (!matcher_fits(laz_database_group(db, i).matcher))
            return false;
    return true;
}

static enum laz_status damaged(struct laz_error *err, const char *why)
{
    return laz_fail(err, LAZ_DAMAGED, "database", "", why, REMEDY);
}

static enum laz_status check_header(struct laz_view image, struct laz_database *db,
                                    struct laz_error *err)
{
    struct laz_view page = laz_view_first(image, LAZ_DB_PAGE);
    struct header h;

    if (page.len < LAZ_DB_PAGE || memcmp(page.data, LAZ_DB_MAGIC, LAZ_DB_MAGIC_SIZE) != 0 ||
        !take_header(page, &h, db))
        return damaged(err, "is not a Lazaret database");
    if (h.version != LAZ_DB_VERSION)
        return laz_fail(err, LAZ_VERSION, "database", "", "was made by another version", REMEDY);
    if (laz_load_u32(page.data + LAZ_DB_CHECKSUM_AT) !=
        laz_db_checksum(laz_view_first(page, LAZ_DB_CHECKSUM_AT)))
        return damaged(err, "its header is damaged");
    if (h.section_count != LAZ_SECTIONS || h.file_len != image.len)
        return damaged(err, "is cut short or has too much");
    if (h.fields != laz_fields_checksum())
        return laz_fail(err, LAZ_VERSION, "database", "", "was made by another version", REMEDY);
    if ((db->features & ~laz_db_features()) != 0)
        return laz_fail(err, LAZ_VERSION, "database", "", "was made for another processor",
                        "build it on this machine with 'lazaret db build'");
    return LAZ_OK;
}

/* checked_max: up to how many rules and forms all records are checked now. */
static enum laz_status check_all(struct laz_view image, uint64_t checked_max,
                                 struct laz_database *db, struct laz_error *err)
{
    enum laz_status s = check_header(image, db, err);

    if (s != LAZ_OK)
        return s;
    if (!take_sections(image, db))
        return damaged(err, "a section is damaged");
    if (!count_all(db) || !text_ends(db))
        return damaged(err, "its tables do not fit");
    db->is_checked = (uint64_t)db->rule_count + db->form_count <= checked_max;
    if (!laz_database_check_tables(db) || (db->is_checked && !laz_database_check_rules(db)))
        return damaged(err, "its rules do not fit");
    if (!laz_database_check_digests(db))
        return damaged(err, "its hashes do not fit");
    if (!matchers_fit(db))
        return laz_fail(err, LAZ_VERSION, "database", "", "its matcher was made by another version",
                        REMEDY);
    return LAZ_OK;
}

static enum laz_status open_image(struct laz_view image, uint64_t checked_max,
                                  struct laz_database **out, struct laz_error *err)
{
    LAZ_OWNED(laz_database_drop) struct laz_database *db = calloc(1, sizeof *db);
    enum laz_status s;

    if (db == NULL)
        return laz_fail(err, LAZ_NOMEM, "database", "", "no memory", "");
    LAZ_ASSERT((uintptr_t)image.data % 64 == 0);
    s = check_all(image, checked_max, db, err);
    if (s != LAZ_OK)
        return s;
    *out = laz_move(db);
    return LAZ_OK;
}

enum laz_status laz_database_open(struct laz_view image, struct laz_database **out,
                                  struct laz_error *err)
{
    return open_image(image, CHECKED_MAX, out, err);
}

enum laz_status laz_database_open_large(struct laz_view image, struct laz_database **out,
                                        struct laz_error *err)
{
    return open_image(image, 0, out, err);
}

void laz_database_free(struct laz_database *db)
{
    free(db);
}

void laz_database_drop(struct laz_database **db)
{
    laz_database_free(*db);
    *db = NULL;
}

void laz_database_info_get(const struct laz_database *db, struct laz_database_info *out)
{
    *out = (struct laz_database_info){
        .format_version = LAZ_DB_VERSION,
        .built_ms = db->built_ms,
        .rule_count = db->rule_count,
        .atom_count = db->atom_count,
        .source_count = db->source_count,
        .name = laz_database_text(db, db->name),
        .platform = laz_database_text(db, db->platform),
    };
    for (unsigned i = 0; i < LAZ_SIZES_COUNT; i++)
        if (i / LAZ_DIGEST_KINDS != LAZ_HASH_ALLOW)
            out->hash_count += laz_known_count(db, i);
    for (unsigned i = 0; i < LAZ_LIST_KINDS; i++)
        out->list_count += laz_known_count(db, LAZ_SIZES_COUNT + i);
    out->allow_count = laz_database_digest_count(db, LAZ_HASH_ALLOW) +
                       laz_known_count(db, LAZ_SIZES_COUNT + LAZ_LIST_KINDS);
}

struct laz_view laz_database_section(const struct laz_database *db, enum laz_section section)
{
    return db->sections[section];
}

void laz_database_numbers_get(const struct laz_database *db, struct laz_db_numbers *out)
{
    *out = (struct laz_db_numbers){db->platform, db->features, db->gap_count};
}

const char *laz_source_fate_name(enum laz_source_fate fate)
{
    static const char *const names[] = {
        [LAZ_SOURCE_TAKEN] = "taken",
        [LAZ_SOURCE_OTHER_LEVEL] = "for other engines",
        [LAZ_SOURCE_IGNORED] = "by ignored names",
        [LAZ_SOURCE_UNWANTED] = "of unwanted programs",
        [LAZ_SOURCE_UNSUPPORTED] = "not supported",
        [LAZ_SOURCE_WRONG] = "malformed",
        [LAZ_SOURCE_ENDED] = "over or revoked",
    };

    return (size_t)fate < LAZ_SOURCE_FATES ? names[fate] : "";
}

static void read_fates(const struct laz_database *db, uint32_t index, uint32_t *fates)
{
    struct laz_view v =
        laz_view_from_offset(db->sections[LAZ_SECTION_BUILD],
                             LAZ_BUILD_HEAD_SIZE + (uint64_t)index * LAZ_SOURCE_FATES * 4);

    for (unsigned i = 0; i < LAZ_SOURCE_FATES; i++)
        laz_ignore(laz_take_u32le(&v, &fates[i])); /* none when it is not told */
}

void laz_database_source_get(const struct laz_database *db, uint32_t index,
                             struct laz_database_source *out)
{
    const uint8_t *p = laz_database_record(db, LAZ_SECTION_SOURCES, index, LAZ_SOURCE_SIZE);

    *out = (struct laz_database_source){
        .name = laz_database_text(db, laz_load_u32(p)),
        .sha256 = (laz_load_u32(p + 4) & LAZ_SOURCE_HAS_DIGEST) != 0 ? p + 8 : NULL,
        .is_unsigned = (laz_load_u32(p + 4) & LAZ_SOURCE_UNSIGNED) != 0,
    };
    read_fates(db, index, out->fates);
}
