#include <stdlib.h>
#include <string.h>

#include "agent/gate_priv.h"
#include "base/text.h"
#include "sys/clock.h"
#include "sys/log.h"

#define NO_VERDICT 255u
#define KILL_TRIES 3 /* each waits some seconds for a process that the kernel does not let go */

static void copy_view(char *out, size_t size, struct laz_view v)
{
    v = laz_view_first(v, size - 1);
    if (v.len > 0)
        memcpy(out, v.data, v.len);
    out[v.len] = '\0';
}

static struct gate_stop *find_stop(struct gate *g, struct laz_view actor)
{
    for (size_t i = 0; i < GATE_STOPS; i++)
        if (g->stops[i].actor[0] != '\0' && laz_view_equal_text(actor, g->stops[i].actor))
            return &g->stops[i];
    return NULL;
}

static struct gate_stop *find_stop_by_id(struct gate *g, uint64_t id)
{
    for (size_t i = 0; i < GATE_STOPS; i++)
        if (g->stops[i].actor[0] != '\0' && g->stops[i].id == id)
            return &g->stops[i];
    return NULL;
}

/* A free place, or that of the oldest one that is done. */
static struct gate_stop *new_stop(struct gate *g)
{
    struct gate_stop *oldest = NULL;

    for (size_t i = 0; i < GATE_STOPS; i++) {
        struct gate_stop *s = &g->stops[i];

        if (s->actor[0] == '\0')
            return s;
        if (s->done && (oldest == NULL || s->id < oldest->id))
            oldest = s;
    }
    return oldest;
}

static void suspect(struct gate *g, const char *actor, bool on)
{
    struct laz_vault_message m = {.kind = LAZ_VAULT_SUSPECT};

    m.actor.actor = laz_view_of(actor);
    m.actor.on = on;
    laz_ignore(gate_ask_vault(g, &m, -1)); /* lost, its copies only age as others */
}

static void ask_kill(struct gate *g, struct gate_stop *stop)
{
    struct laz_agent_message m = {.kind = LAZ_AGENT_KILL, .job = stop->id};
    pid_t pid;

    if (!laz_actor_key_parse(&g->boot, laz_view_of(stop->actor), &pid, &m.value)) {
        stop->killed = true; /* of an earlier boot */
        return;
    }
    m.pid = (uint32_t)pid;
    laz_ignore(laz_peer_send(&g->deeds, &m, NULL, 0)); /* asked again when deeds is there again */
}

static void ask_rollback(struct gate *g, struct gate_stop *stop)
{
    struct laz_vault_message m = {.kind = LAZ_VAULT_ROLLBACK};

    m.actor.job = stop->id;
    m.actor.actor = laz_view_of(stop->actor);
    laz_ignore(gate_ask_vault(g, &m, -1)); /* asked again when the vault is there again */
}

bool gate_stop_is_pending(struct gate *g, const char *actor)
{
    const struct gate_stop *stop = find_stop(g, laz_view_of(actor));

    return stop != NULL && !stop->killed && !stop->done;
}

/* What it waits for stays held until it has ended, so that the kill finds it at rest. */
static void keep_held(struct gate *g, const char *actor)
{
    struct laz_case *one;

    TAILQ_FOREACH(one, &g->cases.active, entry)
    {
        if (!one->held || strcmp(one->actor, actor) != 0)
            continue;
        one->waits |= LAZ_WAIT_STOP;
        one->deadline_ms = laz_monotonic_ms() + g->config->keep_ms;
    }
}

static void refuse_held(struct gate *g, const char *actor)
{
    struct laz_case *one = TAILQ_FIRST(&g->cases.active), *next;

    for (; one != NULL; one = next) {
        next = TAILQ_NEXT(one, entry);
        if ((one->waits & LAZ_WAIT_STOP) == 0 || strcmp(one->actor, actor) != 0)
            continue;
        one->waits &= ~(unsigned)LAZ_WAIT_STOP;
        if (one->held)
            gate_answer(g, one, false);
        gate_settle(g, one);
    }
}

static struct gate_stop *begin_stop(struct gate *g, struct laz_view actor)
{
    struct gate_stop *stop = new_stop(g);
    struct gate_actor *a = gate_actor_find(g, actor);

    if (stop == NULL) {
        laz_log(LAZ_ERROR, "stop.too_many", "waiting=%u", GATE_STOPS);
        return NULL;
    }
    *stop = (struct gate_stop){.id = ++g->stop_id, .since_ms = laz_monotonic_ms()};
    copy_view(stop->actor, sizeof stop->actor, actor);
    if (a != NULL)
        a->stopped = true;
    return stop;
}

static void add_reasons(struct laz_buf *b, const char *reasons)
{
    struct laz_view rest = laz_view_of(reasons), word;
    bool first = true;

    laz_ignore(laz_buf_add_text(b, "\"reasons\":["));
    while (laz_take_until(&rest, ',', &word)) {
        if (!first)
            laz_ignore(laz_buf_add_text(b, ","));
        first = false;
        laz_ignore(laz_buf_add_json(b, laz_view_trim(word)));
    }
    laz_ignore(laz_buf_add_text(b, "]"));
}

/* Told once, so that a person knows whom to undo. */
static void report_spared(struct gate *g, struct gate_actor *a, const struct laz_agent_message *m)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf members = {0};
    char reasons[256];
    struct gate_report r = {.code = LAZ_REPORT_ACTOR_ALLOWED,
                            .trigger = LAZ_TRIGGER_GUARD,
                            .action = LAZ_ACTION_ALLOWED,
                            .verdict = NO_VERDICT,
                            .actor = a->who.key,
                            .reason = "break-glass"};

    laz_buf_init(&members, 4096);
    if (a->spared)
        return;
    a->spared = true;
    copy_view(reasons, sizeof reasons, m->text);
    add_reasons(&members, reasons);
    laz_ignore(laz_buf_addf(&members, ",\"files_touched\":%llu", (unsigned long long)m->value));
    r.members = laz_buf_text(&members);
    gate_report(g, &r);
}

/* The broker has no privilege and is not believed: only who was seen here writing on a guarded tree
 * can be stopped, and never our own processes or who is allowed. */
void gate_on_stop(struct gate *g, const struct laz_agent_message *m)
{
    struct gate_actor *a = gate_actor_find(g, m->actor);
    struct gate_stop *stop;

    if (a == NULL || a->own || a->who.pid <= 1 || gate_is_allowed(g, a) ||
        find_stop(g, m->actor) != NULL)
        return;
    if (gate_glass_is_broken(g)) {
        report_spared(g, a, m);
        return;
    }
    stop = begin_stop(g, m->actor);
    if (stop == NULL)
        return;
    copy_view(stop->reasons, sizeof stop->reasons, m->text);
    stop->files = m->value;
    gate_actor_tell(g, a);
    keep_held(g, stop->actor);
    suspect(g, stop->actor, true);
    ask_kill(g, stop);
}

void gate_on_undo(struct gate *g, const struct laz_agent_message *m)
{
    struct gate_stop *stop = find_stop(g, m->actor);
    struct gate_actor *a = gate_actor_find(g, m->actor);

    if (m->actor.len == 0 || (a != NULL && a->own))
        return;
    if (stop != NULL && !stop->done) { /* it is being done */
        stop->job = m->job;
        return;
    }
    if (stop == NULL)
        stop = begin_stop(g, m->actor);
    if (stop == NULL)
        return;
    stop->job = m->job;
    stop->done = false;
    stop->since_ms = laz_monotonic_ms();
    copy_view(stop->reasons, sizeof stop->reasons, laz_view_of("undo"));
    if (!stop->killed)
        ask_kill(g, stop);
    if (stop->killed)
        ask_rollback(g, stop);
}

static void report_stop(struct gate *g, const struct gate_stop *stop,
                        const struct laz_agent_message *m)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf members = {0};
    struct gate_report r = {.code = LAZ_REPORT_ACTOR_STOPPED,
                            .trigger = LAZ_TRIGGER_GUARD,
                            .action = m->status == LAZ_OK ? LAZ_ACTION_STOPPED : LAZ_ACTION_DENIED,
                            .verdict = NO_VERDICT,
                            .actor = stop->actor};

    laz_buf_init(&members, 4096);
    add_reasons(&members, stop->reasons);
    laz_ignore(laz_buf_addf(&members, ",\"files_touched\":%llu,\"processes\":%llu,\"ended\":\"%s\"",
                            (unsigned long long)stop->files, (unsigned long long)m->value,
                            m->status == LAZ_OK          ? "killed"
                            : m->status == LAZ_NOT_FOUND ? "by-itself"
                                                         : "not-ended"));
    r.members = laz_buf_text(&members);
    gate_report(g, &r);
}

/* Whether it was killed now or had ended before: it writes no more, and what it did is taken back.
 * A process that cannot be ended keeps its files as they are, refused every further write. */
void gate_on_killed(struct gate *g, const struct laz_agent_message *m)
{
    struct gate_stop *stop = find_stop_by_id(g, m->job);

    if (stop == NULL || stop->killed || stop->done)
        return;
    if (m->status == LAZ_TIMEOUT && ++stop->tries < KILL_TRIES) {
        ask_kill(g, stop);
        return;
    }
    report_stop(g, stop, m);
    refuse_held(g, stop->actor);
    if (m->status != LAZ_OK && m->status != LAZ_NOT_FOUND) {
        laz_log(LAZ_ERROR, "stop.failed", "status=%s", laz_status_name(m->status));
        stop->done = true;
        return;
    }
    stop->killed = true;
    ask_rollback(g, stop);
}

void gate_on_restored(struct gate *g, const struct laz_vault_restored_message *m, bool left)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf members = {0};
    struct gate_stop *stop = find_stop_by_id(g, m->job);
    char path[LAZ_VAULT_PATH_MAX + 1];
    struct gate_report r = {.code = LAZ_REPORT_FILE_ROLLED_BACK,
                            .trigger = LAZ_TRIGGER_GUARD,
                            .action =
                                m->status == LAZ_OK ? LAZ_ACTION_ROLLED_BACK : LAZ_ACTION_NONE,
                            .verdict = NO_VERDICT,
                            .actor = stop != NULL ? stop->actor : g->rolling_actor,
                            .path = path,
                            .size = m->bytes};

    laz_buf_init(&members, 4096);
    if (left || m->unchanged)
        return;
    copy_view(path, sizeof path, m->path);
    laz_ignore(
        laz_buf_addf(&members, "\"ok\":%s,\"why\":", m->status == LAZ_OK ? "true" : "false"));
    laz_ignore(laz_buf_add_json(&members, m->why));
    r.members = laz_buf_text(&members);
    gate_report(g, &r);
}

void gate_on_rolled_back(struct gate *g, const struct laz_vault_rolled_back_message *m)
{
    struct gate_stop *stop = find_stop_by_id(g, m->job);
    char members[256];
    struct gate_report r = {.code = LAZ_REPORT_ROLLBACK_DONE,
                            .trigger = LAZ_TRIGGER_GUARD,
                            .action = LAZ_ACTION_ROLLED_BACK,
                            .verdict = NO_VERDICT,
                            .actor = stop != NULL ? stop->actor : g->rolling_actor,
                            .size = m->bytes,
                            .job = stop != NULL ? stop->job : 0,
                            .members = members};

    snprintf(members, sizeof members,
             "\"files_restored\":%u,\"files_failed\":%u,\"files_left\":%u,\"duration_ms\":%lld",
             m->restored, m->failed, m->left,
             stop == NULL ? 0 : (long long)(laz_monotonic_ms() - stop->since_ms));
    gate_report(g, &r);
    if (stop == NULL)
        return;
    stop->done = true;
    stop->job = 0;
    if (m->failed == 0)
        suspect(g, stop->actor, false);
}

void gate_stops_resume(struct gate *g)
{
    for (size_t i = 0; i < GATE_STOPS; i++) {
        struct gate_stop *stop = &g->stops[i];

        if (stop->actor[0] == '\0' || stop->done)
            continue;
        if (stop->killed)
            ask_rollback(g, stop);
        else
            ask_kill(g, stop);
    }
}

static void forget_actor(struct gate *g, struct laz_view key)
{
    struct laz_vault_message m = {.kind = LAZ_VAULT_FORGET};
    struct gate_actor *a = gate_actor_find(g, key);
    struct gate_stop *stop = find_stop(g, key);

    if (a == NULL)
        return;
    a->stopped = false;
    if (stop != NULL && stop->done)
        stop->actor[0] = '\0';
    m.actor.actor = key;
    laz_ignore(gate_ask_vault(g, &m, -1)); /* lost, its copies only age as others */
}

static bool allowed_already(const struct gate *g, struct laz_view what)
{
    for (size_t i = 0; i < g->allowed_count; i++)
        if (laz_view_equal_text(what, g->allowed[i]))
            return true;
    return false;
}

/* tell: somebody decided it now; else deeds has read it from its file. */
void gate_on_allow(struct gate *g, const struct laz_agent_message *m, bool tell)
{
    struct gate_report r = {
        .code = LAZ_REPORT_ACTOR_ALLOWED, .action = LAZ_ACTION_ALLOWED, .verdict = NO_VERDICT};
    char *copy;

    if (m->path.len == 0 || g->allowed_count == GATE_ALLOWED)
        return;
    if (!allowed_already(g, m->path)) {
        copy = strndup((const char *)m->path.data, m->path.len);
        if (copy == NULL)
            return;
        g->allowed[g->allowed_count++] = copy;
    }
    if (!tell)
        return;
    forget_actor(g, m->path);
    laz_ignore(laz_peer_send(&g->deeds, m, NULL, 0)); /* lost, it holds until the next start */
    for (size_t i = 0; i < g->allowed_count; i++)
        if (laz_view_equal_text(m->path, g->allowed[i]))
            r.reason = g->allowed[i];
    gate_report(g, &r);
}

static void report_glass(struct gate *g, bool on, struct laz_view why, uint64_t ms)
{
    char reason[LAZ_AGENT_NAME_MAX + 1], members[64];
    struct gate_report r = {.code = on ? LAZ_REPORT_BREAKGLASS_ON : LAZ_REPORT_BREAKGLASS_OFF,
                            .verdict = NO_VERDICT,
                            .reason = reason,
                            .members = members};

    copy_view(reason, sizeof reason, why);
    snprintf(members, sizeof members, "\"duration_ms\":%llu", (unsigned long long)ms);
    gate_report(g, &r);
}

static void let_all_go(struct gate *g)
{
    struct laz_case *one = TAILQ_FIRST(&g->cases.active), *next;

    for (; one != NULL; one = next) {
        next = TAILQ_NEXT(one, entry);
        if (!one->held)
            continue;
        one->waits &= ~(unsigned)LAZ_WAIT_STOP;
        gate_answer(g, one, true);
        gate_settle(g, one);
    }
}

void gate_on_glass(struct gate *g, uint64_t ms, struct laz_view why)
{
    if (ms == 0 && g->glass_until_ms == 0)
        return;
    g->glass_until_ms = ms == 0 ? 0 : laz_monotonic_ms() + (int64_t)ms;
    report_glass(g, ms > 0, why, ms);
    if (ms > 0)
        let_all_go(g);
}

void gate_check_glass(struct gate *g)
{
    if (g->glass_until_ms != 0 && !gate_glass_is_broken(g))
        gate_on_glass(g, 0, laz_view_of("expired"));
}
