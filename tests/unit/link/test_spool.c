#include "spool_place.h"

#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/number.h"

static void expect_lines(struct laz_spool_reader *reader, size_t count_max, const char *want)
{
    struct laz_spool_batch batch;

    laz_spool_batch_init(&batch);
    assert_int_equal(laz_spool_read(reader, 100000, count_max, &batch, NULL), LAZ_OK);
    assert_string_equal(laz_buf_text(&batch.lines), want);
    laz_spool_batch_drop(&batch);
}

static void what_is_synced_is_read_in_order(void **state)
{
    const char *dir = ((struct spool_place *)*state)->dir;
    struct laz_spool *spool = open_spool(dir, NULL);
    struct laz_spool_reader *reader = open_reader(dir);
    struct laz_spool_state st;

    assert_int_equal(append(spool, "{\"a\":1}", false), 1);
    assert_int_equal(append(spool, "{\"a\":2}", false), 2);
    expect_lines(reader, 10, "");
    assert_int_equal(laz_spool_sync(spool, NULL), LAZ_OK);
    expect_lines(reader, 10, "{\"a\":1}\n{\"a\":2}\n");
    expect_lines(reader, 1, "{\"a\":1}\n");
    assert_int_equal(append(spool, "{\"a\":3}", true), 3);
    expect_lines(reader, 10, "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n");
    laz_spool_state_get(spool, &st);
    assert_int_equal(laz_spool_ack(reader, st.epoch, 2, NULL), LAZ_OK);
    expect_lines(reader, 10, "{\"a\":3}\n");
    assert_int_equal(laz_spool_ack(reader, st.epoch, 3, NULL), LAZ_OK);
    expect_lines(reader, 10, "");
    laz_spool_reader_drop(&reader);
    laz_spool_drop(&spool);
}

static void an_acknowledgement_outlives_the_reader(void **state)
{
    const char *dir = ((struct spool_place *)*state)->dir;
    struct laz_spool *spool = open_spool(dir, NULL);
    struct laz_spool_reader *reader = open_reader(dir);
    struct laz_spool_state st;

    for (unsigned i = 0; i < 5; i++)
        append(spool, "{}", true);
    laz_spool_state_get(spool, &st);
    expect_lines(reader, 10, "{}\n{}\n{}\n{}\n{}\n");
    assert_int_equal(laz_spool_ack(reader, st.epoch, 4, NULL), LAZ_OK);
    laz_spool_reader_drop(&reader);
    reader = open_reader(dir);
    expect_lines(reader, 10, "{}\n");
    assert_int_equal(laz_spool_ack(reader, st.epoch, 2, NULL), LAZ_OK);
    expect_lines(reader, 10, "{}\n");
    laz_spool_reader_drop(&reader);
    laz_spool_drop(&spool);
}

static void an_acknowledgement_of_what_was_never_sent_is_refused(void **state)
{
    const char *dir = ((struct spool_place *)*state)->dir;
    struct laz_spool *spool = open_spool(dir, NULL);
    struct laz_spool_reader *reader = open_reader(dir);
    struct laz_spool_state st;

    append(spool, "{}", true);
    laz_spool_state_get(spool, &st);
    expect_lines(reader, 10, "{}\n");
    assert_int_equal(laz_spool_ack(reader, st.epoch + 1, 1, NULL), LAZ_INVALID);
    assert_int_equal(laz_spool_ack(reader, st.epoch, 2, NULL), LAZ_INVALID);
    assert_int_equal(laz_spool_ack(reader, 0, 1, NULL), LAZ_INVALID);
    expect_lines(reader, 10, "{}\n");
    laz_spool_reader_drop(&reader);
    laz_spool_drop(&spool);
}

static void each_opening_begins_a_new_epoch_and_keeps_the_old_events(void **state)
{
    const char *dir = ((struct spool_place *)*state)->dir;
    struct laz_spool *spool = open_spool(dir, NULL);
    struct laz_spool_reader *reader = open_reader(dir);
    struct laz_spool_state one, two;

    append(spool, "{\"old\":1}", true);
    append(spool, "{\"old\":2}", false);
    laz_spool_state_get(spool, &one);
    laz_spool_drop(&spool);
    spool = open_spool(dir, NULL);
    assert_int_equal(append(spool, "{\"new\":1}", true), 1);
    laz_spool_state_get(spool, &two);
    assert_int_not_equal(one.epoch, two.epoch);
    expect_lines(reader, 10, "{\"old\":1}\n{\"old\":2}\n");
    assert_int_equal(laz_spool_ack(reader, one.epoch, 2, NULL), LAZ_OK);
    expect_lines(reader, 10, "{\"new\":1}\n");
    assert_int_equal(laz_spool_sync(spool, NULL), LAZ_OK);
    assert_int_equal(count_files(dir), 1);
    assert_int_equal(laz_spool_ack(reader, two.epoch, 1, NULL), LAZ_OK);
    expect_lines(reader, 10, "");
    laz_spool_reader_drop(&reader);
    laz_spool_drop(&spool);
}

static void a_second_writer_is_refused(void **state)
{
    const char *dir = ((struct spool_place *)*state)->dir;
    struct laz_spool *spool = open_spool(dir, NULL), *other = NULL;
    struct laz_error err;

    assert_int_equal(laz_spool_open(dir, NULL, &other, &err), LAZ_BUSY);
    assert_non_null(strstr(err.why, "another agent"));
    assert_null(other);
    laz_spool_drop(&spool);
    spool = open_spool(dir, NULL);
    laz_spool_drop(&spool);
}

static void what_is_no_line_is_refused(void **state)
{
    const char *dir = ((struct spool_place *)*state)->dir;
    struct laz_spool *spool = open_spool(dir, NULL);
    uint8_t *large = malloc(LAZ_SPOOL_EVENT_MAX + 1);

    assert_non_null(large);
    memset(large, 'x', LAZ_SPOOL_EVENT_MAX + 1);
    assert_int_equal(laz_spool_append(spool, laz_view_of(""), true, NULL, NULL), LAZ_INVALID);
    assert_int_equal(laz_spool_append(spool, laz_view_of("a\nb"), true, NULL, NULL), LAZ_INVALID);
    assert_int_equal(laz_spool_append(spool, laz_view_of("a\xff"), true, NULL, NULL), LAZ_INVALID);
    assert_int_equal(
        laz_spool_append(spool, laz_view_from(large, LAZ_SPOOL_EVENT_MAX + 1), true, NULL, NULL),
        LAZ_INVALID);
    assert_int_equal(
        laz_spool_append(spool, laz_view_from(large, LAZ_SPOOL_EVENT_MAX), true, NULL, NULL),
        LAZ_OK);
    free(large);
    laz_spool_drop(&spool);
}

/* Reads all that is there, batch by batch; checks order and gaps; returns the number of events. */
static uint64_t drain(struct laz_spool_reader *reader, uint64_t *missing, unsigned *urgent)
{
    struct laz_spool_batch batch;
    uint64_t count = 0, last = 0, epoch = 0;

    laz_spool_batch_init(&batch);
    for (;;) {
        struct laz_view v, line;

        assert_int_equal(laz_spool_read(reader, 20000, 1000, &batch, NULL), LAZ_OK);
        if (batch.count == 0)
            break;
        if (batch.epoch != epoch)
            last = 0;
        epoch = batch.epoch;
        if (batch.gap_to != 0) {
            assert_int_equal(batch.gap_from, last + 1);
            assert_int_equal(batch.gap_to, batch.first - 1);
            *missing += batch.gap_to - batch.gap_from + 1;
        } else {
            assert_int_equal(batch.first, last + 1);
        }
        v = laz_buf_view(&batch.lines);
        for (uint64_t i = 0; i < batch.count; i++) {
            uint64_t seq;

            assert_true(laz_take_until(&v, '\n', &line));
            *urgent += line.data[0] == 'u';
            assert_true(laz_skip(&line, 1));
            line = laz_view_first(line, 10);
            assert_true(laz_parse_u64(line, UINT64_MAX, &seq));
            assert_int_equal(seq, batch.first + i);
        }
        assert_int_equal(v.len, 0);
        last = batch.first + batch.count - 1;
        count += batch.count;
        assert_int_equal(laz_spool_ack(reader, batch.epoch, last, NULL), LAZ_OK);
    }
    laz_spool_batch_drop(&batch);
    return count;
}

/* An event that holds its own number, so that a wrong one is noticed. */
static enum laz_status append_numbered(struct laz_spool *spool, uint64_t seq, bool urgent)
{
    char text[300];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    snprintf(text, 13, "%c%010" PRIu64, urgent ? 'u' : 'p', seq);
    text[11] = 'x';
    return laz_spool_append(spool, laz_view_of(text), urgent, NULL, NULL);
}

static void a_full_spool_gives_up_the_oldest_that_is_not_urgent_and_says_so(void **state)
{
    const char *dir = ((struct spool_place *)*state)->dir;
    struct laz_spool_limits limits = {1024 * KIB, 256 * KIB, 64 * KIB};
    struct laz_spool *spool = open_spool(dir, &limits);
    struct laz_spool_reader *reader = open_reader(dir);
    struct laz_spool_state st;
    struct laz_spool_loss loss;
    uint64_t missing = 0, count;
    unsigned urgent = 0;

    for (uint64_t i = 1; i <= 20000; i++)
        assert_int_equal(append_numbered(spool, i, i % 100 == 0), LAZ_OK);
    assert_int_equal(laz_spool_sync(spool, NULL), LAZ_OK);
    laz_spool_state_get(spool, &st);
    assert_true(st.bytes <= limits.bytes_max - limits.urgent_reserve);
    assert_true(laz_spool_take_loss(spool, &loss));
    assert_int_equal(loss.events, st.dropped);
    assert_false(laz_spool_take_loss(spool, &loss));
    count = drain(reader, &missing, &urgent);
    assert_int_equal(count + missing, 20000);
    assert_int_equal(missing, st.dropped);
    assert_int_equal(urgent, 200);
    assert_true(count > 2000);
    laz_spool_reader_drop(&reader);
    laz_spool_drop(&spool);
}

static void urgent_events_use_the_reserve_and_then_the_oldest_of_them_go(void **state)
{
    const char *dir = ((struct spool_place *)*state)->dir;
    struct laz_spool_limits limits = {512 * KIB, 128 * KIB, 64 * KIB};
    struct laz_spool *spool = open_spool(dir, &limits);
    struct laz_spool_reader *reader = open_reader(dir);
    struct laz_spool_state st;
    uint64_t missing = 0, count;
    unsigned urgent = 0;

    for (uint64_t i = 1; i <= 1300; i++)
        assert_int_equal(append_numbered(spool, i, true), LAZ_OK);
    assert_int_equal(append_numbered(spool, 0, false), LAZ_LIMIT);
    for (uint64_t i = 1301; i <= 3000; i++)
        assert_int_equal(append_numbered(spool, i, true), LAZ_OK);
    laz_spool_state_get(spool, &st);
    assert_true(st.bytes <= limits.bytes_max);
    count = drain(reader, &missing, &urgent);
    assert_int_equal(count + missing, 3000);
    assert_int_equal(missing + 1, st.dropped); /* the refused one has no number */
    assert_int_equal(urgent, count);
    assert_true(count > 1000);
    laz_spool_reader_drop(&reader);
    laz_spool_drop(&spool);
}

static void acknowledged_files_are_removed_and_the_spool_does_not_grow(void **state)
{
    const char *dir = ((struct spool_place *)*state)->dir;
    struct laz_spool_limits limits = {1024 * KIB, 0, 64 * KIB};
    struct laz_spool *spool = open_spool(dir, &limits);
    struct laz_spool_reader *reader = open_reader(dir);
    struct laz_spool_state st;
    unsigned urgent = 0;
    uint64_t missing = 0, count = 0;

    for (uint64_t i = 1; i <= 20000; i++) {
        assert_int_equal(append_numbered(spool, i, false), LAZ_OK);
        if (i % 500 != 0)
            continue;
        assert_int_equal(laz_spool_sync(spool, NULL), LAZ_OK);
        {
            struct laz_spool_batch batch;

            laz_spool_batch_init(&batch);
            do {
                assert_int_equal(laz_spool_read(reader, 100000, 1000, &batch, NULL), LAZ_OK);
                count += batch.count;
                if (batch.count > 0)
                    assert_int_equal(
                        laz_spool_ack(reader, batch.epoch, batch.first + batch.count - 1, NULL),
                        LAZ_OK);
            } while (batch.count > 0);
            laz_spool_batch_drop(&batch);
        }
    }
    assert_int_equal(count + drain(reader, &missing, &urgent), 20000);
    assert_int_equal(missing, 0);
    laz_spool_state_get(spool, &st);
    assert_int_equal(st.dropped, 0);
    assert_int_equal(laz_spool_sync(spool, NULL), LAZ_OK);
    assert_true(count_files(dir) <= 2);
    laz_spool_reader_drop(&reader);
    laz_spool_drop(&spool);
}

static void a_console_that_has_forgotten_gets_what_is_there_and_a_gap(void **state)
{
    const char *dir = ((struct spool_place *)*state)->dir;
    struct laz_spool *spool = open_spool(dir, NULL);
    struct laz_spool_reader *reader = open_reader(dir);
    struct laz_spool_batch batch;
    struct laz_spool_state st;

    for (uint64_t i = 1; i <= 10; i++)
        assert_int_equal(append_numbered(spool, i, true), LAZ_OK);
    laz_spool_state_get(spool, &st);
    laz_spool_batch_init(&batch);
    assert_int_equal(laz_spool_read(reader, 100000, 100, &batch, NULL), LAZ_OK);
    assert_int_equal(laz_spool_ack(reader, st.epoch, 8, NULL), LAZ_OK);
    laz_spool_seek(reader, st.epoch, 3);
    assert_int_equal(laz_spool_read(reader, 100000, 100, &batch, NULL), LAZ_OK);
    assert_int_equal(batch.first, 4);
    assert_int_equal(batch.count, 7);
    assert_int_equal(batch.gap_to, 0);
    laz_spool_skip(reader, st.epoch, 5);
    assert_int_equal(laz_spool_read(reader, 100000, 100, &batch, NULL), LAZ_OK);
    assert_int_equal(batch.first, 6);
    assert_int_equal(batch.gap_from, 4);
    assert_int_equal(batch.gap_to, 5);
    assert_int_equal(laz_spool_ack(reader, st.epoch, 10, NULL), LAZ_OK);
    assert_int_equal(laz_spool_read(reader, 100000, 100, &batch, NULL), LAZ_OK);
    assert_int_equal(batch.count, 0);
    laz_spool_batch_drop(&batch);
    laz_spool_reader_drop(&reader);
    laz_spool_drop(&spool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, remove_place)
        IN_PLACE(what_is_synced_is_read_in_order),
        IN_PLACE(an_acknowledgement_outlives_the_reader),
        IN_PLACE(an_acknowledgement_of_what_was_never_sent_is_refused),
        IN_PLACE(each_opening_begins_a_new_epoch_and_keeps_the_old_events),
        IN_PLACE(a_second_writer_is_refused),
        IN_PLACE(what_is_no_line_is_refused),
        IN_PLACE(a_full_spool_gives_up_the_oldest_that_is_not_urgent_and_says_so),
        IN_PLACE(urgent_events_use_the_reserve_and_then_the_oldest_of_them_go),
        IN_PLACE(acknowledged_files_are_removed_and_the_spool_does_not_grow),
        IN_PLACE(a_console_that_has_forgotten_gets_what_is_there_and_a_gap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
