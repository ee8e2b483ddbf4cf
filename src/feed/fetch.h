/* fetch.h - gets the content of one source into a file, as its kind asks for: what lazaret-feed
 * does once it has given up its rights. */
#ifndef LAZ_FEED_FETCH_H
#define LAZ_FEED_FETCH_H

#include "feed/http.h"

struct laz_fetch {
    const struct laz_feed_request *request;
    struct laz_http *http;
    int output;                     /* holds the part that came before */
    struct laz_view old;            /* the content as it was */
    struct laz_feed_report *report; /* outcome LAZ_FEED_FRESH: the output is whole */
};

void laz_fetch_file(struct laz_fetch *f);  /* one URL; goes on where it broke off */
void laz_fetch_taxii(struct laz_fetch *f); /* a STIX bundle of all collections that can be read */
void laz_fetch_misp(struct laz_fetch *f);  /* {"response":[{"Event":…},…]} */

/* Takes the answer's facts into the report. */
void laz_fetch_tell(struct laz_fetch *f, const struct laz_http_answer *a);
void laz_fetch_fail(struct laz_fetch *f, enum laz_feed_outcome outcome, const char *problem);

#endif
