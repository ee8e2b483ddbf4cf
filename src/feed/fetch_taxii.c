/* fetch_taxii.c - a client of TAXII 2.1 (OASIS standard of 10 June 2021). The location is that of
 * discovery, of an API root or of one collection. All collections that can be read become one STIX
 * bundle; it remembers in a property of its own how far each collection was read, so that the next
 * time only what was added since is asked for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "feed/fetch.h"
#include "feed/gather.h"

#define MEDIA_TYPE      "application/taxii+json;version=2.1"
#define ROOTS_MAX       16
#define COLLECTIONS_MAX 64
#define PAGES_MAX       100000u
#define PAGE_MAX        (32 * MIB)
#define URL_SIZE        1536
#define STAMP_SIZE      64
#define ID_SIZE         256
#define CURSOR_MEMBER   "x_lazaret_added_after"

struct collection {
    char url[URL_SIZE]; /* ends with '/' */
    char after[STAMP_SIZE];
};

struct taxii {
    struct laz_fetch *fetch;
    struct laz_gather gather;
    struct laz_buf page;
    struct laz_view old_value, json; /* json: the page, checked */
    struct collection collections[COLLECTIONS_MAX];
    size_t collection_count;
    unsigned page_count;
};

static bool fail(struct taxii *t, enum laz_feed_outcome outcome, const char *problem)
{
    laz_fetch_fail(t->fetch, outcome, problem);
    return false;
}

/* One answer as JSON in t->json. */
static bool get(struct taxii *t, const char *url, struct laz_http_answer *a)
{
    struct laz_http_call call = {.url = url,
                                 .accept = MEDIA_TYPE,
                                 .etag = "",
                                 .modified = "",
                                 .fd = -1,
                                 .body = &t->page,
                                 .size_max = t->fetch->request->size_max};

    if (++t->page_count > PAGES_MAX)
        return fail(t, LAZ_FEED_TOO_LARGE, "has more than 100000 pages");
    laz_http_get(t->fetch->http, &call, a);
    laz_fetch_tell(t->fetch, a);
    if (a->outcome == LAZ_FEED_PARTIAL) /* a page is asked for again as a whole */
        return fail(t, LAZ_FEED_UNREACHABLE, "a page broke off");
    if (a->outcome != LAZ_FEED_FRESH)
        return false;
    if (!laz_slice_check(laz_buf_view(&t->page), &t->json) || !laz_slice_is_object(t->json))
        return fail(t, LAZ_FEED_DAMAGED, "answers something else than TAXII's JSON");
    return true;
}

/* A URL from the server's answer against where it was found (RFC 3986, of which TAXII uses these
 * forms): whole, or a path from the root. */
static bool resolve(const char *base, const char *text, char out[URL_SIZE])
{
    const char *host = strstr(base, "://");
    int len;

    if (laz_feed_url_is_http(laz_view_of(text)))
        len = snprintf(out, URL_SIZE, "%s", text);
    else if (text[0] == '/' && host != NULL)
        len = snprintf(out, URL_SIZE, "%.*s%s",
                       (int)((host - base) + 3 + (int)strcspn(host + 3, "/")), base, text);
    else
        return false;
    return len > 0 && len < URL_SIZE - 2 && laz_http_may_follow(base, out, false);
}

static bool add_slash(char url[URL_SIZE])
{
    size_t len = strlen(url);

    if (len > 0 && url[len - 1] == '/')
        return true;
    if (len + 2 > URL_SIZE)
        return false;
    url[len] = '/';
    url[len + 1] = '\0';
    return true;
}

/* Collection ids are UUIDs; of others those that need no escape are taken. */
static bool is_plain_id(const char *id)
{
    return id[0] != '\0' &&
           strspn(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.") ==
               strlen(id) &&
           strcmp(id, ".") != 0 && strcmp(id, "..") != 0;
}

static bool add_collection(struct taxii *t, const char *root, const char *id)
{
    struct collection *c = &t->collections[t->collection_count];
    int len;

    if (t->collection_count == COLLECTIONS_MAX)
        return fail(t, LAZ_FEED_TOO_LARGE, "has more than 64 collections");
    len = snprintf(c->url, URL_SIZE, "%scollections/%s/", root, id);
    if (len < 0 || len >= URL_SIZE)
        return fail(t, LAZ_FEED_DAMAGED, "names a collection with too long a URL");
    c->after[0] = '\0';
    t->collection_count++;
    return true;
}

static bool add_collections(struct taxii *t, char root[URL_SIZE])
{
    char url[URL_SIZE + 16], id[ID_SIZE];
    struct laz_view list = {NULL, 0}, one, can_read;
    struct laz_http_answer a;

    if (!add_slash(root))
        return fail(t, LAZ_FEED_DAMAGED, "names an API root with too long a URL");
    snprintf(url, sizeof url, "%scollections/", root);
    if (!get(t, url, &a))
        return false;
    if (!laz_slice_member(t->json, "collections", &list))
        return true; /* none is shown to us */
    while (laz_slice_element(&list, &one)) {
        if (!laz_slice_member(one, "can_read", &can_read) || !laz_slice_is_true(can_read))
            continue;
        if (!laz_slice_member_text(one, "id", id, sizeof id) || !is_plain_id(id))
            return fail(t, LAZ_FEED_DAMAGED, "names a collection with an id that is none");
        if (!add_collection(t, root, id))
            return false;
    }
    return true;
}

static bool add_roots(struct taxii *t, const char *url, struct laz_view list)
{
    char(*roots)[URL_SIZE] = calloc(ROOTS_MAX, sizeof *roots);
    struct laz_view one;
    size_t count = 0;
    bool ok = roots != NULL || fail(t, LAZ_FEED_FAILED, "no memory");

    while (ok && laz_slice_element(&list, &one)) {
        char text[URL_SIZE];

        if (count == ROOTS_MAX)
            ok = fail(t, LAZ_FEED_TOO_LARGE, "has more than 16 API roots");
        else if (!laz_slice_text(one, text, sizeof text) || !resolve(url, text, roots[count]))
            ok = fail(t, LAZ_FEED_DAMAGED, "names an API root that is no URL we may follow");
        else
            count++;
    }
    for (size_t i = 0; ok && i < count; i++)
        ok = add_collections(t, roots[i]);
    free(roots);
    return ok;
}

/* The URL of a collection has "/collections/ID" at its end. */
static bool is_collection(const char *url)
{
    const char *at = strstr(url, "/collections/");
    size_t len = at == NULL ? 0 : strcspn(at + 13, "/");

    return len > 0 && (at[13 + len] == '\0' || strcmp(at + 13 + len, "/") == 0);
}

static bool find_collections(struct taxii *t, char url[URL_SIZE])
{
    struct laz_http_answer a;
    struct laz_view roots;

    if (is_collection(url)) {
        if (!add_slash(url))
            return fail(t, LAZ_FEED_FAILED, "the URL is too long");
        memcpy(t->collections[0].url, url, URL_SIZE);
        t->collection_count = 1;
        return true;
    }
    if (!get(t, url, &a))
        return false;
    if (laz_slice_member(t->json, "api_roots", &roots))
        return add_roots(t, url, roots);
    if (laz_slice_member(t->json, "versions", &roots))
        return add_collections(t, url);
    return fail(t, LAZ_FEED_DAMAGED, "is neither TAXII's discovery nor an API root");
}

/* ---------------------------------------------------------------- how far it was read */

static bool is_stamp(const char *text)
{
    return text[0] != '\0' && strspn(text, "0123456789-:.TZ+") == strlen(text);
}

static void read_cursors(struct taxii *t)
{
    struct laz_view cursors;

    if (t->fetch->request->whole || !laz_slice_check(t->fetch->old, &t->old_value)) {
        t->old_value = (struct laz_view){NULL, 0};
        return;
    }
    if (!laz_slice_member(t->old_value, CURSOR_MEMBER, &cursors))
        return;
    for (size_t i = 0; i < t->collection_count; i++) {
        struct collection *c = &t->collections[i];

        if (!laz_slice_member_text(cursors, c->url, c->after, sizeof c->after) ||
            !is_stamp(c->after))
            c->after[0] = '\0';
    }
}

static void write_cursors(struct taxii *t)
{
    bool first = true;

    laz_gather_text(&t->gather, "],\"" CURSOR_MEMBER "\":{");
    for (size_t i = 0; i < t->collection_count; i++) {
        const struct collection *c = &t->collections[i];

        if (c->after[0] == '\0' || strpbrk(c->url, "\"\\") != NULL)
            continue;
        laz_gather_text(&t->gather, first ? "\"" : ",\"");
        laz_gather_text(&t->gather, c->url);
        laz_gather_text(&t->gather, "\":\"");
        laz_gather_text(&t->gather, c->after);
        laz_gather_text(&t->gather, "\"");
        first = false;
    }
    laz_gather_text(&t->gather, "}}\n");
}

/* ---------------------------------------------------------------- objects */

static void add_objects(struct taxii *t)
{
    struct laz_view list = {NULL, 0}, object, id;

    if (!laz_slice_member(t->json, "objects", &list))
        return;
    while (laz_slice_element(&list, &object)) {
        if (!laz_slice_is_object(object))
            continue;
        if (laz_slice_member(object, "id", &id))
            laz_gather_name(&t->gather, id); /* it replaces the old one */
        laz_gather_item(&t->gather, object);
    }
}

static bool escape_query(const char *text, char *out, size_t size)
{
    size_t n = 0;

    for (const char *c = text; *c != '\0'; c++) {
        if (n + 4 > size)
            return false;
        if ((*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
            strchr("-_.~", *c) != NULL)
            out[n++] = *c;
        else
            n += (size_t)snprintf(out + n, 4, "%%%02X", (unsigned)(uint8_t)*c);
    }
    out[n] = '\0';
    return true;
}

/* "more" with "next": the same query with next. "more" alone: added_after moves on to the last
 * object's date (TAXII 2.1, 3.5). */
static bool page_url(const struct collection *c, const char *after, const char *next,
                     char out[2 * URL_SIZE])
{
    char escaped[URL_SIZE / 2], stamp[3 * STAMP_SIZE];
    int len = snprintf(out, 2 * URL_SIZE, "%sobjects/", c->url);

    if (!escape_query(after, stamp, sizeof stamp) || !escape_query(next, escaped, sizeof escaped))
        return false;
    if (after[0] != '\0')
        len += snprintf(out + len, (size_t)(2 * URL_SIZE - len), "?added_after=%s", stamp);
    if (next[0] != '\0')
        len += snprintf(out + len, (size_t)(2 * URL_SIZE - len), "%cnext=%s",
                        after[0] == '\0' ? '?' : '&', escaped);
    return len < 2 * URL_SIZE;
}

static bool read_collection(struct taxii *t, struct collection *c)
{
    char url[2 * URL_SIZE], after[STAMP_SIZE], last[STAMP_SIZE], next[ID_SIZE] = "";

    memcpy(after, c->after, sizeof after);
    memcpy(last, c->after, sizeof last);
    for (;;) {
        char next_before[ID_SIZE];
        struct laz_http_answer a;
        struct laz_view more;

        if (!page_url(c, after, next, url))
            return fail(t, LAZ_FEED_DAMAGED, "gave a page's name that is too long");
        if (!get(t, url, &a))
            return false;
        add_objects(t);
        if (is_stamp(a.added_last))
            snprintf(last, sizeof last, "%s", a.added_last);
        memcpy(next_before, next, sizeof next);
        if (!laz_slice_member(t->json, "more", &more) || !laz_slice_is_true(more))
            break;
        if (!laz_slice_member_text(t->json, "next", next, sizeof next))
            next[0] = '\0';
        if (next[0] == '\0' && strcmp(after, last) == 0)
            return fail(t, LAZ_FEED_DAMAGED, "says that there is more, and not where");
        if (next[0] == '\0')
            memcpy(after, last, sizeof after);
        else if (strcmp(next, next_before) == 0)
            return fail(t, LAZ_FEED_DAMAGED, "leads from a page to the same page");
        if (t->gather.failed != LAZ_OK)
            return true; /* told at the end */
    }
    memcpy(c->after, last, sizeof last);
    return true;
}

static void add_old_objects(struct taxii *t)
{
    struct laz_view list = {NULL, 0}, object, id;

    if (!laz_slice_member(t->old_value, "objects", &list))
        return;
    while (laz_slice_element(&list, &object))
        if (!laz_slice_member(object, "id", &id) || !laz_gather_has(&t->gather, id))
            laz_gather_item(&t->gather, object);
}

static void end(struct taxii *t)
{
    size_t new_count = t->gather.item_count;
    enum laz_status s;

    add_old_objects(t);
    write_cursors(t);
    s = laz_gather_end(&t->gather);
    t->fetch->report->size = t->gather.size;
    t->fetch->report->etag[0] = t->fetch->report->modified[0] = '\0';
    if (s != LAZ_OK)
        laz_fetch_fail(t->fetch, s == LAZ_LIMIT ? LAZ_FEED_TOO_LARGE : LAZ_FEED_FAILED,
                       s == LAZ_LIMIT ? "is larger than the source's limit" : "cannot be stored");
    else if (new_count == 0 && t->old_value.len > 0)
        t->fetch->report->outcome = LAZ_FEED_SAME;
}

static bool read_all(struct taxii *t)
{
    char url[URL_SIZE];
    struct laz_view from = t->fetch->request->url;

    if (from.len >= sizeof url - 2)
        return fail(t, LAZ_FEED_FAILED, "the URL is too long");
    memcpy(url, from.data, from.len);
    url[from.len] = '\0';
    if (!find_collections(t, url))
        return false;
    if (t->collection_count == 0)
        return fail(t, LAZ_FEED_FORBIDDEN, "shows no collection that may be read");
    read_cursors(t);
    laz_gather_text(&t->gather, "{\"type\":\"bundle\","
                                "\"id\":\"bundle--6f5b1b4a-0c3e-4d3c-9c55-6c617a617265\","
                                "\"objects\":[\n");
    for (size_t i = 0; i < t->collection_count; i++)
        if (!read_collection(t, &t->collections[i]))
            return false;
    return true;
}

void laz_fetch_taxii(struct laz_fetch *f)
{
    struct taxii *t = calloc(1, sizeof *t);

    if (t == NULL || ftruncate(f->output, 0) != 0 || lseek(f->output, 0, SEEK_SET) != 0) {
        laz_fetch_fail(f, LAZ_FEED_FAILED, "no memory, or the file cannot be written");
        free(t);
        return;
    }
    t->fetch = f;
    laz_buf_init(&t->page, PAGE_MAX);
    laz_gather_init(&t->gather, f->output, f->request->size_max);
    if (read_all(t))
        end(t);
    laz_gather_clear(&t->gather);
    laz_buf_clear(&t->page);
    free(t);
}
