#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/filecopy.h"
#include "agent/safepath.h"
#include "agent/vault_names.h"
#include "agent/vault_priv.h"
#include "base/number.h"
#include "sys/fd.h"

#define GROUP_FILES 64u         /* that are flushed at once */
#define GROUP_BYTES (256 * MIB) /* and how much, so that people see the first ones soon */

/* A rollback under way. */
struct rollback {
    struct laz_vault *v;
    struct laz_vault_actor *actor;
    struct laz_vault_names names;
    char **targets; /* of the entries, borrowed, sorted */
    size_t target_count;
    bool resumed;
    const struct laz_vault_listener *listener;
    struct laz_vault_rollback done;
};

static void tell(struct rollback *b, enum laz_vault_outcome outcome, const char *path,
                 uint64_t bytes, const struct laz_error *err)
{
    struct laz_vault_report report = {outcome, laz_view_of(path), bytes, err};

    b->listener->report(b->listener->context, &report);
}

static enum laz_status read_names(struct rollback *b)
{
    enum laz_status s = LAZ_OK;

    for (const struct laz_vault_note *n = b->actor->first_note; s == LAZ_OK && n != NULL;
         n = n->next) {
        struct laz_vault_record r;

        if (laz_vault_journal_read(&b->v->journal, n->at, &r, NULL) != LAZ_OK)
            continue; /* without it, less is cleaned up */
        s = r.kind == LAZ_VAULT_RECORD_RENAMED ? laz_vault_names_add_rename(&b->names, &r, n->at)
                                               : laz_vault_names_add_created(&b->names, r.path);
    }
    return s == LAZ_OK ? laz_vault_names_sort(&b->names) : s;
}

/* Gives a name back, if what has the new one is what was renamed and the old one is free. */
static bool rename_back(const struct laz_vault_rename *r, bool folders)
{
    LAZ_OWNED(laz_fd_drop) int from = -1;
    LAZ_OWNED(laz_fd_drop) int to = -1;
    const char *from_name, *to_name;
    struct stat st;

    if (laz_parent_open(r->to, &to, &to_name, NULL) != LAZ_OK ||
        laz_parent_open(r->from, &from, &from_name, NULL) != LAZ_OK ||
        fstatat(to, to_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || S_ISDIR(st.st_mode) != folders ||
        (r->inode != 0 && (st.st_ino != r->inode || st.st_dev != r->device)))
        return false;
    if (renameat2(to, to_name, from, from_name, RENAME_NOREPLACE) != 0)
        return false;
    laz_ignore(laz_folder_sync(from, NULL)); /* the file system keeps the order of renames */
    return true;
}

/* A folder that has its old name already was given it back by a rollback that was interrupted. */
static bool is_back(const struct laz_vault_rename *r)
{
    struct stat st;

    return lstat(r->to, &st) != 0 && lstat(r->from, &st) == 0 && S_ISDIR(st.st_mode) &&
           (r->inode == 0 || (st.st_ino == r->inode && st.st_dev == r->device));
}

static void undo_folders(struct rollback *b)
{
    for (size_t i = b->names.rename_count; i-- > 0;) {
        struct laz_vault_rename *r = &b->names.renames[i];

        if (!rename_back(r, true) && !is_back(r))
            continue;
        laz_vault_names_undo_folder(&b->names, (uint32_t)i);
        b->done.restored++;
        tell(b, LAZ_VAULT_PUT_BACK, r->from, 0, NULL);
    }
}

static int compare_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* An entry and where it belongs. */
struct seen {
    struct laz_vault_item *item;
    char *target, *moved_to; /* owned; moved_to NULL when it is target */
};

static void seen_reset(struct seen *e)
{
    free(e->target);
    free(e->moved_to);
    *e = (struct seen){0};
}

static void seen_clear(struct seen *all, size_t count)
{
    for (size_t i = 0; i < count; i++)
        seen_reset(&all[i]);
    free(all);
}

static char *led_back(const struct rollback *b, const char *path, uint64_t at)
{
    char other[PATH_MAX];
    bool differs;

    if (!laz_vault_names_lead_back(&b->names, path, at, other, sizeof other, &differs))
        return NULL;
    return strdup(differs ? other : path);
}

/* Where the entry belongs, and where its changed file stands now. */
static enum laz_status locate(struct rollback *b, struct laz_vault_item *item, struct seen *out)
{
    struct laz_vault_record r;
    enum laz_status s = laz_vault_journal_read(&b->v->journal, item->at, &r, NULL);
    char path[PATH_MAX];
    const char *origin, *now;

    if (s != LAZ_OK)
        return s;
    memcpy(path, r.path.data, r.path.len);
    path[r.path.len] = '\0';
    origin = laz_vault_names_origin(&b->names, path, item->at, &item->file);
    now = laz_vault_names_now(&b->names, origin, &item->file);
    *out = (struct seen){.item = item, .target = led_back(b, origin, item->at)};
    if (strcmp(now, origin) != 0)
        out->moved_to = led_back(b, now, UINT64_MAX);
    return out->target == NULL ? LAZ_NOMEM : LAZ_OK;
}

static void fail_entry(struct rollback *b, const char *path, const struct laz_error *err)
{
    b->done.failed++;
    tell(b, LAZ_VAULT_FAILED, path, 0, err);
}

static void mark_put_back(struct rollback *b, struct laz_vault_item *item)
{
    struct laz_vault_record r = {.kind = LAZ_VAULT_RECORD_PUT_BACK, .entry = item->number};
    uint64_t at;

    item->put_back = true;
    laz_ignore(laz_vault_add(b->v, &r, &at, NULL)); /* without it, it is only compared once more */
}

static enum laz_status begin_entry(struct rollback *b, const struct seen *e,
                                   struct laz_vault_way *out, struct laz_error *err)
{
    struct laz_vault_copy copy;
    struct laz_vault_return r = {.copy = &copy,
                                 .target = e->target,
                                 .moved_to = e->moved_to,
                                 .resumed = b->resumed,
                                 .replace = true,
                                 .make_folders = true,
                                 .number = e->item->number};
    enum laz_status s = laz_vault_copy_open(b->v, e->item, &copy, err);

    if (s != LAZ_OK)
        return s;
    s = laz_vault_way_begin(b->v, &r, out, err);
    laz_vault_copy_clear(&copy);
    return s;
}

static void end_entry(struct rollback *b, const struct seen *e, struct laz_vault_way *w)
{
    struct laz_error err = {0};
    uint64_t bytes = w->changed ? e->item->size : 0;
    bool changed = w->changed;

    if (laz_vault_way_end(w, &err) != LAZ_OK) {
        fail_entry(b, e->target, &err);
        return;
    }
    mark_put_back(b, e->item);
    b->done.restored++;
    b->done.bytes += bytes;
    tell(b, changed ? LAZ_VAULT_PUT_BACK : LAZ_VAULT_UNCHANGED, e->target, bytes, NULL);
}

/* Entries that are begun and wait for one flush. */
struct group {
    struct laz_vault_way ways[GROUP_FILES];
    const struct seen *entries[GROUP_FILES];
    uint64_t devices[GROUP_FILES]; /* those that must be flushed */
    enum laz_status flushed[GROUP_FILES];
    struct laz_error errors[GROUP_FILES];
    size_t count, device_count;
    uint64_t bytes;
};

/* Each file system once. */
static size_t flush_device(struct group *g, const struct laz_vault_way *w)
{
    struct stat st;
    size_t i = 0;

    if (fstat(w->parent, &st) != 0)
        st.st_dev = 0;
    while (i < g->device_count && g->devices[i] != st.st_dev)
        i++;
    if (i == g->device_count) {
        g->devices[i] = st.st_dev;
        g->flushed[i] = laz_vault_way_flush(w, &g->errors[i]);
        g->device_count++;
    }
    return i;
}

static void end_group(struct rollback *b, struct group *g)
{
    for (size_t i = 0; i < g->count; i++) {
        size_t device = flush_device(g, &g->ways[i]);

        if (g->flushed[device] == LAZ_OK) {
            end_entry(b, g->entries[i], &g->ways[i]);
            continue;
        }
        laz_vault_way_clear(&g->ways[i]);
        fail_entry(b, g->entries[i]->target, &g->errors[device]);
    }
    g->count = g->device_count = 0;
    g->bytes = 0;
}

static void return_entry(struct rollback *b, struct group *g, const struct seen *e)
{
    struct laz_error err = {0};

    if (e->item->put_back) { /* by this rollback, before it was interrupted, or by one before */
        b->done.restored++;
        return;
    }
    if (begin_entry(b, e, &g->ways[g->count], &err) != LAZ_OK) {
        fail_entry(b, e->target, &err);
        return;
    }
    g->entries[g->count++] = e;
    g->bytes += e->item->size;
    if (g->count == GROUP_FILES || g->bytes >= GROUP_BYTES)
        end_group(b, g);
}

static enum laz_status return_entries(struct rollback *b, const struct seen *all, size_t count)
{
    struct group *g = calloc(1, sizeof *g);

    if (g == NULL)
        return LAZ_NOMEM;
    for (size_t i = 0; i < count; i++) {
        if (b->listener->pause != NULL)
            b->listener->pause(b->listener->context);
        return_entry(b, g, &all[i]);
    }
    end_group(b, g);
    free(g);
    return LAZ_OK;
}

static int compare_seen(const void *a, const void *b)
{
    const struct seen *x = a, *y = b;
    int order = strcmp(x->target, y->target);

    if (order != 0)
        return order;
    return x->item->number < y->item->number ? -1 : x->item->number > y->item->number;
}

static int compare_number(const void *a, const void *b)
{
    const struct seen *x = a, *y = b;

    return x->item->number < y->item->number ? -1 : x->item->number > y->item->number;
}

/* Of several entries for one path the oldest holds: the others are versions that the actor itself
 * had made. */
static size_t keep_oldest(struct seen *all, size_t count)
{
    size_t kept = 0;

    qsort(all, count, sizeof *all, compare_seen);
    for (size_t i = 0; i < count; i++) {
        if (kept > 0 && strcmp(all[kept - 1].target, all[i].target) == 0) {
            seen_reset(&all[i]);
            continue;
        }
        all[kept++] = all[i];
    }
    qsort(all, kept, sizeof *all, compare_number);
    return kept;
}

static enum laz_status locate_all(struct rollback *b, struct seen **out, size_t *count)
{
    struct seen *all = calloc((size_t)b->actor->entries + 1, sizeof *all);

    *count = 0;
    if (all == NULL)
        return LAZ_NOMEM;
    for (struct laz_vault_item *i = b->actor->first; i != NULL; i = i->after) {
        enum laz_status s = locate(b, i, &all[*count]);

        if (s == LAZ_NOMEM) {
            seen_clear(all, *count + 1);
            *count = 0;
            return s;
        }
        if (s != LAZ_OK)
            b->done.failed++; /* its record is damaged: not even its path is known */
        else if (laz_vault_names_is_created(&b->names, all[*count].target))
            seen_reset(&all[*count]); /* the actor's own: left, and reported below */
        else
            (*count)++;
    }
    *count = keep_oldest(all, *count);
    *out = all;
    return LAZ_OK;
}

static bool is_target(const struct rollback *b, const char *path)
{
    return b->target_count > 0 &&
           bsearch(&path, b->targets, b->target_count, sizeof *b->targets, compare_text) != NULL;
}

static enum laz_status remember_targets(struct rollback *b, const struct seen *all, size_t count)
{
    b->targets = calloc(count + 1, sizeof *b->targets);
    if (b->targets == NULL)
        return LAZ_NOMEM;
    for (size_t i = 0; i < count; i++)
        b->targets[i] = all[i].target; /* borrowed */
    b->target_count = count;
    if (count > 0)
        qsort(b->targets, count, sizeof *b->targets, compare_text);
    return LAZ_OK;
}

/* Files that were only renamed, their content untouched. */
static void undo_renames(struct rollback *b)
{
    for (size_t i = b->names.rename_count; i-- > 0;) {
        const struct laz_vault_rename *r = &b->names.renames[i];

        if (r->undone || is_target(b, r->to) || is_target(b, r->from) ||
            laz_vault_names_is_created(&b->names, r->from) || !rename_back(r, false))
            continue;
        b->done.restored++;
        tell(b, LAZ_VAULT_PUT_BACK, r->from, 0, NULL);
    }
}

static void report_created(struct rollback *b)
{
    struct stat st;

    for (size_t i = 0; i < b->names.created_count; i++) {
        const char *path = b->names.created[i];

        if ((i > 0 && strcmp(path, b->names.created[i - 1]) == 0) || is_target(b, path) ||
            lstat(path, &st) != 0)
            continue;
        b->done.left++;
        tell(b, LAZ_VAULT_MADE, path, 0, NULL);
    }
}

static enum laz_status put_all_back(struct rollback *b)
{
    struct seen *all = NULL;
    size_t count = 0;
    enum laz_status s = read_names(b);

    if (s != LAZ_OK)
        return s;
    undo_folders(b);
    s = locate_all(b, &all, &count);
    if (s == LAZ_OK)
        s = remember_targets(b, all, count);
    if (s == LAZ_OK)
        s = return_entries(b, all, count);
    if (s == LAZ_OK) {
        undo_renames(b);
        report_created(b);
    }
    free(b->targets);
    seen_clear(all, count);
    return s;
}

static enum laz_status mark(struct laz_vault *v, struct laz_vault_actor *a,
                            enum laz_vault_record_kind kind, struct laz_error *err)
{
    struct laz_vault_record r = {.kind = kind, .actor = laz_view_of(a->key)};
    uint64_t at;

    return laz_vault_add(v, &r, &at, err);
}

/* All is back: the copies are spare now. What failed stays kept for another try. */
static void end(struct rollback *b)
{
    struct laz_vault_actor *a = b->actor;

    laz_ignore(
        mark(b->v, a, LAZ_VAULT_RECORD_ROLLED_BACK, NULL)); /* else it is gone through again */
    a->rolling = false;
    if (b->done.failed > 0)
        return;
    laz_ignore(laz_vault_forget(b->v, laz_view_of(a->key))); /* else they stay until they are old */
}

enum laz_status laz_vault_roll_back(struct laz_vault *v, struct laz_view actor,
                                    const struct laz_vault_listener *listener,
                                    struct laz_vault_rollback *out, struct laz_error *err)
{
    struct rollback b = {
        .v = v, .actor = laz_vault_actor_find(&v->index, actor), .listener = listener};
    enum laz_status s;

    if (b.actor == NULL || (b.actor->entries == 0 && b.actor->notes == 0 && !b.actor->rolling))
        return laz_fail(err, LAZ_NOT_FOUND, "rollback", "", "nothing is kept for this actor", "");
    b.resumed = b.actor->rolling;
    b.actor->rolling = true;
    laz_ignore(
        mark(v, b.actor, LAZ_VAULT_RECORD_ROLLBACK, NULL)); /* a full disk must not stop it */
    s = put_all_back(&b);
    laz_vault_names_clear(&b.names);
    if (s != LAZ_OK)
        return laz_fail(err, s, "rollback", v->path, "no memory", "");
    end(&b);
    *out = b.done;
    return LAZ_OK;
}
