/* deeds.c - the process that acts: puts files into quarantine and back, and ends processes. It has
 * root's rights and no channel to anything outside the agent. It believes the gate, whose records
 * it acts on, and checks again what can be checked; to the broker it gives two acts only, which a
 * quarantine id names. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/peer.h"
#include "agent/quarantine.h"
#include "agent/stop.h"
#include "base/number.h"
#include "base/text.h"
#include "sys/fd.h"
#include "sys/log.h"

#define ALLOW_MAX    (64 * KIB)
#define KILL_WAIT_MS 5000

struct deeds {
    const struct laz_agent_config *config;
    struct laz_loop *loop;
    struct laz_peer monitor, gate, broker;
    struct laz_quarantine *quarantine;
    pid_t monitor_pid;
};

static void copy_path(char out[PATH_MAX + 1], struct laz_view v)
{
    v = laz_view_first(v, PATH_MAX);
    if (v.len > 0)
        memcpy(out, v.data, v.len);
    out[v.len] = '\0';
}

static void on_put(struct deeds *d, const struct laz_agent_message *m, int fd)
{
    struct laz_agent_message answer = {.kind = LAZ_AGENT_PUTTED, .job = m->job};
    struct laz_quarantine_meta meta = {.detections =
                                           laz_view_first(m->text, LAZ_QUARANTINE_TEXT_MAX),
                                       .actor = m->actor,
                                       .reason = m->name};
    static const uint8_t none[32];
    struct laz_quarantine_put put;
    struct laz_error err;
    char path[PATH_MAX + 1];

    copy_path(path, m->path);
    meta.has_sha256 = memcmp(m->digest, none, sizeof none) != 0;
    memcpy(meta.sha256, m->digest, sizeof meta.sha256);
    answer.status = laz_quarantine_put(d->quarantine, fd, path, &meta, &put, &err);
    if (answer.status == LAZ_OK) {
        answer.name = laz_view_of(put.id.text);
        answer.value = put.size;
        memcpy(answer.digest, put.sha256, sizeof answer.digest);
    } else {
        answer.text = laz_view_of(err.why);
        laz_log_error(LAZ_WARN, "quarantine.failed", &err);
    }
    laz_ignore(laz_peer_send(&d->gate, &answer, NULL, 0)); /* a new gate looks at it anew */
}

static void on_kill(struct deeds *d, const struct laz_agent_message *m)
{
    struct laz_agent_message answer = {.kind = LAZ_AGENT_KILLED, .job = m->job};
    uint32_t count = 0;

    answer.status = m->pid > INT32_MAX ? LAZ_INVALID
                                       : laz_stop_process((pid_t)m->pid, m->value, d->monitor_pid,
                                                          KILL_WAIT_MS, &count);
    answer.value = count;
    laz_ignore(laz_peer_send(&d->gate, &answer, NULL, 0)); /* a new gate asks anew */
}

static int open_allow(struct deeds *d, struct laz_buf *out)
{
    char path[LAZ_AGENT_PATH_SIZE];

    laz_agent_path(d->config, "allow", path);
    laz_buf_init(out, ALLOW_MAX);
    return laz_read_file(path, out, NULL) == LAZ_OK ? 0 : -1; /* missing: nobody is allowed */
}

/* One line each: an actor's key, an executable's path or sha256:HEX. */
static void tell_allowed(struct deeds *d)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf text = {0};
    struct laz_agent_message m = {.kind = LAZ_AGENT_ALLOW};
    struct laz_view rest, line;

    laz_ignore(open_allow(d, &text) != 0);
    rest = laz_buf_view(&text);
    while (laz_take_until(&rest, '\n', &line)) {
        m.path = laz_view_trim(line);
        if (m.path.len > 0 && m.path.len <= LAZ_AGENT_PATH_MAX)
            laz_ignore(laz_peer_send(&d->gate, &m, NULL, 0)); /* the socket holds them all */
    }
}

static void on_allow(struct deeds *d, const struct laz_agent_message *m)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf text = {0};
    char path[LAZ_AGENT_PATH_SIZE];
    struct laz_view rest, line;
    struct laz_error err;

    laz_ignore(open_allow(d, &text) != 0); /* then there is none yet */
    if (laz_view_find_byte(m->path, '\n') != m->path.len)
        return;
    rest = laz_buf_view(&text);
    while (laz_take_until(&rest, '\n', &line))
        if (laz_view_equal(laz_view_trim(line), m->path))
            return;
    laz_ignore(laz_buf_add(&text, m->path));
    laz_ignore(laz_buf_add_u8(&text, '\n'));
    laz_agent_path(d->config, "allow", path);
    if (laz_buf_failed(&text) != LAZ_OK ||
        laz_replace_file(AT_FDCWD, path, laz_buf_view(&text), 0600, &err) != LAZ_OK)
        laz_log(LAZ_ERROR, "allow.not_kept", "it holds until the next start only");
}

static void on_gate(void *context, const struct laz_agent_message *m, int *fds, size_t fd_count)
{
    struct deeds *d = context;

    if (m->kind == LAZ_AGENT_PUT && fd_count == 1)
        on_put(d, m, fds[0]);
    else if (m->kind == LAZ_AGENT_KILL)
        on_kill(d, m);
    else if (m->kind == LAZ_AGENT_ALLOW)
        on_allow(d, m);
    else
        laz_log(LAZ_WARN, "deeds.message", "kind=%d", (int)m->kind);
}

struct found {
    char path[PATH_MAX + 1];
    uint8_t sha256[32];
};

static bool note_entry(void *context, const struct laz_quarantine_entry *entry)
{
    struct found *found = context;

    copy_path(found->path, entry->path);
    memcpy(found->sha256, entry->sha256, sizeof found->sha256);
    return false;
}

/* Whoever takes a file back wants to open it: its content is allowed from now on. */
static void allow_content(struct deeds *d, const uint8_t sha256[32])
{
    struct laz_agent_message m = {.kind = LAZ_AGENT_ALLOW};
    char text[7 + 65] = "sha256:";

    laz_hex_encode(laz_view_from(sha256, 32), text + 7);
    m.path = laz_view_of(text);
    on_allow(d, &m);
    laz_ignore(laz_peer_send(&d->gate, &m, NULL, 0)); /* a new gate reads the list anew */
}

static enum laz_status act_on_entry(struct deeds *d, const struct laz_agent_message *m,
                                    struct found *found, struct laz_error *err)
{
    struct laz_quarantine_id id;
    char text[LAZ_AGENT_NAME_MAX + 1];
    enum laz_status s;

    memcpy(text, m->name.data, m->name.len);
    text[m->name.len] = '\0';
    if (!laz_quarantine_id_parse(text, &id))
        return laz_fail(err, LAZ_INVALID, "quarantine", "", "is no id", "");
    s = laz_quarantine_find(d->quarantine, &id, note_entry, found, err);
    if (s != LAZ_OK && !(s == LAZ_DAMAGED && m->kind == LAZ_AGENT_REMOVE))
        return s;
    if (m->kind == LAZ_AGENT_REMOVE)
        return laz_quarantine_delete(d->quarantine, &id, err);
    allow_content(d, found->sha256); /* before it stands there, so that no open is refused */
    return laz_quarantine_restore(d->quarantine, &id, NULL, false, err);
}

static void on_broker(void *context, const struct laz_agent_message *m, int *fds, size_t fd_count)
{
    struct laz_agent_message answer = {.kind = LAZ_AGENT_DONE, .job = m->job, .name = m->name};
    struct laz_error err = {0};
    struct found found = {0};

    if ((m->kind != LAZ_AGENT_RESTORE && m->kind != LAZ_AGENT_REMOVE) || m->name.len == 0) {
        laz_log(LAZ_WARN, "deeds.message", "kind=%d", (int)m->kind);
        return;
    }
    answer.status = act_on_entry(context, m, &found, &err);
    answer.path = laz_view_of(found.path);
    answer.text = laz_view_of(answer.status == LAZ_OK ? "" : err.why);
    laz_ignore(
        laz_peer_send(&((struct deeds *)context)->broker, &answer, NULL, 0)); /* asked again */
}

static void on_monitor(void *context, const struct laz_agent_message *m, int *fds, size_t fd_count)
{
    struct deeds *d = context;
    struct laz_error err;
    enum laz_status s = LAZ_OK;

    if (m->kind != LAZ_AGENT_PEER || fd_count != 1)
        return;
    if (m->number == LAZ_ROLE_GATE) {
        s = laz_peer_open(&d->gate, laz_move_fd(&fds[0]), &err);
        if (s == LAZ_OK)
            tell_allowed(d);
    } else if (m->number == LAZ_ROLE_BROKER) {
        s = laz_peer_open(&d->broker, laz_move_fd(&fds[0]), &err);
    }
    if (s != LAZ_OK)
        laz_log_error(LAZ_ERROR, "deeds.channel", &err);
}

static void on_monitor_left(void *context)
{
    struct deeds *d = context;

    laz_loop_stop(d->loop);
}

int laz_deeds_run(const struct laz_agent_config *config, int monitor)
{
    struct deeds d = {.config = config, .monitor_pid = getppid()};
    char dir[LAZ_AGENT_PATH_SIZE];
    struct laz_error err;
    enum laz_status s;

    laz_agent_path(config, "quarantine", dir);
    s = laz_quarantine_open(dir, NULL, &d.quarantine, &err);
    if (s == LAZ_OK)
        s = laz_loop_new(&d.loop, &err);
    if (s != LAZ_OK) {
        laz_log_error(LAZ_ERROR, "deeds.failed", &err);
        return 1;
    }
    laz_peer_init(&d.monitor, d.loop, on_monitor, on_monitor_left, &d);
    laz_peer_init(&d.gate, d.loop, on_gate, NULL, &d);
    laz_peer_init(&d.broker, d.loop, on_broker, NULL, &d);
    s = laz_peer_open(&d.monitor, monitor, &err);
    if (s == LAZ_OK)
        laz_loop_run(d.loop);
    laz_quarantine_drop(&d.quarantine);
    laz_loop_drop(&d.loop);
    return s == LAZ_OK ? 0 : 1;
}
