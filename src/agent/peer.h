/* peer.h - one end of a channel between the agent's processes, on an event loop. Sending never
 * blocks. */
#ifndef LAZ_AGENT_PEER_H
#define LAZ_AGENT_PEER_H

#include "sys/loop.h"
#include "wire/agent_message.h"

#define LAZ_PEER_FDS_MAX 2

/* fds that fn wants to keep it replaces by -1; the rest is closed afterwards. */
typedef void laz_peer_fn(void *context, const struct laz_agent_message *m, int *fds,
                         size_t fd_count);
typedef void laz_peer_closed_fn(void *context);

struct laz_peer {
    int fd; /* -1: nobody is there */
    struct laz_loop *loop;
    laz_peer_fn *fn;
    laz_peer_closed_fn *closed; /* the peer is closed already when it is called */
    void *context;
};

/* A peer that is not there yet. */
void laz_peer_init(struct laz_peer *peer, struct laz_loop *loop, laz_peer_fn *fn,
                   laz_peer_closed_fn *closed, void *context);
/* Takes fd; an earlier one is closed without a word. */
LAZ_CHECKED enum laz_status laz_peer_open(struct laz_peer *peer, int fd, struct laz_error *err);
void laz_peer_close(struct laz_peer *peer);

/* LAZ_BUSY when the other side does not keep up, LAZ_CLOSED when nobody is there, LAZ_INVALID when
 * the message cannot be written. */
LAZ_CHECKED enum laz_status laz_peer_send(struct laz_peer *peer, const struct laz_agent_message *m,
                                          const int *fds, size_t fd_count);
/* Handles what waits now. */
void laz_peer_receive(struct laz_peer *peer);

/* The bytes of a message whose form is another than that of agent_message.h. */
LAZ_CHECKED enum laz_status laz_peer_send_bytes(struct laz_peer *peer, struct laz_view bytes,
                                                const int *fds, size_t fd_count);

#endif
