/* safepath.h - names that others may change while we use them. A folder is opened without following
 * any symbolic link, what stands in it is recognised by its inode, and nothing is removed by a name
 * that could have been given to another file a moment before. */
#ifndef LAZ_AGENT_SAFEPATH_H
#define LAZ_AGENT_SAFEPATH_H

#include <sys/stat.h>
#include <sys/types.h>

#include "base/status.h"

struct laz_inode {
    uint64_t device, number;
};
struct laz_inode laz_inode_of(const struct stat *st);
bool laz_inode_equal(struct laz_inode a, struct laz_inode b);

/* The folder of path, which is absolute, by O_PATH. *name points into path. LAZ_INVALID when path
 * is not absolute or ends in "/", "." or ".."; LAZ_NOT_FOUND when the folder is missing; LAZ_DENIED
 * when a part of it is a symbolic link. */
LAZ_CHECKED enum laz_status laz_parent_open(const char *path, int *out, const char **name,
                                            struct laz_error *err);

/* A path as people type it, relative or with links on the way to its folder, as one that
 * laz_parent_open takes. out has room for PATH_MAX. */
LAZ_CHECKED enum laz_status laz_path_resolve(const char *typed, char *out, struct laz_error *err);

/* Removes the file `inode` of name in folder parent, and nothing else. It is first moved into a
 * folder `.lazaret-TAG` beside it that only we can enter, and looked at there; another file that
 * turns out to be in its place is moved back. LAZ_BUSY: name does not stand for inode; LAZ_DENIED,
 * LAZ_LIMIT, LAZ_IO: it stands where it stood. */
LAZ_CHECKED enum laz_status laz_remove_exactly(int parent, const char *name, const char *tag,
                                               struct laz_inode inode, struct laz_error *err);
/* Ends a laz_remove_exactly that was interrupted: *removed says whether inode is gone from name and
 * from the folder beside it. */
LAZ_CHECKED enum laz_status laz_remove_recover(int parent, const char *name, const char *tag,
                                               struct laz_inode inode, bool *removed,
                                               struct laz_error *err);

/* A new file without a name in folder parent, or, where that cannot be, with the name that is then
 * put into temporary (else ""). */
LAZ_CHECKED enum laz_status laz_unnamed_open(int parent, const char *tag, char temporary[64],
                                             int *out, struct laz_error *err);
/* Gives it a name. LAZ_EXISTS when there is one. It is on the disk when this returns LAZ_OK: the
 * file and the folder are flushed. */
LAZ_CHECKED enum laz_status laz_unnamed_link(int fd, int parent, char temporary[64],
                                             const char *name, struct laz_error *err);
/* As laz_unnamed_link, in place of what has the name; what that was stands afterwards under the
 * name `aside`, or nothing when there was nothing. Without flush, nothing is on the disk for
 * certain: the caller flushes many at once. */
LAZ_CHECKED enum laz_status laz_unnamed_swap(int fd, int parent, char temporary[64],
                                             const char *name, const char *aside, bool flush,
                                             bool *swapped, struct laz_error *err);
/* Removes the temporary name if there is one. */
void laz_unnamed_abandon(int parent, char temporary[64]);
/* Flushes the folder that parent (O_PATH) stands for. */
LAZ_CHECKED enum laz_status laz_folder_sync(int parent, struct laz_error *err);

#endif
