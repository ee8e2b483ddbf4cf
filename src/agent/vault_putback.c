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

/* A file on its way back: names and folder. */
struct way {
    struct laz_vault *v;
    const struct laz_vault_return *r;
    int parent;
    const char *name; /* in parent */
    char tag[24], aside[64], temporary[64];
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
    enum laz_status s = laz_parent_open(w->r->target, &w->parent, &w->name, err);

    if (s != LAZ_NOT_FOUND || !w->r->make_folders)
        return s;
    s = make_folders(w, w->r->target, 0, err);
    return s == LAZ_OK ? laz_parent_open(w->r->target, &w->parent, &w->name, err) : s;
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
    int fd = openat(w->parent, w->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
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
    LAZ_OWNED(laz_fd_drop) int fd = openat(w->parent, w->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
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
static enum laz_status set_aside(struct way *w, int folder, const char *name, struct laz_error *err)
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
        return laz_fail_errno(err, "rollback", w->r->target,
                              "the file is back; remove what was set aside beside it");
    return LAZ_OK;
}

/* Other names share this inode: it is written to in place, or they would keep what the attacker put
 * there. An interrupted write is written again. */
static enum laz_status put_in_place(struct way *w, struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop)
    int fd = openat(w->parent, w->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    LAZ_OWNED(laz_fd_drop) int out = -1;
    struct stat st, again;
    char evidence[64];
    enum laz_status s;

    if (fd < 0 || fstat(fd, &st) != 0 || !laz_file_flags_lift(fd))
        return laz_fail_errno(err, "rollback", w->r->target, "");
    out = openat(w->parent, w->name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (out < 0 || fstat(out, &again) != 0)
        return laz_fail_errno(err, "rollback", w->r->target, "");
    if (!laz_inode_equal(laz_inode_of(&st), laz_inode_of(&again)))
        return laz_fail(err, LAZ_BUSY, "rollback", w->r->target, "was replaced meanwhile",
                        "do it again");
    snprintf(evidence, sizeof evidence, "%s.%llu", w->tag, (unsigned long long)st.st_ino);
    if (evidence_has_room(w->v, (uint64_t)st.st_blocks * 512))
        laz_ignore(copy_to_evidence(w->v, fd, evidence)); /* not needed to go on */
    s = fill(w, out, err);
    if (s == LAZ_OK && fsync(out) != 0)
        s = laz_fail_disk(err, "rollback", w->r->target);
    return s == LAZ_OK ? laz_file_flags_apply(out, &w->r->copy->meta, err) : s;
}

static bool shares_inode(const struct way *w)
{
    const struct laz_vault_file_id *file = &w->r->copy->record.version.file;
    struct stat st;

    return fstatat(w->parent, w->name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
           st.st_dev == file->device && st.st_ino == file->inode && st.st_nlink > 1;
}

static void lift_flags_at(const struct way *w)
{
    LAZ_OWNED(laz_fd_drop)
    int fd = openat(w->parent, w->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd >= 0)
        laz_ignore(laz_file_flags_lift(fd)); /* if not, the exchange says so */
}

static enum laz_status put_anew(struct way *w, struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int fd = -1;
    bool swapped = false;
    enum laz_status s = laz_unnamed_open(w->parent, w->tag, w->temporary, &fd, err);

    if (s != LAZ_OK)
        return s;
    s = fill(w, fd, err);
    if (s == LAZ_OK && w->r->replace) {
        lift_flags_at(w);
        s = laz_unnamed_swap(fd, w->parent, w->temporary, w->name, w->aside, &swapped, err);
    } else if (s == LAZ_OK) {
        s = laz_unnamed_link(fd, w->parent, w->temporary, w->name, err);
    }
    if (s == LAZ_OK)
        s = laz_file_flags_apply(fd, &w->r->copy->meta, err);
    laz_unnamed_abandon(w->parent, w->temporary);
    if (s == LAZ_OK && swapped)
        s = set_aside(w, w->parent, w->aside, err);
    return s;
}

static enum laz_status check_target(const struct way *w, struct laz_error *err)
{
    struct stat st;

    if (fstatat(w->parent, w->name, &st, AT_SYMLINK_NOFOLLOW) != 0)
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
static enum laz_status finish_interrupted(struct way *w, bool *back, struct laz_error *err)
{
    *back = is_back(w);
    if (*back)
        return set_aside(w, w->parent, w->aside, err);
    laz_ignore(unlinkat(w->parent, w->aside, 0)); /* mostly there is none */
    return LAZ_OK;
}

/* The changed file under its new name, if it still is that file. */
static enum laz_status remove_moved(struct way *w, struct laz_error *err)
{
    const struct laz_vault_file_id *file = &w->r->copy->record.version.file;
    LAZ_OWNED(laz_fd_drop) int parent = -1;
    const char *name;
    struct stat st;

    if (w->r->moved_to == NULL || laz_parent_open(w->r->moved_to, &parent, &name, NULL) != LAZ_OK ||
        fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || st.st_dev != file->device ||
        st.st_ino != file->inode)
        return LAZ_OK;
    return set_aside(w, parent, name, err);
}

static enum laz_status put_back(struct way *w, bool *changed, struct laz_error *err)
{
    enum laz_status s = check_target(w, err);
    bool back = false;
    struct stat st;

    if (s != LAZ_OK)
        return s;
    *changed = false;
    if (w->r->replace && is_untouched(w))
        return LAZ_OK;
    if (w->r->resumed || fstatat(w->parent, w->aside, &st, AT_SYMLINK_NOFOLLOW) == 0)
        s = finish_interrupted(w, &back, err);
    if (s == LAZ_OK && !back) {
        *changed = true;
        s = w->r->replace && shares_inode(w) ? put_in_place(w, err) : put_anew(w, err);
    }
    return s == LAZ_OK ? remove_moved(w, err) : s;
}

enum laz_status laz_vault_put_back(struct laz_vault *v, const struct laz_vault_return *r,
                                   bool *changed, struct laz_error *err)
{
    struct way w = {.v = v, .r = r, .parent = -1};
    enum laz_status s;

    snprintf(w.tag, sizeof w.tag, "%llu", (unsigned long long)r->number);
    snprintf(w.aside, sizeof w.aside, ".lazaret-%s.old", w.tag);
    s = open_folder(&w, err);
    if (s == LAZ_OK)
        s = put_back(&w, changed, err);
    laz_fd_drop(&w.parent);
    return s;
}
