/* Text from anybody: links in it, in the form in which they are listed. */
#include <string.h>

#include "base/status.h"
#include "match/lists.h"
#include "scan/links.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The canonical form of a canonical form is itself. */
static void check_stays(const struct laz_url *url)
{
    char text[LAZ_URL_SIZE + 8];
    struct laz_url again;

    if (strchr(url->text, '[') != NULL || strstr(url->text, ":80") != NULL)
        return; /* IPv6 stands without its colons; and 80 may be the port of another scheme */
    snprintf(text, sizeof text, "http://%s", url->text);
    LAZ_ASSERT(laz_url_read(laz_view_of(text), &again));
    LAZ_ASSERT(again.len == url->len && memcmp(again.text, url->text, url->len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct laz_links links;
    struct laz_url url;
    size_t count = 0;
    char shown[128];

    if (size > 65536)
        return 0;
    laz_links_start(&links, laz_view_from(data, size));
    while (laz_links_next(&links)) {
        LAZ_ASSERT(++count <= size && strlen(links.text) == links.len);
        laz_link_defang(laz_view_from(links.text, links.len), shown, sizeof shown);
        LAZ_ASSERT(strlen(shown) < sizeof shown);
        if (laz_url_read(laz_view_from(links.text, links.len), &url))
            check_stays(&url);
    }
    if (laz_url_read(laz_view_from(data, size), &url))
        check_stays(&url);
    return 0;
}
