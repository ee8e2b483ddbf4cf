/* schema.h - the console's database: one SQLite file, brought up to date when it is opened. */
#ifndef LAZ_CONSOLE_SCHEMA_H
#define LAZ_CONSOLE_SCHEMA_H

#include "store/sqlite.h"

#define LAZ_CONSOLE_DB_NAME "lazaret.sqlite"

/* The file in the current folder: the console and its tools stand in the data folder, so that they
 * need no right on the folders above it. */
LAZ_CHECKED enum laz_status laz_console_db_open(const char *path, struct laz_db **out,
                                                struct laz_error *err);

#endif
