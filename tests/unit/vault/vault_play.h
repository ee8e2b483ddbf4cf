/* vault_play.h - what tests of the vault share: keeping, the attacker's deeds, and rolling back. */
#ifndef LAZ_TESTS_VAULT_PLAY_H
#define LAZ_TESTS_VAULT_PLAY_H

#include "place.h"

#include <dirent.h>
#include <errno.h>

#include "agent/vault.h"
#include "base/number.h"
#include "sys/clock.h"

static inline struct laz_vault *open_with(const struct place *p,
                                          const struct laz_vault_limits *limits)
{
    struct laz_vault *v;
    struct laz_error err;

    assert_int_equal(laz_vault_open(in(p, "vault"), LAZ_VAULT_WRITE, limits, &v, &err), LAZ_OK);
    return v;
}

static inline struct laz_vault *open_vault(const struct place *p)
{
    static const struct laz_vault_limits small = {.free_min = 1};

    return open_with(p, &small);
}

static inline enum laz_status keep(struct laz_vault *v, const char *actor, const char *path,
                                   struct laz_vault_kept *kept)
{
    LAZ_OWNED(laz_fd_drop) int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct laz_error err;

    assert_true(fd >= 0);
    return laz_vault_keep(v, laz_view_of(actor), fd, laz_view_of(path), kept, &err);
}

static inline void keep_ok(struct laz_vault *v, const char *actor, const char *path)
{
    struct laz_vault_kept kept;

    assert_int_equal(keep(v, actor, path, &kept), LAZ_OK);
}

static inline void renamed(struct laz_vault *v, const char *from, const char *to, bool with_inode)
{
    struct stat st = {0};

    assert_int_equal(rename(from, to), 0);
    if (with_inode)
        assert_int_equal(lstat(to, &st), 0);
    assert_int_equal(laz_vault_renamed(v, laz_view_of("a"), laz_view_of(from), laz_view_of(to),
                                       st.st_dev, st.st_ino),
                     LAZ_OK);
}

static inline void created(struct laz_vault *v, const char *path)
{
    assert_int_equal(laz_vault_created(v, laz_view_of("a"), laz_view_of(path)), LAZ_OK);
}

struct told {
    unsigned put_back, unchanged, failed, made;
};

static inline void hear(void *context, const struct laz_vault_report *report)
{
    struct told *told = context;

    switch (report->outcome) {
    case LAZ_VAULT_PUT_BACK:
        told->put_back++;
        break;
    case LAZ_VAULT_UNCHANGED:
        told->unchanged++;
        break;
    case LAZ_VAULT_FAILED:
        assert_non_null(report->err);
        told->failed++;
        break;
    case LAZ_VAULT_MADE:
        told->made++;
        break;
    }
}

static inline struct laz_vault_rollback roll_back(struct laz_vault *v, const char *actor,
                                                  struct told *told)
{
    struct laz_vault_rollback done;
    struct laz_error err;

    struct laz_vault_listener listener = {.report = hear, .context = told};

    *told = (struct told){0};
    assert_int_equal(laz_vault_roll_back(v, laz_view_of(actor), &listener, &done, &err), LAZ_OK);
    return done;
}

static inline unsigned count_entries(const char *dir)
{
    DIR *d = opendir(dir);
    unsigned count = 0;

    assert_non_null(d);
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d))
        count += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 ? 1 : 0;
    closedir(d);
    return count;
}

/* Long enough ago that the version can be told by its times. */
static inline void settle(void)
{
    usleep(30000);
}

#define PLACED(test) cmocka_unit_test_setup_teardown(test, place_make, place_remove)

#endif
