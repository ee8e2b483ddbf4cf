#include "rules/language.h"

#include "rules/clamav_kind.h"

enum laz_language laz_language_of(struct laz_view name)
{
    enum laz_clamav_kind kind = laz_clamav_kind_of(name).kind;

    if (laz_view_ends_text(name, ".yar") || laz_view_ends_text(name, ".yara"))
        return LAZ_LANGUAGE_YARA;
    if (laz_view_ends_text(name, ".txt") || laz_view_ends_text(name, ".csv") ||
        laz_view_ends_text(name, ".json"))
        return LAZ_LANGUAGE_LIST;
    if (kind == LAZ_CLAMAV_PACK || kind == LAZ_CLAMAV_LOCAL_PACK)
        return LAZ_LANGUAGE_PACK;
    return kind == LAZ_CLAMAV_NONE ? LAZ_LANGUAGE_UNKNOWN : LAZ_LANGUAGE_CLAMAV;
}
