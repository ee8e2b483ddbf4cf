/* source.h - a source of detection content: what it is, where it stands, and how it went last time.
 * Pure. */
#ifndef LAZ_FEED_SOURCE_H
#define LAZ_FEED_SOURCE_H

#include "base/status.h"
#include "base/view.h"

enum laz_feed_kind {
    LAZ_FEED_FRESHCLAM, /* the folder that freshclam fills */
    LAZ_FEED_FOLDER,
    LAZ_FEED_FILE,
    LAZ_FEED_YARA, /* a package of YARA rules: a zip, a folder or a URL of one */
    LAZ_FEED_LIST, /* hashes, URLs, hosts, addresses */
    LAZ_FEED_STIX, /* a STIX 2.1 bundle */
    LAZ_FEED_TAXII,
    LAZ_FEED_MISP,
    LAZ_FEED_KINDS,
};
const char *laz_feed_kind_name(enum laz_feed_kind kind);
bool laz_feed_kind_parse(struct laz_view v, enum laz_feed_kind *out);

/* How a look at a source ended. The words are part of --json. */
enum laz_feed_outcome {
    LAZ_FEED_NEVER,       /* it was not asked yet */
    LAZ_FEED_FRESH,       /* new content has come */
    LAZ_FEED_SAME,        /* nothing has changed */
    LAZ_FEED_PARTIAL,     /* it broke off; what has come is kept and continued */
    LAZ_FEED_FORBIDDEN,   /* 401, 403, 407, 451 */
    LAZ_FEED_GONE,        /* 404, 410 */
    LAZ_FEED_BUSY,        /* 429, 503 */
    LAZ_FEED_BROKEN,      /* any other answer that is none */
    LAZ_FEED_TOO_LARGE,   /* more than the source's limit */
    LAZ_FEED_REDIRECT,    /* led to where it must not lead, or in a circle */
    LAZ_FEED_UNTRUSTED,   /* its certificate is not to be believed */
    LAZ_FEED_UNREACHABLE, /* no connection, or it broke before anything came */
    LAZ_FEED_SLOW,        /* less came than a kilobyte in a second, for a minute */
    LAZ_FEED_DAMAGED,     /* not what was announced: digest, length or form */
    LAZ_FEED_FAILED,      /* we could not: disk, memory, a setting */
    LAZ_FEED_OUTCOMES,
};
const char *laz_feed_outcome_name(enum laz_feed_outcome outcome);
bool laz_feed_outcome_parse(struct laz_view v, enum laz_feed_outcome *out);

#define LAZ_FEED_ID_SIZE       33
#define LAZ_FEED_LOCATION_SIZE 1024
#define LAZ_FEED_TEXT_SIZE     256
#define LAZ_FEED_DIGEST_SIZE   65 /* SHA-256 in hexadecimal */

struct laz_feed_source {
    char id[LAZ_FEED_ID_SIZE];
    enum laz_feed_kind kind;
    char location[LAZ_FEED_LOCATION_SIZE]; /* a path or a URL; {key} stands for the secret */
    char licence[LAZ_FEED_TEXT_SIZE];      /* SPDX or a text */
    char terms[LAZ_FEED_LOCATION_SIZE];    /* what the publisher asks of users */
    char secret_file[LAZ_FEED_LOCATION_SIZE], ca_file[LAZ_FEED_LOCATION_SIZE];
    uint64_t every_s, size_max;
    bool enabled, plain_http;

    char etag[LAZ_FEED_TEXT_SIZE], modified[LAZ_FEED_TEXT_SIZE]; /* of the content that we have */
    char part_etag[LAZ_FEED_TEXT_SIZE], part_modified[LAZ_FEED_TEXT_SIZE]; /* of half a download */
    char digest[LAZ_FEED_DIGEST_SIZE];                                     /* of the content */
    char good[LAZ_FEED_DIGEST_SIZE];    /* of what stands in the database */
    char refused[LAZ_FEED_DIGEST_SIZE]; /* of what did not pass the proof */
    enum laz_feed_outcome outcome;
    char error[LAZ_FEED_TEXT_SIZE]; /* in words; "" when all is well */
    uint64_t http, failures, size;
    uint64_t taken, unusable, left_out; /* of its entries: used, not read, left out by the proof */
    uint64_t checked_ms, changed_ms, whole_ms, next_ms;
    uint64_t well_ms;    /* the last time that it was asked and all was well; 0: never */
    uint64_t failing_ms; /* since when it is not; 0: it is */
};

#define LAZ_FEED_EVERY_MIN_S    (5 * 60u)
#define LAZ_FEED_EVERY_MAX_S    (90 * 86400u)
#define LAZ_FEED_EVERY_S        86400u
#define LAZ_FEED_SIZE_MAX       ((uint64_t)2 << 30)
#define LAZ_FEED_SIZE_DEFAULT   ((uint64_t)256 << 20)
#define LAZ_FEED_SECRET_KEYWORD "{key}"

void laz_feed_source_init(struct laz_feed_source *s, const char *id, enum laz_feed_kind kind);
/* What people set is whole and makes sense. why is for a person. */
bool laz_feed_source_check(const struct laz_feed_source *s, const char **why);
/* 1 to 32 letters, digits, '-', '_' and '.', first a letter or digit. */
bool laz_feed_id_is_valid(struct laz_view v);
/* It comes over the network. */
bool laz_feed_is_remote(const struct laz_feed_source *s);
/* "https://HOST…", or "http://" with a host that is the machine itself. */
bool laz_feed_url_is_safe(struct laz_view url);
bool laz_feed_url_is_http(struct laz_view url); /* of either kind */
/* Digits and m, h or d: minutes, hours, days. */
bool laz_feed_interval_parse(struct laz_view v, uint64_t *seconds);
void laz_feed_interval_text(uint64_t seconds, char out[24]);

#endif
