/* monitor.c - the top process: starts the others, connects them, and starts again what ends. It
 * reads nothing that is hostile and does nothing else. It never holds the gate's fanotify group:
 * when the gate ends, the kernel must let everybody go. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/monitor_priv.h"
#include "base/text.h"
#include "box/worker.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/identity.h"
#include "sys/log.h"

#define WATCH_MS        200
#define BEAT_MAX_MS     1000  /* of silence, after which the gate is ended */
#define START_MAX_MS    20000 /* before the first beat: while it marks */
#define YOUNG_MS        1000  /* a process that lived shorter waits before its next start */
#define RESTART_MS      500
#define STOP_MS         1500
#define CONTROL_NAME    "control.sock"
#define CONTROL_BACKLOG 8

const char *laz_role_name(enum laz_role role)
{
    static const char *const names[LAZ_ROLES] = {"gate",   "vault",  "deeds",
                                                 "broker", "uplink", "worker"};

    return names[role];
}

/* The agent works in its data folder: its unprivileged processes could not walk there by name. */
void laz_agent_path(const struct laz_agent_config *config, const char *name,
                    char out[LAZ_AGENT_PATH_SIZE])
{
    snprintf(out, LAZ_AGENT_PATH_SIZE, "%s", name);
}

static void fail_start(struct monitor *m, const struct laz_error *err)
{
    laz_log_error(LAZ_ERROR, "agent.failed", err);
    m->failed = true;
    laz_loop_stop(m->loop);
}

static void tell_ready(struct monitor *m)
{
    bool gate = laz_features_have_gate(&m->config->features);

    if (m->ready || !m->broker_ready || (gate && !m->gate_ready))
        return;
    m->ready = true;
    for (size_t i = 0; gate && i < m->config->tree_count; i++) {
        LAZ_OWNED(laz_buf_drop) struct laz_buf path = {0};

        laz_buf_init(&path, 16 * 1024);
        laz_ignore(laz_buf_add_terminal(&path, laz_view_of(m->config->trees[i])));
        printf("guarding %s\n", laz_buf_text(&path));
    }
    if (!gate)
        printf("not guarding: %s; all else runs\n",
               m->config->features.root ? "this kernel has no fanotify permission events"
                                        : "not started as root");
    fflush(stdout);
    if (m->config->ready_fd >= 0)
        laz_ignore(write(m->config->ready_fd, "ready\n", 6) != 6); /* nobody waits any more */
    laz_fd_drop(&m->config->ready_fd);
}

static void note(struct monitor *m, enum laz_report_code code, const char *name, uint64_t value)
{
    struct laz_agent_message message = {.kind = LAZ_AGENT_NOTE, .number = code, .value = value};

    message.name = laz_view_of(name);
    laz_ignore(laz_peer_send(&m->children[LAZ_ROLE_BROKER].peer, &message, NULL, 0)); /* gone too */
}

static void on_child_message(void *context, const struct laz_agent_message *message, int *fds,
                             size_t fd_count)
{
    struct child *c = context;
    struct monitor *m = c->monitor;

    if (message->kind == LAZ_AGENT_READY && c->role == LAZ_ROLE_GATE)
        m->gate_ready = true;
    else if (message->kind == LAZ_AGENT_READY && c->role == LAZ_ROLE_BROKER)
        m->broker_ready = true;
    else if (message->kind == LAZ_AGENT_STUCK && c->role == LAZ_ROLE_BROKER &&
             message->value < m->config->workers)
        laz_ignore(
            laz_child_signal(&m->children[LAZ_ROLE_WORKER + message->value].process, SIGKILL));
    tell_ready(m);
}

static void start_child(struct monitor *m, struct child *c)
{
    struct laz_error err;
    enum laz_status s = monitor_start(m, c, &err);

    if (s == LAZ_OK)
        s = laz_loop_add(m->loop, c->process.pidfd, LAZ_LOOP_READ, monitor_on_child_end, c, &err);
    if (s == LAZ_OK)
        return;
    if (!m->ready) {
        fail_start(m, &err);
        return;
    }
    laz_log_error(LAZ_ERROR, "process.failed", &err);
    laz_loop_after(m->loop, &c->restart, RESTART_MS);
}

static void on_restart(void *context)
{
    struct child *c = context;

    if (c->wanted && !monitor_lives(c) && !c->monitor->stopping)
        start_child(c->monitor, c);
}

static void end_child(struct monitor *m, struct child *c)
{
    if (!monitor_lives(c))
        return;
    laz_loop_remove(m->loop, c->process.pidfd);
    laz_peer_close(&c->peer);
    laz_ignore(
        laz_child_signal(&c->process, SIGKILL)); /* gone already, or it does not let itself be */
    laz_child_stop(&c->process, 0);
}

/* The vault speaks to one gate only: with a new gate comes a new vault. */
static void restart_later(struct monitor *m, struct child *c)
{
    bool young = laz_monotonic_ms() - c->started_ms < YOUNG_MS;

    if (c->role == LAZ_ROLE_GATE)
        end_child(m, &m->children[LAZ_ROLE_VAULT]);
    laz_loop_after(m->loop, &c->restart, young ? RESTART_MS : 0);
    if (c->role == LAZ_ROLE_GATE)
        laz_loop_after(m->loop, &m->children[LAZ_ROLE_VAULT].restart, young ? RESTART_MS + 1 : 1);
}

/* Behaviour is still judged without a database; the state names what is missing. */
static void go_bare(struct child *worker)
{
    worker->bare = true;
    laz_log(LAZ_ERROR, "content.missing",
            "the database cannot be used: files are not scanned, only behaviour is judged (see "
            "worker.failed; make a new one with 'lazaret content update' or 'lazaret db build')");
}

void monitor_on_child_end(void *context, unsigned events)
{
    struct child *c = context;
    struct monitor *m = c->monitor;
    int wait_status = 0, pidfd = c->process.pidfd;
    struct laz_error err;

    laz_loop_remove(m->loop, pidfd);
    if (laz_child_wait(&c->process, 0, &wait_status) != LAZ_OK)
        laz_child_stop(&c->process, 0);
    laz_peer_close(&c->peer);
    if (m->stopping || monitor_content_promote(c))
        return;
    if (!m->ready && c->role != LAZ_ROLE_WORKER && c->role != LAZ_ROLE_UPLINK) {
        laz_ignore(laz_fail(&err, LAZ_CLOSED, "agent", laz_role_name(c->role),
                            "ended while it started", "see its message above"));
        fail_start(m, &err);
        return;
    }
    laz_log(LAZ_WARN, "process.died", "process=%s signal=%d status=%d", laz_role_name(c->role),
            WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0,
            WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 0);
    if (c->role == LAZ_ROLE_WORKER && WIFEXITED(wait_status) &&
        WEXITSTATUS(wait_status) == LAZ_WORKER_UNUSABLE && !c->bare)
        go_bare(c);
    if (c->role != LAZ_ROLE_WORKER) /* the broker tells of workers */
        note(m, LAZ_REPORT_PROCESS_DIED, laz_role_name(c->role),
             WIFSIGNALED(wait_status) ? (uint64_t)WTERMSIG(wait_status) : 0);
    restart_later(m, c);
}

static void on_signal(void *context, int signal_number)
{
    struct monitor *m = context;

    laz_loop_stop(m->loop);
}

/* A gate that does not beat holds up who opens files: ended, the kernel lets them go. When we were
 * late ourselves, the machine stood still and nobody is to blame. */
static void on_watch(void *context)
{
    struct monitor *m = context;
    struct child *gate = &m->children[LAZ_ROLE_GATE];
    int64_t now = laz_monotonic_ms(), beat = atomic_load(&m->config->heartbeat->beat_ms);
    bool late = now - m->watched_ms > 2 * WATCH_MS;
    int64_t silence = beat == 0 ? now - gate->started_ms - START_MAX_MS : now - beat;

    m->watched_ms = now;
    if (monitor_lives(gate) && !late && silence > BEAT_MAX_MS) {
        laz_log(LAZ_ERROR, "gate.silent", "ms=%lld", (long long)silence);
        laz_ignore(laz_child_signal(&gate->process, SIGKILL)); /* its end is seen by the loop */
        atomic_store(&m->config->heartbeat->beat_ms, now);
    }
    laz_loop_after(m->loop, &m->watch, WATCH_MS);
}

static enum laz_status lock_data(struct monitor *m, struct laz_error *err)
{
    m->lock = open("lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (m->lock < 0)
        return laz_fail_errno(err, "agent", m->config->data, "check permissions");
    if (flock(m->lock, LOCK_EX | LOCK_NB) != 0)
        return laz_fail(err, LAZ_BUSY, "agent", m->config->data,
                        "another agent runs on this data folder",
                        "stop it, or choose another with --data");
    return LAZ_OK;
}

/* root owns all but what the unprivileged processes write. */
static enum laz_status make_dirs(struct monitor *m, struct laz_error *err)
{
    static const char *const shared[] = {"identity", "spool"};
    static const char *const own[] = {"quarantine", "vault"};
    struct laz_identity who = {geteuid(), getegid()};
    enum laz_status s = LAZ_OK;

    if (geteuid() == 0)
        laz_identity_find(LAZ_IDENTITY_AGENT, &who);
    if (chmod(".", 0710) != 0 || (geteuid() == 0 && chown(".", 0, who.gid) != 0))
        return laz_fail_errno(err, "agent", m->config->data, "check permissions");
    for (size_t i = 0; s == LAZ_OK && i < 2; i++)
        s = laz_make_dir(own[i], 0700, err);
    for (size_t i = 0; s == LAZ_OK && i < 2; i++) {
        s = laz_make_dir(shared[i], 0700, err);
        if (s == LAZ_OK && chown(shared[i], who.uid, who.gid) != 0)
            s = laz_fail_errno(err, "agent", shared[i], "check permissions");
    }
    return s;
}

static enum laz_status open_control(struct monitor *m, struct laz_error *err)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = CONTROL_NAME};

    m->control = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    laz_ignore(unlink(CONTROL_NAME)); /* of an earlier run: the lock is ours */
    if (m->control < 0 || bind(m->control, (struct sockaddr *)&at, sizeof at) != 0 ||
        chmod(CONTROL_NAME, 0600) != 0 || listen(m->control, CONTROL_BACKLOG) != 0)
        return laz_fail_errno(err, "agent", CONTROL_NAME, "check permissions");
    return LAZ_OK;
}

static enum laz_status enter_data(struct monitor *m, struct laz_error *err)
{
    enum laz_status s = laz_make_dir(m->config->data, 0710, err);

    if (s == LAZ_OK && chdir(m->config->data) != 0)
        s = laz_fail_errno(err, "agent", m->config->data, "check permissions");
    if (s == LAZ_OK)
        s = lock_data(m, err);
    if (s == LAZ_OK)
        s = make_dirs(m, err);
    return s == LAZ_OK ? open_control(m, err) : s;
}

static enum laz_status init(struct monitor *m, struct laz_error *err)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, 0};
    enum laz_status s = enter_data(m, err);
    void *page;

    if (s == LAZ_OK)
        s = monitor_content_open(m, err);
    if (s == LAZ_OK)
        s = laz_shared_page(sizeof *m->config->counters, &page, err);
    if (s != LAZ_OK)
        return s;
    m->config->counters = page;
    s = laz_shared_page(sizeof *m->config->heartbeat, &page, err);
    if (s != LAZ_OK)
        return s;
    m->config->heartbeat = page;
    s = laz_loop_new(&m->loop, err);
    if (s == LAZ_OK)
        s = laz_loop_signals(m->loop, signals, on_signal, m, err);
    for (size_t i = 0; i < CHILDREN_MAX; i++) {
        struct child *c = &m->children[i];

        c->monitor = m;
        c->role = i < LAZ_ROLE_WORKER ? (enum laz_role)i : LAZ_ROLE_WORKER;
        c->number = i < LAZ_ROLE_WORKER ? 0 : (uint32_t)(i - LAZ_ROLE_WORKER);
        c->process.pidfd = c->next.pidfd = -1;
        c->restart = (struct laz_timer){.fn = on_restart, .context = c};
        laz_peer_init(&c->peer, m->loop, on_child_message, NULL, c);
    }
    m->watch = (struct laz_timer){.fn = on_watch, .context = m};
    return s;
}

/* The gate comes last but for its vault: when it marks, everybody whom it needs is there. */
static void start_all(struct monitor *m)
{
    bool gate = laz_features_have_gate(&m->config->features);
    static const enum laz_role order[] = {LAZ_ROLE_DEEDS, LAZ_ROLE_BROKER};

    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        m->children[order[i]].wanted = true;
    m->children[LAZ_ROLE_UPLINK].wanted = m->config->console != NULL;
    m->children[LAZ_ROLE_GATE].wanted = m->children[LAZ_ROLE_VAULT].wanted = gate;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        start_child(m, &m->children[order[i]]);
    for (uint32_t i = 0; i < m->config->workers && !m->failed; i++) {
        m->children[LAZ_ROLE_WORKER + i].wanted = true;
        start_child(m, &m->children[LAZ_ROLE_WORKER + i]);
    }
    if (m->children[LAZ_ROLE_UPLINK].wanted && !m->failed)
        start_child(m, &m->children[LAZ_ROLE_UPLINK]);
    if (gate && !m->failed)
        start_child(m, &m->children[LAZ_ROLE_GATE]);
    if (gate && !m->failed)
        start_child(m, &m->children[LAZ_ROLE_VAULT]);
}

/* The gate first, so that nobody waits for us; the broker then writes the last event, and the
 * uplink and the workers end with it. */
static void stop_all(struct monitor *m)
{
    static const enum laz_role order[] = {LAZ_ROLE_GATE, LAZ_ROLE_VAULT, LAZ_ROLE_DEEDS,
                                          LAZ_ROLE_BROKER, LAZ_ROLE_UPLINK};
    int64_t end = laz_monotonic_ms() + STOP_MS;

    m->stopping = true;
    for (size_t i = 0; i < CHILDREN_MAX; i++) {
        struct child *c = &m->children[i < LAZ_ROLE_WORKER ? order[i] : i];
        int64_t left = end - laz_monotonic_ms();
        int wait_status;

        laz_peer_close(&c->peer);
        if (monitor_lives(c))
            laz_ignore(laz_child_wait(&c->process, left < 0 ? 0 : (int)left, &wait_status));
        laz_child_stop(&c->process, 0);
        laz_child_stop(&c->next, 0);
    }
    laz_ignore(unlink(CONTROL_NAME)); /* nobody serves it */
}

static void free_monitor(struct monitor *m)
{
    laz_loop_drop(&m->loop);
    laz_fd_drop(&m->control);
    laz_fd_drop(&m->lock);
    monitor_content_close(m);
    free(m);
}

int laz_monitor_run(struct laz_agent_config *config)
{
    struct monitor *m = calloc(1, sizeof *m);
    struct laz_error err;
    char text[1200];
    bool failed;

    LAZ_ASSERT(m != NULL);
    m->config = config;
    m->control = m->lock = m->db_fd = m->next_db_fd = -1;
    if (init(m, &err) != LAZ_OK) {
        laz_error_text(&err, text, sizeof text);
        fprintf(stderr, "%s\n", text);
        free_monitor(m);
        return 2;
    }
    start_all(m);
    note(m, LAZ_REPORT_AGENT_STARTED, "", 0);
    if (!laz_features_have_gate(&config->features))
        note(m, LAZ_REPORT_AGENT_DEGRADED, "", 0);
    on_watch(m);
    monitor_content_watch(m);
    if (!m->failed)
        laz_loop_run(m->loop);
    stop_all(m);
    failed = m->failed;
    free_monitor(m);
    return failed ? 2 : 0;
}
