#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "sys/channel.h"
#include "sys/fd.h"
#include "torture.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static int open_pair(void **state)
{
    int *ends = calloc(2, sizeof *ends);
    struct laz_error err;

    if (ends == NULL || laz_channel_pair(ends, &err) != LAZ_OK)
        return -1;
    *state = ends;
    return 0;
}

static int close_pair(void **state)
{
    int *ends = *state;

    laz_fd_drop(&ends[0]);
    laz_fd_drop(&ends[1]);
    free(ends);
    return 0;
}

static enum laz_status receive(int channel, size_t max, struct laz_buf *out, int *fds, size_t *room)
{
    laz_buf_init(out, max);
    return laz_channel_receive(channel, out, fds, room);
}

static int count_open_fds(void)
{
    int count = 0;

    for (int fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static void a_message_arrives_whole_and_alone(void **state)
{
    static const size_t sizes[] = {1, 2, 1000, 65536, LAZ_CHANNEL_MESSAGE_MAX};
    int *ends = *state;
    uint8_t *bytes = calloc(1, LAZ_CHANNEL_MESSAGE_MAX);

    assert_non_null(bytes);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct laz_buf b;
        size_t room = 0;

        bytes[sizes[i] - 1] = (uint8_t)(i + 1);
        assert_int_equal(laz_channel_send(ends[0], laz_view_from(bytes, sizes[i]), NULL, 0),
                         LAZ_OK);
        assert_int_equal(laz_channel_send(ends[0], laz_view_of("next"), NULL, 0), LAZ_OK);
        assert_int_equal(receive(ends[1], LAZ_CHANNEL_MESSAGE_MAX, &b, NULL, &room), LAZ_OK);
        assert_int_equal(b.len, sizes[i]);
        assert_int_equal(b.data[b.len - 1], i + 1);
        assert_int_equal(b.data[b.len], 0);
        assert_int_equal(laz_channel_receive(ends[1], &b, NULL, &room), LAZ_OK);
        assert_string_equal(laz_buf_text(&b), "next");
        laz_buf_clear(&b);
    }
    free(bytes);
}

static void a_message_larger_than_the_room_is_refused(void **state)
{
    int *ends = *state;
    struct laz_buf b;
    size_t room = 0;

    assert_int_equal(laz_channel_send(ends[0], laz_view_of("12345"), NULL, 0), LAZ_OK);
    assert_int_equal(receive(ends[1], 4, &b, NULL, &room), LAZ_DAMAGED);
    laz_buf_clear(&b);
    assert_int_equal(laz_channel_send(ends[0], laz_view_of("1234"), NULL, 0), LAZ_OK);
    assert_int_equal(receive(ends[1], 4, &b, NULL, &room), LAZ_OK);
    assert_string_equal(laz_buf_text(&b), "1234");
    laz_buf_clear(&b);
}

static void descriptors_travel_with_their_message(void **state)
{
    int *ends = *state, sent[LAZ_CHANNEL_FDS_MAX], got[LAZ_CHANNEL_FDS_MAX], pipe_ends[2];
    size_t room = LAZ_CHANNEL_FDS_MAX;
    struct laz_buf b;

    assert_int_equal(pipe2(pipe_ends, O_CLOEXEC), 0);
    for (size_t i = 0; i < LAZ_CHANNEL_FDS_MAX; i++)
        sent[i] = pipe_ends[1];
    assert_int_equal(laz_channel_send(ends[0], laz_view_of("take"), sent, LAZ_CHANNEL_FDS_MAX),
                     LAZ_OK);
    assert_int_equal(receive(ends[1], 100, &b, got, &room), LAZ_OK);
    laz_buf_clear(&b);
    assert_int_equal(room, LAZ_CHANNEL_FDS_MAX);
    for (size_t i = 0; i < room; i++) {
        char c = 0;

        assert_true((fcntl(got[i], F_GETFD) & FD_CLOEXEC) != 0);
        assert_int_equal(write(got[i], "x", 1), 1);
        assert_int_equal(read(pipe_ends[0], &c, 1), 1);
        assert_int_equal(c, 'x');
        laz_fd_drop(&got[i]);
    }
    laz_fd_drop(&pipe_ends[0]);
    laz_fd_drop(&pipe_ends[1]);
}

static void more_descriptors_than_room_are_refused_and_closed(void **state)
{
    int *ends = *state, sent[2] = {STDIN_FILENO, STDIN_FILENO}, got[1];
    size_t room = 1;
    struct laz_buf b;
    int before = count_open_fds();

    assert_int_equal(laz_channel_send(ends[0], laz_view_of("x"), sent, 2), LAZ_OK);
    assert_int_equal(receive(ends[1], 100, &b, got, &room), LAZ_DAMAGED);
    laz_buf_clear(&b);
    assert_int_equal(room, 1);
    assert_int_equal(count_open_fds(), before);
}

/* Past the room of the receiver's own control buffer the kernel cuts, and says so. */
static void a_flood_of_descriptors_is_refused_and_closed(void **state)
{
    enum { FLOOD = 60 };
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int) * FLOOD)];
    } control = {0};
    int *ends = *state, fds[FLOOD] = {0}, got[LAZ_CHANNEL_FDS_MAX], before = count_open_fds();
    struct iovec iov = {(void *)(uintptr_t) "x", 1};
    struct msghdr msg = {.msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = control.bytes,
                         .msg_controllen = sizeof control.bytes};
    size_t room = LAZ_CHANNEL_FDS_MAX;
    struct laz_buf b;

    control.align = (struct cmsghdr){CMSG_LEN(sizeof fds), SOL_SOCKET, SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.align), fds, sizeof fds);
    assert_int_equal(sendmsg(ends[0], &msg, 0), 1);
    assert_int_equal(receive(ends[1], 100, &b, got, &room), LAZ_DAMAGED);
    laz_buf_clear(&b);
    assert_int_equal(count_open_fds(), before);
}

static void the_end_is_told_to_both_sides(void **state)
{
    int *ends = *state;
    struct laz_buf b;
    size_t room = 0;

    assert_int_equal(laz_channel_send(ends[0], laz_view_of("last"), NULL, 0), LAZ_OK);
    laz_fd_drop(&ends[0]);
    assert_int_equal(receive(ends[1], 100, &b, NULL, &room), LAZ_OK);
    assert_string_equal(laz_buf_text(&b), "last");
    assert_int_equal(laz_channel_receive(ends[1], &b, NULL, &room), LAZ_CLOSED);
    assert_int_equal(laz_channel_send(ends[1], laz_view_of("x"), NULL, 0), LAZ_CLOSED);
    laz_buf_clear(&b);
}

static void a_full_or_empty_channel_is_busy_when_it_may_not_wait(void **state)
{
    int *ends = *state;
    enum laz_status s = LAZ_OK;
    struct laz_buf b;
    size_t room = 0, sent = 0;

    assert_int_equal(laz_set_nonblocking(ends[0], true), LAZ_OK);
    assert_int_equal(laz_set_nonblocking(ends[1], true), LAZ_OK);
    assert_int_equal(receive(ends[1], 100, &b, NULL, &room), LAZ_BUSY);
    while (s == LAZ_OK && sent < 1000000) {
        s = laz_channel_send(ends[0], laz_view_of("x"), NULL, 0);
        sent += s == LAZ_OK;
    }
    assert_int_equal(s, LAZ_BUSY);
    while (laz_channel_receive(ends[1], &b, NULL, &room) == LAZ_OK)
        sent--;
    assert_int_equal(sent, 0); /* what was accepted arrived */
    assert_int_equal(laz_channel_send(ends[0], laz_view_of("x"), NULL, 0), LAZ_OK);
    assert_int_equal(laz_set_nonblocking(ends[1], false), LAZ_OK);
    assert_int_equal(laz_channel_receive(ends[1], &b, NULL, &room), LAZ_OK);
    laz_buf_clear(&b);
    assert_int_equal(laz_set_nonblocking(-1, true), LAZ_IO);
}

static void no_memory_leaves_the_message_for_later(void **state)
{
    int *ends = *state;

    TORTURE({
        struct laz_buf b;
        size_t room = 0;
        enum laz_status s;

        assert_int_equal(laz_channel_send(ends[0], laz_view_of("x"), NULL, 0), LAZ_OK);
        s = receive(ends[1], 100, &b, NULL, &room);
        if (s != LAZ_OK) {
            assert_int_equal(s, LAZ_NOMEM);
            assert_int_equal(recv(ends[1], (char[1]){0}, 1, MSG_DONTWAIT), 1);
        }
        laz_buf_clear(&b);
    });
}

#define WITH_PAIR(test) cmocka_unit_test_setup_teardown(test, open_pair, close_pair)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_PAIR(a_message_arrives_whole_and_alone),
        WITH_PAIR(a_message_larger_than_the_room_is_refused),
        WITH_PAIR(descriptors_travel_with_their_message),
        WITH_PAIR(more_descriptors_than_room_are_refused_and_closed),
        WITH_PAIR(a_flood_of_descriptors_is_refused_and_closed),
        WITH_PAIR(the_end_is_told_to_both_sides),
        WITH_PAIR(a_full_or_empty_channel_is_busy_when_it_may_not_wait),
        WITH_PAIR(no_memory_leaves_the_message_for_later),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
