#include "scan/modules.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/number.h"
#include "format/magic.h"
#include "match/regex.h"
#include "scan/modules_priv.h"

#define MEMORY_MAX      ((size_t)64 * 1024 * 1024) /* of what modules learn from one object */
#define BYTES_MAX       (UINT64_C(1) << 30)        /* that functions read of one object */
#define PASSES_MAX      8                          /* over the whole of an object, however large */
#define REGEX_STEPS_MAX 100000000ULL /* of functions with a regular expression, for one object */

static laz_module_fn *const modules[LAZ_MODULES] = {
    [LAZ_MODULE_PE] = laz_module_pe,         [LAZ_MODULE_ELF] = laz_module_elf,
    [LAZ_MODULE_MACHO] = laz_module_macho,   [LAZ_MODULE_DOTNET] = laz_module_dotnet,
    [LAZ_MODULE_DEX] = laz_module_dex,       [LAZ_MODULE_MATH] = laz_module_math,
    [LAZ_MODULE_HASH] = laz_module_hash,     [LAZ_MODULE_STRING] = laz_module_string,
    [LAZ_MODULE_TIME] = laz_module_time,     [LAZ_MODULE_CONSOLE] = laz_module_console,
    [LAZ_MODULE_MAGIC] = laz_module_magic,   [LAZ_MODULE_CUCKOO] = laz_module_cuckoo,
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

enum laz_status laz_modules_load_magic(struct laz_modules *m, struct laz_error *err)
{
    return m->magic != NULL ? LAZ_OK : laz_magic_new(&m->magic, err);
}

void laz_modules_free(struct laz_modules *m)
{
    if (m == NULL)
        return;
    laz_arena_free(m->arena);
    laz_regex_scratch_free(m->scratch);
    laz_magic_free(m->magic);
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
    m->regex_steps_left = input->is_unbounded ? UINT64_MAX : REGEX_STEPS_MAX;
    m->bytes_left =
        input->is_unbounded ? UINT64_MAX : BYTES_MAX + PASSES_MAX * (uint64_t)input->bytes.len;
    m->is_cut = false;
    if (m->scratch != NULL)
        laz_regex_forget(m->scratch);
}

const bool *laz_modules_cut(const struct laz_modules *m)
{
    return &m->is_cut;
}

bool laz_modules_spend(struct laz_modules *m, uint64_t count)
{
    if (count > m->bytes_left) {
        m->is_cut = true;
        return false;
    }
    m->bytes_left -= count;
    return true;
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

void *laz_modules_state(struct laz_modules *m, enum laz_module module, size_t size,
                        bool (*open)(struct laz_modules *m, void *state))
{
    void *state;

    if (m->is_known[module])
        return m->state[module];
    m->is_known[module] = true;
    state = laz_modules_alloc(m, size);
    if (state != NULL && open(m, state))
        m->state[module] = state;
    return m->state[module];
}

bool laz_modules_matches(struct laz_modules *m, const struct laz_value *regex, struct laz_view text)
{
    if (m->scratch == NULL)
        m->scratch = laz_regex_scratch_new();
    if (m->scratch == NULL)
        m->regex_steps_left = 0;
    if (m->regex_steps_left > 0 &&
        laz_regex_search(regex->text, text, m->scratch, &m->regex_steps_left))
        return true;
    m->is_cut = m->is_cut || m->regex_steps_left == 0;
    return false;
}

/* What is asked with something that has no answer has none either. */
static bool has_all(const char *types, const struct laz_value *args)
{
    for (size_t i = 0; types[i] != '\0'; i++)
        if (args[i].kind == LAZ_VALUE_UNDEFINED)
            return false;
    return true;
}

bool laz_modules_field(void *context, uint32_t field, const struct laz_value *args,
                       struct laz_value *out)
{
    struct laz_modules *m = context;
    enum laz_module module = laz_field_module(field);
    const struct laz_field *row = laz_field_get(field);

    if (row == NULL || !has_all(row->args, args))
        return false;
    *out = laz_value_undefined();
    return modules[module](m, laz_field_index(field), args, out) &&
           out->kind != LAZ_VALUE_UNDEFINED;
}
