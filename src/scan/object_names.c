#include "scan/scan_priv.h"

/* How LOKI and THOR name types, for whose rules these names are there. */
static const char *type_name(enum laz_type_id id)
{
    switch (id) {
    case LAZ_TYPE_PE:
        return "EXE";
    case LAZ_TYPE_ELF:
        return "ELF";
    case LAZ_TYPE_MACHO:
        return "MACH-O";
    case LAZ_TYPE_PDF:
        return "PDF";
    default:
        return "";
    }
}

/* Behind the last slash, and there behind the last point, which is part of it. */
static struct laz_view extension_of(struct laz_view name)
{
    for (size_t i = name.len; i-- > 1;)
        if (name.data[i] == '.')
            return laz_view_from_offset(name, i);
    return laz_view_from_offset(name, name.len);
}

static struct laz_view base_of(struct laz_view path)
{
    size_t at = path.len;

    while (at > 0 && path.data[at - 1] != '/' && path.data[at - 1] != '\\')
        at--;
    return laz_view_from_offset(path, at);
}

size_t laz_object_externals(const struct laz_scanner *s, const struct laz_type *type,
                            struct laz_external_value out[LAZ_OBJECT_EXTERNALS])
{
    struct laz_view path = s->path_len > 0 ? laz_scanner_path(s) : s->name;
    struct laz_view name = base_of(path);
    const struct laz_external_value values[LAZ_OBJECT_EXTERNALS] = {
        {laz_view_of("filepath"), laz_value_text(path)},
        {laz_view_of("filename"), laz_value_text(name)},
        {laz_view_of("extension"), laz_value_text(extension_of(name))},
        {laz_view_of("filetype"), laz_value_text(laz_view_of(type_name(type->id)))},
    };

    if (s->name.len == 0)
        return 0;
    for (size_t i = 0; i < LAZ_OBJECT_EXTERNALS; i++)
        out[i] = values[i];
    return LAZ_OBJECT_EXTERNALS;
}
