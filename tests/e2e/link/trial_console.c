/* The agents' side of a console, as small as it can be, for the tests of the uplink. In its folder:
 *   ca.pem, pin      what an agent must be told (the authority is kept, so that it can be started
 * again) received.log     every event once, in the order of arrival: EPOCH SEQ LINE gaps.log
 * declared gaps: EPOCH FROM TO requests.log     one line a request command.json     taken and
 * handed to the next sync lose-ack         the next batch is stored, but the answer is an error
 *   refuse           a text: a batch with a line that holds it is refused (400)
 *   busy             every batch is refused, to be sent again (503, Retry-After: 1)
 * Tokens: 32 times "a" may be used by everybody, "b" has been used, "e" has expired. */
#include <event2/event.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "base/text.h"
#include "link/event_batch.h"
#include "link/json.h"
#include "link/server.h"
#include "sign/authority.h"
#include "sign/token.h"
#include "sys/clock.h"
#include "sys/fd.h"

#define EPOCHS_MAX 4096
#define HELD_MAX   16
#define URI_PREFIX "urn:lazaret:trial:agent:"

struct stream {
    char epoch[17];
    uint64_t seq;
};

struct held {
    struct laz_request *request;
    int64_t until;
};

struct console {
    const char *dir;
    struct laz_authority *authority;
    struct stream streams[EPOCHS_MAX];
    size_t stream_count;
    struct held held[HELD_MAX];
    FILE *received, *gaps, *requests;
    struct laz_buf lines;
};

static void die(const struct laz_error *err)
{
    char text[1024];

    laz_error_text(err, text, sizeof text);
    fprintf(stderr, "%s\n", text);
    exit(1);
}

static void path_of(const struct console *c, const char *name, char out[512])
{
    snprintf(out, 512, "%s/%s", c->dir, name);
}

static bool take_file(const struct console *c, const char *name, struct laz_buf *out, bool keep)
{
    char path[512];

    path_of(c, name, path);
    laz_buf_reset(out);
    if (laz_read_file(path, out, NULL) != LAZ_OK)
        return false;
    return keep || unlink(path) == 0;
}

static void note(struct console *c, const char *what, const struct laz_request *r)
{
    fprintf(c->requests, "%s %s\n", what, laz_request_peer_uri(r));
    fflush(c->requests);
}

/* ------------------------------------------------------------------ certificates */

static void answer_certificate(struct console *c, struct laz_request *r, const char *csr,
                               const char *id)
{
    struct laz_buf pem, json;
    char uri[128];

    snprintf(uri, sizeof uri, URI_PREFIX "%s", id);
    laz_buf_init(&pem, LAZ_PEM_MAX);
    laz_buf_init(&json, 4 * LAZ_PEM_MAX);
    if (laz_authority_issue_client(c->authority, laz_view_of(csr), uri, id, LAZ_AGENT_DAYS, &pem,
                                   NULL) != LAZ_OK) {
        laz_request_reply_error(r, 400, "enrol.request", NULL);
    } else {
        laz_buf_addf(&json, "{\"endpoint_id\":\"%s\",\"certificate\":", id);
        laz_buf_add_json(&json, laz_buf_view(&pem));
        laz_buf_add_text(&json, ",\"ca\":");
        laz_buf_add_json(&json, laz_authority_certificate(c->authority));
        laz_buf_add_text(&json, "}");
        laz_request_reply_json(r, 200, laz_buf_view(&json));
    }
    laz_buf_clear(&pem);
    laz_buf_clear(&json);
}

static void enrol(struct laz_request *r, void *context)
{
    LAZ_OWNED(laz_json_drop) cJSON *json = laz_json_parse_object(laz_request_body(r));
    const char *token, *csr;
    char id[LAZ_UUID_TEXT_SIZE];

    note(context, "enrol", r);
    if (json == NULL || !laz_json_text(json, "token", 64, &token) ||
        !laz_json_text(json, "csr", LAZ_PEM_MAX, &csr) || strlen(token) != 32) {
        laz_request_reply_error(r, 400, "enrol.request", NULL);
        return;
    }
    laz_uuid_make(id);
    if (token[0] == 'a')
        answer_certificate(context, r, csr, id);
    else
        laz_request_reply_error(r, 403,
                                token[0] == 'b'   ? "enrol.token_used"
                                : token[0] == 'e' ? "enrol.token_expired"
                                                  : "enrol.token_wrong",
                                NULL);
}

static bool is_known(struct laz_request *r)
{
    if (strncmp(laz_request_peer_uri(r), URI_PREFIX, sizeof URI_PREFIX - 1) == 0)
        return true;
    laz_request_reply_error(r, 401, "endpoint.unknown", NULL);
    return false;
}

static void renew(struct laz_request *r, void *context)
{
    LAZ_OWNED(laz_json_drop) cJSON *json = laz_json_parse_object(laz_request_body(r));
    const char *csr;

    note(context, "renew", r);
    if (!is_known(r))
        return;
    if (!laz_json_text(json, "csr", LAZ_PEM_MAX, &csr))
        laz_request_reply_error(r, 400, "renew.request", NULL);
    else
        answer_certificate(context, r, csr, laz_request_peer_uri(r) + sizeof URI_PREFIX - 1);
}

/* ------------------------------------------------------------------ syncs */

static void answer_sync(struct laz_request *r, struct laz_view commands)
{
    struct laz_buf json;

    laz_buf_init(&json, 64 * 1024);
    laz_buf_addf(&json, "{\"time\":%" PRId64 ",\"next_ms\":0,\"commands\":[", laz_now_ms());
    laz_buf_add(&json, commands);
    laz_buf_add_text(&json, "]}");
    laz_request_reply_json(r, 200, laz_buf_view(&json));
    laz_buf_clear(&json);
}

static void forget(void *context)
{
    ((struct held *)context)->request = NULL;
}

static bool hold(struct console *c, struct laz_request *r, uint64_t hold_ms)
{
    for (size_t i = 0; i < HELD_MAX && hold_ms > 0; i++) {
        if (c->held[i].request != NULL)
            continue;
        c->held[i] = (struct held){r, laz_monotonic_ms() + (int64_t)hold_ms};
        laz_request_on_close(r, forget, &c->held[i]);
        return true;
    }
    return false;
}

static void sync_state(struct laz_request *r, void *context)
{
    LAZ_OWNED(laz_json_drop) cJSON *json = laz_json_parse_object(laz_request_body(r));
    const char *mode;
    uint64_t hold_ms = 0;

    if (!is_known(r))
        return;
    laz_ignore(!laz_json_u64(json, "hold_ms", 60000, &hold_ms));
    laz_ignore(!laz_json_text(json, "mode", 32, &mode));
    fprintf(((struct console *)context)->requests, "sync %s hold=%" PRIu64 " mode=%s\n",
            laz_request_peer_uri(r), hold_ms, mode);
    fflush(((struct console *)context)->requests);
    if (!hold(context, r, hold_ms))
        answer_sync(r, laz_view_of(""));
}

static void on_tick(evutil_socket_t fd, short what, void *context)
{
    struct console *c = context;
    struct laz_buf command;
    int64_t now = laz_monotonic_ms();

    laz_buf_init(&command, 32 * 1024);
    for (size_t i = 0; i < HELD_MAX; i++) {
        struct laz_request *r = c->held[i].request;

        if (r == NULL || (!take_file(c, "command.json", &command, false) && now < c->held[i].until))
            continue;
        c->held[i].request = NULL;
        answer_sync(r, laz_buf_view(&command));
        laz_buf_reset(&command);
    }
    laz_buf_clear(&command);
}

/* ------------------------------------------------------------------ events */

static struct stream *stream_of(struct console *c, struct laz_view epoch)
{
    for (size_t i = 0; i < c->stream_count; i++)
        if (laz_view_equal_text(epoch, c->streams[i].epoch))
            return &c->streams[i];
    if (c->stream_count == EPOCHS_MAX || epoch.len != 16)
        return NULL;
    memcpy(c->streams[c->stream_count].epoch, epoch.data, 16);
    return &c->streams[c->stream_count++];
}

static void answer_ack(struct laz_request *r, int status, const struct stream *s)
{
    char json[128];

    snprintf(json, sizeof json, "{\"ack\":{\"epoch\":\"%s\",\"seq\":%" PRIu64 "}}", s->epoch,
             s->seq);
    laz_request_reply_json(r, status, laz_view_of(json));
}

static bool query_number(const struct laz_request *r, const char *name, uint64_t *out)
{
    struct laz_view v;

    return laz_request_query(r, name, &v) && laz_parse_u64(v, UINT64_MAX, out);
}

static void declare_gap(struct console *c, struct stream *s, struct laz_view gap)
{
    struct laz_view from;
    uint64_t first, last;

    if (!laz_take_until(&gap, '-', &from) || !laz_parse_u64(from, UINT64_MAX, &first) ||
        !laz_parse_u64(gap, UINT64_MAX, &last) || last <= s->seq)
        return;
    fprintf(c->gaps, "%s %" PRIu64 " %" PRIu64 "\n", s->epoch, s->seq + 1, last);
    fflush(c->gaps);
    s->seq = last;
}

static void store(struct console *c, struct stream *s, uint64_t first)
{
    struct laz_view lines = laz_buf_view(&c->lines), line;

    for (uint64_t seq = first; laz_event_batch_next(&lines, &line); seq++) {
        if (seq <= s->seq)
            continue;
        fprintf(c->received, "%s %" PRIu64 " %.*s\n", s->epoch, seq, (int)line.len, line.data);
        s->seq = seq;
    }
    fflush(c->received);
    laz_ignore(fdatasync(fileno(c->received)) != 0);
}

static bool is_refused(const struct console *c)
{
    struct laz_buf text;
    struct laz_view v;
    bool refused;

    laz_buf_init(&text, 1024);
    refused = take_file(c, "refuse", &text, true);
    v = laz_view_trim(laz_buf_view(&text));
    refused = refused && v.len > 0 && laz_view_find(laz_buf_view(&c->lines), v) < c->lines.len;
    laz_buf_clear(&text);
    return refused;
}

static bool has_file(const struct console *c, const char *name, bool keep)
{
    struct laz_buf text;
    bool there;

    laz_buf_init(&text, 1024);
    there = take_file(c, name, &text, keep);
    laz_buf_clear(&text);
    return there;
}

static void events(struct laz_request *r, void *context)
{
    struct console *c = context;
    struct laz_view epoch, gap;
    struct stream *s;
    uint64_t first, count;

    if (!is_known(r))
        return;
    if (has_file(c, "busy", true)) {
        laz_request_add_header(r, "Retry-After", "1");
        laz_request_reply_error(r, 503, "console.busy", NULL);
        return;
    }
    if (!laz_request_query(r, "epoch", &epoch) || (s = stream_of(c, epoch)) == NULL ||
        !query_number(r, "first", &first) || !query_number(r, "count", &count) ||
        laz_event_batch_decode(laz_request_body(r), count, &c->lines, NULL) != LAZ_OK ||
        is_refused(c)) {
        laz_request_reply_error(r, 400, "events.malformed", NULL);
        return;
    }
    if (laz_request_query(r, "gap", &gap))
        declare_gap(c, s, gap);
    if (first > s->seq + 1) {
        answer_ack(r, 409, s);
        return;
    }
    store(c, s, first);
    if (has_file(c, "lose-ack", false))
        laz_request_reply_error(r, 500, "trial.lost", NULL);
    else
        answer_ack(r, 200, s);
}

/* ------------------------------------------------------------------ start */

static const struct laz_route routes[] = {
    {LAZ_POST, "/agent/v1/enrol", 16384, enrol},
    {LAZ_POST, "/agent/v1/renew", 16384, renew},
    {LAZ_POST, "/agent/v1/sync", 65536, sync_state},
    {LAZ_POST, "/agent/v1/events", LAZ_EVENT_BATCH_MAX, events},
};

static void write_file(const struct console *c, const char *name, struct laz_view v)
{
    struct laz_error err;
    char path[512];

    path_of(c, name, path);
    if (laz_replace_file(AT_FDCWD, path, v, 0600, &err) != LAZ_OK)
        die(&err);
}

static void open_authority(struct console *c)
{
    struct laz_buf ca, key;
    struct laz_error err;
    uint8_t pin[LAZ_FINGERPRINT_SIZE];
    char hex[2 * LAZ_FINGERPRINT_SIZE + 1];

    laz_buf_init(&ca, LAZ_PEM_MAX);
    laz_buf_init(&key, LAZ_PEM_MAX);
    if (!take_file(c, "ca.pem", &ca, true) || !take_file(c, "ca.key", &key, true)) {
        if (laz_authority_make("Trial", &ca, &key, &err) != LAZ_OK)
            die(&err);
        write_file(c, "ca.pem", laz_buf_view(&ca));
        write_file(c, "ca.key", laz_buf_view(&key));
    }
    if (laz_authority_load(laz_buf_view(&ca), laz_buf_view(&key), &c->authority, &err) != LAZ_OK)
        die(&err);
    laz_authority_pin(c->authority, pin);
    laz_hex_encode(laz_view_from(pin, sizeof pin), hex);
    write_file(c, "pin", laz_view_of(hex));
    laz_buf_clear(&ca);
    laz_buf_clear(&key);
}

/* What it had received before it was ended. */
static void read_back(struct console *c)
{
    char path[512], line[1024];
    uint64_t seq;
    FILE *f;

    path_of(c, "received.log", path);
    f = fopen(path, "re");
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        struct laz_view v = laz_view_of(line), first, second;
        struct stream *s;

        if (!laz_take_until(&v, ' ', &first) || !laz_take_until(&v, ' ', &second) ||
            !laz_parse_u64(second, UINT64_MAX, &seq) || first.len != 16)
            continue;
        s = stream_of(c, first);
        if (s != NULL && seq > s->seq)
            s->seq = seq;
    }
    if (f != NULL)
        fclose(f);
}

static FILE *open_log(const struct console *c, const char *name)
{
    char path[512];
    FILE *f;

    path_of(c, name, path);
    f = fopen(path, "ae");
    if (f == NULL)
        exit(1);
    return f;
}

static struct laz_server *serve(struct console *c, struct event_base *base, const char *address)
{
    static const char *const names[] = {"127.0.0.1", "localhost"};
    struct laz_server_config config = {.base = base,
                                       .routes = routes,
                                       .route_count = sizeof routes / sizeof *routes,
                                       .client_ca_pem = laz_authority_certificate(c->authority),
                                       .context = c};
    struct laz_server *server = NULL;
    struct laz_buf chain, key;
    struct laz_error err;

    laz_buf_init(&chain, LAZ_PEM_MAX);
    laz_buf_init(&key, LAZ_PEM_MAX);
    if (laz_authority_issue_server(c->authority, names, 2, LAZ_SERVER_DAYS, &chain, &key, &err) !=
        LAZ_OK)
        die(&err);
    config.chain_pem = laz_buf_view(&chain);
    config.key_pem = laz_buf_view(&key);
    if (laz_server_new(&config, &server, &err) != LAZ_OK ||
        laz_server_listen(server, address, &err) != LAZ_OK)
        die(&err);
    laz_buf_clear(&chain);
    laz_buf_clear(&key);
    return server;
}

int main(int argc, char **argv)
{
    static struct console c;
    struct event_base *base = event_base_new();
    struct timeval tick = {0, 20000};
    struct laz_server *server;

    if (argc != 3 || base == NULL || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return 2;
    c.dir = argv[1];
    laz_buf_init(&c.lines, LAZ_EVENT_BATCH_LINES_MAX);
    open_authority(&c);
    read_back(&c);
    c.received = open_log(&c, "received.log");
    c.gaps = open_log(&c, "gaps.log");
    c.requests = open_log(&c, "requests.log");
    server = serve(&c, base, argv[2]);
    event_add(event_new(base, -1, EV_PERSIST, on_tick, &c), &tick);
    printf("port %u\n", laz_server_port(server));
    fflush(stdout);
    event_base_dispatch(base);
    return 1;
}
