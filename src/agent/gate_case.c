#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/gate_priv.h"
#include "sys/channel.h"
#include "sys/clock.h"
#include "sys/fd.h"

#define SCANS_AT_ONCE                                                                              \
    128 /* that the broker has; the rest waits here, those that are held first                     \
         */
#define RETRY_MS  3
#define EXPIRY_MS 10
/* A file that changed so shortly before its verdict may have changed again within the same tick of
 * the file system's clock, so its cached verdict does not spare the scan after a write. */
#define SETTLED_NS ((int64_t)1000 * 1000 * 1000)

/* What an open asks for, once all is known that can be known at once. */
struct question {
    const struct laz_watch_event *event;
    struct laz_cache_key key;
    struct laz_intent intent;
    struct gate_actor *actor; /* NULL: not known */
    bool cached;
    enum laz_verdict_kind verdict; /* when cached */
};

static void answer_now(struct gate *g, const struct laz_watch_event *e, bool allow)
{
    int fd = e->fd;

    laz_watch_answer(g->group, fd, allow);
    laz_fd_drop(&fd);
}

static uint32_t hold_ms(const struct gate *g, const struct laz_case *one)
{
    if ((one->waits & (LAZ_WAIT_KEPT | LAZ_WAIT_STOP)) != 0)
        return g->config->keep_ms;
    return one->trigger == LAZ_TRIGGER_EXEC ? g->config->exec_ms : g->config->open_ms;
}

static bool send_keep(struct gate *g, struct laz_case *one)
{
    struct laz_vault_message m = {.kind = LAZ_VAULT_KEEP};
    enum laz_status s;

    m.file = (struct laz_vault_file_message){
        .job = one->job, .actor = laz_view_of(one->actor), .path = laz_view_of(laz_case_path(one))};
    s = gate_ask_vault(g, &m, one->fd);
    if (s == LAZ_BUSY || s == LAZ_CLOSED) /* until the deadline there may be room, or a new vault */
        return false;
    if (s != LAZ_OK) { /* it has no name, or one that is too long: it cannot be kept */
        laz_count(g->config->counters, LAZ_COUNT_VAULT_LATE);
        one->waits &= ~(unsigned)LAZ_WAIT_KEPT;
    }
    return true;
}

static bool send_old(struct gate *g, struct laz_case *one)
{
    struct laz_vault_message m = {.kind = LAZ_VAULT_OPEN};
    enum laz_status s;

    m.file = (struct laz_vault_file_message){
        .job = one->job, .actor = laz_view_of(one->actor), .path = laz_view_of(laz_case_path(one))};
    s = gate_ask_vault(g, &m, one->fd);
    if (s == LAZ_BUSY || s == LAZ_CLOSED)
        return false;
    if (s != LAZ_OK)
        one->waits &= ~(unsigned)LAZ_WAIT_OLD;
    return true;
}

/* Without a broker the request waits for the next one. */
static bool send_scan(struct gate *g, struct laz_case *one)
{
    struct laz_agent_message m = {.kind = LAZ_AGENT_SCAN,
                                  .job = one->job,
                                  .number = one->held,
                                  .path = laz_view_of(laz_case_path(one))};

    if (g->scans_sent >= SCANS_AT_ONCE && !one->held)
        return false;
    if (laz_peer_send(&g->broker, &m, &one->fd, 1) != LAZ_OK)
        return false;
    g->scans_sent++;
    return true;
}

static void send_of_case(struct gate *g, struct laz_case *one)
{
    static const struct {
        enum laz_case_wait wait;
        bool (*send)(struct gate *g, struct laz_case *one);
    } requests[] = {
        {LAZ_WAIT_KEPT, send_keep}, {LAZ_WAIT_OLD, send_old}, {LAZ_WAIT_VERDICT, send_scan}};

    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        if ((one->unsent & requests[i].wait) == 0 || !requests[i].send(g, one))
            continue;
        one->unsent &= ~(unsigned)requests[i].wait;
        g->unsent--;
    }
}

static void forget_unsent(struct gate *g, struct laz_case *one)
{
    g->unsent -= (uint32_t)__builtin_popcount(one->unsent);
    one->unsent = 0;
}

void gate_settle(struct gate *g, struct laz_case *one)
{
    if (one->held && (one->waits & (LAZ_WAIT_KEPT | LAZ_WAIT_VERDICT | LAZ_WAIT_STOP)) == 0)
        gate_answer(g, one, true);
    if (one->held || one->waits != 0)
        return;
    forget_unsent(g, one);
    laz_case_end(&g->cases, one);
}

static void send_pass(struct gate *g, bool held)
{
    struct laz_case *one = TAILQ_FIRST(&g->cases.active), *next;

    for (; one != NULL && g->unsent > 0; one = next) {
        next = TAILQ_NEXT(one, entry);
        if (one->held != held || one->unsent == 0)
            continue;
        send_of_case(g, one);
        gate_settle(g, one);
        if (!held && g->scans_sent >= SCANS_AT_ONCE)
            return;
    }
}

void gate_send_requests(struct gate *g)
{
    if (g->unsent > 0)
        send_pass(g, true);
    if (g->unsent > 0 && g->scans_sent < SCANS_AT_ONCE)
        send_pass(g, false);
    if (g->unsent > 0 && !g->retry.set)
        laz_loop_after(g->loop, &g->retry, RETRY_MS);
}

/* Gives a new case its requests; the first try is made at once. */
static void start_case(struct gate *g, struct laz_case *one, const struct question *q,
                       unsigned waits)
{
    struct laz_case *leader = NULL;

    one->key = q->key;
    if (q->actor != NULL)
        memcpy(one->actor, q->actor->who.key, sizeof one->actor);
    if ((waits & LAZ_WAIT_VERDICT) != 0)
        leader = laz_case_find_scan(&g->cases, &one->key);
    one->waits = waits;
    one->unsent = waits & ~(unsigned)LAZ_WAIT_STOP;
    if (leader != NULL) {
        one->leader = leader->job;
        one->unsent &= ~(unsigned)LAZ_WAIT_VERDICT;
    }
    g->unsent += (uint32_t)__builtin_popcount(one->unsent);
    one->deadline_ms = one->since_ms + hold_ms(g, one);
    send_of_case(g, one);
    if (one->unsent != 0 && !g->retry.set)
        laz_loop_after(g->loop, &g->retry, RETRY_MS);
    gate_settle(g, one);
}

static void tell_made(struct gate *g, const struct question *q)
{
    struct laz_vault_message m = {.kind = LAZ_VAULT_CREATED};
    char path[PATH_MAX];

    laz_fd_path(q->event->fd, path, sizeof path);
    gate_mark(g, q->actor->who.key, &q->key, GATE_MARK_MADE);
    m.actor.actor = laz_view_of(q->actor->who.key);
    m.actor.path = laz_view_of(path);
    if (path[0] != '\0')
        laz_ignore(gate_ask_vault(g, &m, -1)); /* lost, it costs only tidiness after a rollback */
}

static bool must_deny_writing(struct gate *g, const struct question *q)
{
    char path[PATH_MAX];
    size_t tree;

    if (q->actor != NULL && q->actor->stopped)
        return true;
    laz_fd_path(q->event->fd, path, sizeof path);
    gate_tree_of(g, path, &tree);
    return g->tree_locked_ms[tree] > laz_monotonic_ms();
}

/* It is being ended: refused now, it would see that and end by itself, and take with it what tells
 * its children from others. */
static bool is_being_stopped(struct gate *g, const struct question *q)
{
    return q->actor != NULL && q->actor->stopped && gate_stop_is_pending(g, q->actor->who.key);
}

static void begin_hold(struct gate *g, struct laz_case *one)
{
    one->held = true;
    g->cases.held_count++;
    if (!g->expiry.set)
        laz_loop_after(g->loop, &g->expiry, EXPIRY_MS);
}

/* A file whose verdict is known to be bad. */
static void refuse_known(struct gate *g, const struct question *q, enum laz_trigger trigger)
{
    struct laz_case *one = laz_case_new(&g->cases, q->event->fd, trigger);

    if (one == NULL) {
        answer_now(g, q->event, false);
        return;
    }
    begin_hold(g, one);
    one->bad = true;
    start_case(g, one, q, LAZ_WAIT_VERDICT); /* anew: its name and digest are needed */
}

static unsigned waits_for(struct gate *g, const struct question *q, enum laz_trigger trigger)
{
    unsigned waits = 0;

    if (q->intent.writes && q->actor != NULL &&
        !gate_is_marked(g, q->actor->who.key, &q->key, GATE_MARK_KEPT) &&
        !gate_is_marked(g, q->actor->who.key, &q->key, GATE_MARK_MADE))
        waits |= LAZ_WAIT_KEPT;
    if (!q->cached && (q->intent.reads || trigger == LAZ_TRIGGER_EXEC))
        waits |= LAZ_WAIT_VERDICT;
    return waits;
}

static void hold(struct gate *g, const struct question *q, enum laz_trigger trigger, unsigned waits)
{
    struct laz_case *one = laz_case_new(&g->cases, q->event->fd, trigger);

    if (one == NULL) { /* more wait than we can hold */
        laz_count(g->config->counters, LAZ_COUNT_HOLDS_EXPIRED);
        answer_now(g, q->event, (waits & LAZ_WAIT_STOP) == 0);
        return;
    }
    begin_hold(g, one);
    if (gate_glass_is_broken(g))
        gate_answer(g, one, true); /* looked at all the same */
    start_case(g, one, q, waits);
}

/* Opens by people who may do everything, and by our own processes, end here. */
static bool is_waved_through(struct gate *g, const struct question *q)
{
    return q->actor != NULL && (q->actor->own || gate_is_allowed(g, q->actor));
}

static void on_open(struct gate *g, const struct laz_watch_event *e)
{
    enum laz_trigger trigger = e->deed == LAZ_WATCH_EXEC ? LAZ_TRIGGER_EXEC : LAZ_TRIGGER_OPEN;
    struct question q = {.event = e, .intent = {.reads = true}};
    unsigned waits;

    laz_count(g->config->counters, LAZ_COUNT_OPENS);
    if (!gate_key_of(g, e->fd, &q.key)) {
        answer_now(g, e, true);
        return;
    }
    q.cached = laz_cache_find(g->cache, &q.key, &q.verdict);
    if (e->deed == LAZ_WATCH_OPEN)
        q.intent = laz_intent_of_thread(e->tid);
    if (!q.intent.writes && (q.key.size == 0 || (q.cached && q.verdict != LAZ_MALICIOUS))) {
        if (q.key.size > 0)
            laz_count(g->config->counters, LAZ_COUNT_CACHE_HITS);
        answer_now(g, e, true);
        return;
    }
    q.actor = gate_actor_of_thread(g, e->tid);
    if (is_waved_through(g, &q)) {
        answer_now(g, e, true);
        return;
    }
    if (q.intent.writes && !gate_glass_is_broken(g) && is_being_stopped(g, &q)) {
        laz_count(g->config->counters, LAZ_COUNT_DENIED);
        hold(g, &q, trigger, LAZ_WAIT_STOP);
        return;
    }
    if (q.intent.writes && must_deny_writing(g, &q) && !gate_glass_is_broken(g)) {
        laz_count(g->config->counters, LAZ_COUNT_DENIED);
        answer_now(g, e, false);
        return;
    }
    if (q.key.size == 0) {
        if (q.intent.creates && q.actor != NULL)
            tell_made(g, &q);
        answer_now(g, e, true);
        return;
    }
    if (q.cached && q.verdict == LAZ_MALICIOUS && !gate_glass_is_broken(g)) {
        refuse_known(g, &q, trigger);
        return;
    }
    waits = waits_for(g, &q, trigger);
    if (waits == 0)
        answer_now(g, e, true);
    else
        hold(g, &q, trigger, waits);
}

static int64_t now_ns(void)
{
    return laz_now_ms() * 1000 * 1000;
}

/* A new file is told to the guard with an empty old content, without asking the vault. */
static void tell_made_content(struct gate *g, const struct question *q)
{
    struct laz_agent_message m = {.kind = LAZ_AGENT_CHANGED, .number = 1};
    int fds[2] = {g->empty_fd, q->event->fd};
    char path[PATH_MAX];
    size_t tree;

    laz_fd_path(q->event->fd, path, sizeof path);
    if (path[0] == '\0')
        return;
    gate_actor_tell(g, q->actor);
    m.actor = laz_view_of(q->actor->who.key);
    m.path = laz_view_of(path);
    m.other = laz_view_of(gate_tree_of(g, path, &tree));
    laz_ignore(laz_peer_send(&g->broker, &m, fds, 2)); /* lost, it is one deed that is not scored */
}

static void on_closed(struct gate *g, const struct laz_watch_event *e)
{
    struct question q = {.event = e};
    struct laz_case *one;
    unsigned waits = 0;
    int fd = e->fd;

    q.actor = gate_actor_remembered(g, e->tid);
    if ((q.actor != NULL && q.actor->own) || !gate_key_of(g, fd, &q.key)) {
        laz_fd_drop(&fd);
        return;
    }
    q.cached =
        laz_cache_find(g->cache, &q.key, &q.verdict) && now_ns() - q.key.ctime_ns > SETTLED_NS;
    if (q.key.size > 0 && !q.cached)
        waits |= LAZ_WAIT_VERDICT;
    if (q.actor != NULL && gate_is_marked(g, q.actor->who.key, &q.key, GATE_MARK_KEPT))
        waits |= LAZ_WAIT_OLD;
    else if (q.actor != NULL && gate_is_marked(g, q.actor->who.key, &q.key, GATE_MARK_MADE))
        tell_made_content(g, &q);
    one = waits == 0 ? NULL : laz_case_new(&g->cases, fd, LAZ_TRIGGER_CLOSE);
    if (one == NULL) {
        laz_fd_drop(&fd);
        return;
    }
    start_case(g, one, &q, waits);
}

void gate_on_event(void *context, const struct laz_watch_event *event)
{
    struct gate *g = context;

    if (event->deed == LAZ_WATCH_CLOSED)
        on_closed(g, event);
    else
        on_open(g, event);
}

static void expire(struct gate *g, struct laz_case *one, int64_t now)
{
    char members[128];
    bool allow;

    snprintf(members, sizeof members, "\"hold_ms\":%lld,\"deadline_ms\":%u",
             (long long)(now - one->since_ms), hold_ms(g, one));
    laz_count(g->config->counters, LAZ_COUNT_HOLDS_EXPIRED);
    if ((one->waits & LAZ_WAIT_KEPT) != 0)
        laz_count(g->config->counters, LAZ_COUNT_VAULT_LATE);
    allow = !one->bad && (one->waits & LAZ_WAIT_STOP) == 0;
    one->waits &= ~(unsigned)LAZ_WAIT_STOP;
    gate_answer(g, one, allow);
    gate_report_case(g, LAZ_REPORT_HOLD_EXPIRED, allow ? LAZ_ACTION_ALLOWED : LAZ_ACTION_DENIED,
                     one, 255, members);
}

void gate_expire(struct gate *g, int64_t now)
{
    struct laz_case *one = TAILQ_FIRST(&g->cases.active), *next;

    for (; one != NULL && g->cases.held_count > 0; one = next) {
        next = TAILQ_NEXT(one, entry);
        if (!one->held || now < one->deadline_ms)
            continue;
        expire(g, one, now);
        gate_settle(g, one);
    }
    if (g->cases.held_count > 0)
        laz_loop_after(g->loop, &g->expiry, EXPIRY_MS);
}
