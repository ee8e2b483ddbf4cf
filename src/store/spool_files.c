/* The spool's files: what they are called, how they begin and end, and what of them outlives what.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/number.h"
#include "store/spool_priv.h"
#include "sys/fd.h"

void laz_segment_name(uint64_t number, char out[LAZ_SEGMENT_NAME_SIZE])
{
    snprintf(out, LAZ_SEGMENT_NAME_SIZE, "%016" PRIx64 ".seg", number);
}

static bool number_of_name(const char *name, uint64_t *out)
{
    struct laz_view v = laz_view_of(name);

    return v.len == 20 && laz_view_ends_text(v, ".seg") &&
           laz_parse_hex_u64(laz_view_first(v, 16), UINT64_MAX, out);
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static void dir_drop(DIR **dir)
{
    if (*dir != NULL)
        closedir(*dir);
    *dir = NULL;
}

enum laz_status laz_segment_numbers(int dir, uint64_t **out, size_t *count, struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int own = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    LAZ_OWNED(dir_drop) DIR *folder = own < 0 ? NULL : fdopendir(own);
    uint64_t *numbers, n = 0;

    if (folder == NULL)
        return laz_fail_errno(err, "spool", "", "");
    laz_ignore(laz_move_fd(&own) < 0); /* the folder's now */
    numbers = calloc(LAZ_SEGMENTS_MAX, sizeof *numbers);
    if (numbers == NULL)
        return laz_fail(err, LAZ_NOMEM, "spool", "", "no memory", "");
    *count = 0;
    for (struct dirent *e = readdir(folder); e != NULL; e = readdir(folder))
        if (number_of_name(e->d_name, &n) && *count < LAZ_SEGMENTS_MAX)
            numbers[(*count)++] = n;
    qsort(numbers, *count, sizeof *numbers, by_number);
    *out = numbers;
    return LAZ_OK;
}

enum laz_status laz_segment_load(int dir, uint64_t number, struct laz_buf *out,
                                 struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int fd = -1;
    char name[LAZ_SEGMENT_NAME_SIZE];

    laz_segment_name(number, name);
    fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return laz_fail_errno(err, "spool", name, "");
    laz_buf_reset(out);
    return laz_read_all(fd, out, err);
}

struct laz_spool_point laz_spool_point_read(int dir, const char *name)
{
    LAZ_OWNED(laz_fd_drop) int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    struct laz_spool_point p = {0, 0};
    uint8_t bytes[LAZ_SPOOL_POINT_SIZE];
    ssize_t n = fd < 0 ? -1 : pread(fd, bytes, sizeof bytes, 0);
    struct laz_view v = laz_view_from(bytes, n < 0 ? 0 : (size_t)n);

    if (!laz_spool_point_take(&v, &p))
        p = (struct laz_spool_point){0, 0};
    return p;
}

enum laz_status laz_segment_list_add(struct laz_segment_list *list,
                                     const struct laz_segment *segment)
{
    struct laz_segment *items = realloc(list->items, (list->count + 1) * sizeof *items);

    if (items == NULL)
        return LAZ_NOMEM;
    list->items = items;
    items[list->count++] = *segment;
    list->bytes += segment->bytes;
    return LAZ_OK;
}

static void list_remove(struct laz_segment_list *list, size_t index)
{
    list->bytes -= list->items[index].bytes;
    list->count--;
    memmove(&list->items[index], &list->items[index + 1],
            (list->count - index) * sizeof *list->items);
}

/* Counts the records of v, which begins after the header; returns the bytes that are good. */
static uint64_t measure(struct laz_view v, struct laz_segment *segment)
{
    size_t whole = v.len;
    struct laz_segment_record r;

    segment->last_seq = segment->header.first_seq - 1;
    while (laz_segment_take_record(&v, segment->header.epoch, segment->last_seq + 1, &r) ==
           LAZ_OK) {
        segment->last_seq = r.seq;
        segment->urgent_count += r.urgent;
        segment->plain_count += !r.urgent;
        segment->plain_bytes += r.urgent ? 0 : LAZ_SEGMENT_RECORD_SIZE + r.json.len;
    }
    segment->bytes = LAZ_SEGMENT_HEADER_SIZE + whole - v.len;
    return whole - v.len;
}

static enum laz_status cut_file(int dir, const char *name, uint64_t size, struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int fd = openat(dir, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0)
        return laz_fail_errno(err, "spool", name, "");
    if ((uint64_t)st.st_size != size && ftruncate(fd, (off_t)size) != 0)
        return laz_fail_errno(err, "spool", name, "check the disk");
    if (fdatasync(fd) != 0)
        return laz_fail_errno(err, "spool", name, "check the disk");
    return LAZ_OK;
}

/* A file that holds nothing, or nothing that can be believed. */
static enum laz_status give_up_file(struct laz_spool *spool, const char *name,
                                    struct laz_error *err)
{
    if (unlinkat(spool->dir, name, 0) != 0)
        return laz_fail_errno(err, "spool", name, "check the folder's permissions");
    return LAZ_OK;
}

static enum laz_status recover_segment(struct laz_spool *spool, uint64_t number,
                                       struct laz_buf *file, struct laz_error *err)
{
    struct laz_segment segment = {.header = {0}};
    enum laz_status s = laz_segment_load(spool->dir, number, file, err);
    struct laz_view v = laz_buf_view(file);
    char name[LAZ_SEGMENT_NAME_SIZE];

    laz_segment_name(number, name);
    if (s == LAZ_LIMIT)
        return laz_fail(err, LAZ_DAMAGED, "spool", name, "is larger than any file of ours",
                        "move it away");
    if (s != LAZ_OK)
        return s;
    s = laz_segment_take_header(&v, &segment.header);
    if (s == LAZ_VERSION)
        return laz_fail(err, s, "spool", name, "was written by a newer version",
                        "install that version, or remove the file");
    if (s != LAZ_OK || segment.header.number != number || segment.header.first_seq == 0) {
        spool->loss.bytes += file->len;
        return give_up_file(spool, name, err);
    }
    measure(v, &segment);
    spool->loss.bytes += file->len - segment.bytes;
    if (segment.plain_count + segment.urgent_count == 0)
        return give_up_file(spool, name, err);
    s = cut_file(spool->dir, name, segment.bytes, err);
    if (s == LAZ_OK && laz_segment_list_add(&spool->segments, &segment) != LAZ_OK)
        s = laz_fail(err, LAZ_NOMEM, "spool", name, "no memory", "");
    return s;
}

enum laz_status laz_spool_recover(struct laz_spool *spool, struct laz_error *err)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf file = {0};
    uint64_t *numbers = NULL;
    size_t count = 0;
    enum laz_status s;

    laz_buf_init(&file, LAZ_SEGMENT_FILE_MAX);
    s = laz_segment_numbers(spool->dir, &numbers, &count, err);
    for (size_t i = 0; i < count && s == LAZ_OK; i++) {
        s = recover_segment(spool, numbers[i], &file, err);
        spool->next_number = numbers[i] + 1;
    }
    free(numbers);
    if (s == LAZ_OK)
        s = laz_sync_dir(spool->dir, err);
    return s;
}

/* Half a header is no file: it is removed at once, or when the spool is opened again. */
static enum laz_status fail_begin(struct laz_spool *spool, const char *name, struct laz_error *err)
{
    enum laz_status s = laz_fail_errno(err, "spool", name, "free space on this disk");

    laz_ignore(unlinkat(spool->dir, name, 0) != 0); /* recovery does */
    return s;
}

enum laz_status laz_spool_begin_segment(struct laz_spool *spool, uint64_t first_seq,
                                        struct laz_error *err)
{
    struct laz_segment segment = {.header = {spool->next_number, spool->epoch, first_seq},
                                  .last_seq = first_seq - 1,
                                  .bytes = LAZ_SEGMENT_HEADER_SIZE};
    LAZ_OWNED(laz_fd_drop) int fd = -1;
    LAZ_OWNED(laz_buf_drop) struct laz_buf b = {0};
    char name[LAZ_SEGMENT_NAME_SIZE];
    ssize_t n;

    LAZ_ASSERT(spool->active_fd < 0);
    laz_buf_init(&b, LAZ_SEGMENT_HEADER_SIZE);
    if (laz_segment_add_header(&b, &segment.header) != LAZ_OK)
        return laz_fail(err, LAZ_NOMEM, "spool", "", "no memory", "");
    laz_segment_name(segment.header.number, name);
    fd = openat(spool->dir, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return laz_fail_errno(err, "spool", name, "free space on this disk");
    spool->next_number++;
    n = pwrite(fd, b.data, b.len, 0);
    if (n != (ssize_t)b.len) {
        errno = n < 0 ? errno : ENOSPC;
        return fail_begin(spool, name, err);
    }
    spool->active = segment;
    spool->active_fd = laz_move_fd(&fd);
    spool->dir_changed = true;
    return LAZ_OK;
}

enum laz_status laz_spool_end_segment(struct laz_spool *spool, struct laz_error *err)
{
    char name[LAZ_SEGMENT_NAME_SIZE];

    LAZ_ASSERT(spool->active_fd >= 0);
    laz_segment_name(spool->active.header.number, name);
    if (spool->active.bytes == LAZ_SEGMENT_HEADER_SIZE)
        laz_ignore(unlinkat(spool->dir, name, 0) != 0); /* recovery does */
    else if (laz_segment_list_add(&spool->segments, &spool->active) != LAZ_OK)
        return laz_fail(err, LAZ_NOMEM, "spool", "", "no memory", "");
    laz_fd_drop(&spool->active_fd);
    spool->active = (struct laz_segment){.header = {0}};
    return LAZ_OK;
}

/* Segments follow one another as they were written: when one of the acknowledged epoch stands
 * behind this one, which is of another, then all of this one has been acknowledged too. */
static bool is_acked(const struct laz_spool *spool, size_t index)
{
    const struct laz_segment *segment = &spool->segments.items[index];

    if (segment->header.epoch == spool->acked.epoch)
        return segment->last_seq <= spool->acked.seq;
    for (size_t i = index + 1; i < spool->segments.count; i++)
        if (spool->segments.items[i].header.epoch == spool->acked.epoch)
            return true;
    return spool->epoch == spool->acked.epoch;
}

static enum laz_status remove_segment(struct laz_spool *spool, size_t index, struct laz_error *err)
{
    char name[LAZ_SEGMENT_NAME_SIZE];

    laz_segment_name(spool->segments.items[index].header.number, name);
    if (unlinkat(spool->dir, name, 0) != 0 && errno != ENOENT)
        return laz_fail_errno(err, "spool", name, "check the folder's permissions");
    list_remove(&spool->segments, index);
    return LAZ_OK;
}

void laz_spool_reap(struct laz_spool *spool)
{
    struct laz_spool_point acked = laz_spool_point_read(spool->dir, LAZ_SPOOL_ACK);

    if (acked.epoch == 0)
        return;
    spool->acked = acked;
    while (spool->segments.count > 0 && is_acked(spool, 0))
        if (remove_segment(spool, 0, NULL) != LAZ_OK)
            return; /* tried again with the next sync */
}

/* The file without the records that are not urgent, put in its place as a whole. */
static enum laz_status keep_urgent(struct laz_spool *spool, struct laz_segment *segment,
                                   struct laz_error *err)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf old = {0};
    LAZ_OWNED(laz_buf_drop) struct laz_buf kept = {0};
    struct laz_segment_record r;
    char name[LAZ_SEGMENT_NAME_SIZE];
    uint64_t seq_min = segment->header.first_seq;
    struct laz_view v;
    enum laz_status s;

    laz_buf_init(&old, LAZ_SEGMENT_FILE_MAX);
    laz_buf_init(&kept, LAZ_SEGMENT_FILE_MAX);
    laz_segment_name(segment->header.number, name);
    s = laz_segment_load(spool->dir, segment->header.number, &old, err);
    if (s != LAZ_OK)
        return s;
    v = laz_view_from_offset(laz_buf_view(&old), LAZ_SEGMENT_HEADER_SIZE);
    laz_ignore(laz_segment_add_header(&kept, &segment->header)); /* looked at below */
    while (laz_segment_take_record(&v, segment->header.epoch, seq_min, &r) == LAZ_OK) {
        seq_min = r.seq + 1;
        if (r.urgent)
            laz_ignore(laz_segment_add_record(&kept, segment->header.epoch, &r));
    }
    if (laz_buf_failed(&kept) != LAZ_OK)
        return laz_fail(err, LAZ_NOMEM, "spool", name, "no memory", "");
    s = laz_replace_file(spool->dir, name, laz_buf_view(&kept), 0600, err);
    if (s != LAZ_OK)
        return s;
    spool->segments.bytes -= segment->bytes - kept.len;
    segment->bytes = kept.len;
    segment->plain_bytes = segment->plain_count = 0;
    return LAZ_OK;
}

static void count_lost(struct laz_spool *spool, uint64_t events)
{
    spool->dropped += events;
    spool->loss.events += events;
}

static enum laz_status drop_plain(struct laz_spool *spool, size_t index, struct laz_error *err)
{
    struct laz_segment *segment = &spool->segments.items[index];
    uint64_t events = segment->plain_count;
    enum laz_status s = segment->urgent_count == 0 ? remove_segment(spool, index, err)
                                                   : keep_urgent(spool, segment, err);

    if (s == LAZ_OK)
        count_lost(spool, events);
    return s;
}

/* The active file cannot be rewritten, but it can be ended, and is then one of the list. */
static enum laz_status end_active(struct laz_spool *spool, struct laz_error *err)
{
    if (spool->pending.len > 0) {
        enum laz_status s = laz_spool_sync(spool, err);

        if (s != LAZ_OK)
            return s;
    }
    if (spool->active_fd < 0 || spool->active.bytes == LAZ_SEGMENT_HEADER_SIZE)
        return LAZ_NOT_FOUND;
    return laz_spool_end_segment(spool, err);
}

enum laz_status laz_spool_drop_oldest(struct laz_spool *spool, bool urgent_too,
                                      struct laz_error *err)
{
    enum laz_status s = LAZ_NOT_FOUND;

    for (size_t i = 0; i < spool->segments.count; i++)
        if (spool->segments.items[i].plain_count > 0)
            return drop_plain(spool, i, err);
    if (spool->active.plain_count + spool->pending_sums.plain_count > 0 ||
        (urgent_too && spool->segments.count == 0))
        s = end_active(spool, err);
    if (s != LAZ_NOT_FOUND || !urgent_too || spool->segments.count == 0)
        return s;
    count_lost(spool, spool->segments.items[0].urgent_count);
    return remove_segment(spool, 0, err);
}
