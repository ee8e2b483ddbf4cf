#include "agent/event.h"

#include "base/text.h"
#include "scan/verdict.h"
#include "sys/clock.h"

#define CLASS_FINDING   2004u
#define CLASS_LIFECYCLE 6002u

static const struct {
    uint8_t severity;
    bool finding;
} kinds[LAZ_REPORT_CODES] = {
    [LAZ_REPORT_AGENT_STARTED] = {1, false},   [LAZ_REPORT_AGENT_STOPPED] = {2, false},
    [LAZ_REPORT_AGENT_DEGRADED] = {4, false},  [LAZ_REPORT_FILE_BLOCKED] = {4, true},
    [LAZ_REPORT_FILE_QUARANTINED] = {4, true}, [LAZ_REPORT_FILE_QUARANTINE_FAILED] = {5, true},
    [LAZ_REPORT_FILE_INCOMPLETE] = {2, true},  [LAZ_REPORT_FILE_RESTORED] = {2, true},
    [LAZ_REPORT_FILE_DELETED] = {2, true},     [LAZ_REPORT_HOLD_EXPIRED] = {3, true},
    [LAZ_REPORT_ACTOR_STOPPED] = {5, true},    [LAZ_REPORT_FILE_ROLLED_BACK] = {3, true},
    [LAZ_REPORT_ROLLBACK_DONE] = {4, true},    [LAZ_REPORT_WORKER_DIED] = {3, false},
    [LAZ_REPORT_PROCESS_DIED] = {3, false},    [LAZ_REPORT_ACTOR_ALLOWED] = {3, false},
    [LAZ_REPORT_BREAKGLASS_ON] = {4, false},   [LAZ_REPORT_BREAKGLASS_OFF] = {2, false},
    [LAZ_REPORT_COMMAND_DONE] = {1, false},    [LAZ_REPORT_SPOOL_GAP] = {3, false},
    [LAZ_REPORT_CONTENT_CHANGED] = {1, false}, [LAZ_REPORT_CONTENT_REFUSED] = {3, false},
};

unsigned laz_event_severity(enum laz_report_code code)
{
    return kinds[code].severity;
}

bool laz_event_is_finding(enum laz_report_code code)
{
    return kinds[code].finding;
}

static void add(struct laz_buf *b, const char *text)
{
    laz_ignore(laz_buf_add_text(b, text)); /* checked once, by the caller */
}

static void add_json(struct laz_buf *b, struct laz_view v)
{
    laz_ignore(laz_buf_add_json(b, v)); /* checked once, by the caller */
}

static void add_member(struct laz_buf *b, const char *name, struct laz_view v)
{
    laz_ignore(laz_buf_addf(b, "\"%s\":", name));
    add_json(b, v);
}

/* Application Lifecycle knows Start and Stop; all else of ours is Other. */
static unsigned activity_of(enum laz_report_code code)
{
    if (laz_event_is_finding(code))
        return 1;
    return code == LAZ_REPORT_AGENT_STARTED ? 3 : code == LAZ_REPORT_AGENT_STOPPED ? 4 : 99;
}

static void add_head(const struct laz_event *e, struct laz_buf *b)
{
    bool finding = laz_event_is_finding(e->code);
    unsigned class = finding ? CLASS_FINDING : CLASS_LIFECYCLE, activity = activity_of(e->code);
    char uid[33];
    uint8_t random[16];

    laz_random_bytes(random, sizeof random);
    laz_hex_encode(laz_view_from(random, sizeof random), uid);
    laz_ignore(laz_buf_addf(
        b,
        "{\"time\":%lld,\"class_uid\":%u,\"class_name\":\"%s\",\"category_uid\":%u,"
        "\"activity_id\":%u,\"type_uid\":%u,\"severity_id\":%u,\"metadata\":{\"version\":\"1.3.0\","
        "\"product\":{\"name\":\"Lazaret\",\"vendor_name\":\"Lazaret\",\"version\":\"%s\"},"
        "\"event_code\":\"%s\",\"uid\":\"%s\"},\"device\":{",
        (long long)e->time_ms, class, finding ? "Detection Finding" : "Application Lifecycle",
        finding ? 2u : 6u, activity, class * 100 + activity, laz_event_severity(e->code),
        LAZ_PROGRAM_VERSION, laz_report_code_name(e->code), uid));
    add_member(b, "hostname", e->hostname);
    add(b, "}");
}

static void add_actor(const struct laz_event_actor *a, struct laz_buf *b)
{
    laz_ignore(laz_buf_addf(b, ",\"actor\":{\"process\":{\"pid\":%u,", a->pid));
    add_member(b, "name", a->name);
    add(b, ",");
    add_member(b, "cmd_line", a->command);
    laz_ignore(laz_buf_addf(b, ",\"created_time\":%lld,\"parent_process\":{\"pid\":%u},\"file\":{",
                            (long long)a->created_ms, a->parent));
    add_member(b, "path", a->exe);
    laz_ignore(laz_buf_addf(b, "},\"user\":{\"uid\":\"%u\",", a->uid));
    add_member(b, "name", a->user);
    add(b, "}}}");
}

static struct laz_view last_part(struct laz_view path)
{
    size_t at = path.len;

    while (at > 0 && path.data[at - 1] != '/')
        at--;
    return laz_view_from_offset(path, at);
}

static void add_file(const struct laz_event *e, struct laz_buf *b)
{
    add(b, ",\"file\":{");
    add_member(b, "path", e->path);
    if (!laz_utf8_is_valid(e->path)) {
        add(b, ",\"path_b64\":\"");
        laz_ignore(laz_buf_add_base64(b, e->path)); /* checked once, by the caller */
        add(b, "\"");
    }
    add(b, ",");
    add_member(b, "name", last_part(e->path));
    laz_ignore(laz_buf_addf(b, ",\"size\":%llu", (unsigned long long)e->size));
    if (e->sha256 != NULL) {
        add(b, ",\"hashes\":[{\"algorithm\":\"SHA-256\",\"algorithm_id\":3,\"value\":\"");
        laz_ignore(laz_buf_add_hex(b, laz_view_from(e->sha256, 32))); /* as above */
        add(b, "\"}]");
    }
    add(b, "}");
}

static void add_unmapped(const struct laz_event *e, struct laz_buf *b)
{
    add(b, ",\"unmapped\":{");
    add_member(b, "incident", e->incident);
    laz_ignore(laz_buf_addf(b, ",\"trigger\":\"%s\",\"action\":\"%s\"",
                            laz_trigger_name(e->trigger), laz_action_name(e->action)));
    if (e->verdict < LAZ_VERDICT_KINDS)
        laz_ignore(laz_buf_addf(b, ",\"verdict\":\"%s\"",
                                laz_verdict_kind_name((enum laz_verdict_kind)e->verdict)));
    add(b, ",");
    add_member(b, "reason", e->reason);
    if (e->members.len > 0)
        add(b, ",");
    laz_ignore(laz_buf_add(b, e->members)); /* checked once, by the caller */
    add(b, "}");
}

void laz_event_add_json(const struct laz_event *e, struct laz_buf *b)
{
    add_head(e, b);
    if (laz_event_is_finding(e->code)) {
        add(b, ",\"finding_info\":{");
        add_member(b, "uid", e->incident);
        laz_ignore(laz_buf_addf(b, ",\"title\":\"%s\"}", laz_report_code_name(e->code)));
    }
    if (e->actor != NULL)
        add_actor(e->actor, b);
    if (e->path.len > 0)
        add_file(e, b);
    add_unmapped(e, b);
    add(b, "}");
}
