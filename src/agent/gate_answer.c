#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/gate_priv.h"
#include "sys/channel.h"
#include "sys/fd.h"
#include "sys/log.h"

#define RECEIVE_AT_ONCE 128
#define RETRY_MS        3

static void copy_view(char *out, size_t size, struct laz_view v)
{
    v = laz_view_first(v, size - 1);
    if (v.len > 0)
        memcpy(out, v.data, v.len);
    out[v.len] = '\0';
}

static void take_findings(struct laz_case *one, const struct laz_agent_message *m)
{
    copy_view(one->reason, sizeof one->reason, m->name);
    memcpy(one->digest, m->digest, sizeof one->digest);
    free(one->detections);
    one->detections = m->text.len == 0 ? NULL : strndup((const char *)m->text.data, m->text.len);
}

static bool send_put(struct gate *g, struct laz_case *one)
{
    struct laz_agent_message m = {.kind = LAZ_AGENT_PUT, .job = one->job};

    m.actor = laz_view_of(one->actor);
    m.path = laz_view_of(laz_case_path(one));
    m.name = laz_view_of(one->reason);
    m.text = laz_view_of(one->detections == NULL ? "" : one->detections);
    memcpy(m.digest, one->digest, sizeof m.digest);
    return laz_peer_send(&g->deeds, &m, &one->fd, 1) == LAZ_OK;
}

static void ask_quarantine(struct gate *g, struct laz_case *one)
{
    if (laz_case_is_put(&g->cases, &one->key) || laz_case_path(one)[0] == '\0')
        return;
    one->waits |= LAZ_WAIT_PUT;
    laz_ignore(!send_put(g, one)); /* asked again when deeds is there again */
}

static void act_on_malicious(struct gate *g, struct laz_case *one, bool leads)
{
    if (one->held && (one->waits & LAZ_WAIT_STOP) == 0) {
        laz_count(g->config->counters, LAZ_COUNT_DENIED);
        gate_answer(g, one, false);
        gate_report_case(g, LAZ_REPORT_FILE_BLOCKED, LAZ_ACTION_DENIED, one, LAZ_MALICIOUS, NULL);
    }
    if (leads)
        ask_quarantine(g, one);
}

/* Without a database every file is unread: the state says so once, and no event for each. */
static void act_on_verdict(struct gate *g, struct laz_case *one, const struct laz_agent_message *m,
                           enum laz_verdict_kind kind, bool leads)
{
    one->waits &= ~(unsigned)LAZ_WAIT_VERDICT;
    one->leader = 0;
    if (kind != LAZ_CLEAN)
        take_findings(one, m);
    if (kind == LAZ_MALICIOUS) {
        act_on_malicious(g, one, leads);
    } else if (kind != LAZ_CLEAN && leads) {
        laz_count(g->config->counters, LAZ_COUNT_INCOMPLETE);
        if (!laz_view_equal_text(m->name, laz_reason_name(LAZ_REASON_NO_DATABASE)))
            gate_report_case(g, LAZ_REPORT_FILE_INCOMPLETE, LAZ_ACTION_ALLOWED, one, kind, NULL);
    }
    gate_settle(g, one);
}

/* What another look could change is not remembered. */
static bool may_cache(enum laz_verdict_kind kind, struct laz_view reason)
{
    static const enum laz_reason passing[] = {LAZ_REASON_TIMED_OUT, LAZ_REASON_WORKER_DIED,
                                              LAZ_REASON_UNREADABLE, LAZ_REASON_LIMIT_TIME,
                                              LAZ_REASON_NO_DATABASE};

    if (kind != LAZ_INCOMPLETE)
        return true;
    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
        if (laz_view_equal_text(reason, laz_reason_name(passing[i])))
            return false;
    return true;
}

/* The verdict holds for what the file was when it was asked for, if it still is that. */
static void cache_verdict(struct gate *g, struct laz_case *one, enum laz_verdict_kind kind,
                          struct laz_view reason)
{
    struct laz_cache_key now;

    if (may_cache(kind, reason) && gate_key_of(g, one->fd, &now) &&
        memcmp(&now, &one->key, sizeof now) == 0)
        laz_cache_put(g->cache, &one->key, kind);
}

void gate_on_verdict(struct gate *g, const struct laz_agent_message *m)
{
    struct laz_case *one = laz_case_find(&g->cases, m->job), *next;
    enum laz_verdict_kind kind = (enum laz_verdict_kind)m->number;
    uint64_t job = m->job;

    if (g->scans_sent > 0)
        g->scans_sent--;
    if (m->number >= LAZ_VERDICT_KINDS || one == NULL || (one->waits & LAZ_WAIT_VERDICT) == 0 ||
        (one->unsent & LAZ_WAIT_VERDICT) != 0 || one->leader != 0)
        return;
    laz_count(g->config->counters, LAZ_COUNT_SCANNED);
    if (kind != LAZ_CLEAN && gate_digest_is_allowed(g, m->digest))
        kind = LAZ_CLEAN;
    cache_verdict(g, one, kind, m->name);
    act_on_verdict(g, one, m, kind, true);
    for (one = TAILQ_FIRST(&g->cases.active); one != NULL; one = next) {
        next = TAILQ_NEXT(one, entry);
        if (one->leader == job)
            act_on_verdict(g, one, m, kind, false);
    }
    gate_send_requests(g);
}

void gate_on_put(struct gate *g, const struct laz_agent_message *m)
{
    struct laz_case *one = laz_case_find(&g->cases, m->job);
    LAZ_OWNED(laz_buf_drop) struct laz_buf members = {0};

    laz_buf_init(&members, 1024);
    if (one == NULL || (one->waits & LAZ_WAIT_PUT) == 0)
        return;
    one->waits &= ~(unsigned)LAZ_WAIT_PUT;
    if (m->status == LAZ_OK) {
        laz_count(g->config->counters, LAZ_COUNT_QUARANTINED);
        memcpy(one->digest, m->digest, sizeof one->digest);
        laz_ignore(laz_buf_addf(&members, "\"quarantine_id\":\"%.*s\"", (int)m->name.len,
                                (const char *)m->name.data));
        gate_report_case(g, LAZ_REPORT_FILE_QUARANTINED, LAZ_ACTION_QUARANTINED, one, LAZ_MALICIOUS,
                         laz_buf_text(&members));
    } else if (m->status != LAZ_NOT_FOUND) { /* its name is gone: nothing is left to remove */
        laz_ignore(laz_buf_addf(&members, "\"why\":\"%s\"", laz_status_name(m->status)));
        gate_report_case(g, LAZ_REPORT_FILE_QUARANTINE_FAILED, LAZ_ACTION_NONE, one, LAZ_MALICIOUS,
                         laz_buf_text(&members));
    }
    gate_settle(g, one);
}

static void on_kept(struct gate *g, const struct laz_vault_kept_message *m)
{
    struct laz_case *one = laz_case_find(&g->cases, m->job);

    if (one == NULL || (one->waits & LAZ_WAIT_KEPT) == 0)
        return;
    one->waits &= ~(unsigned)LAZ_WAIT_KEPT;
    if (m->status == LAZ_OK) {
        laz_count(g->config->counters, LAZ_COUNT_VAULT_KEPT);
        gate_mark(g, one->actor, &one->key, GATE_MARK_KEPT);
    } else {
        laz_count(g->config->counters, LAZ_COUNT_VAULT_LATE);
        laz_log(LAZ_WARN, "vault.refused", "status=%s", laz_status_name(m->status));
    }
    gate_settle(g, one);
}

/* What the guard counts by. A file that is written through a name of many (hard links), or through
 * one that is gone again, counts as itself, however often the same name is used. */
static void name_for_guard(struct laz_case *one, char out[PATH_MAX])
{
    const char *path = laz_case_path(one);
    struct stat file, named;
    bool plain = fstat(one->fd, &file) == 0 && file.st_nlink == 1 && lstat(path, &named) == 0 &&
                 named.st_ino == file.st_ino && named.st_dev == file.st_dev;

    if (plain || strlen(path) + 24 >= PATH_MAX)
        snprintf(out, PATH_MAX, "%s", path);
    else
        snprintf(out, PATH_MAX, "%.*s#%llu", PATH_MAX - 24, path, (unsigned long long)file.st_ino);
}

static void on_opened(struct gate *g, const struct laz_vault_job_message *answer, int fd)
{
    struct laz_case *one = laz_case_find(&g->cases, answer->job);
    struct laz_agent_message m = {.kind = LAZ_AGENT_CHANGED};
    struct gate_actor *a;
    size_t tree;

    if (one == NULL || (one->waits & LAZ_WAIT_OLD) == 0)
        return;
    one->waits &= ~(unsigned)LAZ_WAIT_OLD;
    a = gate_actor_find(g, laz_view_of(one->actor));
    if (answer->status == LAZ_OK && fd >= 0 && laz_case_path(one)[0] != '\0') {
        int fds[2] = {fd, one->fd};
        char name[PATH_MAX];

        name_for_guard(one, name);
        if (a != NULL)
            gate_actor_tell(g, a);
        m.actor = laz_view_of(one->actor);
        m.path = laz_view_of(name);
        m.other = laz_view_of(gate_tree_of(g, laz_case_path(one), &tree));
        laz_ignore(laz_peer_send(&g->broker, &m, fds, 2)); /* lost, one deed is not scored */
    }
    gate_settle(g, one);
}

static void on_vault_message(struct gate *g, const struct laz_vault_message *m, int fd)
{
    switch (m->kind) {
    case LAZ_VAULT_KEPT:
        on_kept(g, &m->kept);
        break;
    case LAZ_VAULT_OPENED:
        on_opened(g, &m->job, fd);
        break;
    case LAZ_VAULT_SUSPECT: /* whose interrupted rollback it finishes now */
        copy_view(g->rolling_actor, sizeof g->rolling_actor, m->actor.actor);
        break;
    case LAZ_VAULT_RESTORED:
    case LAZ_VAULT_LEFT:
        gate_on_restored(g, &m->restored, m->kind == LAZ_VAULT_LEFT);
        break;
    case LAZ_VAULT_ROLLED_BACK:
        gate_on_rolled_back(g, &m->rolled_back);
        break;
    default:
        laz_log(LAZ_WARN, "vault.message", "kind=%d", (int)m->kind);
        break;
    }
}

void gate_on_vault(void *context, unsigned events)
{
    struct gate *g = context;
    LAZ_OWNED(laz_buf_drop) struct laz_buf b = {0};
    enum laz_status s = LAZ_OK;

    laz_buf_init(&b, LAZ_VAULT_MESSAGE_MAX);
    for (unsigned i = 0; i < RECEIVE_AT_ONCE && s == LAZ_OK; i++) {
        LAZ_OWNED(laz_fd_drop) int fd = -1;
        struct laz_vault_message m;
        size_t fd_count = 1;
        int fds[1] = {-1};

        s = laz_channel_receive(g->vault, &b, fds, &fd_count);
        if (s == LAZ_OK && fd_count == 1)
            fd = fds[0];
        if (s == LAZ_OK)
            s = laz_vault_message_read(laz_buf_view(&b), &m);
        if (s == LAZ_OK)
            on_vault_message(g, &m, fd);
    }
    if (s != LAZ_OK && s != LAZ_BUSY)
        gate_vault_left(g);
}

/* What was asked of who is gone is asked of the next one. */
static void ask_again(struct gate *g, unsigned waits)
{
    struct laz_case *one;

    TAILQ_FOREACH(one, &g->cases.active, entry)
    {
        unsigned lost = one->waits & waits & ~one->unsent;

        if (one->leader != 0)
            lost &= ~(unsigned)LAZ_WAIT_VERDICT;
        one->unsent |= lost;
        g->unsent += (uint32_t)__builtin_popcount(lost);
    }
    if (g->unsent > 0 && !g->retry.set)
        laz_loop_after(g->loop, &g->retry, RETRY_MS);
}

void gate_broker_left(struct gate *g)
{
    g->scans_sent = 0;
    ask_again(g, LAZ_WAIT_VERDICT);
    for (size_t i = 0; i < GATE_ACTORS; i++)
        g->actors[i].told = false;
}

void gate_vault_left(struct gate *g)
{
    laz_loop_remove(g->loop, g->vault);
    laz_fd_drop(&g->vault);
    ask_again(g, LAZ_WAIT_KEPT | LAZ_WAIT_OLD);
}

void gate_deeds_came(struct gate *g)
{
    struct laz_case *one;

    TAILQ_FOREACH(one, &g->cases.active, entry)
    if ((one->waits & LAZ_WAIT_PUT) != 0)
        laz_ignore(!send_put(g, one)); /* as above */
}
