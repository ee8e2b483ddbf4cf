/* gate_priv.h - the gate's parts among themselves. The gate opens nothing on a guarded tree but
 * directories and O_PATH, and waits for nobody: every answer comes by its loop. */
#ifndef LAZ_AGENT_GATE_PRIV_H
#define LAZ_AGENT_GATE_PRIV_H

#include "agent/agent.h"
#include "agent/case.h"
#include "agent/peer.h"
#include "agent/tree.h"
#include "sys/watch.h"
#include "wire/vault_message.h"

#define GATE_ACTORS  4096u  /* by number, the later in the same place wins */
#define GATE_THREADS 8192u  /* likewise */
#define GATE_MARKED  65536u /* files that an actor has in the vault, or made; full: begun again */
#define GATE_STOPS   64u
#define GATE_ALLOWED 256u
#define GATE_WAITING 1024u /* messages for a broker that is away or slow */

struct gate_actor {
    struct laz_actor who;
    bool known, own, told; /* told: to the present broker */
    bool stopped;
    bool spared; /* would have been stopped, and it was told, while the glass was broken */
};

struct gate_thread {
    pid_t tid, pid;
};

/* An actor that is stopped and rolled back. */
struct gate_stop {
    char actor[LAZ_ACTOR_KEY_SIZE]; /* "": free */
    char reasons[256];
    uint64_t files, job; /* job: of who asked for an undo, or 0 */
    bool killed, done;
    int64_t since_ms;
    uint64_t restored, failed;
    uint64_t id;
    unsigned tries;
};

struct gate_waiting {
    uint8_t *bytes;
    size_t len;
};

struct gate {
    const struct laz_agent_config *config;
    struct laz_loop *loop;
    struct laz_boot boot;
    pid_t monitor_pid;
    struct laz_peer monitor, broker, deeds;
    int vault; /* a channel of wire/vault_message.h; -1: away */
    int group, names;
    struct laz_tree trees[LAZ_AGENT_TREES_MAX];
    int64_t tree_locked_ms[LAZ_AGENT_TREES_MAX]; /* until then nobody writes there */
    struct laz_tree_marks marks;
    struct laz_cases cases;
    struct laz_cache *cache;
    uint64_t database;
    struct gate_actor *actors;
    struct gate_thread *threads;
    uint64_t *marked, mark_key;
    uint32_t marked_count;
    uint32_t scans_sent, unsent;
    struct gate_stop stops[GATE_STOPS];
    uint64_t stop_id;
    char *allowed[GATE_ALLOWED];
    size_t allowed_count;
    int64_t glass_until_ms; /* break-glass: nothing is held until then */
    struct gate_waiting waiting[GATE_WAITING];
    size_t waiting_first, waiting_count;
    char rolling_actor[LAZ_ACTOR_KEY_SIZE]; /* of an interrupted rollback that the vault finishes */
    int empty_fd;                           /* an empty file: the old content of a new one */
    struct laz_timer beat, expiry, retry;
};

/* gate.c */
void gate_answer(struct gate *g, struct laz_case *one, bool allow);
bool gate_glass_is_broken(const struct gate *g);
const char *gate_tree_of(struct gate *g, const char *path, size_t *index);

/* gate_case.c: from events to cases */
void gate_on_event(void *context, const struct laz_watch_event *event);
void gate_send_requests(struct gate *g);
void gate_settle(struct gate *g, struct laz_case *one);
void gate_expire(struct gate *g, int64_t now);

/* gate_answer.c: what others say of a case */
void gate_on_verdict(struct gate *g, const struct laz_agent_message *m);
void gate_on_put(struct gate *g, const struct laz_agent_message *m);
void gate_on_vault(void *context, unsigned events);
void gate_broker_left(struct gate *g);
void gate_vault_left(struct gate *g);
void gate_deeds_came(struct gate *g);

/* gate_actor.c: who is who */
struct gate_actor *gate_actor_of_thread(struct gate *g, pid_t tid);
/* Also when the process is gone meanwhile, by what was seen of it. */
struct gate_actor *gate_actor_remembered(struct gate *g, pid_t tid);
struct gate_actor *gate_actor_find(struct gate *g, struct laz_view key);
void gate_actor_tell(struct gate *g, struct gate_actor *a);
bool gate_is_allowed(struct gate *g, struct gate_actor *actor);
bool gate_digest_is_allowed(const struct gate *g, const uint8_t digest[32]);
enum gate_mark { GATE_MARK_KEPT, GATE_MARK_MADE };
/* What a verdict is remembered by: the file as it is, under the path that it was opened by. */
bool gate_key_of(const struct gate *g, int fd, struct laz_cache_key *out);
bool gate_is_marked(const struct gate *g, const char *actor, const struct laz_cache_key *key,
                    enum gate_mark kind);
void gate_mark(struct gate *g, const char *actor, const struct laz_cache_key *key,
               enum gate_mark kind);

/* gate_names.c */
void gate_on_name(void *context, const struct laz_watch_name_event *e);

/* gate_stop.c */
void gate_on_stop(struct gate *g, const struct laz_agent_message *m);
void gate_on_undo(struct gate *g, const struct laz_agent_message *m);
void gate_on_killed(struct gate *g, const struct laz_agent_message *m);
void gate_on_restored(struct gate *g, const struct laz_vault_restored_message *m, bool left);
void gate_on_rolled_back(struct gate *g, const struct laz_vault_rolled_back_message *m);
void gate_stops_resume(struct gate *g); /* after the vault or deeds came back */
/* True until it is known that it ended, or that it cannot be ended. */
bool gate_stop_is_pending(struct gate *g, const char *actor);
void gate_on_allow(struct gate *g, const struct laz_agent_message *m, bool tell);
void gate_on_glass(struct gate *g, uint64_t ms, struct laz_view why);
void gate_check_glass(struct gate *g); /* ends it when its time is over */

/* gate_tell.c */
/* To the broker, now or when it is there again. */
void gate_tell(struct gate *g, const struct laz_agent_message *m);
void gate_tell_waiting(struct gate *g);
struct gate_report {
    enum laz_report_code code;
    enum laz_trigger trigger;
    enum laz_action action;
    unsigned verdict; /* enum laz_verdict_kind, or 255 for none */
    const char *actor, *path, *reason;
    uint64_t size, job;
    const uint8_t *digest;
    const char *members; /* JSON members for the event, or NULL */
};
void gate_report(struct gate *g, const struct gate_report *r);
/* A report of a case. members may be NULL; detections of the case are added. */
void gate_report_case(struct gate *g, enum laz_report_code code, enum laz_action action,
                      struct laz_case *one, unsigned verdict, const char *members);
LAZ_CHECKED enum laz_status gate_ask_vault(struct gate *g, const struct laz_vault_message *m,
                                           int fd);

#endif
