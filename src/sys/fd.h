/* fd.h - descriptors and whole files. Everything opened here is close-on-exec. */
#ifndef LAZ_SYS_FD_H
#define LAZ_SYS_FD_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/status.h"

/* Closes *fd when it is not negative and makes it -1. For LAZ_OWNED. errno is kept. */
void laz_fd_drop(int *fd);

/* Opens for reading without waiting on FIFOs or taking a terminal. -1 and errno on failure. */
int laz_open_read(const char *path);
/* The directory itself, for *at calls. */
int laz_open_dir(const char *path);
/* A directory that is made when missing, with its parents (mode 0755) and itself of mode. */
LAZ_CHECKED enum laz_status laz_make_dir(const char *path, mode_t mode, struct laz_error *err);

/* All of len bytes, or an error; EINTR and short transfers are not errors. */
LAZ_CHECKED enum laz_status laz_write_all(int fd, struct laz_view v, struct laz_error *err);
/* Reads from the descriptor's place until its end. LAZ_LIMIT when there is more than out->max. */
LAZ_CHECKED enum laz_status laz_read_all(int fd, struct laz_buf *out, struct laz_error *err);
/* A whole small file by path. */
LAZ_CHECKED enum laz_status laz_read_file(const char *path, struct laz_buf *out,
                                          struct laz_error *err);

/* Replaces path in directory dir_fd (or AT_FDCWD) so that after a crash either the old or the new
 * content stands there whole: temporary file, fsync, rename, fsync of the directory. */
LAZ_CHECKED enum laz_status laz_replace_file(int dir_fd, const char *path, struct laz_view content,
                                             mode_t mode, struct laz_error *err);
LAZ_CHECKED enum laz_status laz_sync_dir(int dir_fd, struct laz_error *err);

/* A file mapped for reading. Empty files give an empty view. */
struct laz_mapping {
    struct laz_view bytes;
};
LAZ_CHECKED enum laz_status laz_map_fd(int fd, struct laz_mapping *out, struct laz_error *err);
void laz_mapping_clear(struct laz_mapping *m); /* unmaps; accepts an empty one */

/* The directory that the running program stands in, without a slash at the end: our other programs
 * are its neighbours. out is cut never: LAZ_LIMIT when it does not fit. */
LAZ_CHECKED enum laz_status laz_program_dir(char *out, size_t size, struct laz_error *err);

#endif
