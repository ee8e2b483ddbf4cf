/* A folder for one test of the spool, and short ways to write to it and read from it. */
#ifndef SPOOL_PLACE_H
#define SPOOL_PLACE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/spool.h"
#include "sys/fd.h"

struct spool_place {
    char dir[64];
};

static inline int make_place(void **state)
{
    static struct spool_place place;

    /* In memory where there is such a place: these tests open a spool some ten thousand times. */
    snprintf(place.dir, sizeof place.dir, "/dev/shm/laz-spool-XXXXXX");
    if (mkdtemp(place.dir) == NULL) {
        snprintf(place.dir, sizeof place.dir, "/tmp/laz-spool-XXXXXX");
        assert_non_null(mkdtemp(place.dir));
    }
    *state = &place;
    return 0;
}

static inline void empty_folder(const char *dir)
{
    DIR *folder = opendir(dir);
    char path[512];

    assert_non_null(folder);
    for (struct dirent *e = readdir(folder); e != NULL; e = readdir(folder)) {
        if (e->d_name[0] == '.' && (e->d_name[1] == '\0' || e->d_name[1] == '.'))
            continue;
        snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
        assert_int_equal(unlink(path), 0);
    }
    closedir(folder);
}

static inline int remove_place(void **state)
{
    const struct spool_place *place = *state;

    empty_folder(place->dir);
    return rmdir(place->dir);
}

static inline struct laz_spool *open_spool(const char *dir, const struct laz_spool_limits *limits)
{
    struct laz_spool *spool = NULL;
    struct laz_error err = {0};

    if (laz_spool_open(dir, limits, &spool, &err) != LAZ_OK)
        fail_msg("%s: %s", err.where, err.why);
    return spool;
}

static inline uint64_t append(struct laz_spool *spool, const char *json, bool urgent)
{
    uint64_t seq = 0;

    assert_int_equal(laz_spool_append(spool, laz_view_of(json), urgent, &seq, NULL), LAZ_OK);
    return seq;
}

static inline struct laz_spool_reader *open_reader(const char *dir)
{
    struct laz_spool_reader *reader = NULL;

    assert_int_equal(laz_spool_reader_open(dir, &reader, NULL), LAZ_OK);
    return reader;
}

/* The number of segment files. */
static inline unsigned count_files(const char *dir)
{
    DIR *folder = opendir(dir);
    unsigned count = 0;

    assert_non_null(folder);
    for (struct dirent *e = readdir(folder); e != NULL; e = readdir(folder))
        count += laz_view_ends_text(laz_view_of(e->d_name), ".seg");
    closedir(folder);
    return count;
}

#endif
