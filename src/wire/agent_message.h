/* agent_message.h - what the agent's processes say to each other, one message a packet. A kind has
 * exactly the fields that the table in agent_message.c gives it, all of them, in the order below;
 * anything else is LAZ_DAMAGED. What an unprivileged process says is checked again by who acts. */
#ifndef LAZ_WIRE_AGENT_MESSAGE_H
#define LAZ_WIRE_AGENT_MESSAGE_H

#include "base/buf.h"
#include "base/status.h"

#define LAZ_AGENT_ACTOR_MAX   64u
#define LAZ_AGENT_NAME_MAX    255u
#define LAZ_AGENT_PATH_MAX    4096u
#define LAZ_AGENT_TEXT_MAX    (32u * 1024u)
#define LAZ_AGENT_MESSAGE_MAX ((size_t)64 * 1024)

/* The numbers stand on the wire. */
enum laz_agent_kind {
    /* monitor to its children */
    LAZ_AGENT_PEER = 2, /* a channel to another: number (role), value (which worker), pid; one fd */
    LAZ_AGENT_NOTE = 3, /* to the broker: number (report code), name, value */
    /* to the broker: workers with another database come; and from it to the gate: they are all
     * there. value: the database's id, extra: its time in milliseconds */
    LAZ_AGENT_CONTENT = 4,
    LAZ_AGENT_NEXT =
        5, /* to the broker: a worker that takes another's place: value (which); one fd */
    LAZ_AGENT_SOURCES = 6, /* to the broker: text (JSON: how the sources of content are) */
    /* children to the monitor */
    LAZ_AGENT_READY = 10,    /* value: marks */
    LAZ_AGENT_GUARDING = 11, /* path, value (marks) */
    LAZ_AGENT_STUCK = 12,    /* value: which worker */
    /* gate to broker */
    LAZ_AGENT_ACTOR = 20,   /* who an actor is */
    LAZ_AGENT_SCAN = 21,    /* job, number (1: somebody waits), path; one fd */
    LAZ_AGENT_CHANGED = 22, /* actor, path, other (tree), number (1: made); fds old, new */
    LAZ_AGENT_RENAMED = 23, /* actor, path, other (new), name unused */
    LAZ_AGENT_DELETED = 24, /* actor, path */
    LAZ_AGENT_REPORT = 25,  /* what is to be told */
    /* broker to gate */
    LAZ_AGENT_VERDICT = 40, /* job, number (kind), name (reason), digest, text (detections) */
    LAZ_AGENT_STOP = 41,    /* actor, text (reasons), value (files) */
    LAZ_AGENT_LOCK = 42,    /* path (tree), value (milliseconds): nobody writes there */
    LAZ_AGENT_ALLOW = 43,   /* path: an actor's key, an executable's path, or sha256:HEX; also
                               between gate and deeds, which keep it */
    LAZ_AGENT_UNDO = 44,    /* job, actor */
    LAZ_AGENT_GLASS = 45,   /* value: milliseconds without holds, 0 ends it; name: why */
    /* broker to deeds, and the answer */
    LAZ_AGENT_RESTORE = 60, /* job, name (quarantine id) */
    LAZ_AGENT_REMOVE = 61,  /* job, name (quarantine id) */
    LAZ_AGENT_DONE = 62,    /* job, status, name (quarantine id), path, text (why) */
    /* gate to deeds, and the answers */
    LAZ_AGENT_PUT = 70,    /* job, actor, path, name (reason), digest, text; one fd */
    LAZ_AGENT_PUTTED = 71, /* job, status, name (quarantine id), value (size), digest, text (why) */
    LAZ_AGENT_KILL = 72,   /* job, pid, value (start ticks) */
    LAZ_AGENT_KILLED = 73, /* job, status, value (processes) */
};

/* Fields that a kind does not have are zero, and views empty. */
struct laz_agent_message {
    enum laz_agent_kind kind;
    uint64_t job, value, extra;
    uint32_t number, pid;
    enum laz_status status;
    uint8_t digest[32];
    struct laz_view actor, name, path, other, text;
};

/* Adds m to out. Texts that are too long are cut, but a path or actor is LAZ_INVALID. */
LAZ_CHECKED enum laz_status laz_agent_message_write(const struct laz_agent_message *m,
                                                    struct laz_buf *out);
/* The views of *out are borrowed from bytes; they hold no NUL. */
LAZ_CHECKED enum laz_status laz_agent_message_read(struct laz_view bytes,
                                                   struct laz_agent_message *out);

/* What a REPORT says in number: code, and in extra: trigger, action and verdict, 8 bits each. */
enum laz_report_code {
    LAZ_REPORT_NONE,
    LAZ_REPORT_AGENT_STARTED,
    LAZ_REPORT_AGENT_STOPPED,
    LAZ_REPORT_AGENT_DEGRADED,
    LAZ_REPORT_FILE_BLOCKED,
    LAZ_REPORT_FILE_QUARANTINED,
    LAZ_REPORT_FILE_QUARANTINE_FAILED,
    LAZ_REPORT_FILE_INCOMPLETE,
    LAZ_REPORT_FILE_RESTORED,
    LAZ_REPORT_FILE_DELETED,
    LAZ_REPORT_HOLD_EXPIRED,
    LAZ_REPORT_ACTOR_STOPPED,
    LAZ_REPORT_FILE_ROLLED_BACK,
    LAZ_REPORT_ROLLBACK_DONE,
    LAZ_REPORT_WORKER_DIED,
    LAZ_REPORT_PROCESS_DIED,
    LAZ_REPORT_ACTOR_ALLOWED,
    LAZ_REPORT_BREAKGLASS_ON,
    LAZ_REPORT_BREAKGLASS_OFF,
    LAZ_REPORT_COMMAND_DONE,
    LAZ_REPORT_SPOOL_GAP,
    LAZ_REPORT_CONTENT_CHANGED,
    LAZ_REPORT_CONTENT_REFUSED,
    LAZ_REPORT_CODES,
};
enum laz_trigger {
    LAZ_TRIGGER_NONE,
    LAZ_TRIGGER_OPEN,
    LAZ_TRIGGER_EXEC,
    LAZ_TRIGGER_CLOSE,
    LAZ_TRIGGER_DEMAND,
    LAZ_TRIGGER_GUARD,
    LAZ_TRIGGERS,
};
enum laz_action {
    LAZ_ACTION_NONE,
    LAZ_ACTION_DENIED,
    LAZ_ACTION_QUARANTINED,
    LAZ_ACTION_ALLOWED,
    LAZ_ACTION_STOPPED,
    LAZ_ACTION_ROLLED_BACK,
    LAZ_ACTION_RESTORED,
    LAZ_ACTIONS,
};
/* "file.blocked", "open", "denied": stable. */
const char *laz_report_code_name(enum laz_report_code code);
const char *laz_trigger_name(enum laz_trigger trigger);
const char *laz_action_name(enum laz_action action);

#endif
