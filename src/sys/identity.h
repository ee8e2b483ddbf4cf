/* identity.h - who our processes are when they need no privilege. */
#ifndef LAZ_SYS_IDENTITY_H
#define LAZ_SYS_IDENTITY_H

#include <sys/types.h>

#include "base/status.h"

/* Each has a user of its own, so that none can touch the processes and files of another. */
enum laz_identity_role {
    LAZ_IDENTITY_AGENT,   /* broker and uplink: user lazaret, or 61980 */
    LAZ_IDENTITY_CONSOLE, /* user lazaret-console, or 61981 */
    LAZ_IDENTITY_WORKER,  /* what reads hostile bytes: user lazaret-worker, or 61982 */
};

struct laz_identity {
    uid_t uid;
    gid_t gid;
};

/* The named user when the machine has it, else the number above as user and group. Asks the user
 * database (for a worker only /etc/passwd), so it comes before the sandbox. */
void laz_identity_find(enum laz_identity_role role, struct laz_identity *out);

/* Becomes that user for good: no other groups, no capabilities, no way back. A process that was not
 * started as root stays who it is: *dropped (may be NULL) is then false, and the result LAZ_OK.
 * On failure the process must end: it may have lost some of its ids. */
LAZ_CHECKED enum laz_status laz_identity_drop(enum laz_identity_role role, bool *dropped,
                                              struct laz_error *err);

#endif
