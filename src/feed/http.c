#include "feed/http.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "base/text.h"
#include "feed/http_priv.h"
#include "feed/schedule.h"
#include "sys/fd.h"

#define PIECE_MAX       ((uint64_t)64 * KIB) /* of an answer that is none */
#define SLOW_BYTES      1024L
#define PEM_TEXT_OPTION CURL_BLOB_NOCOPY

struct laz_http {
    CURL *handle;
    const struct laz_feed_request *request;
    char *header, *origin; /* owned: the secret's header, and the url that it is for */
    char *http_proxy, *https_proxy, *all_proxy, *no_proxy;
};

static char *copy(struct laz_view v)
{
    return strndup(v.len == 0 ? "" : (const char *)v.data, v.len);
}

/* Names and addresses of proxies come from the environment of who asked; libcurl reads them there.
 */
static bool set_proxies(const struct laz_feed_request *r)
{
    const struct {
        const char *name;
        struct laz_view value;
    } all[] = {{"http_proxy", r->http_proxy},
               {"https_proxy", r->https_proxy},
               {"all_proxy", r->all_proxy},
               {"no_proxy", r->no_proxy}};

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char *value = copy(all[i].value);
        bool ok = value != NULL && (value[0] == '\0' || setenv(all[i].name, value, 1) == 0);

        free(value);
        if (!ok)
            return false;
    }
    return true;
}

enum laz_status laz_http_new(const struct laz_feed_request *request, struct laz_http **out,
                             struct laz_error *err)
{
    LAZ_OWNED(laz_http_drop) struct laz_http *h = calloc(1, sizeof *h);

    if (h == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !set_proxies(request))
        return laz_fail(err, LAZ_NOMEM, "feed", "", "no memory", "");
    h->request = request;
    h->handle = curl_easy_init();
    h->header = copy(request->header);
    h->origin = copy(request->url);
    if (h->handle == NULL || h->header == NULL || h->origin == NULL)
        return laz_fail(err, LAZ_NOMEM, "feed", "", "no memory", "");
    *out = laz_move(h);
    return LAZ_OK;
}

void laz_http_drop(struct laz_http **http)
{
    struct laz_http *h = laz_move(*http);

    if (h == NULL)
        return;
    curl_easy_cleanup(h->handle);
    free(h->header);
    free(h->origin);
    free(h);
}

/* ---------------------------------------------------------------- one exchange */

struct exchange {
    const struct laz_http_call *call;
    struct laz_http_answer *answer;
    struct laz_http_head head;
    int64_t now_ms;
    bool started; /* the first byte of the content was placed */
    char error[CURL_ERROR_SIZE];
    struct curl_slist *headers;
};

static size_t on_header(char *data, size_t size, size_t count, void *context)
{
    struct exchange *x = context;

    return laz_http_head_add(&x->head, laz_view_from(data, size * count)) ? size * count : 0;
}

static bool refuse(struct exchange *x, enum laz_feed_outcome outcome, const char *problem)
{
    x->answer->outcome = outcome;
    snprintf(x->answer->problem, sizeof x->answer->problem, "%s", problem);
    return false;
}

/* Where the content begins in what we keep: behind what we have, or anew. */
static bool place(struct exchange *x)
{
    const struct laz_http_head *head = &x->head;
    uint64_t from = head->status == 206 ? x->call->have : 0;

    x->started = true;
    if (head->encoded)
        return refuse(x, LAZ_FEED_DAMAGED, "the content came encoded, which was not asked for");
    if (head->status == 206 && (!head->has_range || head->range_first != from))
        return refuse(x, LAZ_FEED_DAMAGED, "another part came than was asked for");
    if (head->status == 206 && head->range_total > x->call->size_max)
        return refuse(x, LAZ_FEED_TOO_LARGE, "is larger than the source's limit");
    x->answer->is_rest = head->status == 206;
    x->answer->size = from;
    if (x->call->fd >= 0 && (ftruncate(x->call->fd, (off_t)from) != 0 ||
                             lseek(x->call->fd, (off_t)from, SEEK_SET) != (off_t)from))
        return refuse(x, LAZ_FEED_FAILED, "the file for it cannot be written");
    return true;
}

static bool keep(struct exchange *x, struct laz_view piece)
{
    if (x->head.status != 200 && x->head.status != 206) {
        x->head.waste += piece.len;
        return x->head.waste <= PIECE_MAX;
    }
    if (!x->started && !place(x))
        return false;
    if (piece.len > x->call->size_max - x->answer->size)
        return refuse(x, LAZ_FEED_TOO_LARGE, "is larger than the source's limit");
    if (x->call->fd < 0 && laz_buf_add(x->call->body, piece) != LAZ_OK)
        return refuse(x, LAZ_FEED_TOO_LARGE, "is larger than one answer may be");
    if (x->call->fd >= 0 && laz_write_all(x->call->fd, piece, NULL) != LAZ_OK)
        return refuse(x, LAZ_FEED_FAILED, "cannot be stored: the disk may be full");
    x->answer->size += piece.len;
    return true;
}

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
    return keep(context, laz_view_from(data, size * count)) ? size * count : 0;
}

static bool add_header(struct exchange *x, const char *name, const char *value)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf line = {0};
    struct curl_slist *longer;

    laz_buf_init(&line, 64 * KIB);
    laz_ignore(laz_buf_addf(&line, "%s%s", name, value)); /* the next call shows a refusal */
    if (laz_buf_failed(&line) != LAZ_OK)
        return false;
    longer = curl_slist_append(x->headers, laz_buf_text(&line));
    if (longer != NULL)
        x->headers = longer;
    return longer != NULL;
}

static bool add_headers(const struct laz_http *h, struct exchange *x, const char *url)
{
    const struct laz_http_call *c = x->call;
    char range[64];
    bool ok = add_header(x, "Accept: ", c->accept == NULL ? "*/*" : c->accept) &&
              add_header(x, "Accept-Encoding: ", "identity");

    if (h->header[0] != '\0' && laz_http_same_origin(h->origin, url))
        ok = ok && add_header(x, h->header, "");
    if (c->post.len > 0)
        ok = ok && add_header(x, "Content-Type: ", "application/json") &&
             add_header(x, "Expect:", "");
    if (c->have > 0) {
        snprintf(range, sizeof range, "bytes=%llu-", (unsigned long long)c->have);
        return ok && add_header(x, "Range: ", range) && add_header(x, "If-Range: ", c->if_range);
    }
    if (c->etag[0] != '\0')
        ok = ok && add_header(x, "If-None-Match: ", c->etag);
    if (c->modified[0] != '\0')
        ok = ok && add_header(x, "If-Modified-Since: ", c->modified);
    return ok;
}

static bool set_limits(CURL *c, const struct laz_feed_request *r)
{
    return curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)r->connect_ms) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)r->slow_s) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)r->total_s) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_MAXCONNECTS, 1L) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK;
}

static bool set_trust(CURL *c, const struct laz_feed_request *r)
{
    /* Read only: libcurl takes a pointer that it does not write through. */
    struct curl_blob ca = {(void *)(uintptr_t)r->ca_pem.data, r->ca_pem.len, PEM_TEXT_OPTION};

    if (curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) != CURLE_OK)
        return false;
    if (r->ca_pem.len == 0)
        return true;
    return curl_easy_setopt(c, CURLOPT_CAINFO, NULL) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_CAPATH, NULL) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_CAINFO_BLOB, &ca) == CURLE_OK;
}

static bool set_sinks(CURL *c, struct exchange *x, const char *url)
{
    bool plain = strncmp(url, "http://", 7) == 0;

    return curl_easy_setopt(c, CURLOPT_URL, url) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, plain ? "http" : "https") == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_USERAGENT, "Lazaret/" LAZ_PROGRAM_VERSION) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_HTTPHEADER, x->headers) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_ERRORBUFFER, x->error) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_HEADERDATA, x) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_WRITEDATA, x) == CURLE_OK;
}

static bool set_post(CURL *c, struct laz_view post)
{
    if (post.len == 0)
        return true;
    return curl_easy_setopt(c, CURLOPT_POST, 1L) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)post.len) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_POSTFIELDS, (const char *)post.data) == CURLE_OK;
}

static enum laz_feed_outcome outcome_of_failure(CURLcode code)
{
    switch ((int)code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CIPHER:
        return LAZ_FEED_UNTRUSTED;
    case CURLE_OPERATION_TIMEDOUT:
        return LAZ_FEED_SLOW;
    case CURLE_FILESIZE_EXCEEDED:
        return LAZ_FEED_TOO_LARGE;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return LAZ_FEED_REDIRECT;
    case CURLE_OUT_OF_MEMORY:
        return LAZ_FEED_FAILED;
    default:
        return LAZ_FEED_UNREACHABLE;
    }
}

static enum laz_feed_outcome outcome_of_status(unsigned status)
{
    switch (status) {
    case 200:
    case 206:
        return LAZ_FEED_FRESH;
    case 304:
        return LAZ_FEED_SAME;
    case 401:
    case 403:
    case 407:
    case 451:
        return LAZ_FEED_FORBIDDEN;
    case 404:
    case 410:
        return LAZ_FEED_GONE;
    case 429:
    case 503:
        return LAZ_FEED_BUSY;
    default:
        return LAZ_FEED_BROKEN;
    }
}

static void judge_failure(struct exchange *x, CURLcode code)
{
    const char *why = x->error[0] != '\0' ? x->error : curl_easy_strerror(code);

    if (x->answer->outcome != LAZ_FEED_NEVER)
        return; /* ours, and told */
    if (x->head.broken) {
        laz_ignore(refuse(x, LAZ_FEED_DAMAGED, "its answer is not understood"));
        return;
    }
    if (x->head.waste > PIECE_MAX) { /* the status says what there is to say */
        x->answer->outcome = outcome_of_status(x->head.status);
        return;
    }
    laz_ignore(refuse(x, outcome_of_failure(code), why));
    if (x->started && x->answer->size > 0 && x->answer->outcome != LAZ_FEED_TOO_LARGE)
        x->answer->outcome = LAZ_FEED_PARTIAL;
}

static void judge(struct exchange *x, CURLcode code)
{
    struct laz_http_answer *a = x->answer;

    a->http = (uint16_t)x->head.status;
    a->retry_after_ms = 0;
    if (x->head.retry_after[0] != '\0' &&
        !laz_feed_retry_after(laz_view_of(x->head.retry_after), x->now_ms, &a->retry_after_ms))
        a->retry_after_ms = 0; /* what it says is no time */
    if (code != CURLE_OK) {
        judge_failure(x, code);
    } else {
        a->outcome = outcome_of_status(x->head.status);
        if (a->outcome == LAZ_FEED_FRESH && !x->started)
            laz_ignore(place(x)); /* an empty one; what is wrong stands in the answer */
    }
    if (a->outcome != LAZ_FEED_FRESH && a->outcome != LAZ_FEED_PARTIAL)
        return;
    laz_http_head_copy(&x->head, a);
}

static void exchange(struct laz_http *h, const struct laz_http_call *call, const char *url,
                     struct exchange *x, struct laz_http_answer *out)
{
    CURLcode code;

    memset(x, 0, sizeof *x);
    memset(out, 0, sizeof *out);
    x->call = call;
    x->answer = out;
    x->now_ms = (int64_t)time(NULL) * 1000;
    if (call->body != NULL)
        laz_buf_reset(call->body);
    curl_easy_reset(h->handle);
    if (!add_headers(h, x, url) || !set_limits(h->handle, h->request) ||
        !set_trust(h->handle, h->request) || !set_sinks(h->handle, x, url) ||
        !set_post(h->handle, call->post) ||
        curl_easy_setopt(h->handle, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)call->size_max) !=
            CURLE_OK) {
        laz_ignore(refuse(x, LAZ_FEED_FAILED, "no memory, or a URL that is none"));
    } else {
        code = curl_easy_perform(h->handle);
        judge(x, code);
    }
    curl_slist_free_all(x->headers);
}

static bool is_redirect(unsigned status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

void laz_http_get(struct laz_http *h, const struct laz_http_call *call, struct laz_http_answer *out)
{
    char *url = strdup(call->url);

    for (unsigned hops = 0; url != NULL; hops++) {
        struct exchange x;
        const char *to = NULL;
        char *next;

        exchange(h, call, url, &x, out);
        if (!is_redirect(x.head.status))
            break;
        if (curl_easy_getinfo(h->handle, CURLINFO_REDIRECT_URL, &to) != CURLE_OK || to == NULL ||
            call->post.len > 0 || !laz_http_may_follow(url, to, h->request->plain_http)) {
            laz_ignore(refuse(&x, LAZ_FEED_REDIRECT, "it sends us where we do not follow"));
            break;
        }
        if (hops == LAZ_HTTP_REDIRECTS_MAX) {
            laz_ignore(refuse(&x, LAZ_FEED_REDIRECT, "it sends us on more than 5 times"));
            break;
        }
        next = strdup(to);
        free(url);
        url = next;
    }
    if (url == NULL) {
        memset(out, 0, sizeof *out);
        out->outcome = LAZ_FEED_FAILED;
        snprintf(out->problem, sizeof out->problem, "no memory");
    }
    free(url);
}
