#include <stdlib.h>
#include <string.h>

#include "agent/gate_priv.h"
#include "sys/channel.h"

static void wait_with(struct gate *g, struct laz_buf *b)
{
    struct gate_waiting *w;
    size_t len = b->len;
    char *bytes;

    if (g->waiting_count == GATE_WAITING || (bytes = laz_buf_take_text(b)) == NULL) {
        laz_count(g->config->counters, LAZ_COUNT_EVENTS_DROPPED);
        return;
    }
    w = &g->waiting[(g->waiting_first + g->waiting_count++) % GATE_WAITING];
    *w = (struct gate_waiting){(uint8_t *)bytes, len};
}

void gate_tell(struct gate *g, const struct laz_agent_message *m)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf b = {0};

    laz_buf_init(&b, LAZ_AGENT_MESSAGE_MAX);
    if (laz_agent_message_write(m, &b) != LAZ_OK) {
        laz_count(g->config->counters, LAZ_COUNT_EVENTS_DROPPED);
        return;
    }
    if (g->waiting_count > 0 ||
        laz_peer_send_bytes(&g->broker, laz_buf_view(&b), NULL, 0) != LAZ_OK)
        wait_with(g, &b);
}

void gate_tell_waiting(struct gate *g)
{
    while (g->waiting_count > 0) {
        struct gate_waiting *w = &g->waiting[g->waiting_first];

        if (laz_peer_send_bytes(&g->broker, laz_view_from(w->bytes, w->len), NULL, 0) != LAZ_OK)
            return;
        free(w->bytes);
        g->waiting_first = (g->waiting_first + 1) % GATE_WAITING;
        g->waiting_count--;
    }
}

void gate_report(struct gate *g, const struct gate_report *r)
{
    struct laz_agent_message m = {.kind = LAZ_AGENT_REPORT};
    struct gate_actor *a = r->actor == NULL ? NULL : gate_actor_find(g, laz_view_of(r->actor));

    if (a != NULL)
        gate_actor_tell(g, a);
    m.number = r->code;
    m.extra = (uint64_t)r->trigger | (uint64_t)r->action << 8 | (uint64_t)r->verdict << 16;
    m.actor = laz_view_of(r->actor == NULL ? "" : r->actor);
    m.path = laz_view_of(r->path == NULL ? "" : r->path);
    m.name = laz_view_of(r->reason == NULL ? "" : r->reason);
    m.text = laz_view_of(r->members == NULL ? "" : r->members);
    m.value = r->size;
    m.job = r->job;
    if (r->digest != NULL)
        memcpy(m.digest, r->digest, sizeof m.digest);
    gate_tell(g, &m);
}

void gate_report_case(struct gate *g, enum laz_report_code code, enum laz_action action,
                      struct laz_case *one, unsigned verdict, const char *members)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf all = {0};
    struct gate_report r = {.code = code,
                            .trigger = one->trigger,
                            .action = action,
                            .verdict = verdict,
                            .actor = one->actor,
                            .path = laz_case_path(one),
                            .reason = one->reason,
                            .size = one->key.size,
                            .digest = one->digest};

    laz_buf_init(&all, LAZ_AGENT_TEXT_MAX);
    if (members != NULL)
        laz_ignore(laz_buf_add_text(&all, members)); /* too much leaves it out */
    if (one->detections != NULL)
        laz_ignore(
            laz_buf_addf(&all, "%s\"detections\":%s", all.len > 0 ? "," : "", one->detections));
    r.members = laz_buf_text(&all);
    gate_report(g, &r);
}

enum laz_status gate_ask_vault(struct gate *g, const struct laz_vault_message *m, int fd)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf b = {0};
    enum laz_status s;

    laz_buf_init(&b, LAZ_VAULT_MESSAGE_MAX);
    if (g->vault < 0)
        return LAZ_CLOSED;
    s = laz_vault_message_write(m, &b);
    if (s != LAZ_OK)
        return s;
    return laz_channel_send(g->vault, laz_buf_view(&b), &fd, fd < 0 ? 0 : 1);
}
