/* control.c - control.sock: what people at this machine ask of the agent. One text a packet: a
 * word, and with blanks what belongs to it. Each is answered by one JSON object with "ok". */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/broker_priv.h"
#include "base/number.h"
#include "base/text.h"
#include "sys/channel.h"
#include "sys/fd.h"

#define REQUEST_MAX   ((size_t)8192)
#define ANSWER_MAX    ((size_t)64 * 1024)
#define GLASS_MAX_MIN 1440

static void close_client(struct broker *b, int index)
{
    struct broker_client *c = &b->clients[index];

    laz_loop_remove(b->loop, c->fd);
    laz_fd_drop(&c->fd);
    for (size_t i = 0; i < BROKER_ASKED; i++)
        if (b->asked[i].job != 0 && b->asked[i].client == index)
            b->asked[i].job = 0;
}

void broker_control_answer(struct broker *b, int client, bool ok, const char *code,
                           const char *members)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf out = {0};

    laz_buf_init(&out, ANSWER_MAX);
    laz_ignore(laz_buf_addf(&out, "{\"ok\":%s,\"code\":", ok ? "true" : "false"));
    laz_ignore(laz_buf_add_json(&out, laz_view_of(code)));
    if (members != NULL && members[0] != '\0')
        laz_ignore(laz_buf_addf(&out, ",%s", members));
    laz_ignore(laz_buf_add_text(&out, "}"));
    if (b->clients[client].fd >= 0 && laz_buf_failed(&out) == LAZ_OK)
        laz_ignore(
            laz_channel_send(b->clients[client].fd, laz_buf_view(&out), NULL, 0)); /* it left */
}

static void answer_status(struct broker *b, int client)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf state = {0}, members = {0};

    laz_buf_init(&state, ANSWER_MAX / 2);
    laz_buf_init(&members, ANSWER_MAX / 2 + 64);
    broker_add_state(b, &state);
    laz_ignore(laz_buf_addf(&members, "\"state\":%s", laz_buf_text(&state)));
    broker_control_answer(b, client, true, "", laz_buf_text(&members));
}

/* To the gate; the answer to the client is that it was taken. */
static void order(struct broker *b, int client, const struct laz_agent_message *m)
{
    if (!laz_features_have_gate(&b->config->features))
        broker_control_answer(b, client, false, "no-gate", NULL);
    else if (laz_peer_send(&b->gate, m, NULL, 0) != LAZ_OK)
        broker_control_answer(b, client, false, "unreachable", NULL);
    else
        broker_control_answer(b, client, true, "", NULL);
}

static void allow(struct broker *b, int client, struct laz_view what)
{
    struct laz_agent_message m = {.kind = LAZ_AGENT_ALLOW, .path = what};
    bool is_key = laz_view_starts(what, laz_view_of("actor:"));
    bool is_digest = laz_view_starts(what, laz_view_of("sha256:")) && what.len == 7 + 64;

    if (!is_key && !is_digest && !laz_view_starts(what, laz_view_of("/"))) {
        broker_control_answer(b, client, false, "not-an-actor", NULL);
        return;
    }
    if (is_key)
        laz_guard_forget(b->guard, what);
    order(b, client, &m);
}

static void undo(struct broker *b, int client, struct laz_view key)
{
    struct laz_agent_message m = {.kind = LAZ_AGENT_UNDO, .actor = key};
    struct broker_asked *asked;

    if (!laz_features_have_gate(&b->config->features)) {
        broker_control_answer(b, client, false, "no-gate", NULL);
        return;
    }
    asked = broker_ask(b, "incident.undo", "", client);
    m.job = asked->job;
    if (laz_peer_send(&b->gate, &m, NULL, 0) != LAZ_OK)
        broker_answered(b, m.job, false, "unreachable", NULL);
}

static void break_glass(struct broker *b, int client, struct laz_view rest)
{
    struct laz_agent_message m = {.kind = LAZ_AGENT_GLASS};
    struct laz_view minutes;
    uint64_t n;

    if (!laz_take_until(&rest, ' ', &minutes) || !laz_parse_u64(minutes, GLASS_MAX_MIN, &n) ||
        (n > 0 && laz_view_trim(rest).len == 0)) {
        broker_control_answer(b, client, false, "reason-missing", NULL);
        return;
    }
    m.value = n * 60 * 1000;
    m.name = laz_view_trim(rest);
    order(b, client, &m);
}

static void on_request(struct broker *b, int client, struct laz_view text)
{
    struct laz_view word = {0};

    if (!laz_take_until(&text, ' ', &word))
        word = text;
    if (laz_view_equal_text(word, "status"))
        answer_status(b, client);
    else if (!b->clients[client].trusted)
        broker_control_answer(b, client, false, "denied", NULL);
    else if (laz_view_equal_text(word, "allow") && text.len > 0)
        allow(b, client, text);
    else if (laz_view_equal_text(word, "undo") && text.len <= LAZ_AGENT_ACTOR_MAX && text.len > 0)
        undo(b, client, text);
    else if (laz_view_equal_text(word, "break-glass"))
        break_glass(b, client, text);
    else
        broker_control_answer(b, client, false, "not-understood", NULL);
}

static void on_client(void *context, unsigned events)
{
    struct broker_client *c = context;
    struct broker *b = c->broker;
    int index = (int)(c - b->clients);
    LAZ_OWNED(laz_buf_drop) struct laz_buf text = {0};
    size_t none = 0;
    enum laz_status s;

    laz_buf_init(&text, REQUEST_MAX);
    s = laz_channel_receive(c->fd, &text, NULL, &none);
    if (s == LAZ_OK && laz_view_find_byte(laz_buf_view(&text), 0) == text.len)
        on_request(b, index, laz_buf_view(&text));
    else if (s != LAZ_BUSY)
        close_client(b, index);
}

static bool is_trusted(const struct broker *b, int fd)
{
    struct ucred who;
    socklen_t size = sizeof who;

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 &&
           (who.uid == 0 || who.uid == b->owner);
}

static void on_connect(void *context, unsigned events)
{
    struct broker *b = context;
    LAZ_OWNED(laz_fd_drop) int fd = accept4(b->control, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    struct laz_error err;

    for (size_t i = 0; fd >= 0 && i < BROKER_CLIENTS; i++) {
        struct broker_client *c = &b->clients[i];

        if (c->fd >= 0)
            continue;
        if (laz_loop_add(b->loop, fd, LAZ_LOOP_READ, on_client, c, &err) != LAZ_OK)
            return;
        c->trusted = is_trusted(b, fd);
        c->fd = laz_move_fd(&fd);
    }
}

enum laz_status broker_control_open(struct broker *b, int fd, struct laz_error *err)
{
    for (size_t i = 0; i < BROKER_CLIENTS; i++)
        b->clients[i] = (struct broker_client){.broker = b, .fd = -1};
    b->control = fd;
    return fd < 0 ? LAZ_OK : laz_loop_add(b->loop, fd, LAZ_LOOP_READ, on_connect, b, err);
}
