#include <string.h>

#include "agent/broker_priv.h"
#include "base/text.h"

static void add_name(struct laz_buf *out, const char *name, struct laz_view v)
{
    laz_ignore(laz_buf_addf(out, "\"%s\":", name));
    laz_ignore(laz_buf_add_json(out, v));
    laz_ignore(laz_buf_add_text(out, ","));
}

static struct laz_view base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return laz_view_of(slash == NULL ? path : slash + 1);
}

static void add_sources(const struct broker *b, struct laz_buf *out)
{
    const struct broker_sources *s = &b->sources;

    if (!s->known)
        return;
    laz_ignore(laz_buf_addf(out, ",\"sources\":%llu,\"failing\":%llu,\"held\":%s,\"problem\":",
                            (unsigned long long)s->count, (unsigned long long)s->failing,
                            s->held ? "true" : "false"));
    laz_ignore(laz_buf_add_json(out, laz_view_of(s->problem)));
    laz_ignore(laz_buf_add_text(out, ",\"list\":["));
    laz_ignore(laz_buf_add(out, laz_buf_view(&s->list)));
    laz_ignore(laz_buf_add_text(out, "]"));
}

/* What /agent/v1/sync sends; also the answer of `agent status`. */
void broker_add_state(struct broker *b, struct laz_buf *out)
{
    const struct laz_agent_config *c = b->config;
    bool gate = laz_features_have_gate(&c->features);
    struct laz_unguarded also = {.content_missing = b->bare, .part_of_disk = c->part_of_disk};

    laz_ignore(laz_buf_add_text(out, "{\"type\":\"state\","));
    add_name(out, "hostname", laz_view_of(c->hostname));
    add_name(out, "os", laz_view_of(c->os));
    add_name(out, "kernel", laz_view_of(c->kernel));
    add_name(out, "version", laz_view_of(LAZ_PROGRAM_VERSION));
    laz_ignore(laz_buf_addf(out, "\"mode\":\"%s\",\"features\":", gate ? "full" : "no-gate"));
    laz_features_add_json(&c->features, out);
    laz_ignore(laz_buf_add_text(out, ",\"protected\":["));
    for (size_t i = 0; gate && i < c->tree_count; i++) {
        laz_ignore(laz_buf_add_text(out, i == 0 ? "" : ","));
        laz_ignore(laz_buf_add_json(out, laz_view_of(c->trees[i])));
    }
    laz_ignore(laz_buf_add_text(out, "],\"unguarded\":"));
    laz_features_add_unguarded(&c->features, &also, out);
    laz_ignore(laz_buf_add_text(out, ",\"content\":{"));
    add_name(out, "name", c->db == NULL ? laz_view_of("") : base_name(c->db));
    laz_ignore(laz_buf_addf(out, "\"built\":%lld,\"rules\":%llu,\"hashes\":%llu",
                            (long long)b->content_ms, (unsigned long long)b->rules,
                            (unsigned long long)b->hashes));
    add_sources(b, out);
    laz_ignore(laz_buf_add_text(out, "},"));
    laz_ignore(laz_buf_addf(out, "\"online\":%s,\"breakglass\":%s,\"counters\":",
                            b->online ? "true" : "false", b->glass ? "true" : "false"));
    laz_counters_add_json(c->counters, out);
    laz_ignore(laz_buf_add_text(out, "}"));
}
