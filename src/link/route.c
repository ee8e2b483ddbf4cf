#include "link/route.h"

static bool add_parameter(struct laz_route_match *m, struct laz_view v)
{
    LAZ_ASSERT(m->parameter_count < LAZ_ROUTE_PARAMETERS);
    m->parameters[m->parameter_count++] = v;
    return true;
}

static bool segment_fits(struct laz_route_match *m, struct laz_view pattern, struct laz_view given)
{
    if (laz_view_equal_text(pattern, "{}"))
        return given.len > 0 && add_parameter(m, given);
    return laz_view_equal(pattern, given);
}

/* Both begin with a slash. */
static bool path_fits(const struct laz_route *route, struct laz_view path,
                      struct laz_route_match *m)
{
    struct laz_view pattern = laz_view_of(route->path);

    *m = (struct laz_route_match){.route = route};
    while (pattern.len > 0 && path.len > 0) {
        struct laz_view want, given;

        laz_ignore(!laz_skip(&pattern, 1) || !laz_skip(&path, 1)); /* the slashes */
        want = laz_view_first(pattern, laz_view_find_byte(pattern, '/'));
        if (laz_view_equal_text(want, "{*}"))
            return add_parameter(m, path);
        given = laz_view_first(path, laz_view_find_byte(path, '/'));
        if (!segment_fits(m, want, given))
            return false;
        pattern = laz_view_from_offset(pattern, want.len);
        path = laz_view_from_offset(path, given.len);
    }
    return pattern.len == 0 && path.len == 0;
}

enum laz_status laz_route_find(const struct laz_route *routes, size_t count,
                               enum laz_http_method method, struct laz_view path,
                               struct laz_route_match *out)
{
    enum laz_status s = LAZ_NOT_FOUND;

    for (size_t i = 0; i < count; i++) {
        struct laz_route_match m;

        if (!path_fits(&routes[i], path, &m))
            continue;
        if (routes[i].method == method) {
            *out = m;
            return LAZ_OK;
        }
        s = LAZ_DENIED;
    }
    return s;
}
