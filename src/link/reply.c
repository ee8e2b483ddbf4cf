/* Answers: their head with everything that protects a browser, their body, their end. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/number.h"
#include "link/server_priv.h"

#define HEAD_MAX    ((size_t)16 * 1024)
#define ERROR_MAX   ((size_t)8 * 1024)
#define DATE_SIZE   32
#define DEFAULT_CSP "default-src 'none'; frame-ancestors 'none'"

static const char security[] = "Strict-Transport-Security: max-age=31536000\r\n"
                               "X-Content-Type-Options: nosniff\r\n"
                               "X-Frame-Options: DENY\r\n"
                               "Referrer-Policy: no-referrer\r\n"
                               "Cross-Origin-Opener-Policy: same-origin\r\n"
                               "Cross-Origin-Resource-Policy: same-origin\r\n";

static const char *reason_of(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {409, "Conflict"},
        {410, "Gone"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {417, "Expectation Failed"},
        {422, "Unprocessable Content"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
        {505, "HTTP Version Not Supported"},
    };

    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "Unknown";
}

/* RFC 9110 5.6.7, in English whatever the locale. */
static void write_date(char out[DATE_SIZE])
{
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t now = time(NULL);
    struct tm tm = {0};

    LAZ_ASSERT(gmtime_r(&now, &tm) != NULL);
    snprintf(out, DATE_SIZE, "%s, %02u %s %04u %02u:%02u:%02u GMT", days[tm.tm_wday],
             (unsigned)tm.tm_mday % 100, months[tm.tm_mon], (unsigned)(tm.tm_year + 1900) % 10000,
             (unsigned)tm.tm_hour % 100, (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100);
}

static void add_extra(struct laz_buf *out, const struct laz_request *r)
{
    for (unsigned i = 0; i < r->extra_count; i++) {
        laz_buf_add(out, r->extra[i].name);
        laz_buf_add_text(out, ": ");
        laz_buf_add(out, r->extra[i].value);
        laz_buf_add_text(out, "\r\n");
    }
}

static const char *policy_of(const struct laz_server *server, const struct laz_reply *reply)
{
    if (reply->content_security_policy != NULL)
        return reply->content_security_policy;
    return server->content_security_policy != NULL ? server->content_security_policy : DEFAULT_CSP;
}

enum laz_status laz_reply_head(struct laz_request *r, struct laz_buf *out,
                               const struct laz_reply *reply, int64_t content_length)
{
    struct laz_connection *c = r->connection;
    char date[DATE_SIZE];

    write_date(date);
    laz_buf_addf(out, "HTTP/1.1 %d %s\r\nDate: %s\r\n%s", reply->status, reason_of(reply->status),
                 date, security);
    laz_buf_addf(out, "Content-Security-Policy: %s\r\nCache-Control: %s\r\n",
                 policy_of(c->server, reply),
                 reply->cache_control == NULL ? "no-store" : reply->cache_control);
    if (reply->content_type != NULL)
        laz_buf_addf(out, "Content-Type: %s\r\n", reply->content_type);
    if (reply->etag != NULL)
        laz_buf_addf(out, "ETag: %s\r\n", reply->etag);
    if (reply->gzip.len > 0)
        laz_buf_add_text(out, "Vary: Accept-Encoding\r\n");
    if (content_length >= 0)
        laz_buf_addf(out, "Content-Length: %" PRId64 "\r\n", content_length);
    if (!c->keep_alive)
        laz_buf_add_text(out, "Connection: close\r\n");
    add_extra(out, r);
    return laz_buf_failed(out);
}

static void release(const void *data, size_t len, void *context)
{
}

static bool add_body(struct evbuffer *output, const struct laz_reply *reply, struct laz_view body)
{
    if (body.len == 0)
        return true;
    if (reply->lives_for_ever)
        return evbuffer_add_reference(output, body.data, body.len, release, NULL) == 0;
    return evbuffer_add(output, body.data, body.len) == 0;
}

static bool is_known_to_client(const struct laz_request *r, const struct laz_reply *reply)
{
    struct laz_view tags;

    return reply->etag != NULL && reply->status == 200 &&
           laz_http_header_find(&r->head, "If-None-Match", &tags) &&
           laz_http_has_token(tags, reply->etag);
}

static bool takes_gzip(const struct laz_request *r)
{
    struct laz_view encodings;

    return laz_http_header_find(&r->head, "Accept-Encoding", &encodings) &&
           laz_http_has_token(encodings, "gzip");
}

/* Everything is in the output, or the connection cannot go on. */
static void send_reply(struct laz_request *r, const struct laz_reply *reply, struct laz_view body,
                       bool gzip)
{
    struct laz_connection *c = r->connection;
    struct evbuffer *output = bufferevent_get_output(c->events);
    bool without_body = r->head.verb == LAZ_VERB_HEAD;
    bool without_length = reply->status == 204 || reply->status == 304;
    struct laz_buf head;
    bool ok;

    laz_buf_init(&head, HEAD_MAX);
    ok = laz_reply_head(r, &head, reply, without_length ? -1 : (int64_t)body.len) == LAZ_OK;
    if (gzip)
        laz_buf_add_text(&head, "Content-Encoding: gzip\r\n");
    laz_buf_add_text(&head, "\r\n");
    ok = ok && laz_buf_failed(&head) == LAZ_OK;
    c->request = NULL;
    laz_connection_answered(c);
    ok = ok && evbuffer_add(output, head.data, head.len) == 0 &&
         (without_body || add_body(output, reply, body));
    laz_buf_clear(&head);
    laz_request_free(r);
    if (!ok)
        laz_connection_deadline(c, 1); /* memory ran out: it ends as soon as the loop runs */
}

void laz_request_reply(struct laz_request *r, const struct laz_reply *reply)
{
    struct laz_reply answer = *reply;
    struct laz_view body = reply->body;
    bool gzip = reply->gzip.len > 0 && takes_gzip(r);

    LAZ_ASSERT(r->connection->request == r);
    if (is_known_to_client(r, reply)) {
        answer.status = 304;
        answer.content_type = NULL;
        body = (struct laz_view){NULL, 0};
        gzip = false;
    }
    send_reply(r, &answer, gzip ? reply->gzip : body, gzip);
}

void laz_request_reply_json(struct laz_request *r, int status, struct laz_view json)
{
    struct laz_reply reply = {.status = status, .content_type = "application/json", .body = json};

    laz_request_reply(r, &reply);
}

void laz_request_reply_error(struct laz_request *r, int status, const char *code,
                             const char *params)
{
    struct laz_buf json;

    laz_buf_init(&json, ERROR_MAX);
    laz_buf_addf(&json, "{\"error\":{\"code\":\"%s\",\"params\":%s}}", code,
                 params == NULL ? "{}" : params);
    laz_request_reply_json(r, status, laz_buf_view(&json));
    laz_buf_clear(&json);
}

void laz_request_reply_empty(struct laz_request *r, int status)
{
    struct laz_reply reply = {.status = status};

    laz_request_reply(r, &reply);
}

void laz_connection_refuse(struct laz_connection *c, int status)
{
    struct laz_request *r = c->request;

    c->keep_alive = false;
    if (r == NULL)
        r = calloc(1, sizeof *r);
    if (r == NULL) {
        laz_connection_deadline(c, 1); /* it ends as soon as the loop runs */
        return;
    }
    r->connection = c;
    c->request = r;
    laz_request_reply_error(r, status, status == 503 ? "http.busy" : "http.malformed", NULL);
}
