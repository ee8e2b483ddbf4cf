/* event.h - what happened, as one JSON object of OCSF's classes: Detection Finding (2004) for what
 * was found and done, Application Lifecycle (6002) for the agent itself. */
#ifndef LAZ_AGENT_EVENT_H
#define LAZ_AGENT_EVENT_H

#include "base/buf.h"
#include "wire/agent_message.h"

#define LAZ_EVENT_NO_VERDICT 255u

/* Who did it, as far as it is known. All views may be empty. */
struct laz_event_actor {
    uint32_t pid, parent, uid;
    int64_t created_ms;
    struct laz_view name, exe, command, user;
};

struct laz_event {
    enum laz_report_code code;
    int64_t time_ms; /* Unix time */
    enum laz_trigger trigger;
    enum laz_action action;
    unsigned verdict; /* enum laz_verdict_kind, or LAZ_EVENT_NO_VERDICT */
    struct laz_view hostname;
    struct laz_view incident;            /* an actor's key; "" for none */
    const struct laz_event_actor *actor; /* NULL: not known */
    struct laz_view path;                /* exact bytes; "" for no file */
    uint64_t size;
    const uint8_t *sha256; /* NULL: not known */
    struct laz_view reason;
    struct laz_view
        members; /* more members of "unmapped", as JSON without braces; ours, not hostile */
};

/* OCSF's numbers: 1 informational … 5 critical. */
unsigned laz_event_severity(enum laz_report_code code);
bool laz_event_is_finding(enum laz_report_code code);

/* One line. The buffer's own mark says whether it fits. */
void laz_event_add_json(const struct laz_event *e, struct laz_buf *b);

#endif
