#include "agent/case.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/fd.h"

#define GONE_MARK  " (deleted)"
#define SEARCH_MAX 256 /* cases looked at for the same file; beyond that it is scanned twice */

enum laz_status laz_cases_init(struct laz_cases *c, uint32_t count, struct laz_error *err)
{
    *c = (struct laz_cases){.count = count};
    TAILQ_INIT(&c->active);
    TAILQ_INIT(&c->free);
    c->room = calloc(count, sizeof *c->room);
    if (c->room == NULL)
        return laz_fail(err, LAZ_NOMEM, "gate", "", "no memory", "");
    for (uint32_t i = 0; i < count; i++) {
        c->room[i].fd = -1;
        TAILQ_INSERT_TAIL(&c->free, &c->room[i], entry);
    }
    return LAZ_OK;
}

void laz_cases_clear(struct laz_cases *c)
{
    struct laz_case *one;

    while ((one = TAILQ_FIRST(&c->active)) != NULL)
        laz_case_end(c, one);
    free(c->room);
    c->room = NULL;
}

struct laz_case *laz_case_new(struct laz_cases *c, int fd, enum laz_trigger trigger)
{
    struct laz_case *one = TAILQ_FIRST(&c->free);

    if (one == NULL)
        return NULL;
    TAILQ_REMOVE(&c->free, one, entry);
    memset(one, 0, sizeof *one);
    c->generation++;
    one->job = c->generation << 16 | (uint64_t)(one - c->room);
    one->fd = fd;
    one->trigger = trigger;
    one->since_ms = laz_monotonic_ms();
    TAILQ_INSERT_TAIL(&c->active, one, entry);
    c->active_count++;
    return one;
}

void laz_case_end(struct laz_cases *c, struct laz_case *one)
{
    LAZ_ASSERT(one->job != 0);
    if (one->held)
        c->held_count--;
    TAILQ_REMOVE(&c->active, one, entry);
    c->active_count--;
    laz_fd_drop(&one->fd);
    free(one->path);
    free(one->detections);
    memset(one, 0, sizeof *one);
    one->fd = -1;
    TAILQ_INSERT_TAIL(&c->free, one, entry);
}

struct laz_case *laz_case_find(struct laz_cases *c, uint64_t job)
{
    static_assert(LAZ_CASES_MAX <= 1 << 16, "a job holds the place in 16 bits");
    uint64_t i = job & 0xffff;

    return job != 0 && i < c->count && c->room[i].job == job ? &c->room[i] : NULL;
}

static bool same_key(const struct laz_cache_key *a, const struct laz_cache_key *b)
{
    return a->inode == b->inode && a->device == b->device && a->size == b->size &&
           a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns && a->database == b->database &&
           a->name == b->name;
}

struct laz_case *laz_case_find_scan(struct laz_cases *c, const struct laz_cache_key *key)
{
    struct laz_case *one;
    unsigned looked = 0;

    TAILQ_FOREACH_REVERSE(one, &c->active, laz_case_list, entry)
    {
        if ((one->waits & LAZ_WAIT_VERDICT) != 0 && one->leader == 0 && same_key(&one->key, key))
            return one;
        if (++looked == SEARCH_MAX)
            return NULL;
    }
    return NULL;
}

bool laz_case_is_put(struct laz_cases *c, const struct laz_cache_key *key)
{
    struct laz_case *one;

    TAILQ_FOREACH(one, &c->active, entry)
    if ((one->waits & LAZ_WAIT_PUT) != 0 && one->key.inode == key->inode &&
        one->key.device == key->device)
        return true;
    return false;
}

/* The kernel writes the mark behind a name that is gone, but a name may also end so by itself. */
static size_t without_mark(int fd, const char *path, size_t len)
{
    const size_t mark_len = strlen(GONE_MARK);
    struct stat file, named;

    if (len < mark_len || strcmp(path + len - mark_len, GONE_MARK) != 0)
        return len;
    if (fstat(fd, &file) != 0 || file.st_nlink == 0)
        return 0;
    if (lstat(path, &named) == 0 && named.st_dev == file.st_dev && named.st_ino == file.st_ino)
        return len;
    return len - mark_len; /* it has another name, which nobody tells us */
}

void laz_fd_path(int fd, char *out, size_t size)
{
    char link[64];
    ssize_t n;

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, out, size - 1);
    if (n < 0 || (size_t)n == size - 1)
        n = 0;
    out[n] = '\0';
    out[without_mark(fd, out, (size_t)n)] = '\0';
}

const char *laz_case_path(struct laz_case *one)
{
    char path[PATH_MAX];

    if (one->path == NULL) {
        laz_fd_path(one->fd, path, sizeof path);
        one->path = strdup(path);
    }
    return one->path == NULL ? "" : one->path;
}
