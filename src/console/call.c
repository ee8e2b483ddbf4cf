#include "console/call.h"

#include <inttypes.h>
#include <string.h>

#include "base/number.h"
#include "sign/token.h"
#include "sys/log.h"

#define LIMIT_USUAL 50
#define LIMIT_MAX   200

static bool is_https_of(struct laz_view origin, struct laz_view host)
{
    struct laz_view scheme;

    return laz_take(&origin, strlen("https://"), &scheme) &&
           laz_view_equal_text(scheme, "https://") && host.len > 0 && laz_view_equal(origin, host);
}

bool laz_origin_is_ours(struct laz_view origin, struct laz_view host, const char *page_address)
{
    return is_https_of(origin, host) || is_https_of(origin, laz_view_of(page_address));
}

/* Browsers name the page that a POST comes from; what names none is not one of our pages. */
static bool comes_from_our_page(const struct laz_call *call)
{
    struct laz_view origin, host, site;

    if (!laz_request_header(call->request, "Origin", &origin) ||
        !laz_request_header(call->request, "Host", &host))
        return false;
    if (laz_request_header(call->request, "Sec-Fetch-Site", &site) &&
        !laz_view_equal_text(site, "same-origin"))
        return false;
    return laz_origin_is_ours(origin, host, call->console->config.page_address);
}

static bool has_csrf_word(const struct laz_call *call)
{
    struct laz_view word;

    return laz_request_header(call->request, "X-CSRF-Token", &word) &&
           laz_secret_equal(word, laz_view_of(call->session.csrf));
}

bool laz_call_open_stranger(struct laz_call *call, struct laz_request *request, void *console)
{
    memset(call, 0, sizeof *call);
    call->request = request;
    call->console = console;
    call->db = call->console->db;
    laz_buf_init(&call->buf, LAZ_REPLY_MAX);
    call->out.buf = &call->buf;
    if (laz_request_method(request) == LAZ_POST && !comes_from_our_page(call)) {
        laz_call_refuse(call, 403, "csrf");
        return false;
    }
    return true;
}

bool laz_call_open_own(struct laz_call *call, struct laz_request *request, void *console)
{
    struct laz_view cookie;
    enum laz_status s;

    if (!laz_call_open_stranger(call, request, console))
        return false;
    if (!laz_request_cookie(request, LAZ_SESSION_COOKIE, &cookie)) {
        laz_call_refuse(call, 401, "session");
        return false;
    }
    s = laz_session_find(call->db, cookie, &call->console->config.times, &call->session,
                         &call->err);
    if (s == LAZ_DENIED || s == LAZ_NOT_FOUND) {
        laz_call_refuse(call, 401, "session");
        return false;
    }
    if (s != LAZ_OK) {
        laz_call_fail(call, s);
        return false;
    }
    call->scope = call->session.account.scope;
    if (laz_request_method(request) == LAZ_POST && !has_csrf_word(call)) {
        laz_call_refuse(call, 403, "csrf");
        return false;
    }
    return true;
}

bool laz_call_open(struct laz_call *call, struct laz_request *request, void *console)
{
    if (!laz_call_open_own(call, request, console))
        return false;
    if (laz_request_method(request) == LAZ_POST &&
        strcmp(call->session.account.role, LAZ_ADMINISTRATOR) != 0) {
        laz_call_refuse(call, 403, "forbidden");
        return false;
    }
    return true;
}

static void close_call(struct laz_call *call)
{
    laz_buf_clear(&call->buf);
    laz_secret_wipe(&call->session, sizeof call->session);
    call->request = NULL;
}

void laz_call_refuse(struct laz_call *call, int status, const char *code)
{
    laz_request_reply_error(call->request, status, code, NULL);
    close_call(call);
}

void laz_call_reply(struct laz_call *call, int status)
{
    if (laz_buf_failed(&call->buf) != LAZ_OK) {
        laz_call_refuse(call, 500, "internal");
        return;
    }
    laz_request_reply_json(call->request, status, laz_buf_view(&call->buf));
    close_call(call);
}

void laz_call_fail(struct laz_call *call, enum laz_status s)
{
    switch (s) {
    case LAZ_NOT_FOUND:
        laz_call_refuse(call, 404, "not_found");
        return;
    case LAZ_EXISTS:
        laz_call_refuse(call, 409, "conflict");
        return;
    case LAZ_INVALID:
        laz_call_refuse(call, 400, "invalid");
        return;
    case LAZ_LIMIT:
        laz_log_error(LAZ_ERROR, "request.failed", &call->err);
        laz_call_refuse(call, 503, "storage.full");
        return;
    default: /* every other failure is ours: it is told to the administrator, not to the page */
        laz_log_error(LAZ_ERROR, "request.failed", &call->err);
        laz_call_refuse(call, 500, "internal");
        return;
    }
}

void laz_call_finish(struct laz_call *call, enum laz_status s, int status)
{
    if (s == LAZ_OK)
        laz_call_reply(call, status);
    else
        laz_call_fail(call, s);
}

cJSON *laz_call_body(struct laz_call *call)
{
    cJSON *body = laz_json_parse_object(laz_request_body(call->request));

    if (body == NULL)
        laz_call_refuse(call, 400, "invalid");
    return body;
}

bool laz_call_paging(struct laz_call *call, int64_t *after, int64_t *limit)
{
    struct laz_view text;
    uint64_t n;

    *after = 0;
    *limit = LIMIT_USUAL;
    if (laz_request_query(call->request, "after", &text) && text.len > 0) {
        if (!laz_parse_u64(text, INT64_MAX, &n)) {
            laz_call_refuse(call, 400, "invalid");
            return false;
        }
        *after = (int64_t)n;
    }
    if (laz_request_query(call->request, "limit", &text) && text.len > 0) {
        if (!laz_parse_u64(text, UINT32_MAX, &n) || n == 0) {
            laz_call_refuse(call, 400, "invalid");
            return false;
        }
        *limit = n < LIMIT_MAX ? (int64_t)n : LIMIT_MAX;
    }
    return true;
}

int64_t laz_call_id(const struct laz_call *call, unsigned i)
{
    uint64_t n;

    return laz_parse_u64(laz_request_parameter(call->request, i), INT64_MAX, &n) ? (int64_t)n : 0;
}
