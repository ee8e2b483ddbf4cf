/* place.h - a scratch folder for one test, and files in it that can be compared whole. Used by one
 * test program each, so its functions are static. */
#ifndef LAZ_TEST_VAULT_PLACE_H
#define LAZ_TEST_VAULT_PLACE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "sys/fd.h"

#define PATH_SIZE 512

struct place {
    char dir[PATH_SIZE];
};

static inline int remove_one(const char *path, const struct stat *st, int kind, struct FTW *walk)
{
    (void)st;
    (void)kind;
    (void)walk;
    return remove(path);
}

static inline int place_make(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    const char *tmp = getenv("TMPDIR");

    assert_non_null(p);
    snprintf(p->dir, sizeof p->dir, "%s/lazaret-unit.XXXXXX", tmp == NULL ? "/tmp" : tmp);
    assert_non_null(mkdtemp(p->dir));
    *state = p;
    return 0;
}

static inline int place_remove(void **state)
{
    struct place *p = *state;

    nftw(p->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(p);
    return 0;
}

/* A path in the folder, in one of four rotating buffers. */
static inline const char *in(const struct place *p, const char *name)
{
    static char paths[4][2 * PATH_SIZE];
    static unsigned next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof paths[0], "%s/%s", p->dir, name);
    return path;
}

static inline void write_file(const char *path, const void *data, size_t len)
{
    LAZ_OWNED(laz_fd_drop) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, len), (ssize_t)len);
}

static inline void write_text(const char *path, const char *text)
{
    write_file(path, text, strlen(text));
}

static inline bool exists(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0;
}

static inline void assert_content(const char *path, const void *data, size_t len)
{
    LAZ_OWNED(laz_fd_drop) int fd = open(path, O_RDONLY | O_CLOEXEC);
    uint8_t *found = malloc(len + 1);

    assert_true(fd >= 0);
    assert_non_null(found);
    assert_int_equal(read(fd, found, len + 1), (ssize_t)len);
    assert_memory_equal(found, data, len);
    free(found);
}

static inline void assert_text(const char *path, const char *text)
{
    assert_content(path, text, strlen(text));
}

/* Everything that a file is, to be compared later. */
struct look {
    struct stat st;
    char acl[256], user[256], names[1024];
    ssize_t acl_len, user_len, names_len;
};

static inline struct look look_at(const char *path)
{
    struct look l;

    memset(&l, 0, sizeof l);
    assert_int_equal(lstat(path, &l.st), 0);
    l.acl_len = lgetxattr(path, "system.posix_acl_access", l.acl, sizeof l.acl);
    l.user_len = lgetxattr(path, "user.note", l.user, sizeof l.user);
    l.names_len = llistxattr(path, l.names, sizeof l.names);
    return l;
}

static inline void assert_same_look(const struct look *a, const struct look *b)
{
    assert_int_equal(a->st.st_mode, b->st.st_mode);
    assert_int_equal(a->st.st_uid, b->st.st_uid);
    assert_int_equal(a->st.st_gid, b->st.st_gid);
    assert_int_equal(a->st.st_size, b->st.st_size);
    assert_int_equal(a->st.st_mtim.tv_sec, b->st.st_mtim.tv_sec);
    assert_int_equal(a->st.st_mtim.tv_nsec, b->st.st_mtim.tv_nsec);
    assert_int_equal(a->acl_len, b->acl_len);
    assert_memory_equal(a->acl, b->acl, sizeof a->acl);
    assert_int_equal(a->user_len, b->user_len);
    assert_memory_equal(a->user, b->user, sizeof a->user);
    assert_int_equal(a->names_len, b->names_len);
}

/* An access ACL: owner rw, user 4242 r, group r, mask r, others nothing. */
static inline void give_acl(const char *path)
{
    static const uint8_t acl[] = {2,    0, 0, 0,                          /* version */
                                  1,    0, 6, 0, 0xff, 0xff, 0xff, 0xff,  /* owner */
                                  2,    0, 4, 0, 0x92, 0x10, 0,    0,     /* user 4242 */
                                  4,    0, 4, 0, 0xff, 0xff, 0xff, 0xff,  /* group */
                                  0x10, 0, 4, 0, 0xff, 0xff, 0xff, 0xff,  /* mask */
                                  0x20, 0, 0, 0, 0xff, 0xff, 0xff, 0xff}; /* others */

    assert_int_equal(setxattr(path, "system.posix_acl_access", acl, sizeof acl, 0), 0);
}

/* Owner, mode, ACL, attributes and times that no file has by itself. */
static inline void decorate(const char *path)
{
    const struct timespec times[2] = {{1111111111, 222222222}, {1333333333, 444444444}};

    if (geteuid() == 0)
        assert_int_equal(chown(path, 4711, 4712), 0);
    assert_int_equal(chmod(path, 04750), 0);
    assert_int_equal(setxattr(path, "user.note", "kept \0 whole", 12, 0), 0);
    assert_int_equal(setxattr(path, "user.empty", "", 0, 0), 0);
    give_acl(path);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

#endif
