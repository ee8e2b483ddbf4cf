/* http_rule.c - which way a redirect may lead, and how far a secret goes. Pure. */
#include <string.h>

#include "feed/http.h"

/* Scheme, host and port, up to the first '/', '?' or '#'. */
static struct laz_view origin_of(const char *url)
{
    const char *host = strstr(url, "://");
    size_t len = host == NULL ? 0 : (size_t)(host - url) + 3;

    return laz_view_from(url, len == 0 ? 0 : len + strcspn(url + len, "/?#\\"));
}

bool laz_http_same_origin(const char *a, const char *b)
{
    struct laz_view first = origin_of(a), second = origin_of(b);

    return first.len > 0 && laz_view_equal(first, second);
}

bool laz_http_may_follow(const char *from, const char *to, bool plain_http)
{
    struct laz_view origin = origin_of(to);

    if (origin.len == 0 || laz_view_find_byte(origin, '@') < origin.len)
        return false;
    if (strncmp(to, "https://", 8) == 0)
        return true;
    if (strncmp(from, "http://", 7) != 0 || strncmp(to, "http://", 7) != 0)
        return false; /* what began encrypted stays so */
    return plain_http || laz_feed_url_is_safe(laz_view_of(to));
}
