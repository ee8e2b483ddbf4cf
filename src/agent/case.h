/* case.h - one file that the gate looks at: an open that waits, or a file that was written. A case
 * ends when nobody waits for it and it waits for nobody. Fixed room; a case is named by its job,
 * which is never used again. */
#ifndef LAZ_AGENT_CASE_H
#define LAZ_AGENT_CASE_H

#include <sys/queue.h>

#include "agent/actor.h"
#include "agent/intent.h"
#include "box/cache.h"
#include "wire/agent_message.h"

#define LAZ_CASES_MAX 4096u

/* What a case waits for. */
enum laz_case_wait {
    LAZ_WAIT_KEPT = 1,    /* the vault's copy */
    LAZ_WAIT_VERDICT = 2, /* the broker's answer, or that of the case that leads it */
    LAZ_WAIT_OLD = 4,     /* the vault's old content, for a comparison */
    LAZ_WAIT_PUT = 8,     /* quarantine */
    LAZ_WAIT_STOP = 16,   /* the end of who waits: it is being stopped, and refused after that */
};

struct laz_case {
    uint64_t job; /* 0: free */
    int fd;
    enum laz_trigger trigger;
    bool held;              /* somebody waits for our answer */
    bool bad;               /* known to be malicious: refused even when nobody answers in time */
    unsigned waits, unsent; /* unsent: requests of waits that a full channel has not taken yet */
    int64_t since_ms, deadline_ms;
    char actor[LAZ_ACTOR_KEY_SIZE]; /* "" when it is not known */
    struct laz_cache_key key;
    uint64_t leader;  /* the case whose verdict is ours too; 0: none */
    char *path;       /* owned; NULL until it is needed */
    char *detections; /* owned; JSON array, of a malicious one */
    char reason[32];
    uint8_t digest[32];
    TAILQ_ENTRY(laz_case) entry;
};

TAILQ_HEAD(laz_case_list, laz_case);

struct laz_cases {
    struct laz_case *room;             /* count of them */
    struct laz_case_list active, free; /* active: oldest first */
    uint32_t count, active_count, held_count;
    uint64_t generation;
};

LAZ_CHECKED enum laz_status laz_cases_init(struct laz_cases *c, uint32_t count,
                                           struct laz_error *err);
void laz_cases_clear(struct laz_cases *c); /* closes what is open */

/* A new case; NULL when there is no room. Takes fd. */
struct laz_case *laz_case_new(struct laz_cases *c, int fd, enum laz_trigger trigger);
void laz_case_end(struct laz_cases *c, struct laz_case *one);
/* NULL when the job is over or was never one. */
struct laz_case *laz_case_find(struct laz_cases *c, uint64_t job);
/* The case that waits for the verdict on the same unchanged file, or NULL. */
struct laz_case *laz_case_find_scan(struct laz_cases *c, const struct laz_cache_key *key);
/* True when the same file is on its way to quarantine. */
bool laz_case_is_put(struct laz_cases *c, const struct laz_cache_key *key);

/* Where fd's file stands now, in out, or stood last when only another name of it is left; "" when
 * it cannot be told or it has no name any more. */
void laz_fd_path(int fd, char *out, size_t size);
/* path, read when it is needed; "" as above. */
const char *laz_case_path(struct laz_case *one);

#endif
