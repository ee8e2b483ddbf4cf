/* Any bytes as a registry. One that is accepted is written so that it is read back the same. */
#include <string.h>

#include "feed/registry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct laz_feed_registry first, second;
    struct laz_buf text;
    struct laz_error err;

    laz_feed_registry_init(&first);
    laz_feed_registry_init(&second);
    laz_buf_init(&text, LAZ_FEED_REGISTRY_MAX);
    if (laz_feed_registry_parse(&first, laz_view_from(data, size), "x", &err) == LAZ_OK &&
        laz_feed_registry_write(&first, &text) == LAZ_OK) {
        LAZ_ASSERT(laz_feed_registry_parse(&second, laz_buf_view(&text), "x", &err) == LAZ_OK);
        LAZ_ASSERT(first.count == second.count);
        LAZ_ASSERT(first.count == 0 ||
                   memcmp(first.sources, second.sources, first.count * sizeof *first.sources) == 0);
    }
    laz_feed_registry_clear(&first);
    laz_feed_registry_clear(&second);
    laz_buf_clear(&text);
    return 0;
}
