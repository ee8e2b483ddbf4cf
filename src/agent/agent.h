/* agent.h - what all processes of the agent know from the start: the arguments, and what was found.
 * See README.md for who runs as whom. */
#ifndef LAZ_AGENT_AGENT_H
#define LAZ_AGENT_AGENT_H

#include <limits.h>

#include "agent/counters.h"
#include "agent/features.h"
#include "base/status.h"

#define LAZ_AGENT_TREES_MAX   64
#define LAZ_AGENT_WORKERS_MAX 8
#define LAZ_AGENT_DBS_MAX     4

struct laz_agent_config {
    const char *data;
    const char *trees[LAZ_AGENT_TREES_MAX]; /* real paths */
    size_t tree_count;
    bool part_of_disk; /* one of the trees is not the root of its file system */
    const char *db;    /* NULL: none was found */
    const char
        *db_places[LAZ_AGENT_DBS_MAX]; /* where one may stand, the first wins; ends with NULL */
    const char *console, *token, *pin;
    const char *hostname, *os, *kernel;
    uint32_t workers;
    uint32_t open_ms, exec_ms, keep_ms; /* how long each may be held */
    int ready_fd;
    struct laz_features features;
    struct laz_counters *counters;
    struct laz_heartbeat *heartbeat;
};

enum laz_role {
    LAZ_ROLE_GATE,
    LAZ_ROLE_VAULT,
    LAZ_ROLE_DEEDS,
    LAZ_ROLE_BROKER,
    LAZ_ROLE_UPLINK,
    LAZ_ROLE_WORKER,
    LAZ_ROLES,
};
const char *laz_role_name(enum laz_role role);

/* Below the data folder. */
#define LAZ_AGENT_PATH_SIZE (PATH_MAX + 32)
void laz_agent_path(const struct laz_agent_config *config, const char *name,
                    char out[LAZ_AGENT_PATH_SIZE]);

/* The bodies of the processes. Each runs until its channel to the monitor closes or it is told to
 * stop, and returns its exit status. */
int laz_monitor_run(struct laz_agent_config *config);
int laz_gate_run(const struct laz_agent_config *config, int monitor);
int laz_broker_run(const struct laz_agent_config *config, int monitor, int control);
int laz_deeds_run(const struct laz_agent_config *config, int monitor);

#endif
