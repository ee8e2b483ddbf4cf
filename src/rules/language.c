#include "rules/language.h"

enum laz_language laz_language_of(struct laz_view name)
{
    static const struct {
        const char *ending;
        enum laz_language language;
    } endings[] = {
        {".yar", LAZ_LANGUAGE_YARA},   {".yara", LAZ_LANGUAGE_YARA},  {".hdb", LAZ_LANGUAGE_HASHES},
        {".hsb", LAZ_LANGUAGE_HASHES}, {".ndb", LAZ_LANGUAGE_BODIES},
    };

    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (laz_view_ends_text(name, endings[i].ending))
            return endings[i].language;
    return LAZ_LANGUAGE_UNKNOWN;
}
