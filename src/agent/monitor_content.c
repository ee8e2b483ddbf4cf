/* monitor_content.c - another database takes the place of the one in use while all goes on: beside
 * each worker one with the new database is started; when the broker has finished what the old one
 * was at it turns to the new one, and the old one ends. One that cannot use the new database ends
 * by itself, and the old ones stay. */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/monitor_priv.h"
#include "base/buf.h"
#include "box/worker.h"
#include "feed/store.h"
#include "sys/fd.h"
#include "sys/log.h"

#define LOOK_MS    1000
#define FAILED_MAX 3 /* reloads that a broker's end or a lack of memory broke off */

/* The first place where one stands, opened without reading it; -1 when there is none. */
static int open_place(const struct monitor *m, const char **path)
{
    for (size_t i = 0; i < LAZ_AGENT_DBS_MAX && m->config->db_places[i] != NULL; i++) {
        int fd = open(m->config->db_places[i], O_PATH | O_CLOEXEC);

        if (fd < 0)
            continue;
        *path = m->config->db_places[i];
        return fd;
    }
    return -1;
}

static bool is_reloading(const struct monitor *m)
{
    for (size_t i = LAZ_ROLE_WORKER; i < CHILDREN_MAX; i++)
        if (m->children[i].next.pidfd >= 0)
            return true;
    return false;
}

static void on_next_end(void *context, unsigned events)
{
    struct child *c = context;
    struct monitor *m = c->monitor;
    int wait_status = 0;

    laz_loop_remove(m->loop, c->next.pidfd);
    if (laz_child_wait(&c->next, 0, &wait_status) != LAZ_OK)
        laz_child_stop(&c->next, 0);
    if (m->stopping)
        return;
    if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == LAZ_WORKER_UNUSABLE) {
        laz_log(LAZ_ERROR, "content.refused",
                "a worker cannot use the new database (see worker.failed): the one before it is "
                "used");
        return;
    }
    laz_log(LAZ_WARN, "content.broken", "worker=%u", c->number);
    if (++m->failed_reloads < FAILED_MAX)
        m->db_id = 0; /* it is looked at once more */
}

static void start_next(struct monitor *m, struct child *c)
{
    struct laz_error err;
    enum laz_status s = monitor_start_worker(m, c, m->next_db_fd, LAZ_AGENT_NEXT, &c->next, &err);

    if (s == LAZ_OK)
        s = laz_loop_add(m->loop, c->next.pidfd, LAZ_LOOP_READ, on_next_end, c, &err);
    if (s == LAZ_OK)
        return;
    laz_log_error(LAZ_ERROR, "content.failed", &err);
    laz_child_stop(&c->next, 0);
}

static void reload(struct monitor *m, uint64_t id)
{
    struct laz_agent_message content = {.kind = LAZ_AGENT_CONTENT, .value = id};
    struct stat st;

    laz_fd_drop(&m->next_db_fd);
    m->next_db_fd = laz_open_read(m->config->db);
    if (m->next_db_fd < 0 || fstat(m->next_db_fd, &st) != 0)
        return; /* gone again */
    laz_log(LAZ_INFO, "content.new", "bytes=%lld", (long long)st.st_size);
    content.extra = (uint64_t)st.st_mtime * 1000;
    laz_ignore(laz_peer_send(&m->children[LAZ_ROLE_BROKER].peer, &content, NULL, 0)); /* gone too */
    for (uint32_t i = 0; i < m->config->workers; i++)
        start_next(m, &m->children[LAZ_ROLE_WORKER + i]);
}

/* What 'lazaret content' says of its sources goes to the broker as it is: it is not read here. It
 * stands where that program would put a database, also while another is in use. */
static void tell_sources(struct monitor *m)
{
    struct laz_agent_message message = {.kind = LAZ_AGENT_SOURCES};
    LAZ_OWNED(laz_buf_drop) struct laz_buf text = {0};
    LAZ_OWNED(laz_fd_drop) int fd = -1;
    const char *place = m->config->db_places[0], *slash;
    char path[PATH_MAX];
    uint64_t id;

    slash = place == NULL ? NULL : strrchr(place, '/');
    if (slash == NULL)
        return;
    snprintf(path, sizeof path, "%.*s/" LAZ_FEED_STATE, (int)(slash - place), place);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    id = fd < 0 ? 0 : laz_database_file_id(fd);
    if (id == 0 || id == m->sources_id)
        return;
    laz_buf_init(&text, LAZ_FEED_STATE_MAX);
    if (laz_read_all(fd, &text, NULL) != LAZ_OK)
        return;
    message.text = laz_buf_view(&text);
    if (laz_peer_send(&m->children[LAZ_ROLE_BROKER].peer, &message, NULL, 0) == LAZ_OK)
        m->sources_id = id;
}

static void on_content(void *context)
{
    struct monitor *m = context;
    const char *path = NULL;
    LAZ_OWNED(laz_fd_drop) int fd = is_reloading(m) ? -1 : open_place(m, &path);
    uint64_t id = fd < 0 ? 0 : laz_database_file_id(fd);

    laz_loop_after(m->loop, &m->content, LOOK_MS);
    tell_sources(m);
    if (id == 0 || id == m->db_id)
        return;
    m->db_id = id;
    m->config->db = path;
    reload(m, id);
}

enum laz_status monitor_content_open(struct monitor *m, struct laz_error *err)
{
    m->db_fd = laz_open_read(m->config->db);
    if (m->db_fd < 0)
        return laz_fail_errno(err, "database", m->config->db, "check permissions");
    m->db_id = laz_database_file_id(m->db_fd);
    return LAZ_OK;
}

void monitor_content_watch(struct monitor *m)
{
    m->content = (struct laz_timer){.fn = on_content, .context = m};
    laz_loop_after(m->loop, &m->content, LOOK_MS);
}

bool monitor_content_promote(struct child *c)
{
    struct monitor *m = c->monitor;
    struct laz_error err;

    if (c->role != LAZ_ROLE_WORKER || c->next.pidfd < 0)
        return false;
    laz_loop_remove(m->loop, c->next.pidfd);
    c->process = c->next;
    c->next.pidfd = -1;
    c->bare = false;
    m->failed_reloads = 0;
    if (m->next_db_fd >= 0) { /* the first one: from now on all workers start with it */
        laz_fd_drop(&m->db_fd);
        m->db_fd = laz_move_fd(&m->next_db_fd);
    }
    if (laz_loop_add(m->loop, c->process.pidfd, LAZ_LOOP_READ, monitor_on_child_end, c, &err) !=
        LAZ_OK) {
        laz_log_error(LAZ_ERROR, "content.failed", &err);
        laz_child_stop(&c->process, 0);
        laz_loop_after(m->loop, &c->restart, LOOK_MS);
    }
    return true;
}

void monitor_content_close(struct monitor *m)
{
    laz_fd_drop(&m->db_fd);
    laz_fd_drop(&m->next_db_fd);
}
