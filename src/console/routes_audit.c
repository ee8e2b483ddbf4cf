#include "console/audit.h"
#include "console/call.h"
#include "console/routes.h"

void laz_route_audit(struct laz_request *request, void *context)
{
    int64_t after, limit;
    struct laz_call call;

    if (!laz_call_open(&call, request, context) || !laz_call_paging(&call, &after, &limit))
        return;
    laz_call_finish(&call, laz_audit_list(call.db, call.scope, after, limit, &call.out, &call.err),
                    200);
}

void laz_route_live(struct laz_request *request, void *context)
{
    struct laz_call call;

    if (laz_call_open(&call, request, context))
        laz_live_join(call.console->live, request, &call.session);
}
