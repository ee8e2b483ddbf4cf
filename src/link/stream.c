#include "link/server_priv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define WAITING_MAX                                                                                \
    ((size_t)256 * 1024) /* a client that has more than this to read is too slow                   \
                          */
#define HEAD_MAX  ((size_t)4 * 1024)
#define EVENT_MAX ((size_t)64 * 1024)

static bool write_head(struct laz_request *r)
{
    static const struct laz_reply reply = {.status = 200, .content_type = "text/event-stream"};
    struct laz_buf head;
    bool ok;

    /* Without a length the body ends with the connection. */
    r->connection->keep_alive = false;
    laz_buf_init(&head, HEAD_MAX);
    ok = laz_reply_head(r, &head, &reply, -1) == LAZ_OK &&
         laz_buf_add_text(&head, "\r\n") == LAZ_OK &&
         bufferevent_write(r->connection->events, head.data, head.len) == 0;
    laz_buf_clear(&head);
    return ok;
}

struct laz_stream *laz_request_stream(struct laz_request *r, void (*on_close)(void *context),
                                      void *context)
{
    struct laz_connection *c = r->connection;
    struct laz_stream *stream = calloc(1, sizeof *stream);
    bool ok;

    LAZ_ASSERT(stream != NULL && c->request == r); /* 24 bytes */
    *stream = (struct laz_stream){c, on_close, context};
    c->state = LAZ_STREAMING;
    ok = write_head(r);
    c->request = NULL;
    c->stream = stream;
    laz_request_free(r);
    laz_connection_deadline(c, ok ? 0 : 1); /* memory ran out: it ends as soon as the loop runs */
    return stream;
}

static enum laz_status write_event(struct laz_stream *stream, const struct laz_buf *text)
{
    struct bufferevent *events = stream->connection->events;
    size_t waiting = evbuffer_get_length(bufferevent_get_output(events));

    if (waiting + text->len > WAITING_MAX || laz_buf_failed(text) != LAZ_OK ||
        bufferevent_write(events, text->data, text->len) != 0) {
        laz_connection_deadline(stream->connection, 1); /* not here: the caller is still in it */
        return LAZ_LIMIT;
    }
    return LAZ_OK;
}

enum laz_status laz_stream_send(struct laz_stream *stream, uint64_t id, const char *event,
                                struct laz_view data)
{
    struct laz_buf text;
    enum laz_status s;

    LAZ_ASSERT(laz_view_find_byte(data, '\n') == data.len);
    laz_buf_init(&text, EVENT_MAX);
    laz_buf_addf(&text, "id: %" PRIu64 "\n", id);
    if (event != NULL)
        laz_buf_addf(&text, "event: %s\n", event);
    laz_buf_add_text(&text, "data: ");
    laz_buf_add(&text, data);
    laz_buf_add_text(&text, "\n\n");
    s = write_event(stream, &text);
    laz_buf_clear(&text);
    return s;
}

void laz_stream_end(struct laz_stream *stream)
{
    struct laz_connection *c = stream->connection;

    c->stream = NULL;
    free(stream);
    laz_connection_finish(c);
}

/* A comment keeps the line and proxies awake, and finds out that a client is gone. */
void laz_stream_heartbeats(struct laz_server *server)
{
    static uint8_t beat[] = ": beat\n\n";
    struct laz_buf text = {.data = beat, .len = sizeof beat - 1};

    for (struct laz_connection *c = server->connections; c != NULL; c = c->next)
        if (c->state == LAZ_STREAMING)
            laz_ignore(write_event(c->stream, &text)); /* a slow one is ended by its deadline */
}
