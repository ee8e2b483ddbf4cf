#include "console/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/number.h"
#include "sys/fd.h"

static enum laz_status refused(const char *address, const char *option, struct laz_error *err)
{
    char remedy[128];

    if (errno == EADDRINUSE) {
        snprintf(remedy, sizeof remedy, "end the other program, or choose another with %s", option);
        return laz_fail(err, LAZ_BUSY, "console", address, "another program uses this port",
                        remedy);
    }
    snprintf(remedy, sizeof remedy, "choose an address of this machine with %s", option);
    return laz_fail_errno(err, "console", address, remedy);
}

/* "127.0.0.1:8443" or "[::1]:8443". */
static bool parse(const char *address, struct sockaddr_storage *out, socklen_t *len)
{
    const char *colon = strrchr(address, ':');
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
    struct sockaddr_in *in = (struct sockaddr_in *)out;
    char host[INET6_ADDRSTRLEN + 2];
    uint64_t port;
    size_t n;

    if (colon == NULL || (n = (size_t)(colon - address)) == 0 || n >= sizeof host ||
        !laz_parse_u64(laz_view_of(colon + 1), UINT16_MAX, &port))
        return false;
    memcpy(host, address, n);
    host[n] = '\0';
    if (host[0] == '[' && host[n - 1] == ']') {
        host[n - 1] = '\0';
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons((uint16_t)port);
        *len = sizeof *in6;
        return inet_pton(AF_INET6, host + 1, &in6->sin6_addr) == 1;
    }
    in->sin_family = AF_INET;
    in->sin_port = htons((uint16_t)port);
    *len = sizeof *in;
    return inet_pton(AF_INET, host, &in->sin_addr) == 1;
}

enum laz_status laz_listen_bind(const char *address, const char *option, int *out,
                                struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int fd = -1;
    struct sockaddr_storage where = {0};
    socklen_t len;
    int on = 1;

    if (!parse(address, &where, &len))
        return laz_fail(err, LAZ_INVALID, "console", address, "is no address with a port",
                        "write it as 127.0.0.1:8443");
    fd = socket(where.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, (struct sockaddr *)&where, len) != 0)
        return refused(address, option, err);
    /* Listening starts at once: of two consoles that bind one port only one may listen. */
    if (listen(fd, SOMAXCONN) != 0)
        return refused(address, option, err);
    *out = laz_move_fd(&fd);
    return LAZ_OK;
}

void laz_listen_address(int fd, char *out, size_t size)
{
    struct sockaddr_storage where = {0};
    socklen_t len = sizeof where;
    char text[INET6_ADDRSTRLEN] = "";

    out[0] = '\0';
    if (getsockname(fd, (struct sockaddr *)&where, &len) != 0)
        return;
    if (where.ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)&where;

        if (inet_ntop(AF_INET, &in->sin_addr, text, sizeof text) != NULL)
            snprintf(out, size, "%s:%u", text, ntohs(in->sin_port));
    } else if (where.ss_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)&where;

        if (inet_ntop(AF_INET6, &in->sin6_addr, text, sizeof text) != NULL)
            snprintf(out, size, "[%s]:%u", text, ntohs(in->sin6_port));
    }
}
