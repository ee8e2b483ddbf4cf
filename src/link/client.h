/* client.h - HTTPS calls to one server whose root certificate we know, or know by its pin. A few
 * calls may run side by side; nothing blocks but laz_client_wait, so that a process can watch a
 * channel of its own meanwhile. By libcurl; no proxy, no redirects, HTTP/1.1, TLS 1.2 or later. */
#ifndef LAZ_LINK_CLIENT_H
#define LAZ_LINK_CLIENT_H

#include "base/buf.h"
#include "base/status.h"

#define LAZ_CLIENT_SLOTS      4
#define LAZ_CLIENT_ANSWER_MAX ((size_t)1024 * 1024)

struct laz_client;

struct laz_client_config {
    /* Whom to believe: the root's PEM text, or else the SHA-256 of its DER form (32 bytes); the
     * server then shows the root itself. Both are copied. */
    struct laz_view ca_pem;
    const uint8_t *pin;
    struct laz_view identity_pem; /* our key and certificate; empty: none */
};

/* Once in a process, before its sandbox closes. */
LAZ_CHECKED enum laz_status laz_client_prepare(struct laz_error *err);

LAZ_CHECKED enum laz_status laz_client_new(const struct laz_client_config *config,
                                           struct laz_client **out, struct laz_error *err);
void laz_client_drop(struct laz_client **client); /* calls that run are broken off */

struct laz_call {
    const char *url;          /* whole, "https://…" */
    const char *content_type; /* NULL: a GET; else a POST of body */
    struct laz_view body;     /* copied */
    int timeout_ms;           /* for all of it */
};

struct laz_answer {
    /* LAZ_OK: an HTTP answer has come, whichever. LAZ_CLOSED: the server could not be reached, or
     * went away. LAZ_DENIED: its certificate is not to be believed, or ours was refused.
     * LAZ_TIMEOUT. LAZ_LIMIT: more than LAZ_CLIENT_ANSWER_MAX came. */
    enum laz_status status;
    int http;           /* 200… */
    int retry_after_ms; /* 0 when it does not say; at most an hour */
    struct laz_buf body;
    char problem[256]; /* for a person, when status is not LAZ_OK */
};

/* slot (below LAZ_CLIENT_SLOTS) must be free. */
LAZ_CHECKED enum laz_status laz_client_start(struct laz_client *client, unsigned slot,
                                             const struct laz_call *call, struct laz_error *err);
bool laz_client_is_busy(const struct laz_client *client, unsigned slot);
/* Works on all calls until one is done, fd (may be -1) is readable, or timeout_ms have passed. */
void laz_client_wait(struct laz_client *client, int fd, int timeout_ms);
/* The answer in the slot, once, borrowed until the slot's next start; NULL when it is not there. */
const struct laz_answer *laz_client_take(struct laz_client *client, unsigned number);

#endif
