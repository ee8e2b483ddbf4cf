#include <string.h>

#include "console/audit.h"
#include "console/call.h"
#include "console/incident_store.h"
#include "console/routes.h"

#define COMMENT_MAX ((size_t)2000)

struct change {
    const struct laz_call *call;
    int64_t id;
    const char *reason, *comment; /* reason is NULL: it is opened again */
    char object[24];
};

static bool take_filter(struct laz_call *call, enum laz_incident_filter *out)
{
    struct laz_view text;

    *out = LAZ_INCIDENTS_ALL;
    if (!laz_request_query(call->request, "state", &text) || laz_view_equal_text(text, "all"))
        return true;
    if (laz_view_equal_text(text, "open"))
        *out = LAZ_INCIDENTS_OPEN;
    else if (laz_view_equal_text(text, "closed"))
        *out = LAZ_INCIDENTS_CLOSED;
    else
        laz_call_refuse(call, 400, "invalid");
    return call->request != NULL;
}

void laz_route_incidents(struct laz_request *request, void *context)
{
    enum laz_incident_filter filter;
    int64_t after, limit;
    struct laz_call call;

    if (!laz_call_open(&call, request, context) || !take_filter(&call, &filter) ||
        !laz_call_paging(&call, &after, &limit))
        return;
    laz_call_finish(
        &call, laz_incident_list(call.db, call.scope, filter, after, limit, &call.out, &call.err),
        200);
}

void laz_route_incident(struct laz_request *request, void *context)
{
    struct laz_call call;

    if (!laz_call_open(&call, request, context))
        return;
    laz_call_finish(
        &call, laz_incident_get(call.db, call.scope, laz_call_id(&call, 0), &call.out, &call.err),
        200);
}

static enum laz_status store(struct laz_db *db, void *context, struct laz_error *err)
{
    const struct change *c = context;
    const struct laz_audit_entry entry = {
        c->call->session.account.name, c->reason == NULL ? "incident.reopened" : "incident.closed",
        c->object, c->reason == NULL ? "" : c->reason};
    enum laz_status s = c->reason == NULL ? laz_incident_reopen(db, c->call->scope, c->id, err)
                                          : laz_incident_close(db, c->call->scope, c->id, c->reason,
                                                               c->comment, err);

    return s == LAZ_OK ? laz_audit_add(db, c->call->scope, &entry, err) : s;
}

static void finish_change(struct laz_call *call, struct change *c)
{
    struct laz_changes changes = {0};
    enum laz_status s;

    c->call = call;
    c->id = laz_call_id(call, 0);
    snprintf(c->object, sizeof c->object, "%lld", (long long)c->id);
    s = laz_db_transaction(call->db, store, c, &call->err);
    if (s == LAZ_OK) {
        laz_changes_add(&changes, call->scope.organisation_id, LAZ_CHANGED_INCIDENT, c->id);
        laz_console_tell(call->console, &changes);
        laz_out_object(&call->out);
        laz_out_object_end(&call->out);
    }
    laz_call_finish(call, s, 200);
}

void laz_route_incident_close(struct laz_request *request, void *context)
{
    LAZ_OWNED(laz_json_drop) cJSON *body = NULL;
    struct change c = {0};
    struct laz_call call;

    if (!laz_call_open(&call, request, context) || (body = laz_call_body(&call)) == NULL)
        return;
    if (!laz_json_text(body, "reason", 32, &c.reason) || !laz_incident_reason_is_valid(c.reason) ||
        (cJSON_HasObjectItem(body, "comment") &&
         !laz_json_text(body, "comment", COMMENT_MAX, &c.comment))) {
        laz_call_refuse(&call, 400, "invalid");
        return;
    }
    finish_change(&call, &c);
}

void laz_route_incident_reopen(struct laz_request *request, void *context)
{
    struct change c = {0};
    struct laz_call call;

    if (laz_call_open(&call, request, context))
        finish_change(&call, &c);
}
