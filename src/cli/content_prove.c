#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/number.h"
#include "base/text.h"
#include "box/pool.h"
#include "cli/content.h"
#include "sys/clock.h"
#include "sys/fd.h"

#define FILE_MAX        ((off_t)(16 * MIB))
#define SCAN_MS         20000
#define SPEED_FILES     400
#define SPEED_BYTES_MAX ((uint64_t)96 * MIB)
#define UNOFFICIAL      ".UNOFFICIAL" /* what ClamAV adds to names that it did not sign */

/* ---------------------------------------------------------------- many files, one after another */

typedef void take_fn(void *context, size_t file, const struct laz_verdict *v);

struct scan {
    struct laz_pool *pool;
    struct laz_scan_limits limits;
    take_fn *take;
    void *context;
    uint64_t bytes, files;
};

static uint32_t processor_count(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);

    return n < 1 ? 1 : n > 8 ? 8 : (uint32_t)n;
}

static enum laz_status open_scan(struct scan *scan, int db, uint32_t workers, take_fn *take,
                                 void *context, struct laz_error *err)
{
    struct laz_pool_config config = {.worker = {.db_fd = db, .drop_identity = true}};

    *scan = (struct scan){.take = take, .context = context};
    laz_scan_limits_init(&scan->limits);
    scan->limits.time_max_ms = SCAN_MS;
    scan->limits.want_sha256 = true;
    return laz_pool_new(&config, workers, &scan->pool, err);
}

/* LAZ_NOT_FOUND: nothing is open any more. */
static enum laz_status take_one(struct scan *scan, struct laz_error *err)
{
    static struct laz_worker_answer answer; /* too large for a stack */
    enum laz_status s = laz_pool_next(scan->pool, -1, &answer, err);

    if (s == LAZ_OK)
        scan->take(scan->context, (size_t)answer.job, &answer.verdict);
    return s;
}

/* A file that is not there any more, or is none, is passed over. */
static enum laz_status submit(struct scan *scan, const char *path, size_t file,
                              struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat st;
    enum laz_status s;

    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
        return LAZ_OK;
    scan->files++;
    scan->bytes += (uint64_t)st.st_size;
    while ((s = laz_pool_submit(scan->pool, file, fd, &scan->limits)) == LAZ_BUSY) {
        s = take_one(scan, err);
        if (s != LAZ_OK)
            return s;
    }
    return s == LAZ_OK ? LAZ_OK
                       : laz_fail(err, s, "content", path, "cannot be handed to a worker",
                                  "raise the limits of memory and of open files");
}

static enum laz_status drain(struct scan *scan, struct laz_error *err)
{
    enum laz_status s;

    while ((s = take_one(scan, err)) == LAZ_OK)
        continue;
    return s == LAZ_NOT_FOUND ? LAZ_OK : s;
}

/* ---------------------------------------------------------------- clean files */

struct clean_run {
    struct laz_content_build *build;
    const struct laz_content_update *update;
    struct laz_content_clean_set *clean;
    uint64_t fired;
    bool again, no_memory;
    size_t names_before, files_before; /* lengths of the build's lists when the run began */
};

enum left_out { LEFT_OUT_NOW, LEFT_OUT_IN_THIS_RUN, LEFT_OUT_BEFORE };

/* Where the line begins, or the end. */
static size_t find_line(const struct laz_buf *b, const char *line)
{
    struct laz_view rest = laz_buf_view(b), one;

    while (rest.len > 0) {
        size_t at = b->len - rest.len;

        if (laz_take_until(&rest, '\n', &one) && laz_view_equal_text(one, line))
            return at;
    }
    return b->len;
}

static enum left_out add_line(struct clean_run *run, struct laz_buf *b, size_t before,
                              const char *line)
{
    size_t at = find_line(b, line);

    if (at < b->len)
        return at < before ? LEFT_OUT_BEFORE : LEFT_OUT_IN_THIS_RUN;
    if (laz_buf_addf(b, "%s\n", line) != LAZ_OK)
        run->no_memory = true;
    return LEFT_OUT_NOW;
}

/* By its name when it is a rule; a hash stands in lists that may have one name for all, so the file
 * is said to be known. */
static enum left_out leave_out(struct clean_run *run, const struct laz_detection *d,
                               const struct laz_verdict *v)
{
    struct laz_content_build *b = run->build;
    char line[512], hex[2 * 32 + 1];
    size_t len = strlen(d->name);

    if (strcmp(d->kind, "hash") == 0 && v->has_sha256) {
        laz_hex_encode(laz_view_from(v->sha256, 32), hex);
        snprintf(line, sizeof line, "%s:%llu:clean", hex, (unsigned long long)v->size);
        return add_line(run, &b->left_out_files, run->files_before, line);
    }
    if (laz_view_ends_text(laz_view_of(d->name), UNOFFICIAL))
        len -= strlen(UNOFFICIAL);
    snprintf(line, sizeof line, "%.*s", (int)len, d->name);
    return add_line(run, &b->left_out_names, run->names_before, line);
}

static void say(const char *path, const struct laz_detection *d, const char *what)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf line = {0};

    laz_buf_init(&line, 8192);
    laz_ignore(laz_buf_add_text(&line, "lazaret: content: ")); /* the buffer remembers a refusal */
    laz_ignore(laz_buf_add_terminal(&line, laz_view_of(d->source)));
    laz_ignore(laz_buf_add_text(&line, ": "));
    laz_ignore(laz_buf_add_terminal(&line, laz_view_of(d->name)));
    laz_ignore(laz_buf_addf(&line, " fires on "));
    laz_ignore(laz_buf_add_terminal(&line, laz_view_of(path)));
    laz_ignore(laz_buf_addf(&line, "%s", what));
    fprintf(stderr, "%s\n", laz_buf_text(&line));
}

static void refuse(struct clean_run *run, struct laz_content_part *part, const char *why)
{
    if (part == NULL || part->source == NULL || part->refused)
        return;
    laz_content_refuse(part, why);
    part->is_settled = true;
    run->again = true;
}

static void take_detection(struct clean_run *run, const char *path, const struct laz_detection *d,
                           const struct laz_verdict *v)
{
    struct laz_content_part *part = laz_content_part_of(run->build, d->source);
    char why[128];

    if (part != NULL && part->is_settled)
        return; /* this content of it is not used any more */
    switch (leave_out(run, d, v)) {
    case LEFT_OUT_IN_THIS_RUN:
        return;
    case LEFT_OUT_BEFORE:
        refuse(run, part, "it fires on clean files, and cannot be left out by name");
        return;
    case LEFT_OUT_NOW:
        break;
    }
    say(path, d, ", which is clean: left out");
    run->again = true;
    if (part == NULL || ++part->left_out <= run->update->left_out_max)
        return;
    snprintf(why, sizeof why, "more than %u of its rules fire on clean files",
             run->update->left_out_max);
    refuse(run, part, why);
}

static void take_clean(void *context, size_t file, const struct laz_verdict *v)
{
    struct clean_run *run = context;
    struct laz_content_clean *of = &run->clean->files[file];

    of->fired = false;
    if (v->kind != LAZ_MALICIOUS || v->detection_count == 0)
        return;
    if (!laz_content_clean_is_whole(of)) {
        say(of->path, &v->detections[0], ", which is not as its package brought it: look at it");
        return;
    }
    of->fired = true;
    run->fired++;
    for (uint32_t i = 0; i < v->detection_count; i++)
        take_detection(run, of->path, &v->detections[i], v);
}

enum laz_status laz_content_prove_clean(struct laz_content_build *b, int db,
                                        const struct laz_content_update *u,
                                        struct laz_content_clean_set *clean, bool only_fired,
                                        struct laz_content_proof *out, bool *again,
                                        struct laz_error *err)
{
    struct clean_run run = {.build = b,
                            .update = u,
                            .clean = clean,
                            .names_before = b->left_out_names.len,
                            .files_before = b->left_out_files.len};
    int64_t start = laz_monotonic_ms();
    struct scan scan;
    enum laz_status s = open_scan(&scan, db, processor_count(), take_clean, &run, err);

    if (s != LAZ_OK)
        return s;
    *out = (struct laz_content_proof){0};
    for (size_t i = 0; i < b->part_count; i++)
        b->parts[i].is_settled = false;
    for (size_t i = 0; s == LAZ_OK && i < clean->count; i++) {
        if (only_fired && !clean->files[i].fired)
            continue;
        if (!only_fired && laz_monotonic_ms() - start > (int64_t)u->prove_s * 1000) {
            out->stopped = true;
            break;
        }
        s = submit(&scan, clean->files[i].path, i, err);
    }
    if (s == LAZ_OK)
        s = drain(&scan, err);
    laz_pool_free(scan.pool);
    if (s == LAZ_OK && run.no_memory)
        s = laz_fail(err, LAZ_LIMIT, "content", "", "too many rules fire on clean files", "");
    out->files = scan.files;
    out->bytes = scan.bytes;
    out->fired = run.fired;
    out->elapsed_ms = laz_monotonic_ms() - start;
    *again = run.again;
    return s;
}

/* ---------------------------------------------------------------- test samples */

#define EICAR_SIZE  68
#define EICAR_CRC32 0x6851CF3Cu

/* EICAR's published test file, put together here so that this program does not hold it. */
static void make_eicar(uint8_t out[EICAR_SIZE])
{
    static const char *const pieces[] = {"X5O!P%@AP[4\\PZX54(P^)", "7CC)7}$EICAR-ST",
                                         "ANDARD-ANTIVIRU", "S-TEST-FILE!$H+H*"};
    size_t at = 0;

    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        size_t len = strlen(pieces[i]);

        LAZ_ASSERT(at + len <= EICAR_SIZE);
        memcpy(out + at, pieces[i], len);
        at += len;
    }
    LAZ_ASSERT(at == EICAR_SIZE);
}

/* The fields that the two headers of a zip's member share: from "version needed" to "extra". */
static void add_zip_common(struct laz_buf *b, size_t name_len)
{
    laz_ignore(laz_buf_add_u16le(b, 10)); /* the buffer remembers a refusal, here and below */
    laz_ignore(laz_buf_add_u16le(b, 0));
    laz_ignore(laz_buf_add_u16le(b, 0)); /* stored */
    laz_ignore(laz_buf_add_u32le(b, 0x21 << 16));
    laz_ignore(laz_buf_add_u32le(b, EICAR_CRC32));
    laz_ignore(laz_buf_add_u32le(b, EICAR_SIZE));
    laz_ignore(laz_buf_add_u32le(b, EICAR_SIZE));
    laz_ignore(laz_buf_add_u16le(b, (uint16_t)name_len));
    laz_ignore(laz_buf_add_u16le(b, 0));
}

/* Kept by APPNOTE 4.3: a local header, the bytes, the directory, its end. */
static void add_zip(struct laz_buf *b, const uint8_t *bytes)
{
    static const char name[] = "sample.com";
    size_t name_len = sizeof name - 1, dir_at;

    laz_ignore(laz_buf_add_u32le(b, 0x04034B50));
    add_zip_common(b, name_len);
    laz_ignore(laz_buf_add_text(b, name));
    laz_ignore(laz_buf_add(b, laz_view_from(bytes, EICAR_SIZE)));
    dir_at = b->len;
    laz_ignore(laz_buf_add_u32le(b, 0x02014B50));
    laz_ignore(laz_buf_add_u16le(b, 10));
    add_zip_common(b, name_len);
    for (int i = 0; i < 7; i++) /* comment, disk, attributes, offset of the local header */
        laz_ignore(laz_buf_add_u16le(b, 0));
    laz_ignore(laz_buf_add_text(b, name));
    laz_ignore(laz_buf_add_u32le(b, 0x06054B50));
    laz_ignore(laz_buf_add_u32le(b, 0));
    laz_ignore(laz_buf_add_u16le(b, 1));
    laz_ignore(laz_buf_add_u16le(b, 1));
    laz_ignore(laz_buf_add_u32le(b, (uint32_t)(46 + name_len)));
    laz_ignore(laz_buf_add_u32le(b, (uint32_t)dir_at));
    laz_ignore(laz_buf_add_u16le(b, 0));
}

static void take_sample(void *context, size_t sample, const struct laz_verdict *v)
{
    bool *found = context;

    found[sample] = v->kind == LAZ_MALICIOUS;
}

static enum laz_status scan_sample(struct scan *scan, size_t sample, struct laz_view bytes,
                                   struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int fd = memfd_create("sample", MFD_CLOEXEC);
    enum laz_status s;

    if (fd < 0)
        return laz_fail_errno(err, "content", "sample", "");
    s = laz_write_all(fd, bytes, err);
    return s == LAZ_OK ? laz_pool_submit(scan->pool, sample, fd, &scan->limits) : s;
}

enum laz_status laz_content_prove_samples(int db, struct laz_error *err)
{
    static const char *const names[] = {"EICAR's test file", "EICAR's test file in a zip"};
    LAZ_OWNED(laz_buf_drop) struct laz_buf zip = {0};
    bool found[2] = {false, false};
    uint8_t eicar[EICAR_SIZE];
    struct scan scan;
    enum laz_status s = open_scan(&scan, db, 1, take_sample, found, err);

    if (s != LAZ_OK)
        return s;
    make_eicar(eicar);
    laz_buf_init(&zip, 1024);
    add_zip(&zip, eicar);
    s = scan_sample(&scan, 0, laz_view_from(eicar, sizeof eicar), err);
    if (s == LAZ_OK)
        s = scan_sample(&scan, 1, laz_buf_view(&zip), err);
    if (s == LAZ_OK)
        s = drain(&scan, err);
    laz_pool_free(scan.pool);
    for (size_t i = 0; s == LAZ_OK && i < 2; i++)
        if (!found[i])
            s = laz_fail(err, LAZ_INVALID, "content", names[i], "is not found by the new database",
                         "the one in use stays; see which source changed");
    return s;
}

/* ---------------------------------------------------------------- speed */

static void take_nothing(void *context, size_t file, const struct laz_verdict *v)
{
}

/* What the pool's one worker has used; 0 when it cannot be told. */
static uint64_t worker_ns(const struct laz_pool *pool)
{
    struct timespec t;
    clockid_t clock;
    int pid = laz_pool_worker_pid(pool, 0);

    if (pid <= 0 || clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) != 0)
        return 0;
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* *ns is 0 when the measure is of no use. */
static enum laz_status measure(int db, const struct laz_content_clean_set *clean, uint64_t *ns,
                               uint64_t *bytes, struct laz_error *err)
{
    struct laz_pool_counters counters;
    struct scan scan;
    uint64_t start, end;
    enum laz_status s = open_scan(&scan, db, 1, take_nothing, NULL, err);

    if (s != LAZ_OK)
        return s;
    start = worker_ns(scan.pool);
    for (size_t i = 0; s == LAZ_OK && i < clean->count && i < SPEED_FILES; i++)
        if (scan.bytes < SPEED_BYTES_MAX)
            s = submit(&scan, clean->files[i].path, i, err);
    if (s == LAZ_OK)
        s = drain(&scan, err);
    end = worker_ns(scan.pool);
    laz_pool_counters_get(scan.pool, &counters);
    laz_pool_free(scan.pool);
    *bytes = scan.bytes;
    *ns = counters.workers_died + counters.workers_renewed > 0 || end <= start ? 0 : end - start;
    return s;
}

enum laz_status laz_content_prove_speed(const struct laz_content *c, int db,
                                        const struct laz_content_update *u,
                                        const struct laz_content_clean_set *clean,
                                        struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop)
    int old = openat(c->store.db_fd, LAZ_STORE_CURRENT, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    uint64_t old_ns, new_ns, bytes;
    char why[128];

    /* One that this version cannot open is no measure. */
    if (old < 0 || measure(old, clean, &old_ns, &bytes, NULL) != LAZ_OK || old_ns == 0)
        return LAZ_OK;
    if (measure(db, clean, &new_ns, &bytes, err) != LAZ_OK)
        return laz_fail(err, LAZ_INVALID, "content", "database", "stops its workers",
                        "the one in use stays");
    if (new_ns == 0 || new_ns / u->slower_max <= old_ns)
        return LAZ_OK;
    if (bytes * 1000 / (new_ns / 1000000 + 1) > u->fast_enough)
        return LAZ_OK;
    snprintf(why, sizeof why, "is %llu times slower than the one in use",
             (unsigned long long)(new_ns / (old_ns + 1)));
    return laz_fail(err, LAZ_INVALID, "content", "database", why,
                    "the one in use stays; see which source changed, or raise --slower-max");
}
