/* db_sources.h - what `lazaret db` reads and says. */
#ifndef LAZ_CLI_DB_SOURCES_H
#define LAZ_CLI_DB_SOURCES_H

#include "base/status.h"
#include "base/view.h"

/* Puts the sources at paths (ends with NULL) into bundle, one after another: files as they are
 * named, folders with all below them that is of a known kind, in the order of their names. Their
 * digests are noted. LAZ_NOT_FOUND when a folder has none. */
LAZ_CHECKED enum laz_status laz_db_sources_collect(char **paths, int bundle, struct laz_error *err);

/* Puts one source that lies in memory into bundle. name is what errors and detections say of it;
 * its ending tells the language. */
LAZ_CHECKED enum laz_status laz_db_source_write(int bundle, const char *name, struct laz_view text,
                                                struct laz_error *err);

/* As laz_db_source_write, of a list whose kind is said (rules/lists.h). */
LAZ_CHECKED enum laz_status laz_db_source_write_list(int bundle, const char *name, const char *list,
                                                     struct laz_view text, struct laz_error *err);
/* Puts a list into bundle: "KIND[=NAME]:FILE". */
LAZ_CHECKED enum laz_status laz_db_list_collect(const char *argument, int bundle,
                                                struct laz_error *err);

/* Prints what the database at path holds. */
LAZ_CHECKED enum laz_status laz_db_info_print(const char *path, bool json, struct laz_error *err);

#endif
