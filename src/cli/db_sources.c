#include "cli/db_sources.h"

#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/number.h"
#include "cli/db_includes.h"
#include "cli/db_pack.h"
#include "rules/bundle.h"
#include "rules/language.h"
#include "rules/lists.h"
#include "sign/digest.h"
#include "sys/fd.h"

#define SOURCE_MAX     (2 * GIB)
#define SIGN_FILE_MAX  ((size_t)1 << 20)
#define SIGN_PATH_SIZE 4096

enum laz_status laz_db_source_write_list(int bundle, const char *name, const char *list,
                                         struct laz_view text, struct laz_error *err)
{
    uint8_t sha256[LAZ_DIGEST_SIZE_MAX];
    struct laz_buf head;
    enum laz_status s = laz_digest(LAZ_SHA256, text, sha256);

    if (s != LAZ_OK)
        return laz_fail(err, s, "source", name, "cannot be hashed", "");
    laz_buf_init(&head, 64 * KIB);
    s = laz_bundle_add_head(&head, name, list, sha256, text.len);
    if (s == LAZ_OK)
        s = laz_write_all(bundle, laz_buf_view(&head), err);
    if (s == LAZ_OK)
        s = laz_write_all(bundle, text, err);
    laz_buf_clear(&head);
    return s;
}

enum laz_status laz_db_source_write(int bundle, const char *name, struct laz_view text,
                                    struct laz_error *err)
{
    return laz_db_source_write_list(bundle, name, NULL, text, err);
}

/* The detached signature that may lie beside a pack goes before it, by the pack's name. */
static enum laz_status add_sign_file(int bundle, const char *path, const char *name,
                                     struct laz_view pack, struct laz_error *err)
{
    char sign_path[SIGN_PATH_SIZE], sign_name[SIGN_PATH_SIZE];
    struct laz_error why;
    struct laz_buf text;
    enum laz_status s;

    if (!laz_db_pack_sign_path(path, pack, sign_path, sizeof sign_path))
        return LAZ_OK;
    laz_buf_init(&text, SIGN_FILE_MAX);
    s = laz_read_file(sign_path, &text, &why);
    snprintf(sign_name, sizeof sign_name, "%s.sign", name);
    if (s == LAZ_OK)
        s = laz_db_source_write(bundle, sign_name, laz_buf_view(&text), err);
    else if (s == LAZ_NOT_FOUND) /* older packs have none */
        s = LAZ_OK;
    else if (err != NULL)
        *err = why;
    laz_buf_clear(&text);
    return s;
}

/* name is what errors and detections say of the file at path. */
static enum laz_status add_file(int bundle, const char *path, const char *name, const char *list,
                                struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int fd = laz_open_read(path);
    struct laz_mapping mapping = {{NULL, 0}};
    enum laz_status s;

    if (fd < 0)
        return laz_fail_errno(err, "source", path, "check that it is there and readable");
    s = laz_db_pack_check_owner(path, fd, err);
    if (s == LAZ_OK)
        s = laz_map_fd(fd, &mapping, err);
    if (s == LAZ_OK && mapping.bytes.len > SOURCE_MAX)
        s = laz_fail(err, LAZ_LIMIT, "source", path, "is larger than 2 GiB", "divide it");
    if (s == LAZ_OK)
        s = add_sign_file(bundle, path, name, mapping.bytes, err);
    if (s == LAZ_OK)
        s = laz_db_source_write_list(bundle, name, list, mapping.bytes, err);
    if (s == LAZ_OK && list == NULL && laz_language_of(laz_view_of(path)) == LAZ_LANGUAGE_YARA)
        s = laz_db_includes_add(bundle, path, name, mapping.bytes, err);
    laz_mapping_clear(&mapping);
    return s;
}

/* A folder holds many files that end as lists do: only those that look like one are some. */
static bool is_source(const FTSENT *entry)
{
    LAZ_OWNED(laz_fd_drop) int fd = -1;
    struct laz_mapping mapping = {{NULL, 0}};
    bool is_list;

    switch (laz_language_of(laz_view_of(entry->fts_name))) {
    case LAZ_LANGUAGE_UNKNOWN:
        return false;
    case LAZ_LANGUAGE_YARA:
    case LAZ_LANGUAGE_CLAMAV:
    case LAZ_LANGUAGE_PACK:
        return true;
    case LAZ_LANGUAGE_LIST:
        break;
    }
    fd = laz_open_read(entry->fts_accpath);
    if (fd < 0 || laz_map_fd(fd, &mapping, NULL) != LAZ_OK)
        return true; /* reading it as a source says what is wrong */
    is_list = laz_list_looks_like(mapping.bytes);
    laz_mapping_clear(&mapping);
    return is_list;
}

static int compare_names(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static enum laz_status add_entries(FTS *walk, const char *path, int bundle, struct laz_error *err)
{
    size_t count = 0;
    FTSENT *entry;

    while ((entry = fts_read(walk)) != NULL) {
        enum laz_status s = LAZ_OK;

        errno = entry->fts_errno;
        if (entry->fts_info == FTS_ERR || entry->fts_info == FTS_DNR || entry->fts_info == FTS_NS)
            return laz_fail_errno(err, "source", entry->fts_path,
                                  "check that it is there and readable");
        if (entry->fts_info != FTS_F || !is_source(entry))
            continue;
        count++;
        s = add_file(bundle, entry->fts_accpath, entry->fts_path, NULL, err);
        if (s != LAZ_OK)
            return s;
    }
    if (count > 0)
        return LAZ_OK;
    return laz_fail(err, LAZ_NOT_FOUND, "source", path, "holds no source",
                    "expected files that end in " LAZ_LANGUAGE_ENDINGS);
}

static enum laz_status add_path(char *path, int bundle, struct laz_error *err)
{
    char *roots[] = {path, NULL};
    FTS *walk;
    enum laz_status s;

    if (laz_language_of(laz_view_of(path)) != LAZ_LANGUAGE_UNKNOWN)
        return add_file(bundle, path, path, NULL, err);
    walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, compare_names);
    if (walk == NULL)
        return laz_fail_errno(err, "source", path, "");
    s = add_entries(walk, path, bundle, err);
    laz_ignore(fts_close(walk)); /* it was only read */
    return s;
}

enum laz_status laz_db_sources_collect(char **paths, int bundle, struct laz_error *err)
{
    for (size_t i = 0; paths[i] != NULL; i++) {
        enum laz_status s = add_path(paths[i], bundle, err);

        if (s != LAZ_OK)
            return s;
    }
    return LAZ_OK;
}

enum laz_status laz_db_list_collect(const char *argument, int bundle, struct laz_error *err)
{
    struct laz_view v = laz_view_of(argument), kind, name;
    struct laz_list_kind_wanted wanted;
    char word[256];

    if (!laz_take_until(&v, ':', &kind) || v.len == 0 || kind.len >= sizeof word ||
        !laz_list_kind_read(kind, &wanted, &name))
        return laz_fail(err, LAZ_INVALID, "db", argument, "is not KIND:FILE",
                        "KIND is " LAZ_LIST_KIND_WORDS ", and may have =NAME behind it");
    snprintf(word, sizeof word, "%.*s", (int)kind.len, argument);
    return add_file(bundle, argument + kind.len + 1, argument + kind.len + 1, word, err);
}
