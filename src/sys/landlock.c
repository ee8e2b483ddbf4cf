#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/fd.h"
#include "sys/sandbox_priv.h"

/* Rights that are younger than the headers of Debian 12; numbers from linux/landlock.h of 6.12. */
#define FS_TRUNCATE  (1ULL << 14) /* ABI 3 */
#define FS_IOCTL_DEV (1ULL << 15) /* ABI 5 */
#define NET_BIND     (1ULL << 0)  /* ABI 4 */
#define NET_CONNECT  (1ULL << 1)  /* ABI 4 */
#define SCOPE_SOCKET (1ULL << 0)  /* ABI 6 */
#define SCOPE_SIGNAL (1ULL << 1)  /* ABI 6 */

#define RIGHTS_OF_FILES                                                                            \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE |   \
     FS_TRUNCATE | FS_IOCTL_DEV)
#define RIGHTS_TO_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define RIGHTS_TO_WRITE                                                                            \
    (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                               \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |  \
     LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER |       \
     FS_TRUNCATE)

struct ruleset {
    uint64_t fs, net, scoped;
};

/* A ruleset of an older kernel is shorter. */
static size_t ruleset_size(uint32_t abi)
{
    return abi >= 6   ? sizeof(struct ruleset)
           : abi >= 4 ? offsetof(struct ruleset, scoped)
                      : offsetof(struct ruleset, net);
}

static struct ruleset handled_rights(enum laz_sandbox_profile profile, uint32_t abi)
{
    struct ruleset r = {.fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1};

    if (abi >= 2)
        r.fs |= LANDLOCK_ACCESS_FS_REFER;
    if (abi >= 3)
        r.fs |= FS_TRUNCATE;
    if (abi >= 4)
        r.net = profile == LAZ_SANDBOX_UPLINK ? NET_BIND : NET_BIND | NET_CONNECT;
    if (abi >= 5)
        r.fs |= FS_IOCTL_DEV;
    if (abi >= 6)
        r.scoped = SCOPE_SOCKET | SCOPE_SIGNAL;
    return r;
}

static enum laz_status allow_path(int ruleset, const struct laz_sandbox_path *p, uint64_t handled,
                                  struct laz_error *err)
{
    LAZ_OWNED(laz_fd_drop) int fd = open(p->path, O_PATH | O_CLOEXEC);
    struct landlock_path_beneath_attr rule;
    struct stat st;

    if (fd < 0)
        return errno == ENOENT ? LAZ_OK : laz_fail_errno(err, "sandbox", p->path, "");
    if (fstat(fd, &st) != 0)
        return laz_fail_errno(err, "sandbox", p->path, "");
    rule.parent_fd = fd;
    rule.allowed_access = handled & (RIGHTS_TO_READ | (p->write ? RIGHTS_TO_WRITE : 0));
    if (!S_ISDIR(st.st_mode))
        rule.allowed_access &= RIGHTS_OF_FILES;
    if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
        return laz_fail_errno(err, "sandbox", p->path, "");
    return LAZ_OK;
}

enum laz_status laz_landlock_enter(const struct laz_sandbox *sandbox, uint32_t *abi,
                                   struct laz_error *err)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    LAZ_OWNED(laz_fd_drop) int ruleset = -1;
    struct ruleset rights;

    *abi = version > 0 ? (uint32_t)version : 0;
    if (*abi == 0)
        return LAZ_OK;
    rights = handled_rights(sandbox->profile, *abi);
    ruleset = (int)syscall(SYS_landlock_create_ruleset, &rights, ruleset_size(*abi), 0);
    if (ruleset < 0)
        return laz_fail_errno(err, "sandbox", "landlock", "");
    for (size_t i = 0; i < sandbox->path_count; i++) {
        enum laz_status s = allow_path(ruleset, &sandbox->paths[i], rights.fs, err);

        if (s != LAZ_OK)
            return s;
    }
    if (syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
        return laz_fail_errno(err, "sandbox", "landlock", "");
    return LAZ_OK;
}
