/* tool.c - one operation of quarantine or vault for scripts.
 *
 * usage: tool put|keep FOLDER FILE STATUS      succeeds when the operation ends in STATUS */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "agent/quarantine.h"
#include "agent/vault.h"
#include "sys/fd.h"

static enum laz_status put(const char *folder, int fd, const char *path, struct laz_error *err)
{
    static const struct laz_quarantine_limits limits = {.free_min = 1};
    static const struct laz_quarantine_meta meta;
    LAZ_OWNED(laz_quarantine_drop) struct laz_quarantine *q = NULL;
    struct laz_quarantine_put out;
    enum laz_status s = laz_quarantine_open(folder, &limits, &q, err);

    return s == LAZ_OK ? laz_quarantine_put(q, fd, path, &meta, &out, err) : s;
}

static enum laz_status keep(const char *folder, int fd, const char *path, struct laz_error *err)
{
    static const struct laz_vault_limits limits = {.free_min = 1};
    LAZ_OWNED(laz_vault_drop) struct laz_vault *v = NULL;
    struct laz_vault_kept kept;
    enum laz_status s = laz_vault_open(folder, LAZ_VAULT_WRITE, &limits, &v, err);

    return s == LAZ_OK ? laz_vault_keep(v, laz_view_of("actor"), fd, laz_view_of(path), &kept, err)
                       : s;
}

int main(int argc, char **argv)
{
    LAZ_OWNED(laz_fd_drop) int fd = -1;
    struct laz_error err = {0};
    enum laz_status s;

    if (argc != 5)
        return 2;
    fd = open(argv[3], O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 2;
    s = strcmp(argv[1], "put") == 0 ? put(argv[2], fd, argv[3], &err)
                                    : keep(argv[2], fd, argv[3], &err);
    printf("%s %s\n", laz_status_name(s), err.why);
    return strcmp(laz_status_name(s), argv[4]) == 0 ? 0 : 1;
}
