/* What a disk may do to a spool: cut it anywhere, change any bit, refuse any call. */
#include "spool_place.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "base/number.h"
#include "store/spool_segment.h"

#define EVENTS 12

/* ------------------------------------------------------------------ refused calls */

/* The linker puts these in front of the system's. The call whose turn it is fails. */
static struct {
    int calls, fail_at, fail_count; /* 0: none */
    int error;
} fault;

ssize_t __real_pwrite64(int fd, const void *data, size_t len, off_t offset);
ssize_t __wrap_pwrite64(int fd, const void *data, size_t len, off_t offset);
int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);
int __real_fsync(int fd);
int __wrap_fsync(int fd);

static bool is_faulty(void)
{
    fault.calls++;
    if (fault.fail_at == 0 || fault.calls < fault.fail_at ||
        fault.calls >= fault.fail_at + fault.fail_count)
        return false;
    errno = fault.error;
    return true;
}

ssize_t __wrap_pwrite64(int fd, const void *data, size_t len, off_t offset)
{
    if (!is_faulty())
        return __real_pwrite64(fd, data, len, offset);
    if (fault.error != ENOSPC || len < 2)
        return -1;
    laz_ignore(__real_pwrite64(fd, data, len / 2, offset) < 0); /* half of it is there */
    errno = fault.error;
    return -1;
}

int __wrap_fdatasync(int fd)
{
    return is_faulty() ? -1 : __real_fdatasync(fd);
}

int __wrap_fsync(int fd)
{
    return is_faulty() ? -1 : __real_fsync(fd);
}

static void text_of(unsigned number, char out[64])
{
    snprintf(out, 64, "{\"n\":%u,\"pad\":\"%.*s\"}", number, (int)(number * 7 % 23),
             "abcdefghijklmnopqrstuvwxyz");
}

/* The events in the spool, which must be 1, 2, 3 … of what was appended. Returns how many. */
static unsigned count_right_events(const char *dir)
{
    struct laz_spool_reader *reader = open_reader(dir);
    struct laz_spool_batch batch;
    unsigned count = 0;

    laz_spool_batch_init(&batch);
    for (;;) {
        struct laz_view v, line;

        assert_int_equal(laz_spool_read(reader, 100000, 100, &batch, NULL), LAZ_OK);
        if (batch.count == 0)
            break;
        assert_int_equal(batch.first, count + 1);
        v = laz_buf_view(&batch.lines);
        while (laz_take_until(&v, '\n', &line)) {
            char want[64];

            text_of(++count, want);
            assert_true(laz_view_equal_text(line, want));
        }
        laz_spool_skip(reader, batch.epoch, count); /* nothing is acknowledged, so nothing goes */
    }
    laz_spool_batch_drop(&batch);
    laz_spool_reader_drop(&reader);
    return count;
}

/* A spool of EVENTS events; its only segment's bytes and name. */
static void make_spool(const char *dir, struct laz_buf *bytes, char name[64])
{
    struct laz_spool *spool = open_spool(dir, NULL);
    DIR *folder = opendir(dir);
    char path[512], text[64];

    for (unsigned i = 1; i <= EVENTS; i++) {
        text_of(i, text);
        append(spool, text, i % 3 == 0);
    }
    laz_spool_drop(&spool);
    assert_int_equal(count_files(dir), 1);
    for (struct dirent *e = readdir(folder); e != NULL; e = readdir(folder))
        if (laz_view_ends_text(laz_view_of(e->d_name), ".seg"))
            snprintf(name, 64, "%.60s", e->d_name);
    closedir(folder);
    snprintf(path, sizeof path, "%s/%s", dir, name);
    assert_int_equal(laz_read_file(path, bytes, NULL), LAZ_OK);
}

static void put_file(const char *dir, const char *name, struct laz_view v)
{
    char path[512];
    int fd;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(laz_write_all(fd, v, NULL), LAZ_OK);
    close(fd);
}

/* The reader alone, and then the writer's recovery, on a spool whose segment is v. */
static unsigned events_of_damaged(const char *dir, const char *name, struct laz_view v,
                                  struct laz_spool_loss *loss)
{
    struct laz_spool *spool;
    unsigned before, after;

    put_file(dir, name, v);
    before = count_right_events(dir);
    spool = open_spool(dir, NULL);
    *loss = (struct laz_spool_loss){0, 0};
    laz_ignore(laz_spool_take_loss(spool, loss)); /* the caller looks at it */
    after = count_right_events(dir);
    assert_int_equal(before, after);
    laz_spool_drop(&spool);
    return after;
}

static void a_segment_cut_at_any_byte_gives_the_events_before_the_cut(void **state)
{
    const char *dir = ((struct spool_place *)*state)->dir;
    struct laz_buf bytes;
    struct laz_spool_loss loss;
    unsigned last = 0;
    char name[64];

    laz_buf_init(&bytes, 1024 * 1024);
    make_spool(dir, &bytes, name);
    for (size_t cut = 0; cut <= bytes.len; cut++) {
        unsigned n = events_of_damaged(dir, name, laz_view_first(laz_buf_view(&bytes), cut), &loss);

        assert_true(n == last || n == last + 1);
        assert_int_equal(loss.events, 0);
        last = n;
    }
    assert_int_equal(last, EVENTS);
    assert_int_equal(loss.bytes, 0);
    laz_buf_clear(&bytes);
}

static void a_changed_bit_anywhere_never_gives_a_wrong_event(void **state)
{
    const char *dir = ((struct spool_place *)*state)->dir;
    struct laz_buf bytes;
    unsigned survivors = 0;
    char name[64];

    laz_buf_init(&bytes, 1024 * 1024);
    make_spool(dir, &bytes, name);
    for (size_t bit = 0; bit < 8 * bytes.len; bit++) {
        struct laz_spool_loss loss;
        unsigned n;

        bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        n = events_of_damaged(dir, name, laz_buf_view(&bytes), &loss);
        bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_true(n < EVENTS);
        assert_true(loss.bytes > 0);
        survivors += n;
    }
    assert_true(survivors > 0);
    laz_buf_clear(&bytes);
}

static void damaged_marks_and_acknowledgements_only_repeat_work(void **state)
{
    const char *dir = ((struct spool_place *)*state)->dir;
    struct laz_spool *spool = open_spool(dir, NULL);
    struct laz_spool_point point = {1, UINT64_MAX};
    struct laz_buf b;

    append(spool, "{\"n\":1,\"pad\":\"abcdefg\"}", true);
    assert_int_equal(count_right_events(dir), 1);
    put_file(dir, "ack", laz_view_of("rubbish that is longer than a point"));
    assert_int_equal(count_right_events(dir), 1);
    laz_buf_init(&b, 64);
    assert_int_equal(laz_spool_point_add(&b, &point), LAZ_OK);
    put_file(dir, "ack", laz_buf_view(&b)); /* of an epoch that never was */
    assert_int_equal(laz_spool_sync(spool, NULL), LAZ_OK);
    assert_int_equal(count_right_events(dir), 1);
    laz_buf_clear(&b);
    laz_spool_drop(&spool);
}

/* Appends while calls fail, then lets them work. Returns how many were said to be durable before.
 */
static unsigned append_through(struct laz_spool *spool, bool *refused)
{
    unsigned durable = 0;
    char text[64];

    *refused = false;
    for (unsigned i = 1; i <= EVENTS; i++) {
        bool urgent = i % 3 == 0;
        enum laz_status s;

        text_of(i, text);
        s = laz_spool_append(spool, laz_view_of(text), urgent, NULL, NULL);
        assert_true(s == LAZ_OK || (urgent && s == LAZ_IO));
        *refused = *refused || s != LAZ_OK;
        if (s == LAZ_OK && urgent)
            durable = i;
        if (i % 4 == 0) {
            s = laz_spool_sync(spool, NULL);
            *refused = *refused || s != LAZ_OK;
            if (s == LAZ_OK)
                durable = i;
        }
    }
    return durable;
}

static void every_call_may_fail_once_or_for_long_and_nothing_durable_is_lost(void **state)
{
    static const int errors[] = {ENOSPC, EIO};
    static const int lengths[] = {1, 2, 1000000};
    const char *dir = ((struct spool_place *)*state)->dir;
    unsigned refusals = 0, runs = 0;

    for (unsigned k = 0; k < 6; k++) {
        for (int n = 1;; n++) {
            struct laz_spool *spool = open_spool(dir, NULL);
            bool refused;

            fault.calls = 0;
            fault.fail_at = n;
            fault.fail_count = lengths[k % 3];
            fault.error = errors[k / 3];
            laz_ignore(append_through(spool, &refused) == 0); /* the next test asks what lasts */
            refusals += refused;
            runs++;
            /* Space is back. */
            if (fault.calls < fault.fail_at)
                n = 0;
            fault.fail_at = 0;
            assert_int_equal(laz_spool_sync(spool, NULL), LAZ_OK);
            assert_int_equal(count_right_events(dir), EVENTS);
            laz_spool_drop(&spool);
            empty_folder(dir);
            if (n == 0)
                break;
        }
    }
    assert_true(runs > 60);
    assert_true(refusals > 30);
}

/* The same, but the process is killed instead of getting its space back. */
static void after_a_failed_call_and_a_kill_nothing_durable_is_lost(void **state)
{
    const char *dir = ((struct spool_place *)*state)->dir;

    for (int n = 1; n <= 40; n++) {
        struct laz_spool *spool;
        int status = 0;
        pid_t child = fork();

        if (child == 0) {
            bool refused;

            spool = open_spool(dir, NULL);
            fault.calls = 0;
            fault.fail_at = n;
            fault.fail_count = n % 3 + 1;
            fault.error = n % 2 == 0 ? EIO : ENOSPC;
            _exit((int)append_through(spool, &refused));
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        spool = open_spool(dir, NULL);
        assert_true(count_right_events(dir) >= (unsigned)WEXITSTATUS(status));
        laz_spool_drop(&spool);
        empty_folder(dir);
    }
}

static void a_disk_that_stays_full_is_said_when_memory_is_used_up(void **state)
{
    const char *dir = ((struct spool_place *)*state)->dir;
    struct laz_spool *spool = open_spool(dir, NULL);
    struct laz_spool_loss loss;
    enum laz_status s = LAZ_OK;
    char text[1000];
    unsigned taken = 0;

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    fault.calls = 0;
    fault.fail_at = 1;
    fault.fail_count = 1000000000;
    fault.error = ENOSPC;
    for (unsigned i = 0; i < 3000 && s != LAZ_LIMIT; i++) {
        s = laz_spool_append(spool, laz_view_of(text), false, NULL, NULL);
        taken += s == LAZ_OK;
    }
    assert_int_equal(s, LAZ_LIMIT);
    assert_in_range(taken, 500, 1100);
    assert_true(laz_spool_take_loss(spool, &loss));
    assert_int_equal(loss.events, 1);
    fault.fail_at = 0;
    assert_int_equal(laz_spool_append(spool, laz_view_of(text), true, NULL, NULL), LAZ_OK);
    {
        struct laz_spool_state st;

        laz_spool_state_get(spool, &st);
        assert_int_equal(st.durable_seq, taken + 1);
    }
    laz_spool_drop(&spool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, remove_place)
        IN_PLACE(a_segment_cut_at_any_byte_gives_the_events_before_the_cut),
        IN_PLACE(a_changed_bit_anywhere_never_gives_a_wrong_event),
        IN_PLACE(damaged_marks_and_acknowledgements_only_repeat_work),
        IN_PLACE(every_call_may_fail_once_or_for_long_and_nothing_durable_is_lost),
        IN_PLACE(after_a_failed_call_and_a_kill_nothing_durable_is_lost),
        IN_PLACE(a_disk_that_stays_full_is_said_when_memory_is_used_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
