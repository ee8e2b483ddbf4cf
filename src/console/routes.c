#include "console/routes.h"

#include "link/event_batch.h"

#define SMALL_BODY  ((size_t)8 * 1024)
#define REPORT_BODY ((size_t)128 * 1024)

static const struct laz_route page_routes[] = {
    {LAZ_POST, "/api/v1/login", SMALL_BODY, laz_route_login},
    {LAZ_POST, "/api/v1/logout", SMALL_BODY, laz_route_logout},
    {LAZ_GET, "/api/v1/session", 0, laz_route_session},
    {LAZ_POST, "/api/v1/password", SMALL_BODY, laz_route_password},
    {LAZ_GET, "/api/v1/overview", 0, laz_route_overview},
    {LAZ_GET, "/api/v1/endpoints", 0, laz_route_endpoints},
    {LAZ_GET, "/api/v1/endpoints/{}", 0, laz_route_endpoint},
    {LAZ_GET, "/api/v1/incidents", 0, laz_route_incidents},
    {LAZ_GET, "/api/v1/incidents/{}", 0, laz_route_incident},
    {LAZ_POST, "/api/v1/incidents/{}/close", SMALL_BODY, laz_route_incident_close},
    {LAZ_POST, "/api/v1/incidents/{}/reopen", SMALL_BODY, laz_route_incident_reopen},
    {LAZ_GET, "/api/v1/quarantine", 0, laz_route_quarantine},
    {LAZ_POST, "/api/v1/quarantine/{}/{}/restore", SMALL_BODY, laz_route_quarantine_restore},
    {LAZ_POST, "/api/v1/quarantine/{}/{}/delete", SMALL_BODY, laz_route_quarantine_delete},
    {LAZ_GET, "/api/v1/live", 0, laz_route_live},
    {LAZ_POST, "/api/v1/enrolment-tokens", SMALL_BODY, laz_route_enrolment_token},
    {LAZ_GET, "/api/v1/audit", 0, laz_route_audit},
    {LAZ_GET, "/api/v1/health", 0, laz_route_health},
    {LAZ_GET, "/api/v1/openapi.json", 0, laz_route_openapi},
    {LAZ_GET, "/api/{*}", 0, laz_route_unknown_api},
    {LAZ_GET, "/healthz", 0, laz_route_healthz},
    {LAZ_GET, "/{*}", 0, laz_route_page},
};

static const struct laz_route agent_routes[] = {
    {LAZ_POST, "/agent/v1/enrol", SMALL_BODY, laz_route_enrol},
    {LAZ_POST, "/agent/v1/renew", SMALL_BODY, laz_route_renew},
    {LAZ_POST, "/agent/v1/sync", REPORT_BODY, laz_route_sync},
    {LAZ_POST, "/agent/v1/events", LAZ_EVENT_BATCH_MAX, laz_route_events},
};

const struct laz_route *laz_page_routes(size_t *count)
{
    *count = sizeof page_routes / sizeof *page_routes;
    return page_routes;
}

const struct laz_route *laz_agent_routes(size_t *count)
{
    *count = sizeof agent_routes / sizeof *agent_routes;
    return agent_routes;
}
