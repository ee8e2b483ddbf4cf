#include "cli/db_includes.h"

#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "cli/db_sources.h"
#include "rules/include.h"
#include "sys/fd.h"

#define DEPTH_MAX 16 /* as the compiler takes */
#define FILES_MAX 4096
#define FILE_MAX  (64 * MIB)
#define PATH_SIZE 4096

/* Names that are in the bundle already. */
struct known {
    char *items[FILES_MAX]; /* owned */
    size_t count;
};

static enum laz_status add_all(struct known *known, int bundle, const char *path, const char *name,
                               struct laz_view text, unsigned depth, struct laz_error *err);

static bool is_known(const struct known *known, const char *name)
{
    for (size_t i = 0; i < known->count; i++)
        if (strcmp(known->items[i], name) == 0)
            return true;
    return false;
}

static enum laz_status add_file(struct known *known, int bundle, const char *path, const char *name,
                                unsigned depth, struct laz_error *err)
{
    struct laz_buf text;
    enum laz_status s;

    if (known->count == FILES_MAX || is_known(known, name))
        return LAZ_OK;
    known->items[known->count] = strdup(name);
    if (known->items[known->count] == NULL)
        return laz_fail(err, LAZ_NOMEM, "source", name, "no memory", "");
    known->count++;
    laz_buf_init(&text, FILE_MAX);
    s = laz_read_file(path, &text, NULL);
    if (s == LAZ_OK) {
        s = laz_db_source_write_list(bundle, name, LAZ_INCLUDED, laz_buf_view(&text), err);
        if (s == LAZ_OK)
            s = add_all(known, bundle, path, name, laz_buf_view(&text), depth + 1, err);
    } else if (s != LAZ_NOMEM) {
        s = LAZ_OK; /* the word may have stood in a comment; the compiler knows */
    }
    laz_buf_clear(&text);
    return s;
}

static enum laz_status add_one(struct known *known, int bundle, const char *path, const char *name,
                               struct laz_view included, unsigned depth, struct laz_error *err)
{
    LAZ_OWNED(laz_buf_drop) struct laz_buf at = {.max = PATH_SIZE}, as = {.max = PATH_SIZE};

    if (laz_include_path(path, included, &at) != LAZ_OK ||
        laz_include_path(name, included, &as) != LAZ_OK)
        return LAZ_OK; /* no file has such a path */
    return add_file(known, bundle, laz_buf_text(&at), laz_buf_text(&as), depth, err);
}

static enum laz_status add_all(struct known *known, int bundle, const char *path, const char *name,
                               struct laz_view text, unsigned depth, struct laz_error *err)
{
    struct laz_view included;
    enum laz_status s = LAZ_OK;

    while (s == LAZ_OK && depth < DEPTH_MAX && laz_include_next(&text, &included))
        s = add_one(known, bundle, path, name, included, depth, err);
    return s;
}

enum laz_status laz_db_includes_add(int bundle, const char *path, const char *name,
                                    struct laz_view text, struct laz_error *err)
{
    struct known *known = calloc(1, sizeof *known);
    enum laz_status s;

    if (known == NULL)
        return laz_fail(err, LAZ_NOMEM, "source", name, "no memory", "");
    s = add_all(known, bundle, path, name, text, 0, err);
    for (size_t i = 0; i < known->count; i++)
        free(known->items[i]);
    free(known);
    return s;
}
