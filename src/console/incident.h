/* incident.h - what people look at: the events of one actor, in order, and what was done about
 * them. Here are the rules only; incident_store.h keeps the rows. Pure. */
#ifndef LAZ_CONSOLE_INCIDENT_H
#define LAZ_CONSOLE_INCIDENT_H

#include "console/event.h"

/* A stronger kind replaces a weaker one while events come in. */
enum laz_incident_kind {
    LAZ_INCIDENT_NONE, /* the event joins an incident that is there, but opens none */
    LAZ_INCIDENT_AGENT_TROUBLE,
    LAZ_INCIDENT_MALWARE_FOUND,
    LAZ_INCIDENT_RANSOMWARE_STOPPED,
};

/* "incident.malware_found"; "" for none. */
const char *laz_incident_code(enum laz_incident_kind kind);

/* What an event says about its incident. */
enum laz_incident_kind laz_incident_kind_of(const struct laz_event *e);

/* From this severity on an event opens a closed incident again. */
#define LAZ_INCIDENT_REOPENS 4
bool laz_incident_reopens(const struct laz_event *e);

#define LAZ_INCIDENT_KEY_SIZE 320

/* The key of the event's incident. Trouble of an agent that names none belongs to one incident a
 * day, so that a worker that dies again after the first one was looked at is seen. False when the
 * event belongs to no incident. */
bool laz_incident_key(const struct laz_event *e, char out[LAZ_INCIDENT_KEY_SIZE]);

/* True when the event says that something happened to its file that people count. */
bool laz_incident_counts_file(const struct laz_event *e);

/* "resolved", "false_alarm" or "test". */
bool laz_incident_reason_is_valid(const char *reason);

#endif
