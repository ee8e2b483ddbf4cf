/* monitor_priv.h - the monitor's parts among themselves. */
#ifndef LAZ_AGENT_MONITOR_PRIV_H
#define LAZ_AGENT_MONITOR_PRIV_H

#include "agent/agent.h"
#include "agent/peer.h"
#include "sys/process.h"

struct monitor;

struct child {
    struct monitor *monitor;
    enum laz_role role;
    uint32_t number; /* which worker */
    struct laz_child process;
    struct laz_child next; /* a worker with another database, until it takes the place of process */
    struct laz_peer peer;  /* gate, broker, deeds */
    int64_t started_ms;
    bool wanted;
    bool bare; /* a worker that found the database unusable goes on without it */
    struct laz_timer restart;
};

#define CHILDREN_MAX (LAZ_ROLE_WORKER + LAZ_AGENT_WORKERS_MAX)

struct monitor {
    struct laz_agent_config *config;
    struct laz_loop *loop;
    struct child children[CHILDREN_MAX]; /* by role; workers last */
    int control, lock;
    bool ready, stopping, failed;
    bool broker_ready, gate_ready;
    uint32_t guarding;
    struct laz_timer watch;
    int64_t watched_ms;
    /* The database that the workers have: it stays open, for another may stand in its place. */
    int db_fd, next_db_fd;
    uint64_t db_id; /* of the file that was looked at last */
    unsigned failed_reloads;
    uint64_t sources_id; /* of what was told of the sources last; 0: nothing */
    struct laz_timer content;
};

/* monitor_content.c */
LAZ_CHECKED enum laz_status monitor_content_open(struct monitor *m, struct laz_error *err);
/* Looks again and again whether another database stands in the file. */
void monitor_content_watch(struct monitor *m);
/* The worker has ended, and another waits to take its place: true when it did. */
bool monitor_content_promote(struct child *c);
void monitor_content_close(struct monitor *m);

/* monitor_child.c */
/* Forks a process whose body is body(config, fds). In it, fds stand as 3, 4, …, and no other
 * descriptors of ours are open. */
typedef int child_body(const struct laz_agent_config *config, const int *fds);
LAZ_CHECKED enum laz_status monitor_fork(struct monitor *m, enum laz_role role, child_body *body,
                                         const int *fds, size_t fd_count, struct laz_child *out,
                                         struct laz_error *err);
LAZ_CHECKED enum laz_status monitor_start(struct monitor *m, struct child *c,
                                          struct laz_error *err);
bool monitor_lives(const struct child *c);
/* A worker with the database behind db_fd, announced to the broker as kind. */
LAZ_CHECKED enum laz_status monitor_start_worker(struct monitor *m, struct child *c, int db_fd,
                                                 enum laz_agent_kind kind, struct laz_child *out,
                                                 struct laz_error *err);
/* monitor.c */
void monitor_on_child_end(void *context, unsigned events);

#endif
