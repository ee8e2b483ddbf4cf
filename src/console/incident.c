#include "console/incident.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MS_PER_DAY 86400000
#define FINDING    2004 /* OCSF: Detection Finding */

static const struct {
    const char *code;
    enum laz_incident_kind kind;
} rules[] = {
    {"actor.stopped", LAZ_INCIDENT_RANSOMWARE_STOPPED},
    {"file.rolled_back", LAZ_INCIDENT_RANSOMWARE_STOPPED},
    {"rollback.done", LAZ_INCIDENT_RANSOMWARE_STOPPED},
    {"file.blocked", LAZ_INCIDENT_MALWARE_FOUND},
    {"file.quarantined", LAZ_INCIDENT_MALWARE_FOUND},
    {"file.quarantine_failed", LAZ_INCIDENT_MALWARE_FOUND},
    {"worker.died", LAZ_INCIDENT_AGENT_TROUBLE},
    {"process.died", LAZ_INCIDENT_AGENT_TROUBLE},
    {"spool.gap", LAZ_INCIDENT_AGENT_TROUBLE},
    {"content.refused", LAZ_INCIDENT_AGENT_TROUBLE},
};

const char *laz_incident_code(enum laz_incident_kind kind)
{
    switch (kind) {
    case LAZ_INCIDENT_NONE:
        return "";
    case LAZ_INCIDENT_AGENT_TROUBLE:
        return "incident.agent_trouble";
    case LAZ_INCIDENT_MALWARE_FOUND:
        return "incident.malware_found";
    case LAZ_INCIDENT_RANSOMWARE_STOPPED:
        return "incident.ransomware_stopped";
    }
    return "";
}

/* What people did with an incident's file afterwards is part of its story, not a new find. */
static bool is_aftermath(const char *code)
{
    return strcmp(code, "file.restored") == 0 || strcmp(code, "file.deleted") == 0 ||
           strcmp(code, "command.done") == 0 || strcmp(code, "actor.allowed") == 0;
}

enum laz_incident_kind laz_incident_kind_of(const struct laz_event *e)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (strcmp(e->code, rules[i].code) == 0)
            return rules[i].kind;
    if (e->class_uid == FINDING && strcmp(e->verdict, "malicious") == 0 && !is_aftermath(e->code))
        return LAZ_INCIDENT_MALWARE_FOUND;
    return LAZ_INCIDENT_NONE;
}

bool laz_incident_reopens(const struct laz_event *e)
{
    return e->severity >= LAZ_INCIDENT_REOPENS && laz_incident_kind_of(e) != LAZ_INCIDENT_NONE;
}

bool laz_incident_key(const struct laz_event *e, char out[LAZ_INCIDENT_KEY_SIZE])
{
    int len;

    if (e->incident_key[0] != '\0')
        len = snprintf(out, LAZ_INCIDENT_KEY_SIZE, "%s", e->incident_key);
    else if (laz_incident_kind_of(e) == LAZ_INCIDENT_AGENT_TROUBLE)
        len = snprintf(out, LAZ_INCIDENT_KEY_SIZE, "trouble:%s:%" PRId64, e->code,
                       e->time_ms / MS_PER_DAY);
    else if (laz_incident_kind_of(e) != LAZ_INCIDENT_NONE)
        len = snprintf(out, LAZ_INCIDENT_KEY_SIZE, "file:%.64s:%" PRId64, e->sha256,
                       e->time_ms / MS_PER_DAY);
    else
        return false;
    return len > 0 && len < LAZ_INCIDENT_KEY_SIZE;
}

bool laz_incident_counts_file(const struct laz_event *e)
{
    static const char *const codes[] = {"file.blocked", "file.quarantined",
                                        "file.quarantine_failed", "file.rolled_back"};

    if (e->path[0] == '\0')
        return false;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (strcmp(e->code, codes[i]) == 0)
            return true;
    return false;
}

bool laz_incident_reason_is_valid(const char *reason)
{
    return strcmp(reason, "resolved") == 0 || strcmp(reason, "false_alarm") == 0 ||
           strcmp(reason, "test") == 0;
}
