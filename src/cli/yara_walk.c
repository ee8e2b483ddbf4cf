#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/number.h"
#include "cli/yara.h"
#include "sys/fd.h"

#define DEPTH_MAX 128u /* of folders in folders; links may lead round in circles */

struct walk {
    const struct laz_yara_options *options;
    struct laz_yara_lanes *lanes;
    bool is_done; /* as many rules were shown as there may be */
};

static bool give_file(struct walk *w, const char *path)
{
    LAZ_OWNED(laz_fd_drop) int fd = laz_open_read(path);

    if (fd < 0) {
        laz_yara_lanes_miss(w->lanes, path);
        return false;
    }
    w->is_done = laz_yara_lanes_submit(w->lanes, fd, path) != LAZ_OK;
    return true;
}

/* A file in a folder or a list. "Larger" is yara's word, and means also: as large. */
static void give_member(struct walk *w, const char *path, const struct stat *st)
{
    if (w->options->size_max > 0 && (uint64_t)st->st_size >= w->options->size_max)
        fprintf(stderr, "skipping %s (%llu bytes) because it's larger than %llu bytes.\n", path,
                (unsigned long long)st->st_size, (unsigned long long)w->options->size_max);
    else
        laz_ignore(give_file(w, path)); /* it was told */
}

static void walk_folder(struct walk *w, const char *folder, unsigned depth);

static void walk_entry(struct walk *w, const char *folder, const char *name, unsigned depth)
{
    char path[PATH_MAX];
    struct stat st, own;

    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
        snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path ||
        lstat(path, &own) != 0)
        return;
    if (S_ISLNK(own.st_mode) && w->options->no_links)
        return;
    if (stat(path, &st) != 0)
        return; /* a link that leads nowhere */
    if (S_ISREG(st.st_mode))
        give_member(w, path, &st);
    else if (S_ISDIR(st.st_mode) && w->options->recursive && depth < DEPTH_MAX)
        walk_folder(w, path, depth + 1);
}

/* In the order of the folder, as yara goes. Depth is bounded above. */
static void walk_folder(struct walk *w, const char *folder, unsigned depth)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;

    if (dir == NULL)
        return;
    while (!w->is_done && (entry = readdir(dir)) != NULL)
        walk_entry(w, folder, entry->d_name, depth);
    closedir(dir);
}

static bool walk_list(struct walk *w, const char *path)
{
    FILE *file = fopen(path, "re");
    char line[PATH_MAX + 2];
    struct stat st;

    if (file == NULL) {
        fprintf(stderr, "error: could not open file \"%s\".\n", path);
        return false;
    }
    while (!w->is_done && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\r\n")] = '\0';
        if (line[0] == '\0')
            continue;
        if (stat(line, &st) == 0 && S_ISDIR(st.st_mode))
            walk_folder(w, line, 0);
        else if (stat(line, &st) == 0 && S_ISREG(st.st_mode))
            give_member(w, line, &st);
        else
            laz_yara_lanes_miss(w->lanes, line);
    }
    fclose(file);
    return true;
}

static bool is_number(const char *text)
{
    uint64_t n;

    return laz_parse_u64(laz_view_of(text), INT64_MAX, &n);
}

bool laz_yara_walk(const struct laz_yara_options *options, struct laz_yara_lanes *lanes)
{
    struct walk w = {.options = options, .lanes = lanes};
    struct stat st;
    bool is_there = stat(options->target, &st) == 0;

    if (options->is_list)
        return walk_list(&w, options->target);
    if (is_there && S_ISDIR(st.st_mode)) {
        walk_folder(&w, options->target, 0);
        return true;
    }
    if (!is_there && is_number(options->target)) {
        fprintf(stderr,
                "error: %s: the memory of processes is not read; "
                "scan the file that /proc/%s/exe leads to\n",
                options->target, options->target);
        return false;
    }
    return give_file(&w, options->target);
}
