#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/number.h"
#include "base/text.h"
#include "cli/content.h"
#include "sign/digest.h"
#include "sys/clock.h"
#include "sys/fd.h"

#define DPKG_INFO "/var/lib/dpkg/info"
#define LIST_MAX  ((size_t)64 * MIB)
#define PATH_SIZE 4096

/* Packages that bring test files which protection is meant to find. */
static const char *const test_packages[] = {"clamav-testfiles", "lazaret"};

void laz_content_clean_clear(struct laz_content_clean_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        free(set->files[i].path);
    free(set->files);
    *set = (struct laz_content_clean_set){NULL, 0, 0, 0};
}

static bool put(struct laz_content_clean *file, struct laz_view path, const uint8_t *md5)
{
    char *copy = malloc(path.len + 2);

    if (copy == NULL)
        return false;
    copy[0] = '/';
    memcpy(copy + 1, path.data, path.len);
    copy[path.len + 1] = '\0';
    free(file->path);
    file->path = copy;
    file->has_md5 = md5 != NULL;
    if (md5 != NULL)
        memcpy(file->md5, md5, sizeof file->md5);
    return true;
}

/* Each of the files that were seen has the same chance to be in the sample (Vitter's algorithm R):
 * another part of the machine each time. path has no '/' before it. */
static bool offer(struct laz_content_clean_set *set, size_t room, struct laz_view path,
                  const uint8_t *md5)
{
    uint64_t chance;

    set->seen++;
    if (set->count < room) {
        set->files[set->count] = (struct laz_content_clean){NULL, {0}, false, false};
        return put(&set->files[set->count], path, md5) && ++set->count > 0;
    }
    laz_random_bytes(&chance, sizeof chance);
    chance %= set->seen;
    return chance >= set->count || put(&set->files[chance], path, md5);
}

static bool read_list(struct laz_content_clean_set *set, size_t room, struct laz_view text)
{
    struct laz_view line, digits;
    uint8_t md5[16];

    while (laz_take_until(&text, '\n', &line)) {
        if (!laz_take(&line, 32, &digits) || !laz_hex_decode(digits, md5, sizeof md5) ||
            !laz_skip(&line, 2) || line.len == 0 || line.len > PATH_SIZE - 2 ||
            laz_view_find_byte(line, '\0') < line.len)
            continue;
        if (!offer(set, room, line, md5))
            return false;
    }
    return true;
}

static bool is_test_package(const char *name)
{
    for (size_t i = 0; i < sizeof test_packages / sizeof *test_packages; i++) {
        size_t len = strlen(test_packages[i]);

        if (strncmp(name, test_packages[i], len) == 0 && (name[len] == '.' || name[len] == ':'))
            return true;
    }
    return false;
}

/* The lists that Debian's packages bring: path and MD5 of each file. */
static enum laz_status read_packages(struct laz_content_clean_set *set, size_t room,
                                     struct laz_error *err)
{
    DIR *dir = opendir(DPKG_INFO);
    enum laz_status s = LAZ_OK;

    if (dir == NULL)
        return errno == ENOENT ? LAZ_OK : laz_fail_errno(err, "content", DPKG_INFO, "");
    for (struct dirent *e = readdir(dir); s == LAZ_OK && e != NULL; e = readdir(dir)) {
        LAZ_OWNED(laz_buf_drop) struct laz_buf text = {0};
        LAZ_OWNED(laz_fd_drop) int fd = -1;

        if (!laz_view_ends_text(laz_view_of(e->d_name), ".md5sums") || is_test_package(e->d_name))
            continue;
        laz_buf_init(&text, LIST_MAX);
        fd = openat(dirfd(dir), e->d_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0 || laz_read_all(fd, &text, NULL) != LAZ_OK)
            continue; /* a package that is being changed */
        if (!read_list(set, room, laz_buf_view(&text)))
            s = laz_fail(err, LAZ_NOMEM, "content", DPKG_INFO, "no memory", "");
    }
    closedir(dir);
    return s;
}

static enum laz_status add_folder(struct laz_content_clean_set *set, size_t room, const char *path,
                                  struct laz_error *err)
{
    char *real = realpath(path, NULL);
    char *roots[] = {real, NULL};
    FTS *walk = real == NULL ? NULL : fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    enum laz_status s = LAZ_OK;

    if (walk == NULL) {
        free(real);
        return laz_fail_errno(err, "content", path, "check that the folder is there");
    }
    for (FTSENT *e = fts_read(walk); s == LAZ_OK && e != NULL; e = fts_read(walk))
        if (e->fts_info == FTS_F && !offer(set, room, laz_view_of(e->fts_path + 1), NULL))
            s = laz_fail(err, LAZ_NOMEM, "content", path, "no memory", "");
    laz_ignore(fts_close(walk)); /* it was only read */
    free(real);
    return s;
}

/* Other systems tell no digests that we read: their programs are taken as they are. */
static enum laz_status read_system(struct laz_content_clean_set *set, size_t room,
                                   struct laz_error *err)
{
    static const char *const folders[] = {"/usr/bin", "/usr/sbin", "/usr/lib"};
    enum laz_status s = LAZ_OK;

    for (size_t i = 0; s == LAZ_OK && i < sizeof folders / sizeof *folders; i++)
        s = add_folder(set, room, folders[i], NULL) == LAZ_NOMEM
                ? laz_fail(err, LAZ_NOMEM, "content", folders[i], "no memory", "")
                : LAZ_OK; /* a folder that is not there has no files */
    return s;
}

enum laz_status laz_content_clean_collect(const struct laz_content_update *u,
                                          struct laz_content_clean_set *out, struct laz_error *err)
{
    size_t named = u->clean_count * (size_t)u->sample; /* a sample of each named folder too */
    enum laz_status s;

    *out = (struct laz_content_clean_set){NULL, 0, 0, 0};
    out->capacity = u->sample + named + 1;
    out->files = calloc(out->capacity, sizeof *out->files);
    if (out->files == NULL)
        return laz_fail(err, LAZ_NOMEM, "content", "", "no memory", "");
    s = read_packages(out, u->sample, err);
    if (s == LAZ_OK && out->count == 0)
        s = read_system(out, u->sample, err);
    for (size_t i = 0; s == LAZ_OK && i < u->clean_count; i++) {
        out->seen = out->count; /* a named folder has a sample of its own */
        s = add_folder(out, out->count + u->sample, u->clean[i], err);
    }
    if (s != LAZ_OK)
        laz_content_clean_clear(out);
    return s;
}

bool laz_content_clean_is_whole(const struct laz_content_clean *file)
{
    LAZ_OWNED(laz_fd_drop) int fd = laz_open_read(file->path);
    uint8_t md5[LAZ_DIGEST_SIZE_MAX];
    struct laz_mapping m = {{NULL, 0}};
    bool ok;

    if (!file->has_md5)
        return true;
    if (fd < 0 || laz_map_fd(fd, &m, NULL) != LAZ_OK)
        return false;
    ok = laz_digest(LAZ_MD5, m.bytes, md5) == LAZ_OK &&
         memcmp(md5, file->md5, sizeof file->md5) == 0;
    laz_mapping_clear(&m);
    return ok;
}
