#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/gate_priv.h"
#include "box/worker.h"
#include "sys/channel.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/log.h"

#define BEAT_MS       100
#define CACHE_ENTRIES 262144
#define GLASS_MAX_MS  ((uint64_t)24 * 3600 * 1000)
#define LOCK_MAX_MS   ((uint64_t)60 * 1000)
#define FDS_WANTED    16384
#define FDS_SPARE     512 /* beside the cases: channels, trees, one buffer full of events */

void gate_answer(struct gate *g, struct laz_case *one, bool allow)
{
    LAZ_ASSERT(one->held);
    laz_watch_answer(g->group, one->fd, allow);
    one->held = false;
    g->cases.held_count--;
}

bool gate_glass_is_broken(const struct gate *g)
{
    return g->glass_until_ms != 0 && laz_monotonic_ms() < g->glass_until_ms;
}

static bool lies_in(const char *path, const char *tree)
{
    size_t len = strlen(tree);

    return strncmp(path, tree, len) == 0 &&
           (path[len] == '/' || path[len] == '\0' || (len == 1 && tree[0] == '/'));
}

/* The guarded folder that path lies in; the first one for a path that was reached another way. */
const char *gate_tree_of(struct gate *g, const char *path, size_t *index)
{
    *index = 0;
    for (size_t i = 0; i < g->config->tree_count; i++)
        if (lies_in(path, g->config->trees[i])) {
            *index = i;
            break;
        }
    return g->config->trees[*index];
}

static void on_vault_open(struct gate *g, int *fd)
{
    struct laz_error err;

    gate_vault_left(g);
    if (laz_set_nonblocking(*fd, true) != LAZ_OK ||
        laz_loop_add(g->loop, *fd, LAZ_LOOP_READ, gate_on_vault, g, &err) != LAZ_OK)
        return;
    g->vault = laz_move_fd(fd);
    gate_stops_resume(g);
}

static void on_peer(struct gate *g, const struct laz_agent_message *m, int *fds, size_t fd_count)
{
    struct laz_error err;
    enum laz_status s = LAZ_OK;

    if (fd_count != 1)
        return;
    if (m->number == LAZ_ROLE_VAULT) {
        on_vault_open(g, &fds[0]);
    } else if (m->number == LAZ_ROLE_BROKER) {
        s = laz_peer_open(&g->broker, laz_move_fd(&fds[0]), &err);
        gate_tell_waiting(g);
        gate_send_requests(g);
    } else if (m->number == LAZ_ROLE_DEEDS) {
        s = laz_peer_open(&g->deeds, laz_move_fd(&fds[0]), &err);
        gate_deeds_came(g);
        gate_stops_resume(g);
    }
    if (s != LAZ_OK)
        laz_log_error(LAZ_ERROR, "gate.channel", &err);
}

static void on_monitor(void *context, const struct laz_agent_message *m, int *fds, size_t fd_count)
{
    if (m->kind == LAZ_AGENT_PEER)
        on_peer(context, m, fds, fd_count);
}

static void on_monitor_left(void *context)
{
    struct gate *g = context;

    laz_loop_stop(g->loop);
}

static void on_lock(struct gate *g, const struct laz_agent_message *m)
{
    uint64_t ms = m->value < LOCK_MAX_MS ? m->value : LOCK_MAX_MS;

    for (size_t i = 0; i < g->config->tree_count; i++)
        if (laz_view_equal_text(m->path, g->config->trees[i]))
            g->tree_locked_ms[i] = laz_monotonic_ms() + (int64_t)ms;
}

static void on_broker(void *context, const struct laz_agent_message *m, int *fds, size_t fd_count)
{
    struct gate *g = context;

    if (m->kind == LAZ_AGENT_VERDICT)
        gate_on_verdict(g, m);
    else if (m->kind == LAZ_AGENT_STOP)
        gate_on_stop(g, m);
    else if (m->kind == LAZ_AGENT_LOCK)
        on_lock(g, m);
    else if (m->kind == LAZ_AGENT_ALLOW)
        gate_on_allow(g, m, true);
    else if (m->kind == LAZ_AGENT_UNDO)
        gate_on_undo(g, m);
    else if (m->kind == LAZ_AGENT_CONTENT)
        g->database = m->value; /* what was remembered of files is not so any more */
    else if (m->kind == LAZ_AGENT_GLASS)
        gate_on_glass(g, m->value < GLASS_MAX_MS ? m->value : GLASS_MAX_MS, m->name);
    else
        laz_log(LAZ_WARN, "gate.message", "kind=%d", (int)m->kind);
}

static void on_broker_left(void *context)
{
    gate_broker_left(context);
}

static void on_deeds(void *context, const struct laz_agent_message *m, int *fds, size_t fd_count)
{
    struct gate *g = context;

    if (m->kind == LAZ_AGENT_PUTTED)
        gate_on_put(g, m);
    else if (m->kind == LAZ_AGENT_KILLED)
        gate_on_killed(g, m);
    else if (m->kind == LAZ_AGENT_ALLOW)
        gate_on_allow(g, m, false);
    else
        laz_log(LAZ_WARN, "gate.message", "kind=%d", (int)m->kind);
}

static void on_events(void *context, unsigned events)
{
    struct gate *g = context;

    if (!laz_watch_gate_read(g->group, gate_on_event, g)) {
        laz_log(LAZ_ERROR, "gate.broken", "errno");
        laz_loop_stop(g->loop);
    }
    gate_send_requests(g);
}

static void on_names(void *context, unsigned events)
{
    struct gate *g = context;

    if (!laz_watch_names_read(g->names, gate_on_name, g))
        laz_loop_remove(g->loop, g->names);
}

static void on_beat(void *context)
{
    struct gate *g = context;
    const struct laz_case *one;
    int64_t oldest = 0;

    TAILQ_FOREACH(one, &g->cases.active, entry)
    if (one->held) {
        oldest = one->since_ms;
        break;
    }
    atomic_store(&g->config->heartbeat->oldest_ms, oldest);
    atomic_store(&g->config->heartbeat->beat_ms, laz_monotonic_ms());
    gate_tell_waiting(g);
    gate_check_glass(g);
    laz_loop_after(g->loop, &g->beat, BEAT_MS);
}

static void on_expiry(void *context)
{
    gate_expire(context, laz_monotonic_ms());
}

static void on_retry(void *context)
{
    gate_send_requests(context);
}

/* The database's file is opened here once, before anything is marked, to know it again. */
static uint64_t database_id(const char *path)
{
    LAZ_OWNED(laz_fd_drop) int fd = path == NULL ? -1 : laz_open_read(path);

    return fd < 0 ? 0 : laz_database_file_id(fd);
}

/* How many cases may be open at once. An event that finds no free descriptor is refused by the
 * kernel, so there must always be some. */
static uint32_t raise_fd_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 256;
    limit.rlim_cur = limit.rlim_max < FDS_WANTED ? limit.rlim_max : FDS_WANTED;
    laz_ignore(setrlimit(RLIMIT_NOFILE, &limit) != 0); /* what holds then is read again */
    laz_ignore(getrlimit(RLIMIT_NOFILE, &limit) != 0);
    if (limit.rlim_cur <= 2 * FDS_SPARE)
        return 64;
    return limit.rlim_cur - FDS_SPARE < LAZ_CASES_MAX ? (uint32_t)limit.rlim_cur - FDS_SPARE
                                                      : LAZ_CASES_MAX;
}

static enum laz_status make_room(struct gate *g, struct laz_error *err)
{
    enum laz_status s = laz_cases_init(&g->cases, raise_fd_limit(), err);

    if (s != LAZ_OK)
        return s;
    g->actors = calloc(GATE_ACTORS, sizeof *g->actors);
    g->threads = calloc(GATE_THREADS, sizeof *g->threads);
    g->marked = calloc(GATE_MARKED, sizeof *g->marked);
    g->cache = laz_cache_new(CACHE_ENTRIES);
    g->empty_fd = memfd_create("empty", MFD_CLOEXEC);
    if (g->actors == NULL || g->threads == NULL || g->marked == NULL || g->cache == NULL ||
        g->empty_fd < 0)
        return laz_fail(err, LAZ_NOMEM, "gate", "", "no memory", "");
    return LAZ_OK;
}

static enum laz_status open_groups(struct gate *g, struct laz_error *err)
{
    const struct laz_features *f = &g->config->features;
    enum laz_status s =
        laz_watch_gate_open(laz_features_have(f, LAZ_FEATURE_PRE_CONTENT), &g->group, err);

    if (s == LAZ_OK && laz_features_have(f, LAZ_FEATURE_NAMES))
        s = laz_watch_names_open(&g->names, err);
    if (s == LAZ_OK)
        s = laz_loop_add(g->loop, g->group, LAZ_LOOP_READ, on_events, g, err);
    if (s == LAZ_OK && g->names >= 0)
        s = laz_loop_add(g->loop, g->names, LAZ_LOOP_READ, on_names, g, err);
    g->marks.gate = g->group;
    g->marks.names = g->names;
    return s;
}

static enum laz_status init(struct gate *g, const struct laz_agent_config *config, int monitor,
                            struct laz_error *err)
{
    enum laz_status s;

    g->config = config;
    g->monitor_pid = getppid();
    g->vault = g->group = g->names = g->empty_fd = -1;
    for (size_t i = 0; i < LAZ_AGENT_TREES_MAX; i++)
        g->trees[i].fd = -1;
    g->database = database_id(config->db);
    laz_random_bytes(&g->mark_key, sizeof g->mark_key);
    laz_boot_read(&g->boot);
    s = make_room(g, err);
    if (s == LAZ_OK)
        s = laz_loop_new(&g->loop, err);
    if (s != LAZ_OK)
        return s;
    laz_peer_init(&g->monitor, g->loop, on_monitor, on_monitor_left, g);
    laz_peer_init(&g->broker, g->loop, on_broker, on_broker_left, g);
    laz_peer_init(&g->deeds, g->loop, on_deeds, NULL, g);
    g->beat = (struct laz_timer){.fn = on_beat, .context = g};
    g->expiry = (struct laz_timer){.fn = on_expiry, .context = g};
    g->retry = (struct laz_timer){.fn = on_retry, .context = g};
    s = laz_peer_open(&g->monitor, monitor, err);
    return s == LAZ_OK ? open_groups(g, err) : s;
}

static enum laz_status mark_tree(struct gate *g, size_t i, struct laz_error *err)
{
    struct laz_agent_message m = {.kind = LAZ_AGENT_GUARDING};
    uint64_t before = g->marks.marked;
    enum laz_status s;

    g->trees[i].path = g->config->trees[i];
    s = laz_tree_mark(&g->trees[i], &g->marks, err);
    if (s != LAZ_OK)
        return s;
    m.path = laz_view_of(g->trees[i].path);
    m.value = g->marks.marked - before;
    laz_ignore(laz_peer_send(&g->monitor, &m, NULL, 0)); /* only told */
    return LAZ_OK;
}

/* Marked while nobody answers yet: opens wait some milliseconds for the loop to start. */
static enum laz_status mark_trees(struct gate *g, struct laz_error *err)
{
    struct laz_agent_message m = {.kind = LAZ_AGENT_READY};

    for (size_t i = 0; i < g->config->tree_count; i++) {
        enum laz_status s = mark_tree(g, i, err);

        if (s != LAZ_OK)
            return s;
    }
    if (g->marks.skipped > 0 || g->marks.nameless > 0)
        laz_log(LAZ_WARN, "gate.marks", "skipped=%llu nameless=%llu",
                (unsigned long long)g->marks.skipped, (unsigned long long)g->marks.nameless);
    m.value = g->marks.marked;
    return laz_peer_send(&g->monitor, &m, NULL, 0);
}

static void clear(struct gate *g)
{
    /* First of all the groups: the kernel then lets everybody go. */
    laz_fd_drop(&g->group);
    laz_fd_drop(&g->names);
    laz_cases_clear(&g->cases);
    laz_cache_drop(&g->cache);
    free(g->actors);
    free(g->threads);
    free(g->marked);
    for (size_t i = 0; i < g->allowed_count; i++)
        free(g->allowed[i]);
    for (; g->waiting_count > 0; g->waiting_count--) {
        free(g->waiting[g->waiting_first].bytes);
        g->waiting_first = (g->waiting_first + 1) % GATE_WAITING;
    }
    laz_loop_drop(&g->loop);
    free(g);
}

int laz_gate_run(const struct laz_agent_config *config, int monitor)
{
    struct gate *g = calloc(1, sizeof *g);
    struct laz_error err;
    struct stat own;
    enum laz_status s;

    LAZ_ASSERT(g != NULL);
    s = init(g, config, monitor, &err);
    if (stat(config->data, &own) == 0) {
        g->marks.own_device = own.st_dev;
        g->marks.own_inode = own.st_ino;
    }
    laz_ignore(setpriority(PRIO_PROCESS, 0, -10) != 0); /* faster answers where it is allowed */
    laz_ignore(mlockall(MCL_CURRENT) != 0);             /* likewise */
    if (s == LAZ_OK)
        laz_peer_receive(&g->monitor); /* the other processes, so that none is a stranger */
    if (s == LAZ_OK)
        s = mark_trees(g, &err);
    if (s != LAZ_OK) {
        clear(g);
        laz_log_error(LAZ_ERROR, "gate.failed", &err);
        return 1;
    }
    on_beat(g);
    laz_loop_run(g->loop);
    clear(g);
    return 0;
}
