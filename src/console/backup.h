/* backup.h - all that a console needs to go on elsewhere: its database, its authority's key, its
 * own certificate. A backup is a folder; whoever has it can pose as the console, so it is only its
 * owner's. */
#ifndef LAZ_CONSOLE_BACKUP_H
#define LAZ_CONSOLE_BACKUP_H

#include "base/status.h"

/* Makes the folder `to`, which must not be there yet, while the console runs or not. Changes the
 * current folder and, as root, the user for good: the last thing that a program does. */
LAZ_CHECKED enum laz_status laz_backup_make(const char *data, const char *to,
                                            struct laz_error *err);

/* Makes the data folder, which must be missing or empty, from a backup, and checks it. As
 * laz_backup_make the last thing that a program does. */
LAZ_CHECKED enum laz_status laz_backup_restore(const char *from, const char *data,
                                               struct laz_error *err);

#endif
