/* db_pack.h - what `lazaret db build` asks of the folder in which a ClamAV pack lies. */
#ifndef LAZ_CLI_DB_PACK_H
#define LAZ_CLI_DB_PACK_H

#include "base/status.h"
#include "base/view.h"

/* A .cld or .cud carries no signature that could be checked: it is taken when only root or clamav
 * can have put it there, so its folder and itself (fd) belong to one of them and nobody else writes
 * to them. LAZ_DENIED otherwise. Other files are always taken. */
LAZ_CHECKED enum laz_status laz_db_pack_check_owner(const char *path, int fd,
                                                    struct laz_error *err);

/* Where the detached signature of the pack at path would lie: beside it, NAME-VERSION.cvd.sign.
 * False when path is no .cvd or the name does not fit. */
bool laz_db_pack_sign_path(const char *path, struct laz_view pack, char *out, size_t size);

#endif
