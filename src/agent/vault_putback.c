#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/filecopy.h"
#include "agent/safepath.h"
#include "agent/vault_priv.h"
#include "base/number.h"
#include "sys/fd.h"

#define COMPARE_SIZE ((size_t)64 * 1024)
#define DEPTH_MAX    64 /* folders that are made again for one file */

enum laz_status laz_vault_copy_open(struct laz_vault *v, const struct laz_vault_item *item,
                                    struct laz_vault_copy *out, struct laz_error *err)
{
    struct laz_vault_copy c = {.content = -1};
    char name[LAZ_VAULT_OBJECT_NAME_SIZE];
    enum laz_status s = laz_vault_journal_read(&v->journal, item->at, &c.record, err);

    if (s != LAZ_OK)
        return s;
    c.path = malloc(c.record.path.len + 1);
    if (c.path == NULL)
        return laz_fail(err, LAZ_NOMEM, "vault", v->path, "no memory", "");
    memcpy(c.path, c.record.path.data, c.record.path.len);
    c.path[c.record.path.len] = '\0';
    laz_file_meta_init(&c.meta);
    s = laz_file_meta_parse(c.record.meta, &c.meta);
    c.record.path = c.record.meta = c.record.actor = (struct laz_view){NULL, 0};
    if (s != LAZ_OK) {
        laz_vault_copy_clear(&c);
        return laz_fail(err, s, "vault", v->path, "a record is damaged", "check the disk");
    }
    if (item->object != NULL) {
        laz_vault_object_name(item->object->number, name);
        c.content = openat(v->objects, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        if (c.content < 0) {
            s = laz_fail_errno(err, "vault", c.path, "see whether it was evicted meanwhile");
            laz_vault_copy_clear(&c);
            return s;
        }
    }
    *out = c;
    return LAZ_OK;
}

void laz_vault_copy_clear(struct laz_vault_copy *c)
{
    laz_fd_drop(&c->content);
    laz_file_meta_clear(&c->meta);
    free(c->path);
    c->path = NULL;
}

/* A way that begins, with what it begins from. */
struct way {
    struct laz_vault_way *way;
    const struct laz_vault_return *r;
};

/* Makes the folder of the target again, as the last one that was known there. */
static enum laz_status make_folders(const struct way *w, const char *path, int depth,
                                    struct laz_error *err)
{
    const struct laz_vault_folder *folder = &w->r->copy->record.folder;
    LAZ_OWNED(laz_fd_drop) int parent = -1;
    char above[PATH_MAX];
    const char *slash = strrchr(path, '/'), *name;
    enum laz_status s;

    LAZ_ASSERT(slash != NULL && (size_t)(slash - path) < sizeof above);
    memcpy(above, path, (size_t)(slash - path));
    above[slash - path] = '\0';
    if (above[0] == '\0' || depth == DEPTH_MAX)
        return laz_fail(err, LAZ_NOT_FOUND, "rollback", path, "its folder is gone", "make it");
    s = laz_parent_open(above, &parent, &name, NULL);
    if (s == LAZ_NOT_FOUND) {
        s = make_folders(w, above, depth + 1, err);
        if (s == LAZ_OK)
            s = laz_parent_open(above, &parent, &name, err);
    }
    if (s != LAZ_OK)
        return s;
    if (mkdirat(parent, name, 0700) != 0)
        return errno == EEXIST ? LAZ_OK : laz_fail_disk(err, "rollback", above);
    if (fchownat(parent, name, folder->uid, folder->gid, AT_SYMLINK_NOFOLLOW) != 0 ||
        fchmodat(parent, name, folder->mode, 0) != 0)
        return laz_fail_errno(err, "rollback", above, "");
    return laz_folder_sync(parent, err);
}

static enum laz_status open_folder(struct way *w, struct laz_error *err)
{
    enum laz_status s = laz_parent_open(w->r->target, &w->way->parent, &w->way->name, err);

    if (s != LAZ_NOT_FOUND || !w->r->make_folders)
        return s;
    s = make_folders(w, w->r->target, 0, err);
    return s == LAZ_OK ? laz_parent_open(w->r->target, &w->way->parent, &w->way->name, err) : s;
}

static bool same_bytes(int a, int b, uint64_t size)
{
    uint8_t *both = malloc(2 * COMPARE_SIZE);
    uint64_t at = 0;

    while (both != NULL && at < size) {
        ssize_t n = pread(a, both, COMPARE_SIZE, (off_t)at);

        if (n <= 0 || pread(b, both + COMPARE_SIZE, (size_t)n, (off_t)at) != n ||
            memcmp(both, both + COMPARE_SIZE, (size_t)n) != 0)
            break;
        at += (uint64_t)n;
    }
    free(both);
    return both != NULL && at == size;
}

/* The file at target already is what was kept: content, owner, mode and time. */
static bool is_back(const struct way *w)
{
    const struct laz_vault_copy *c = w->r->copy;
    LAZ_OWNED(laz_fd_drop)
    int fd = openat(w->way->parent, w->way->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return false;
    return (uint64_t)st.st_size == c->record.version.size &&
           st.st_mtim.tv_sec == c->meta.modified.s &&
           (uint32_t)st.st_mtim.tv_nsec == c->meta.modified.ns && st.st_uid == c->meta.uid &&
           st.st_gid == c->meta.gid && (st.st_mode & 07777u) == c->meta.mode &&
           (c->content < 0 || same_bytes(fd, c->content, c->record.version.size));
}

/* It was never changed: same file, same times, which a process without privilege cannot set back.
 */
static bool is_untouched(const struct way *w)
{
    const struct laz_vault_version *kept = &w->r->copy->record.version;
    LAZ_OWNED(laz_fd_drop)
    int fd = openat(w->way->parent, w->way->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct laz_vault_version now;

    return !w->r->copy->record.on && fd >= 0 && laz_vault_version_of(fd, &now) == LAZ_OK &&
           now.file.device == kept->file.device && now.file.inode == kept->file.inode &&
           now.file.born_ns == kept->file.born_ns && now.size == kept->size &&
           now.modified_ns == kept->modified_ns && now.changed_ns == kept->changed_ns;
}

static enum laz_status fill(const struct way *w, int fd, struct laz_error *err)
{
    const struct laz_vault_copy *c = w->r->copy;
    bool cloned;
    enum laz_status s = LAZ_OK;

    if (c->content >= 0)
        s = laz_file_copy(c->content, fd, c->record.version.size, &cloned, err);
    else if (ftruncate(fd, 0) != 0)
        s = laz_fail_disk(err, "rollback", w->r->target);
    return s == LAZ_OK ? laz_file_meta_apply(fd, &c->meta, err) : s;
}

static bool evidence_has_room(struct laz_vault *v, uint64_t bytes)
{
    if (v->evidence_bytes + bytes > v->limits.evidence_max)
        return false;
    v->evidence_bytes += bytes;
    return true;
}

static bool copy_to_evidence(struct laz_vault *v, int fd, const char *evidence)
{
    LAZ_OWNED(laz_fd_drop)
    int out =
        openat(v->evidence, evidence, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    struct stat st;
    bool cloned;

    return out >= 0 && fstat(fd, &st) == 0 &&
           laz_file_copy(fd, out, (uint64_t)st.st_size, &cloned, NULL) == LAZ_OK;
}

/* The good copy is on disk: what an attacker left under name in folder goes out of the way. */
static enum laz_status set_aside(struct laz_vault_way *w, int folder, const char *name,
                                 struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int fd = -1;
    char evidence[64];
    struct stat st;

    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return LAZ_OK; /* gone */
    snprintf(evidence, sizeof evidence, "%s.%llu", w->tag, (unsigned long long)st.st_ino);
    if (S_ISREG(st.st_mode) && evidence_has_room(w->v, (uint64_t)st.st_blocks * 512)) {
        fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd >= 0)
            laz_ignore(laz_file_flags_lift(fd)); /* if not, moving it says so */
        if (renameat(folder, name, w->v->evidence, evidence) == 0)
            return LAZ_OK;
        if (fd >= 0)
            laz_ignore(copy_to_evidence(w->v, fd, evidence)); /* not needed to go on */
    }
    if (unlinkat(folder, name, 0) != 0 && errno != ENOENT)
        return laz_fail_errno(err, "rollback", w->target,
                              "the file is back; remove what was set aside beside it");
    return LAZ_OK;
}

/* Other names share this inode: it is written to in place, or they would keep what the attacker put
 * there. An interrupted write is written again. */
static enum laz_status put_in_place(struct way *w, struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop)
    int fd = openat(w->way->parent, w->way->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    LAZ_OWNED(laz_fd_drop) int out = -1;
    struct stat st, again;
    char evidence[64];
    enum laz_status s;

    if (fd < 0 || fstat(fd, &st) != 0 || !laz_file_flags_lift(fd))
        return laz_fail_errno(err, "rollback", w->r->target, "");
    out = openat(w->way->parent, w->way->name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (out < 0 || fstat(out, &again) != 0)
        return laz_fail_errno(err, "rollback", w->r->target, "");
    if (!laz_inode_equal(laz_inode_of(&st), laz_inode_of(&again)))
        return laz_fail(err, LAZ_BUSY, "rollback", w->r->target, "was replaced meanwhile",
                        "do it again");
    snprintf(evidence, sizeof evidence, "%s.%llu", w->way->tag, (unsigned long long)st.st_ino);
    if (evidence_has_room(w->way->v, (uint64_t)st.st_blocks * 512))
        laz_ignore(copy_to_evidence(w->way->v, fd, evidence)); /* not needed to go on */
    s = fill(w, out, err);
    return s == LAZ_OK ? laz_file_flags_apply(out, &w->r->copy->meta, err) : s;
}

static bool shares_inode(const struct way *w)
{
    const struct laz_vault_file_id *file = &w->r->copy->record.version.file;
    struct stat st;

    return fstatat(w->way->parent, w->way->name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(st.st_mode) && st.st_dev == file->device && st.st_ino == file->inode &&
           st.st_nlink > 1;
}

static void lift_flags_at(const struct way *w)
{
    LAZ_OWNED(laz_fd_drop)
    int fd = openat(w->way->parent, w->way->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd >= 0)
        laz_ignore(laz_file_flags_lift(fd)); /* if not, the exchange says so */
}

static enum laz_status put_anew(struct way *w, struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int fd = -1;
    struct laz_vault_way *way = w->way;
    enum laz_status s = laz_unnamed_open(way->parent, way->tag, way->temporary, &fd, err);

    if (s != LAZ_OK)
        return s;
    s = fill(w, fd, err);
    if (s == LAZ_OK && w->r->replace) {
        lift_flags_at(w);
        s = laz_unnamed_swap(fd, way->parent, way->temporary, way->name, way->aside, false,
                             &way->swapped, err);
    } else if (s == LAZ_OK) {
        s = laz_unnamed_link(fd, way->parent, way->temporary, way->name, err);
    }
    if (s == LAZ_OK)
        s = laz_file_flags_apply(fd, &w->r->copy->meta, err);
    laz_unnamed_abandon(way->parent, way->temporary);
    return s;
}

static enum laz_status check_target(const struct way *w, struct laz_error *err)
{
    struct stat st;

    if (fstatat(w->way->parent, w->way->name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return LAZ_OK;
    if (S_ISDIR(st.st_mode))
        return laz_fail(err, LAZ_EXISTS, "rollback", w->r->target, "a folder stands there",
                        "move it away, then do it again");
    if (!w->r->replace)
        return laz_fail(err, LAZ_EXISTS, "restore", w->r->target, "something stands there",
                        "name another place, or use --replace");
    return LAZ_OK;
}

/* What an interrupted return left under the name aside is either the attacker's file, then ours is
 * in place, or ours, then it has to be made again. */
static bool finish_interrupted(struct way *w)
{
    if (is_back(w)) {
        w->way->swapped = true;
        return true;
    }
    laz_ignore(unlinkat(w->way->parent, w->way->aside, 0)); /* mostly there is none */
    return false;
}

static enum laz_status put_back(struct way *w, struct laz_error *err)
{
    enum laz_status s = check_target(w, err);
    struct stat st;

    if (s != LAZ_OK || (w->r->replace && is_untouched(w)))
        return s;
    if ((w->r->resumed || fstatat(w->way->parent, w->way->aside, &st, AT_SYMLINK_NOFOLLOW) == 0) &&
        finish_interrupted(w))
        return LAZ_OK;
    w->way->changed = true;
    return w->r->replace && shares_inode(w) ? put_in_place(w, err) : put_anew(w, err);
}

enum laz_status laz_vault_way_begin(struct laz_vault *v, const struct laz_vault_return *r,
                                    struct laz_vault_way *out, struct laz_error *err)
{
    struct laz_vault_way way = {.v = v,
                                .target = r->target,
                                .moved_to = r->moved_to,
                                .file = r->copy->record.version.file,
                                .parent = -1};
    struct way w = {&way, r};
    enum laz_status s;

    snprintf(way.tag, sizeof way.tag, "%llu", (unsigned long long)r->number);
    snprintf(way.aside, sizeof way.aside, ".lazaret-%s.old", way.tag);
    s = open_folder(&w, err);
    if (s == LAZ_OK)
        s = put_back(&w, err);
    if (s != LAZ_OK) {
        laz_vault_way_clear(&way);
        return s;
    }
    *out = way;
    return LAZ_OK;
}

enum laz_status laz_vault_way_flush(const struct laz_vault_way *w, struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int fd = openat(w->parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0 || syncfs(fd) != 0)
        return laz_fail_errno(err, "rollback", w->target, "check the disk");
    return LAZ_OK;
}

/* The changed file under its new name, if it still is that file. */
static enum laz_status remove_moved(struct laz_vault_way *w, struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int parent = -1;
    const char *name;
    struct stat st;

    if (w->moved_to == NULL || laz_parent_open(w->moved_to, &parent, &name, NULL) != LAZ_OK ||
        fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || st.st_dev != w->file.device ||
        st.st_ino != w->file.inode)
        return LAZ_OK;
    return set_aside(w, parent, name, err);
}

enum laz_status laz_vault_way_end(struct laz_vault_way *w, struct laz_error *err)
{
    enum laz_status s = w->swapped ? set_aside(w, w->parent, w->aside, err) : LAZ_OK;

    if (s == LAZ_OK)
        s = remove_moved(w, err);
    laz_vault_way_clear(w);
    return s;
}

void laz_vault_way_clear(struct laz_vault_way *w)
{
    laz_fd_drop(&w->parent);
}

enum laz_status laz_vault_take_out(struct laz_vault *v, uint64_t id, const char *destination,
                                   bool replace, struct laz_error *err)
{
    const struct laz_vault_item *item = laz_vault_item_by_number(&v->index, id);
    struct laz_vault_copy copy;
    struct laz_vault_return r = {.copy = &copy, .replace = replace, .number = id};
    struct laz_vault_way way;
    enum laz_status s;

    if (item == NULL)
        return laz_fail(err, LAZ_NOT_FOUND, "vault", v->path, "has no such entry",
                        "see 'lazaret vault list'");
    s = laz_vault_copy_open(v, item, &copy, err);
    if (s != LAZ_OK)
        return s;
    r.target = destination != NULL ? destination : copy.path;
    r.make_folders = destination == NULL;
    s = laz_vault_way_begin(v, &r, &way, err);
    if (s == LAZ_OK) {
        s = laz_vault_way_flush(&way, err);
        if (s == LAZ_OK)
            s = laz_vault_way_end(&way, err);
        laz_vault_way_clear(&way);
    }
    laz_vault_copy_clear(&copy);
    return s;
}
