#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "agent/gate_priv.h"
#include "base/text.h"
#include "sys/fd.h"

static struct gate_actor *actor_slot(struct gate *g, pid_t pid)
{
    return &g->actors[(uint32_t)pid % GATE_ACTORS];
}

static void remember_thread(struct gate *g, pid_t tid, pid_t pid)
{
    g->threads[(uint32_t)tid % GATE_THREADS] = (struct gate_thread){tid, pid};
}

struct gate_actor *gate_actor_of_thread(struct gate *g, pid_t tid)
{
    struct laz_actor who;
    struct gate_actor *a;

    if (!laz_actor_identify(&g->boot, tid, &who))
        return NULL;
    remember_thread(g, tid, who.pid);
    a = actor_slot(g, who.pid);
    if (a->known && strcmp(a->who.key, who.key) == 0)
        return a;
    *a = (struct gate_actor){.who = who, .known = true};
    a->own = who.parent == g->monitor_pid || who.pid == g->monitor_pid;
    for (size_t i = 0; i < GATE_STOPS; i++)
        if (strcmp(g->stops[i].actor, who.key) == 0)
            a->stopped = true;
    return a;
}

struct gate_actor *gate_actor_remembered(struct gate *g, pid_t tid)
{
    const struct gate_thread *t = &g->threads[(uint32_t)tid % GATE_THREADS];
    struct gate_actor *a = actor_slot(g, t->pid);

    if (t->tid == tid && a->known && a->who.pid == t->pid)
        return a;
    return gate_actor_of_thread(g, tid);
}

struct gate_actor *gate_actor_find(struct gate *g, struct laz_view key)
{
    struct gate_actor *a;
    uint64_t ticks;
    pid_t pid;

    if (!laz_actor_key_parse(&g->boot, key, &pid, &ticks))
        return NULL;
    a = actor_slot(g, pid);
    return a->known && laz_view_equal_text(key, a->who.key) ? a : NULL;
}

void gate_actor_tell(struct gate *g, struct gate_actor *a)
{
    struct laz_agent_message m = {.kind = LAZ_AGENT_ACTOR};

    if (a->told)
        return;
    laz_actor_describe(&a->who);
    m.actor = laz_view_of(a->who.key);
    m.pid = (uint32_t)a->who.pid;
    m.number = (uint32_t)a->who.parent;
    m.value = (uint64_t)a->who.created_ms;
    m.extra = a->who.uid;
    m.name = laz_view_of(a->who.name);
    m.path = laz_view_of(a->who.exe);
    m.other = laz_view_of(a->who.command);
    a->told = true;
    gate_tell(g, &m);
}

/* The executable is read anew each time: an allowed program may have become another by exec. */
bool gate_is_allowed(struct gate *g, struct gate_actor *a)
{
    char link[64], exe[LAZ_ACTOR_TEXT_SIZE];
    ssize_t n;

    if (g->allowed_count == 0)
        return false;
    snprintf(link, sizeof link, "/proc/%d/exe", (int)a->who.pid);
    n = readlink(link, exe, sizeof exe - 1);
    exe[n < 0 ? 0 : n] = '\0';
    for (size_t i = 0; i < g->allowed_count; i++)
        if (strcmp(g->allowed[i], a->who.key) == 0 || strcmp(g->allowed[i], exe) == 0)
            return true;
    return false;
}

bool gate_digest_is_allowed(const struct gate *g, const uint8_t digest[32])
{
    char text[7 + 65] = "sha256:";

    laz_hex_encode(laz_view_from(digest, 32), text + 7);
    for (size_t i = 0; i < g->allowed_count; i++)
        if (strcmp(g->allowed[i], text) == 0)
            return true;
    return false;
}

static uint64_t stir(uint64_t h, uint64_t n)
{
    h = (h ^ n) * 0x9e3779b97f4a7c15u;
    h ^= h >> 32;
    h *= 0xd6e8feb86659fd93u;
    return h ^ h >> 29;
}

/* The key is random, so that nobody can look for a file that counts as kept because of another. */
static uint64_t hash_mark(const struct gate *g, const char *actor, const struct laz_cache_key *key,
                          enum gate_mark kind)
{
    uint64_t h = stir(g->mark_key, kind);

    for (const char *c = actor; *c != '\0'; c++)
        h = stir(h, (uint8_t)*c);
    h = stir(stir(h, key->device), key->inode);
    return h == 0 ? 1 : h;
}

/* Rules may ask for the path, and whoever has two names for a file, or renames a folder above it,
 * must not bring the verdict of one name to the other. */
bool gate_key_of(const struct gate *g, int fd, struct laz_cache_key *out)
{
    char path[PATH_MAX];

    if (!laz_cache_key_of(fd, g->database, out))
        return false;
    laz_fd_path(fd, path, sizeof path);
    out->name = g->mark_key;
    for (const char *c = path; *c != '\0'; c++)
        out->name = stir(out->name, (uint8_t)*c);
    return true;
}

static size_t find_mark(const struct gate *g, uint64_t h)
{
    size_t i = h % GATE_MARKED;

    while (g->marked[i] != 0 && g->marked[i] != h)
        i = (i + 1) % GATE_MARKED;
    return i;
}

bool gate_is_marked(const struct gate *g, const char *actor, const struct laz_cache_key *key,
                    enum gate_mark kind)
{
    return g->marked[find_mark(g, hash_mark(g, actor, key, kind))] != 0;
}

void gate_mark(struct gate *g, const char *actor, const struct laz_cache_key *key,
               enum gate_mark kind)
{
    uint64_t h = hash_mark(g, actor, key, kind);
    size_t i;

    if (g->marked_count > GATE_MARKED / 2) { /* begun again: at worst the vault is asked twice */
        memset(g->marked, 0, GATE_MARKED * sizeof *g->marked);
        g->marked_count = 0;
    }
    i = find_mark(g, h);
    if (g->marked[i] == 0)
        g->marked_count++;
    g->marked[i] = h;
}
