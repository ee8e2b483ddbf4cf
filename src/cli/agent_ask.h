/* agent_ask.h - what the commands ask of the running agent, by its control socket. */
#ifndef LAZ_CLI_AGENT_ASK_H
#define LAZ_CLI_AGENT_ASK_H

#include "base/status.h"
#include "link/json.h"

/* Sends one request to the agent on this data folder; *out is its answer, which said "ok", and is
 * yours. LAZ_NOT_FOUND: no agent runs there. */
LAZ_CHECKED enum laz_status laz_agent_ask(const char *data, const char *request, cJSON **out,
                                          struct laz_error *err);

#endif
