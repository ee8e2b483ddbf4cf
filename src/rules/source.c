#include "rules/source.h"

#include <assert.h>

#include "rules/clamav_priv.h"
#include "rules/language.h"
#include "rules/lists.h"
#include "rules/reuse.h"
#include "rules/yara_priv.h"

bool laz_source_add(struct laz_ruleset *set, const struct laz_source *source, uint32_t *name)
{
    struct laz_ir_source *item = laz_list_add(set, &set->sources, sizeof *item);

    if (item == NULL)
        return false;
    item->name = *name = laz_ruleset_text(set, laz_view_of(source->name));
    item->has_digest = source->sha256 != NULL;
    item->is_unsigned = source->is_unsigned;
    if (source->sha256 != NULL)
        memcpy(item->sha256, source->sha256, sizeof item->sha256);
    return !set->failed;
}

enum laz_status laz_source_prepare(struct laz_ruleset *set, const struct laz_source *source,
                                   struct laz_error *err)
{
    if (source->list != NULL || laz_language_of(laz_view_of(source->name)) != LAZ_LANGUAGE_CLAMAV)
        return LAZ_OK;
    return laz_clamav_prepare(set, source, err);
}

/* Told what was left out, and tells it on. */
struct counted {
    const struct laz_source_options *options;
    uint32_t unsupported, wrong;
};

static void count_skipped(void *context, const struct laz_error *why)
{
    struct counted *c = context;

    c->unsupported += why->status == LAZ_UNSUPPORTED;
    c->wrong += why->status != LAZ_UNSUPPORTED;
    c->options->skipped(c->options->context, why);
}

static enum laz_status read_yara(struct laz_ruleset *set, const struct laz_source *source,
                                 const struct laz_source_options *options, uint32_t name,
                                 uint32_t *fates, struct laz_error *err)
{
    struct counted c = {.options = options};
    struct laz_source_options counting = *options;
    size_t before = set->rules.count;
    enum laz_status s;

    if (options->skipped != NULL) {
        counting.skipped = count_skipped;
        counting.context = &c;
    }
    s = laz_yara_read(set, source, &counting, name, err);
    fates[LAZ_SOURCE_TAKEN] = (uint32_t)(set->rules.count - before);
    fates[LAZ_SOURCE_UNSUPPORTED] = c.unsupported;
    fates[LAZ_SOURCE_WRONG] = c.wrong;
    return s;
}

static_assert((int)LAZ_FATE_TAKEN == (int)LAZ_SOURCE_TAKEN, "fates");
static_assert((int)LAZ_FATE_WRONG == (int)LAZ_SOURCE_WRONG, "fates");
static_assert((int)LAZ_FATE_UNUSED == (int)LAZ_SOURCE_ENDED, "fates");

static enum laz_status read_clamav(struct laz_ruleset *set, const struct laz_source *source,
                                   const struct laz_source_options *options, uint32_t name,
                                   uint32_t *fates, struct laz_error *err)
{
    enum laz_clamav_kind kind = laz_clamav_kind_of(laz_view_of(source->name)).kind;
    uint32_t before[LAZ_FATES];
    enum laz_status s;

    memcpy(before, set->fates[kind], sizeof before);
    s = laz_clamav_read(set, source, options, name, err);
    for (unsigned i = 0; i < LAZ_FATES; i++)
        fates[i] = set->fates[kind][i] - before[i];
    return s;
}

static enum laz_status read_in(struct laz_ruleset *set, const struct laz_source *source,
                               enum laz_language language, const struct laz_source_options *options,
                               uint32_t name, uint32_t *fates, struct laz_error *err)
{
    switch (language) {
    case LAZ_LANGUAGE_YARA:
        return read_yara(set, source, options, name, fates, err);
    case LAZ_LANGUAGE_CLAMAV:
        return read_clamav(set, source, options, name, fates, err);
    case LAZ_LANGUAGE_LIST:
        return laz_list_read(set, source, options, name, fates, err);
    case LAZ_LANGUAGE_PACK: /* whoever unpacks it reads what is in it */
    case LAZ_LANGUAGE_UNKNOWN:
        break;
    }
    return LAZ_OK;
}

enum laz_status laz_source_read(struct laz_ruleset *set, const struct laz_source *source,
                                const struct laz_source_options *options, struct laz_error *err)
{
    enum laz_language language =
        source->list != NULL ? LAZ_LANGUAGE_LIST : laz_language_of(laz_view_of(source->name));
    uint32_t fates[LAZ_SOURCE_FATES] = {0};
    struct laz_ir_source *item;
    enum laz_status s = LAZ_OK;
    bool taken_over = options->known_only && laz_source_makes_rules(source);
    size_t index = set->sources.count;
    uint32_t name;

    if (language == LAZ_LANGUAGE_UNKNOWN)
        return laz_fail(err, LAZ_UNSUPPORTED, "rule", source->name, "is of no kind that is known",
                        "expected " LAZ_LANGUAGE_ENDINGS);
    if (!laz_source_add(set, source, &name))
        return laz_ruleset_failed(set, err);
    if (!taken_over)
        s = read_in(set, source, language, options, name, fates, err);
    item = laz_list_at(struct laz_ir_source, &set->sources, index);
    item->is_taken_over = taken_over;
    memcpy(item->fates, fates, sizeof item->fates);
    return s == LAZ_OK ? laz_ruleset_failed(set, err) : s;
}
