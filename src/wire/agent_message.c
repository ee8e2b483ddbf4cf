#include "wire/agent_message.h"

#include <string.h>

enum field {
    JOB = 1,
    VALUE = 2,
    EXTRA = 4,
    NUMBER = 8,
    PID = 16,
    STATUS = 32,
    DIGEST = 64,
    ACTOR = 128,
    NAME = 256,
    PATH = 512,
    OTHER = 1024,
    TEXT = 2048,
};

static const uint16_t fields[] = {
    [LAZ_AGENT_PEER] = NUMBER | VALUE | PID,
    [LAZ_AGENT_NOTE] = NUMBER | VALUE | NAME,
    [LAZ_AGENT_CONTENT] = VALUE | EXTRA,
    [LAZ_AGENT_NEXT] = VALUE | PID,
    [LAZ_AGENT_SOURCES] = TEXT,
    [LAZ_AGENT_READY] = VALUE,
    [LAZ_AGENT_GUARDING] = VALUE | PATH,
    [LAZ_AGENT_STUCK] = VALUE,
    /* value: start, Unix milliseconds; extra: uid; number: parent; path: exe; other: command line
     */
    [LAZ_AGENT_ACTOR] = VALUE | EXTRA | NUMBER | PID | ACTOR | NAME | PATH | OTHER,
    [LAZ_AGENT_SCAN] = JOB | NUMBER | PATH,
    [LAZ_AGENT_CHANGED] = NUMBER | ACTOR | PATH | OTHER,
    [LAZ_AGENT_RENAMED] = ACTOR | PATH | OTHER,
    [LAZ_AGENT_DELETED] = ACTOR | PATH,
    /* value, job: numbers that the code gives a meaning; name: reason or id; text: detections */
    [LAZ_AGENT_REPORT] =
        JOB | VALUE | EXTRA | NUMBER | STATUS | DIGEST | ACTOR | NAME | PATH | OTHER | TEXT,
    [LAZ_AGENT_VERDICT] = JOB | VALUE | NUMBER | DIGEST | NAME | TEXT,
    [LAZ_AGENT_STOP] = VALUE | ACTOR | TEXT,
    [LAZ_AGENT_LOCK] = VALUE | PATH,
    [LAZ_AGENT_ALLOW] = PATH,
    [LAZ_AGENT_UNDO] = JOB | ACTOR,
    [LAZ_AGENT_GLASS] = VALUE | NAME,
    [LAZ_AGENT_RESTORE] = JOB | NAME,
    [LAZ_AGENT_REMOVE] = JOB | NAME,
    [LAZ_AGENT_DONE] = JOB | STATUS | NAME | PATH | TEXT,
    [LAZ_AGENT_PUT] = JOB | DIGEST | ACTOR | NAME | PATH | TEXT,
    [LAZ_AGENT_PUTTED] = JOB | VALUE | STATUS | DIGEST | NAME | TEXT,
    [LAZ_AGENT_KILL] = JOB | VALUE | PID,
    [LAZ_AGENT_KILLED] = JOB | VALUE | STATUS,
};

static uint16_t fields_of(unsigned kind)
{
    return kind < sizeof fields / sizeof *fields ? fields[kind] : 0;
}

static void add_u64(struct laz_buf *b, uint64_t n)
{
    laz_ignore(laz_buf_add_u64le(b, n)); /* checked once, at the end */
}

static void add_u32(struct laz_buf *b, uint32_t n)
{
    laz_ignore(laz_buf_add_u32le(b, n)); /* checked once, at the end */
}

static void add_view(struct laz_buf *b, struct laz_view v, size_t max)
{
    v = laz_view_first(v, max);
    laz_ignore(laz_buf_add_u16le(b, (uint16_t)v.len)); /* checked once, at the end */
    laz_ignore(laz_buf_add(b, v));
}

enum laz_status laz_agent_message_write(const struct laz_agent_message *m, struct laz_buf *out)
{
    uint16_t has = fields_of(m->kind);

    LAZ_ASSERT(has != 0);
    if (m->path.len > LAZ_AGENT_PATH_MAX || m->other.len > LAZ_AGENT_PATH_MAX ||
        m->actor.len > LAZ_AGENT_ACTOR_MAX)
        return LAZ_INVALID;
    laz_ignore(laz_buf_add_u8(out, (uint8_t)m->kind)); /* checked once, at the end */
    if ((has & JOB) != 0)
        add_u64(out, m->job);
    if ((has & VALUE) != 0)
        add_u64(out, m->value);
    if ((has & EXTRA) != 0)
        add_u64(out, m->extra);
    if ((has & NUMBER) != 0)
        add_u32(out, m->number);
    if ((has & PID) != 0)
        add_u32(out, m->pid);
    if ((has & STATUS) != 0)
        laz_ignore(laz_buf_add_u8(out, (uint8_t)m->status)); /* checked once, at the end */
    if ((has & DIGEST) != 0)
        laz_ignore(laz_buf_add(out, laz_view_from(m->digest, sizeof m->digest)));
    if ((has & ACTOR) != 0)
        add_view(out, m->actor, LAZ_AGENT_ACTOR_MAX);
    if ((has & NAME) != 0)
        add_view(out, m->name, LAZ_AGENT_NAME_MAX);
    if ((has & PATH) != 0)
        add_view(out, m->path, LAZ_AGENT_PATH_MAX);
    if ((has & OTHER) != 0)
        add_view(out, m->other, LAZ_AGENT_PATH_MAX);
    if ((has & TEXT) != 0)
        add_view(out, m->text, LAZ_AGENT_TEXT_MAX);
    return laz_buf_failed(out);
}

static bool take_status(struct laz_view *v, enum laz_status *out)
{
    uint8_t n;

    if (!laz_take_u8(v, &n) || n > LAZ_CLOSED)
        return false;
    *out = (enum laz_status)n;
    return true;
}

/* Text that may become a C string. */
static bool take_view(struct laz_view *v, size_t max, struct laz_view *out)
{
    uint16_t len;

    return laz_take_u16le(v, &len) && len <= max && laz_take(v, len, out) &&
           laz_view_find_byte(*out, 0) == out->len;
}

static bool take_numbers(struct laz_view *v, uint16_t has, struct laz_agent_message *m)
{
    return ((has & JOB) == 0 || laz_take_u64le(v, &m->job)) &&
           ((has & VALUE) == 0 || laz_take_u64le(v, &m->value)) &&
           ((has & EXTRA) == 0 || laz_take_u64le(v, &m->extra)) &&
           ((has & NUMBER) == 0 || laz_take_u32le(v, &m->number)) &&
           ((has & PID) == 0 || laz_take_u32le(v, &m->pid)) &&
           ((has & STATUS) == 0 || take_status(v, &m->status)) &&
           ((has & DIGEST) == 0 || laz_take_bytes(v, m->digest, sizeof m->digest));
}

static bool take_texts(struct laz_view *v, uint16_t has, struct laz_agent_message *m)
{
    return ((has & ACTOR) == 0 || take_view(v, LAZ_AGENT_ACTOR_MAX, &m->actor)) &&
           ((has & NAME) == 0 || take_view(v, LAZ_AGENT_NAME_MAX, &m->name)) &&
           ((has & PATH) == 0 || take_view(v, LAZ_AGENT_PATH_MAX, &m->path)) &&
           ((has & OTHER) == 0 || take_view(v, LAZ_AGENT_PATH_MAX, &m->other)) &&
           ((has & TEXT) == 0 || take_view(v, LAZ_AGENT_TEXT_MAX, &m->text));
}

enum laz_status laz_agent_message_read(struct laz_view bytes, struct laz_agent_message *out)
{
    struct laz_agent_message m = {0};
    uint16_t has;
    uint8_t kind;

    if (!laz_take_u8(&bytes, &kind))
        return LAZ_DAMAGED;
    m.kind = (enum laz_agent_kind)kind;
    has = fields_of(kind);
    if (has == 0 || !take_numbers(&bytes, has, &m) || !take_texts(&bytes, has, &m) ||
        bytes.len != 0) /* nothing may follow */
        return LAZ_DAMAGED;
    *out = m;
    return LAZ_OK;
}

const char *laz_report_code_name(enum laz_report_code code)
{
    static const char *const names[LAZ_REPORT_CODES] = {
        [LAZ_REPORT_NONE] = "",
        [LAZ_REPORT_AGENT_STARTED] = "agent.started",
        [LAZ_REPORT_AGENT_STOPPED] = "agent.stopped",
        [LAZ_REPORT_AGENT_DEGRADED] = "agent.degraded",
        [LAZ_REPORT_FILE_BLOCKED] = "file.blocked",
        [LAZ_REPORT_FILE_QUARANTINED] = "file.quarantined",
        [LAZ_REPORT_FILE_QUARANTINE_FAILED] = "file.quarantine_failed",
        [LAZ_REPORT_FILE_INCOMPLETE] = "file.incomplete",
        [LAZ_REPORT_FILE_RESTORED] = "file.restored",
        [LAZ_REPORT_FILE_DELETED] = "file.deleted",
        [LAZ_REPORT_HOLD_EXPIRED] = "hold.expired",
        [LAZ_REPORT_ACTOR_STOPPED] = "actor.stopped",
        [LAZ_REPORT_FILE_ROLLED_BACK] = "file.rolled_back",
        [LAZ_REPORT_ROLLBACK_DONE] = "rollback.done",
        [LAZ_REPORT_WORKER_DIED] = "worker.died",
        [LAZ_REPORT_PROCESS_DIED] = "process.died",
        [LAZ_REPORT_ACTOR_ALLOWED] = "actor.allowed",
        [LAZ_REPORT_BREAKGLASS_ON] = "breakglass.on",
        [LAZ_REPORT_BREAKGLASS_OFF] = "breakglass.off",
        [LAZ_REPORT_COMMAND_DONE] = "command.done",
        [LAZ_REPORT_SPOOL_GAP] = "spool.gap",
        [LAZ_REPORT_CONTENT_CHANGED] = "content.changed",
        [LAZ_REPORT_CONTENT_REFUSED] = "content.refused",
    };

    return code < LAZ_REPORT_CODES ? names[code] : "";
}

const char *laz_trigger_name(enum laz_trigger trigger)
{
    static const char *const names[LAZ_TRIGGERS] = {"", "open", "exec", "close", "demand", "guard"};

    return trigger < LAZ_TRIGGERS ? names[trigger] : "";
}

const char *laz_action_name(enum laz_action action)
{
    static const char *const names[LAZ_ACTIONS] = {
        "none", "denied", "quarantined", "allowed", "stopped", "rolled_back", "restored"};

    return action < LAZ_ACTIONS ? names[action] : "";
}
