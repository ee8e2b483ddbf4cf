/* Links of an object that lists name. */
#include <string.h>

#include "match/lists.h"
#include "scan/links.h"
#include "scan/scan_priv.h"

#define LINKS_TOLD_MAX 4    /* of one object */
#define LINKS_PER_LOOK 1024 /* at the clock */

/* What people or programs may follow from here. Others are not asked for: programs and pictures
 * hold many names by chance. */
static bool may_have_links(const struct laz_type *type)
{
    switch (type->id) {
    case LAZ_TYPE_OTHER:
    case LAZ_TYPE_TEXT:
    case LAZ_TYPE_HTML:
    case LAZ_TYPE_MAIL:
    case LAZ_TYPE_OLE2:
    case LAZ_TYPE_PDF:
    case LAZ_TYPE_RTF:
        return true;
    default: /* programs, pictures and archives */
        return false;
    }
}

static void add_link(struct laz_scanner *s, const struct laz_known *known, struct laz_view link)
{
    char about[LAZ_LINK_SIZE] = "holds a link that is listed: ";
    size_t len = strlen(about);
    struct laz_detection *d =
        laz_verdict_add_detection(s->verdict, known->hit.name, known->hit.kind, known->hit.source,
                                  laz_scanner_path(s), false);

    if (d == NULL)
        return;
    laz_link_defang(link, about + len, sizeof about - len);
    laz_detection_explain(d, laz_view_of(about), laz_view_of(""));
}

void laz_object_find_links(struct laz_scanner *s, const struct laz_type *type,
                           struct laz_view bytes)
{
    struct laz_links links;
    struct laz_known known;
    struct laz_url url;
    unsigned told = 0;

    if (laz_database_lists_wanted(s->db) == 0 || !may_have_links(type))
        return;
    laz_links_start(&links, bytes);
    for (unsigned i = 1; told < LINKS_TOLD_MAX && laz_links_next(&links); i++) {
        struct laz_view link = laz_view_from(links.text, links.len);

        if (laz_url_read(link, &url) && laz_database_find_url(s->db, &url, &known)) {
            add_link(s, &known, link);
            told++;
        }
        if (i % LINKS_PER_LOOK == 0 && laz_budget_is_late(&s->budget)) {
            laz_scanner_note(s, LAZ_REASON_LIMIT_TIME, type->name);
            return;
        }
    }
}
