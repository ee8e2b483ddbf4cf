#include "module.h"

#include <string.h>

#include "sign/digest.h"

#define OUT_MAX ((size_t)4 * 1024 * 1024)

static void call(struct laz_modules *m, enum laz_module module)
{
    const struct laz_field_table *table = laz_field_table(module);
    struct laz_value value, args[4];

    for (size_t i = 0; i < 4; i++)
        args[i] = laz_value_number(7);
    for (uint32_t i = 0; i < table->count; i++)
        if (!table->fields[i].is_constant &&
            strspn(table->fields[i].args, "i") == strlen(table->fields[i].args))
            laz_ignore(!laz_modules_field(m, laz_field_number(module, i), args, &value));
}

void fuzz_module(enum laz_module module, const uint8_t *data, size_t size)
{
    struct laz_modules_input input = {.bytes = {data, size}};
    struct laz_modules *m = NULL;
    struct laz_buf out;

    laz_digest_init();
    if (laz_modules_new(&m) != LAZ_OK)
        return;
    laz_modules_start(m, &input);
    laz_buf_init(&out, OUT_MAX);
    laz_modules_print(m, module, &out);
    LAZ_ASSERT(out.len <= OUT_MAX);
    call(m, module);
    laz_buf_clear(&out);
    laz_modules_free(m);
}
