#include "agent/guard.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/guard_actor.h"
#include "agent/guard_weigh.h"

/* The weights of deeds that no content tells; those of content stand in guard_weigh.c. */
#define W_RENAMED_EXTENSION  5.0f  /* of a file that it spoiled */
#define W_DELETED_AFTER_COPY 14.0f /* its encrypted copy carries the name on */
#define W_DELETED_BESIDE     10.0f /* its encrypted copy lies beside under another name */
#define W_NOTE               10.0f
#define NOTES_MAX            30.0f
#define W_MANY_FILES         10.0f
#define MANY_FILES           6u /* spoiled files: editors and converters spoil none */
#define FILE_MAX_POINTS      26.0f

#define PAIR_MS       ((int64_t)60 * 1000)
#define NOTE_SIZE_MAX (64u * 1024)

struct tree {
    uint64_t path; /* hash; 0: free */
    int64_t time_ms;
    double score;
};

struct laz_guard {
    struct laz_guard_actor_state *actors[LAZ_GUARD_ACTORS_MAX];
    size_t actor_count;
    struct tree trees[LAZ_GUARD_TREES_MAX];
};

static const char *const reason_names[LAZ_GUARD_REASONS] = {
    [LAZ_GUARD_ENTROPY_RISE] = "entropy-rise",
    [LAZ_GUARD_TYPE_LOST] = "type-lost",
    [LAZ_GUARD_TYPE_CHANGED] = "type-changed",
    [LAZ_GUARD_CONTENT_LOST] = "content-lost",
    [LAZ_GUARD_PARTLY_ENCRYPTED] = "partly-encrypted",
    [LAZ_GUARD_HEADER_DESTROYED] = "header-destroyed",
    [LAZ_GUARD_RENAMED_EXTENSION] = "renamed-extension",
    [LAZ_GUARD_DELETED_AFTER_COPY] = "deleted-after-copy",
    [LAZ_GUARD_NOTE_DROPPED] = "note-dropped",
    [LAZ_GUARD_MANY_FILES] = "many-files",
};

struct laz_guard *laz_guard_new(void)
{
    return calloc(1, sizeof(struct laz_guard));
}

void laz_guard_free(struct laz_guard *g)
{
    if (g == NULL)
        return;
    for (size_t i = 0; i < g->actor_count; i++)
        laz_guard_actor_free(g->actors[i]);
    free(g);
}

void laz_guard_drop(struct laz_guard **g)
{
    laz_guard_free(*g);
    *g = NULL;
}

static double decayed(double score, int64_t since_ms, int64_t now_ms)
{
    if (now_ms <= since_ms)
        return score;
    return score * exp2(-(double)(now_ms - since_ms) / (double)LAZ_GUARD_HALF_LIFE_MS);
}

static size_t find_actor(const struct laz_guard *g, struct laz_view key)
{
    size_t i = 0;

    while (i < g->actor_count && !laz_view_equal_text(key, g->actors[i]->key))
        i++;
    return i;
}

static size_t find_lowest(const struct laz_guard *g, int64_t now_ms)
{
    size_t lowest = 0;

    for (size_t i = 1; i < g->actor_count; i++)
        if (decayed(g->actors[i]->score, g->actors[i]->time_ms, now_ms) <
            decayed(g->actors[lowest]->score, g->actors[lowest]->time_ms, now_ms))
            lowest = i;
    return lowest;
}

/* The one that acts is moved towards the front: the busy ones are found at once. */
static struct laz_guard_actor_state *get_actor(struct laz_guard *g, struct laz_view key,
                                               int64_t now_ms)
{
    size_t i = find_actor(g, key);
    struct laz_guard_actor_state *a;

    if (i < g->actor_count) {
        a = g->actors[i];
        g->actors[i] = g->actors[i / 2];
        g->actors[i / 2] = a;
        return a;
    }
    a = laz_guard_actor_new(key);
    if (a == NULL)
        return NULL;
    if (g->actor_count == LAZ_GUARD_ACTORS_MAX) {
        i = find_lowest(g, now_ms);
        laz_guard_actor_free(g->actors[i]);
        g->actors[i] = a;
    } else {
        g->actors[g->actor_count++] = a;
    }
    a->time_ms = now_ms;
    return a;
}

static struct tree *get_tree(struct laz_guard *g, struct laz_view path, int64_t now_ms)
{
    uint64_t hash = laz_guard_hash(path);
    struct tree *lowest = &g->trees[0];

    for (size_t i = 0; i < LAZ_GUARD_TREES_MAX; i++) {
        struct tree *t = &g->trees[i];

        if (t->path == hash)
            return t;
        if (t->path == 0 ||
            decayed(t->score, t->time_ms, now_ms) < decayed(lowest->score, lowest->time_ms, now_ms))
            lowest = t;
        if (t->path == 0)
            break;
    }
    *lowest = (struct tree){hash, now_ms, 0};
    return lowest;
}

static float sum(const struct laz_guard_weight *w)
{
    float all = 0;

    for (size_t i = 0; i < LAZ_GUARD_REASONS; i++)
        all += w->of[i];
    return all;
}

static void add_points(struct laz_guard_actor_state *a, struct tree *t,
                       const struct laz_guard_weight *w, float points)
{
    float all = sum(w);

    if (points <= 0 || all <= 0)
        return;
    a->score += points;
    t->score += points;
    a->tree = t->path;
    for (size_t i = 0; i < LAZ_GUARD_REASONS; i++)
        a->reasons.of[i] += w->of[i] * points / all;
}

/* What a file weighs counts once: only what it weighs more than before is added. */
static void add_file(struct laz_guard_actor_state *a, struct tree *t, uint64_t path,
                     const struct laz_guard_weight *w, bool more)
{
    float all = sum(w), *has = all > 0 ? laz_guard_file_weight(a, path) : NULL, next;

    if (has == NULL)
        return;
    next = more ? *has + all : fmaxf(*has, all);
    if (next > FILE_MAX_POINTS)
        next = FILE_MAX_POINTS;
    add_points(a, t, w, next - *has);
    *has = next;
}

static void add_many_files(struct laz_guard_actor_state *a, struct tree *t)
{
    struct laz_guard_weight w = {.of[LAZ_GUARD_MANY_FILES] = W_MANY_FILES};

    if (a->many || a->file_count < MANY_FILES)
        return;
    a->many = true;
    add_points(a, t, &w, W_MANY_FILES);
}

static void see_changed(struct laz_guard_actor_state *a, struct tree *t, struct laz_view path,
                        const struct laz_change *c)
{
    struct laz_guard_weight w = {{0}};

    if (c == NULL || c->old_size == 0 || c->new_size == 0)
        return;
    laz_guard_weigh(c, path, &w);
    add_file(a, t, laz_guard_hash(path), &w, false);
}

/* A copy was made, encrypted, and the original went: one file lost. */
static void see_pair(struct laz_guard_actor_state *a, struct tree *t, struct laz_guard_recent *r)
{
    struct laz_guard_weight w = {{0}};
    bool same_name;
    struct laz_guard_recent *other = laz_guard_recent_pair(a, r, r->time_ms - PAIR_MS, &same_name);

    if (other == NULL)
        return;
    other->used = r->used = true;
    w.of[LAZ_GUARD_DELETED_AFTER_COPY] = same_name ? W_DELETED_AFTER_COPY : W_DELETED_BESIDE;
    add_file(a, t, r->made ? other->path : r->path, &w, false);
}

/* Words that notes have in their names; a README alone is none. */
static bool is_note_name(struct laz_view path)
{
    static const char *const words[] = {"decrypt", "recover",    "restore",   "ransom",
                                        "unlock",  "your_files", "yourfiles", "how_to_",
                                        "howto_",  "_readme",    "readme_for"};
    char name[256];
    size_t len = 0;

    for (size_t i = 0; i < path.len; i++) {
        uint8_t c = path.data[i];

        if (c == '/')
            len = 0;
        else if (len < sizeof name - 1)
            name[len++] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c == '-' || c == ' ' ? '_' : c);
    }
    name[len] = '\0';
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(name, words[i]) != NULL)
            return true;
    return false;
}

static void see_note(struct laz_guard_actor_state *a, struct tree *t, struct laz_view path,
                     const struct laz_change *c)
{
    struct laz_guard_weight w = {.of[LAZ_GUARD_NOTE_DROPPED] = W_NOTE};

    if (a->notes >= NOTES_MAX || !is_note_name(path) ||
        (c != NULL && (c->new_size > NOTE_SIZE_MAX || laz_guard_is_even(c))))
        return;
    a->notes += W_NOTE;
    add_points(a, t, &w, W_NOTE);
}

static void see_created(struct laz_guard_actor_state *a, struct tree *t,
                        const struct laz_guard_observation *deed)
{
    struct laz_guard_recent r = laz_guard_recent_of(deed->path, deed->time_ms);

    r.made = true;
    r.encrypted = deed->change != NULL && deed->change->new_size > 0 &&
                  laz_guard_is_encrypted(deed->change, deed->path);
    if (r.encrypted)
        see_pair(a, t, &r);
    laz_guard_recent_add(a, &r);
    see_note(a, t, deed->path, deed->change);
}

static void see_deleted(struct laz_guard_actor_state *a, struct tree *t,
                        const struct laz_guard_observation *deed)
{
    struct laz_guard_recent r = laz_guard_recent_of(deed->path, deed->time_ms);

    if (laz_guard_recent_made(a, r.path))
        return; /* its own */
    r.known = deed->change == NULL || deed->change->old_known_type ||
              laz_guard_is_text(deed->change->old_type);
    see_pair(a, t, &r);
    laz_guard_recent_add(a, &r);
}

static bool same_extension(struct laz_view a, struct laz_view b)
{
    return laz_view_equal(laz_guard_extension(a), laz_guard_extension(b));
}

static void see_renamed(struct laz_guard_actor_state *a, struct tree *t,
                        const struct laz_guard_observation *deed)
{
    struct laz_guard_weight w = {.of[LAZ_GUARD_RENAMED_EXTENSION] = W_RENAMED_EXTENSION};
    uint64_t from = laz_guard_hash(deed->path);

    see_changed(a, t, deed->new_path, deed->change); /* what stood under the new name */
    if (laz_guard_file_find(a, from) <= 0)
        return;
    if (!same_extension(deed->path, deed->new_path))
        add_file(a, t, from, &w, true);
    laz_guard_file_renamed(a, from, laz_guard_hash(deed->new_path));
}

static void see(struct laz_guard_actor_state *a, struct tree *t,
                const struct laz_guard_observation *deed)
{
    switch (deed->deed) {
    case LAZ_GUARD_CHANGED:
        see_changed(a, t, deed->path, deed->change);
        break;
    case LAZ_GUARD_RENAMED:
        see_renamed(a, t, deed);
        break;
    case LAZ_GUARD_DELETED:
        see_deleted(a, t, deed);
        break;
    case LAZ_GUARD_CREATED:
        see_created(a, t, deed);
        break;
    }
    add_many_files(a, t);
}

/* The names of the reasons, those that weigh most first. */
static void say_reasons(const struct laz_guard_weight *w, char out[LAZ_GUARD_REASONS_SIZE])
{
    bool said[LAZ_GUARD_REASONS] = {false};
    size_t len = 0;

    out[0] = '\0';
    for (size_t n = 0; n < LAZ_GUARD_REASONS; n++) {
        size_t best = LAZ_GUARD_REASONS;

        for (size_t i = 0; i < LAZ_GUARD_REASONS; i++)
            if (!said[i] && w->of[i] > 0 && (best == LAZ_GUARD_REASONS || w->of[i] > w->of[best]))
                best = i;
        if (best == LAZ_GUARD_REASONS)
            return;
        said[best] = true;
        len += (size_t)snprintf(out + len, LAZ_GUARD_REASONS_SIZE - len, "%s%s", len > 0 ? "," : "",
                                reason_names[best]);
        LAZ_ASSERT(len < LAZ_GUARD_REASONS_SIZE);
    }
}

static void decide(const struct laz_guard_actor_state *a, const struct tree *t,
                   struct laz_guard_answer *out)
{
    double tree_bar = LAZ_GUARD_BAR * LAZ_GUARD_TREE_FACTOR;
    /* A tree that others have spoiled stops nobody who added nothing to it. */
    bool by_tree = a->score > 0 && t->score / tree_bar > a->score / LAZ_GUARD_BAR;

    *out = (struct laz_guard_answer){.scope = by_tree ? LAZ_GUARD_TREE : LAZ_GUARD_ACTOR,
                                     .score = by_tree ? t->score : a->score,
                                     .bar = by_tree ? tree_bar : LAZ_GUARD_BAR,
                                     .files = a->file_count};
    out->decision = out->score >= out->bar ? LAZ_GUARD_STOP : LAZ_GUARD_WATCH;
    say_reasons(&a->reasons, out->reasons);
}

void laz_guard_observe(struct laz_guard *g, struct laz_view actor,
                       const struct laz_guard_observation *deed, struct laz_guard_answer *out)
{
    struct laz_guard_actor_state *a = get_actor(g, actor, deed->time_ms);
    struct tree *t = get_tree(g, deed->tree, deed->time_ms);

    *out = (struct laz_guard_answer){.bar = LAZ_GUARD_BAR};
    if (a == NULL)
        return;
    a->score = decayed(a->score, a->time_ms, deed->time_ms);
    t->score = decayed(t->score, t->time_ms, deed->time_ms);
    a->time_ms = deed->time_ms;
    t->time_ms = deed->time_ms;
    see(a, t, deed);
    decide(a, t, out);
}

static int compare_score(const void *x, const void *y)
{
    const struct laz_guard_actor_state *a = *(struct laz_guard_actor_state *const *)x;
    const struct laz_guard_actor_state *b = *(struct laz_guard_actor_state *const *)y;

    return a->score > b->score ? -1 : a->score < b->score;
}

void laz_guard_tree_actors(const struct laz_guard *g, struct laz_view tree, int64_t time_ms,
                           laz_guard_actor_fn *fn, void *context)
{
    uint64_t hash = laz_guard_hash(tree);
    struct laz_guard_actor_state **some = calloc(g->actor_count + 1, sizeof *some);
    size_t count = 0;

    for (size_t i = 0; some != NULL && i < g->actor_count; i++)
        if (g->actors[i]->tree == hash && g->actors[i]->score > 0)
            some[count++] = g->actors[i];
    if (count > 0)
        qsort(some, count, sizeof *some, compare_score);
    for (size_t i = 0; i < count; i++)
        if (!fn(context, laz_view_of(some[i]->key),
                decayed(some[i]->score, some[i]->time_ms, time_ms)))
            break;
    free(some);
}

void laz_guard_forget(struct laz_guard *g, struct laz_view actor)
{
    size_t i = find_actor(g, actor);

    if (i == g->actor_count)
        return;
    laz_guard_actor_free(g->actors[i]);
    g->actors[i] = g->actors[--g->actor_count];
}
