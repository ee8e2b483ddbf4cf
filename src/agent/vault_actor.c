#include <fcntl.h>
#include <stdlib.h>

#include "agent/vault_priv.h"
#include "sys/clock.h"
#include "sys/fd.h"

#define NOTES_MAX 100000u /* of one actor */

static enum laz_status add_note(struct laz_vault *v, struct laz_vault_record *r)
{
    struct laz_vault_actor *a = laz_vault_actor_get(&v->index, r->actor);
    uint64_t at;
    enum laz_status s;

    if (a == NULL)
        return LAZ_NOMEM;
    if (a->notes >= NOTES_MAX)
        return LAZ_LIMIT;
    a->seen_ms = laz_now_ms();
    s = laz_vault_add(v, r, &at, NULL);
    return s == LAZ_OK ? laz_vault_actor_note(a, at) : s;
}

enum laz_status laz_vault_renamed(struct laz_vault *v, struct laz_view actor,
                                  struct laz_view old_path, struct laz_view new_path,
                                  uint64_t device, uint64_t inode)
{
    struct laz_vault_record r = {.kind = LAZ_VAULT_RECORD_RENAMED,
                                 .actor = actor,
                                 .path = old_path,
                                 .new_path = new_path,
                                 .version.file = {device, inode, 0}};

    return add_note(v, &r);
}

enum laz_status laz_vault_created(struct laz_vault *v, struct laz_view actor, struct laz_view path)
{
    struct laz_vault_record r = {.kind = LAZ_VAULT_RECORD_CREATED, .actor = actor, .path = path};

    return add_note(v, &r);
}

enum laz_status laz_vault_suspect(struct laz_vault *v, struct laz_view actor, bool on)
{
    struct laz_vault_record r = {.kind = LAZ_VAULT_RECORD_SUSPECT, .actor = actor, .on = on};
    struct laz_vault_actor *a = laz_vault_actor_get(&v->index, actor);
    enum laz_status s;
    uint64_t at;

    if (a == NULL)
        return LAZ_NOMEM;
    a->seen_ms = laz_now_ms();
    if (a->suspect == on)
        return LAZ_OK;
    a->suspect = on; /* also when it cannot be written down */
    s = laz_vault_add(v, &r, &at, NULL);
    if (s == LAZ_OK)
        a->suspect_at = at;
    return s;
}

enum laz_status laz_vault_forget(struct laz_vault *v, struct laz_view actor)
{
    struct laz_vault_record r = {.kind = LAZ_VAULT_RECORD_FORGOTTEN, .actor = actor};
    struct laz_vault_actor *a = laz_vault_actor_find(&v->index, actor);
    uint64_t at;
    enum laz_status s;

    if (a == NULL)
        return LAZ_OK;
    s = laz_vault_add(v, &r, &at, NULL);
    if (s != LAZ_OK)
        return s;
    while (a->first != NULL)
        laz_vault_item_trust(&v->index, a->first);
    laz_vault_actor_forget_notes(a);
    a->suspect = a->rolling = false;
    laz_vault_actor_release(&v->index, a);
    return LAZ_OK;
}

enum laz_status laz_vault_open_old(struct laz_vault *v, struct laz_view actor, struct laz_view path,
                                   int fd, int *out)
{
    struct laz_vault_actor *a = laz_vault_actor_find(&v->index, actor);
    const struct laz_vault_item *item = NULL;
    struct laz_vault_copy copy;
    enum laz_status s;

    if (a == NULL)
        return LAZ_NOT_FOUND;
    if (fd >= 0) {
        struct laz_vault_version version;

        s = laz_vault_version_of(fd, &version);
        if (s != LAZ_OK)
            return s;
        item = laz_vault_item_find(&v->index, a, &version.file);
    } else {
        struct laz_vault_record r;

        for (item = a->first; item != NULL; item = item->after)
            if (laz_vault_journal_read(&v->journal, item->at, &r, NULL) == LAZ_OK &&
                laz_view_equal(r.path, path))
                break;
    }
    if (item == NULL)
        return LAZ_NOT_FOUND;
    s = laz_vault_copy_open(v, item, &copy, NULL);
    if (s != LAZ_OK)
        return s;
    if (copy.content < 0)
        copy.content = open("/dev/null", O_RDONLY | O_CLOEXEC); /* empty */
    *out = laz_move_fd(&copy.content);
    laz_vault_copy_clear(&copy);
    return *out < 0 ? LAZ_IO : LAZ_OK;
}
