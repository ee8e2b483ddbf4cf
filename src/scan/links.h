/* links.h - URLs in an object's bytes, as mail, pages, scripts, shortcuts and PDF hold them: in
 * plain or wide (UTF-16) text, with slashes escaped as scripts do it. */
#ifndef LAZ_SCAN_LINKS_H
#define LAZ_SCAN_LINKS_H

#include "base/view.h"

#define LAZ_LINK_SIZE 2048

struct laz_links {
    struct laz_view all;
    size_t at;  /* what stands before was looked at */
    bool names; /* second round: names that begin with "www." and have no scheme */
    char text[LAZ_LINK_SIZE];
    size_t len;
};

void laz_links_start(struct laz_links *l, struct laz_view bytes);
/* The next link is in text: with its scheme, or beginning with "www.". False when there is none.
 * Each byte is looked at a bounded number of times. */
bool laz_links_next(struct laz_links *l);

/* "hxxp://bad[.]example[.]com/x": so that nobody follows it by mistake. */
void laz_link_defang(struct laz_view link, char *out, size_t size);

#endif
