#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "console/audit.h"
#include "console/console.h"
#include "console/enrolment.h"
#include "console/ingest.h"
#include "console/routes.h"
#include "console/sync.h"
#include "sys/clock.h"
#include "sys/log.h"

#define URI_SIZE 128

/* Whose certificate it is. False when the request has been refused. */
static bool identify(struct laz_console *c, struct laz_request *request, struct laz_endpoint *out)
{
    struct laz_error err;
    enum laz_status s = laz_endpoint_of_uri(c->db, laz_request_peer_uri(request), out, &err);

    if (s == LAZ_OK)
        s = laz_presence_hear(c->presence, out, laz_now_ms());
    if (s == LAZ_OK)
        return true;
    if (s == LAZ_DENIED)
        laz_request_reply_error(request, 401, "agent.unknown", NULL);
    else
        laz_request_reply_error(request, 503, "internal", NULL);
    return false;
}

void laz_route_sync(struct laz_request *request, void *context)
{
    LAZ_OWNED(laz_json_drop) cJSON *state = laz_json_parse_object(laz_request_body(request));
    struct laz_console *c = context;
    struct laz_endpoint from;
    struct laz_report report;
    struct laz_view hold_text;
    uint64_t hold_ms = 0;

    if (!identify(c, request, &from))
        return;
    if (state == NULL || laz_report_read(state, &report) != LAZ_OK) {
        laz_request_reply_error(request, 400, "sync.damaged", NULL);
        return;
    }
    if (!laz_json_u64(state, "hold_ms", UINT32_MAX, &hold_ms) &&
        laz_request_query(request, "hold_ms", &hold_text) &&
        !laz_parse_u64(hold_text, UINT32_MAX, &hold_ms))
        hold_ms = 0;
    /* Without memory the report is lost; the next one comes in seconds. */
    laz_ignore(laz_presence_report(c->presence, &from, &report, laz_now_ms()));
    laz_report_clear(&report);
    laz_console_flush_soon(c);
    laz_sync_answer(c->sync, request, &from, (int64_t)hold_ms);
}

void laz_route_events(struct laz_request *request, void *context)
{
    struct laz_console *c = context;
    struct laz_endpoint from;

    if (identify(c, request, &from))
        laz_ingest_take(c->ingest, request, &from);
}

/* An enrolment on its way. */
struct enrolling {
    struct laz_console *console;
    const char *token, *csr, *source;
    struct laz_report report; /* hostname, os, kernel, version */
    struct laz_buf certificate;
    struct laz_enrolment_grant grant;
    bool csr_damaged;
    struct laz_endpoint endpoint;
};

static enum laz_status find_or_add(struct laz_db *db, struct enrolling *e, struct laz_error *err)
{
    const struct laz_enrolment_grant *grant = &e->grant;

    if (grant->again)
        return laz_endpoint_find(db, grant->scope, laz_view_of(grant->uuid), &e->endpoint, err);
    return laz_endpoint_add(db, grant->scope, grant->uuid, &e->report, &e->endpoint, err);
}

/* The certificate is made inside the transaction that uses the token up: a request that is refused
 * costs no token. */
static enum laz_status enrol(struct laz_db *db, void *context, struct laz_error *err)
{
    struct enrolling *e = context;
    struct laz_audit_entry entry = {e->report.name, "endpoint.enrolled", e->grant.uuid, e->source};
    uint8_t key[LAZ_FINGERPRINT_SIZE];
    char uri[URI_SIZE];
    enum laz_status s = laz_csr_key_digest(laz_view_of(e->csr), key, err);

    if (s == LAZ_OK)
        s = laz_enrolment_token_use(db, laz_view_of(e->token), key, &e->grant, err);
    else
        e->csr_damaged = s == LAZ_DAMAGED;
    if (s != LAZ_OK)
        return s;
    if (e->grant.refusal != LAZ_ENROL_OK)
        return laz_fail(err, LAZ_DENIED, "enrolment", "token", laz_enrolment_code(e->grant.refusal),
                        "");
    laz_endpoint_uri(e->grant.scope, e->grant.uuid, uri, sizeof uri);
    s = laz_authority_issue_client(e->console->keys.authority, laz_view_of(e->csr), uri,
                                   e->grant.uuid, LAZ_AGENT_DAYS, &e->certificate, err);
    if (s == LAZ_DAMAGED || s == LAZ_UNSUPPORTED)
        e->csr_damaged = true;
    if (s == LAZ_OK)
        s = find_or_add(db, e, err);
    return s == LAZ_OK ? laz_audit_add(db, e->grant.scope, &entry, err) : s;
}

static void reply_enrolled(struct laz_request *request, const struct enrolling *e)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf body = {0};
    struct laz_json_out out = {&body, false};

    laz_buf_init(&body, (size_t)64 * 1024);
    laz_out_object(&out);
    laz_out_text_of(&out, "endpoint_id", e->grant.uuid);
    laz_out_view_of(&out, "certificate", laz_buf_view(&e->certificate));
    laz_out_view_of(&out, "ca", laz_authority_certificate(e->console->keys.authority));
    laz_out_object_end(&out);
    laz_request_reply_json(request, 200, laz_buf_view(&body));
}

static void finish_enrolment(struct laz_request *request, struct enrolling *e)
{
    struct laz_changes changes = {0};
    struct laz_error err;
    enum laz_status s = laz_db_transaction(e->console->db, enrol, e, &err);

    if (s == LAZ_OK) {
        laz_log(LAZ_INFO, e->grant.again ? "endpoint.enrolled_again" : "endpoint.enrolled",
                "id=%s name=%s", e->grant.uuid, e->report.name);
        laz_changes_add(&changes, e->endpoint.scope.organisation_id, LAZ_CHANGED_ENDPOINT, 0);
        laz_console_tell(e->console, &changes);
        reply_enrolled(request, e);
    } else if (e->grant.refusal != LAZ_ENROL_OK) {
        laz_log(LAZ_WARN, "enrolment.refused", "source=%s code=%s", e->source,
                laz_enrolment_code(e->grant.refusal));
        laz_request_reply_error(request, 403, laz_enrolment_code(e->grant.refusal), NULL);
    } else if (e->csr_damaged) {
        laz_request_reply_error(request, 400, "enrol.csr_damaged", NULL);
    } else {
        laz_log_error(LAZ_ERROR, "enrolment.failed", &err);
        laz_request_reply_error(request, 503, "internal", NULL);
    }
}

/* A new certificate for an endpoint that still has a good one. */
void laz_route_renew(struct laz_request *request, void *context)
{
    LAZ_OWNED(laz_json_drop) cJSON *body = laz_json_parse_object(laz_request_body(request));
    LAZ_OWNED(laz_buf_drop) struct laz_buf certificate = {0};
    LAZ_OWNED(laz_buf_drop) struct laz_buf reply = {0};
    struct laz_json_out out = {&reply, false};
    struct laz_console *c = context;
    struct laz_endpoint from;
    struct laz_error err;
    char uri[URI_SIZE];
    const char *csr;
    enum laz_status s;

    laz_buf_init(&certificate, LAZ_PEM_MAX);
    laz_buf_init(&reply, (size_t)64 * 1024);
    if (!identify(c, request, &from))
        return;
    if (body == NULL || !laz_json_text(body, "csr", LAZ_PEM_MAX, &csr)) {
        laz_request_reply_error(request, 400, "enrol.damaged", NULL);
        return;
    }
    laz_endpoint_uri(from.scope, from.uuid, uri, sizeof uri);
    s = laz_authority_issue_client(c->keys.authority, laz_view_of(csr), uri, from.uuid,
                                   LAZ_AGENT_DAYS, &certificate, &err);
    if (s != LAZ_OK) {
        laz_log_error(LAZ_WARN, "renewal.refused", &err);
        laz_request_reply_error(request, 400, "enrol.csr_damaged", NULL);
        return;
    }
    laz_log(LAZ_INFO, "endpoint.renewed", "id=%s", from.uuid);
    laz_out_object(&out);
    laz_out_view_of(&out, "certificate", laz_buf_view(&certificate));
    laz_out_object_end(&out);
    laz_request_reply_json(request, 200, laz_buf_view(&reply));
}

void laz_route_enrol(struct laz_request *request, void *context)
{
    LAZ_OWNED(laz_json_drop) cJSON *body = laz_json_parse_object(laz_request_body(request));
    struct laz_console *c = context;
    struct enrolling e = {.console = c, .source = laz_request_peer(request)};
    int64_t seconds = laz_login_admit_enrolment(c->login, e.source, laz_monotonic_ms());
    char text[24];

    if (seconds > 0) {
        snprintf(text, sizeof text, "%lld", (long long)seconds);
        laz_request_add_header(request, "Retry-After", text);
        laz_request_reply_error(request, 429, "enrol.slow_down", NULL);
        return;
    }
    if (body == NULL || !laz_json_text(body, "token", 256, &e.token) ||
        !laz_json_text(body, "csr", LAZ_PEM_MAX, &e.csr) ||
        laz_report_read(body, &e.report) != LAZ_OK) {
        laz_report_clear(&e.report);
        laz_request_reply_error(request, 400, "enrol.damaged", NULL);
        return;
    }
    laz_buf_init(&e.certificate, LAZ_PEM_MAX);
    finish_enrolment(request, &e);
    laz_buf_clear(&e.certificate);
    laz_report_clear(&e.report);
}
