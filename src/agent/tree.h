/* tree.h - marks guarded folders: a whole file system when the folder is its root, else directory
 * by directory. Directories of other file systems inside it, and the agent's own data, are left
 * out. */
#ifndef LAZ_AGENT_TREE_H
#define LAZ_AGENT_TREE_H

#include <sys/types.h>

#include "base/status.h"
#include "base/view.h"

/* Directories in each other; deeper ones are told and left out. */
#define LAZ_TREE_DEPTH_MAX 128

struct laz_tree {
    const char *path;
    int fd; /* of the folder, for handles; -1 before it is marked */
    bool whole_filesystem;
    dev_t device;
};

struct laz_tree_marks {
    int gate, names;  /* groups; names may be -1 */
    dev_t own_device; /* the agent's data folder, never marked */
    ino_t own_inode;
    uint64_t marked;   /* directories */
    uint64_t skipped;  /* directories that could not be marked or lie too deep */
    uint64_t nameless; /* marked, but their file system tells no names */
};

/* True when path is where a file system's own root is mounted. */
bool laz_tree_is_filesystem_root(const char *path);

/* Marks all of the tree; path is set. */
LAZ_CHECKED enum laz_status laz_tree_mark(struct laz_tree *tree, struct laz_tree_marks *marks,
                                          struct laz_error *err);
/* Marks a directory that has come, with all below: the mark first, then what stands in it already.
 * Takes fd. */
void laz_tree_mark_dir(struct laz_tree_marks *marks, dev_t device, int fd);

#endif
