#include "agent/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/number.h"
#include "sys/fd.h"
#include "sys/watch.h"

/* mountinfo writes blanks and their like as \ooo (proc(5)). */
static bool next_field(struct laz_view *line, char *out, size_t size)
{
    struct laz_view field;
    size_t n = 0;

    if (!laz_take_until(line, ' ', &field))
        return false;
    for (size_t i = 0; i < field.len && n + 1 < size; i++) {
        const uint8_t *c = field.data + i;

        if (*c == '\\' && field.len - i > 3) {
            out[n++] = (char)((c[1] - '0') * 64 + (c[2] - '0') * 8 + (c[3] - '0'));
            i += 3;
        } else {
            out[n++] = (char)*c;
        }
    }
    out[n] = '\0';
    return true;
}

/* "36 35 98:0 / /mnt/point rw …": the fourth field is what is mounted of the file system. */
static bool line_is_root_at(struct laz_view line, const char *path)
{
    char skip[64], root[PATH_MAX], at[PATH_MAX];

    return next_field(&line, skip, sizeof skip) && next_field(&line, skip, sizeof skip) &&
           next_field(&line, skip, sizeof skip) && next_field(&line, root, sizeof root) &&
           next_field(&line, at, sizeof at) && strcmp(root, "/") == 0 && strcmp(at, path) == 0;
}

bool laz_tree_is_filesystem_root(const char *path)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf text = {0};
    struct laz_view rest, line;

    laz_buf_init(&text, 4 * MIB);
    if (laz_read_file("/proc/self/mountinfo", &text, NULL) != LAZ_OK)
        return false;
    rest = laz_buf_view(&text);
    while (laz_take_until(&rest, '\n', &line))
        if (line_is_root_at(line, path))
            return true;
    return false;
}

/* Marks one directory; false when it is none that we guard. */
static bool mark_one(struct laz_tree_marks *marks, dev_t device, int fd)
{
    struct stat st;

    if (fstat(fd, &st) != 0 || !S_ISDIR(st.st_mode) || st.st_dev != device)
        return false;
    if (st.st_dev == marks->own_device && st.st_ino == marks->own_inode)
        return false;
    if (laz_watch_gate_mark(marks->gate, fd, LAZ_WATCH_DIR, NULL) != LAZ_OK) {
        marks->skipped++;
        return false;
    }
    if (marks->names >= 0 && laz_watch_names_mark(marks->names, fd, LAZ_WATCH_DIR, NULL) != LAZ_OK)
        marks->nameless++;
    marks->marked++;
    return true;
}

static bool may_be_dir(const struct dirent *e)
{
    return (e->d_type == DT_DIR || e->d_type == DT_UNKNOWN) && strcmp(e->d_name, ".") != 0 &&
           strcmp(e->d_name, "..") != 0;
}

static int open_dir_at(int dir, const char *name)
{
    return openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NOATIME);
}

/* The stack is the path from the top to where we are. The directory is marked before it is read, so
 * that what comes later is told. */
void laz_tree_mark_dir(struct laz_tree_marks *marks, dev_t device, int fd)
{
    DIR *stack[LAZ_TREE_DEPTH_MAX];
    size_t depth = 0;

    while (depth > 0 || fd >= 0) {
        struct dirent *e;

        if (fd >= 0) {
            DIR *dir = NULL;

            if (depth == LAZ_TREE_DEPTH_MAX)
                marks->skipped++;
            else if (mark_one(marks, device, fd))
                dir = fdopendir(fd);
            if (dir == NULL)
                laz_fd_drop(&fd);
            else
                stack[depth++] = dir;
            fd = -1;
            continue;
        }
        e = readdir(stack[depth - 1]);
        if (e == NULL)
            closedir(stack[--depth]);
        else if (may_be_dir(e))
            fd = open_dir_at(dirfd(stack[depth - 1]), e->d_name);
    }
}

static enum laz_status mark_filesystem(struct laz_tree *tree, struct laz_tree_marks *marks,
                                       struct laz_error *err)
{
    enum laz_status s = laz_watch_gate_mark(marks->gate, tree->fd, LAZ_WATCH_FILESYSTEM, err);

    if (s != LAZ_OK)
        return s;
    if (marks->names >= 0 &&
        laz_watch_names_mark(marks->names, tree->fd, LAZ_WATCH_FILESYSTEM, NULL) != LAZ_OK)
        marks->nameless++;
    marks->marked++;
    return LAZ_OK;
}

enum laz_status laz_tree_mark(struct laz_tree *tree, struct laz_tree_marks *marks,
                              struct laz_error *err)
{
    uint64_t before = marks->marked;
    struct stat st;

    tree->fd = laz_open_dir(tree->path);
    if (tree->fd < 0 || fstat(tree->fd, &st) != 0)
        return laz_fail_errno(err, "agent", tree->path, "check that the folder is there");
    tree->device = st.st_dev;
    tree->whole_filesystem = laz_tree_is_filesystem_root(tree->path);
    if (tree->whole_filesystem)
        return mark_filesystem(tree, marks, err);
    laz_tree_mark_dir(marks, tree->device, open_dir_at(tree->fd, "."));
    if (marks->marked == before)
        return laz_fail(err, LAZ_UNSUPPORTED, "agent", tree->path,
                        "its file system cannot be guarded", "guard a folder on a local disk");
    return LAZ_OK;
}
