/* routes.h - every way into the console, in two tables: what people's browsers may ask, and what
 * agents may ask. docs/openapi.json describes the same routes; a test compares. */
#ifndef LAZ_CONSOLE_ROUTES_H
#define LAZ_CONSOLE_ROUTES_H

#include "link/server.h"

const struct laz_route *laz_page_routes(size_t *count);
const struct laz_route *laz_agent_routes(size_t *count);

/* routes_session.c */
laz_handler laz_route_login, laz_route_logout, laz_route_session, laz_route_password;
/* routes_overview.c */
laz_handler laz_route_overview, laz_route_health, laz_route_healthz;
/* routes_endpoint.c */
laz_handler laz_route_endpoints, laz_route_endpoint, laz_route_enrolment_token;
/* routes_incident.c */
laz_handler laz_route_incidents, laz_route_incident, laz_route_incident_close,
    laz_route_incident_reopen;
/* routes_quarantine.c */
laz_handler laz_route_quarantine, laz_route_quarantine_restore, laz_route_quarantine_delete;
/* routes_audit.c */
laz_handler laz_route_audit, laz_route_live;
/* routes_page.c */
laz_handler laz_route_openapi, laz_route_page, laz_route_unknown_api;
/* routes_agent.c */
laz_handler laz_route_enrol, laz_route_renew, laz_route_sync, laz_route_events;

#endif
