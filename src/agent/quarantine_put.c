#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "agent/filecopy.h"
#include "agent/quarantine_priv.h"
#include "agent/safepath.h"
#include "base/number.h"
#include "base/text.h"
#include "sign/digest.h"
#include "sys/clock.h"
#include "sys/fd.h"

#define CHUNK_SIZE ((size_t)64 * 1024)
#define COPY_TRIES 3 /* of a file that changes meanwhile */

/* One put under way. */
struct put {
    struct laz_quarantine *q;
    const struct laz_quarantine_meta *meta;
    const char *path, *name; /* name: the last part of path */
    struct laz_quarantine_id id;
    struct stat before; /* of the original when its content was read */
    struct laz_file_meta file_meta;
    struct laz_quarantine_record record;
    struct laz_buf runs;
    uint8_t digest[LAZ_SHA256_SIZE];
    int fd, out, parent;
};

static void lock_drop(int *lock)
{
    if (*lock >= 0)
        laz_ignore(flock(*lock, LOCK_UN)); /* cannot fail on a lock that we hold */
}

static void put_clear(struct put *p)
{
    laz_fd_drop(&p->out);
    laz_fd_drop(&p->parent);
    laz_file_meta_clear(&p->file_meta);
    laz_buf_clear(&p->runs);
}

/* What the folder takes on the disk, and how many entries it has. */
static enum laz_status measure(const struct laz_quarantine *q, uint64_t *bytes, uint32_t *entries,
                               struct laz_error *err)
{
    int fd = openat(q->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct stat st;

    if (dir == NULL) {
        laz_fd_drop(&fd);
        return laz_fail_errno(err, "quarantine", q->path, "");
    }
    *bytes = 0;
    *entries = 0;
    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        if (e->d_name[0] == '.' || fstatat(q->dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        *bytes += (uint64_t)st.st_blocks * 512;
        *entries += st.st_size > 0 ? 1 : 0;
    }
    closedir(dir);
    return LAZ_OK;
}

static enum laz_status check_room(const struct put *p, struct laz_error *err)
{
    const struct laz_quarantine_limits *limits = &p->q->limits;
    uint64_t need = (uint64_t)p->before.st_blocks * 512, bytes = 0, left;
    uint32_t entries = 0;
    struct statvfs fs;
    enum laz_status s;

    if ((uint64_t)p->before.st_size > limits->file_max)
        return laz_fail(err, LAZ_LIMIT, "quarantine", p->path, "is larger than may be kept",
                        "raise the quarantine's limit, or move the file away by hand");
    s = measure(p->q, &bytes, &entries, err);
    if (s != LAZ_OK)
        return s;
    if (entries >= limits->entries_max || bytes + need > limits->bytes_max)
        return laz_fail(err, LAZ_LIMIT, "quarantine", p->q->path, "is full",
                        "delete entries that nobody needs");
    if (fstatvfs(p->q->dir, &fs) != 0)
        return laz_fail_errno(err, "quarantine", p->q->path, "");
    left = (uint64_t)fs.f_bavail * fs.f_frsize;
    if (left < need || left - need < limits->free_min)
        return laz_fail(err, LAZ_LIMIT, "quarantine", p->q->path, "the disk is nearly full",
                        "make room on it");
    return LAZ_OK;
}

static enum laz_status write_at(int fd, uint64_t offset, struct laz_view v, struct laz_error *err)
{
    while (v.len > 0) {
        ssize_t n = pwrite(fd, v.data, v.len, (off_t)offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return laz_fail_disk(err, "quarantine", "");
        offset += (uint64_t)n;
        v = laz_view_from_offset(v, (uint64_t)n);
    }
    return LAZ_OK;
}

static enum laz_status digest_zeros(struct laz_digest_job *job, uint64_t len)
{
    static const uint8_t zeros[CHUNK_SIZE];
    enum laz_status s = LAZ_OK;

    while (s == LAZ_OK && len > 0) {
        struct laz_view part = laz_view_first(laz_view_from(zeros, sizeof zeros), len);

        s = laz_digest_add(job, part);
        len -= part.len;
    }
    return s;
}

/* *end is where the source ended before the run did. */
static enum laz_status copy_run(struct put *p, struct laz_file_run run, struct laz_digest_job *job,
                                struct laz_error *err)
{
    uint8_t chunk[CHUNK_SIZE];

    while (run.len > 0) {
        size_t want = run.len < sizeof chunk ? (size_t)run.len : sizeof chunk;
        ssize_t n = pread(p->fd, chunk, want, (off_t)run.offset);
        enum laz_status s;

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return laz_fail_errno(err, "quarantine", p->path, "check the disk");
        if (n == 0)
            return laz_fail(err, LAZ_BUSY, "quarantine", p->path, "became shorter meanwhile",
                            "look at it again");
        s = laz_digest_add(job, laz_view_from(chunk, (size_t)n));
        if (s != LAZ_OK)
            return laz_fail(err, s, "quarantine", p->path, "no memory", "");
        laz_quarantine_transform(p->record.key, run.offset, chunk, (size_t)n);
        s = write_at(p->out, LAZ_QUARANTINE_CONTENT_AT + run.offset,
                     laz_view_from(chunk, (size_t)n), err);
        if (s != LAZ_OK)
            return s;
        run.offset += (uint64_t)n;
        run.len -= (uint64_t)n;
    }
    return LAZ_OK;
}

/* Past the largest number of runs the rest is one, holes included. */
static enum laz_status next_run(struct put *p, uint64_t offset, struct laz_file_run *run,
                                bool *found)
{
    enum laz_status s = laz_file_next_run(p->fd, offset, p->record.size, run, found);

    if (s != LAZ_OK || !*found)
        return s;
    if (p->runs.len / 16 == LAZ_QUARANTINE_RUNS_MAX - 1)
        run->len = p->record.size - run->offset;
    s = laz_buf_add_u64le(&p->runs, run->offset);
    return s != LAZ_OK ? s : laz_buf_add_u64le(&p->runs, run->len);
}

static enum laz_status copy_runs(struct put *p, struct laz_digest_job *job, struct laz_error *err)
{
    struct laz_file_run run;
    uint64_t at = 0;
    bool found;
    enum laz_status s;

    for (;;) {
        s = next_run(p, at, &run, &found);
        if (s != LAZ_OK)
            return laz_fail(err, s, "quarantine", p->path, "cannot be read", "check the disk");
        s = digest_zeros(job, (found ? run.offset : p->record.size) - at);
        if (s != LAZ_OK)
            return laz_fail(err, s, "quarantine", p->path, "no memory", "");
        if (!found)
            return LAZ_OK;
        s = copy_run(p, run, job, err);
        if (s != LAZ_OK)
            return s;
        at = run.offset + run.len;
    }
}

static enum laz_status copy_content(struct put *p, struct laz_error *err)
{
    LAZ_OWNED(laz_digest_drop) struct laz_digest_job job = {0};
    off_t place = lseek(p->fd, 0, SEEK_CUR);
    enum laz_status s;

    laz_buf_reset(&p->runs);
    p->record.size = (uint64_t)p->before.st_size;
    if (ftruncate(p->out, 0) != 0)
        return laz_fail_disk(err, "quarantine", p->q->path);
    s = laz_digest_start(&job, LAZ_SHA256);
    if (s != LAZ_OK)
        return laz_fail(err, s, "quarantine", p->path, "no memory", "");
    s = copy_runs(p, &job, err);
    laz_ignore(lseek(p->fd, place, SEEK_SET) < 0); /* a regular file takes its own place back */
    return s == LAZ_OK ? laz_digest_finish(&job, p->digest) : s;
}

static bool same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool is_unchanged(const struct put *p)
{
    struct stat now;

    return fstat(p->fd, &now) == 0 && now.st_size == p->before.st_size &&
           same_time(now.st_mtim, p->before.st_mtim) && same_time(now.st_ctim, p->before.st_ctim);
}

static enum laz_status copy_unchanged(struct put *p, struct laz_error *err)
{
    for (int i = 0; i < COPY_TRIES; i++) {
        enum laz_status s;

        laz_file_meta_clear(&p->file_meta);
        if (fstat(p->fd, &p->before) != 0)
            return laz_fail_errno(err, "quarantine", p->path, "");
        s = laz_file_meta_read(p->fd, &p->before, &p->file_meta, err);
        if (s == LAZ_OK)
            s = copy_content(p, err);
        if (s != LAZ_OK && s != LAZ_BUSY)
            return s;
        if (s == LAZ_OK && is_unchanged(p))
            return LAZ_OK;
    }
    return laz_fail(err, LAZ_BUSY, "quarantine", p->path, "keeps changing",
                    "stop the program that writes to it");
}

static enum laz_status write_record(struct put *p, struct laz_error *err)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf meta = {0}, record = {0}, prologue = {0};
    struct laz_quarantine_prologue start = {.record_at =
                                                LAZ_QUARANTINE_CONTENT_AT + p->record.size};
    enum laz_status s;

    laz_buf_init(&meta, LAZ_QUARANTINE_RECORD_MAX);
    laz_buf_init(&record, LAZ_QUARANTINE_RECORD_MAX);
    laz_buf_init(&prologue, LAZ_QUARANTINE_PROLOGUE_SIZE);
    laz_file_meta_write(&p->file_meta, &meta);
    p->record.meta = laz_buf_view(&meta);
    p->record.runs = laz_buf_view(&p->runs);
    memcpy(p->record.sha256, p->digest, sizeof p->record.sha256);
    laz_quarantine_record_write(&p->record, &record);
    s = laz_buf_failed(&meta) != LAZ_OK ? laz_buf_failed(&meta) : laz_buf_failed(&record);
    if (s == LAZ_OK)
        s = laz_digest(LAZ_SHA256, laz_buf_view(&record), start.record_sha256);
    if (s != LAZ_OK)
        return laz_fail(err, s, "quarantine", p->path, "its attributes are too large", "");
    start.record_len = record.len;
    laz_quarantine_prologue_write(&start, &prologue);
    s = write_at(p->out, start.record_at, laz_buf_view(&record), err);
    if (s == LAZ_OK)
        s = write_at(p->out, 0, laz_buf_view(&prologue), err);
    if (s == LAZ_OK && fsync(p->out) != 0)
        s = laz_fail_disk(err, "quarantine", p->q->path);
    return s;
}

static enum laz_status check_judged(const struct put *p, struct laz_error *err)
{
    if (p->meta->has_sha256 && memcmp(p->meta->sha256, p->digest, sizeof p->digest) != 0)
        return laz_fail(err, LAZ_BUSY, "quarantine", p->path, "has changed since it was judged",
                        "scan it again");
    return LAZ_OK;
}

/* Writes `<id>.t`, on disk and complete, and gives it the name `<id>.m`. */
static enum laz_status make_copy(struct put *p, const char *half, const char *whole,
                                 struct laz_error *err)
{
    enum laz_status s;

    p->out = openat(p->q->dir, half, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (p->out < 0)
        return laz_fail_disk(err, "quarantine", p->q->path);
    s = copy_unchanged(p, err);
    if (s == LAZ_OK)
        s = check_judged(p, err);
    if (s == LAZ_OK)
        s = write_record(p, err);
    if (s == LAZ_OK && renameat(p->q->dir, half, p->q->dir, whole) != 0)
        s = laz_fail_disk(err, "quarantine", p->q->path);
    return s == LAZ_OK ? laz_sync_dir(p->q->dir, err) : s;
}

static enum laz_status remove_original(struct put *p, struct laz_error *err)
{
    enum laz_status s;

    if (!is_unchanged(p))
        return laz_fail(err, LAZ_BUSY, "quarantine", p->path, "keeps changing",
                        "stop the program that writes to it");
    if (!laz_file_flags_lift(p->fd))
        return laz_fail(err, LAZ_DENIED, "quarantine", p->path, "is set immutable",
                        "take that off as root: chattr -i");
    s = laz_remove_exactly(p->parent, p->name, p->id.text, laz_inode_of(&p->before), err);
    if (s != LAZ_OK)
        laz_ignore(laz_file_flags_apply(p->fd, &p->file_meta, NULL)); /* as it was */
    return s;
}

static enum laz_status put_locked(struct put *p, struct laz_error *err)
{
    char half[LAZ_QUARANTINE_NAME_SIZE], moving[LAZ_QUARANTINE_NAME_SIZE],
        done[LAZ_QUARANTINE_NAME_SIZE];
    enum laz_status s;

    laz_quarantine_name(&p->id, 't', half);
    laz_quarantine_name(&p->id, 'm', moving);
    laz_quarantine_name(&p->id, 'q', done);
    s = check_room(p, err);
    if (s == LAZ_OK)
        s = make_copy(p, half, moving, err);
    if (s == LAZ_OK)
        s = remove_original(p, err);
    if (s == LAZ_OK) /* the entry is whole: without its last name it gets it at the next opening */
        laz_ignore(renameat(p->q->dir, moving, p->q->dir, done));
    if (s != LAZ_OK) { /* the original stands: the copy is not needed */
        laz_ignore(unlinkat(p->q->dir, half, 0));
        laz_ignore(unlinkat(p->q->dir, moving, 0));
    }
    return s;
}

static enum laz_status check_original(struct put *p, struct laz_error *err)
{
    struct stat st;
    enum laz_status s;

    if (fstat(p->fd, &p->before) != 0)
        return laz_fail_errno(err, "quarantine", p->path, "");
    if (!S_ISREG(p->before.st_mode))
        return laz_fail(err, LAZ_UNSUPPORTED, "quarantine", p->path, "is not a regular file", "");
    if (p->before.st_nlink == 0)
        return laz_fail(err, LAZ_NOT_FOUND, "quarantine", p->path, "has no name any more", "");
    s = laz_parent_open(p->path, &p->parent, &p->name, err);
    if (s != LAZ_OK)
        return s == LAZ_NOT_FOUND || s == LAZ_DENIED ? LAZ_BUSY : s;
    if (fstatat(p->parent, p->name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
        !laz_inode_equal(laz_inode_of(&st), laz_inode_of(&p->before)))
        return laz_fail(err, LAZ_BUSY, "quarantine", p->path,
                        "this name does not stand for the file that was looked at",
                        "look at it again");
    return LAZ_OK;
}

static bool texts_fit(const struct laz_quarantine_meta *meta)
{
    return meta->detections.len <= LAZ_QUARANTINE_TEXT_MAX &&
           meta->actor.len <= LAZ_QUARANTINE_TEXT_MAX &&
           meta->reason.len <= LAZ_QUARANTINE_TEXT_MAX;
}

static void put_init(struct put *p)
{
    uint8_t id[16];

    laz_random_bytes(id, sizeof id);
    laz_hex_encode(laz_view_from(id, sizeof id), p->id.text);
    laz_file_meta_init(&p->file_meta);
    laz_buf_init(&p->runs, (size_t)LAZ_QUARANTINE_RUNS_MAX * 16);
    p->record = (struct laz_quarantine_record){.time_ms = laz_now_ms(),
                                               .device = p->before.st_dev,
                                               .inode = p->before.st_ino,
                                               .path = laz_view_of(p->path),
                                               .detections = p->meta->detections,
                                               .actor = p->meta->actor,
                                               .reason = p->meta->reason};
    laz_random_bytes(p->record.key, sizeof p->record.key);
}

enum laz_status laz_quarantine_put(struct laz_quarantine *q, int fd, const char *path,
                                   const struct laz_quarantine_meta *meta,
                                   struct laz_quarantine_put *out, struct laz_error *err)
{
    struct put p = {.q = q, .meta = meta, .path = path, .fd = fd, .out = -1, .parent = -1};
    LAZ_OWNED(lock_drop) int lock = -1;
    enum laz_status s;

    if (!texts_fit(meta))
        return laz_fail(err, LAZ_INVALID, "quarantine", path, "its description is too long", "");
    s = check_original(&p, err);
    if (s != LAZ_OK) {
        laz_fd_drop(&p.parent);
        return s;
    }
    put_init(&p);
    if (flock(q->lock, LOCK_SH) == 0)
        lock = q->lock;
    s = put_locked(&p, err);
    if (s == LAZ_OK) {
        *out = (struct laz_quarantine_put){
            .id = p.id, .size = p.record.size, .links_left = (uint64_t)p.before.st_nlink - 1};
        memcpy(out->sha256, p.digest, sizeof out->sha256);
    }
    put_clear(&p);
    return s;
}
