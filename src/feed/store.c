#include "feed/store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/fd.h"

#define POLL_MS 100

static const char disk[] = "check the folder, its rights and its space";

static enum laz_status open_folder(const char *data, const char *name, mode_t mode, int *out,
                                   char path[LAZ_STORE_PATH_SIZE], struct laz_error *err)
{
    int len = snprintf(path, LAZ_STORE_PATH_SIZE, "%s/%s", data, name);
    enum laz_status s;

    if (len < 0 || len >= LAZ_STORE_PATH_SIZE)
        return laz_fail(err, LAZ_INVALID, "content", data, "is too long a path", "");
    s = laz_make_dir(path, mode, err);
    if (s != LAZ_OK)
        return s;
    *out = laz_open_dir(path);
    return *out < 0 ? laz_fail_errno(err, "content", path, disk) : LAZ_OK;
}

static enum laz_status lock(struct laz_feed_store *store, int wait_ms, struct laz_error *err)
{
    int64_t end = laz_monotonic_ms() + wait_ms;

    store->lock_fd =
        openat(store->content_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (store->lock_fd < 0)
        return laz_fail_errno(err, "content", "lock", disk);
    while (flock(store->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return laz_fail_errno(err, "content", "lock", "");
        if (laz_monotonic_ms() >= end)
            return laz_fail(err, LAZ_BUSY, "content", "", "is being updated by somebody else",
                            "wait until that is done");
        laz_sleep_ms(POLL_MS);
    }
    return LAZ_OK;
}

enum laz_status laz_feed_store_open(const char *data, bool exclusive, int wait_ms,
                                    struct laz_feed_store *out, struct laz_error *err)
{
    char path[LAZ_STORE_PATH_SIZE];
    enum laz_status s;

    *out = (struct laz_feed_store){-1, -1, -1, ""};
    s = open_folder(data, "content", 0700, &out->content_fd, path, err);
    if (s == LAZ_OK)
        s = open_folder(data, "db", 0755, &out->db_fd, out->db_path, err);
    if (s == LAZ_OK && exclusive)
        s = lock(out, wait_ms, err);
    if (s != LAZ_OK)
        laz_feed_store_close(out);
    return s;
}

void laz_feed_store_close(struct laz_feed_store *store)
{
    laz_fd_drop(&store->content_fd);
    laz_fd_drop(&store->db_fd);
    laz_fd_drop(&store->lock_fd);
}

int laz_feed_store_source(const struct laz_feed_store *store, const char *id)
{
    if (mkdirat(store->content_fd, id, 0700) != 0 && errno != EEXIST)
        return -1;
    return openat(store->content_fd, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

void laz_feed_store_forget(const struct laz_feed_store *store, const char *id)
{
    static const char *const names[] = {"part", "content", "content.new", "good", "good.new"};
    LAZ_OWNED(laz_fd_drop) int dir = laz_feed_store_source(store, id);

    for (size_t i = 0; dir >= 0 && i < sizeof names / sizeof *names; i++)
        laz_ignore(unlinkat(dir, names[i], 0) != 0);                /* it may not be there */
    laz_ignore(unlinkat(store->content_fd, id, AT_REMOVEDIR) != 0); /* a file that is not ours */
}

enum laz_status laz_feed_store_rename(int dir_fd, const char *from, const char *to,
                                      struct laz_error *err)
{
    if (renameat(dir_fd, from, dir_fd, to) != 0)
        return laz_fail_errno(err, "content", to, disk);
    return laz_sync_dir(dir_fd, err);
}

static bool is_same_file(int dir_fd, const char *a, const char *b)
{
    struct stat first, second;

    return fstatat(dir_fd, a, &first, AT_SYMLINK_NOFOLLOW) == 0 &&
           fstatat(dir_fd, b, &second, AT_SYMLINK_NOFOLLOW) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

static bool is_there(int dir_fd, const char *name)
{
    struct stat st;

    return fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

enum laz_status laz_feed_store_link(int dir_fd, const char *from, const char *to,
                                    struct laz_error *err)
{
    char room[64];

    if (is_same_file(dir_fd, from, to))
        return LAZ_OK; /* renaming one of its names to the other would leave both */
    snprintf(room, sizeof room, "%s.new", to);
    laz_ignore(unlinkat(dir_fd, room, 0) != 0); /* of a run that was ended */
    if (linkat(dir_fd, from, dir_fd, room, 0) != 0)
        return laz_fail_errno(err, "content", to, "the file system must know hard links");
    return laz_feed_store_rename(dir_fd, room, to, err);
}

/* A run that was ended between the steps below left current and previous as one file: then the last
 * one before is older. */
static const char *last_before(int dir_fd)
{
    static const char *const names[] = {LAZ_STORE_PREVIOUS, LAZ_STORE_OLDER};

    for (size_t i = 0; i < 2; i++)
        if (is_there(dir_fd, names[i]) && !is_same_file(dir_fd, names[i], LAZ_STORE_CURRENT))
            return names[i];
    return NULL;
}

enum laz_status laz_feed_store_swap(const struct laz_feed_store *store, struct laz_error *err)
{
    int dir = store->db_fd;
    enum laz_status s = LAZ_OK;

    if (is_there(dir, LAZ_STORE_PREVIOUS) && is_there(dir, LAZ_STORE_CURRENT) &&
        !is_same_file(dir, LAZ_STORE_PREVIOUS, LAZ_STORE_CURRENT))
        s = laz_feed_store_rename(dir, LAZ_STORE_PREVIOUS, LAZ_STORE_OLDER, err);
    if (s == LAZ_OK && is_there(dir, LAZ_STORE_CURRENT))
        s = laz_feed_store_link(dir, LAZ_STORE_CURRENT, LAZ_STORE_PREVIOUS, err);
    return s == LAZ_OK ? laz_feed_store_rename(dir, LAZ_STORE_NEXT, LAZ_STORE_CURRENT, err) : s;
}

enum laz_status laz_feed_store_back(const struct laz_feed_store *store, struct laz_error *err)
{
    const char *before = last_before(store->db_fd);

    if (before == NULL || !is_there(store->db_fd, LAZ_STORE_CURRENT))
        return laz_fail(err, LAZ_NOT_FOUND, "content", store->db_path,
                        "holds no database from before", "only an update makes one");
    if (renameat2(store->db_fd, before, store->db_fd, LAZ_STORE_CURRENT, RENAME_EXCHANGE) != 0)
        return laz_fail_errno(err, "content", store->db_path,
                              "the file system must be able to exchange two names");
    return laz_sync_dir(store->db_fd, err);
}
