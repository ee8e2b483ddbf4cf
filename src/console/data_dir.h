/* data_dir.h - the folder in which the console keeps everything, and as whom it works there.
 * Programs enter it (it becomes their current folder) while they still may, and use names in it
 * from then on: a console that has given up root needs no right on the folders above. */
#ifndef LAZ_CONSOLE_DATA_DIR_H
#define LAZ_CONSOLE_DATA_DIR_H

#include "base/status.h"

/* Makes the folder when it is missing, gives it to the console's user when we are root, enters it,
 * and holds its lock in *lock for as long as the descriptor is open. LAZ_BUSY when another console
 * has it. */
LAZ_CHECKED enum laz_status laz_data_dir_enter(const char *path, int *lock, struct laz_error *err);

/* For tools beside a running console: the folder must be there. As root they become the folder's
 * owner, so that nothing in it changes hands; others must be its owner. */
LAZ_CHECKED enum laz_status laz_data_dir_visit(const char *path, struct laz_error *err);

/* From now on the databases of this process are opened by their names as they are given. SQLite
 * would make them absolute, and then needs the right to pass every folder above. */
LAZ_CHECKED enum laz_status laz_database_names_stay_relative(struct laz_error *err);

#endif
