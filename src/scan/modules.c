#include "scan/modules.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/number.h"
#include "scan/modules_priv.h"

#define MEMORY_MAX ((size_t)64 * 1024 * 1024) /* of what modules learn from one object */

static laz_module_fn *const modules[LAZ_MODULES] = {
    [LAZ_MODULE_PE] = laz_module_pe,           [LAZ_MODULE_ELF] = laz_module_elf,
    [LAZ_MODULE_MACHO] = laz_module_macho,     [LAZ_MODULE_DOTNET] = laz_module_dotnet,
    [LAZ_MODULE_DEX] = laz_module_dex,         [LAZ_MODULE_MATH] = laz_module_math,
    [LAZ_MODULE_HASH] = laz_module_hash,       [LAZ_MODULE_STRING] = laz_module_string,
    [LAZ_MODULE_TIME] = laz_module_time,       [LAZ_MODULE_CONSOLE] = laz_module_console,
    [LAZ_MODULE_MAGIC] = laz_module_magic,     [LAZ_MODULE_CUCKOO] = laz_module_cuckoo,
    [LAZ_MODULE_OBJECT] = laz_module_object,
};

enum laz_status laz_modules_new(struct laz_modules **out)
{
    LAZ_OWNED(laz_modules_drop) struct laz_modules *m = calloc(1, sizeof *m);

    if (m == NULL)
        return LAZ_NOMEM;
    m->arena = laz_arena_new(MEMORY_MAX);
    if (m->arena == NULL)
        return LAZ_NOMEM;
    *out = laz_move(m);
    return LAZ_OK;
}

void laz_modules_free(struct laz_modules *m)
{
    if (m == NULL)
        return;
    laz_arena_free(m->arena);
    free(m);
}

void laz_modules_drop(struct laz_modules **m)
{
    laz_modules_free(*m);
    *m = NULL;
}

void laz_modules_start(struct laz_modules *m, const struct laz_modules_input *input)
{
    m->input = *input;
    laz_arena_reset(m->arena);
    memset(m->state, 0, sizeof m->state);
    memset(m->is_known, 0, sizeof m->is_known);
}

void *laz_modules_alloc(struct laz_modules *m, size_t size)
{
    return laz_arena_get(m->arena, size);
}

struct laz_value laz_modules_text(struct laz_modules *m, const void *bytes, size_t len)
{
    uint8_t *copy = laz_arena_get(m->arena, len + 1);

    if (copy == NULL)
        return laz_value_undefined();
    if (len > 0)
        memcpy(copy, bytes, len);
    return laz_value_text(laz_view_from(copy, len));
}

bool laz_modules_field(void *context, uint32_t field, const struct laz_value *args,
                       struct laz_value *out)
{
    struct laz_modules *m = context;
    enum laz_module module = laz_field_module(field);

    if (laz_field_get(field) == NULL || modules[module] == NULL)
        return false;
    *out = laz_value_undefined();
    return modules[module](m, laz_field_index(field), args, out) &&
           out->kind != LAZ_VALUE_UNDEFINED;
}
