#include "console/live.h"

#include <stdlib.h>
#include <string.h>

struct listener {
    struct laz_live *live;
    struct listener *next, **link;
    struct laz_stream *stream;
    struct laz_scope scope;
    uint8_t session[LAZ_SESSION_DIGEST_SIZE];
};

struct laz_live {
    struct listener *first; /* the newest */
    size_t count;
    uint64_t next_id;
};

struct laz_live *laz_live_new(void)
{
    struct laz_live *live = calloc(1, sizeof *live);

    if (live != NULL)
        live->next_id = 1;
    return live;
}

static void forget(struct listener *l)
{
    *l->link = l->next;
    if (l->next != NULL)
        l->next->link = l->link;
    l->live->count--;
    free(l);
}

static void on_close(void *context)
{
    forget(context);
}

static void end(struct listener *l)
{
    laz_stream_end(l->stream);
    forget(l);
}

void laz_live_drop(struct laz_live **live)
{
    if (*live == NULL)
        return;
    while ((*live)->first != NULL)
        end((*live)->first);
    free(*live);
    *live = NULL;
}

/* The oldest stream of this session, when it has as many as it may. */
static struct listener *find_surplus(struct laz_live *live, const struct laz_session *session)
{
    struct listener *oldest = NULL;
    size_t count = 0;

    for (struct listener *l = live->first; l != NULL; l = l->next) {
        if (memcmp(l->session, session->digest, sizeof l->session) != 0)
            continue;
        oldest = l;
        count++;
    }
    return count >= LAZ_LIVE_SESSION_MAX ? oldest : NULL;
}

static void add(struct laz_live *live, struct listener *l)
{
    l->live = live;
    l->next = live->first;
    l->link = &live->first;
    if (l->next != NULL)
        l->next->link = &l->next;
    live->first = l;
    live->count++;
}

void laz_live_join(struct laz_live *live, struct laz_request *request,
                   const struct laz_session *session)
{
    struct listener *surplus = find_surplus(live, session);
    struct listener *l;

    if (surplus != NULL)
        end(surplus);
    if (live->count >= LAZ_LIVE_MAX || (l = calloc(1, sizeof *l)) == NULL) {
        laz_request_reply_error(request, 503, "live.full", NULL);
        return;
    }
    l->scope = session->account.scope;
    memcpy(l->session, session->digest, sizeof l->session);
    add(live, l);
    l->stream = laz_request_stream(request, on_close, l);
}

void laz_live_put_change(struct laz_json_out *o, enum laz_change_kind kind, int64_t id)
{
    static const char *const names[] = {
        [LAZ_CHANGED_EVENT] = "event",
        [LAZ_CHANGED_INCIDENT] = "incident",
        [LAZ_CHANGED_ENDPOINT] = "endpoint",
        [LAZ_CHANGED_QUARANTINE] = "quarantine",
    };

    laz_out_object(o);
    laz_out_text_of(o, "kind", names[kind]);
    laz_out_name(o, "id");
    if (id == 0)
        laz_out_null(o);
    else
        laz_out_id(o, id);
    laz_out_object_end(o);
}

static void tell_all(struct laz_live *live, int64_t organisation_id, struct laz_view data)
{
    struct listener *next;

    for (struct listener *l = live->first; l != NULL; l = next) {
        next = l->next;
        if (organisation_id != LAZ_ALL_ORGANISATIONS && l->scope.organisation_id != organisation_id)
            continue;
        /* One that cannot follow is closed by the server, which then calls on_close. */
        laz_ignore(laz_stream_send(l->stream, live->next_id, "change", data));
    }
    live->next_id++;
}

void laz_live_tell(struct laz_live *live, const struct laz_changes *changes)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf data = {0};

    laz_buf_init(&data, 256);
    for (size_t i = 0; i < changes->count; i++) {
        struct laz_json_out out = {&data, false};

        laz_buf_reset(&data);
        laz_live_put_change(&out, changes->items[i].kind, changes->items[i].id);
        if (laz_buf_failed(&data) == LAZ_OK)
            tell_all(live, changes->items[i].organisation_id, laz_buf_view(&data));
    }
}

void laz_live_sweep(struct laz_live *live, struct laz_db *db)
{
    struct listener *next;

    for (struct listener *l = live->first; l != NULL; l = next) {
        bool stands = true;

        next = l->next;
        if (laz_session_stands(db, l->scope, laz_view_from(l->session, sizeof l->session), &stands,
                               NULL) == LAZ_OK &&
            !stands)
            end(l);
    }
}

size_t laz_live_count(const struct laz_live *live)
{
    return live->count;
}
