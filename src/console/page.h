/* page.h - the page's files, as tools/embed.py has put them into this program: whole and
 * compressed. */
#ifndef LAZ_CONSOLE_PAGE_H
#define LAZ_CONSOLE_PAGE_H

#include "base/view.h"

struct laz_page_file {
    const char *path; /* "/assets/index-x.js" */
    const char *content_type, *etag;
    bool immutable;                                /* its name changes with its content */
    uint32_t offset, size, gzip_offset, gzip_size; /* in the blob; gzip_size 0: not worth it */
};

/* Made by tools/embed.py, in the order of their paths. */
extern const struct laz_page_file laz_page_files[];
extern const uint32_t laz_page_file_count;
extern const uint8_t laz_page_blob[];

/* NULL when there is none of this path. */
const struct laz_page_file *laz_page_find(struct laz_view path);
struct laz_view laz_page_content(const struct laz_page_file *file);
struct laz_view laz_page_gzip(const struct laz_page_file *file);

/* Paths that the page itself knows ("/incidents/7"): all without a dot in the last segment. */
bool laz_page_is_route(struct laz_view path);

#endif
