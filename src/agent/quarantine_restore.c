#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "agent/filecopy.h"
#include "agent/quarantine_priv.h"
#include "agent/safepath.h"
#include "base/number.h"
#include "sign/digest.h"
#include "sys/fd.h"

#define CHUNK_SIZE ((size_t)64 * 1024)

static enum laz_status fail_content(struct laz_error *err, const char *where)
{
    return laz_fail(err, LAZ_DAMAGED, "quarantine", where, "its content is damaged",
                    "restore the quarantine's folder from a backup");
}

static enum laz_status write_all_at(int fd, uint64_t offset, struct laz_view v,
                                    struct laz_error *err)
{
    while (v.len > 0) {
        ssize_t n = pwrite(fd, v.data, v.len, (off_t)offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return laz_fail_disk(err, "restore", "");
        offset += (uint64_t)n;
        v = laz_view_from_offset(v, (uint64_t)n);
    }
    return LAZ_OK;
}

static enum laz_status copy_run(const struct laz_quarantine_file *f, int out, uint64_t offset,
                                uint64_t len, const char *where, struct laz_error *err)
{
    uint8_t chunk[CHUNK_SIZE];

    while (len > 0) {
        size_t want = len < sizeof chunk ? (size_t)len : sizeof chunk;
        ssize_t n = pread(f->fd, chunk, want, (off_t)(LAZ_QUARANTINE_CONTENT_AT + offset));
        enum laz_status s;

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return fail_content(err, where);
        laz_quarantine_transform(f->record.key, offset, chunk, (size_t)n);
        s = write_all_at(out, offset, laz_view_from(chunk, (size_t)n), err);
        if (s != LAZ_OK)
            return s;
        offset += (uint64_t)n;
        len -= (uint64_t)n;
    }
    return LAZ_OK;
}

static enum laz_status add_file(struct laz_digest_job *job, int fd, const char *where,
                                struct laz_error *err)
{
    uint8_t chunk[CHUNK_SIZE];
    uint64_t offset = 0;

    for (;;) {
        ssize_t n = pread(fd, chunk, sizeof chunk, (off_t)offset);
        enum laz_status s;

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return laz_fail_errno(err, "restore", where, "check the disk");
        if (n == 0)
            return LAZ_OK;
        s = laz_digest_add(job, laz_view_from(chunk, (size_t)n));
        if (s != LAZ_OK)
            return laz_fail(err, s, "quarantine", where, "no memory", "");
        offset += (uint64_t)n;
    }
}

/* Read, not mapped: a mapping would fill the holes of a file in memory (tmpfs). */
static enum laz_status check_digest(const struct laz_quarantine_file *f, int out, const char *where,
                                    struct laz_error *err)
{
    LAZ_OWNED(laz_digest_drop) struct laz_digest_job job = {0};
    uint8_t digest[LAZ_SHA256_SIZE];
    enum laz_status s = laz_digest_start(&job, LAZ_SHA256);

    if (s != LAZ_OK)
        return laz_fail(err, s, "quarantine", where, "no memory", "");
    s = add_file(&job, out, where, err);
    if (s != LAZ_OK)
        return s;
    s = laz_digest_finish(&job, digest);
    if (s != LAZ_OK)
        return laz_fail(err, s, "quarantine", where, "no memory", "");
    return memcmp(digest, f->record.sha256, sizeof digest) == 0 ? LAZ_OK : fail_content(err, where);
}

static enum laz_status write_content(const struct laz_quarantine_file *f, int out,
                                     const char *where, struct laz_error *err)
{
    struct laz_view runs = f->record.runs;
    uint64_t offset, len;
    enum laz_status s = LAZ_OK;

    if (ftruncate(out, (off_t)f->record.size) != 0)
        return laz_fail_disk(err, "restore", where);
    while (s == LAZ_OK && laz_quarantine_take_run(&runs, &offset, &len))
        s = copy_run(f, out, offset, len, where, err);
    return s == LAZ_OK ? check_digest(f, out, where, err) : s;
}

static enum laz_status write_meta(const struct laz_quarantine_file *f, int out,
                                  struct laz_file_meta *meta, struct laz_error *err)
{
    if (laz_file_meta_parse(f->record.meta, meta) != LAZ_OK)
        return fail_content(err, "");
    return laz_file_meta_apply(out, meta, err);
}

/* Where a file goes, and by which names. */
struct place {
    int parent;
    const char *path, *name;
    const struct laz_quarantine_id *id;
    bool replace;
    char temporary[64];
};

static enum laz_status name_it(struct place *p, int out, struct laz_error *err)
{
    char aside[64];
    struct stat st;
    bool swapped;
    enum laz_status s;

    if (!p->replace) {
        s = laz_unnamed_link(out, p->parent, p->temporary, p->name, err);
        return s == LAZ_EXISTS ? laz_fail(err, s, "restore", p->path, "something stands there",
                                          "name another place, or use --replace")
                               : s;
    }
    if (fstatat(p->parent, p->name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode))
        return laz_fail(err, LAZ_EXISTS, "restore", p->path, "is a folder", "name another place");
    snprintf(aside, sizeof aside, ".lazaret-%s.old", p->id->text);
    s = laz_unnamed_swap(out, p->parent, p->temporary, p->name, aside, true, &swapped, err);
    if (s == LAZ_OK && swapped)
        laz_ignore(unlinkat(p->parent, aside, 0)); /* it was to be replaced */
    return s;
}

static enum laz_status restore_to(const struct laz_quarantine_file *f, struct place *p,
                                  struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int out = -1;
    LAZ_OWNED(laz_file_meta_clear) struct laz_file_meta meta = {0};
    struct stat st;
    enum laz_status s;

    laz_file_meta_init(&meta);
    if (!p->replace && fstatat(p->parent, p->name, &st, AT_SYMLINK_NOFOLLOW) == 0)
        return laz_fail(err, LAZ_EXISTS, "restore", p->path, "something stands there",
                        "name another place, or use --replace");
    s = laz_unnamed_open(p->parent, p->id->text, p->temporary, &out, err);
    if (s != LAZ_OK)
        return s;
    s = write_content(f, out, p->path, err);
    if (s == LAZ_OK)
        s = write_meta(f, out, &meta, err);
    if (s == LAZ_OK)
        s = name_it(p, out, err);
    if (s == LAZ_OK)
        s = laz_file_flags_apply(out, &meta, err);
    laz_unnamed_abandon(p->parent, p->temporary);
    return s;
}

static enum laz_status mark_restored(struct laz_quarantine *q, const struct laz_quarantine_id *id,
                                     struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int fd = -1;
    char mark[LAZ_QUARANTINE_NAME_SIZE];

    laz_quarantine_name(id, 'r', mark);
    fd = openat(q->dir, mark, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return laz_fail_disk(err, "quarantine", id->text);
    return laz_sync_dir(q->dir, err);
}

static enum laz_status restore_file(struct laz_quarantine *q, const struct laz_quarantine_id *id,
                                    const struct laz_quarantine_file *f, const char *destination,
                                    bool replace, struct laz_error *err)
{
    struct place place = {.parent = -1, .id = id, .replace = replace};
    char original[PATH_MAX];
    enum laz_status s;

    LAZ_ASSERT(f->record.path.len < sizeof original); /* parsing sees to it */
    memcpy(original, f->record.path.data, f->record.path.len);
    original[f->record.path.len] = '\0';
    place.path = destination != NULL ? destination : original;
    if (flock(f->fd, LOCK_EX) != 0) /* one restore or deletion of it at a time */
        return laz_fail_errno(err, "quarantine", id->text, "");
    s = laz_parent_open(place.path, &place.parent, &place.name, err);
    if (s != LAZ_OK)
        return s;
    s = restore_to(f, &place, err);
    laz_fd_drop(&place.parent);
    return s == LAZ_OK ? mark_restored(q, id, err) : s;
}

enum laz_status laz_quarantine_restore(struct laz_quarantine *q, const struct laz_quarantine_id *id,
                                       const char *destination, bool replace, struct laz_error *err)
{
    struct laz_quarantine_file f;
    char name[LAZ_QUARANTINE_NAME_SIZE];
    enum laz_status s;

    laz_quarantine_name(id, 'q', name);
    s = laz_quarantine_file_open(q, name, &f, err);
    if (s != LAZ_OK)
        return s;
    s = restore_file(q, id, &f, destination, replace, err);
    laz_quarantine_file_clear(&f);
    return s;
}
