/* worker_serve.h - the worker's side: takes jobs from the channel and answers them. */
#ifndef LAZ_BOX_WORKER_SERVE_H
#define LAZ_BOX_WORKER_SERVE_H

#include "scan/scan.h"
#include "wire/scan_message.h"

struct laz_server {
    int channel;
    struct laz_database *db;     /* NULL: it only compares */
    struct laz_scanner *scanner; /* NULL when db is */
    struct laz_scan_hello_message hello;
};

/* Says hello and serves until the channel closes: LAZ_CLOSED. Anything else is a failure. */
LAZ_CHECKED enum laz_status laz_server_run(struct laz_server *server);
/* Tells the client why there will be no work. */
void laz_server_say_failed(const struct laz_server *server, const struct laz_error *why);

#endif
