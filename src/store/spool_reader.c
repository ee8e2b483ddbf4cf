#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/spool_priv.h"
#include "sys/fd.h"

#define BATCH_MAX ((size_t)8 * 1024 * 1024)

/* A place in the files: the next record stands at offset of segment number, or in a later one. */
struct cursor {
    uint64_t number;
    ino_t inode;   /* of the file that offset was measured in: it may have been replaced since */
    size_t offset; /* 0 before the header */
    uint64_t seq;  /* of the record before offset */
};

struct laz_spool_reader {
    int dir;
    struct laz_spool_point place; /* read up to here */
    struct laz_spool_point known; /* the console says that it has all up to here */
    struct cursor at;             /* not behind place; number 0: to be found */
    struct cursor batch_end;      /* behind the last batch, whose last event is batch_last */
    struct laz_spool_point batch_last;
    /* The segment that was read last, as far as it went then. */
    struct laz_segment_header header;
    struct laz_buf file;
    ino_t inode;
    bool loaded;
};

enum laz_status laz_spool_reader_open(const char *dir, struct laz_spool_reader **out,
                                      struct laz_error *err)
{
    struct laz_spool_reader *reader = calloc(1, sizeof *reader);

    if (reader == NULL)
        return laz_fail(err, LAZ_NOMEM, "spool", dir, "no memory", "");
    laz_buf_init(&reader->file, LAZ_SEGMENT_FILE_MAX);
    reader->dir = laz_open_dir(dir);
    if (reader->dir < 0) {
        free(reader);
        return laz_fail_errno(err, "spool", dir, "check that the folder is there");
    }
    reader->place = reader->known = laz_spool_point_read(reader->dir, LAZ_SPOOL_ACK);
    *out = reader;
    return LAZ_OK;
}

void laz_spool_reader_drop(struct laz_spool_reader **reader)
{
    if (*reader == NULL)
        return;
    laz_fd_drop(&(*reader)->dir);
    laz_buf_clear(&(*reader)->file);
    free(*reader);
    *reader = NULL;
}

void laz_spool_batch_init(struct laz_spool_batch *batch)
{
    *batch = (struct laz_spool_batch){.epoch = 0};
    laz_buf_init(&batch->lines, BATCH_MAX);
}

void laz_spool_batch_drop(struct laz_spool_batch *batch)
{
    laz_buf_clear(&batch->lines);
}

/* Reads what the file has beyond what is in memory; all of it when it is another file now. */
static enum laz_status refresh(struct laz_spool_reader *reader, uint64_t number,
                               struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int fd = -1;
    char name[LAZ_SEGMENT_NAME_SIZE];
    struct stat st;

    laz_segment_name(number, name);
    fd = openat(reader->dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return LAZ_NOT_FOUND;
    if (fd < 0 || fstat(fd, &st) != 0)
        return laz_fail_errno(err, "spool", name, "");
    if (!reader->loaded || reader->header.number != number || reader->inode != st.st_ino ||
        (uint64_t)st.st_size < reader->file.len)
        laz_buf_reset(&reader->file);
    reader->inode = st.st_ino;
    if (lseek(fd, (off_t)reader->file.len, SEEK_SET) < 0)
        return laz_fail_errno(err, "spool", name, "");
    return laz_read_all(fd, &reader->file, err);
}

/* What is to be read, and how far. */
struct walk {
    struct laz_spool_reader *reader;
    struct cursor at;
    struct laz_spool_point durable;
    uint64_t *numbers; /* of the segments when the walk began; owned */
    size_t count;
    bool fresh; /* the segment has been read since */
};

/* Brings the segment at the cursor into memory. LAZ_NOT_FOUND when there is nothing to be had from
 * it: it is gone, or its header is not whole or not right. */
static enum laz_status enter(struct walk *w, struct laz_error *err)
{
    struct laz_spool_reader *reader = w->reader;
    enum laz_status s = refresh(reader, w->at.number, err);
    struct laz_view v = laz_buf_view(&reader->file);

    w->fresh = true;
    reader->loaded = false;
    if (s != LAZ_OK)
        return s;
    if (laz_segment_take_header(&v, &reader->header) != LAZ_OK ||
        reader->header.number != w->at.number || reader->header.first_seq == 0)
        return LAZ_NOT_FOUND;
    reader->loaded = true;
    if (w->at.offset != 0 && w->at.inode == reader->inode && w->at.offset <= reader->file.len)
        return LAZ_OK;
    w->at.inode = reader->inode;
    w->at.offset = LAZ_SEGMENT_HEADER_SIZE;
    w->at.seq = reader->header.first_seq - 1;
    return LAZ_OK;
}

static bool is_in_memory(const struct walk *w)
{
    const struct laz_spool_reader *reader = w->reader;

    return reader->loaded && reader->header.number == w->at.number && w->at.offset != 0 &&
           w->at.inode == reader->inode && w->at.offset <= reader->file.len;
}

static bool go_to_later(struct walk *w)
{
    for (size_t i = 0; i < w->count; i++) {
        if (w->numbers[i] <= w->at.number)
            continue;
        w->at = (struct cursor){.number = w->numbers[i]};
        w->fresh = false;
        return true;
    }
    return false;
}

/* The record at the cursor, whichever it is, behind which the cursor then stands. */
static bool take_here(struct walk *w, struct laz_segment_record *out)
{
    struct laz_spool_reader *reader = w->reader;
    struct laz_view v = laz_view_from_offset(laz_buf_view(&reader->file), w->at.offset);
    bool current = reader->header.epoch == w->durable.epoch;

    if (laz_segment_take_record(&v, reader->header.epoch, w->at.seq + 1, out) != LAZ_OK ||
        (current && out->seq > w->durable.seq))
        return false;
    w->at.offset = reader->file.len - v.len;
    w->at.seq = out->seq;
    return true;
}

static bool is_new(const struct laz_spool_reader *reader, uint64_t seq)
{
    return reader->header.epoch != reader->place.epoch || seq > reader->place.seq;
}

/* The next record behind the reader's place. LAZ_NOT_FOUND when there is none yet. */
static enum laz_status next_record(struct walk *w, struct laz_segment_record *out,
                                   struct laz_error *err)
{
    for (;;) {
        enum laz_status s = LAZ_OK;

        if (is_in_memory(w) && take_here(w, out)) {
            if (is_new(w->reader, out->seq))
                return LAZ_OK;
            continue;
        }
        if (!w->fresh)
            s = enter(w, err); /* it may have grown */
        else if (!go_to_later(w))
            return LAZ_NOT_FOUND;
        if (s != LAZ_OK && s != LAZ_NOT_FOUND)
            return s;
    }
}

static bool has_epoch(int dir, uint64_t number, uint64_t epoch)
{
    LAZ_OWNED(laz_fd_drop) int fd = -1;
    uint8_t bytes[LAZ_SEGMENT_HEADER_SIZE];
    struct laz_segment_header header;
    struct laz_view v = {bytes, sizeof bytes};
    char name[LAZ_SEGMENT_NAME_SIZE];

    laz_segment_name(number, name);
    fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    return fd >= 0 && pread(fd, bytes, sizeof bytes, 0) == (ssize_t)sizeof bytes &&
           laz_segment_take_header(&v, &header) == LAZ_OK && header.epoch == epoch;
}

/* Segments before the first of the place's epoch have been read to their end. When no file is of
 * that epoch, all of them are new. */
static bool find_start(struct walk *w)
{
    struct laz_spool_reader *reader = w->reader;

    if (w->count == 0)
        return false;
    w->at = reader->at;
    if (w->at.number != 0)
        return true;
    w->at.number = w->numbers[0];
    for (size_t i = 0; i < w->count; i++) {
        if (!has_epoch(reader->dir, w->numbers[i], reader->place.epoch))
            continue;
        w->at.number = w->numbers[i];
        break;
    }
    return true;
}

static bool add_line(struct laz_spool_batch *batch, struct laz_view json)
{
    size_t before = batch->lines.len;

    if (laz_buf_add(&batch->lines, json) == LAZ_OK && laz_buf_add_u8(&batch->lines, '\n') == LAZ_OK)
        return true;
    batch->lines.len = before;
    batch->lines.failed = LAZ_OK;
    return false;
}

static bool belongs(const struct laz_spool_batch *batch, uint64_t epoch, uint64_t seq)
{
    return batch->count == 0 || (batch->epoch == epoch && batch->first + batch->count == seq);
}

static enum laz_status fill(struct walk *w, size_t bytes_max, size_t count_max,
                            struct laz_spool_batch *batch, struct laz_error *err)
{
    struct laz_spool_reader *reader = w->reader;
    struct laz_segment_record r;
    enum laz_status s;

    do {
        s = next_record(w, &r, err);
        if (s != LAZ_OK)
            return s == LAZ_NOT_FOUND ? LAZ_OK : s;
        if (!belongs(batch, reader->header.epoch, r.seq) ||
            (batch->count > 0 && batch->lines.len + r.json.len + 1 > bytes_max))
            return LAZ_OK;
        if (!add_line(batch, r.json))
            return batch->count > 0 ? LAZ_OK
                                    : laz_fail(err, LAZ_NOMEM, "spool", "", "no memory", "");
        if (batch->count == 0) {
            batch->epoch = reader->header.epoch;
            batch->first = r.seq;
        }
        batch->count++;
        reader->batch_end = w->at;
        reader->batch_last = (struct laz_spool_point){batch->epoch, r.seq};
    } while (batch->count < count_max);
    return LAZ_OK;
}

/* Numbers that the console does not have and never will. */
static void name_gap(const struct laz_spool_reader *reader, struct laz_spool_batch *batch)
{
    uint64_t next = reader->known.epoch == batch->epoch ? reader->known.seq + 1 : 1;

    if (batch->count == 0 || batch->first <= next)
        return;
    batch->gap_from = next;
    batch->gap_to = batch->first - 1;
}

enum laz_status laz_spool_read(struct laz_spool_reader *reader, size_t bytes_max, size_t count_max,
                               struct laz_spool_batch *batch, struct laz_error *err)
{
    struct walk w = {.reader = reader};
    enum laz_status s;

    LAZ_ASSERT(count_max > 0 && bytes_max <= BATCH_MAX);
    laz_buf_reset(&batch->lines);
    batch->count = batch->gap_from = batch->gap_to = 0;
    reader->batch_last = (struct laz_spool_point){0, 0};
    w.durable =
        laz_spool_point_read(reader->dir, LAZ_SPOOL_MARK); /* before the files are looked at */
    if (w.durable.epoch != 0 && w.durable.epoch == reader->place.epoch &&
        w.durable.seq <= reader->place.seq)
        return LAZ_OK;
    s = laz_segment_numbers(reader->dir, &w.numbers, &w.count, err);
    if (s != LAZ_OK)
        return s;
    if (find_start(&w))
        s = fill(&w, bytes_max, count_max, batch, err);
    free(w.numbers);
    name_gap(reader, batch);
    return s;
}

static bool may_be_acked(const struct laz_spool_reader *reader, const struct laz_spool_point *p)
{
    struct laz_spool_point durable = laz_spool_point_read(reader->dir, LAZ_SPOOL_MARK);

    if (p->epoch == 0 || (p->epoch != reader->place.epoch && p->epoch != reader->batch_last.epoch))
        return false;
    return p->epoch != durable.epoch || p->seq <= durable.seq;
}

/* The place is p now; the cursor follows when it is known where that is in the files. */
static void move_to(struct laz_spool_reader *reader, struct laz_spool_point p)
{
    reader->place = p;
    if (reader->batch_last.epoch == p.epoch && reader->batch_last.seq == p.seq)
        reader->at = reader->batch_end;
}

enum laz_status laz_spool_ack(struct laz_spool_reader *reader, uint64_t epoch, uint64_t seq,
                              struct laz_error *err)
{
    struct laz_spool_point p = {epoch, seq};
    LAZ_OWNED(laz_buf_drop) struct laz_buf b = {0};
    enum laz_status s;

    if (!may_be_acked(reader, &p))
        return laz_fail(err, LAZ_INVALID, "spool", "", "these events were never sent", "");
    if (epoch == reader->known.epoch && seq <= reader->known.seq)
        return LAZ_OK;
    laz_buf_init(&b, LAZ_SPOOL_POINT_SIZE);
    if (laz_spool_point_add(&b, &p) != LAZ_OK)
        return laz_fail(err, LAZ_NOMEM, "spool", "", "no memory", "");
    s = laz_replace_file(reader->dir, LAZ_SPOOL_ACK, laz_buf_view(&b), 0600, err);
    if (s != LAZ_OK)
        return s;
    reader->known = p;
    if (epoch != reader->place.epoch || seq > reader->place.seq)
        move_to(reader, p);
    return LAZ_OK;
}

void laz_spool_seek(struct laz_spool_reader *reader, uint64_t epoch, uint64_t seq)
{
    reader->place = reader->known = (struct laz_spool_point){epoch, seq};
    reader->at = (struct cursor){.number = 0};
}

void laz_spool_skip(struct laz_spool_reader *reader, uint64_t epoch, uint64_t seq)
{
    move_to(reader, (struct laz_spool_point){epoch, seq});
}
