#include "agent/vault_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 64 /* renames of one file that are followed */

void laz_vault_names_clear(struct laz_vault_names *n)
{
    for (size_t i = 0; i < n->rename_count; i++) {
        free(n->renames[i].from);
        free(n->renames[i].to);
    }
    for (size_t i = 0; i < n->created_count; i++)
        free(n->created[i]);
    free(n->renames);
    free(n->created);
    free(n->by_from);
    free(n->by_to);
    free(n->folders);
    *n = (struct laz_vault_names){0};
}

static char *text_of(struct laz_view v)
{
    char *text = malloc(v.len + 1);

    if (text == NULL)
        return NULL;
    memcpy(text, v.data, v.len);
    text[v.len] = '\0';
    return text;
}

/* Room for one more of size bytes at *array. */
static bool reserve(void **array, size_t count, size_t *room, size_t size)
{
    size_t more = *room == 0 ? 64 : *room * 2;
    void *larger;

    if (count < *room)
        return true;
    larger = reallocarray(*array, more, size);
    if (larger == NULL)
        return false;
    *array = larger;
    *room = more;
    return true;
}

enum laz_status laz_vault_names_add_rename(struct laz_vault_names *n,
                                           const struct laz_vault_record *r, uint64_t at)
{
    struct laz_vault_rename *rename;

    if (!reserve((void **)&n->renames, n->rename_count, &n->rename_room, sizeof *n->renames))
        return LAZ_NOMEM;
    rename = &n->renames[n->rename_count];
    *rename = (struct laz_vault_rename){.at = at,
                                        .device = r->version.file.device,
                                        .inode = r->version.file.inode,
                                        .from = text_of(r->path),
                                        .to = text_of(r->new_path)};
    n->rename_count++; /* also when a name is missing: it is freed with the rest */
    return rename->from != NULL && rename->to != NULL ? LAZ_OK : LAZ_NOMEM;
}

enum laz_status laz_vault_names_add_created(struct laz_vault_names *n, struct laz_view path)
{
    char *text;

    if (!reserve((void **)&n->created, n->created_count, &n->created_room, sizeof *n->created))
        return LAZ_NOMEM;
    text = text_of(path);
    if (text == NULL)
        return LAZ_NOMEM;
    n->created[n->created_count++] = text;
    return LAZ_OK;
}

static int compare_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int compare_place(uint32_t a, uint32_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_from(const void *a, const void *b, void *context)
{
    const struct laz_vault_names *n = context;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    int order = strcmp(n->renames[x].from, n->renames[y].from);

    return order != 0 ? order : compare_place(x, y);
}

static int compare_to(const void *a, const void *b, void *context)
{
    const struct laz_vault_names *n = context;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    int order = strcmp(n->renames[x].to, n->renames[y].to);

    return order != 0 ? order : compare_place(x, y);
}

enum laz_status laz_vault_names_sort(struct laz_vault_names *n)
{
    if (n->created_count > 0)
        qsort(n->created, n->created_count, sizeof *n->created, compare_text);
    if (n->rename_count == 0)
        return LAZ_OK;
    n->by_from = calloc(n->rename_count, sizeof *n->by_from);
    n->by_to = calloc(n->rename_count, sizeof *n->by_to);
    n->folders = calloc(n->rename_count, sizeof *n->folders);
    if (n->by_from == NULL || n->by_to == NULL || n->folders == NULL)
        return LAZ_NOMEM;
    for (size_t i = 0; i < n->rename_count; i++)
        n->by_from[i] = n->by_to[i] = (uint32_t)i;
    qsort_r(n->by_from, n->rename_count, sizeof *n->by_from, compare_from, n);
    qsort_r(n->by_to, n->rename_count, sizeof *n->by_to, compare_to, n);
    return LAZ_OK;
}

bool laz_vault_names_is_created(const struct laz_vault_names *n, const char *path)
{
    return n->created_count > 0 &&
           bsearch(&path, n->created, n->created_count, sizeof *n->created, compare_text) != NULL;
}

/* The first place in sorted whose name is not before name. */
static size_t lower_bound(const struct laz_vault_names *n, const uint32_t *sorted, bool by_from,
                          const char *name)
{
    size_t low = 0, high = n->rename_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct laz_vault_rename *r = &n->renames[sorted[middle]];

        if (strcmp(by_from ? r->from : r->to, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_of(const struct laz_vault_rename *r, const struct laz_vault_file_id *file)
{
    return r->inode != 0 && r->inode == file->inode && r->device == file->device;
}

/* The last rename to this name before the limit. One whose inode is known must be of this file, and
 * may have been told late; of another, only its time says whether it can be. */
static const struct laz_vault_rename *find_to(const struct laz_vault_names *n, const char *name,
                                              uint64_t limit, uint64_t kept_at,
                                              const struct laz_vault_file_id *file)
{
    const struct laz_vault_rename *best = NULL;

    for (size_t i = lower_bound(n, n->by_to, false, name);
         i < n->rename_count && strcmp(n->renames[n->by_to[i]].to, name) == 0; i++) {
        const struct laz_vault_rename *r = &n->renames[n->by_to[i]];

        if (r->at < limit && (is_of(r, file) || (r->inode == 0 && r->at < kept_at)))
            best = r;
    }
    return best;
}

const char *laz_vault_names_origin(const struct laz_vault_names *n, const char *path, uint64_t at,
                                   const struct laz_vault_file_id *file)
{
    uint64_t limit = UINT64_MAX;

    for (int i = 0; i < STEPS_MAX; i++) {
        const struct laz_vault_rename *r = find_to(n, path, limit, at, file);

        if (r == NULL)
            break;
        path = r->from;
        limit = r->at;
    }
    return path;
}

/* The first rename from this name after the one before. */
static const struct laz_vault_rename *find_from(const struct laz_vault_names *n, const char *name,
                                                uint64_t after,
                                                const struct laz_vault_file_id *file)
{
    for (size_t i = lower_bound(n, n->by_from, true, name);
         i < n->rename_count && strcmp(n->renames[n->by_from[i]].from, name) == 0; i++) {
        const struct laz_vault_rename *r = &n->renames[n->by_from[i]];

        if ((after == UINT64_MAX || r->at > after) && (is_of(r, file) || r->inode == 0))
            return r;
    }
    return NULL;
}

const char *laz_vault_names_now(const struct laz_vault_names *n, const char *origin,
                                const struct laz_vault_file_id *file)
{
    uint64_t after = UINT64_MAX; /* none yet */

    for (int i = 0; i < STEPS_MAX; i++) {
        const struct laz_vault_rename *r = find_from(n, origin, after, file);

        if (r == NULL)
            break;
        origin = r->to;
        after = r->at;
    }
    return origin;
}

void laz_vault_names_undo_folder(struct laz_vault_names *n, uint32_t place)
{
    n->renames[place].undone = true;
    n->folders[n->folder_count++] = place;
}

bool laz_vault_names_lead_back(const struct laz_vault_names *n, const char *path, uint64_t at,
                               char *out, size_t size, bool *differs)
{
    *differs = false;
    for (size_t i = 0; i < n->folder_count; i++) { /* the youngest first */
        const struct laz_vault_rename *r = &n->renames[n->folders[i]];
        size_t len = strlen(r->to);
        char next[4096];
        int made;

        if (r->at > at || strncmp(path, r->to, len) != 0 || path[len] != '/')
            continue;
        made = snprintf(next, sizeof next, "%s%s", r->from, path + len);
        if (made < 0 || (size_t)made >= sizeof next || (size_t)made >= size)
            return false;
        memcpy(out, next, (size_t)made + 1);
        path = out;
        *differs = true;
    }
    return true;
}
