/* route.h - which handler a path belongs to. Pure. */
#ifndef LAZ_LINK_ROUTE_H
#define LAZ_LINK_ROUTE_H

#include "link/server.h"

struct laz_route_match {
    const struct laz_route *route;
    struct laz_view parameters[LAZ_ROUTE_PARAMETERS];
    unsigned parameter_count;
};

/* LAZ_OK, LAZ_NOT_FOUND, or LAZ_DENIED when the path is known only with another method. The
 * parameters borrow from path. */
LAZ_CHECKED enum laz_status laz_route_find(const struct laz_route *routes, size_t count,
                                           enum laz_http_method method, struct laz_view path,
                                           struct laz_route_match *out);

#endif
