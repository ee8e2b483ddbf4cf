#include "console/console.h"

#include <event2/event.h>

#include "console/command.h"
#include "console/enrolment.h"
#include "console/ingest.h"
#include "console/routes.h"
#include "console/sync.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/log.h"

#define OFTEN_MS       5000  /* who is silent, what was last heard */
#define SWEEP_MS       60000 /* sessions, tokens, orders, old events, the certificate */
#define FLUSH_MS       250
#define EXPIRE_AT_ONCE 5000

#define API_POLICY "default-src 'none'; frame-ancestors 'none'"

void laz_console_tell(struct laz_console *c, const struct laz_changes *changes)
{
    laz_live_tell(c->live, changes);
}

void laz_console_flush_soon(struct laz_console *c)
{
    struct timeval wait = {0, FLUSH_MS * 1000};

    if (!laz_presence_is_dirty(c->presence) || event_pending(c->flush, EV_TIMEOUT, NULL))
        return;
    laz_ignore(event_add(c->flush, &wait) != 0); /* the next report tries again */
}

/* What fails here is tried again at the next turn; the administrator is told. */
static void note(const char *event, enum laz_status s, const struct laz_error *err)
{
    if (s != LAZ_OK)
        laz_log_error(LAZ_ERROR, event, err);
}

static void on_flush(evutil_socket_t fd, short what, void *context)
{
    struct laz_console *c = context;
    struct laz_changes changes = {0};
    struct laz_error err;
    enum laz_status s = laz_presence_flush(c->presence, c->db, laz_now_ms(), &changes, &err);

    note("endpoints.not_written", s, &err);
    if (s == LAZ_OK)
        laz_console_tell(c, &changes);
    else
        laz_console_flush_soon(c);
}

static void renew_certificate(struct laz_console *c)
{
    bool renewed = false;
    struct laz_error err;
    enum laz_status s =
        laz_keys_renew(&c->keys, c->config.names, c->config.name_count, &renewed, &err);

    if (s == LAZ_OK && renewed)
        s = laz_server_set_certificate(c->page, laz_buf_view(&c->keys.chain_pem),
                                       laz_buf_view(&c->keys.key_pem), &err);
    if (s == LAZ_OK && renewed)
        s = laz_server_set_certificate(c->agents, laz_buf_view(&c->keys.chain_pem),
                                       laz_buf_view(&c->keys.key_pem), &err);
    note("certificate.not_renewed", s, &err);
}

struct sweeping {
    struct laz_console *console;
    struct laz_changes changes;
};

static enum laz_status sweep_rows(struct laz_db *db, void *context, struct laz_error *err)
{
    struct sweeping *w = context;
    int64_t now = laz_now_ms(), removed = 0;
    enum laz_status s = laz_session_sweep(db, &w->console->config.times, err);

    if (s == LAZ_OK)
        s = laz_enrolment_sweep(db, err);
    if (s == LAZ_OK)
        s = laz_command_expire(db, now, &w->changes, err);
    if (s == LAZ_OK)
        s = laz_event_expire(db, &w->console->config.retention, now, EXPIRE_AT_ONCE, &removed, err);
    return s;
}

static void sweep(struct laz_console *c)
{
    struct sweeping w = {.console = c};
    struct laz_error err;
    enum laz_status s = laz_db_transaction(c->db, sweep_rows, &w, &err);

    note("sweep.failed", s, &err);
    if (s == LAZ_OK)
        laz_console_tell(c, &w.changes);
    laz_live_sweep(c->live, c->db);
    renew_certificate(c);
}

static void on_often(evutil_socket_t fd, short what, void *context)
{
    struct laz_console *c = context;
    struct laz_changes changes = {0};
    struct laz_error err;
    enum laz_status s = laz_presence_sweep(c->presence, c->db, laz_now_ms(), &changes, &err);

    note("endpoints.not_written", s, &err);
    if (s == LAZ_OK)
        laz_console_tell(c, &changes);
    if (laz_monotonic_ms() < c->next_sweep_ms)
        return;
    c->next_sweep_ms = laz_monotonic_ms() + SWEEP_MS;
    sweep(c);
}

static enum laz_status start_server(struct laz_console *c, int fd, bool for_agents,
                                    struct laz_server **out, struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int owned = fd;
    struct laz_server_config config = {
        .base = c->base,
        .chain_pem = laz_buf_view(&c->keys.chain_pem),
        .key_pem = laz_buf_view(&c->keys.key_pem),
        .context = c,
        .content_security_policy = API_POLICY,
        .connections_max = for_agents ? 20000 : 512,
    };
    enum laz_status s;

    if (for_agents) {
        config.client_ca_pem = laz_authority_certificate(c->keys.authority);
        config.connections_per_host_max = 512; /* a hospital may come from one address */
        config.routes = laz_agent_routes(&config.route_count);
    } else {
        config.routes = laz_page_routes(&config.route_count);
    }
    s = laz_server_new(&config, out, err);
    return s == LAZ_OK ? laz_server_listen_fd(*out, laz_move_fd(&owned), err) : s;
}

static enum laz_status start_timers(struct laz_console *c, struct laz_error *err)
{
    struct timeval often = {OFTEN_MS / 1000, 0};

    c->often = event_new(c->base, -1, EV_PERSIST, on_often, c);
    c->flush = event_new(c->base, -1, 0, on_flush, c);
    if (c->often == NULL || c->flush == NULL || event_add(c->often, &often) != 0)
        return laz_fail(err, LAZ_NOMEM, "console", "timers", "no memory", "");
    return LAZ_OK;
}

enum laz_status laz_console_start(struct laz_console *c, int page_fd, int agent_fd,
                                  struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int page = page_fd;
    LAZ_OWNED(laz_fd_drop) int agents = agent_fd;
    enum laz_status s;

    c->started_ms = laz_now_ms();
    c->live = laz_live_new();
    c->ingest = laz_ingest_new(c);
    c->sync = laz_sync_new(c);
    if (c->live == NULL || c->ingest == NULL || c->sync == NULL)
        return laz_fail(err, LAZ_NOMEM, "console", "start", "no memory", "");
    s = laz_login_new(c->base, &c->login, err);
    if (s == LAZ_OK)
        s = laz_presence_new(c->db, &c->presence, err);
    if (s == LAZ_OK)
        s = start_timers(c, err);
    if (s == LAZ_OK)
        s = start_server(c, laz_move_fd(&page), false, &c->page, err);
    return s == LAZ_OK ? start_server(c, laz_move_fd(&agents), true, &c->agents, err) : s;
}

static void drop_event(struct event **e)
{
    if (*e != NULL)
        event_free(*e);
    *e = NULL;
}

/* The servers go first: after that nobody asks, and what waited for an answer is gone. */
void laz_console_stop(struct laz_console *c)
{
    struct laz_changes changes = {0};

    laz_login_drop(&c->login);
    laz_live_drop(&c->live);
    laz_server_drop(&c->page);
    laz_server_drop(&c->agents);
    laz_ingest_drop(&c->ingest);
    laz_sync_drop(&c->sync);
    if (c->presence != NULL) {
        /* What was heard last: when it cannot be written, agents tell it again. */
        laz_ignore(laz_presence_flush(c->presence, c->db, laz_now_ms(), &changes, NULL));
        laz_ignore(laz_presence_sweep(c->presence, c->db, laz_now_ms(), &changes, NULL));
    }
    laz_presence_drop(&c->presence);
    drop_event(&c->often);
    drop_event(&c->flush);
    laz_keys_clear(&c->keys);
    laz_db_drop(&c->db);
}
