/* broker_priv.h - the broker's parts among themselves. The broker has no privilege; it talks to the
 * workers, the console's uplink and the people at control.sock. */
#ifndef LAZ_AGENT_BROKER_PRIV_H
#define LAZ_AGENT_BROKER_PRIV_H

#include <sys/queue.h>

#include "agent/actor.h"
#include "agent/agent.h"
#include "agent/event.h"
#include "agent/guard.h"
#include "agent/peer.h"
#include "box/worker.h"
#include "store/spool.h"

#define BROKER_ACTORS       4096u
#define BROKER_JOBS         1024u
#define BROKER_CLIENTS      8u
#define BROKER_ASKED        64u
#define BROKER_ANSWERED     256u
#define BROKER_COMMAND_SIZE 72

struct broker;

struct broker_actor {
    char key[LAZ_ACTOR_KEY_SIZE]; /* "": free */
    uint32_t pid, parent, uid;
    int64_t created_ms;
    char name[32], exe[LAZ_ACTOR_TEXT_SIZE], command[LAZ_ACTOR_TEXT_SIZE];
};

/* A scan or, with two descriptors, a comparison. */
struct broker_job {
    uint64_t job; /* the gate's; of a scan */
    int fd, old_fd;
    bool held, made;
    char *path;         /* owned */
    char *actor, *tree; /* owned; of a comparison */
    TAILQ_ENTRY(broker_job) entry;
};
TAILQ_HEAD(broker_jobs, broker_job);

struct broker_worker {
    struct broker *broker;
    uint32_t number;
    int fd;
    bool ready, stuck;
    struct broker_job *job; /* NULL: idle */
    int next_fd; /* a worker with another database, which takes over when this one is idle; or -1 */
    bool next_ready;
    uint64_t next_rules, next_hashes;
    int64_t since_ms;
};

struct broker_client {
    struct broker *broker;
    int fd;
    bool trusted; /* root, or who runs the agent */
};

/* Something that was asked of the gate or deeds for a console or a client. */
struct broker_asked {
    uint64_t job;                      /* 0: free */
    char command[BROKER_COMMAND_SIZE]; /* the console's id; "" for a client */
    char kind[32];
    int client; /* index, or -1 */
};

struct broker {
    const struct laz_agent_config *config;
    struct laz_loop *loop;
    struct laz_boot boot;
    struct laz_peer monitor, gate, deeds;
    int uplink, control;
    uid_t owner; /* who runs the agent */
    struct broker_worker workers[LAZ_AGENT_WORKERS_MAX];
    struct broker_jobs urgent, compare, later;
    uint32_t job_count;
    struct broker_client clients[BROKER_CLIENTS];
    struct broker_asked asked[BROKER_ASKED];
    uint64_t next_job;
    char answered[BROKER_ANSWERED][BROKER_COMMAND_SIZE]; /* a ring */
    uint32_t answered_count;
    struct broker_actor *actors;
    struct laz_guard *guard;
    struct laz_spool *spool;
    struct laz_buf users; /* /etc/passwd as it was at the start */
    struct laz_buf last_state;
    uint64_t rules, hashes;
    bool bare;             /* the workers have no database */
    int64_t content_ms;    /* of the database's file */
    uint64_t next_content; /* id of the database that workers are turning to; 0: none */
    int64_t next_content_ms;
    uint64_t refused_content; /* id of the last one that was told to be unusable */
    bool turned;              /* a worker has it */
    struct broker_sources {
        bool known, held;
        uint64_t count, failing;
        char problem[256];
        struct laz_buf list; /* JSON, put together by us */
    } sources;               /* of content, as 'lazaret content' says */
    bool online, glass;
    struct laz_timer sync, tell, wall;
};

/* broker.c */
void broker_event(struct broker *b, const struct laz_event *e);
/* Fills who from what is known of the actor; false when nothing is. */
bool broker_actor_find(struct broker *b, struct laz_view key, struct laz_event_actor *who);
void broker_simple_event(struct broker *b, enum laz_report_code code, const char *members);

/* broker_jobs.c */
void broker_jobs_init(struct broker *b);
void broker_jobs_clear(struct broker *b); /* unanswered: the gate asks the next broker */
void broker_on_scan(struct broker *b, const struct laz_agent_message *m, int *fds);
void broker_on_changed(struct broker *b, const struct laz_agent_message *m, int *fds);
void broker_on_worker(struct broker *b, const struct laz_agent_message *m, int *fd);
void broker_check_walls(struct broker *b);

/* broker_content.c: workers with another database take the place of those that are there. */
void broker_on_content(struct broker *b, const struct laz_agent_message *m);
void broker_on_sources(struct broker *b, const struct laz_agent_message *m);
void broker_on_next(struct broker *b, const struct laz_agent_message *m, int *fd);
/* The worker has nothing to do: if another waits for its place, it takes it. */
void broker_content_turn(struct broker_worker *w);
/* broker_jobs.c, for it */
void broker_on_worker_ready(void *context, unsigned events);
void broker_give_work(struct broker *b);

/* broker_guard.c */
void broker_observe(struct broker *b, struct laz_view actor,
                    const struct laz_guard_observation *deed);
void broker_on_renamed(struct broker *b, const struct laz_agent_message *m);
void broker_on_deleted(struct broker *b, const struct laz_agent_message *m);

/* broker_link.c */
void broker_on_uplink(struct broker *b, int *fd);
void broker_tell_state(struct broker *b);
void broker_wake_uplink(struct broker *b);
/* What was asked is answered: tells the console or the client. */
void broker_answered(struct broker *b, uint64_t job, bool ok, const char *code,
                     const char *members);
struct broker_asked *broker_ask(struct broker *b, const char *kind, const char *command,
                                int client);

/* state.c */
void broker_add_state(struct broker *b, struct laz_buf *out);

/* control.c */
/* fd: a listening socket, or -1 for none. */
LAZ_CHECKED enum laz_status broker_control_open(struct broker *b, int fd, struct laz_error *err);
void broker_control_answer(struct broker *b, int client, bool ok, const char *code,
                           const char *members);

#endif
