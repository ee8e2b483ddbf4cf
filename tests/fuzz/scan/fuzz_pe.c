/* A program for Windows: whatever it claims, its module answers within bounds. */
#include <string.h>

#include "module.h"
#include "sign/digest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each function with a text among its arguments. */
static void call_with_texts(struct laz_modules *m)
{
    struct laz_value value, args[4];

    for (uint32_t i = 0; i < laz_fields_pe.count; i++) {
        const char *types = laz_fields_pe.fields[i].args;

        if (strchr(types, 's') == NULL || strchr(types, 'r') != NULL)
            continue;
        for (size_t j = 0; types[j] != '\0'; j++)
            args[j] =
                types[j] == 's' ? laz_value_text(laz_view_of("KERNEL32.dll")) : laz_value_number(3);
        laz_ignore(!laz_modules_field(m, laz_field_number(LAZ_MODULE_PE, i), args, &value));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct laz_modules_input input = {.bytes = {data, size}};
    struct laz_modules *m = NULL;

    fuzz_module(LAZ_MODULE_PE, data, size);
    if (laz_modules_new(&m) != LAZ_OK)
        return 0;
    laz_modules_start(m, &input);
    call_with_texts(m);
    laz_modules_free(m);
    return 0;
}
