#include "console/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/util.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

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

enum laz_status laz_listen_bind(const char *address, const char *option, int *out,
                                struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int fd = -1;
    struct sockaddr_storage where = {0};
    int len = sizeof where, on = 1;

    if (evutil_parse_sockaddr_port(address, (struct sockaddr *)&where, &len) != 0 ||
        strrchr(address, ':') == NULL)
        return laz_fail(err, LAZ_INVALID, "console", address, "is no address with a port",
                        "write it as 127.0.0.1:8443");
    fd = socket(where.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, (struct sockaddr *)&where, (socklen_t)len) != 0)
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
