#include "agent/vault.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "agent/vault_priv.h"
#include "base/number.h"
#include "sign/digest.h"
#include "sys/clock.h"
#include "sys/fd.h"

#define BYTES_MAX    (8 * GIB)
#define FREE_MIN     (256 * MIB)
#define FREE_PART    20
#define FILE_MAX     (2 * GIB)
#define ENTRIES_MAX  1000000u
#define AGE_MAX_S    (3u * 24 * 3600)
#define SETTLE_S     (15u * 60)
#define EVIDENCE_MAX (1 * GIB)

void laz_vault_object_name(uint64_t number, char out[LAZ_VAULT_OBJECT_NAME_SIZE])
{
    snprintf(out, LAZ_VAULT_OBJECT_NAME_SIZE, "%016llx", (unsigned long long)number);
}

static uint64_t or_default(uint64_t value, uint64_t fallback)
{
    return value == 0 ? fallback : value;
}

static void set_limits(struct laz_vault_limits *l, const struct laz_vault_limits *given)
{
    if (given != NULL)
        *l = *given;
    l->bytes_max = or_default(l->bytes_max, BYTES_MAX);
    l->file_max = or_default(l->file_max, FILE_MAX);
    l->entries_max = (uint32_t)or_default(l->entries_max, ENTRIES_MAX);
    l->age_max_s = (uint32_t)or_default(l->age_max_s, AGE_MAX_S);
    l->settle_s = (uint32_t)or_default(l->settle_s, SETTLE_S);
    l->evidence_max = or_default(l->evidence_max, EVIDENCE_MAX);
}

/* A small file system keeps less free: one part of FREE_PART. */
static void set_free_min(struct laz_vault *v)
{
    struct statvfs fs;
    uint64_t part = FREE_MIN;

    if (v->limits.free_min != 0)
        return;
    if (fstatvfs(v->dir, &fs) == 0)
        part = (uint64_t)fs.f_blocks * fs.f_frsize / FREE_PART;
    v->limits.free_min = part < FREE_MIN ? part : FREE_MIN;
}

static int open_folder(int dir, const char *name, bool make)
{
    if (make && mkdirat(dir, name, 0700) != 0 && errno != EEXIST)
        return -1;
    return openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static enum laz_status open_folders(struct laz_vault *v, const char *dir, struct laz_error *err)
{
    bool make = v->mode == LAZ_VAULT_WRITE;
    enum laz_status s = make ? laz_make_dir(dir, 0700, err) : LAZ_OK;

    if (s != LAZ_OK)
        return s;
    v->dir = laz_open_dir(dir);
    if (v->dir < 0)
        return laz_fail_errno(err, "vault", dir, "name the agent's data folder, and be its owner");
    v->objects = open_folder(v->dir, "objects", make);
    v->evidence = open_folder(v->dir, "evidence", make);
    if (v->objects < 0 || v->evidence < 0)
        return laz_fail_errno(err, "vault", dir, "name the agent's data folder, and be its owner");
    return LAZ_OK;
}

static enum laz_status take_lock(struct laz_vault *v, struct laz_error *err)
{
    if (v->mode == LAZ_VAULT_READ)
        return LAZ_OK;
    v->lock = openat(v->dir, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (v->lock < 0)
        return laz_fail_errno(err, "vault", v->path, "run it as the user who owns it");
    if (flock(v->lock, LOCK_EX | LOCK_NB) != 0)
        return laz_fail(err, LAZ_BUSY, "vault", v->path, "another agent uses it",
                        "stop that one first");
    return LAZ_OK;
}

/* What one record says, taken into the index. */
struct load {
    struct laz_vault *v;
    struct laz_error *err;
};

static void trust_all(struct laz_vault *v, struct laz_vault_actor *a)
{
    while (a->first != NULL)
        laz_vault_item_trust(&v->index, a->first);
    laz_vault_actor_forget_notes(a);
    a->suspect = false;
}

/* The bytes that the object takes, or false when it does not hold the whole content. */
static bool measure_object(const struct laz_vault *v, uint64_t number, uint64_t size,
                           uint64_t *bytes)
{
    char name[LAZ_VAULT_OBJECT_NAME_SIZE];
    struct stat st;

    laz_vault_object_name(number, name);
    if (fstatat(v->objects, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode) ||
        (uint64_t)st.st_size != size)
        return false;
    *bytes = (uint64_t)st.st_blocks * 512;
    return true;
}

static enum laz_status load_object(struct laz_vault *v, const struct laz_vault_record *r,
                                   struct laz_vault_object **out)
{
    uint64_t bytes;

    *out = NULL;
    if (r->object == 0)
        return LAZ_OK;
    *out = laz_vault_object_by_number(&v->index, &r->version, r->object);
    if (*out != NULL)
        return LAZ_OK;
    if (!measure_object(v, r->object, r->version.size, &bytes))
        return LAZ_NOT_FOUND;
    *out = laz_vault_object_add(&v->index, r->object, &r->version, r->on);
    if (*out == NULL)
        return LAZ_NOMEM;
    laz_vault_object_measure(&v->index, *out, bytes);
    return LAZ_OK;
}

static enum laz_status load_kept(struct laz_vault *v, const struct laz_vault_record *r, uint64_t at)
{
    struct laz_vault_actor *a = laz_vault_actor_get(&v->index, r->actor);
    struct laz_vault_object *o;
    struct laz_vault_item *item;
    enum laz_status s;

    if (a == NULL)
        return LAZ_NOMEM;
    a->seen_ms = laz_now_ms();
    s = load_object(v, r, &o);
    if (s == LAZ_NOT_FOUND) { /* evicted later on, or lost with the power */
        v->lost++;
        return LAZ_OK;
    }
    if (s != LAZ_OK)
        return s;
    item = laz_vault_item_add(&v->index, a, o, r, at);
    if (item == NULL)
        return LAZ_NOMEM;
    if (r->trusted)
        laz_vault_item_trust(&v->index, item);
    return LAZ_OK;
}

static void load_evicted(struct laz_vault *v, uint64_t number)
{
    struct laz_vault_item *item = laz_vault_item_by_number(&v->index, number);
    struct laz_vault_object *o;

    if (item == NULL) {
        v->lost -= v->lost > 0 ? 1 : 0; /* it went with its object */
        return;
    }
    o = laz_vault_item_remove(&v->index, item);
    if (o != NULL)
        laz_vault_object_free(&v->index, o);
}

static enum laz_status load_actor(struct laz_vault *v, const struct laz_vault_record *r,
                                  uint64_t at)
{
    struct laz_vault_actor *a = laz_vault_actor_get(&v->index, r->actor);

    if (a == NULL)
        return LAZ_NOMEM;
    a->seen_ms = laz_now_ms();
    if (r->kind == LAZ_VAULT_RECORD_RENAMED || r->kind == LAZ_VAULT_RECORD_CREATED)
        return laz_vault_actor_note(a, at);
    if (r->kind == LAZ_VAULT_RECORD_SUSPECT) {
        a->suspect = r->on;
        a->suspect_at = at;
    } else if (r->kind == LAZ_VAULT_RECORD_FORGOTTEN) {
        trust_all(v, a);
    } else {
        a->rolling = r->kind == LAZ_VAULT_RECORD_ROLLBACK;
    }
    return LAZ_OK;
}

static enum laz_status load_record(void *context, const struct laz_vault_record *r, uint64_t at)
{
    struct laz_vault *v = ((struct load *)context)->v;
    struct laz_vault_item *item;

    switch (r->kind) {
    case LAZ_VAULT_RECORD_KEPT:
        return load_kept(v, r, at);
    case LAZ_VAULT_RECORD_PUT_BACK:
        item = laz_vault_item_by_number(&v->index, r->entry);
        if (item != NULL)
            item->put_back = true;
        return LAZ_OK;
    case LAZ_VAULT_RECORD_EVICTED:
        load_evicted(v, r->entry);
        return LAZ_OK;
    case LAZ_VAULT_RECORD_RENAMED:
    case LAZ_VAULT_RECORD_CREATED:
    case LAZ_VAULT_RECORD_SUSPECT:
    case LAZ_VAULT_RECORD_FORGOTTEN:
    case LAZ_VAULT_RECORD_ROLLBACK:
    case LAZ_VAULT_RECORD_ROLLED_BACK:
        return load_actor(v, r, at);
    }
    return LAZ_OK;
}

enum laz_status laz_vault_load(struct laz_vault *v, struct laz_error *err)
{
    struct load load = {v, err};
    enum laz_status s;

    laz_vault_journal_clear(&v->journal);
    laz_vault_index_clear(&v->index);
    v->lost = 0;
    s = laz_vault_index_init(&v->index);
    if (s != LAZ_OK)
        return laz_fail(err, s, "vault", v->path, "no memory", "");
    return laz_vault_journal_open(v->dir, v->mode == LAZ_VAULT_WRITE, load_record, &load,
                                  &v->journal, err);
}

/* Objects that no entry needs: copies that were interrupted, evictions that were. After damage to
 * the journal nobody knows, so they stay; their numbers are not given again. */
static void clean_objects(struct laz_vault *v)
{
    uint8_t *needed = NULL;
    int fd = openat(v->objects, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    size_t room = (size_t)(v->index.object_number + 1);

    if (dir == NULL) {
        laz_fd_drop(&fd);
        return;
    }
    needed = calloc(room, 1);
    for (struct laz_vault_item *i = v->index.guarded.oldest; needed != NULL && i != NULL;
         i = i->newer)
        if (i->object != NULL)
            needed[i->object->number] = 1;
    for (struct laz_vault_item *i = v->index.trusted.oldest; needed != NULL && i != NULL;
         i = i->newer)
        if (i->object != NULL)
            needed[i->object->number] = 1;
    for (struct dirent *e = readdir(dir); needed != NULL && e != NULL; e = readdir(dir)) {
        uint64_t number;

        if (!laz_parse_hex_u64(laz_view_of(e->d_name), UINT64_MAX, &number))
            continue;
        if (v->journal.damaged == 0 && (number >= room || !needed[number]))
            laz_ignore(unlinkat(v->objects, e->d_name, 0)); /* tried again at the next opening */
        else if (number > v->index.object_number)
            v->index.object_number = number;
    }
    free(needed);
    closedir(dir);
}

static void measure_evidence(struct laz_vault *v)
{
    int fd = openat(v->evidence, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct stat st;

    v->evidence_bytes = 0;
    if (dir == NULL) {
        laz_fd_drop(&fd);
        return;
    }
    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir))
        if (e->d_name[0] != '.' && fstatat(v->evidence, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
            v->evidence_bytes += (uint64_t)st.st_blocks * 512;
    closedir(dir);
}

enum laz_status laz_vault_open(const char *dir, enum laz_vault_mode mode,
                               const struct laz_vault_limits *limits, struct laz_vault **out,
                               struct laz_error *err)
{
    LAZ_OWNED(laz_vault_drop) struct laz_vault *v = calloc(1, sizeof *v);
    enum laz_status s;

    if (v == NULL)
        return laz_fail(err, LAZ_NOMEM, "vault", dir, "no memory", "");
    v->mode = mode;
    v->dir = v->objects = v->evidence = v->lock = v->journal.fd = -1;
    laz_digest_init();
    snprintf(v->path, sizeof v->path, "%s", dir);
    set_limits(&v->limits, limits);
    s = open_folders(v, dir, err);
    if (s == LAZ_OK) {
        set_free_min(v);
        s = take_lock(v, err);
    }
    if (s == LAZ_OK)
        s = laz_vault_load(v, err);
    if (s != LAZ_OK)
        return s;
    if (mode == LAZ_VAULT_WRITE) {
        clean_objects(v);
        measure_evidence(v);
    }
    *out = laz_move(v);
    return LAZ_OK;
}

void laz_vault_free(struct laz_vault *v)
{
    if (v == NULL)
        return;
    laz_vault_index_clear(&v->index);
    laz_vault_journal_clear(&v->journal);
    laz_fd_drop(&v->objects);
    laz_fd_drop(&v->evidence);
    laz_fd_drop(&v->lock);
    laz_fd_drop(&v->dir);
    free(v);
}

void laz_vault_drop(struct laz_vault **v)
{
    laz_vault_free(*v);
    *v = NULL;
}

bool laz_vault_next_interrupted(const struct laz_vault *v, struct laz_view *actor)
{
    const struct laz_vault_actor *a = laz_vault_actor_find_rolling(&v->index);

    if (a == NULL)
        return false;
    *actor = laz_view_of(a->key);
    return true;
}

/* Entries have growing numbers in both lists but for those that were trusted: merged by number they
 * come roughly oldest first. */
static bool list_item(struct laz_vault *v, const struct laz_vault_item *i, laz_vault_entry_fn *fn,
                      void *context)
{
    struct laz_vault_record record;
    struct laz_vault_entry entry;

    if (laz_vault_journal_read(&v->journal, i->at, &record, NULL) != LAZ_OK)
        return true; /* damaged since it was opened: there is nothing to say */
    entry = (struct laz_vault_entry){.id = i->number,
                                     .size = i->size,
                                     .kept_ms = i->kept_ms,
                                     .suspect = i->actor != NULL && i->actor->suspect,
                                     .restored = i->put_back,
                                     .actor = record.actor,
                                     .path = record.path};
    return fn(context, &entry);
}

void laz_vault_list(struct laz_vault *v, laz_vault_entry_fn *fn, void *context)
{
    const struct laz_vault_item *t = v->index.trusted.oldest, *g = v->index.guarded.oldest;
    bool more = true;

    while (more && (t != NULL || g != NULL)) {
        const struct laz_vault_item **next =
            g == NULL || (t != NULL && t->number < g->number) ? &t : &g;

        more = list_item(v, *next, fn, context);
        *next = (*next)->newer;
    }
}

void laz_vault_state(const struct laz_vault *v, struct laz_vault_state *out)
{
    *out = (struct laz_vault_state){.actors = v->index.actor_count,
                                    .entries = v->index.entry_count,
                                    .damaged = v->journal.damaged + v->lost,
                                    .bytes = v->index.bytes,
                                    .bytes_max = v->limits.bytes_max,
                                    .kept = v->kept,
                                    .shared = v->shared,
                                    .refused = v->refused,
                                    .evicted = v->evicted};
}

bool laz_vault_is_dirty(const struct laz_vault *v)
{
    return v->dirty;
}

void laz_vault_set_clean(struct laz_vault *v)
{
    v->dirty = false;
}

/* One flush of the file system: cheaper than one for each copy, and the only call that takes them
 * all. */
enum laz_status laz_vault_sync(struct laz_vault *v, struct laz_error *err)
{
    v->dirty = false;
    if (syncfs(v->dir) != 0)
        return laz_fail_errno(err, "vault", v->path, "check the disk");
    return LAZ_OK;
}
