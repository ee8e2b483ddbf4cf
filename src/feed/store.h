/* store.h - where content waits and where databases stand, below an installation's data folder:
 *
 *     content/sources.conf   the registry
 *     content/ID/part        half a download
 *     content/ID/content     what came last
 *     content/ID/good        what stands in the database
 *     db/current.lzdb        the database; previous.lzdb and older.lzdb: the ones before it
 *
 * A name changes hands by one rename, so that a machine that stops has the old or the new. */
#ifndef LAZ_FEED_STORE_H
#define LAZ_FEED_STORE_H

#include <stdio.h>

#include "base/status.h"

#define LAZ_STORE_PATH_SIZE 4096
#define LAZ_STORE_CURRENT   "current.lzdb"
#define LAZ_STORE_PREVIOUS  "previous.lzdb"
#define LAZ_STORE_OLDER     "older.lzdb"
#define LAZ_STORE_NEXT      "next.lzdb"

/* How the sources are, in few words of JSON, beside the database. */
#define LAZ_FEED_STATE        "sources.json"
#define LAZ_FEED_STATE_MAX    ((size_t)16 * 1024)
#define LAZ_FEED_STATE_LISTED 16 /* sources that it says more of */

struct laz_feed_store {
    int content_fd, db_fd, lock_fd; /* directories; lock_fd: -1 when it is only read */
    char db_path[LAZ_STORE_PATH_SIZE];
};

/* Opens the folders below data and makes them when they are missing. With exclusive, nobody else
 * changes them meanwhile: LAZ_BUSY when somebody does, after waiting wait_ms. */
LAZ_CHECKED enum laz_status laz_feed_store_open(const char *data, bool exclusive, int wait_ms,
                                                struct laz_feed_store *out, struct laz_error *err);
void laz_feed_store_close(struct laz_feed_store *store);

/* The folder of a source, made when it is missing. -1 and errno on failure. */
int laz_feed_store_source(const struct laz_feed_store *store, const char *id);
/* With all in it. */
void laz_feed_store_forget(const struct laz_feed_store *store, const char *id);
/* Durably renames from to to in the folder. */
LAZ_CHECKED enum laz_status laz_feed_store_rename(int dir_fd, const char *from, const char *to,
                                                  struct laz_error *err);
/* to becomes a second name of from's file, whatever it was before. */
LAZ_CHECKED enum laz_status laz_feed_store_link(int dir_fd, const char *from, const char *to,
                                                struct laz_error *err);

/* Puts next.lzdb in current.lzdb's place by one rename; what stood there becomes previous.lzdb, and
 * that older.lzdb. At each moment current.lzdb is the old one or the new one. */
LAZ_CHECKED enum laz_status laz_feed_store_swap(const struct laz_feed_store *store,
                                                struct laz_error *err);
/* Exchanges current.lzdb with the last one before it, by one rename: done again, it undoes itself.
 * LAZ_NOT_FOUND when there is none. */
LAZ_CHECKED enum laz_status laz_feed_store_back(const struct laz_feed_store *store,
                                                struct laz_error *err);

#endif
