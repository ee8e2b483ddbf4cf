#include "agent/quarantine.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "agent/quarantine_priv.h"
#include "agent/safepath.h"
#include "base/number.h"
#include "base/text.h"
#include "sign/digest.h"
#include "sys/fd.h"

#define BYTES_MAX   (16 * GIB)
#define FILE_MAX    (4 * GIB)
#define FREE_MIN    (64 * MIB)
#define FREE_PART   20
#define ENTRIES_MAX 100000u
#define ID_DIGITS   32u

bool laz_quarantine_id_parse(const char *text, struct laz_quarantine_id *out)
{
    if (strnlen(text, ID_DIGITS + 1) != ID_DIGITS)
        return false;
    for (size_t i = 0; i < ID_DIGITS; i++)
        if (laz_hex_value((uint8_t)text[i]) < 0 || (text[i] >= 'A' && text[i] <= 'F'))
            return false;
    memcpy(out->text, text, ID_DIGITS + 1);
    return true;
}

void laz_quarantine_name(const struct laz_quarantine_id *id, char kind,
                         char out[LAZ_QUARANTINE_NAME_SIZE])
{
    snprintf(out, LAZ_QUARANTINE_NAME_SIZE, "%s.%c", id->text, kind);
}

/* True when name is an id, a dot and a letter. */
static bool parse_name(const char *name, struct laz_quarantine_id *id, char *kind)
{
    char digits[ID_DIGITS + 1];

    if (strlen(name) != ID_DIGITS + 2 || name[ID_DIGITS] != '.')
        return false;
    memcpy(digits, name, ID_DIGITS);
    digits[ID_DIGITS] = '\0';
    *kind = name[ID_DIGITS + 1];
    return laz_quarantine_id_parse(digits, id);
}

void laz_quarantine_transform(const uint8_t key[LAZ_QUARANTINE_KEY_SIZE], uint64_t offset,
                              uint8_t *bytes, size_t len)
{
    static const uint8_t nonce[crypto_stream_chacha20_NONCEBYTES]; /* each key is used once */
    uint8_t first[64] = {0};
    size_t skip = (size_t)(offset % 64), n = 0;

    static_assert(LAZ_QUARANTINE_KEY_SIZE == crypto_stream_chacha20_KEYBYTES, "key");
    if (skip != 0) { /* the stream comes in blocks of 64 bytes */
        laz_ignore(crypto_stream_chacha20_xor_ic(first, first, sizeof first, nonce, offset / 64,
                                                 key)); /* cannot fail */
        for (n = 0; n < len && skip + n < sizeof first; n++)
            bytes[n] ^= first[skip + n];
        offset += n;
    }
    if (n < len)
        laz_ignore(crypto_stream_chacha20_xor_ic(bytes + n, bytes + n, len - n, nonce, offset / 64,
                                                 key)); /* cannot fail */
}

static enum laz_status fail_damaged(struct laz_error *err, const char *name, enum laz_status s)
{
    if (s == LAZ_VERSION)
        return laz_fail(err, s, "quarantine", name, "was written by another version",
                        "use the version that wrote it");
    return laz_fail(err, s, "quarantine", name, "is damaged",
                    "restore the quarantine's folder from a backup");
}

static enum laz_status read_at(int fd, uint64_t offset, size_t len, struct laz_buf *out)
{
    uint8_t *bytes;
    size_t done = 0;
    enum laz_status s = laz_buf_extend(out, len, &bytes);

    while (s == LAZ_OK && done < len) {
        ssize_t n = pread(fd, bytes + done, len - done, (off_t)(offset + done));

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            s = n < 0 ? LAZ_IO : LAZ_DAMAGED;
        else
            done += (size_t)n;
    }
    return s;
}

static enum laz_status read_record(struct laz_quarantine_file *f)
{
    struct laz_quarantine_prologue prologue;
    uint8_t sha256[LAZ_SHA256_SIZE];
    enum laz_status s = read_at(f->fd, 0, LAZ_QUARANTINE_PROLOGUE_SIZE, &f->bytes);

    if (s == LAZ_OK)
        s = laz_quarantine_prologue_parse(laz_buf_view(&f->bytes), &prologue);
    if (s != LAZ_OK)
        return s;
    laz_buf_reset(&f->bytes);
    s = read_at(f->fd, prologue.record_at, (size_t)prologue.record_len, &f->bytes);
    if (s == LAZ_OK)
        s = laz_digest(LAZ_SHA256, laz_buf_view(&f->bytes), sha256);
    if (s == LAZ_OK && memcmp(sha256, prologue.record_sha256, sizeof sha256) != 0)
        s = LAZ_DAMAGED;
    if (s == LAZ_OK)
        s = laz_quarantine_record_parse(laz_buf_view(&f->bytes), &f->record);
    if (s == LAZ_OK && prologue.record_at != LAZ_QUARANTINE_CONTENT_AT + f->record.size)
        s = LAZ_DAMAGED;
    return s;
}

enum laz_status laz_quarantine_file_open(const struct laz_quarantine *q, const char *name,
                                         struct laz_quarantine_file *out, struct laz_error *err)
{
    struct laz_quarantine_file f = {.fd = openat(q->dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)};
    enum laz_status s;

    if (f.fd < 0 && errno == ENOENT)
        return laz_fail(err, LAZ_NOT_FOUND, "quarantine", name, "is not in quarantine",
                        "see 'lazaret quarantine list'");
    if (f.fd < 0)
        return laz_fail_errno(err, "quarantine", name, "");
    laz_buf_init(&f.bytes, LAZ_QUARANTINE_RECORD_MAX);
    s = read_record(&f);
    if (s != LAZ_OK) {
        laz_quarantine_file_clear(&f);
        return fail_damaged(err, name, s);
    }
    *out = f;
    return LAZ_OK;
}

void laz_quarantine_file_clear(struct laz_quarantine_file *f)
{
    laz_fd_drop(&f->fd);
    laz_buf_clear(&f->bytes);
}

/* What an interrupted put left: the original is either still in its place, then the copy is not
 * needed, or it is gone, then the copy is all there is. */
static void finish_move(struct laz_quarantine *q, const struct laz_quarantine_id *id,
                        const char *name)
{
    struct laz_quarantine_file f;
    LAZ_OWNED(laz_fd_drop) int parent = -1;
    char done[LAZ_QUARANTINE_NAME_SIZE], path[LAZ_QUARANTINE_TEXT_MAX];
    const char *last;
    bool removed = true;

    if (laz_quarantine_file_open(q, name, &f, NULL) != LAZ_OK)
        return; /* stays for people to look at */
    memcpy(path, f.record.path.data, f.record.path.len);
    path[f.record.path.len] = '\0';
    if (laz_parent_open(path, &parent, &last, NULL) == LAZ_OK &&
        laz_remove_recover(parent, last, id->text,
                           (struct laz_inode){f.record.device, f.record.inode}, &removed,
                           NULL) != LAZ_OK)
        removed = true; /* not known: keep both */
    laz_quarantine_file_clear(&f);
    laz_quarantine_name(id, 'q', done);
    if (removed)
        laz_ignore(renameat(q->dir, name, q->dir, done)); /* tried again at the next opening */
    else
        laz_ignore(unlinkat(q->dir, name, 0));
}

static DIR *open_listing(const struct laz_quarantine *q)
{
    int fd = openat(q->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    if (dir == NULL)
        laz_fd_drop(&fd);
    return dir;
}

static void clean_entry(struct laz_quarantine *q, const char *name)
{
    struct laz_quarantine_id id;
    char kind, content[LAZ_QUARANTINE_NAME_SIZE];

    if (!parse_name(name, &id, &kind))
        return;
    laz_quarantine_name(&id, 'q', content);
    if (kind == 't' || (kind == 'r' && faccessat(q->dir, content, F_OK, 0) != 0))
        laz_ignore(unlinkat(q->dir, name, 0)); /* tried again at the next opening */
    else if (kind == 'm')
        finish_move(q, &id, name);
}

static void clean_up(struct laz_quarantine *q)
{
    DIR *dir;

    if (flock(q->lock, LOCK_EX | LOCK_NB) != 0)
        return; /* another process is putting something in */
    dir = open_listing(q);
    if (dir != NULL) {
        for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir))
            clean_entry(q, e->d_name);
        closedir(dir);
    }
    laz_ignore(flock(q->lock, LOCK_UN)); /* cannot fail on a lock that we hold */
}

static void set_limits(struct laz_quarantine *q, const struct laz_quarantine_limits *limits)
{
    if (limits != NULL)
        q->limits = *limits;
    if (q->limits.bytes_max == 0)
        q->limits.bytes_max = BYTES_MAX;
    if (q->limits.file_max == 0)
        q->limits.file_max = FILE_MAX;
    if (q->limits.entries_max == 0)
        q->limits.entries_max = ENTRIES_MAX;
}

/* A small file system keeps less free: one part of FREE_PART. */
static void set_free_min(struct laz_quarantine *q)
{
    struct statvfs fs;
    uint64_t part = FREE_MIN;

    if (q->limits.free_min != 0)
        return;
    if (fstatvfs(q->dir, &fs) == 0)
        part = (uint64_t)fs.f_blocks * fs.f_frsize / FREE_PART;
    q->limits.free_min = part < FREE_MIN ? part : FREE_MIN;
}

enum laz_status laz_quarantine_open(const char *dir, const struct laz_quarantine_limits *limits,
                                    struct laz_quarantine **out, struct laz_error *err)
{
    LAZ_OWNED(laz_quarantine_drop) struct laz_quarantine *q = calloc(1, sizeof *q);
    enum laz_status s;

    if (q == NULL)
        return laz_fail(err, LAZ_NOMEM, "quarantine", dir, "no memory", "");
    q->dir = q->lock = -1;
    if (sodium_init() < 0)
        return laz_fail(err, LAZ_UNSUPPORTED, "quarantine", dir, "no source of chance", "");
    s = laz_make_dir(dir, 0700, err);
    if (s != LAZ_OK)
        return s;
    snprintf(q->path, sizeof q->path, "%s", dir);
    set_limits(q, limits);
    q->dir = laz_open_dir(dir);
    if (q->dir < 0)
        return laz_fail_errno(err, "quarantine", dir, "run it as the user who owns it");
    set_free_min(q);
    q->lock = openat(q->dir, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (q->lock < 0)
        return laz_fail_errno(err, "quarantine", dir, "run it as the user who owns it");
    clean_up(q);
    *out = laz_move(q);
    return LAZ_OK;
}

void laz_quarantine_free(struct laz_quarantine *q)
{
    if (q == NULL)
        return;
    laz_fd_drop(&q->dir);
    laz_fd_drop(&q->lock);
    free(q);
}

void laz_quarantine_drop(struct laz_quarantine **q)
{
    laz_quarantine_free(*q);
    *q = NULL;
}

struct found {
    struct laz_quarantine_id id;
    struct timespec made;
};

static int compare_found(const void *a, const void *b)
{
    const struct found *x = a, *y = b;

    if (x->made.tv_sec != y->made.tv_sec)
        return x->made.tv_sec < y->made.tv_sec ? -1 : 1;
    if (x->made.tv_nsec != y->made.tv_nsec)
        return x->made.tv_nsec < y->made.tv_nsec ? -1 : 1;
    return memcmp(x->id.text, y->id.text, sizeof x->id.text);
}

/* All complete entries, oldest first; *out is the caller's. */
static enum laz_status find_all(const struct laz_quarantine *q, struct laz_buf *out,
                                struct laz_error *err)
{
    DIR *dir = open_listing(q);

    if (dir == NULL)
        return laz_fail_errno(err, "quarantine", q->path, "");
    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        struct found found;
        struct stat st;
        char kind;

        if (!parse_name(e->d_name, &found.id, &kind) || kind != 'q' ||
            fstatat(q->dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        found.made = st.st_mtim;
        laz_ignore(laz_buf_add(out, laz_view_from(&found, sizeof found))); /* asked for below */
    }
    closedir(dir);
    if (laz_buf_failed(out) != LAZ_OK)
        return laz_fail(err, laz_buf_failed(out), "quarantine", q->path, "holds too much", "");
    if (out->len > 0)
        qsort(out->data, out->len / sizeof(struct found), sizeof(struct found), compare_found);
    return LAZ_OK;
}

static void describe(const struct laz_quarantine *q, const struct laz_quarantine_id *id,
                     const struct laz_quarantine_file *f, struct laz_quarantine_entry *out)
{
    struct laz_file_meta meta;
    char mark[LAZ_QUARANTINE_NAME_SIZE];

    laz_quarantine_name(id, 'r', mark);
    *out = (struct laz_quarantine_entry){.id = *id,
                                         .restored = faccessat(q->dir, mark, F_OK, 0) == 0,
                                         .time_ms = f->record.time_ms,
                                         .size = f->record.size,
                                         .path = f->record.path,
                                         .detections = f->record.detections,
                                         .actor = f->record.actor,
                                         .reason = f->record.reason};
    memcpy(out->sha256, f->record.sha256, sizeof out->sha256);
    if (laz_file_meta_parse(f->record.meta, &meta) != LAZ_OK)
        return;
    out->mode = meta.mode;
    out->uid = meta.uid;
    out->gid = meta.gid;
    laz_file_meta_clear(&meta);
}

enum laz_status laz_quarantine_find(struct laz_quarantine *q, const struct laz_quarantine_id *id,
                                    laz_quarantine_entry_fn *fn, void *context,
                                    struct laz_error *err)
{
    struct laz_quarantine_entry entry;
    struct laz_quarantine_file f;
    char name[LAZ_QUARANTINE_NAME_SIZE];
    enum laz_status s;

    laz_quarantine_name(id, 'q', name);
    s = laz_quarantine_file_open(q, name, &f, err);
    if (s != LAZ_OK)
        return s;
    describe(q, id, &f, &entry);
    laz_ignore(fn(context, &entry)); /* there is no further one */
    laz_quarantine_file_clear(&f);
    return LAZ_OK;
}

static bool list_one(struct laz_quarantine *q, const struct laz_quarantine_id *id,
                     laz_quarantine_entry_fn *fn, void *context)
{
    struct laz_quarantine_entry entry = {.id = *id, .damaged = true};
    struct laz_quarantine_file f;
    char name[LAZ_QUARANTINE_NAME_SIZE];
    struct stat st;
    enum laz_status s;
    bool more;

    laz_quarantine_name(id, 'q', name);
    s = laz_quarantine_file_open(q, name, &f, NULL);
    if (s == LAZ_NOT_FOUND)
        return true; /* deleted meanwhile */
    if (s != LAZ_OK) {
        if (fstatat(q->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
            entry.size = (uint64_t)st.st_size;
        return fn(context, &entry);
    }
    describe(q, id, &f, &entry);
    more = fn(context, &entry);
    laz_quarantine_file_clear(&f);
    return more;
}

enum laz_status laz_quarantine_list(struct laz_quarantine *q, laz_quarantine_entry_fn *fn,
                                    void *context, struct laz_error *err)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf all = {0};
    enum laz_status s;

    laz_buf_init(&all, (size_t)q->limits.entries_max * 2 * sizeof(struct found));
    s = find_all(q, &all, err);
    for (size_t i = 0; s == LAZ_OK && i < all.len / sizeof(struct found); i++) {
        struct found found;

        memcpy(&found, all.data + i * sizeof found, sizeof found);
        if (!list_one(q, &found.id, fn, context))
            break;
    }
    return s;
}

enum laz_status laz_quarantine_delete(struct laz_quarantine *q, const struct laz_quarantine_id *id,
                                      struct laz_error *err)
{
    char name[LAZ_QUARANTINE_NAME_SIZE], mark[LAZ_QUARANTINE_NAME_SIZE];
    LAZ_OWNED(laz_fd_drop) int fd = -1;

    laz_quarantine_name(id, 'q', name);
    laz_quarantine_name(id, 'r', mark);
    fd = openat(q->dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return laz_fail(err, LAZ_NOT_FOUND, "quarantine", id->text, "is not in quarantine",
                        "see 'lazaret quarantine list'");
    if (fd < 0 || flock(fd, LOCK_EX) != 0) /* waits for a restore of it */
        return laz_fail_errno(err, "quarantine", id->text, "");
    if (unlinkat(q->dir, name, 0) != 0)
        return laz_fail_errno(err, "quarantine", id->text, "");
    laz_ignore(
        unlinkat(q->dir, mark, 0)); /* without its entry it says nothing, and is cleaned up */
    return laz_sync_dir(q->dir, err);
}
