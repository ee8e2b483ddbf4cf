/* JSON: what was checked can be walked, and its texts fit where they stood. */
#include <stdlib.h>

#include "base/status.h"
#include "format/json_view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_text(struct laz_view value)
{
    uint8_t *room = malloc(value.len + 1);
    struct laz_view text;
    int64_t n;

    if (room == NULL)
        return;
    if (laz_json_view_text(value, room, &text))
        LAZ_ASSERT(text.len < value.len);
    laz_ignore(!laz_json_view_number(value, &n)); /* only that it ends */
    free(room);
}

static void walk(struct laz_view value, unsigned depth)
{
    struct laz_view rest, item;

    read_text(value);
    if (depth == 0)
        return;
    if (laz_json_view_items(value, &rest))
        while (laz_json_view_item(&rest, &item))
            walk(item, depth - 1);
    if (laz_json_view_member(value, "network", &item) ||
        laz_json_view_member(value, "http", &item) || laz_json_view_member(value, "uri", &item))
        walk(item, depth - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct laz_view text = {data, size};

    if (laz_json_view_check(text))
        walk(text, 8);
    return 0;
}
