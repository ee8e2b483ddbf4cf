#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "feed/fetch.h"
#include "sys/clock.h"
#include "sys/fd.h"

#define ATTEMPTS_MAX 4 /* of one look: each goes on where the last one broke off */
#define PAUSE_MS     1000

static void copy_text(char *out, size_t size, struct laz_view v)
{
    v = laz_view_first(v, size - 1);
    if (v.len > 0)
        memcpy(out, v.data, v.len);
    out[v.len] = '\0';
}

/* libcurl's words and a server's stand in it: only what can be printed. */
static void copy_printable(char *out, size_t size, const char *text)
{
    size_t n = 0;

    for (const char *c = text; *c != '\0' && n + 1 < size; c++)
        out[n++] = *c >= ' ' && *c <= '~' ? *c : '?';
    out[n] = '\0';
}

void laz_fetch_tell(struct laz_fetch *f, const struct laz_http_answer *a)
{
    struct laz_feed_report *r = f->report;

    r->outcome = a->outcome;
    r->http = a->http;
    r->retry_after_ms = a->retry_after_ms;
    r->size = a->size;
    copy_printable(r->etag, sizeof r->etag, a->etag);
    copy_printable(r->modified, sizeof r->modified, a->modified);
    copy_printable(r->problem, sizeof r->problem, a->problem);
}

void laz_fetch_fail(struct laz_fetch *f, enum laz_feed_outcome outcome, const char *problem)
{
    f->report->outcome = outcome;
    copy_printable(f->report->problem, sizeof f->report->problem, problem);
}

static bool digest_holds(struct laz_view bytes, enum laz_digest kind, const uint8_t *wanted)
{
    uint8_t found[LAZ_DIGEST_SIZE_MAX];

    return laz_digest(kind, bytes, found) == LAZ_OK &&
           memcmp(found, wanted, laz_digest_bytes(kind)) == 0;
}

/* What the server says of the whole holds for the parts that were put together. */
static bool is_as_announced(const struct laz_fetch *f, const struct laz_http_answer *a)
{
    struct laz_mapping m = {{NULL, 0}};
    bool ok = true;

    if (!a->has_sha256 && !a->has_md5)
        return true;
    if (laz_map_fd(f->output, &m, NULL) != LAZ_OK)
        return false;
    if (a->has_sha256)
        ok = digest_holds(m.bytes, LAZ_SHA256, a->sha256);
    if (ok && a->has_md5)
        ok = digest_holds(m.bytes, LAZ_MD5, a->md5);
    laz_mapping_clear(&m);
    return ok;
}

/* Nothing that is half may stay when nobody can go on with it. */
static void empty_output(const struct laz_fetch *f)
{
    laz_ignore(ftruncate(f->output, 0) != 0); /* the report says already that it is not whole */
}

struct part {
    uint64_t have;
    char validator[LAZ_FEED_TEXT_SIZE]; /* a strong ETag, or the date */
};

static void find_part(const struct laz_fetch *f, struct part *out)
{
    const struct laz_feed_request *r = f->request;
    struct stat st;
    bool strong = r->part_etag.len > 0 && r->part_etag.data[0] == '"';

    memset(out, 0, sizeof *out);
    copy_text(out->validator, sizeof out->validator, strong ? r->part_etag : r->part_modified);
    if (out->validator[0] != '\0' && fstat(f->output, &st) == 0 && st.st_size > 0 &&
        (uint64_t)st.st_size < r->size_max)
        out->have = (uint64_t)st.st_size;
}

static void go_on(struct part *part, const struct laz_http_answer *a)
{
    part->have = a->can_go_on ? a->size : 0;
    copy_text(part->validator, sizeof part->validator,
              laz_view_of(a->etag[0] == '"' ? a->etag : a->modified));
    if (part->validator[0] == '\0')
        part->have = 0;
}

/* True when asking once more may help now. */
static bool should_go_on(struct part *part, struct laz_http_answer *a)
{
    uint64_t before = part->have;

    if (a->http == 416 && before > 0) { /* the part is not of what the server has */
        part->have = 0;
        return true;
    }
    if (a->outcome != LAZ_FEED_PARTIAL)
        return false;
    go_on(part, a);
    return part->have > before;
}

void laz_fetch_file(struct laz_fetch *f)
{
    const struct laz_feed_request *r = f->request;
    char url[LAZ_FEED_LOCATION_SIZE + LAZ_FEED_TEXT_SIZE], etag[LAZ_FEED_TEXT_SIZE],
        modified[LAZ_FEED_TEXT_SIZE];
    struct laz_http_answer a;
    struct part part;

    copy_text(url, sizeof url, r->url);
    copy_text(etag, sizeof etag, r->etag);
    copy_text(modified, sizeof modified, r->modified);
    find_part(f, &part);
    for (int attempt = 1;; attempt++) {
        struct laz_http_call call = {.url = url,
                                     .post = r->post,
                                     .etag = etag,
                                     .modified = modified,
                                     .have = part.have,
                                     .if_range = part.validator,
                                     .fd = f->output,
                                     .size_max = r->size_max};

        laz_http_get(f->http, &call, &a);
        if (attempt == ATTEMPTS_MAX || !should_go_on(&part, &a))
            break;
        laz_sleep_ms(PAUSE_MS * attempt);
    }
    if (a.outcome == LAZ_FEED_FRESH && !is_as_announced(f, &a)) {
        a.outcome = LAZ_FEED_DAMAGED;
        snprintf(a.problem, sizeof a.problem,
                 "its bytes do not have the digest that the server gave");
    }
    if (a.outcome == LAZ_FEED_PARTIAL && !a.can_go_on)
        a.outcome = LAZ_FEED_UNREACHABLE;
    laz_fetch_tell(f, &a);
    if (a.outcome == LAZ_FEED_TOO_LARGE || a.outcome == LAZ_FEED_DAMAGED ||
        a.outcome == LAZ_FEED_UNREACHABLE)
        empty_output(f);
}
