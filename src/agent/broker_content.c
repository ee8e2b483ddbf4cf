#include <stdio.h>
#include <stdlib.h>

#include "agent/broker_priv.h"
#include "base/text.h"
#include "feed/store.h"
#include "link/json.h"
#include "sys/channel.h"
#include "sys/fd.h"
#include "sys/log.h"

#define TIME_MAX_MS ((uint64_t)253402300799999) /* the last millisecond of the year 9999 */

/* The database in use is another now. */
static void report_changed(struct broker *b)
{
    char members[128];

    snprintf(members, sizeof members, "\"rules\":%llu,\"hashes\":%llu,\"built\":%lld",
             (unsigned long long)b->rules, (unsigned long long)b->hashes, (long long)b->content_ms);
    broker_simple_event(b, LAZ_REPORT_CONTENT_CHANGED, members);
}

/* Once for each new database, whichever of the workers says it first. */
static void report_refused(struct broker *b, const struct laz_error *why)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf members = {0};

    if (b->refused_content == b->next_content)
        return;
    b->refused_content = b->next_content;
    laz_buf_init(&members, sizeof *why * 6 + 64); /* each byte escaped */
    laz_ignore(laz_buf_add_text(&members, "\"problem\":"));
    laz_ignore(laz_buf_add_json(&members, laz_view_of(why->why)));
    if (laz_buf_failed(&members) == LAZ_OK)
        broker_simple_event(b, LAZ_REPORT_CONTENT_REFUSED, laz_buf_text(&members));
}

static void drop_next(struct broker_worker *w)
{
    if (w->next_fd < 0)
        return;
    laz_loop_remove(w->broker->loop, w->next_fd);
    laz_fd_drop(&w->next_fd); /* which ends it */
    w->next_ready = false;
}

static bool is_turning(const struct broker *b)
{
    for (size_t i = 0; i < LAZ_AGENT_WORKERS_MAX; i++)
        if (b->workers[i].next_fd >= 0)
            return true;
    return false;
}

/* All that the old ones judged has been sent to the gate before this: what it remembers from now on
 * is the new database's. */
static void tell_gate(struct broker *b)
{
    struct laz_agent_message m = {
        .kind = LAZ_AGENT_CONTENT, .value = b->next_content, .extra = (uint64_t)b->next_content_ms};

    if (b->next_content == 0 || !b->turned || is_turning(b))
        return;
    b->content_ms = b->next_content_ms;
    b->next_content = 0;
    laz_ignore(laz_peer_send(&b->gate, &m, NULL, 0)); /* one that is gone asks the file itself */
    laz_log(LAZ_INFO, "content.turned", "rules=%llu hashes=%llu", (unsigned long long)b->rules,
            (unsigned long long)b->hashes);
    report_changed(b);
    broker_tell_state(b);
}

void broker_content_turn(struct broker_worker *w)
{
    struct broker *b = w->broker;
    struct laz_error err;

    if (!w->next_ready || w->job != NULL)
        return;
    laz_loop_remove(b->loop, w->next_fd);
    if (w->fd >= 0)
        laz_loop_remove(b->loop, w->fd);
    laz_fd_drop(&w->fd); /* which ends the old one */
    w->fd = laz_move_fd(&w->next_fd);
    w->next_ready = false;
    w->ready =
        laz_loop_add(b->loop, w->fd, LAZ_LOOP_READ, broker_on_worker_ready, w, &err) == LAZ_OK;
    if (!w->ready) {
        laz_log_error(LAZ_ERROR, "broker.channel", &err);
        laz_fd_drop(&w->fd);
    }
    b->turned = true;
    b->rules = w->next_rules;
    b->hashes = w->next_hashes;
    b->bare = b->rules == 0 && b->hashes == 0;
    tell_gate(b);
}

/* Until its hello; what it says otherwise is why it cannot work. */
static void on_next_ready(void *context, unsigned events)
{
    struct broker_worker *w = context;
    struct laz_worker_answer *a = malloc(sizeof *a);
    enum laz_status s;

    if (a == NULL)
        return;
    s = laz_worker_receive(w->next_fd, a);
    if (s == LAZ_OK && a->kind == LAZ_ANSWER_HELLO && !w->next_ready) {
        w->next_ready = true;
        w->next_rules = a->hello.rule_count;
        w->next_hashes = a->hello.hash_count;
        broker_content_turn(w);
        broker_give_work(w->broker);
    } else if (s != LAZ_BUSY) {
        if (s == LAZ_OK && a->kind == LAZ_ANSWER_FAILED) {
            laz_log_error(LAZ_ERROR, "worker.failed", &a->error);
            report_refused(w->broker, &a->error);
        }
        drop_next(w);
        tell_gate(w->broker);
    }
    free(a);
}

void broker_on_next(struct broker *b, const struct laz_agent_message *m, int *fd)
{
    struct broker_worker *w = &b->workers[m->value % LAZ_AGENT_WORKERS_MAX];
    struct laz_error err;

    drop_next(w);
    if (laz_set_nonblocking(*fd, true) != LAZ_OK ||
        laz_loop_add(b->loop, *fd, LAZ_LOOP_READ, on_next_ready, w, &err) != LAZ_OK)
        return; /* closed, so that it ends */
    w->next_fd = laz_move_fd(fd);
}

void broker_on_content(struct broker *b, const struct laz_agent_message *m)
{
    b->turned = false;
    b->next_content = m->value;
    b->next_content_ms = (int64_t)m->extra;
}

/* Of each source only what is known here. */
static bool add_source(struct laz_buf *out, const cJSON *source)
{
    static const struct {
        const char *name;
        size_t max;
    } texts[] = {{"id", 32}, {"kind", 32}, {"licence", 80}, {"error", 160}, {"outcome", 32}};
    uint64_t checked, good, failing;

    if (!laz_json_u64(source, "checked", TIME_MAX_MS, &checked) ||
        !laz_json_u64(source, "good", TIME_MAX_MS, &good) ||
        !laz_json_u64(source, "failing", TIME_MAX_MS, &failing))
        return false;
    laz_ignore(laz_buf_addf(out, "%s{\"checked\":%llu,\"good\":%llu,\"failing\":%llu",
                            out->len == 0 ? "" : ",", (unsigned long long)checked,
                            (unsigned long long)good, (unsigned long long)failing));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const char *text;

        if (!laz_json_text(source, texts[i].name, texts[i].max, &text))
            return false;
        laz_ignore(laz_buf_addf(out, ",\"%s\":", texts[i].name));
        laz_ignore(laz_buf_add_json(out, laz_view_of(text)));
    }
    return laz_buf_add_text(out, "}") == LAZ_OK;
}

static bool take_list(struct broker *b, const cJSON *said)
{
    const cJSON *source, *list = cJSON_GetObjectItemCaseSensitive(said, "list");
    unsigned count = 0;

    laz_buf_clear(&b->sources.list);
    laz_buf_init(&b->sources.list, LAZ_FEED_STATE_MAX * 2);
    cJSON_ArrayForEach(source, list)
    {
        if (count++ == LAZ_FEED_STATE_LISTED || !add_source(&b->sources.list, source))
            return false;
    }
    return true;
}

/* Anything else than it should be is as if nothing were said. */
void broker_on_sources(struct broker *b, const struct laz_agent_message *m)
{
    LAZ_OWNED(laz_json_drop) cJSON *said = laz_json_parse_object(m->text);
    struct broker_sources s = {.known = true};
    const char *problem;

    if (said == NULL || !laz_json_u64(said, "sources", 1000, &s.count) ||
        !laz_json_u64(said, "failing", 1000, &s.failing) || !laz_json_bool(said, "held", &s.held) ||
        !laz_json_text(said, "problem", sizeof s.problem - 1, &problem))
        return;
    snprintf(s.problem, sizeof s.problem, "%s", problem);
    if (!take_list(b, said))
        laz_buf_clear(&b->sources.list);
    s.list = b->sources.list;
    b->sources = s;
    broker_tell_state(b);
}
