#include "rules/compiler.h"

#include <hs/hs_compile.h>
#include <hs/hs_runtime.h>
#include <stdlib.h>

#include "rules/compiler_priv.h"

static uint32_t source_flags(const struct laz_ir_source *source)
{
    return (source->has_digest ? (uint32_t)LAZ_SOURCE_HAS_DIGEST : 0) |
           (source->is_unsigned ? (uint32_t)LAZ_SOURCE_UNSIGNED : 0);
}

/* waiters: where those of the rule begin, and where they end. */
static enum laz_status write_rule(const struct laz_ruleset *set, const struct laz_ir_rule *rule,
                                  const uint32_t *waiters, struct laz_image *image,
                                  struct laz_error *err)
{
    struct laz_buf *out = &image->sections[LAZ_SECTION_RULES];
    struct laz_buf *code = &image->sections[LAZ_SECTION_CODE];
    const struct laz_name_space *space =
        laz_list_at(struct laz_name_space, &set->name_spaces, rule->name_space);
    struct laz_condition_bounds bounds;
    size_t start;
    bool ok = laz_condition_emit(code, set, rule, &start);

    bounds = laz_condition_bounds_of(set, rule, (uint32_t)(out->len / LAZ_RULE_SIZE),
                                     laz_buf_view(code));
    bounds.modules = &image->modules;
    if (!ok || !laz_condition_code_check(laz_view_from_offset(laz_buf_view(code), start), &bounds))
        return laz_fail_at(err, LAZ_UNSUPPORTED, "rule", laz_ruleset_text_at(set, rule->source),
                           rule->line, rule->column, "the condition is too large",
                           "divide the rule");
    /* the buffer remembers a refusal */
    laz_ignore(laz_buf_add_u32le(out, rule->name));
    laz_ignore(laz_buf_add_u32le(out, rule->source));
    laz_ignore(laz_buf_add_u32le(out, rule->tags));
    laz_ignore(laz_buf_add_u32le(out, space->name));
    laz_ignore(laz_buf_add_u32le(out, rule->pattern_first));
    laz_ignore(laz_buf_add_u16le(out, (uint16_t)rule->pattern_count));
    laz_ignore(laz_buf_add_u16le(out, rule->flags));
    laz_ignore(laz_buf_add_u32le(out, (uint32_t)start));
    laz_ignore(laz_buf_add_u32le(out, (uint32_t)(code->len - start)));
    laz_ignore(laz_buf_add_u32le(out, rule->meta_first));
    laz_ignore(laz_buf_add_u32le(out, rule->meta_count));
    laz_ignore(laz_buf_add_u32le(out, waiters[0]));
    laz_ignore(laz_buf_add_u32le(out, waiters[1] - waiters[0]));
    laz_ignore(laz_buf_add_u32le(out, space->globals));
    return LAZ_OK;
}

static enum laz_status write_rules(const struct laz_ruleset *set, const uint32_t *waiters,
                                   struct laz_image *image, struct laz_error *err)
{
    for (uint32_t i = 0; i < set->rules.count; i++) {
        enum laz_status s = write_rule(set, laz_list_at(struct laz_ir_rule, &set->rules, i),
                                       waiters + i, image, err);

        if (s != LAZ_OK)
            return s;
    }
    return LAZ_OK;
}

static void write_metas(const struct laz_ruleset *set, struct laz_image *image)
{
    struct laz_buf *out = &image->sections[LAZ_SECTION_METAS];

    for (size_t i = 0; i < set->metas.count; i++) {
        const struct laz_ir_meta *meta = laz_list_at(struct laz_ir_meta, &set->metas, i);
        bool is_text = meta->kind == LAZ_VALUE_TEXT;

        /* the buffer remembers a refusal */
        laz_ignore(laz_buf_add_u32le(out, meta->name));
        laz_ignore(laz_buf_add_u32le(out, is_text          ? LAZ_META_TEXT
                                          : meta->is_truth ? LAZ_META_TRUTH
                                                           : LAZ_META_NUMBER));
        if (is_text) {
            laz_ignore(laz_buf_add_u32le(out, meta->text));
            laz_ignore(laz_buf_add_u32le(out, meta->text_len));
        } else {
            laz_ignore(laz_buf_add_u64le(out, (uint64_t)meta->n));
        }
    }
}

static void write_sources(const struct laz_ruleset *set, struct laz_image *image)
{
    struct laz_buf *out = &image->sections[LAZ_SECTION_SOURCES];

    for (size_t i = 0; i < set->sources.count; i++) {
        const struct laz_ir_source *source = laz_list_at(struct laz_ir_source, &set->sources, i);

        /* the buffer remembers a refusal */
        laz_ignore(laz_buf_add_u32le(out, source->name));
        laz_ignore(laz_buf_add_u32le(out, source_flags(source)));
        laz_ignore(laz_buf_add(out, laz_view_from(source->sha256, sizeof source->sha256)));
    }
}

/* The processor that the matcher was compiled for, for people and for the check at opening. */
static void write_platform(struct laz_ruleset *set, struct laz_image *image)
{
    struct laz_view blob = laz_buf_view(&image->sections[LAZ_SECTION_MATCHER]);
    hs_platform_info_t platform;
    char *info = NULL;

    if (blob.len == 0)
        return;
    if (hs_populate_platform(&platform) == HS_SUCCESS)
        image->features = (uint32_t)platform.cpu_features & ~set->features_off;
    if (hs_database_info((const hs_database_t *)(const void *)blob.data, &info) == HS_SUCCESS)
        image->platform = laz_ruleset_text(set, laz_view_of(info));
    free(info);
}

static enum laz_status write_rule_sections(struct laz_ruleset *set, struct laz_image *image,
                                           struct laz_error *err)
{
    uint32_t *waiters = NULL;
    enum laz_status s;

    if (set->previous != NULL) {
        laz_reuse_write(set, image);
        return LAZ_OK;
    }
    laz_globals_write(set, image);
    laz_externals_write(set, image);
    laz_imports_write(set, image);
    s = laz_bodies_write(set, image, &waiters, err);
    if (s == LAZ_OK)
        s = write_rules(set, waiters, image, err);
    free(waiters);
    write_metas(set, image);
    write_platform(set, image);
    return s;
}

static enum laz_status write_all(struct laz_ruleset *set, const char *name, uint64_t built_ms,
                                 struct laz_image *image, struct laz_error *err)
{
    enum laz_status s = laz_ruleset_failed(set, err);

    if (s == LAZ_OK)
        s = write_rule_sections(set, image, err);
    if (s == LAZ_OK)
        s = laz_known_write(set, image, err);
    if (s != LAZ_OK)
        return s;
    write_sources(set, image);
    image->built_ms = built_ms;
    image->name = laz_ruleset_text(set, laz_view_of(name));
    laz_build_write(set, image);
    laz_ignore(laz_buf_add(&image->sections[LAZ_SECTION_TEXT], laz_buf_view(&set->text)));
    laz_buf_clear(&set->text);
    for (size_t i = 0; i < LAZ_SECTIONS; i++)
        if (laz_buf_failed(&image->sections[i]) != LAZ_OK)
            set->failed = true;
    return laz_ruleset_failed(set, err);
}

enum laz_status laz_compile_to(struct laz_ruleset *set, const char *name, uint64_t built_ms,
                               const struct laz_image_sink *sink, struct laz_error *err)
{
    struct laz_image image;
    enum laz_status s;

    laz_image_init(&image);
    s = write_all(set, name, built_ms, &image, err);
    if (s == LAZ_OK)
        s = laz_image_send(&image, sink, err);
    laz_image_clear(&image);
    return s;
}

static enum laz_status add_piece(void *context, struct laz_view piece, struct laz_error *err)
{
    if (laz_buf_add(context, piece) == LAZ_OK)
        return LAZ_OK;
    return laz_fail(err, LAZ_LIMIT, "database", "", "is too large for this machine",
                    "build fewer sources into one database");
}

enum laz_status laz_compile(struct laz_ruleset *set, const char *name, uint64_t built_ms,
                            struct laz_buf *out, struct laz_error *err)
{
    struct laz_image_sink sink = {add_piece, out};

    return laz_compile_to(set, name, built_ms, &sink, err);
}
