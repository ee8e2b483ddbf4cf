#include "agent/vault_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/filecopy.h"
#include "sys/fd.h"

#define NAME     "journal"
#define NEW_NAME "journal.new"

static void journal_init(struct laz_vault_journal *j, int fd, bool writable)
{
    *j = (struct laz_vault_journal){.fd = fd, .writable = writable, .sequence = 1};
    laz_buf_init(&j->buf, LAZ_VAULT_RECORD_MAX + LAZ_VAULT_FRAME_SIZE);
}

void laz_vault_journal_clear(struct laz_vault_journal *j)
{
    laz_fd_drop(&j->fd);
    laz_buf_clear(&j->buf);
}

/* A record counts only when it is younger than the one before: an old one that shows up among
 * damaged bytes is none. */
static enum laz_status replay(struct laz_vault_journal *j, struct laz_view whole,
                              laz_vault_replay_fn *fn, void *context)
{
    struct laz_view rest = whole;
    bool skipping = false;

    while (rest.len > 0) {
        uint64_t at = whole.len - rest.len, sequence;
        struct laz_vault_record record;
        enum laz_status s;

        if (!laz_vault_frame_take(&rest, &sequence, &record) || sequence < j->sequence) {
            rest = laz_view_from_offset(whole,
                                        at + laz_vault_frame_find(laz_view_from_offset(whole, at)));
            j->damaged += skipping ? 0 : 1;
            skipping = true;
            continue;
        }
        skipping = false;
        s = fn(context, &record, at);
        if (s != LAZ_OK)
            return s;
        j->sequence = sequence + 1;
        j->len = whole.len - rest.len;
    }
    return LAZ_OK;
}

static enum laz_status replay_file(struct laz_vault_journal *j, laz_vault_replay_fn *fn,
                                   void *context, struct laz_error *err)
{
    struct laz_mapping map;
    enum laz_status s = laz_map_fd(j->fd, &map, err);
    size_t whole;

    if (s != LAZ_OK)
        return s;
    whole = map.bytes.len;
    s = replay(j, map.bytes, fn, context);
    laz_mapping_clear(&map);
    if (s != LAZ_OK)
        return laz_fail(err, s, "vault", NAME, "cannot be taken in", "");
    if (j->writable && j->len < whole && ftruncate(j->fd, (off_t)j->len) != 0)
        return laz_fail_disk(err, "vault", NAME);
    return LAZ_OK;
}

enum laz_status laz_vault_journal_open(int dir, bool writable, laz_vault_replay_fn *fn,
                                       void *context, struct laz_vault_journal *out,
                                       struct laz_error *err)
{
    int flags = writable ? O_RDWR | O_CREAT : O_RDONLY;
    struct laz_vault_journal j;
    enum laz_status s;

    journal_init(&j, openat(dir, NAME, flags | O_NOFOLLOW | O_CLOEXEC, 0600), writable);
    if (j.fd < 0)
        return laz_fail_disk(err, "vault", NAME);
    s = replay_file(&j, fn, context, err);
    if (s != LAZ_OK) {
        laz_vault_journal_clear(&j);
        return s;
    }
    *out = j;
    return LAZ_OK;
}

static bool write_all_at(int fd, uint64_t at, struct laz_view v)
{
    while (v.len > 0) {
        ssize_t n = pwrite(fd, v.data, v.len, (off_t)at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        at += (uint64_t)n;
        v = laz_view_from_offset(v, (uint64_t)n);
    }
    return true;
}

enum laz_status laz_vault_journal_add(struct laz_vault_journal *j, const struct laz_vault_record *r,
                                      uint64_t *at, struct laz_error *err)
{
    LAZ_ASSERT(j->writable);
    laz_buf_reset(&j->buf);
    laz_vault_frame_write(j->sequence, r, &j->buf);
    if (laz_buf_failed(&j->buf) != LAZ_OK)
        return laz_fail(err, laz_buf_failed(&j->buf), "vault", NAME, "a record is too large", "");
    if (!write_all_at(j->fd, j->len, laz_buf_view(&j->buf))) {
        enum laz_status s = laz_fail_disk(err, "vault", NAME);

        laz_ignore(ftruncate(j->fd, (off_t)j->len)); /* else the next record overwrites it */
        return s;
    }
    *at = j->len;
    j->len += j->buf.len;
    j->sequence++;
    return LAZ_OK;
}

static bool read_all_at(int fd, uint64_t at, uint8_t *out, size_t len)
{
    while (len > 0) {
        ssize_t n = pread(fd, out, len, (off_t)at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += (uint64_t)n;
        out += n;
        len -= (size_t)n;
    }
    return true;
}

/* The length of the record in the frame of this head. */
static uint32_t frame_len(struct laz_view head)
{
    uint32_t magic, len = 0;

    return laz_take_u32le(&head, &magic) && laz_take_u32le(&head, &len) ? len : 0;
}

enum laz_status laz_vault_journal_read(struct laz_vault_journal *j, uint64_t at,
                                       struct laz_vault_record *out, struct laz_error *err)
{
    uint8_t head[LAZ_VAULT_FRAME_SIZE], *bytes;
    struct laz_view v;
    uint64_t sequence;
    size_t len;

    if (!read_all_at(j->fd, at, head, sizeof head))
        return laz_fail(err, LAZ_IO, "vault", NAME, "cannot be read", "check the disk");
    len = sizeof head + frame_len(laz_view_from(head, sizeof head));
    laz_buf_reset(&j->buf);
    if (laz_buf_extend(&j->buf, len, &bytes) != LAZ_OK || !read_all_at(j->fd, at, bytes, len))
        return laz_fail(err, LAZ_IO, "vault", NAME, "cannot be read", "check the disk");
    v = laz_buf_view(&j->buf);
    if (!laz_vault_frame_take(&v, &sequence, out))
        return laz_fail(err, LAZ_DAMAGED, "vault", NAME, "a record is damaged", "check the disk");
    return LAZ_OK;
}

enum laz_status laz_vault_journal_fold(int dir, const struct laz_vault_journal *j,
                                       struct laz_vault_journal *out, struct laz_error *err)
{
    int fd = openat(dir, NEW_NAME, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0)
        return laz_fail_disk(err, "vault", NEW_NAME);
    journal_init(out, fd, true);
    out->sequence = j->sequence;
    return LAZ_OK;
}

enum laz_status laz_vault_journal_replace(int dir, struct laz_vault_journal *j,
                                          struct laz_vault_journal *by, struct laz_error *err)
{
    if (fsync(by->fd) != 0 || renameat(dir, NEW_NAME, dir, NAME) != 0)
        return laz_fail_disk(err, "vault", NEW_NAME);
    by->damaged = j->damaged;
    laz_vault_journal_clear(j);
    *j = *by;
    by->fd = -1;
    laz_buf_init(&by->buf, 0); /* its memory is j's now */
    return laz_sync_dir(dir, err);
}
