#include <string.h>

#include "agent/broker_priv.h"
#include "sys/clock.h"

#define TREE_LOCK_MS   5000
#define STOP_SCORE_MIN 0.0

static void ask_stop(struct broker *b, struct laz_view actor, const struct laz_guard_answer *answer)
{
    struct laz_agent_message m = {.kind = LAZ_AGENT_STOP};

    m.actor = actor;
    m.value = answer->files;
    m.text = laz_view_of(answer->reasons);
    laz_ignore(laz_peer_send(&b->gate, &m, NULL, 0)); /* asked again at the next deed */
}

struct tree_stop {
    struct broker *broker;
    const struct laz_guard_answer *answer;
};

static bool stop_one(void *context, struct laz_view actor, double score)
{
    const struct tree_stop *t = context;

    if (score > STOP_SCORE_MIN)
        ask_stop(t->broker, actor, t->answer);
    return true;
}

/* An attack over many processes: all who add to it are stopped, and nobody writes there for a
 * while, so that whoever starts them is out of breath. */
static void stop_tree(struct broker *b, struct laz_view tree, const struct laz_guard_answer *answer)
{
    struct tree_stop t = {b, answer};
    struct laz_agent_message m = {.kind = LAZ_AGENT_LOCK, .value = TREE_LOCK_MS, .path = tree};

    /* First who is stopped, so that they are held and not refused. */
    laz_guard_tree_actors(b->guard, tree, laz_monotonic_ms(), stop_one, &t);
    laz_ignore(laz_peer_send(&b->gate, &m, NULL, 0)); /* asked again at the next deed */
}

void broker_observe(struct broker *b, struct laz_view actor,
                    const struct laz_guard_observation *deed)
{
    struct laz_guard_answer answer = {0};

    laz_guard_observe(b->guard, actor, deed, &answer);
    if (answer.decision != LAZ_GUARD_STOP)
        return;
    if (answer.scope == LAZ_GUARD_ACTOR)
        ask_stop(b, actor, &answer);
    else
        stop_tree(b, deed->tree, &answer);
}

static struct laz_view tree_of(const struct broker *b, struct laz_view path)
{
    for (size_t i = 0; i < b->config->tree_count; i++)
        if (laz_view_starts(path, laz_view_of(b->config->trees[i])))
            return laz_view_of(b->config->trees[i]);
    return laz_view_of(b->config->tree_count > 0 ? b->config->trees[0] : "/");
}

void broker_on_renamed(struct broker *b, const struct laz_agent_message *m)
{
    struct laz_guard_observation deed = {.deed = LAZ_GUARD_RENAMED,
                                         .time_ms = laz_monotonic_ms(),
                                         .tree = tree_of(b, m->path),
                                         .path = m->path,
                                         .new_path = m->other};

    broker_observe(b, m->actor, &deed);
}

void broker_on_deleted(struct broker *b, const struct laz_agent_message *m)
{
    struct laz_guard_observation deed = {.deed = LAZ_GUARD_DELETED,
                                         .time_ms = laz_monotonic_ms(),
                                         .tree = tree_of(b, m->path),
                                         .path = m->path};

    broker_observe(b, m->actor, &deed);
}
