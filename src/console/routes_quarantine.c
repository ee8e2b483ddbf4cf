#include <string.h>

#include "console/audit.h"
#include "console/call.h"
#include "console/command.h"
#include "console/quarantine_list.h"
#include "console/routes.h"
#include "console/sync.h"

#define PATH_MAX_BYTES ((size_t)8 * 1024)

/* What may be ordered about a quarantined file. */
struct order_kind {
    const char *kind;  /* to the agent, and in the audit log */
    const char *state; /* of the file until the agent has answered */
};

struct order {
    struct laz_call *call;
    const struct order_kind *kind;
    struct laz_endpoint endpoint;
    struct laz_view quarantine_id;
    char command[LAZ_UUID_TEXT_SIZE];
};

void laz_route_quarantine(struct laz_request *request, void *context)
{
    int64_t after, limit;
    struct laz_call call;

    if (!laz_call_open(&call, request, context) || !laz_call_paging(&call, &after, &limit))
        return;
    laz_call_finish(
        &call, laz_quarantine_list(call.db, call.scope, after, limit, &call.out, &call.err), 200);
}

static enum laz_status store(struct laz_db *db, void *context, struct laz_error *err)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf path = {0};
    struct order *o = context;
    const char *who = o->call->session.account.name;
    struct laz_audit_entry entry = {who, o->kind->kind, "", o->endpoint.uuid};
    enum laz_status s =
        laz_quarantine_order(db, &o->endpoint, o->quarantine_id, o->kind->state, err);

    laz_buf_init(&path, PATH_MAX_BYTES);
    if (s == LAZ_OK)
        s = laz_command_add(db, &o->endpoint, o->kind->kind, o->quarantine_id, who, o->command,
                            err);
    if (s == LAZ_OK)
        s = laz_quarantine_path(db, &o->endpoint, o->quarantine_id, &path, err);
    if (s != LAZ_OK)
        return s;
    entry.object = laz_buf_text(&path);
    return laz_audit_add(db, o->call->scope, &entry, err);
}

static void give_order(struct laz_request *request, void *context, const struct order_kind *kind)
{
    struct laz_changes changes = {0};
    struct laz_call call;
    struct order o = {.call = &call, .kind = kind};
    enum laz_status s;

    if (!laz_call_open(&call, request, context))
        return;
    o.quarantine_id = laz_request_parameter(request, 1);
    s = laz_endpoint_find(call.db, call.scope, laz_request_parameter(request, 0), &o.endpoint,
                          &call.err);
    if (s == LAZ_OK)
        s = laz_db_transaction(call.db, store, &o, &call.err);
    if (s == LAZ_OK) {
        laz_changes_add(&changes, call.scope.organisation_id, LAZ_CHANGED_QUARANTINE, 0);
        laz_console_tell(call.console, &changes);
        laz_sync_wake(call.console->sync, &o.endpoint);
        laz_out_object(&call.out);
        laz_out_text_of(&call.out, "command_id", o.command);
        laz_out_object_end(&call.out);
    }
    laz_call_finish(&call, s, 202);
}

void laz_route_quarantine_restore(struct laz_request *request, void *context)
{
    static const struct order_kind kind = {"quarantine.restore", "restoring"};

    give_order(request, context, &kind);
}

void laz_route_quarantine_delete(struct laz_request *request, void *context)
{
    static const struct order_kind kind = {"quarantine.delete", "deleting"};

    give_order(request, context, &kind);
}
