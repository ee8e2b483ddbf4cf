#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "agent/filecopy.h"
#include "agent/vault_priv.h"
#include "base/number.h"
#include "sys/clock.h"
#include "sys/fd.h"

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)
/* File times come from the kernel's tick, 1 to 10 ms apart: content that changed less than this ago
 * may change again without getting another time. */
#define TICK_NS    (20 * NS_PER_MS)
#define COPY_TRIES 3  /* of a file that changes meanwhile */
#define ROOM_TRIES 16 /* evictions for one copy when the disk itself is full */

static int64_t ns_of(struct statx_timestamp t)
{
    return t.tv_sec * NS_PER_S + t.tv_nsec;
}

enum laz_status laz_vault_version_of(int fd, struct laz_vault_version *out)
{
    struct statx st;

    if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &st) != 0)
        return LAZ_IO;
    if (!S_ISREG(st.stx_mode))
        return LAZ_UNSUPPORTED;
    *out = (struct laz_vault_version){
        .file = {.device = makedev(st.stx_dev_major, st.stx_dev_minor),
                 .inode = st.stx_ino,
                 .born_ns = (st.stx_mask & STATX_BTIME) != 0 ? ns_of(st.stx_btime) : 0},
        .size = st.stx_size,
        .modified_ns = ns_of(st.stx_mtime),
        .changed_ns = ns_of(st.stx_ctime)};
    return LAZ_OK;
}

static bool same_content(const struct laz_vault_version *a, const struct laz_vault_version *b)
{
    return a->size == b->size && a->modified_ns == b->modified_ns && a->changed_ns == b->changed_ns;
}

enum laz_status laz_vault_add(struct laz_vault *v, const struct laz_vault_record *r, uint64_t *at,
                              struct laz_error *err)
{
    enum laz_status s = laz_vault_journal_add(&v->journal, r, at, err);

    if (s == LAZ_OK)
        v->dirty = true;
    return s;
}

static void remove_object(struct laz_vault *v, struct laz_vault_object *o)
{
    char name[LAZ_VAULT_OBJECT_NAME_SIZE];

    laz_vault_object_name(o->number, name);
    laz_ignore(unlinkat(v->objects, name, 0)); /* else it is cleaned up at the next opening */
    laz_vault_object_free(&v->index, o);
}

enum laz_status laz_vault_evict(struct laz_vault *v, struct laz_vault_item *item,
                                struct laz_error *err)
{
    struct laz_vault_record r = {.kind = LAZ_VAULT_RECORD_EVICTED, .entry = item->number};
    struct laz_vault_object *o;
    uint64_t at;
    enum laz_status s = laz_vault_add(v, &r, &at, err);

    if (s != LAZ_OK)
        return s;
    o = laz_vault_item_remove(&v->index, item);
    if (o != NULL)
        remove_object(v, o);
    v->evicted++;
    return LAZ_OK;
}

/* The next that may go, or NULL. Nobody's own early copies make room for what it touches later: an
 * attacker could flood them out. */
static struct laz_vault_item *find_evictable(const struct laz_vault *v,
                                             const struct laz_vault_actor *asking, int64_t now_ms)
{
    int64_t settled_ms = now_ms - (int64_t)v->limits.settle_s * 1000;
    struct laz_vault_item *i = v->index.trusted.oldest;

    if (i != NULL)
        return i;
    for (i = v->index.guarded.oldest; i != NULL && i->kept_ms <= settled_ms; i = i->newer)
        if (i->actor != asking && !i->actor->suspect && !i->actor->rolling)
            return i;
    return NULL;
}

static enum laz_status evict_one(struct laz_vault *v, const struct laz_vault_actor *asking,
                                 struct laz_error *err)
{
    struct laz_vault_item *item = find_evictable(v, asking, laz_now_ms());

    if (item == NULL)
        return laz_fail(err, LAZ_LIMIT, "vault", v->path, "is full, and all in it is still needed",
                        "give it more room, or end the rollbacks that are open");
    return laz_vault_evict(v, item, err);
}

static bool disk_has_room(const struct laz_vault *v, uint64_t need)
{
    struct statvfs fs;
    uint64_t left;

    if (fstatvfs(v->dir, &fs) != 0)
        return true; /* the copy will tell */
    left = (uint64_t)fs.f_bavail * fs.f_frsize;
    return left >= need && left - need >= v->limits.free_min;
}

static enum laz_status make_room(struct laz_vault *v, const struct laz_vault_actor *asking,
                                 uint64_t need, struct laz_error *err)
{
    if (need > v->limits.file_max)
        return laz_fail(err, LAZ_LIMIT, "vault", "", "the file is larger than may be kept", "");
    while (v->index.bytes + need > v->limits.bytes_max ||
           v->index.entry_count >= v->limits.entries_max) {
        enum laz_status s = evict_one(v, asking, err);

        if (s != LAZ_OK)
            return s;
    }
    for (int i = 0; i < ROOM_TRIES && !disk_has_room(v, need); i++) {
        enum laz_status s = evict_one(v, asking, err);

        if (s != LAZ_OK)
            return s;
    }
    if (!disk_has_room(v, need))
        return laz_fail(err, LAZ_LIMIT, "vault", v->path, "the disk is nearly full",
                        "make room on it");
    return LAZ_OK;
}

/* One copy under way. */
struct keep {
    struct laz_vault *v;
    struct laz_vault_actor *actor;
    int fd;
    struct laz_view path;
    struct laz_vault_version version;
    struct laz_file_meta meta;
    struct laz_vault_object *object;
    bool made; /* the object is new */
};

static enum laz_status describe(struct keep *k, struct laz_error *err)
{
    struct stat st;

    laz_file_meta_clear(&k->meta);
    if (fstat(k->fd, &st) != 0)
        return laz_fail_errno(err, "vault", "", "");
    return laz_file_meta_read(k->fd, &st, &k->meta, err);
}

/* Content that changes while it is copied is copied again; if it never rests, the last copy is
 * still better than none. */
static enum laz_status copy_content(struct keep *k, int out, struct laz_error *err)
{
    enum laz_status s = LAZ_OK;
    bool cloned;

    for (int i = 0; i < COPY_TRIES; i++) {
        struct laz_vault_version after;

        s = laz_vault_version_of(k->fd, &k->version);
        if (s == LAZ_OK)
            s = laz_file_copy(k->fd, out, k->version.size, &cloned, err);
        if (s != LAZ_OK || laz_vault_version_of(k->fd, &after) != LAZ_OK ||
            same_content(&after, &k->version))
            break;
    }
    return s;
}

static bool is_young(const struct laz_vault_version *version)
{
    return laz_now_ms() * NS_PER_MS - version->changed_ns < TICK_NS;
}

static enum laz_status make_object(struct keep *k, struct laz_error *err)
{
    struct laz_vault *v = k->v;
    uint64_t number = v->index.object_number + 1;
    char name[LAZ_VAULT_OBJECT_NAME_SIZE];
    LAZ_OWNED(laz_fd_drop) int out = -1;
    struct stat st = {0};
    enum laz_status s;

    laz_vault_object_name(number, name);
    out = openat(v->objects, name, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (out < 0)
        return laz_fail_disk(err, "vault", v->path);
    s = copy_content(k, out, err);
    if (s == LAZ_OK && fstat(out, &st) != 0)
        s = laz_fail_errno(err, "vault", v->path, "");
    if (s == LAZ_OK) {
        k->object = laz_vault_object_add(&v->index, number, &k->version, is_young(&k->version));
        s = k->object == NULL ? laz_fail(err, LAZ_NOMEM, "vault", v->path, "no memory", "")
                              : LAZ_OK;
    }
    if (s != LAZ_OK) {
        laz_ignore(unlinkat(v->objects, name, 0)); /* else it is cleaned up at the next opening */
        return s;
    }
    laz_vault_object_measure(&v->index, k->object, (uint64_t)st.st_blocks * 512);
    k->made = true;
    return LAZ_OK;
}

/* The content: none, one that is kept already, or a new copy. */
static enum laz_status find_object(struct keep *k, struct laz_error *err)
{
    enum laz_status s;

    if (k->version.size == 0)
        return LAZ_OK;
    k->object = is_young(&k->version) ? NULL : laz_vault_object_find(&k->v->index, &k->version);
    if (k->object != NULL)
        return LAZ_OK;
    s = make_room(k->v, k->actor, k->version.size, err);
    if (s != LAZ_OK)
        return s;
    s = make_object(k, err);
    for (int i = 0; i < ROOM_TRIES && s == LAZ_LIMIT; i++) {
        if (evict_one(k->v, k->actor, NULL) != LAZ_OK)
            return s;
        s = make_object(k, err);
    }
    return s;
}

static struct laz_vault_folder folder_of(struct laz_view path)
{
    char text[PATH_MAX];
    struct stat st;
    size_t len = path.len;

    while (len > 1 && path.data[len - 1] != '/')
        len--;
    memcpy(text, path.data, len);
    text[len] = '\0';
    if (lstat(text, &st) != 0)
        return (struct laz_vault_folder){0700, 0, 0}; /* gone: nobody but root, to be safe */
    return (struct laz_vault_folder){st.st_mode & 07777u, st.st_uid, st.st_gid};
}

static enum laz_status write_entry(struct keep *k, struct laz_error *err)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf meta = {0};
    struct laz_vault *v = k->v;
    struct laz_vault_record r = {.kind = LAZ_VAULT_RECORD_KEPT,
                                 .actor = laz_view_of(k->actor->key),
                                 .path = k->path,
                                 .entry = v->index.entry_number + 1,
                                 .object = k->object == NULL ? 0 : k->object->number,
                                 .time_ms = laz_now_ms(),
                                 .on = k->object != NULL && k->object->young,
                                 .version = k->version,
                                 .folder = folder_of(k->path)};
    uint64_t at;
    enum laz_status s;

    laz_buf_init(&meta, LAZ_VAULT_RECORD_MAX);
    laz_file_meta_write(&k->meta, &meta);
    if (laz_buf_failed(&meta) != LAZ_OK)
        return laz_fail(err, laz_buf_failed(&meta), "vault", "", "attributes are too large", "");
    r.meta = laz_buf_view(&meta);
    s = laz_vault_add(v, &r, &at, err);
    if (s != LAZ_OK)
        return s;
    if (laz_vault_item_add(&v->index, k->actor, k->object, &r, at) == NULL)
        return laz_fail(err, LAZ_NOMEM, "vault", v->path, "no memory", "");
    return LAZ_OK;
}

static enum laz_status keep_file(struct keep *k, struct laz_error *err)
{
    enum laz_status s = describe(k, err);

    if (s == LAZ_OK)
        s = find_object(k, err);
    if (s == LAZ_OK)
        s = write_entry(k, err);
    if (s != LAZ_OK && k->made && k->object != NULL && k->object->users == 0)
        remove_object(k->v, k->object);
    return s;
}

static enum laz_status keep_for_actor(struct keep *k, struct laz_vault_kept *out,
                                      struct laz_error *err)
{
    enum laz_status s = laz_vault_version_of(k->fd, &k->version);

    if (s != LAZ_OK)
        return laz_fail(err, s, "vault", "", "is not a readable regular file", "");
    if (laz_vault_item_find(&k->v->index, k->actor, &k->version.file) == NULL)
        s = keep_file(k, err);
    if (s == LAZ_OK)
        *out = (struct laz_vault_kept){.shared = !k->made, .bytes = k->made ? k->version.size : 0};
    return s;
}

enum laz_status laz_vault_keep(struct laz_vault *v, struct laz_view actor, int fd,
                               struct laz_view path, struct laz_vault_kept *out,
                               struct laz_error *err)
{
    struct keep k = {.v = v, .fd = fd, .path = path};
    enum laz_status s;

    LAZ_ASSERT(v->mode == LAZ_VAULT_WRITE && path.len < PATH_MAX);
    k.actor = laz_vault_actor_get(&v->index, actor);
    if (k.actor == NULL)
        return laz_fail(err, LAZ_NOMEM, "vault", v->path, "no memory", "");
    k.actor->seen_ms = laz_now_ms();
    laz_file_meta_init(&k.meta);
    s = keep_for_actor(&k, out, err);
    laz_file_meta_clear(&k.meta);
    v->refused += s != LAZ_OK ? 1 : 0;
    v->shared += s == LAZ_OK && out->shared ? 1 : 0;
    v->kept += s == LAZ_OK && !out->shared ? 1 : 0;
    return s;
}
