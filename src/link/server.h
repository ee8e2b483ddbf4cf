/* server.h - the HTTPS server of the console: HTTP/1.1 over TLS 1.2 or 1.3, on the caller's event
 * loop (libevent). It parses strictly, keeps every limit, and adds the security headers to every
 * answer. Nothing here blocks; nothing here is safe to call from another thread. */
#ifndef LAZ_LINK_SERVER_H
#define LAZ_LINK_SERVER_H

#include "base/buf.h"
#include "base/status.h"

struct event_base;
struct laz_server;
struct laz_request;
struct laz_stream;

#define LAZ_HTTP_LINE_MAX    ((size_t)8 * 1024)  /* request line: longer is 414 */
#define LAZ_HTTP_HEADERS_MAX 64                  /* more is 431 */
#define LAZ_HTTP_HEAD_MAX    ((size_t)16 * 1024) /* bytes of all header lines; more is 431 */
#define LAZ_ROUTE_PARAMETERS 4

enum laz_http_method { LAZ_GET, LAZ_POST }; /* HEAD is answered as GET without its body */

/* Answers a request: now with one of laz_request_reply..., or later (the request stays yours until
 * then), or with a stream. */
typedef void laz_handler(struct laz_request *request, void *context);

/* path: "/api/v1/endpoints/{}/{}": each {} takes one segment, not empty; a final segment {*} takes
 * the rest of the path, also an empty one. The first route that fits is taken. A path that is known
 * only with the other method is answered 405, an unknown one 404. */
struct laz_route {
    enum laz_http_method method;
    const char *path;
    size_t body_max; /* bytes; more is 413. 0: no body is accepted */
    laz_handler *handle;
};

struct laz_server_config {
    struct event_base *base;
    struct laz_view chain_pem, key_pem; /* copied */
    /* Empty: no client certificate is asked for. Else one is asked for but not required: a wrong
     * one ends the handshake, none gives an empty laz_request_peer_uri. */
    struct laz_view client_ca_pem;
    const struct laz_route *routes; /* borrowed for the server's life */
    size_t route_count;
    void *context; /* handed to every handler */
    /* The Content-Security-Policy of answers that name none themselves; NULL: "default-src 'none'".
     */
    const char *content_security_policy;
    /* 0 takes the default of each. */
    /* 512; then the address with the most gives one up, and new ones wait when all are answered */
    unsigned connections_max;
    unsigned connections_per_host_max; /* 64: from one address; further ones are closed at once */
    int request_ms; /* 20000: from the connection (handshake included) or the first byte to the last
                     */
    int idle_ms;    /* 75000: between two requests */
    int reply_ms;   /* 60000: until the client has taken an answer; streams have none */
    int heartbeat_ms; /* 15000: for streams */
};

/* From here on the process ignores SIGPIPE. */
LAZ_CHECKED enum laz_status laz_server_new(const struct laz_server_config *config,
                                           struct laz_server **out, struct laz_error *err);
/* Closes all. on_close functions run. Drop it before the event loop. */
void laz_server_drop(struct laz_server **server);

/* address: "127.0.0.1:8443", "[::1]:8443", port 0 for any. A port in use is LAZ_BUSY, and the error
 * names it and says what to do. */
LAZ_CHECKED enum laz_status laz_server_listen(struct laz_server *server, const char *address,
                                              struct laz_error *err);
/* A bound TCP socket, which the server takes. */
LAZ_CHECKED enum laz_status laz_server_listen_fd(struct laz_server *server, int fd,
                                                 struct laz_error *err);
/* The port of the first listener; 0 when there is none. */
unsigned laz_server_port(const struct laz_server *server);
/* A new certificate for connections from now on (renewal without a restart). */
LAZ_CHECKED enum laz_status laz_server_set_certificate(struct laz_server *server,
                                                       struct laz_view chain_pem,
                                                       struct laz_view key_pem,
                                                       struct laz_error *err);

/* -------------------------------------------------------------------- a request
 * All views are borrowed until it is answered. */
enum laz_http_method laz_request_method(const struct laz_request *r);
/* The path, percent-decoded, without the query. Never holds a NUL, "//", "." or ".." segments. */
struct laz_view laz_request_path(const struct laz_request *r);
/* What the i-th {} or the final {*} took, percent-decoded. */
struct laz_view laz_request_parameter(const struct laz_request *r, unsigned i);
/* The decoded value of the first query parameter of that name; false when there is none. */
bool laz_request_query(const struct laz_request *r, const char *name, struct laz_view *out);
/* The header's value, trimmed; false when there is none. Names in any case. A header that comes
 * twice is given once, by its first value (Host, Content-Length and Cookie may not come twice:
 * 400). */
bool laz_request_header(const struct laz_request *r, const char *name, struct laz_view *out);
bool laz_request_cookie(const struct laz_request *r, const char *name, struct laz_view *out);
struct laz_view laz_request_body(const struct laz_request *r);
/* The client's address without the port. */
const char *laz_request_peer(const struct laz_request *r);
/* The URI in the client's verified certificate; "" when it showed none. */
const char *laz_request_peer_uri(const struct laz_request *r);
/* SHA-256 of that certificate in hexadecimal; "" when it showed none. */
const char *laz_request_peer_fingerprint(const struct laz_request *r);

/* For a request that is answered later: fn runs when the client goes away before that. The request
 * is then gone: forget it. */
void laz_request_on_close(struct laz_request *r, void (*fn)(void *context), void *context);
/* What the handler wants to keep with the request; freed with it by drop (may be NULL). */
void laz_request_attach(struct laz_request *r, void *data, void (*drop)(void *data));
void *laz_request_attached(const struct laz_request *r);

/* -------------------------------------------------------------------- answers
 * Each ends the request: it is not to be touched afterwards. */

/* A header for the answer to come: Set-Cookie, Retry-After, Location... Asserts that it holds no
 * control bytes. At most 8. */
void laz_request_add_header(struct laz_request *r, const char *name, const char *value);

struct laz_reply {
    int status;
    const char *content_type;  /* NULL when there is no body */
    struct laz_view body;      /* copied */
    struct laz_view gzip;      /* the same, compressed; sent when the client takes it */
    const char *cache_control; /* NULL: "no-store" */
    const char *etag;          /* with its quotes; answers If-None-Match with 304. NULL: none */
    const char *content_security_policy; /* NULL: the server's */
    bool lives_for_ever;                 /* body and gzip are not copied */
};
void laz_request_reply(struct laz_request *r, const struct laz_reply *reply);
void laz_request_reply_json(struct laz_request *r, int status, struct laz_view json);
/* {"error":{"code":CODE,"params":PARAMS}}; params is JSON text or NULL for {}. */
void laz_request_reply_error(struct laz_request *r, int status, const char *code,
                             const char *params);
/* Answers without content (204 and the like). */
void laz_request_reply_empty(struct laz_request *r, int status);

/* -------------------------------------------------------------------- server-sent events */

/* Answers with an open stream. on_close runs once, when the client or the server ends it; the
 * stream is then gone. */
struct laz_stream *laz_request_stream(struct laz_request *r, void (*on_close)(void *context),
                                      void *context);
/* One event. event may be NULL, data is one line. A client that reads so slowly that 256 KiB wait
 * for it is closed soon after: LAZ_LIMIT. */
LAZ_CHECKED enum laz_status laz_stream_send(struct laz_stream *stream, uint64_t id,
                                            const char *event, struct laz_view data);
/* Ends it from our side; on_close does not run. */
void laz_stream_end(struct laz_stream *stream);

#endif
