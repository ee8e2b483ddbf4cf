#include "link/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/number.h"
#include "link/server_priv.h"
#include "sys/fd.h"

#define BACKLOG              256
#define CONNECTIONS_MAX      512
#define CONNECTIONS_PER_HOST 64
#define REQUEST_MS           20000
#define IDLE_MS              75000
#define REPLY_MS             60000
#define HEARTBEAT_MS         15000
#define ACCEPT_PAUSE_MS      200 /* after accept failed: usually no descriptor is left */

static void set_defaults(struct laz_server_config *c)
{
    c->connections_max = c->connections_max > 0 ? c->connections_max : CONNECTIONS_MAX;
    if (c->connections_per_host_max == 0)
        c->connections_per_host_max = CONNECTIONS_PER_HOST;
    c->request_ms = c->request_ms > 0 ? c->request_ms : REQUEST_MS;
    c->idle_ms = c->idle_ms > 0 ? c->idle_ms : IDLE_MS;
    c->reply_ms = c->reply_ms > 0 ? c->reply_ms : REPLY_MS;
    c->heartbeat_ms = c->heartbeat_ms > 0 ? c->heartbeat_ms : HEARTBEAT_MS;
}

static void on_heartbeat(evutil_socket_t fd, short what, void *context)
{
    laz_stream_heartbeats(context);
}

static void enable_listeners(struct laz_server *server, bool on)
{
    for (size_t i = 0; i < server->listener_count; i++)
        laz_ignore((on ? evconnlistener_enable(server->listeners[i])
                       : evconnlistener_disable(server->listeners[i])) != 0); /* tried again */
}

void laz_server_make_room(struct laz_server *server)
{
    if (server->connection_count + 1 == server->config.connections_max)
        enable_listeners(server, true);
}

static void pause_listeners(struct laz_server *server)
{
    struct timeval pause = {0, ACCEPT_PAUSE_MS * 1000};

    enable_listeners(server, false);
    laz_ignore(evtimer_add(server->resume, &pause) != 0); /* else the next close resumes */
}

static void on_resume(evutil_socket_t fd, short what, void *context)
{
    struct laz_server *server = context;

    if (server->connection_count < server->config.connections_max)
        enable_listeners(server, true);
    else if (!laz_connection_give_way(server)) /* which enables them */
        pause_listeners(server);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
                      int address_len, void *context)
{
    struct laz_server *server = context;

    laz_connection_accept(server, fd, address);
    if (server->connection_count >= server->config.connections_max &&
        !laz_connection_give_way(server))
        pause_listeners(server);
}

static void on_accept_error(struct evconnlistener *listener, void *context)
{
    pause_listeners(context);
}

static enum laz_status start_timers(struct laz_server *server, struct laz_error *err)
{
    struct event_base *base = server->config.base;
    struct timeval beat = {server->config.heartbeat_ms / 1000,
                           server->config.heartbeat_ms % 1000 * 1000};

    server->heartbeat = event_new(base, -1, EV_PERSIST, on_heartbeat, server);
    server->resume = evtimer_new(base, on_resume, server);
    if (server->heartbeat == NULL || server->resume == NULL ||
        event_add(server->heartbeat, &beat) != 0)
        return laz_fail(err, LAZ_NOMEM, "server", "", "no memory", "");
    return LAZ_OK;
}

static enum laz_status copy_config(struct laz_server *server,
                                   const struct laz_server_config *config, struct laz_error *err)
{
    server->config = *config;
    server->config.chain_pem = server->config.key_pem = (struct laz_view){NULL, 0};
    set_defaults(&server->config);
    if (config->content_security_policy == NULL)
        return LAZ_OK;
    server->content_security_policy = strdup(config->content_security_policy);
    if (server->content_security_policy == NULL)
        return laz_fail(err, LAZ_NOMEM, "server", "", "no memory", "");
    return LAZ_OK;
}

static enum laz_status keep_client_ca(struct laz_server *server, struct laz_error *err)
{
    struct laz_view given = server->config.client_ca_pem;
    uint8_t *copy;

    server->config.client_ca_pem = (struct laz_view){NULL, 0};
    if (given.len == 0)
        return LAZ_OK;
    copy = malloc(given.len);
    if (copy == NULL)
        return laz_fail(err, LAZ_NOMEM, "server", "", "no memory", "");
    memcpy(copy, given.data, given.len);
    server->config.client_ca_pem = laz_view_from(copy, given.len);
    return LAZ_OK;
}

enum laz_status laz_server_new(const struct laz_server_config *config, struct laz_server **out,
                               struct laz_error *err)
{
    LAZ_OWNED(laz_server_drop) struct laz_server *server = calloc(1, sizeof *server);
    enum laz_status s;

    if (server == NULL)
        return laz_fail(err, LAZ_NOMEM, "server", "", "no memory", "");
    s = copy_config(server, config, err);
    if (s == LAZ_OK)
        s = keep_client_ca(server, err);
    if (s == LAZ_OK)
        s = laz_server_set_certificate(server, config->chain_pem, config->key_pem, err);
    if (s == LAZ_OK)
        s = start_timers(server, err);
    if (s != LAZ_OK)
        return s;
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR) /* a client that goes away is no reason to end */
        return laz_fail_errno(err, "server", "", "");
    *out = laz_move(server);
    return LAZ_OK;
}

static void free_event(struct event *e)
{
    if (e != NULL)
        event_free(e);
}

void laz_server_drop(struct laz_server **server)
{
    struct laz_server *s = laz_move(*server);

    if (s == NULL)
        return;
    for (size_t i = 0; i < s->listener_count; i++)
        evconnlistener_free(s->listeners[i]);
    s->listener_count = 0;
    while (s->connections != NULL)
        laz_connection_free(s->connections);
    free_event(s->heartbeat);
    free_event(s->resume);
    SSL_CTX_free(s->tls);
    free((void *)(uintptr_t)s->config.client_ca_pem.data);
    free(s->content_security_policy);
    free(s);
}

enum laz_status laz_server_set_certificate(struct laz_server *server, struct laz_view chain_pem,
                                           struct laz_view key_pem, struct laz_error *err)
{
    SSL_CTX *tls = NULL;
    enum laz_status s =
        laz_tls_server_new(chain_pem, key_pem, server->config.client_ca_pem, &tls, err);

    if (s != LAZ_OK)
        return s;
    SSL_CTX_free(server->tls); /* connections hold their own reference */
    server->tls = tls;
    return LAZ_OK;
}

/* "127.0.0.1:8443" or "[::1]:8443" */
static bool parse_address(const char *address, struct sockaddr_storage *out, socklen_t *len)
{
    struct laz_view v = laz_view_of(address), host, port;
    struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)out;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)out;
    char text[INET6_ADDRSTRLEN];
    uint64_t number;
    size_t colon = v.len;

    while (colon > 0 && v.data[colon - 1] != ':')
        colon--;
    if (colon == 0)
        return false;
    host = laz_view_first(v, colon - 1);
    port = laz_view_from_offset(v, colon);
    if (!laz_parse_u64(port, UINT16_MAX, &number) || host.len + 1 > sizeof text)
        return false;
    memset(out, 0, sizeof *out);
    if (host.len > 2 && host.data[0] == '[' && host.data[host.len - 1] == ']') {
        memcpy(text, host.data + 1, host.len - 2);
        text[host.len - 2] = '\0';
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)number);
        *len = sizeof *v6;
        return inet_pton(AF_INET6, text, &v6->sin6_addr) == 1;
    }
    memcpy(text, host.data, host.len);
    text[host.len] = '\0';
    v4->sin_family = AF_INET;
    v4->sin_port = htons((uint16_t)number);
    *len = sizeof *v4;
    return inet_pton(AF_INET, text, &v4->sin_addr) == 1;
}

static enum laz_status fail_bind(const char *address, struct laz_error *err)
{
    if (errno == EADDRINUSE)
        return laz_fail(err, LAZ_BUSY, "port", address, "is in use by another program",
                        "end that program, or choose another port");
    if (errno == EACCES)
        return laz_fail(err, LAZ_DENIED, "port", address, "needs a privilege",
                        "choose a port above 1023");
    if (errno == EADDRNOTAVAIL)
        return laz_fail(err, LAZ_INVALID, "port", address, "is no address of this machine",
                        "choose one of its own, or 127.0.0.1");
    return laz_fail_errno(err, "port", address, "");
}

static enum laz_status bind_socket(const char *address, int *out, struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int fd = -1;
    struct sockaddr_storage where;
    socklen_t len;
    int on = 1;

    if (!parse_address(address, &where, &len))
        return laz_fail(err, LAZ_INVALID, "port", address, "is no address and port",
                        "write it as 127.0.0.1:8443");
    fd = socket(where.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return laz_fail_errno(err, "port", address, "");
    /* Hints: without them a restart waits a minute, or both families fight for a port. */
    laz_ignore(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0);
    if (where.ss_family == AF_INET6)
        laz_ignore(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0);
    if (bind(fd, (const struct sockaddr *)(const void *)&where, len) != 0 ||
        listen(fd, BACKLOG) != 0)
        return fail_bind(address, err);
    *out = laz_move_fd(&fd);
    return LAZ_OK;
}

enum laz_status laz_server_listen(struct laz_server *server, const char *address,
                                  struct laz_error *err)
{
    int fd = -1;
    enum laz_status s = bind_socket(address, &fd, err);

    return s == LAZ_OK ? laz_server_listen_fd(server, fd, err) : s;
}

enum laz_status laz_server_listen_fd(struct laz_server *server, int fd, struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int owned = fd;
    struct evconnlistener *listener;
    int on = 1;

    LAZ_ASSERT(server->listener_count < LAZ_SERVER_LISTENERS_MAX);
    /* Accepted sockets inherit it. */
    laz_ignore(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0);
    if (evutil_make_socket_nonblocking(fd) != 0)
        return laz_fail_errno(err, "port", "", "");
    listener = evconnlistener_new(server->config.base, on_accept, server,
                                  LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, BACKLOG, fd);
    if (listener == NULL)
        return laz_fail(err, LAZ_IO, "port", "", "cannot be listened on", "");
    laz_ignore(laz_move_fd(&owned) < 0); /* the listener's now */
    evconnlistener_set_error_cb(listener, on_accept_error);
    server->listeners[server->listener_count++] = listener;
    return LAZ_OK;
}

unsigned laz_server_port(const struct laz_server *server)
{
    struct sockaddr_storage where;
    socklen_t len = sizeof where;

    if (server->listener_count == 0 || getsockname(evconnlistener_get_fd(server->listeners[0]),
                                                   (struct sockaddr *)(void *)&where, &len) != 0)
        return 0;
    if (where.ss_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)(const void *)&where)->sin6_port);
    return ntohs(((const struct sockaddr_in *)(const void *)&where)->sin_port);
}
