#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/loop.h"

struct seen {
    struct laz_loop *loop;
    int fds[2];
    int order[8];
    size_t count;
    struct laz_timer timers[3];
};

static void note(struct seen *s, int what)
{
    if (s->count < sizeof s->order / sizeof *s->order)
        s->order[s->count++] = what;
}

static void on_read(void *context, unsigned events)
{
    struct seen *s = context;

    note(s, (int)events);
    laz_loop_stop(s->loop);
}

static void on_first(void *context)
{
    note(context, 1);
}

static void on_second(void *context)
{
    note(context, 2);
}

static void on_last(void *context)
{
    note(context, 3);
    laz_loop_stop(((struct seen *)context)->loop);
}

static void on_signal(void *context, int number)
{
    note(context, number);
    laz_loop_stop(((struct seen *)context)->loop);
}

static void a_ready_descriptor_is_told(void **state)
{
    struct seen s = {0};

    assert_int_equal(laz_loop_new(&s.loop, NULL), LAZ_OK);
    assert_int_equal(pipe2(s.fds, O_CLOEXEC), 0);
    assert_int_equal(laz_loop_add(s.loop, s.fds[0], LAZ_LOOP_READ, on_read, &s, NULL), LAZ_OK);
    assert_int_equal(write(s.fds[1], "x", 1), 1);
    laz_loop_run(s.loop);
    assert_int_equal(s.count, 1);
    assert_int_equal(s.order[0], LAZ_LOOP_READ);
    laz_loop_remove(s.loop, s.fds[0]);
    laz_loop_remove(s.loop, s.fds[0]); /* twice does no harm */
    close(s.fds[0]);
    close(s.fds[1]);
    laz_loop_drop(&s.loop);
}

static void the_end_of_the_other_side_is_told_unasked(void **state)
{
    struct seen s = {0};

    assert_int_equal(laz_loop_new(&s.loop, NULL), LAZ_OK);
    assert_int_equal(pipe2(s.fds, O_CLOEXEC), 0);
    assert_int_equal(laz_loop_add(s.loop, s.fds[0], LAZ_LOOP_READ, on_read, &s, NULL), LAZ_OK);
    close(s.fds[1]);
    laz_loop_run(s.loop);
    assert_true((s.order[0] & LAZ_LOOP_HANGUP) != 0);
    close(s.fds[0]);
    laz_loop_drop(&s.loop);
}

static void timers_fire_in_the_order_of_their_times_and_a_cancelled_one_never(void **state)
{
    struct seen s = {0};
    struct laz_timer cancelled = {.fn = on_last, .context = &s};
    int64_t start = laz_monotonic_ms();

    assert_int_equal(laz_loop_new(&s.loop, NULL), LAZ_OK);
    s.timers[0] = (struct laz_timer){.fn = on_first, .context = &s};
    s.timers[1] = (struct laz_timer){.fn = on_second, .context = &s};
    s.timers[2] = (struct laz_timer){.fn = on_last, .context = &s};
    laz_loop_after(s.loop, &s.timers[2], 30);
    laz_loop_after(s.loop, &cancelled, 1);
    laz_loop_after(s.loop, &s.timers[1], 20);
    laz_loop_after(s.loop, &s.timers[0], 1000);
    laz_loop_after(s.loop, &s.timers[0], 10); /* set again: the later word counts */
    laz_loop_cancel(s.loop, &cancelled);
    laz_loop_run(s.loop);
    assert_int_equal(s.count, 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(s.order[i], i + 1);
    assert_true(laz_monotonic_ms() - start >= 30);
    laz_loop_drop(&s.loop);
}

static void signals_come_through_the_loop(void **state)
{
    static const int signals[] = {SIGUSR1, SIGUSR2, 0};
    struct seen s = {0};

    assert_int_equal(laz_loop_new(&s.loop, NULL), LAZ_OK);
    assert_int_equal(laz_loop_signals(s.loop, signals, on_signal, &s, NULL), LAZ_OK);
    assert_int_equal(kill(getpid(), SIGUSR2), 0);
    laz_loop_run(s.loop);
    assert_int_equal(s.order[0], SIGUSR2);
    laz_loop_drop(&s.loop);
}

static void a_full_loop_refuses_one_more(void **state)
{
    struct seen s = {0};
    int fds[LAZ_LOOP_SOURCES_MAX + 1];

    assert_int_equal(laz_loop_new(&s.loop, NULL), LAZ_OK);
    assert_int_equal(pipe2(s.fds, O_CLOEXEC), 0);
    for (size_t i = 0; i <= LAZ_LOOP_SOURCES_MAX; i++) {
        fds[i] = dup(s.fds[0]);
        assert_true(fds[i] >= 0);
        assert_int_equal(laz_loop_add(s.loop, fds[i], LAZ_LOOP_READ, on_read, &s, NULL),
                         i < LAZ_LOOP_SOURCES_MAX ? LAZ_OK : LAZ_LIMIT);
    }
    for (size_t i = 0; i <= LAZ_LOOP_SOURCES_MAX; i++)
        close(fds[i]);
    close(s.fds[0]);
    close(s.fds[1]);
    laz_loop_drop(&s.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ready_descriptor_is_told),
        cmocka_unit_test(the_end_of_the_other_side_is_told_unasked),
        cmocka_unit_test(timers_fire_in_the_order_of_their_times_and_a_cancelled_one_never),
        cmocka_unit_test(signals_come_through_the_loop),
        cmocka_unit_test(a_full_loop_refuses_one_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
