#include "rules/source.h"

#include "rules/clamav_priv.h"
#include "rules/language.h"
#include "rules/lists.h"
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
    if (source->list != NULL ||
        laz_language_of(laz_view_of(source->name)) != LAZ_LANGUAGE_CLAMAV)
        return LAZ_OK;
    return laz_clamav_prepare(set, source, err);
}

enum laz_status laz_source_read(struct laz_ruleset *set, const struct laz_source *source,
                                const struct laz_source_options *options, struct laz_error *err)
{
    enum laz_language language = source->list != NULL ? LAZ_LANGUAGE_LIST
                                                      : laz_language_of(laz_view_of(source->name));
    enum laz_status s = LAZ_OK;
    uint32_t name;

    if (language == LAZ_LANGUAGE_UNKNOWN)
        return laz_fail(err, LAZ_UNSUPPORTED, "rule", source->name, "is of no kind that is known",
                        "expected " LAZ_LANGUAGE_ENDINGS);
    if (!laz_source_add(set, source, &name))
        return laz_ruleset_failed(set, err);
    switch (language) {
    case LAZ_LANGUAGE_YARA:
        s = laz_yara_read(set, source, options, name, err);
        break;
    case LAZ_LANGUAGE_CLAMAV:
        s = laz_clamav_read(set, source, options, name, err);
        break;
    case LAZ_LANGUAGE_LIST:
        s = laz_list_read(set, source, options, name, err);
        break;
    case LAZ_LANGUAGE_PACK: /* whoever unpacks it reads what is in it */
    case LAZ_LANGUAGE_UNKNOWN:
        break;
    }
    return s == LAZ_OK ? laz_ruleset_failed(set, err) : s;
}
