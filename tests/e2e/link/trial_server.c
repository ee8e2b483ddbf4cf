/* A small server with one route of each kind, for the tests that speak to it from outside. Makes
 * its own authority in the folder named on the command line (ca.pem, client.pem), prints "port N".
 */
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "link/server.h"
#include "sign/authority.h"
#include "sys/fd.h"

#define WAITING_MAX 8

struct trial {
    struct event_base *base;
    struct laz_request *waiting[WAITING_MAX];
    struct laz_stream *streams[WAITING_MAX];
    uint64_t event_id, gone;
};

static void die(const struct laz_error *err)
{
    char text[1024];

    laz_error_text(err, text, sizeof text);
    fprintf(stderr, "%s\n", text);
    exit(1);
}

/* What the server understood, as JSON. */
static void echo(struct laz_request *r, void *context)
{
    struct laz_view value = {NULL, 0};
    struct laz_buf b;

    laz_buf_init(&b, 128 * 1024);
    laz_buf_add_text(&b, laz_request_method(r) == LAZ_POST ? "{\"method\":\"POST\",\"path\":"
                                                           : "{\"method\":\"GET\",\"path\":");
    laz_buf_add_json(&b, laz_request_path(r));
    laz_buf_add_text(&b, ",\"rest\":");
    laz_buf_add_json(&b, laz_request_parameter(r, 0));
    if (laz_request_query(r, "q", &value)) {
        laz_buf_add_text(&b, ",\"q\":");
        laz_buf_add_json(&b, value);
    }
    if (laz_request_cookie(r, "__Host-lazaret", &value)) {
        laz_buf_add_text(&b, ",\"cookie\":");
        laz_buf_add_json(&b, value);
    }
    laz_buf_addf(&b, ",\"body\":%zu,\"peer\":\"%s\",\"uri\":\"%s\"}", laz_request_body(r).len,
                 laz_request_peer(r), laz_request_peer_uri(r));
    laz_request_add_header(r, "X-Trial", "yes");
    laz_request_reply_json(r, 200, laz_buf_view(&b));
    laz_buf_clear(&b);
}

static void asset(struct laz_request *r, void *context)
{
    static const uint8_t gzip[] = {
        0x1f, 0x8b, 8, 0, 0,    0,    0,    0,    0, 3, 0xcb, 0x48, 0xcd,
        0xc9, 0xc9, 7, 0, 0x86, 0xa6, 0x10, 0x36, 5, 0, 0,    0}; /* "hello" */
    struct laz_reply reply = {.status = 200,
                              .content_type = "text/plain",
                              .body = laz_view_of("hello"),
                              .gzip = {gzip, sizeof gzip},
                              .etag = "\"one\"",
                              .cache_control = "public, max-age=31536000, immutable",
                              .lives_for_ever = true};

    laz_request_reply(r, &reply);
}

static struct trial *forgotten_in;

static void on_gone(void *context)
{
    struct laz_request **place = context;

    *place = NULL;
    forgotten_in->gone++;
}

/* Waits until somebody asks for /release. */
static void hold(struct laz_request *r, void *context)
{
    struct trial *t = context;

    for (size_t i = 0; i < WAITING_MAX; i++) {
        if (t->waiting[i] != NULL)
            continue;
        t->waiting[i] = r;
        laz_request_on_close(r, on_gone, &t->waiting[i]);
        return;
    }
    laz_request_reply_error(r, 503, "trial.full", NULL);
}

static void on_stream_gone(void *context)
{
    struct laz_stream **place = context;

    *place = NULL;
    forgotten_in->gone++;
}

static void stream(struct laz_request *r, void *context)
{
    struct trial *t = context;

    for (size_t i = 0; i < WAITING_MAX; i++) {
        if (t->streams[i] != NULL)
            continue;
        t->streams[i] = laz_request_stream(r, on_stream_gone, &t->streams[i]);
        return;
    }
    laz_request_reply_error(r, 503, "trial.full", NULL);
}

/* Answers everybody who waits, tells every stream, and says how many went away unanswered. */
static void release(struct laz_request *r, void *context)
{
    struct trial *t = context;
    char json[64];

    for (size_t i = 0; i < WAITING_MAX; i++) {
        struct laz_request *waiting = laz_move(t->waiting[i]);

        if (waiting != NULL)
            laz_request_reply_json(waiting, 200, laz_view_of("{\"released\":true}"));
        if (t->streams[i] != NULL)
            laz_ignore(
                laz_stream_send(t->streams[i], ++t->event_id, "change",
                                laz_view_of("{\"kind\":\"event\"}"))); /* it ends by itself */
    }
    snprintf(json, sizeof json, "{\"gone\":%llu}", (unsigned long long)t->gone);
    laz_request_reply_json(r, 200, laz_view_of(json));
}

static void end_streams(struct laz_request *r, void *context)
{
    struct trial *t = context;

    for (size_t i = 0; i < WAITING_MAX; i++) {
        struct laz_stream *ended = laz_move(t->streams[i]);

        if (ended == NULL)
            continue;
        laz_ignore(
            laz_stream_send(ended, ++t->event_id, "last", laz_view_of("{}"))); /* it ends anyhow */
        laz_stream_end(ended);
    }
    laz_request_reply_empty(r, 204);
}

static const struct laz_route routes[] = {
    {LAZ_GET, "/end", 0, end_streams}, {LAZ_GET, "/asset", 0, asset},
    {LAZ_GET, "/hold", 0, hold},       {LAZ_GET, "/stream", 0, stream},
    {LAZ_GET, "/release", 0, release}, {LAZ_POST, "/echo/{*}", 100000, echo},
    {LAZ_GET, "/echo/{*}", 0, echo},
};

static void write_file(const char *dir, const char *name, const struct laz_buf *b)
{
    struct laz_error err;
    char path[512];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    if (laz_replace_file(AT_FDCWD, path, laz_buf_view(b), 0600, &err) != LAZ_OK)
        die(&err);
}

static void make_client(const struct laz_authority *a, const char *dir)
{
    struct laz_buf pem, csr;
    struct laz_error err;

    laz_buf_init(&pem, LAZ_PEM_MAX);
    laz_buf_init(&csr, LAZ_PEM_MAX);
    if (laz_key_make(&pem, &err) != LAZ_OK ||
        laz_csr_make(laz_buf_view(&pem), "trial", &csr, &err) != LAZ_OK ||
        laz_authority_issue_client(a, laz_buf_view(&csr), "urn:lazaret:trial:agent:1", "trial", 1,
                                   &pem, &err) != LAZ_OK)
        die(&err);
    write_file(dir, "client.pem", &pem);
    laz_buf_clear(&pem);
    laz_buf_clear(&csr);
}

static struct laz_server *make_server(struct trial *trial, const char *dir, int request_ms)
{
    static const char *const names[] = {"127.0.0.1", "localhost"};
    LAZ_OWNED(laz_authority_drop) struct laz_authority *a = NULL;
    struct laz_server *server = NULL;
    struct laz_server_config config = {.base = trial->base,
                                       .routes = routes,
                                       .route_count = sizeof routes / sizeof *routes,
                                       .context = trial,
                                       .request_ms = request_ms,
                                       .idle_ms = 2 * request_ms,
                                       .heartbeat_ms = 300,
                                       .connections_max = 40,
                                       .connections_per_host_max = 30};
    struct laz_buf ca, ca_key, chain, key;
    struct laz_error err;

    laz_buf_init(&ca, LAZ_PEM_MAX);
    laz_buf_init(&ca_key, LAZ_PEM_MAX);
    laz_buf_init(&chain, LAZ_PEM_MAX);
    laz_buf_init(&key, LAZ_PEM_MAX);
    if (laz_authority_make("Trial", &ca, &ca_key, &err) != LAZ_OK ||
        laz_authority_load(laz_buf_view(&ca), laz_buf_view(&ca_key), &a, &err) != LAZ_OK ||
        laz_authority_issue_server(a, names, 2, 30, &chain, &key, &err) != LAZ_OK)
        die(&err);
    write_file(dir, "ca.pem", &ca);
    make_client(a, dir);
    config.chain_pem = laz_buf_view(&chain);
    config.key_pem = laz_buf_view(&key);
    config.client_ca_pem = laz_buf_view(&ca);
    if (laz_server_new(&config, &server, &err) != LAZ_OK)
        die(&err);
    laz_buf_clear(&ca);
    laz_buf_clear(&ca_key);
    laz_buf_clear(&chain);
    laz_buf_clear(&key);
    return server;
}

int main(int argc, char **argv)
{
    struct trial trial = {.base = event_base_new()};
    struct laz_server *server;
    struct laz_error err;
    uint64_t request_ms;

    if (argc != 4 || !laz_parse_u64(laz_view_of(argv[3]), 100000, &request_ms))
        return 2;
    forgotten_in = &trial;
    server = make_server(&trial, argv[1], (int)request_ms);
    if (laz_server_listen(server, argv[2], &err) != LAZ_OK)
        die(&err);
    printf("port %u\n", laz_server_port(server));
    fflush(stdout);
    event_base_dispatch(trial.base);
    return 1;
}
