/* console.h - the running console: what its parts are and who owns them. */
#ifndef LAZ_CONSOLE_CONSOLE_H
#define LAZ_CONSOLE_CONSOLE_H

#include "console/event_store.h"
#include "console/keys.h"
#include "console/live.h"
#include "console/login.h"
#include "console/presence.h"
#include "link/server.h"

struct event_base;
struct event;
struct laz_ingest;
struct laz_sync;

#define LAZ_NAMES_MAX 8

struct laz_console_config {
    struct laz_session_times times;
    struct laz_retention retention;
    char page_address[64], agent_address[64]; /* as they are listened on, with the port */
    const char *names[LAZ_NAMES_MAX];         /* of the console's certificate */
    size_t name_count;
};

struct laz_console {
    struct laz_console_config config;
    struct event_base *base;
    struct laz_db *db;
    struct laz_keys keys;
    struct laz_server *page, *agents;
    struct laz_live *live;
    struct laz_login *login;
    struct laz_presence *presence;
    struct laz_ingest *ingest;
    struct laz_sync *sync;
    struct event *often, *flush;
    int64_t started_ms, next_sweep_ms;
    uint64_t events_stored; /* since the start */
};

/* What the two servers need beside the sockets. The database is open and the keys are loaded. */
LAZ_CHECKED enum laz_status laz_console_start(struct laz_console *c, int page_fd, int agent_fd,
                                              struct laz_error *err);
void laz_console_stop(struct laz_console *c);

/* Changes have been committed: pages that are open learn of it. */
void laz_console_tell(struct laz_console *c, const struct laz_changes *changes);
/* Reports of endpoints wait: they are written soon, together. */
void laz_console_flush_soon(struct laz_console *c);

#endif
