/* sqlite.h - a thin checked layer over SQLite: WAL, every commit on disk, foreign keys, one writer.
 * A file belongs to one application and has a list of migrations; a newer program brings an older
 * file up to date after copying it, an older program refuses a newer file. */
#ifndef LAZ_STORE_SQLITE_H
#define LAZ_STORE_SQLITE_H

#include "base/status.h"
#include "base/view.h"

struct laz_db;
struct laz_statement;

/* One step of the schema. Only ever added at the end of the list, never changed: the number of
 * steps is the file's version. Each runs in a transaction of its own. */
struct laz_db_migration {
    const char *name; /* "endpoints": for errors */
    const char *sql;  /* one or more statements */
};

struct laz_db_config {
    const char *path;        /* made with mode 0600 when missing */
    uint32_t application_id; /* PRAGMA application_id; another one in the file is refused */
    const struct laz_db_migration *migrations;
    size_t migration_count;
    int busy_timeout_ms; /* 0: 5000 */
    bool read_only;      /* no migration; LAZ_VERSION unless the file is exactly of this version */
};

/* LAZ_NOT_FOUND, LAZ_DENIED and so on for the file; LAZ_DAMAGED when it is no database,
 * LAZ_VERSION when it is newer or another application's, LAZ_BUSY when somebody holds it. Before a
 * migration of an existing file a copy PATH.before-N is made (N: the old version); when the
 * migration fails the file is as it was. */
LAZ_CHECKED enum laz_status laz_db_open(const struct laz_db_config *config, struct laz_db **out,
                                        struct laz_error *err);
void laz_db_drop(struct laz_db **db); /* closes; statements of it must be over, rolls back */

/* A consistent copy in a new file at path (refused when it exists), while db stays in use. */
LAZ_CHECKED enum laz_status laz_db_backup(struct laz_db *db, const char *path,
                                          struct laz_error *err);
/* LAZ_DAMAGED with the first finding of SQLite's own check. */
LAZ_CHECKED enum laz_status laz_db_check(struct laz_db *db, struct laz_error *err);

/* Statements. laz_db_get gives the prepared form of sql, with no values bound; it belongs to db,
 * which keeps it for the next time (sql is compared by its text, so use literals, never text built
 * from input). Do not ask for the same sql again while its rows are still being read. */
LAZ_CHECKED enum laz_status laz_db_get(struct laz_db *db, const char *sql,
                                       struct laz_statement **out, struct laz_error *err);

/* Values by position from 1. A failure is kept and comes out of the next step or run. The bytes are
 * copied. */
void laz_bind_i64(struct laz_statement *s, int position, int64_t n);
void laz_bind_double(struct laz_statement *s, int position, double n);
void laz_bind_text(struct laz_statement *s, int position, struct laz_view text);
void laz_bind_string(struct laz_statement *s, int position, const char *text); /* NULL binds null */
void laz_bind_blob(struct laz_statement *s, int position, struct laz_view bytes);
void laz_bind_null(struct laz_statement *s, int position);

/* The next row. *row is false after the last one; the statement is then ready for new values.
 * LAZ_EXISTS for a broken unique constraint, LAZ_INVALID for another constraint, LAZ_BUSY when
 * locked for longer than the time-out, LAZ_LIMIT when the disk is full, LAZ_IO, LAZ_DAMAGED. After
 * an error the statement is reset. */
LAZ_CHECKED enum laz_status laz_statement_step(struct laz_statement *s, bool *row,
                                               struct laz_error *err);
/* Steps to the end, for statements without rows, and makes it ready for new values. */
LAZ_CHECKED enum laz_status laz_statement_run(struct laz_statement *s, struct laz_error *err);
/* Ends reading before the last row. Needed before a commit when rows are left. */
void laz_statement_reset(struct laz_statement *s);

/* Columns of the current row, from 0. Text and blobs are borrowed until the next step or reset; a
 * null reads as 0 or empty. */
int64_t laz_column_i64(struct laz_statement *s, int column);
double laz_column_double(struct laz_statement *s, int column);
struct laz_view laz_column_text(struct laz_statement *s, int column);
struct laz_view laz_column_blob(struct laz_statement *s, int column);
bool laz_column_is_null(struct laz_statement *s, int column);

/* One or more statements without values or rows. */
LAZ_CHECKED enum laz_status laz_db_run(struct laz_db *db, const char *sql, struct laz_error *err);
int64_t laz_db_last_id(struct laz_db *db); /* rowid of the last insert */
int64_t laz_db_changes(struct laz_db *db); /* rows changed by the last statement */

/* Transactions. begin takes the write lock at once, so that nothing fails as busy in the middle.
 * They do not nest. A commit that fails has rolled back. */
LAZ_CHECKED enum laz_status laz_db_begin(struct laz_db *db, struct laz_error *err);
LAZ_CHECKED enum laz_status laz_db_commit(struct laz_db *db, struct laz_error *err);
void laz_db_rollback(struct laz_db *db); /* nothing when no transaction is open */

/* Runs body inside a transaction: commits when it returns LAZ_OK, rolls back otherwise. */
typedef enum laz_status laz_db_body(struct laz_db *db, void *context, struct laz_error *err);
LAZ_CHECKED enum laz_status laz_db_transaction(struct laz_db *db, laz_db_body *body, void *context,
                                               struct laz_error *err);

#endif
