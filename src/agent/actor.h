/* actor.h - who does something to files: a process of this boot, told from a later one with the
 * same number by its start time. Read from /proc while the process waits for the gate, or later
 * when it still lives. */
#ifndef LAZ_AGENT_ACTOR_H
#define LAZ_AGENT_ACTOR_H

#include <sys/types.h>

#include "base/status.h"
#include "base/view.h"

#define LAZ_ACTOR_KEY_SIZE  65
#define LAZ_ACTOR_TEXT_SIZE 512

/* The machine's boot, read once. */
struct laz_boot {
    char id[9]; /* the first 8 digits of the kernel's random id */
    int64_t start_ms;
    uint32_t ticks_per_s;
};
void laz_boot_read(struct laz_boot *out);

struct laz_actor {
    char key[LAZ_ACTOR_KEY_SIZE]; /* actor:<boot>:<pid>:<start ticks> */
    pid_t pid, parent;
    uint64_t ticks; /* of its start, since boot */
    int64_t created_ms;
    uint32_t uid;
    char name[32];
    /* Hostile: what the process says of itself. */
    char exe[LAZ_ACTOR_TEXT_SIZE], command[LAZ_ACTOR_TEXT_SIZE];
};

/* The process of the thread tid, all but exe and command. False when it is gone. */
bool laz_actor_identify(const struct laz_boot *boot, pid_t tid, struct laz_actor *out);
/* exe and command; "" what cannot be read. */
void laz_actor_describe(struct laz_actor *actor);

/* Parent and start of a process, from /proc/PID/stat. */
bool laz_process_read(pid_t pid, pid_t *parent, uint64_t *ticks);
/* False when key is none of this boot. */
bool laz_actor_key_parse(const struct laz_boot *boot, struct laz_view key, pid_t *pid,
                         uint64_t *ticks);

#endif
