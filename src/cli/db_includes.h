/* db_includes.h - the files that a file of YARA rules includes go into the bundle too. */
#ifndef LAZ_CLI_DB_INCLUDES_H
#define LAZ_CLI_DB_INCLUDES_H

#include "base/status.h"
#include "base/view.h"

/* Puts what text, which is that of the file called name, includes into bundle, and what that
 * includes. path is where the file lies; names are put together from both in the same way. What
 * cannot be read is left for the compiler to say, by line and column. */
LAZ_CHECKED enum laz_status laz_db_includes_add(int bundle, const char *path, const char *name,
                                                struct laz_view text, struct laz_error *err);

#endif
