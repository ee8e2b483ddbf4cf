/* sqlite_priv.h - what the files of the SQLite layer share. */
#ifndef LAZ_STORE_SQLITE_PRIV_H
#define LAZ_STORE_SQLITE_PRIV_H

#include <sqlite3.h>

#include "store/sqlite.h"

#define LAZ_DB_STATEMENTS_MAX 256 /* different statements of one program */

struct laz_statement {
    struct laz_db *db;
    sqlite3_stmt *handle;
    char *sql;
    int bind_failed; /* SQLITE_OK, or the first refusal */
};

struct laz_db {
    sqlite3 *handle;
    char *path;
    struct laz_statement *statements[LAZ_DB_STATEMENTS_MAX];
    size_t statement_count;
};

/* Fills err from a result code of SQLite's. */
LAZ_CHECKED enum laz_status laz_fail_sqlite(struct laz_error *err, const struct laz_db *db,
                                            int code);

/* One number out of the first column of the first row. */
LAZ_CHECKED enum laz_status laz_db_number(struct laz_db *db, const char *sql, int64_t *out,
                                          struct laz_error *err);

/* Brings the file from version to config's. */
LAZ_CHECKED enum laz_status laz_db_migrate(struct laz_db *db, const struct laz_db_config *config,
                                           struct laz_error *err);

#endif
