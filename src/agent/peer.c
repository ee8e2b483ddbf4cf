#include "agent/peer.h"

#include "sys/channel.h"
#include "sys/fd.h"
#include "sys/log.h"

#define RECEIVE_AT_ONCE 64

void laz_peer_init(struct laz_peer *peer, struct laz_loop *loop, laz_peer_fn *fn,
                   laz_peer_closed_fn *closed, void *context)
{
    *peer =
        (struct laz_peer){.fd = -1, .loop = loop, .fn = fn, .closed = closed, .context = context};
}

static void on_ready(void *context, unsigned events)
{
    laz_peer_receive(context);
}

enum laz_status laz_peer_open(struct laz_peer *peer, int fd, struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int owned = fd;
    enum laz_status s;

    laz_peer_close(peer);
    if (laz_set_nonblocking(fd, true) != LAZ_OK)
        return laz_fail_errno(err, "channel", "", "");
    s = laz_loop_add(peer->loop, fd, LAZ_LOOP_READ, on_ready, peer, err);
    if (s == LAZ_OK)
        peer->fd = laz_move_fd(&owned);
    return s;
}

void laz_peer_close(struct laz_peer *peer)
{
    if (peer->fd >= 0)
        laz_loop_remove(peer->loop, peer->fd);
    laz_fd_drop(&peer->fd);
}

enum laz_status laz_peer_send_bytes(struct laz_peer *peer, struct laz_view bytes, const int *fds,
                                    size_t fd_count)
{
    return peer->fd < 0 ? LAZ_CLOSED : laz_channel_send(peer->fd, bytes, fds, fd_count);
}

enum laz_status laz_peer_send(struct laz_peer *peer, const struct laz_agent_message *m,
                              const int *fds, size_t fd_count)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf b = {0};
    enum laz_status s;

    laz_buf_init(&b, LAZ_AGENT_MESSAGE_MAX);
    s = laz_agent_message_write(m, &b);
    return s == LAZ_OK ? laz_peer_send_bytes(peer, laz_buf_view(&b), fds, fd_count) : s;
}

static void end(struct laz_peer *peer)
{
    laz_peer_close(peer);
    if (peer->closed != NULL)
        peer->closed(peer->context);
}

/* False when there is nothing more, or nobody. */
static bool receive_one(struct laz_peer *peer)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf b = {0};
    struct laz_agent_message m;
    int fds[LAZ_PEER_FDS_MAX];
    size_t fd_count = LAZ_PEER_FDS_MAX;
    enum laz_status s;

    laz_buf_init(&b, LAZ_AGENT_MESSAGE_MAX);
    s = laz_channel_receive(peer->fd, &b, fds, &fd_count);
    if (s == LAZ_BUSY)
        return false;
    if (s == LAZ_OK)
        s = laz_agent_message_read(laz_buf_view(&b), &m);
    else
        fd_count = 0;
    if (s != LAZ_OK) {
        if (s != LAZ_CLOSED)
            laz_log(LAZ_ERROR, "channel.broken", "status=%s", laz_status_name(s));
        end(peer);
    } else {
        peer->fn(peer->context, &m, fds, fd_count);
    }
    for (size_t i = 0; i < fd_count; i++)
        laz_fd_drop(&fds[i]);
    return s == LAZ_OK && peer->fd >= 0;
}

void laz_peer_receive(struct laz_peer *peer)
{
    for (unsigned i = 0; i < RECEIVE_AT_ONCE && peer->fd >= 0; i++)
        if (!receive_one(peer))
            return;
}
