#include "sys/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys/fd.h"

/* Room for more descriptors than anybody may send, so that a surplus is seen and closed. */
#define FDS_ROOM (LAZ_CHANNEL_FDS_MAX + 8)

union control {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(int) * FDS_ROOM)];
};

enum laz_status laz_channel_pair(int out[2], struct laz_error *err)
{
    int size = 1024 * 1024;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, out) != 0)
        return laz_fail_errno(err, "channel", "", "raise the limit of open files");
    for (int i = 0; i < 2; i++)
        laz_ignore(setsockopt(out[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof size)); /* a hint */
    return LAZ_OK;
}

static enum laz_status status_of_send(void)
{
    switch (errno) {
    case EAGAIN:
    case ENOBUFS:
        return LAZ_BUSY;
    case EPIPE:
    case ECONNRESET:
    case ENOTCONN:
        return LAZ_CLOSED;
    default:
        return LAZ_IO;
    }
}

enum laz_status laz_channel_send(int channel, struct laz_view message, const int *fds,
                                 size_t fd_count)
{
    union control control = {0};
    struct iovec iov = {(void *)(uintptr_t)message.data, message.len};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
    ssize_t n;

    LAZ_ASSERT(message.len > 0 && message.len <= LAZ_CHANNEL_MESSAGE_MAX);
    LAZ_ASSERT(fd_count <= LAZ_CHANNEL_FDS_MAX);
    if (fd_count > 0) {
        struct cmsghdr *c;

        msg.msg_control = control.bytes;
        msg.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
        c = CMSG_FIRSTHDR(&msg);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
        memcpy(CMSG_DATA(c), fds, sizeof(int) * fd_count);
    }
    do
        n = sendmsg(channel, &msg, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n < 0 ? status_of_send() : LAZ_OK;
}

static size_t take_fds(struct msghdr *msg, int *fds)
{
    size_t count = 0;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
        size_t n;

        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        LAZ_ASSERT(count + n <= FDS_ROOM);
        memcpy(fds + count, CMSG_DATA(c), n * sizeof(int));
        count += n;
    }
    return count;
}

static enum laz_status refuse_message(const int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int fd = fds[i];

        laz_fd_drop(&fd);
    }
    return LAZ_DAMAGED;
}

static enum laz_status receive_raw(int channel, struct msghdr *msg, size_t *len)
{
    ssize_t n;

    do
        n = recvmsg(channel, msg, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno == EAGAIN ? LAZ_BUSY : errno == ECONNRESET ? LAZ_CLOSED : LAZ_IO;
    *len = (size_t)n;
    return n == 0 ? LAZ_CLOSED : LAZ_OK;
}

enum laz_status laz_channel_receive(int channel, struct laz_buf *out, int *fds, size_t *fd_count)
{
    size_t room = out->max < LAZ_CHANNEL_MESSAGE_MAX ? out->max : LAZ_CHANNEL_MESSAGE_MAX;
    union control control = {0};
    int all[FDS_ROOM];
    struct iovec iov;
    struct msghdr msg = {.msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = control.bytes,
                         .msg_controllen = sizeof control.bytes};
    uint8_t *bytes;
    size_t len, count;
    enum laz_status s;

    laz_buf_reset(out);
    s = laz_buf_extend(out, room, &bytes);
    if (s != LAZ_OK)
        return s;
    iov = (struct iovec){bytes, room};
    s = receive_raw(channel, &msg, &len);
    out->len = 0; /* not reset: that would end the text before the first byte */
    count = s == LAZ_OK || s == LAZ_CLOSED ? take_fds(&msg, all) : 0;
    if (s != LAZ_OK) {
        laz_buf_reset(out);
        laz_ignore(refuse_message(all, count)); /* s says more */
        return s;
    }
    if ((msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 || count > *fd_count) {
        laz_buf_reset(out);
        return refuse_message(all, count);
    }
    if (count > 0)
        memcpy(fds, all, count * sizeof(int));
    *fd_count = count;
    out->len = len;
    out->data[len] = 0;
    return LAZ_OK;
}

enum laz_status laz_set_nonblocking(int fd, bool on)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0)
        return LAZ_IO;
    flags = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
    return fcntl(fd, F_SETFL, flags) == 0 ? LAZ_OK : LAZ_IO;
}
