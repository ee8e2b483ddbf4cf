#include <stdio.h>
#include <string.h>

#include "agent/broker_priv.h"
#include "base/text.h"
#include "link/json.h"
#include "link/uplink.h"
#include "sys/channel.h"
#include "sys/fd.h"
#include "sys/log.h"

#define RECEIVE_AT_ONCE 16

static bool was_answered(const struct broker *b, const char *id)
{
    for (size_t i = 0; i < BROKER_ANSWERED; i++)
        if (strcmp(b->answered[i], id) == 0)
            return true;
    return false;
}

static void remember_command(struct broker *b, const char *id)
{
    char *place = b->answered[b->answered_count++ % BROKER_ANSWERED];

    snprintf(place, BROKER_COMMAND_SIZE, "%s", id);
}

struct broker_asked *broker_ask(struct broker *b, const char *kind, const char *command, int client)
{
    struct broker_asked *free_one = NULL, *oldest = &b->asked[0];

    for (size_t i = 0; i < BROKER_ASKED; i++) {
        if (b->asked[i].job == 0)
            free_one = &b->asked[i];
        else if (b->asked[i].job < oldest->job)
            oldest = &b->asked[i];
    }
    if (free_one == NULL) { /* never answered: its asker has been told nothing, and asks again */
        free_one = oldest;
        broker_answered(b, oldest->job, false, "too-many", NULL);
    }
    *free_one = (struct broker_asked){.job = ++b->next_job, .client = client};
    snprintf(free_one->command, sizeof free_one->command, "%s", command);
    snprintf(free_one->kind, sizeof free_one->kind, "%s", kind);
    return free_one;
}

static void tell_command_done(struct broker *b, const char *id, const char *kind, bool ok,
                              const char *code)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf members = {0};

    laz_buf_init(&members, 2048);
    laz_ignore(laz_buf_add_text(&members, "\"command_id\":"));
    laz_ignore(laz_buf_add_json(&members, laz_view_of(id)));
    laz_ignore(laz_buf_add_text(&members, ",\"kind\":"));
    laz_ignore(laz_buf_add_json(&members, laz_view_of(kind)));
    laz_ignore(laz_buf_addf(&members, ",\"ok\":%s,\"code\":", ok ? "true" : "false"));
    laz_ignore(laz_buf_add_json(&members, laz_view_of(code)));
    broker_simple_event(b, LAZ_REPORT_COMMAND_DONE, laz_buf_text(&members));
}

void broker_answered(struct broker *b, uint64_t job, bool ok, const char *code, const char *members)
{
    for (size_t i = 0; job != 0 && i < BROKER_ASKED; i++) {
        struct broker_asked asked = b->asked[i];

        if (asked.job != job)
            continue;
        b->asked[i].job = 0;
        if (asked.client >= 0)
            broker_control_answer(b, asked.client, ok, code, members);
        else
            tell_command_done(b, asked.command, asked.kind, ok, code);
        return;
    }
}

static void start_command(struct broker *b, const cJSON *json, const char *id, const char *kind)
{
    struct laz_agent_message m = {0};
    struct laz_peer *to = &b->deeds;
    struct broker_asked *asked = broker_ask(b, kind, id, -1);
    const char *text;
    bool known = true;

    m.job = asked->job;
    if (strcmp(kind, "quarantine.restore") == 0 || strcmp(kind, "quarantine.delete") == 0) {
        m.kind = strcmp(kind, "quarantine.restore") == 0 ? LAZ_AGENT_RESTORE : LAZ_AGENT_REMOVE;
        known = laz_json_text(json, "quarantine_id", 64, &text);
        m.name = laz_view_of(text);
    } else if (strcmp(kind, "incident.undo") == 0) {
        m.kind = LAZ_AGENT_UNDO;
        known = laz_json_text(json, "incident", LAZ_AGENT_ACTOR_MAX, &text);
        m.actor = laz_view_of(text);
        to = &b->gate;
    } else {
        known = false;
    }
    if (!known)
        broker_answered(b, m.job, false, "unknown-command", NULL);
    else if (laz_peer_send(to, &m, NULL, 0) != LAZ_OK)
        broker_answered(b, m.job, false, "unreachable", NULL);
}

static void on_command(struct broker *b, const cJSON *json)
{
    const char *id, *kind;

    if (!laz_json_text(json, "id", BROKER_COMMAND_SIZE - 1, &id) || id[0] == '\0' ||
        !laz_json_text(json, "kind", 31, &kind) || was_answered(b, id))
        return;
    remember_command(b, id);
    start_command(b, json, id, kind);
}

static void on_uplink_message(struct broker *b, struct laz_view text)
{
    LAZ_OWNED(laz_json_drop) cJSON *json = laz_json_parse_object(text);
    const char *type, *code;
    bool online;

    if (json == NULL || !laz_json_text(json, "type", 16, &type))
        return;
    if (strcmp(type, "command") == 0)
        on_command(b, json);
    else if (strcmp(type, "online") == 0 && laz_json_bool(json, "value", &online))
        b->online = online;
    else if (strcmp(type, "trouble") == 0 && laz_json_text(json, "code", 64, &code))
        laz_log(LAZ_WARN, "uplink.trouble", "code=%s", code);
}

static void close_uplink(struct broker *b)
{
    laz_loop_remove(b->loop, b->uplink);
    laz_fd_drop(&b->uplink);
    b->online = false;
}

static void on_uplink_ready(void *context, unsigned events)
{
    struct broker *b = context;
    LAZ_OWNED(laz_buf_drop) struct laz_buf text = {0};
    enum laz_status s = LAZ_OK;

    laz_buf_init(&text, LAZ_UPLINK_MESSAGE_MAX);
    for (unsigned i = 0; i < RECEIVE_AT_ONCE && s == LAZ_OK; i++) {
        size_t none = 0;

        s = laz_channel_receive(b->uplink, &text, NULL, &none);
        if (s == LAZ_OK)
            on_uplink_message(b, laz_buf_view(&text));
    }
    if (s != LAZ_OK && s != LAZ_BUSY)
        close_uplink(b);
}

void broker_on_uplink(struct broker *b, int *fd)
{
    struct laz_error err;

    close_uplink(b);
    if (laz_set_nonblocking(*fd, true) != LAZ_OK ||
        laz_loop_add(b->loop, *fd, LAZ_LOOP_READ, on_uplink_ready, b, &err) != LAZ_OK)
        return;
    b->uplink = laz_move_fd(fd);
    laz_buf_reset(&b->last_state);
    broker_tell_state(b);
}

void broker_tell_state(struct broker *b)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf state = {0};

    laz_buf_init(&state, LAZ_UPLINK_MESSAGE_MAX);
    if (b->uplink < 0)
        return;
    broker_add_state(b, &state);
    if (laz_buf_failed(&state) != LAZ_OK ||
        laz_view_equal(laz_buf_view(&state), laz_buf_view(&b->last_state)))
        return;
    if (laz_channel_send(b->uplink, laz_buf_view(&state), NULL, 0) != LAZ_OK)
        return;
    laz_buf_reset(&b->last_state);
    laz_ignore(laz_buf_add(&b->last_state, laz_buf_view(&state))); /* else it is sent again */
}

void broker_wake_uplink(struct broker *b)
{
    if (b->uplink >= 0) /* lost, it polls */
        laz_ignore(laz_channel_send(b->uplink, laz_view_of("{\"type\":\"wake\"}"), NULL, 0));
}
