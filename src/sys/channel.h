/* channel.h - messages with descriptors between our processes, over a SOCK_SEQPACKET pair: a
 * message arrives whole or not at all. */
#ifndef LAZ_SYS_CHANNEL_H
#define LAZ_SYS_CHANNEL_H

#include "base/buf.h"
#include "base/status.h"

#define LAZ_CHANNEL_FDS_MAX     8
#define LAZ_CHANNEL_MESSAGE_MAX ((size_t)128 * 1024)

/* Two connected ends, both close-on-exec. */
LAZ_CHECKED enum laz_status laz_channel_pair(int out[2], struct laz_error *err);

/* Sends message (1 to LAZ_CHANNEL_MESSAGE_MAX bytes) with fd_count descriptors, which stay the
 * caller's. LAZ_BUSY when a non-blocking channel is full, LAZ_CLOSED when the other side is gone.
 */
LAZ_CHECKED enum laz_status laz_channel_send(int channel, struct laz_view message, const int *fds,
                                             size_t fd_count);

/* Receives one message into out (reset first; its max bounds the message). *fd_count is the room in
 * fds on entry and the number received on return; they are the caller's, close-on-exec. A message
 * that is cut, or brings more descriptors than there is room for, is LAZ_DAMAGED and what came is
 * closed. LAZ_BUSY when a non-blocking channel is empty, LAZ_CLOSED at the end. */
LAZ_CHECKED enum laz_status laz_channel_receive(int channel, struct laz_buf *out, int *fds,
                                                size_t *fd_count);

LAZ_CHECKED enum laz_status laz_set_nonblocking(int fd, bool on);

#endif
