#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/broker_priv.h"
#include "base/number.h"
#include "base/text.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/identity.h"
#include "sys/log.h"
#include "sys/sandbox.h"

#define SYNC_MS         200
#define TELL_MS         2000
#define WALL_MS         500
#define URGENT_SEVERITY 5 /* on disk before the next thing is done */
#define USERS_MAX       (1024 * KIB)

static uint32_t hash_key(struct laz_view key)
{
    uint32_t h = 2166136261u;

    for (size_t i = 0; i < key.len; i++)
        h = (h ^ key.data[i]) * 16777619u;
    return h;
}

static struct broker_actor *actor_slot(struct broker *b, struct laz_view key)
{
    return &b->actors[hash_key(key) % BROKER_ACTORS];
}

static void copy_view(char *out, size_t size, struct laz_view v)
{
    v = laz_view_first(v, size - 1);
    if (v.len > 0)
        memcpy(out, v.data, v.len);
    out[v.len] = '\0';
}

static void on_actor(struct broker *b, const struct laz_agent_message *m)
{
    struct broker_actor *a = actor_slot(b, m->actor);

    *a = (struct broker_actor){.pid = m->pid, .parent = m->number, .uid = (uint32_t)m->extra};
    a->created_ms = (int64_t)m->value;
    copy_view(a->key, sizeof a->key, m->actor);
    copy_view(a->name, sizeof a->name, m->name);
    copy_view(a->exe, sizeof a->exe, m->path);
    copy_view(a->command, sizeof a->command, m->other);
}

/* "root:x:0:0:…": the name of a number, "" when it has none. */
static struct laz_view user_name(const struct broker *b, uint32_t uid)
{
    struct laz_view rest = laz_buf_view(&b->users), line, name, field;
    uint64_t n;

    while (laz_take_until(&rest, '\n', &line))
        if (laz_take_until(&line, ':', &name) && laz_take_until(&line, ':', &field) &&
            laz_take_until(&line, ':', &field) && laz_parse_u64(field, UINT32_MAX, &n) && n == uid)
            return name;
    return laz_view_of("");
}

bool broker_actor_find(struct broker *b, struct laz_view key, struct laz_event_actor *who)
{
    const struct broker_actor *a = actor_slot(b, key);

    if (key.len == 0 || !laz_view_equal_text(key, a->key))
        return false;
    *who = (struct laz_event_actor){.pid = a->pid,
                                    .parent = a->parent,
                                    .uid = a->uid,
                                    .created_ms = a->created_ms,
                                    .name = laz_view_of(a->name),
                                    .exe = laz_view_of(a->exe),
                                    .command = laz_view_of(a->command),
                                    .user = user_name(b, a->uid)};
    return true;
}

static void tell_loss(struct broker *b)
{
    struct laz_spool_loss loss;
    char members[96];

    while (laz_spool_take_loss(b->spool, &loss)) {
        snprintf(members, sizeof members, "\"events\":%llu,\"bytes\":%llu",
                 (unsigned long long)loss.events, (unsigned long long)loss.bytes);
        broker_simple_event(b, LAZ_REPORT_SPOOL_GAP, members);
    }
}

void broker_event(struct broker *b, const struct laz_event *e)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf json = {0};
    unsigned severity = laz_event_severity(e->code);
    enum laz_status s;

    laz_buf_init(&json, LAZ_SPOOL_EVENT_MAX);
    laz_event_add_json(e, &json);
    s = laz_buf_failed(&json);
    if (s == LAZ_OK)
        s = laz_spool_append(b->spool, laz_buf_view(&json), severity >= URGENT_SEVERITY, NULL,
                             NULL);
    if (s != LAZ_OK && s != LAZ_IO) /* on LAZ_IO it is kept and tried again */
        laz_count(b->config->counters, LAZ_COUNT_EVENTS_DROPPED);
    laz_log(severity >= 4 ? LAZ_WARN : LAZ_INFO, laz_report_code_name(e->code), "incident=%.*s",
            (int)e->incident.len, (const char *)e->incident.data);
}

void broker_simple_event(struct broker *b, enum laz_report_code code, const char *members)
{
    struct laz_event e = {.code = code,
                          .time_ms = laz_now_ms(),
                          .verdict = LAZ_EVENT_NO_VERDICT,
                          .hostname = laz_view_of(b->config->hostname),
                          .members = laz_view_of(members == NULL ? "" : members)};

    broker_event(b, &e);
}

/* Findings without an actor belong together by their content. */
static struct laz_view incident_of(const struct laz_agent_message *m, const uint8_t *sha256,
                                   char text[LAZ_ACTOR_KEY_SIZE])
{
    if (m->actor.len > 0)
        return m->actor;
    if (sha256 == NULL || !laz_event_is_finding((enum laz_report_code)m->number))
        return laz_view_of("");
    memcpy(text, "file:", 5);
    laz_hex_encode(laz_view_from(sha256, 8), text + 5);
    return laz_view_of(text);
}

static bool is_zero(const uint8_t digest[32])
{
    static const uint8_t none[32];

    return memcmp(digest, none, sizeof none) == 0;
}

static void on_report(struct broker *b, const struct laz_agent_message *m)
{
    char text[LAZ_ACTOR_KEY_SIZE];
    struct laz_event_actor who;
    struct laz_event e = {.code = (enum laz_report_code)m->number, .time_ms = laz_now_ms()};

    if (m->number == LAZ_REPORT_NONE || m->number >= LAZ_REPORT_CODES)
        return;
    e.trigger = (enum laz_trigger)(m->extra & 0xff);
    e.action = (enum laz_action)(m->extra >> 8 & 0xff);
    e.verdict = m->extra >> 16 & 0xff;
    e.hostname = laz_view_of(b->config->hostname);
    e.sha256 = is_zero(m->digest) ? NULL : m->digest;
    e.incident = incident_of(m, e.sha256, text);
    e.actor = broker_actor_find(b, m->actor, &who) ? &who : NULL;
    e.path = m->path;
    e.size = m->value;
    e.reason = m->name;
    e.members = m->text;
    broker_event(b, &e);
    if (e.code == LAZ_REPORT_BREAKGLASS_ON || e.code == LAZ_REPORT_BREAKGLASS_OFF)
        b->glass = e.code == LAZ_REPORT_BREAKGLASS_ON;
    if (e.code == LAZ_REPORT_ROLLBACK_DONE) {
        LAZ_OWNED(laz_buf_drop) struct laz_buf members = {0};

        laz_buf_init(&members, LAZ_AGENT_TEXT_MAX);
        laz_ignore(laz_buf_add(&members, m->text));
        broker_answered(b, m->job, true, "", laz_buf_text(&members));
    }
}

static void on_gate(void *context, const struct laz_agent_message *m, int *fds, size_t fd_count)
{
    struct broker *b = context;

    if (m->kind == LAZ_AGENT_SCAN && fd_count == 1)
        broker_on_scan(b, m, fds);
    else if (m->kind == LAZ_AGENT_CHANGED && fd_count == 2)
        broker_on_changed(b, m, fds);
    else if (m->kind == LAZ_AGENT_ACTOR)
        on_actor(b, m);
    else if (m->kind == LAZ_AGENT_RENAMED)
        broker_on_renamed(b, m);
    else if (m->kind == LAZ_AGENT_DELETED)
        broker_on_deleted(b, m);
    else if (m->kind == LAZ_AGENT_REPORT)
        on_report(b, m);
    else
        laz_log(LAZ_WARN, "broker.message", "kind=%d", (int)m->kind);
}

static void on_deeds(void *context, const struct laz_agent_message *m, int *fds, size_t fd_count)
{
    struct broker *b = context;
    LAZ_OWNED(laz_buf_drop) struct laz_buf members = {0};
    bool restored = false;
    struct laz_event e = {
        .time_ms = laz_now_ms(), .verdict = LAZ_EVENT_NO_VERDICT, .path = m->path};

    laz_buf_init(&members, 512);
    if (m->kind != LAZ_AGENT_DONE)
        return;
    for (size_t i = 0; i < BROKER_ASKED; i++)
        if (b->asked[i].job == m->job)
            restored = strcmp(b->asked[i].kind, "quarantine.restore") == 0;
    laz_ignore(laz_buf_add_text(&members, "\"quarantine_id\":"));
    laz_ignore(laz_buf_add_json(&members, m->name));
    e.code = restored ? LAZ_REPORT_FILE_RESTORED : LAZ_REPORT_FILE_DELETED;
    e.action = restored ? LAZ_ACTION_RESTORED : LAZ_ACTION_NONE;
    e.trigger = LAZ_TRIGGER_DEMAND;
    e.hostname = laz_view_of(b->config->hostname);
    e.members = laz_buf_view(&members);
    if (m->status == LAZ_OK)
        broker_event(b, &e);
    broker_answered(b, m->job, m->status == LAZ_OK,
                    m->status == LAZ_OK ? "" : laz_status_name(m->status), laz_buf_text(&members));
}

/* A process of ours died: what it was at is asked again. */
static void on_note(struct broker *b, const struct laz_agent_message *m)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf members = {0};

    laz_buf_init(&members, 512);
    if (m->name.len > 0) {
        laz_ignore(laz_buf_addf(&members, "\"process\":"));
        laz_ignore(laz_buf_add_json(&members, m->name));
        laz_ignore(laz_buf_addf(&members, ",\"signal\":%llu", (unsigned long long)m->value));
    }
    if (m->number < LAZ_REPORT_CODES)
        broker_simple_event(b, (enum laz_report_code)m->number, laz_buf_text(&members));
}

static void on_peer(struct broker *b, const struct laz_agent_message *m, int *fd)
{
    struct laz_error err;
    enum laz_status s = LAZ_OK;

    if (m->number == LAZ_ROLE_GATE)
        s = laz_peer_open(&b->gate, laz_move_fd(fd), &err);
    else if (m->number == LAZ_ROLE_DEEDS)
        s = laz_peer_open(&b->deeds, laz_move_fd(fd), &err);
    else if (m->number == LAZ_ROLE_UPLINK)
        broker_on_uplink(b, fd);
    else if (m->number == LAZ_ROLE_WORKER)
        broker_on_worker(b, m, fd);
    if (s != LAZ_OK)
        laz_log_error(LAZ_ERROR, "broker.channel", &err);
}

static void on_monitor(void *context, const struct laz_agent_message *m, int *fds, size_t fd_count)
{
    if (m->kind == LAZ_AGENT_PEER && fd_count == 1)
        on_peer(context, m, &fds[0]);
    else if (m->kind == LAZ_AGENT_NEXT && fd_count == 1)
        broker_on_next(context, m, &fds[0]);
    else if (m->kind == LAZ_AGENT_CONTENT)
        broker_on_content(context, m);
    else if (m->kind == LAZ_AGENT_SOURCES)
        broker_on_sources(context, m);
    else if (m->kind == LAZ_AGENT_NOTE)
        on_note(context, m);
}

static void on_monitor_left(void *context)
{
    laz_loop_stop(((struct broker *)context)->loop);
}

static void on_sync(void *context)
{
    struct broker *b = context;
    struct laz_spool_state before, after;

    laz_spool_state_get(b->spool, &before);
    laz_ignore(laz_spool_sync(b->spool, NULL)); /* it keeps what the disk refused and tries again */
    laz_spool_state_get(b->spool, &after);
    if (after.durable_seq != before.durable_seq)
        broker_wake_uplink(b);
    tell_loss(b);
    laz_loop_after(b->loop, &b->sync, SYNC_MS);
}

static void on_tell(void *context)
{
    struct broker *b = context;

    broker_tell_state(b);
    laz_loop_after(b->loop, &b->tell, TELL_MS);
}

static void on_wall(void *context)
{
    struct broker *b = context;

    broker_check_walls(b);
    laz_loop_after(b->loop, &b->wall, WALL_MS);
}

static void init_peers(struct broker *b)
{
    laz_peer_init(&b->monitor, b->loop, on_monitor, on_monitor_left, b);
    laz_peer_init(&b->gate, b->loop, on_gate, NULL, b);
    laz_peer_init(&b->deeds, b->loop, on_deeds, NULL, b);
    b->sync = (struct laz_timer){.fn = on_sync, .context = b};
    b->tell = (struct laz_timer){.fn = on_tell, .context = b};
    b->wall = (struct laz_timer){.fn = on_wall, .context = b};
    broker_jobs_init(b);
}

static enum laz_status init(struct broker *b, int monitor, int control, struct laz_error *err)
{
    struct stat st;
    enum laz_status s;

    b->uplink = -1;
    b->owner = geteuid();
    laz_boot_read(&b->boot);
    laz_buf_init(&b->users, USERS_MAX);
    laz_buf_init(&b->last_state, 64 * KIB);
    laz_ignore(laz_read_file("/etc/passwd", &b->users, NULL)); /* else users have numbers only */
    if (b->config->db != NULL && stat(b->config->db, &st) == 0)
        b->content_ms = (int64_t)st.st_mtime * 1000;
    b->actors = calloc(BROKER_ACTORS, sizeof *b->actors);
    b->guard = laz_guard_new();
    if (b->actors == NULL || b->guard == NULL)
        return laz_fail(err, LAZ_NOMEM, "broker", "", "no memory", "");
    s = laz_loop_new(&b->loop, err);
    if (s != LAZ_OK)
        return s;
    init_peers(b);
    s = laz_peer_open(&b->monitor, monitor, err);
    return s == LAZ_OK ? broker_control_open(b, control, err) : s;
}

/* Identity, then the sandbox, then the spool. It dies with its monitor: the request for that is
 * lost when the identity changes, so it is made again. */
static enum laz_status seal(struct broker *b, struct laz_error *err)
{
    char spool[LAZ_AGENT_PATH_SIZE];
    struct laz_sandbox_path paths[] = {{spool, true}};
    struct laz_sandbox sandbox = {.profile = LAZ_SANDBOX_BROKER, .paths = paths, .path_count = 1};
    enum laz_status s = laz_identity_drop(LAZ_IDENTITY_AGENT, NULL, err);

    laz_agent_path(b->config, "spool", spool);
    if (s == LAZ_OK && prctl(PR_SET_PDEATHSIG, 9) != 0)
        s = laz_fail_errno(err, "broker", "", "");
    if (s == LAZ_OK)
        s = laz_sandbox_enter(&sandbox, NULL, err);
    return s == LAZ_OK ? laz_spool_open(spool, NULL, &b->spool, err) : s;
}

static void clear(struct broker *b)
{
    broker_jobs_clear(b);
    laz_spool_drop(&b->spool);
    laz_guard_drop(&b->guard);
    laz_buf_clear(&b->users);
    laz_buf_clear(&b->last_state);
    laz_buf_clear(&b->sources.list);
    laz_loop_drop(&b->loop);
    free(b->actors);
    free(b);
}

int laz_broker_run(const struct laz_agent_config *config, int monitor, int control)
{
    struct laz_agent_message ready = {.kind = LAZ_AGENT_READY};
    struct broker *b = calloc(1, sizeof *b);
    struct laz_error err;
    enum laz_status s;

    LAZ_ASSERT(b != NULL);
    b->config = config;
    s = init(b, monitor, control, &err);
    if (s == LAZ_OK)
        s = seal(b, &err);
    if (s != LAZ_OK) {
        laz_log_error(LAZ_ERROR, "broker.failed", &err);
        return 1;
    }
    laz_ignore(laz_peer_send(&b->monitor, &ready, NULL, 0)); /* its socket is empty */
    on_sync(b);
    on_tell(b);
    on_wall(b);
    laz_loop_run(b->loop);
    laz_peer_receive(&b->gate); /* the last reports */
    broker_simple_event(b, LAZ_REPORT_AGENT_STOPPED, NULL);
    clear(b);
    return 0;
}
