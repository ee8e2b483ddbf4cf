#include "link/server_priv.h"

#include <arpa/inet.h>
#include <event2/bufferevent_ssl.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/number.h"
#include "base/text.h"
#include "sys/clock.h"
#include "sys/fd.h"

#define LINGER_MS 2000
/* A client that sends ahead while its request is answered is read up to here. */
#define READ_AHEAD_MAX ((size_t)64 * 1024)
/* A browser opens six; one address with more than this is no single person. */
#define USUAL_OF_ONE_HOST 8
#define FAIR_MS           1000 /* so long everybody may take when there is no room */

static void take_input(struct laz_connection *c);

void laz_connection_deadline(struct laz_connection *c, int ms)
{
    struct timeval t = {ms / 1000, ms % 1000 * 1000};

    if (ms <= 0)
        laz_ignore(evtimer_del(c->deadline) != 0); /* not set is as good */
    else
        laz_ignore(evtimer_add(c->deadline, &t) != 0); /* it was made when memory was there */
}

static SSL *ssl_of(struct laz_connection *c)
{
    return bufferevent_openssl_get_ssl(c->events);
}

static void unlink_from_server(struct laz_connection *c)
{
    *c->link = c->next;
    if (c->next != NULL)
        c->next->link = c->link;
    c->server->connection_count--;
}

static void tell_owner(struct laz_connection *c)
{
    struct laz_request *r = laz_move(c->request);
    struct laz_stream *stream = laz_move(c->stream);

    if (r != NULL && c->state == LAZ_HANDLING && r->on_close != NULL)
        r->on_close(r->on_close_context);
    laz_request_free(r);
    if (stream != NULL && stream->on_close != NULL)
        stream->on_close(stream->context);
    free(stream);
}

void laz_connection_free(struct laz_connection *c)
{
    struct laz_server *server = c->server;

    unlink_from_server(c);
    tell_owner(c);
    event_free(c->deadline);
    bufferevent_free(c->events);
    ERR_clear_error();
    free(c);
    laz_server_make_room(server);
}

/* Our side says good-bye; theirs is read away until it ends. */
static void linger(struct laz_connection *c)
{
    SSL *ssl = ssl_of(c);

    c->state = LAZ_LINGERING;
    laz_ignore(SSL_shutdown(ssl) < 0); /* a courtesy */
    ERR_clear_error();
    laz_ignore(shutdown(bufferevent_getfd(c->events), SHUT_WR) != 0); /* gone is as good */
    laz_connection_deadline(c, LINGER_MS);
}

void laz_connection_finish(struct laz_connection *c)
{
    c->keep_alive = false;
    if (evbuffer_get_length(bufferevent_get_output(c->events)) == 0)
        linger(c);
    else
        laz_connection_answered(c); /* what waits is sent first */
}

static void on_deadline(evutil_socket_t fd, short what, void *context)
{
    laz_connection_free(context);
}

static void on_event(struct bufferevent *events, short what, void *context)
{
    if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) != 0)
        laz_connection_free(context);
    /* BEV_EVENT_CONNECTED: the handshake is done; the deadline of the first request goes on. */
}

/* All of an answer has been handed to the kernel. */
static void on_written(struct bufferevent *events, void *context)
{
    struct laz_connection *c = context;

    if (c->state != LAZ_WRITING || evbuffer_get_length(bufferevent_get_output(events)) > 0)
        return;
    if (!c->keep_alive) {
        linger(c);
        return;
    }
    c->state = LAZ_READING_HEAD;
    c->request_begun = false;
    laz_connection_deadline(c, c->server->config.idle_ms);
    take_input(c);
}

void laz_connection_answered(struct laz_connection *c)
{
    c->state = LAZ_WRITING;
    c->since_ms = laz_monotonic_ms();
    laz_connection_deadline(c, c->server->config.reply_ms);
}

static void look_at_peer(struct laz_connection *c)
{
    struct laz_certificate facts;

    if (c->peer_known)
        return;
    c->peer_known = true;
    if (!laz_tls_peer(ssl_of(c), &facts))
        return;
    memcpy(c->peer_uri, facts.uri, sizeof c->peer_uri);
    laz_hex_encode(laz_view_from(facts.fingerprint, sizeof facts.fingerprint), c->peer_fingerprint);
}

static int status_of_route(struct laz_request *r)
{
    const struct laz_server_config *config = &r->connection->server->config;

    if (r->head.verb == LAZ_VERB_OTHER)
        return 405;
    r->method = r->head.verb == LAZ_VERB_POST ? LAZ_POST : LAZ_GET;
    if (!laz_http_path_decode(r->head.path, r->arena, &r->path))
        return 400;
    switch (laz_route_find(config->routes, config->route_count, r->method, r->path, &r->match)) {
    case LAZ_OK:
        break;
    case LAZ_DENIED:
        return 405;
    default:
        return 404;
    }
    return r->head.content_length > r->match.route->body_max ? 413 : 0;
}

/* A request without a handler. Its body is read no further, so the connection ends with the answer.
 */
static void refuse_request(struct laz_connection *c, int status)
{
    bool has_body = c->request->head.content_length > 0;

    if (has_body || status == 400)
        c->keep_alive = false;
    laz_request_reply_error(c->request, status,
                            status == 404   ? "http.not_found"
                            : status == 405 ? "http.method"
                            : status == 413 ? "http.too_large"
                                            : "http.malformed",
                            NULL);
}

static void begin_body(struct laz_connection *c)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";

    c->state = LAZ_READING_BODY;
    if (c->request->head.expects_continue && c->request->head.content_length > 0)
        laz_ignore(bufferevent_write(c->events, go_on, sizeof go_on - 1) !=
                   0); /* it may go on so */
}

/* Enough for the body that is awaited, or for a head and what may follow it. */
static void set_watermark(struct laz_connection *c)
{
    size_t high = READ_AHEAD_MAX;

    if (c->state == LAZ_READING_BODY && c->request->head.content_length > high)
        high = (size_t)c->request->head.content_length;
    bufferevent_setwatermark(c->events, EV_READ, 0, high);
}

/* False when there is nothing to do until more comes. */
static bool take_head(struct laz_connection *c)
{
    struct evbuffer *input = bufferevent_get_input(c->events);
    size_t available = evbuffer_get_length(input);
    size_t want = LAZ_HTTP_LINE_MAX + LAZ_HTTP_HEAD_MAX, head_len = 0;
    struct laz_http_head head;
    const uint8_t *bytes;
    int status;

    if (available == 0)
        return false;
    set_watermark(c);
    if (!c->request_begun) {
        laz_connection_deadline(c, c->server->config.request_ms);
        c->since_ms = laz_monotonic_ms();
    }
    c->request_begun = true;
    want = available < want ? available : want;
    bytes = evbuffer_pullup(input, (ev_ssize_t)want);
    status =
        bytes == NULL ? 503 : laz_http_head_parse(laz_view_from(bytes, want), &head, &head_len);
    if (status == LAZ_HTTP_MORE)
        return false;
    if (status != 0) {
        laz_connection_refuse(c, status);
        return false;
    }
    c->keep_alive = head.keep_alive;
    c->request = laz_request_new(c, laz_view_from(bytes, head_len));
    if (c->request == NULL) {
        laz_connection_refuse(c, 503);
        return false;
    }
    laz_ignore(evbuffer_drain(input, head_len) != 0); /* cannot fail: they are there */
    look_at_peer(c);
    status = status_of_route(c->request);
    if (status != 0)
        refuse_request(c, status);
    else
        begin_body(c);
    return status == 0;
}

static void take_body(struct laz_connection *c)
{
    struct evbuffer *input = bufferevent_get_input(c->events);
    struct laz_request *r = c->request;
    size_t len = (size_t)r->head.content_length;
    uint8_t *bytes;

    if (evbuffer_get_length(input) < len)
        return;
    bytes = len == 0 ? NULL : malloc(len);
    if (len > 0 && bytes == NULL) {
        laz_connection_refuse(c, 503);
        return;
    }
    laz_ignore(evbuffer_remove(input, bytes, len) < 0); /* they are there */
    r->body = laz_view_from(bytes, len);
    c->state = LAZ_HANDLING;
    laz_connection_deadline(c, 0);
    r->match.route->handle(r, c->server->config.context);
}

static void take_input(struct laz_connection *c)
{
    if (c->state == LAZ_READING_HEAD && !take_head(c))
        return;
    if (c->state != LAZ_READING_BODY)
        return;
    set_watermark(c);
    take_body(c);
}

static void on_input(struct bufferevent *events, void *context)
{
    struct laz_connection *c = context;
    struct evbuffer *input = bufferevent_get_input(events);

    if (c->state == LAZ_LINGERING)
        laz_ignore(evbuffer_drain(input, evbuffer_get_length(input)) != 0); /* cannot fail */
    else
        take_input(c);
}

static bool is_idle(const struct laz_connection *c)
{
    return c->state == LAZ_LINGERING || (c->state == LAZ_READING_HEAD && !c->request_begun);
}

/* Ending it costs its client no more than asking again: it is idle, or has had its time. One that
 * does not take its answer is waited for, unless its address has many. */
static bool may_go(const struct laz_connection *c, int64_t now_ms)
{
    bool had_time = now_ms - c->since_ms >= FAIR_MS;

    switch (c->state) {
    case LAZ_READING_HEAD:
    case LAZ_READING_BODY:
    case LAZ_LINGERING:
        return had_time || is_idle(c);
    case LAZ_WRITING:
        return had_time && c->rank > USUAL_OF_ONE_HOST;
    case LAZ_HANDLING:
    case LAZ_STREAMING:
        return false;
    }
    return false;
}

/* The address that takes the most room gives way, so that a few addresses cannot shut out all
 * others, with half a handshake or otherwise. */
bool laz_connection_give_way(struct laz_server *server)
{
    const struct laz_connection *crowd = NULL;
    struct laz_connection *oldest = NULL, *idle = NULL;
    int64_t now = laz_monotonic_ms();

    for (const struct laz_connection *c = server->connections; c != NULL; c = c->next)
        if (may_go(c, now) && (crowd == NULL || c->rank > crowd->rank))
            crowd = c;
    if (crowd == NULL)
        return false;
    for (struct laz_connection *c = server->connections; c != NULL; c = c->next) {
        if (!may_go(c, now) || strcmp(c->peer, crowd->peer) != 0)
            continue;
        oldest = c; /* the list begins with the newest */
        idle = is_idle(c) ? c : idle;
    }
    laz_connection_free(idle != NULL ? idle : oldest);
    return true;
}

static void name_peer(struct laz_connection *c, const struct sockaddr *address)
{
    const void *bytes = NULL;

    if (address->sa_family == AF_INET)
        bytes = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
    else if (address->sa_family == AF_INET6)
        bytes = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    if (bytes == NULL || inet_ntop(address->sa_family, bytes, c->peer, sizeof c->peer) == NULL)
        c->peer[0] = '\0';
}

static unsigned connections_of(const struct laz_server *server, const char *peer)
{
    unsigned count = 0;

    for (const struct laz_connection *c = server->connections; c != NULL; c = c->next)
        count += strcmp(c->peer, peer) == 0;
    return count;
}

static bool open_events(struct laz_connection *c, int fd)
{
    struct laz_server *server = c->server;
    SSL *ssl = SSL_new(server->tls);

    if (ssl == NULL)
        return false;
    c->events = bufferevent_openssl_socket_new(server->config.base, fd, ssl,
                                               BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
    if (c->events == NULL) {
        SSL_free(ssl);
        return false;
    }
    bufferevent_openssl_set_allow_dirty_shutdown(c->events, 1);
    bufferevent_setcb(c->events, on_input, on_written, on_event, c);
    return true;
}

/* NULL when there is no memory, or too many come from there. fd stays the caller's then. */
static struct laz_connection *new_connection(struct laz_server *server, int fd,
                                             const struct sockaddr *address)
{
    struct laz_connection *c = calloc(1, sizeof *c);

    if (c == NULL)
        return NULL;
    c->server = server;
    name_peer(c, address);
    c->deadline = evtimer_new(server->config.base, on_deadline, c);
    c->rank = connections_of(server, c->peer) + 1;
    if (c->deadline != NULL && c->rank <= server->config.connections_per_host_max &&
        open_events(c, fd))
        return c;
    if (c->deadline != NULL)
        event_free(c->deadline);
    free(c);
    return NULL;
}

static void add_to_server(struct laz_connection *c)
{
    struct laz_server *server = c->server;

    c->next = server->connections;
    c->link = &server->connections;
    if (c->next != NULL)
        c->next->link = &c->next;
    server->connections = c;
    server->connection_count++;
}

void laz_connection_accept(struct laz_server *server, int fd, const struct sockaddr *address)
{
    struct laz_connection *c = new_connection(server, fd, address);
    int on = 1;

    if (c == NULL) {
        laz_fd_drop(&fd);
        return;
    }
    add_to_server(c);
    /* Without it an answer in two records waits for the other side's delayed acknowledgement. */
    laz_ignore(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0);
    laz_connection_deadline(c, server->config.request_ms);
    c->since_ms = laz_monotonic_ms();
    c->request_begun = true; /* the handshake is part of the first request's time */
    set_watermark(c);
    laz_ignore(bufferevent_enable(c->events, EV_READ | EV_WRITE) != 0); /* the deadline ends it */
}
