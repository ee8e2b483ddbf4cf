/* server_priv.h - what the files of the server share: server.c listens, connection.c reads,
 * request.c answers, stream.c keeps the open ends. */
#ifndef LAZ_LINK_SERVER_PRIV_H
#define LAZ_LINK_SERVER_PRIV_H

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <openssl/ssl.h>

#include "base/arena.h"
#include "link/http_request.h"
#include "link/route.h"
#include "link/server.h"
#include "sign/certificate.h"

#define LAZ_SERVER_LISTENERS_MAX 4
#define LAZ_REPLY_HEADERS_MAX    8

/* reading a head -> reading a body -> with the handler -> writing -> reading a head ...
 * A stream stays until one end closes it. Lingering: our side is closed, theirs is being drained,
 * so that an answer to a request that we did not read to its end is not lost by a reset. */
enum laz_connection_state {
    LAZ_READING_HEAD,
    LAZ_READING_BODY,
    LAZ_HANDLING,
    LAZ_WRITING,
    LAZ_STREAMING,
    LAZ_LINGERING,
};

struct laz_connection {
    struct laz_server *server;
    struct laz_connection *next, **link; /* in the server's list */
    struct bufferevent *events;
    struct event *deadline;
    enum laz_connection_state state;
    bool keep_alive, request_begun, peer_known;
    struct laz_request *request; /* while reading its body and with the handler */
    struct laz_stream *stream;
    int64_t since_ms; /* when the handshake, the request or the answer began */
    unsigned rank;    /* so many had its address when it came, itself with them */
    char peer[INET6_ADDRSTRLEN];
    char peer_uri[LAZ_CERTIFICATE_URI_SIZE];
    char peer_fingerprint[2 * LAZ_FINGERPRINT_SIZE + 1];
};

struct laz_request {
    struct laz_connection *connection;
    struct laz_arena *arena;
    struct laz_http_head head; /* points into head_bytes */
    char *head_bytes;
    struct laz_view path, body;
    enum laz_http_method method;
    struct laz_route_match match;
    struct laz_http_header extra[LAZ_REPLY_HEADERS_MAX];
    unsigned extra_count;
    void (*on_close)(void *context);
    void *on_close_context;
    void *attached;
    void (*attached_drop)(void *data);
};

struct laz_stream {
    struct laz_connection *connection;
    void (*on_close)(void *context);
    void *context;
};

struct laz_server {
    struct laz_server_config config; /* texts in it are borrowed, PEM views are empty */
    char *content_security_policy;
    SSL_CTX *tls;
    struct evconnlistener *listeners[LAZ_SERVER_LISTENERS_MAX];
    size_t listener_count;
    struct laz_connection *connections;
    unsigned connection_count;
    struct event *heartbeat, *resume;
};

/* tls.c */
LAZ_CHECKED enum laz_status laz_tls_server_new(struct laz_view chain_pem, struct laz_view key_pem,
                                               struct laz_view client_ca_pem, SSL_CTX **out,
                                               struct laz_error *err);
/* The verified certificate of the other side; false when it showed none. */
bool laz_tls_peer(SSL *ssl, struct laz_certificate *out);

/* connection.c */
void laz_connection_accept(struct laz_server *server, int fd, const struct sockaddr *address);
void laz_connection_free(struct laz_connection *c); /* on_close functions run */
/* Makes room: of the address with the most connections it ends the one that has waited longest
 * between two requests, else the oldest that has had its time. False when there is none: new ones
 * wait a moment. */
bool laz_connection_give_way(struct laz_server *server);
/* The answer has been put into the output: what comes next is decided when it has been sent. */
void laz_connection_answered(struct laz_connection *c);
/* Ends the connection politely, as soon as what waits has been sent. */
void laz_connection_finish(struct laz_connection *c);
void laz_connection_deadline(struct laz_connection *c, int ms); /* 0: none */

/* request.c */
struct laz_request *laz_request_new(struct laz_connection *c, struct laz_view head_bytes);
void laz_request_free(struct laz_request *r);
/* An answer to something that never became a request; the connection closes afterwards. */
void laz_connection_refuse(struct laz_connection *c, int status);
/* The head of an answer, with the security headers. content_length < 0: none is given. */
enum laz_status laz_reply_head(struct laz_request *r, struct laz_buf *out,
                               const struct laz_reply *reply, int64_t content_length);

/* stream.c */
void laz_stream_heartbeats(struct laz_server *server);

/* server.c */
void laz_server_make_room(struct laz_server *server); /* a connection has gone */

#endif
