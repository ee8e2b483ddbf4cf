#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/content.h"
#include "feed/fetcher.h"
#include "feed/schedule.h"
#include "sign/digest.h"
#include "sys/clock.h"
#include "sys/fd.h"

#define WHOLE_MS ((int64_t)7 * 86400 * 1000) /* TAXII and MISP: so often all is asked for anew */

/* What a source tells to everybody is kept away from by everybody: also by people who are in a
 * hurry, unless they say so. */
static bool is_time(const struct laz_feed_source *s, const struct laz_content_update *u)
{
    bool due = (int64_t)s->next_ms <= laz_now_ms();

    if (!s->enabled || (u->only != NULL && strcmp(u->only, s->id) != 0))
        return false;
    return due || u->now || (!u->due && !laz_feed_outcome_is_refusal(s->outcome));
}

static void copy_text(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text);
}

static void say(const struct laz_content_update *u, const struct laz_feed_source *s)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf line = {0};

    laz_buf_init(&line, 4096);
    laz_ignore(laz_buf_addf(&line, "%s: %s", s->id, laz_feed_outcome_name(s->outcome)));
    if (s->http > 0 && !laz_feed_outcome_is_good(s->outcome))
        laz_ignore(laz_buf_addf(&line, " (HTTP %llu)", (unsigned long long)s->http));
    if (s->error[0] != '\0') {
        laz_ignore(laz_buf_add_text(&line, ": "));
        laz_ignore(laz_buf_add_terminal(&line, laz_view_of(s->error)));
    }
    if (laz_feed_outcome_is_good(s->outcome) && u->quiet)
        return;
    fprintf(laz_feed_outcome_is_good(s->outcome) ? stdout : stderr, "%s%s\n",
            laz_feed_outcome_is_good(s->outcome) ? "" : "lazaret: content: ", laz_buf_text(&line));
    fflush(stdout);
}

/* In the words that a person needs, with what is done about it. */
static void explain(struct laz_feed_source *s, const struct laz_feed_report *r)
{
    char until[LAZ_TIME_TEXT_SIZE];
    const char *what = r->problem;

    if (laz_feed_outcome_is_good(r->outcome)) {
        s->error[0] = '\0';
        return;
    }
    if (r->outcome == LAZ_FEED_FORBIDDEN && what[0] == '\0')
        what = "it refuses us; check the key and the terms";
    else if (r->outcome == LAZ_FEED_GONE && what[0] == '\0')
        what = "nothing is there any more; check the location";
    else if (r->outcome == LAZ_FEED_BUSY && what[0] == '\0')
        what = "it asks us to come later";
    else if (r->outcome == LAZ_FEED_BROKEN && what[0] == '\0')
        what = "it does not answer as it should";
    laz_time_text((int64_t)s->next_ms, until);
    snprintf(s->error, sizeof s->error, "%.150s; what we have stays; next try after %s", what,
             until);
}

static void note(struct laz_feed_source *s, const struct laz_feed_report *r)
{
    struct laz_feed_attempt a = {.outcome = r->outcome,
                                 .now_ms = laz_now_ms(),
                                 .retry_after_ms = r->retry_after_ms,
                                 .every_s = s->every_s};

    laz_random_bytes(&a.chance, sizeof a.chance);
    s->failures = laz_feed_outcome_is_good(r->outcome) ? 0 : s->failures + 1;
    a.failures = s->failures;
    s->outcome = r->outcome;
    s->http = r->http;
    s->checked_ms = (uint64_t)a.now_ms;
    s->next_ms = (uint64_t)laz_feed_next_ms(&a);
    explain(s, r);
}

static void fail(struct laz_feed_source *s, struct laz_feed_report *r, const char *why)
{
    *r = (struct laz_feed_report){.outcome = LAZ_FEED_FAILED};
    copy_text(r->problem, sizeof r->problem, why);
}

/* The content's digest, taken by ourselves. */
static bool digest_file(int fd, char out[LAZ_FEED_DIGEST_SIZE], uint64_t *size)
{
    uint8_t digest[LAZ_DIGEST_SIZE_MAX];
    struct laz_mapping m = {{NULL, 0}};
    bool ok;

    if (laz_map_fd(fd, &m, NULL) != LAZ_OK)
        return false;
    ok = laz_digest(LAZ_SHA256, m.bytes, digest) == LAZ_OK;
    *size = m.bytes.len;
    laz_mapping_clear(&m);
    laz_hex_encode(laz_view_from(digest, LAZ_SHA256_SIZE), out);
    return ok;
}

/* The part is whole: it becomes the content. */
static void take_fresh(struct laz_feed_source *s, int dir, int part, bool whole,
                       struct laz_feed_report *r)
{
    char digest[LAZ_FEED_DIGEST_SIZE];
    uint64_t size;

    if (fsync(part) != 0 || !digest_file(part, digest, &size) ||
        laz_feed_store_rename(dir, "part", "content", NULL) != LAZ_OK) {
        fail(s, r, "what came cannot be kept: check the disk's space");
        return;
    }
    copy_text(s->etag, sizeof s->etag, r->etag);
    copy_text(s->modified, sizeof s->modified, r->modified);
    s->part_etag[0] = s->part_modified[0] = '\0';
    s->size = size;
    if (whole || s->whole_ms == 0)
        s->whole_ms = (uint64_t)laz_now_ms();
    if (strcmp(digest, s->digest) == 0) {
        r->outcome = LAZ_FEED_SAME;
        return;
    }
    memcpy(s->digest, digest, sizeof digest);
    s->changed_ms = (uint64_t)laz_now_ms();
}

static void take_part(struct laz_feed_source *s, int dir, const struct laz_feed_report *r)
{
    bool half = r->outcome == LAZ_FEED_PARTIAL;

    copy_text(s->part_etag, sizeof s->part_etag, half ? r->etag : "");
    copy_text(s->part_modified, sizeof s->part_modified, half ? r->modified : "");
    if (!half)
        laz_ignore(unlinkat(dir, "part", 0) != 0); /* nothing could go on with it */
}

static bool is_kept_by_us(const struct laz_feed_source *s)
{
    return s->kind == LAZ_FEED_TAXII || s->kind == LAZ_FEED_MISP;
}

static void ask(struct laz_content *c, const struct laz_content_update *u,
                struct laz_feed_source *s, const struct laz_feed_source *asked,
                struct laz_feed_report *r)
{
    LAZ_OWNED(laz_fd_drop) int dir = laz_feed_store_source(&c->store, s->id);
    LAZ_OWNED(laz_fd_drop) int part = -1;
    LAZ_OWNED(laz_fd_drop) int old = -1;
    struct laz_feed_order order = {.source = asked, .old_fd = -1, .slow_s = u->slow_s};

    if (dir >= 0)
        part = openat(dir, "part", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (part < 0) {
        fail(s, r, "its folder cannot be written: check rights and space");
        return;
    }
    old = openat(dir, "content", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    /* Without content everything is new, whatever the registry remembers. */
    order.whole = old < 0 || (is_kept_by_us(s) && laz_now_ms() - (int64_t)s->whole_ms > WHOLE_MS);
    order.part_fd = part;
    if (is_kept_by_us(s))
        order.old_fd = old;
    laz_feed_fetch(&order, r);
    if (r->outcome == LAZ_FEED_FRESH)
        take_fresh(s, dir, part, order.whole, r);
    else
        take_part(s, dir, r);
    if (r->outcome == LAZ_FEED_SAME && old < 0 && !is_kept_by_us(s) && s->digest[0] == '\0')
        fail(s, r, "says that nothing changed, and we have nothing");
}

/* What lies on this machine is read when the database is built; here is only seen that it is there.
 */
static void look(struct laz_feed_source *s, struct laz_feed_report *r)
{
    *r = (struct laz_feed_report){.outcome = LAZ_FEED_SAME};
    if (access(s->location, R_OK) == 0)
        return;
    r->outcome = errno == ENOENT ? LAZ_FEED_GONE : LAZ_FEED_FAILED;
    copy_text(r->problem, sizeof r->problem, strerror(errno));
}

/* A part is believed to be of what the registry says. Should we be ended while it changes, then the
 * registry must say nothing: the part is then begun anew. */
static enum laz_status forget_part(struct laz_content *c, struct laz_feed_source *s,
                                   struct laz_feed_source *asked, struct laz_error *err)
{
    *asked = *s;
    if (s->part_etag[0] == '\0' && s->part_modified[0] == '\0')
        return LAZ_OK;
    s->part_etag[0] = s->part_modified[0] = '\0';
    return laz_content_save(c, err);
}

enum laz_status laz_content_fetch(struct laz_content *c, const struct laz_content_update *u,
                                  bool *changed, struct laz_error *err)
{
    *changed = false;
    for (size_t i = 0; i < c->registry.count; i++) {
        struct laz_feed_source *s = &c->registry.sources[i];
        struct laz_feed_source asked;
        struct laz_feed_report r;
        enum laz_status status;

        if (!is_time(s, u))
            continue;
        status = forget_part(c, s, &asked, err);
        if (status != LAZ_OK)
            return status;
        if (laz_feed_is_remote(s))
            ask(c, u, s, &asked, &r);
        else
            look(s, &r);
        *changed = *changed || r.outcome == LAZ_FEED_FRESH;
        note(s, &r);
        say(u, s);
        /* At once, so that a source that told us to wait is waited for also after a power cut. */
        status = laz_content_save(c, err);
        if (status != LAZ_OK)
            return status;
    }
    return LAZ_OK;
}
