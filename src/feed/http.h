/* http.h - asks a server that nobody vouches for, within limits: HTTPS with a certificate that is
 * checked, redirects counted and looked at, each byte counted as it comes. By libcurl, one
 * connection at a time. For processes that have no rights. */
#ifndef LAZ_FEED_HTTP_H
#define LAZ_FEED_HTTP_H

#include "feed/message.h"
#include "sign/digest.h"

#define LAZ_HTTP_REDIRECTS_MAX 5

struct laz_http;

/* request is borrowed for the life of the session. */
LAZ_CHECKED enum laz_status laz_http_new(const struct laz_feed_request *request,
                                         struct laz_http **out, struct laz_error *err);
void laz_http_drop(struct laz_http **http);

struct laz_http_call {
    const char *url;
    const char *accept; /* NULL: anything */
    struct laz_view post;
    const char *etag, *modified; /* "" or of what we have: ask only for what is newer */
    uint64_t have;               /* bytes that we hold: ask for the rest… */
    const char *if_range;        /* …when this still names them */
    int fd;                      /* where the answer goes, from its offset have on; or -1: */
    struct laz_buf *body;
    uint64_t size_max;
};

struct laz_http_answer {
    /* LAZ_FEED_FRESH: the whole answer has come. LAZ_FEED_PARTIAL: a first part of it. */
    enum laz_feed_outcome outcome;
    uint16_t http;
    bool is_rest;   /* 206: the answer went on where we were */
    bool can_go_on; /* the server takes ranges, and named the content strongly */
    int64_t retry_after_ms;
    uint64_t size; /* bytes of the content that are there now, from its first on */
    char etag[LAZ_FEED_TEXT_SIZE], modified[LAZ_FEED_TEXT_SIZE], added_last[64];
    bool has_sha256, has_md5; /* of the whole content, as the server gave them */
    uint8_t sha256[LAZ_SHA256_SIZE], md5[LAZ_MD5_SIZE];
    char problem[LAZ_FEED_TEXT_SIZE];
};

/* Follows redirects. */
void laz_http_get(struct laz_http *h, const struct laz_http_call *call,
                  struct laz_http_answer *out);

/* Whether what is at from may send us to to. */
bool laz_http_may_follow(const char *from, const char *to, bool plain_http);
/* Scheme, host and port are the same: only then does the secret go along. */
bool laz_http_same_origin(const char *a, const char *b);

#endif
