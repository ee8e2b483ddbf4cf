/* stop.h - ends a process and its descendants, by pidfd: a later process of the same number is
 * never hit. */
#ifndef LAZ_AGENT_STOP_H
#define LAZ_AGENT_STOP_H

#include <sys/types.h>

#include "base/status.h"

#define LAZ_STOP_PROCESSES_MAX 256

/* Stops (SIGSTOP) the process with that start time and all that descend from it, then kills them
 * and waits up to wait_ms until they are gone. own: our monitor, which with its children is never
 * touched. LAZ_NOT_FOUND when it had ended already, LAZ_DENIED when it is one that must never be
 * ended, LAZ_TIMEOUT when something still lives. *count: processes ended. */
LAZ_CHECKED enum laz_status laz_stop_process(pid_t pid, uint64_t ticks, pid_t own, int wait_ms,
                                             uint32_t *count);

#endif
