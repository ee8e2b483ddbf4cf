/* message.h - what goes to lazaret-feed, which gets content over the network, and what comes back.
 * The answer is written by a process that has read hostile bytes: each field is bounded and
 * checked. Pure. */
#ifndef LAZ_FEED_MESSAGE_H
#define LAZ_FEED_MESSAGE_H

#include "base/buf.h"
#include "feed/source.h"

#define LAZ_FEED_REQUEST_MAX ((size_t)2 << 20) /* most of it: certificates of authorities */
#define LAZ_FEED_REPORT_MAX  ((size_t)4096)

/* Descriptors of lazaret-feed. */
#define LAZ_FEED_REQUEST_FD 3 /* read to its end */
#define LAZ_FEED_OUTPUT_FD  4 /* the content; holds the part that has come already */
#define LAZ_FEED_OLD_FD     5 /* the content as it was; empty when there is none */
#define LAZ_FEED_REPORT_FD  6

struct laz_feed_request {
    uint8_t kind;           /* enum laz_feed_kind */
    bool plain_http, whole; /* whole: not only what is new (TAXII, MISP) */
    uint64_t size_max;
    uint32_t connect_ms, slow_s, total_s; /* slow_s: how long less than a kilobyte a second goes */
    struct laz_view url;                  /* with the key in its place */
    struct laz_view header;               /* "Name: value" with the key, for the url's host only */
    struct laz_view post;                 /* unused when empty */
    struct laz_view etag, modified;       /* of the content that we have */
    struct laz_view part_etag, part_modified; /* of the part in the output */
    struct laz_view ca_pem;
    struct laz_view http_proxy, https_proxy, all_proxy, no_proxy;
};

struct laz_feed_report {
    enum laz_feed_outcome outcome;
    uint16_t http; /* the last status; 0: none came */
    int64_t retry_after_ms;
    uint64_t size;
    char etag[LAZ_FEED_TEXT_SIZE], modified[LAZ_FEED_TEXT_SIZE]; /* of what is in the output */
    char problem[LAZ_FEED_TEXT_SIZE];                            /* "" on success */
};

LAZ_CHECKED enum laz_status laz_feed_request_write(const struct laz_feed_request *r,
                                                   struct laz_buf *out);
/* out borrows from v. */
bool laz_feed_request_read(struct laz_view v, struct laz_feed_request *out);

LAZ_CHECKED enum laz_status laz_feed_report_write(const struct laz_feed_report *r,
                                                  struct laz_buf *out);
/* Texts are printable UTF-8. */
bool laz_feed_report_read(struct laz_view v, struct laz_feed_report *out);

#endif
