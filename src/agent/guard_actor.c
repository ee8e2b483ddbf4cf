#include "agent/guard_actor.h"

#include <stdlib.h>
#include <string.h>

#define FILES_FIRST 16u

uint64_t laz_guard_hash(struct laz_view v)
{
    uint64_t h = 0xcbf29ce484222325u; /* FNV-1a */

    for (size_t i = 0; i < v.len; i++)
        h = (h ^ v.data[i]) * 0x100000001b3u;
    return h == 0 ? 1 : h; /* 0 marks a free place */
}

struct laz_guard_actor_state *laz_guard_actor_new(struct laz_view key)
{
    struct laz_guard_actor_state *a = calloc(1, sizeof *a);
    struct laz_view cut = laz_view_first(key, LAZ_VAULT_ACTOR_MAX);

    if (a == NULL)
        return NULL;
    memcpy(a->key, cut.data, cut.len);
    a->files = calloc(FILES_FIRST, sizeof *a->files);
    a->file_room = FILES_FIRST;
    if (a->files == NULL) {
        free(a);
        return NULL;
    }
    return a;
}

void laz_guard_actor_free(struct laz_guard_actor_state *a)
{
    if (a == NULL)
        return;
    free(a->files);
    free(a);
}

static struct laz_guard_file *place_of(struct laz_guard_file *files, uint32_t room, uint64_t path)
{
    uint32_t i = (uint32_t)(path ^ path >> 32) & (room - 1);

    while (files[i].path != 0 && files[i].path != path)
        i = (i + 1) & (room - 1);
    return &files[i];
}

static bool grow(struct laz_guard_actor_state *a)
{
    uint32_t room = a->file_room * 2;
    struct laz_guard_file *files;

    if (a->file_count * 2 < a->file_room)
        return true;
    files = calloc(room, sizeof *files);
    if (files == NULL)
        return false;
    for (uint32_t i = 0; i < a->file_room; i++)
        if (a->files[i].path != 0)
            *place_of(files, room, a->files[i].path) = a->files[i];
    free(a->files);
    a->files = files;
    a->file_room = room;
    return true;
}

float laz_guard_file_find(const struct laz_guard_actor_state *a, uint64_t path)
{
    const struct laz_guard_file *f = place_of(a->files, a->file_room, path);

    return f->path == path ? f->weight : 0;
}

float *laz_guard_file_weight(struct laz_guard_actor_state *a, uint64_t path)
{
    struct laz_guard_file *f = place_of(a->files, a->file_room, path);

    if (f->path == path)
        return &f->weight;
    if (a->file_count >= LAZ_GUARD_FILES_MAX || !grow(a))
        return NULL;
    f = place_of(a->files, a->file_room, path);
    *f = (struct laz_guard_file){path, 0};
    a->file_count++;
    return &f->weight;
}

void laz_guard_file_renamed(struct laz_guard_actor_state *a, uint64_t from, uint64_t to)
{
    float weight = laz_guard_file_find(a, from);
    float *now = weight > 0 ? laz_guard_file_weight(a, to) : NULL;

    if (now != NULL && *now < weight)
        *now = weight; /* the old name keeps its weight: a new file there is another victim only
                          once */
}

static size_t name_at(struct laz_view path)
{
    size_t at = path.len;

    while (at > 0 && path.data[at - 1] != '/')
        at--;
    return at;
}

struct laz_guard_recent laz_guard_recent_of(struct laz_view path, int64_t time_ms)
{
    size_t name = name_at(path), dot = path.len;

    while (dot > name + 1 && path.data[dot - 1] != '.')
        dot--;
    return (struct laz_guard_recent){
        .path = laz_guard_hash(path),
        .folder = laz_guard_hash(laz_view_first(path, name)),
        .stem = laz_guard_hash(laz_view_first(path, dot > name + 1 ? dot - 1 : path.len)),
        .time_ms = time_ms};
}

void laz_guard_recent_add(struct laz_guard_actor_state *a, const struct laz_guard_recent *r)
{
    a->recent[a->recent_at] = *r;
    a->recent_at = (a->recent_at + 1) % LAZ_GUARD_RECENT;
}

bool laz_guard_recent_made(const struct laz_guard_actor_state *a, uint64_t path)
{
    for (size_t i = 0; i < LAZ_GUARD_RECENT; i++)
        if (a->recent[i].made && a->recent[i].path == path)
            return true;
    return false;
}

/* report.pdf and report.pdf.locked, or report.pdf and report.locked. */
static bool carries_on(const struct laz_guard_recent *made, const struct laz_guard_recent *deleted)
{
    return made->stem == deleted->path || made->stem == deleted->stem;
}

struct laz_guard_recent *laz_guard_recent_pair(struct laz_guard_actor_state *a,
                                               const struct laz_guard_recent *r, int64_t after_ms,
                                               bool *same_name)
{
    struct laz_guard_recent *loose = NULL;

    for (size_t i = 0; i < LAZ_GUARD_RECENT; i++) {
        struct laz_guard_recent *other = &a->recent[i];
        const struct laz_guard_recent *made = r->made ? r : other, *gone = r->made ? other : r;

        if (other->path == 0 || other->made == r->made || other->used ||
            other->time_ms < after_ms || other->path == r->path || !made->encrypted)
            continue;
        if (carries_on(made, gone)) {
            *same_name = true;
            return other;
        }
        if (made->folder == gone->folder && gone->known)
            loose = other;
    }
    *same_name = false;
    return loose;
}
