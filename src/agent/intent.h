/* intent.h - what a thread that waits for the gate asked for: read from the arguments of its system
 * call. What cannot be told (io_uring, kernel threads, other calls) counts as writing. */
#ifndef LAZ_AGENT_INTENT_H
#define LAZ_AGENT_INTENT_H

#include <sys/types.h>

#include "base/view.h"

struct laz_intent {
    bool reads, writes, creates;
};

/* Where the flags of an open call are. */
enum laz_intent_place {
    LAZ_INTENT_KNOWN,     /* *out says it */
    LAZ_INTENT_IN_MEMORY, /* at *address of the thread: openat2's struct open_how */
};
/* line: of /proc/TID/syscall. */
enum laz_intent_place laz_intent_parse(struct laz_view line, struct laz_intent *out,
                                       uint64_t *address);
/* From O_RDONLY and so on. */
struct laz_intent laz_intent_of_flags(uint64_t flags);

struct laz_intent laz_intent_of_thread(pid_t tid);

#endif
