/* http_priv.h - the head of an answer, as far as we want to know it. Pure. */
#ifndef LAZ_FEED_HTTP_PRIV_H
#define LAZ_FEED_HTTP_PRIV_H

#include "feed/http.h"

struct laz_http_head {
    unsigned status;
    bool encoded, has_range, takes_ranges, broken;
    uint64_t range_first, range_total; /* total: 0 when it is not said */
    size_t bytes;                      /* of all lines */
    uint64_t waste;                    /* bytes of a body that nobody wants */
    char etag[LAZ_FEED_TEXT_SIZE], modified[LAZ_FEED_TEXT_SIZE], retry_after[64], added_last[64];
    bool has_sha256, has_md5;
    uint8_t sha256[LAZ_SHA256_SIZE], md5[LAZ_MD5_SIZE];
};

/* One line, with its end. A status line begins a new head. False when there is too much. */
bool laz_http_head_add(struct laz_http_head *h, struct laz_view line);
/* What names the content. */
void laz_http_head_copy(const struct laz_http_head *h, struct laz_http_answer *out);

#endif
