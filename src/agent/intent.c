#include "agent/intent.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/number.h"
#include "base/status.h"
#include "sys/fd.h"

#define ARGUMENTS 6

static const struct laz_intent unknown = {.reads = true, .writes = true};

struct laz_intent laz_intent_of_flags(uint64_t flags)
{
    uint64_t mode = flags & O_ACCMODE;
    struct laz_intent i = {.reads = mode != O_WRONLY, .writes = mode != O_RDONLY};

    if ((flags & O_TRUNC) != 0)
        i.writes = true;
    i.creates = (flags & O_CREAT) != 0;
    return i;
}

/* "257 0xffffff9c 0x7ffd… …": the call in decimal, its arguments in hexadecimal with a prefix. */
static bool parse_call(struct laz_view line, uint64_t *call, uint64_t arguments[ARGUMENTS])
{
    struct laz_view field;

    if (!laz_take_until(&line, ' ', &field) || !laz_parse_u64(field, INT32_MAX, call))
        return false;
    for (size_t i = 0; i < ARGUMENTS; i++)
        if (!laz_take_until(&line, ' ', &field) || !laz_skip(&field, 2) ||
            !laz_parse_hex_u64(field, UINT64_MAX, &arguments[i]))
            return false;
    return true;
}

enum laz_intent_place laz_intent_parse(struct laz_view line, struct laz_intent *out,
                                       uint64_t *address)
{
    uint64_t call, arguments[ARGUMENTS];

    *out = unknown;
    if (!parse_call(laz_view_trim(line), &call, arguments))
        return LAZ_INTENT_KNOWN;
    switch (call) {
#ifdef SYS_open
    case SYS_open:
        *out = laz_intent_of_flags(arguments[1]);
        break;
    case SYS_creat:
        *out = laz_intent_of_flags(O_CREAT | O_WRONLY | O_TRUNC);
        break;
#endif
    case SYS_openat:
    case SYS_open_by_handle_at:
        *out = laz_intent_of_flags(arguments[2]);
        break;
    case SYS_openat2:
        *address = arguments[2];
        return LAZ_INTENT_IN_MEMORY;
    case SYS_execve:
    case SYS_execveat:
        *out = (struct laz_intent){.reads = true};
        break;
    default:
        break;
    }
    return LAZ_INTENT_KNOWN;
}

/* struct open_how starts with its flags; the thread waits, so they do not change under us, but
 * another thread of it may write there: then it lied to the kernel before or after, which is
 * writing. */
static struct laz_intent read_how(pid_t tid, uint64_t address)
{
    LAZ_OWNED(laz_fd_drop) int fd = -1;
    char path[64];
    uint64_t flags;

    snprintf(path, sizeof path, "/proc/%d/mem", (int)tid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || pread(fd, &flags, sizeof flags, (off_t)address) != (ssize_t)sizeof flags)
        return unknown;
    return laz_intent_of_flags(flags);
}

struct laz_intent laz_intent_of_thread(pid_t tid)
{
    LAZ_OWNED(laz_fd_drop) int fd = -1;
    struct laz_intent intent;
    char path[64], line[256];
    uint64_t address;
    ssize_t n;

    snprintf(path, sizeof path, "/proc/%d/syscall", (int)tid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    n = fd < 0 ? -1 : read(fd, line, sizeof line);
    if (n <= 0)
        return unknown;
    if (laz_intent_parse(laz_view_from(line, (size_t)n), &intent, &address) == LAZ_INTENT_KNOWN)
        return intent;
    return read_how(tid, address);
}
