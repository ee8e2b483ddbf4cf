#include "match/fields.h"

#include <string.h>

static const struct laz_field_table *const tables[LAZ_MODULES] = {
    [LAZ_MODULE_PE] = &laz_fields_pe,           [LAZ_MODULE_ELF] = &laz_fields_elf,
    [LAZ_MODULE_MACHO] = &laz_fields_macho,     [LAZ_MODULE_DOTNET] = &laz_fields_dotnet,
    [LAZ_MODULE_DEX] = &laz_fields_dex,         [LAZ_MODULE_MATH] = &laz_fields_math,
    [LAZ_MODULE_HASH] = &laz_fields_hash,       [LAZ_MODULE_STRING] = &laz_fields_string,
    [LAZ_MODULE_TIME] = &laz_fields_time,       [LAZ_MODULE_CONSOLE] = &laz_fields_console,
    [LAZ_MODULE_MAGIC] = &laz_fields_magic,     [LAZ_MODULE_CUCKOO] = &laz_fields_cuckoo,
    [LAZ_MODULE_OBJECT] = &laz_fields_object,
};

const struct laz_field_table *laz_field_table(enum laz_module module)
{
    return module < LAZ_MODULES ? tables[module] : NULL;
}

enum laz_module laz_module_find(struct laz_view name)
{
    for (unsigned m = 0; m < LAZ_MODULES; m++)
        if (laz_view_equal_text(name, tables[m]->module))
            return (enum laz_module)m;
    return LAZ_MODULE_NONE;
}

const struct laz_field *laz_field_get(uint32_t number)
{
    const struct laz_field_table *table = laz_field_table(laz_field_module(number));
    uint32_t index = laz_field_index(number);

    return table != NULL && index < table->count ? &table->fields[index] : NULL;
}

bool laz_field_find(enum laz_module module, struct laz_view path, uint32_t from, uint32_t *number)
{
    const struct laz_field_table *table = laz_field_table(module);

    for (uint32_t i = laz_field_index(from); table != NULL && i < table->count; i++) {
        if (!laz_view_equal_text(path, table->fields[i].name))
            continue;
        *number = laz_field_number(module, i);
        return true;
    }
    return false;
}

bool laz_field_is_prefix(enum laz_module module, struct laz_view path)
{
    const struct laz_field_table *table = laz_field_table(module);

    for (uint32_t i = 0; table != NULL && i < table->count; i++) {
        struct laz_view name = laz_view_of(table->fields[i].name);

        if (name.len > path.len && laz_view_starts(name, path) &&
            (name.data[path.len] == '.' || name.data[path.len] == '['))
            return true;
    }
    return false;
}

static uint32_t mix(uint32_t hash, const char *text)
{
    do {
        hash = (hash ^ (uint8_t)*text) * 16777619u; /* FNV-1a */
    } while (*text++ != '\0');
    return hash;
}

uint32_t laz_fields_checksum(void)
{
    uint32_t hash = 2166136261u;

    for (unsigned m = 0; m < LAZ_MODULES; m++) {
        hash = mix(hash, tables[m]->module);
        for (size_t i = 0; i < tables[m]->count; i++) {
            hash = mix(hash, tables[m]->fields[i].name);
            hash = mix(hash, tables[m]->fields[i].args);
            hash = (hash ^ (uint8_t)tables[m]->fields[i].result) * 16777619u;
        }
    }
    return hash;
}
