#include "rules/reuse.h"

#include "match/fields.h"
#include "match/format.h"
#include "rules/clamav_kind.h"
#include "rules/compiler_priv.h"
#include "rules/language.h"

#define TEXT_MORE_MAX ((uint64_t)4 << 20) /* names of sources that are no more */

static bool is_known_only(enum laz_clamav_kind kind)
{
    return kind == LAZ_CLAMAV_HASHES || kind == LAZ_CLAMAV_SECTIONS || kind == LAZ_CLAMAV_IMPORTS ||
           kind == LAZ_CLAMAV_ALLOWED || kind == LAZ_CLAMAV_BAD_URLS ||
           kind == LAZ_CLAMAV_CERTIFICATES;
}

bool laz_source_makes_rules(const struct laz_source *source)
{
    struct laz_view name = laz_view_of(source->name);

    if (source->list != NULL || laz_language_of(name) == LAZ_LANGUAGE_LIST)
        return false;
    return !is_known_only(laz_clamav_kind_of(name).kind);
}

static bool add_bytes(struct laz_digest_job *job, const void *data, size_t len)
{
    uint8_t head[8];

    for (unsigned i = 0; i < sizeof head; i++)
        head[i] = (uint8_t)((uint64_t)len >> 8 * i);
    return laz_digest_add(job, laz_view_from(head, sizeof head)) == LAZ_OK &&
           laz_digest_add(job, laz_view_from(data, len)) == LAZ_OK;
}

bool laz_rules_key_add_text(struct laz_digest_job *job, const char *text)
{
    return add_bytes(job, text, strlen(text));
}

bool laz_rules_key_start(struct laz_digest_job *job, bool skips, bool wants_unwanted)
{
    uint64_t numbers[] = {LAZ_DB_VERSION, laz_fields_checksum(), skips, wants_unwanted,
                          laz_db_features()};

    return laz_digest_start(job, LAZ_SHA256) == LAZ_OK &&
           laz_rules_key_add_text(job, LAZ_PROGRAM_VERSION) &&
           add_bytes(job, numbers, sizeof numbers);
}

bool laz_rules_key_add(struct laz_digest_job *job, const struct laz_source *source)
{
    if (!laz_source_makes_rules(source))
        return true;
    return source->sha256 != NULL && laz_rules_key_add_text(job, source->name) &&
           add_bytes(job, source->sha256, LAZ_SHA256_SIZE);
}

bool laz_ruleset_reuse(struct laz_ruleset *set, const struct laz_database *previous,
                       const uint8_t key[32])
{
    struct laz_view build = laz_database_section(previous, LAZ_SECTION_BUILD);
    struct laz_view text = laz_database_section(previous, LAZ_SECTION_TEXT);
    uint8_t its_key[32];
    uint64_t text_len;

    memcpy(set->rules_key, key, sizeof set->rules_key);
    if (!laz_take_bytes(&build, its_key, sizeof its_key) || !laz_take_u64le(&build, &text_len) ||
        memcmp(its_key, key, sizeof its_key) != 0 || text.len > text_len + TEXT_MORE_MAX)
        return false;
    laz_buf_reset(&set->text);
    if (laz_buf_add(&set->text, text) != LAZ_OK)
        set->failed = true;
    set->previous = previous;
    return true;
}

/* From the last build or anew, which sections stand for rules. */
static bool is_of_rules(enum laz_section section)
{
    return section > LAZ_SECTION_SOURCES && section < LAZ_SECTION_KNOWN;
}

void laz_reuse_write(const struct laz_ruleset *set, struct laz_image *image)
{
    struct laz_db_numbers numbers;

    for (unsigned i = 0; i < LAZ_SECTIONS; i++)
        if (is_of_rules((enum laz_section)i)) /* the buffer remembers a refusal */
            laz_ignore(laz_buf_add(&image->sections[i],
                                   laz_database_section(set->previous, (enum laz_section)i)));
    laz_database_numbers_get(set->previous, &numbers);
    image->platform = numbers.platform;
    image->features = numbers.features;
    image->gap_count = numbers.gap_count;
}

/* Of a source whose rules were taken over, what was said of it then. */
static void recall_fates(const struct laz_ruleset *set, struct laz_ir_source *source)
{
    struct laz_database_info info;

    laz_database_info_get(set->previous, &info);
    for (uint32_t i = 0; i < info.source_count; i++) {
        struct laz_database_source old;

        laz_database_source_get(set->previous, i, &old);
        if (strcmp(old.name, laz_ruleset_text_at(set, source->name)) == 0)
            memcpy(source->fates, old.fates, sizeof source->fates);
    }
}

static uint64_t text_len_of(const struct laz_ruleset *set)
{
    struct laz_view build;
    uint64_t len = set->text.len;

    if (set->previous == NULL)
        return len;
    build = laz_view_from_offset(laz_database_section(set->previous, LAZ_SECTION_BUILD), 32);
    laz_ignore(laz_take_u64le(&build, &len)); /* it was there when the key was compared */
    return len;
}

void laz_build_write(struct laz_ruleset *set, struct laz_image *image)
{
    struct laz_buf *out = &image->sections[LAZ_SECTION_BUILD];

    /* the buffer remembers a refusal */
    laz_ignore(laz_buf_add(out, laz_view_from(set->rules_key, sizeof set->rules_key)));
    laz_ignore(laz_buf_add_u64le(out, text_len_of(set)));
    for (size_t i = 0; i < set->sources.count; i++) {
        struct laz_ir_source *source = laz_list_at(struct laz_ir_source, &set->sources, i);

        if (source->is_taken_over)
            recall_fates(set, source);
        for (unsigned fate = 0; fate < LAZ_SOURCE_FATES; fate++)
            laz_ignore(laz_buf_add_u32le(out, source->fates[fate])); /* remembered */
    }
}
