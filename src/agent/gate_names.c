#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/gate_priv.h"
#include "sys/fd.h"

static int open_place(struct gate *g, const struct laz_watch_place *place, size_t *tree)
{
    for (size_t i = 0; i < g->config->tree_count; i++) {
        int fd = g->trees[i].fd < 0 ? -1 : laz_watch_place_open(g->trees[i].fd, place);

        if (fd >= 0) {
            *tree = i;
            return fd;
        }
    }
    return -1;
}

/* "" when the directory is gone or the path is too long. */
static void path_of_place(struct gate *g, const struct laz_watch_place *place, char out[PATH_MAX])
{
    size_t tree, len;
    LAZ_OWNED(laz_fd_drop) int fd = open_place(g, place, &tree);

    out[0] = '\0';
    if (fd < 0 || place->name.len == 0)
        return;
    laz_fd_path(fd, out, PATH_MAX);
    len = strlen(out);
    if (len == 0 || len + place->name.len + 2 > PATH_MAX) {
        out[0] = '\0';
        return;
    }
    snprintf(out + len, PATH_MAX - len, "%s%.*s", len == 1 ? "" : "/", (int)place->name.len,
             (const char *)place->name.data);
}

/* A directory that came into a guarded one. When the whole file system is marked it is in already.
 */
static void follow_dir(struct gate *g, const struct laz_watch_place *place)
{
    LAZ_OWNED(laz_fd_drop) int parent = -1;
    char name[NAME_MAX + 1];
    size_t tree = 0;
    int fd;

    parent = open_place(g, place, &tree);
    if (parent < 0 || g->trees[tree].whole_filesystem || place->name.len == 0 ||
        place->name.len > NAME_MAX)
        return;
    memcpy(name, place->name.data, place->name.len);
    name[place->name.len] = '\0';
    fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0)
        laz_tree_mark_dir(&g->marks, g->trees[tree].device, fd);
}

static void tell_renamed(struct gate *g, struct gate_actor *a, const char *old_path,
                         const char *new_path)
{
    struct laz_vault_message to_vault = {.kind = LAZ_VAULT_RENAMED};
    struct laz_agent_message to_broker = {.kind = LAZ_AGENT_RENAMED};

    to_vault.renamed.actor = to_broker.actor = laz_view_of(a->who.key);
    to_vault.renamed.old_path = to_broker.path = laz_view_of(old_path);
    to_vault.renamed.new_path = to_broker.other = laz_view_of(new_path);
    laz_ignore(gate_ask_vault(g, &to_vault, -1)); /* lost, it costs tidiness after a rollback */
    gate_actor_tell(g, a);
    gate_tell(g, &to_broker);
}

static void tell_deleted(struct gate *g, struct gate_actor *a, const char *path)
{
    struct laz_agent_message m = {.kind = LAZ_AGENT_DELETED};

    m.actor = laz_view_of(a->who.key);
    m.path = laz_view_of(path);
    gate_actor_tell(g, a);
    gate_tell(g, &m);
}

/* The name's thread number is that of a thread too: names are asked for by who lives, mostly. */
static void on_file_name(struct gate *g, const struct laz_watch_name_event *e)
{
    struct gate_actor *a = gate_actor_remembered(g, e->pid);
    char path[PATH_MAX], old_path[PATH_MAX];

    if (a == NULL || a->own)
        return;
    path_of_place(g, &e->place, path);
    if (path[0] == '\0')
        return;
    if (e->deed == LAZ_WATCH_DELETED) {
        tell_deleted(g, a, path);
        return;
    }
    path_of_place(g, &e->old_place, old_path);
    if (old_path[0] != '\0')
        tell_renamed(g, a, old_path, path);
}

void gate_on_name(void *context, const struct laz_watch_name_event *e)
{
    struct gate *g = context;

    if (e->is_dir && (e->deed == LAZ_WATCH_CREATED || e->deed == LAZ_WATCH_MOVED_IN))
        follow_dir(g, &e->place);
    if (!e->is_dir && (e->deed == LAZ_WATCH_RENAMED || e->deed == LAZ_WATCH_DELETED))
        on_file_name(g, e);
}
