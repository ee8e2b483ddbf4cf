#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/monitor_priv.h"
#include "agent/vault.h"
#include "box/worker.h"
#include "link/uplink.h"
#include "sys/channel.h"
#include "sys/clock.h"
#include "sys/fd.h"

#define FIRST_FD   3
#define PARKING_FD 900 /* above every number that a child is promised */

bool monitor_lives(const struct child *c)
{
    return c->process.pidfd >= 0;
}

/* First all away, so that none is overwritten before its turn. */
static bool place_fds(const int *fds, size_t count)
{
    int parked[8];

    for (size_t i = 0; i < count; i++) {
        parked[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, PARKING_FD);
        if (parked[i] < 0)
            return false;
    }
    for (size_t i = 0; i < count; i++)
        if (dup3(parked[i], FIRST_FD + (int)i, O_CLOEXEC) < 0)
            return false;
    return syscall(SYS_close_range, FIRST_FD + (unsigned)count, ~0u, 0) == 0;
}

/* The signals that end the agent stay blocked: a Ctrl-C at the terminal reaches all, and the
 * monitor decides. */
static void become(struct monitor *m, enum laz_role role, child_body *body, const int *fds,
                   size_t fd_count, pid_t parent)
{
    int placed[8];
    char name[16];

    snprintf(name, sizeof name, "lazaret-%s", laz_role_name(role));
    laz_ignore(prctl(PR_SET_NAME, name) != 0); /* only to be read by people */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent ||
        signal(SIGPIPE, SIG_IGN) == SIG_ERR || !place_fds(fds, fd_count))
        _exit(1);
    for (size_t i = 0; i < fd_count; i++)
        placed[i] = FIRST_FD + (int)i;
    exit(body(m->config, placed));
}

enum laz_status monitor_fork(struct monitor *m, enum laz_role role, child_body *body,
                             const int *fds, size_t fd_count, struct laz_child *out,
                             struct laz_error *err)
{
    pid_t parent = getpid(), pid;

    LAZ_ASSERT(fd_count <= 8);
    pid = fork();
    if (pid < 0)
        return laz_fail_errno(err, "agent", "process", "raise the limit of processes");
    if (pid == 0)
        become(m, role, body, fds, fd_count, parent);
    out->pid = pid;
    out->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (out->pidfd < 0)
        return laz_fail_errno(err, "agent", "process", "needs Linux 5.3 or later");
    return LAZ_OK;
}

static int gate_body(const struct laz_agent_config *config, const int *fds)
{
    return laz_gate_run(config, fds[0]);
}

static int deeds_body(const struct laz_agent_config *config, const int *fds)
{
    return laz_deeds_run(config, fds[0]);
}

static int broker_body(const struct laz_agent_config *config, const int *fds)
{
    return laz_broker_run(config, fds[0], fds[1]);
}

static int vault_body(const struct laz_agent_config *config, const int *fds)
{
    struct laz_sandbox_path paths[LAZ_AGENT_TREES_MAX];
    struct laz_vault_limits limits = {.paths = paths, .path_count = config->tree_count};
    char dir[LAZ_AGENT_PATH_SIZE];

    for (size_t i = 0; i < config->tree_count; i++)
        paths[i] = (struct laz_sandbox_path){config->trees[i], true};
    laz_agent_path(config, "vault", dir);
    return laz_vault_run(fds[0], dir, &limits);
}

static int uplink_body(const struct laz_agent_config *config, const int *fds)
{
    char identity[LAZ_AGENT_PATH_SIZE], spool[LAZ_AGENT_PATH_SIZE];
    struct laz_uplink_config uplink = {.identity_dir = identity,
                                       .spool_dir = spool,
                                       .url = config->console,
                                       .token = config->token,
                                       .pin = config->pin,
                                       .hostname = config->hostname,
                                       .os = config->os,
                                       .kernel = config->kernel,
                                       .version = LAZ_PROGRAM_VERSION,
                                       .drop_identity = true,
                                       .sandbox = true};

    laz_agent_path(config, "identity", identity);
    laz_agent_path(config, "spool", spool);
    return laz_uplink_run(&uplink, fds[0]);
}

/* Gives the other end of a child's channel to who talks to it. */
static enum laz_status hand_over(struct child *to, const struct child *of, int fd)
{
    struct laz_agent_message m = {.kind = LAZ_AGENT_PEER, .number = of->role, .value = of->number};

    m.pid = (uint32_t)of->process.pid;
    return laz_peer_send(&to->peer, &m, &fd, 1);
}

enum laz_status monitor_start_worker(struct monitor *m, struct child *c, int db_fd,
                                     enum laz_agent_kind kind, struct laz_child *out,
                                     struct laz_error *err)
{
    struct laz_worker_config config = {
        .db_path = db_fd < 0 ? NULL : m->config->db, .db_fd = db_fd, .drop_identity = true};
    struct laz_agent_message message = {
        .kind = kind, .number = LAZ_ROLE_WORKER, .value = c->number};
    struct laz_worker_end end = {.channel = -1};
    LAZ_OWNED(laz_fd_drop) int channel = -1;
    enum laz_status s = laz_worker_spawn(&config, &end, err);

    if (s != LAZ_OK)
        return s;
    channel = end.channel;
    *out = end.child;
    message.pid = (uint32_t)end.child.pid;
    /* If nobody takes it, it ends by itself. */
    laz_ignore(laz_peer_send(&m->children[LAZ_ROLE_BROKER].peer, &message, &channel, 1));
    return LAZ_OK;
}

/* Vault and uplink: one channel, which goes to the gate or the broker. */
static enum laz_status start_beside(struct monitor *m, struct child *c, child_body *body,
                                    enum laz_role with, struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int ours = -1;
    LAZ_OWNED(laz_fd_drop) int theirs = -1;
    enum laz_status s;
    int ends[2];

    s = laz_channel_pair(ends, err);
    if (s != LAZ_OK)
        return s;
    ours = ends[0];
    theirs = ends[1];
    s = monitor_fork(m, c->role, body, &theirs, 1, &c->process, err);
    if (s == LAZ_OK)
        laz_ignore(hand_over(&m->children[with], c, ours)); /* else it ends by itself */
    return s;
}

static enum laz_status connect_two(struct child *a, struct child *b)
{
    LAZ_OWNED(laz_fd_drop) int first = -1;
    LAZ_OWNED(laz_fd_drop) int second = -1;
    enum laz_status s;
    int ends[2];

    if (!monitor_lives(a) || !monitor_lives(b))
        return LAZ_OK;
    s = laz_channel_pair(ends, NULL);
    if (s != LAZ_OK)
        return s;
    first = ends[0];
    second = ends[1];
    s = hand_over(a, b, first);
    return s == LAZ_OK ? hand_over(b, a, second) : s;
}

static enum laz_status start_main(struct monitor *m, struct child *c, child_body *body, int control,
                                  struct laz_error *err)
{
    static const enum laz_role mains[] = {LAZ_ROLE_GATE, LAZ_ROLE_BROKER, LAZ_ROLE_DEEDS};
    LAZ_OWNED(laz_fd_drop) int theirs = -1;
    enum laz_status s;
    int ends[2];

    s = laz_channel_pair(ends, err);
    if (s != LAZ_OK)
        return s;
    theirs = ends[1];
    s = laz_peer_open(&c->peer, ends[0], err);
    if (s == LAZ_OK) {
        int fds[2] = {theirs, control};

        s = monitor_fork(m, c->role, body, fds, control < 0 ? 1 : 2, &c->process, err);
    }
    for (size_t i = 0; s == LAZ_OK && i < sizeof mains / sizeof *mains; i++)
        if (mains[i] != c->role)
            laz_ignore(connect_two(c, &m->children[mains[i]])); /* one that just died comes again */
    return s;
}

enum laz_status monitor_start(struct monitor *m, struct child *c, struct laz_error *err)
{
    c->started_ms = laz_monotonic_ms();
    switch (c->role) {
    case LAZ_ROLE_GATE:
        atomic_store(&m->config->heartbeat->beat_ms, 0);
        return start_main(m, c, gate_body, -1, err);
    case LAZ_ROLE_DEEDS:
        return start_main(m, c, deeds_body, -1, err);
    case LAZ_ROLE_BROKER:
        m->sources_id = 0; /* a new one knows nothing of them */
        return start_main(m, c, broker_body, m->control, err);
    case LAZ_ROLE_VAULT:
        return start_beside(m, c, vault_body, LAZ_ROLE_GATE, err);
    case LAZ_ROLE_UPLINK:
        return start_beside(m, c, uplink_body, LAZ_ROLE_BROKER, err);
    case LAZ_ROLE_WORKER:
        return monitor_start_worker(m, c, c->bare ? -1 : m->db_fd, LAZ_AGENT_PEER, &c->process,
                                    err);
    case LAZ_ROLES:
        break;
    }
    return laz_fail(err, LAZ_INVALID, "agent", "", "unknown role", "");
}
