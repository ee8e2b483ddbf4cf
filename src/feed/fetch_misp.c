/* fetch_misp.c - events of MISP: from a published feed (manifest.json and a file for each event),
 * or from a server's own interface (events/restSearch), for which a key is needed. Both become one
 * document in the form of restSearch's answer. Events that we have in the same version are not
 * asked for again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "feed/fetch.h"
#include "feed/gather.h"

#define EVENTS_MAX  20000u
#define PAGES_MAX   10000u
#define PAGE_EVENTS 50
#define PAGE_MAX    (64 * MIB)
#define URL_SIZE    1536
#define UUID_SIZE   64
#define STAMP_SIZE  24

struct old_event {
    char uuid[UUID_SIZE];
    uint64_t stamp;
    struct laz_view item;
};

struct misp {
    struct laz_fetch *fetch;
    struct laz_gather gather;
    struct laz_buf manifest, page;
    struct laz_view json;
    struct old_event *old; /* what we have, in the order of its uuids; owned */
    size_t old_count;
    char base[URL_SIZE]; /* ends with '/' */
    bool changed;
    uint64_t newest; /* timestamp of what we have */
};

static bool fail(struct misp *m, enum laz_feed_outcome outcome, const char *problem)
{
    laz_fetch_fail(m->fetch, outcome, problem);
    return false;
}

static bool get(struct misp *m, const char *url, struct laz_view post, struct laz_buf *body)
{
    struct laz_http_call call = {.url = url,
                                 .accept = "application/json",
                                 .post = post,
                                 .etag = "",
                                 .modified = "",
                                 .fd = -1,
                                 .body = body,
                                 .size_max = m->fetch->request->size_max};
    struct laz_http_answer a;

    laz_http_get(m->fetch->http, &call, &a);
    laz_fetch_tell(m->fetch, &a);
    if (a.outcome == LAZ_FEED_PARTIAL)
        return fail(m, LAZ_FEED_UNREACHABLE, "an answer broke off");
    if (a.outcome != LAZ_FEED_FRESH)
        return false;
    if (!laz_slice_check(laz_buf_view(body), &m->json))
        return fail(m, LAZ_FEED_DAMAGED, "answers something else than JSON");
    return true;
}

/* A number or a string of digits: MISP writes both. */
static bool stamp_of(struct laz_view object, uint64_t *out)
{
    struct laz_view value;
    char text[STAMP_SIZE];

    if (!laz_slice_member(object, "timestamp", &value))
        return false;
    if (laz_slice_text(value, text, sizeof text))
        return laz_parse_u64(laz_view_of(text), INT64_MAX, out);
    return laz_parse_u64(value, INT64_MAX, out);
}

/* {"Event":{…}} */
static bool event_of(struct laz_view item, char uuid[UUID_SIZE], uint64_t *stamp)
{
    struct laz_view event;

    return laz_slice_member(item, "Event", &event) && laz_slice_is_object(event) &&
           laz_slice_member_text(event, "uuid", uuid, UUID_SIZE) && stamp_of(event, stamp);
}

static int compare_events(const void *a, const void *b)
{
    return strcmp(((const struct old_event *)a)->uuid, ((const struct old_event *)b)->uuid);
}

/* What does not fit is asked for again. */
static void read_old(struct misp *m)
{
    struct laz_view value, list, item;

    if (!laz_slice_check(m->fetch->old, &value) || !laz_slice_member(value, "response", &list))
        return;
    m->old = calloc(EVENTS_MAX, sizeof *m->old);
    while (m->old != NULL && m->old_count < EVENTS_MAX && laz_slice_element(&list, &item)) {
        struct old_event *e = &m->old[m->old_count];

        if (!event_of(item, e->uuid, &e->stamp))
            continue;
        e->item = item;
        m->old_count++;
        if (e->stamp > m->newest)
            m->newest = e->stamp;
    }
    if (m->old != NULL && m->old_count > 1)
        qsort(m->old, m->old_count, sizeof *m->old, compare_events);
}

/* NULL when we do not have the event, or not in this version. */
static const struct old_event *find_old(const struct misp *m, const char *uuid, uint64_t stamp)
{
    struct old_event key = {.stamp = stamp};
    const struct old_event *found;

    snprintf(key.uuid, sizeof key.uuid, "%s", uuid);
    if (m->old_count == 0)
        return NULL;
    found = bsearch(&key, m->old, m->old_count, sizeof *m->old, compare_events);
    return found != NULL && found->stamp == stamp ? found : NULL;
}

/* ---------------------------------------------------------------- a feed */

static bool is_uuid(const char *text)
{
    return strlen(text) == 36 && strspn(text, "0123456789abcdefABCDEF-") == 36;
}

static bool add_event_file(struct misp *m, const char *uuid, uint64_t stamp)
{
    char url[URL_SIZE + UUID_SIZE + 8], found[UUID_SIZE];
    const struct old_event *old = find_old(m, uuid, stamp);
    uint64_t found_stamp;

    if (old != NULL) {
        laz_gather_item(&m->gather, old->item);
        return true;
    }
    m->changed = true;
    snprintf(url, sizeof url, "%s%s.json", m->base, uuid);
    if (!get(m, url, (struct laz_view){NULL, 0}, &m->page))
        return false;
    if (!event_of(m->json, found, &found_stamp) || strcmp(found, uuid) != 0)
        return fail(m, LAZ_FEED_DAMAGED, "has an event file that is not the event of its name");
    laz_gather_item(&m->gather, m->json);
    return true;
}

static bool read_feed(struct misp *m)
{
    char url[URL_SIZE + 16];
    struct laz_view rest, key, value;
    size_t count = 0;

    snprintf(url, sizeof url, "%smanifest.json", m->base);
    if (!get(m, url, (struct laz_view){NULL, 0}, &m->manifest))
        return false;
    if (!laz_slice_is_object(m->json))
        return fail(m, LAZ_FEED_DAMAGED, "has a manifest that is none");
    rest = m->json;
    while (laz_slice_pair(&rest, &key, &value)) {
        char uuid[UUID_SIZE] = "";
        uint64_t stamp;

        if (key.len < sizeof uuid)
            memcpy(uuid, key.data, key.len);
        if (!is_uuid(uuid) || !stamp_of(value, &stamp))
            return fail(m, LAZ_FEED_DAMAGED,
                        "has an event without uuid or timestamp in its manifest");
        if (++count > EVENTS_MAX)
            return fail(m, LAZ_FEED_TOO_LARGE, "has more than 20000 events");
        if (!laz_gather_name(&m->gather, key))
            continue;
        if (!add_event_file(m, uuid, stamp))
            return false;
        if (m->gather.failed != LAZ_OK)
            return true; /* told at the end */
    }
    return true;
}

/* ---------------------------------------------------------------- a server */

static bool add_page(struct misp *m, size_t *count)
{
    struct laz_view list, item;
    char uuid[UUID_SIZE];
    uint64_t stamp;

    if (!laz_slice_member(m->json, "response", &list))
        return fail(m, LAZ_FEED_DAMAGED, "answers something else than restSearch does");
    for (*count = 0; laz_slice_element(&list, &item); ++*count) {
        if (!event_of(item, uuid, &stamp))
            return fail(m, LAZ_FEED_DAMAGED, "answers with an event that has no uuid or timestamp");
        if (!laz_gather_name(&m->gather, laz_view_of(uuid)))
            continue;
        if (find_old(m, uuid, stamp) == NULL)
            m->changed = true;
        laz_gather_item(&m->gather, item);
    }
    return true;
}

static void add_old_events(struct misp *m)
{
    for (size_t i = 0; i < m->old_count; i++)
        if (!laz_gather_has(&m->gather, laz_view_of(m->old[i].uuid)))
            laz_gather_item(&m->gather, m->old[i].item);
}

/* Published events, those that changed since the newest that we have. */
static bool read_server(struct misp *m)
{
    char url[URL_SIZE + 32], post[256], since[64] = "";

    snprintf(url, sizeof url, "%sevents/restSearch", m->base);
    if (!m->fetch->request->whole && m->newest > 0)
        snprintf(since, sizeof since, ",\"timestamp\":\"%llu\"", (unsigned long long)m->newest);
    for (unsigned page = 1; page <= PAGES_MAX; page++) {
        size_t count;

        snprintf(post, sizeof post,
                 "{\"returnFormat\":\"json\",\"published\":1,\"limit\":%d,\"page\":%u%s}",
                 PAGE_EVENTS, page, since);
        if (!get(m, url, laz_view_of(post), &m->page) || !add_page(m, &count))
            return false;
        if (count < PAGE_EVENTS || m->gather.failed != LAZ_OK) {
            if (since[0] != '\0')
                add_old_events(m);
            return true;
        }
    }
    return fail(m, LAZ_FEED_TOO_LARGE, "has more than 10000 pages");
}

static void end(struct misp *m)
{
    enum laz_status s;

    laz_gather_text(&m->gather, "]}\n");
    s = laz_gather_end(&m->gather);
    m->fetch->report->size = m->gather.size;
    m->fetch->report->etag[0] = m->fetch->report->modified[0] = '\0';
    if (s != LAZ_OK)
        laz_fetch_fail(m->fetch, s == LAZ_LIMIT ? LAZ_FEED_TOO_LARGE : LAZ_FEED_FAILED,
                       s == LAZ_LIMIT ? "is larger than the source's limit" : "cannot be stored");
    else if (m->old_count > 0 && !m->changed && m->gather.size == m->fetch->old.len)
        m->fetch->report->outcome = LAZ_FEED_SAME;
}

/* A feed's location is its folder or its manifest; a server's is its address, and has a key. */
static bool read_location(struct misp *m, bool *is_feed)
{
    static const char manifest[] = "manifest.json";
    struct laz_view url = m->fetch->request->url;

    *is_feed = laz_view_ends_text(url, "/manifest.json");
    if (*is_feed)
        url.len -= sizeof manifest - 1;
    else
        *is_feed = m->fetch->request->header.len == 0;
    if (url.len + 2 > sizeof m->base)
        return fail(m, LAZ_FEED_FAILED, "the URL is too long");
    memcpy(m->base, url.data, url.len);
    if (m->base[url.len - 1] != '/')
        m->base[url.len] = '/';
    return true;
}

void laz_fetch_misp(struct laz_fetch *f)
{
    struct misp *m = calloc(1, sizeof *m);
    bool is_feed;

    if (m == NULL || ftruncate(f->output, 0) != 0 || lseek(f->output, 0, SEEK_SET) != 0) {
        laz_fetch_fail(f, LAZ_FEED_FAILED, "no memory, or the file cannot be written");
        free(m);
        return;
    }
    m->fetch = f;
    laz_buf_init(&m->manifest, PAGE_MAX);
    laz_buf_init(&m->page, PAGE_MAX);
    laz_gather_init(&m->gather, f->output, f->request->size_max);
    read_old(m);
    laz_gather_text(&m->gather, "{\"response\":[\n");
    if (read_location(m, &is_feed) && (is_feed ? read_feed(m) : read_server(m)))
        end(m);
    laz_gather_clear(&m->gather);
    free(m->old);
    laz_buf_clear(&m->manifest);
    laz_buf_clear(&m->page);
    free(m);
}
