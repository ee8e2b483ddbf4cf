#include "console/page.h"

const struct laz_page_file *laz_page_find(struct laz_view path)
{
    uint32_t low = 0, high = laz_page_file_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = laz_view_compare(path, laz_view_of(laz_page_files[middle].path));

        if (order == 0)
            return &laz_page_files[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

struct laz_view laz_page_content(const struct laz_page_file *file)
{
    return laz_view_from(laz_page_blob + file->offset, file->size);
}

struct laz_view laz_page_gzip(const struct laz_page_file *file)
{
    return laz_view_from(laz_page_blob + file->gzip_offset, file->gzip_size);
}

bool laz_page_is_route(struct laz_view path)
{
    for (size_t i = path.len; i > 0 && path.data[i - 1] != '/'; i--)
        if (path.data[i - 1] == '.')
            return false;
    return true;
}
