/* db_file.h - the new database beside the old one, until it takes its place. */
#ifndef LAZ_CLI_DB_FILE_H
#define LAZ_CLI_DB_FILE_H

#include "base/status.h"

struct laz_db_file {
    int fd;
    char path[4096]; /* "OUTPUT.PID-TIME.new" */
};

/* Makes an empty file beside output and locks it, which says that somebody works at it. What builds
 * that were killed left there, and nobody holds, is removed. */
LAZ_CHECKED enum laz_status laz_db_file_make(const char *output, struct laz_db_file *out,
                                             struct laz_error *err);
/* Puts it, durably, in output's place. */
LAZ_CHECKED enum laz_status laz_db_file_install(const struct laz_db_file *file, const char *output,
                                                struct laz_error *err);
/* A file without a name beside output, for the sources while they are compiled: they may be larger
 * than memory should be. Where the file system has none, memory. Negative, with errno, on failure. */
int laz_db_file_scratch(const char *output);
/* Closes it; unless it was installed, removes it. */
void laz_db_file_drop(struct laz_db_file *file, bool installed);

#endif
