/* Any bytes: they have a type, and looking for hidden or appended content stays inside them. */
#include <string.h>

#include "base/status.h"
#include "format/identify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct laz_view bytes = {data, size};
    const struct laz_type *type = laz_identify(bytes), *inner;
    uint64_t offset;

    LAZ_ASSERT(type != NULL && strlen(type->name) > 0 && strlen(type->name) < 16);
    if (laz_find_appended(type, bytes, &offset, &inner))
        LAZ_ASSERT(offset <= size && inner != NULL);
    laz_ignore(laz_type_hides(type, bytes)); /* only that it ends */
    return 0;
}
